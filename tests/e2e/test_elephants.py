#!/usr/bin/env python3
"""One flow that sends more in a second than is inspected of a flow: said, counted, and no harm to
others."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402

MIB = 1 << 20
CARD = b'{"card": "5425 2334 3010 9903"}'
OTHER = b'{"card": "4539 1488 0343 6467"}'


def write(folder):
    """Three MiB in one second, a card behind them and one in the next second; beside it a small flow."""
    cap = w.Capture(1_700_000_000_000_000)
    elephant = w.Tcp(cap, "10.1.0.1", 40001, "10.1.0.2", 9000, mss=1400)
    elephant.open()
    for _ in range(3):
        elephant.send(w.ORIG, b"\x01\x02" * (MIB // 2))
    elephant.send(w.ORIG, b" " + CARD)
    mouse = w.Tcp(cap, "10.1.0.3", 40002, "10.1.0.4", 8080)
    mouse.open()
    mouse.send(w.ORIG, w.http_request("POST", "/pay", "shop.example", CARD, [("Content-Type", "application/json")]))
    mouse.send(w.RESP, w.http_response("200 OK", b"{}"))
    mouse.close()
    assert cap.now < 1_700_000_001_000_000
    cap.wait(1_000_000)
    elephant.send(w.ORIG, b" " + OTHER)
    elephant.close()
    cap.save(folder / "elephant.pcap")
    return folder / "elephant.pcap"


def skipped(flow):
    return dict(text.rsplit(":", 1) for text in flow.get("not_inspected", []))


def replay(weir, path, limit, *args):
    run = weir.good_replay("--set", f"flow.inspect_mb_per_s={limit}", "--records", "flow,finding", *args, path)
    flows = {f["src_port"]: f for f in run.by_type()["flow"]}
    findings = {f["src_port"]: f for f in run.by_type()["finding"] if f["rule_id"] == "pci.pan"}
    return run, flows, findings


def test_budget(weir):
    path = write(e2e.work_folder())
    run, flows, findings = replay(weir, path, 1)
    elephant = flows[40001]
    # One MiB of the first second; the next second begins anew.
    inspected = MIB + len(CARD) + 1
    assert elephant["inspected_bytes"] == inspected, elephant
    assert int(skipped(elephant)["budget"]) == elephant["src_payload_bytes"] - inspected
    assert findings[40001]["count"] == 1, "the card of the next second"
    assert findings[40002]["count"] == 1 and "not_inspected" not in flows[40002]
    stats = weir.good_replay("--set", "flow.inspect_mb_per_s=1", "--records", "stats", path).records[-1]
    assert stats["not_inspected_budget_bytes"] == int(skipped(elephant)["budget"])
    assert stats["inspected_bytes"] + stats["not_inspected_budget_bytes"] == stats["delivered_bytes"]
    for workers in (2, 4):
        assert replay(weir, path, 1, "--workers", workers)[0].out == run.out, "depends on workers"


def test_switched_off_and_default(weir):
    path = write(e2e.work_folder())
    for limit in (0, 256):
        _, flows, findings = replay(weir, path, limit)
        assert "not_inspected" not in flows[40001]
        assert findings[40001]["count"] == 2


e2e.main()
