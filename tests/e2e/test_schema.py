#!/usr/bin/env python3
"""Every record is what `weir schema` promises."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402
import pcap_writer  # noqa: E402


def validators(weir, kinds):
    try:
        import jsonschema
    except ImportError:
        raise e2e.Skip("python3-jsonschema is not installed")
    out = {}
    for kind in kinds:
        run = weir.run("schema", kind)
        assert run.status == 0, (kind, run.err_lines)
        schema = json.loads(run.out)
        jsonschema.Draft7Validator.check_schema(schema)
        out[kind] = jsonschema.Draft7Validator(schema)
    return out


def check(weir, path):
    kinds = weir.good_replay("--records", "all", path).by_type()
    judges = validators(weir, kinds)
    for kind, records in kinds.items():
        for record in records:
            errors = sorted(judges[kind].iter_errors(record), key=lambda e: list(e.path))
            assert not errors, f"{kind}: {list(errors[0].path)}: {errors[0].message[:200]}"
    return kinds


def test_demo(weir):
    kinds = check(weir, weir.demo)
    for kind in ("flow", "http", "dns", "tls", "llm", "finding", "stats"):
        assert kinds[kind], f"the demo has no {kind} record"


def test_agents(weir):
    cap, path = pcap_writer.Capture(), e2e.work_folder() / "agents.pcap"
    tcp = pcap_writer.Tcp(cap, "10.1.0.1", 40000, "10.1.0.2", 8080)
    tcp.open()
    for method, result in (("tools/list", {"tools": [{"name": "look"}]}), ("tools/call", {"isError": True})):
        body = {"jsonrpc": "2.0", "id": method, "method": method, "params": {"name": "look"}}
        tcp.send(pcap_writer.ORIG, pcap_writer.http_request(
            "POST", "/mcp", "tools.example", json.dumps(body).encode(),
            [("Content-Type", "application/json"), ("Mcp-Session-Id", "s"), ("MCP-Protocol-Version", "2025-11-25")]))
        answer = {"jsonrpc": "2.0", "id": method, "result": result}
        tcp.send(pcap_writer.RESP, pcap_writer.http_response("200 OK", json.dumps(answer).encode()))
    tcp.close()
    cap.save(path)
    assert len(check(weir, path)["mcp"]) == 2


def test_mixed(weir):
    check(weir, mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=3))


def test_schema_says_what_is_allowed(weir):
    """An unknown field or a wrong type does not pass: the check can fail."""
    record = weir.good_replay("--records", "flow", weir.demo).records[0]
    judge = validators(weir, ["flow"])["flow"]
    assert judge.is_valid(record)
    assert not judge.is_valid({**record, "src_port": "eighty"})
    assert not judge.is_valid({k: v for k, v in record.items() if k != "event_id"})


def test_envelope(weir):
    """Times are whole microseconds, nothing is null, ids are unique, seq counts by type."""
    kinds = weir.good_replay("--records", "all", weir.demo).by_type()
    ids = [r["event_id"] for records in kinds.values() for r in records]
    assert len(ids) == len(set(ids)), "an event_id occurs twice"
    for kind, records in kinds.items():
        assert [r["seq"] for r in records] == list(range(records[0]["seq"], records[0]["seq"] + len(records)))
        for r in records:
            assert r["schema"].startswith(f"weir.{kind}/") and None not in r.values()
            assert isinstance(r["time"], int) and 0 < r["time"] < 1 << 53
            assert "boot" not in r


def test_databases(weir):
    for case in ("postgresql", "mysql", "redis", "kafka", "mongodb", "mqtt", "nats", "amqp", "memcached", "cassandra"):
        kinds = check(weir, weir.root / "tests/golden" / case / "input.pcap")
        assert kinds["db"], f"{case} has no db record"


def test_unknown_type(weir):
    run = weir.run("schema", "gossip")
    assert run.status == 2 and len(run.err_lines) == 1, (run.status, run.err_lines)


e2e.main()
