#!/usr/bin/env python3
"""The traffic for measurements: the same for the same arguments, sound, and what weir makes of it."""
import collections
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
from live import frames_of  # noqa: E402

KINDS = {"cluster": ["--flows", "400"], "elephants": ["--mib", "4"], "churn": ["--flows", "1500"],
         "open": ["--flows", "600", "--packets", "3000"]}


def generate(weir, mix, *args):
    program = weir.binary.parent.parent / "bench" / "generate"
    if not program.exists():
        raise e2e.Skip("the build has no bench/generate")
    path = e2e.work_folder() / f"{mix}.pcap"
    done = subprocess.run([program, "--mix", mix, *args, "-o", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


def test_same_arguments_same_bytes(weir):
    for mix, args in KINDS.items():
        one, two, other = (generate(weir, mix, *args, *more).read_bytes() for more in ([], [], ["--seed", "2"]))
        assert one == two and one != other, mix


def test_sound(weir):
    """Nothing that a mirror would have broken: both directions, no holes, no copies; every connection a flow."""
    for mix, args in KINDS.items():
        path = generate(weir, mix, *args)
        kinds = weir.good_replay("--records", "flow,http,dns,tls,llm,stats", path).by_type()
        stats = kinds["stats"][-1]
        assert e2e.ledger(stats)[0] == len(frames_of(path)) == stats["used_packets"]
        flows = 8 if mix == "elephants" else int(args[1])
        assert len(kinds["flow"]) == flows == stats["feed_two_way_flows"], (mix, len(kinds["flow"]))
        assert stats["missed_bytes"] == stats["feed_duplicates"] == stats["feed_src_only"] == 0, (mix, stats)
        assert not any(r.get("incomplete") for kind in kinds.values() for r in kind), mix
        spoken = collections.Counter(f["protocol"] for f in kinds["flow"])
        assert set(spoken) == {"cluster": {"http", "grpc", "tls", "dns", "redis"}, "elephants": {"http", "tls", "unknown"},
                               "churn": {"http", "dns"}, "open": {"http"}}[mix], spoken
        if mix == "cluster":
            assert kinds["llm"] and all(r["http_status"] == 200 for r in kinds["llm"])
            assert sum(f.get("retransmits", 0) for f in kinds["flow"]) > 10
        if mix == "open":
            assert len(kinds["http"]) == 600 + 1500 and all(r["http_status"] == 200 for r in kinds["http"])


def test_all_are_looked_into(weir):
    """With the limits as they are: as many short connections at a time as the table holds, each lingers after its end."""
    stats = weir.good_replay("--records", "stats", generate(weir, "churn", "--flows", "80000")).records[-1]
    assert stats["flows_opened"] == stats["conns"] == stats["http_exchanges"] + stats["dns_transactions"] == 80000, stats
    assert stats["conns_refused"] == stats["states_refused"] == stats["flows_evicted"] == 0, stats


def test_vxlan(weir):
    """Each frame in a tunnel, the rest the same."""
    strip = lambda kinds: [{k: v for k, v in r.items() if k not in ("tunnel_stack", "tunnel_src_ip", "tunnel_dst_ip", "src_bytes", "dst_bytes")}
                           for kind in ("flow", "http", "dns", "finding") for r in kinds[kind]]
    plain, wrapped = (weir.good_replay("--records", "flow,http,dns,finding", generate(weir, "cluster", "--flows", "300", *more)).by_type()
                      for more in ([], ["--vxlan"]))
    assert strip(plain) == strip(wrapped) and plain["finding"]
    assert all(f["tunnel_stack"][0].startswith("vxlan:") for f in wrapped["flow"])


def test_planted(weir):
    """As many values as asked for: more with a smaller --plant."""
    few, many = (len(weir.good_replay("--records", "finding", "--set", "findings.window_s=1",
                                      generate(weir, "cluster", "--flows", "200", "--plant", n)).records) for n in ("400", "10"))
    assert 0 < few < many / 2, (few, many)


def test_compare(weir):
    """Runs without any peer, and with one that is a command of somebody."""
    tool, work = weir.root / "bench" / "compare", e2e.work_folder()
    generate(weir, "churn", "--flows", "1")
    args = [tool, "--build", weir.binary.parent.parent, "--work", work, "--rounds", "1", "--scale", "1", "--mix", "churn", "--job", "equal"]
    for peer, words in (("", "weir 0."), ("sha256sum {pcap} {rules} {config}", "of Suricata"), ("false {pcap}", "ended with")):
        done = subprocess.run(args, capture_output=True, text=True, env={**os.environ, "SURICATA": peer, "NDPI": ""})
        assert (done.returncode == 0) == (peer[:5] != "false"), done.stderr[-500:]
        assert words in done.stdout + done.stderr, (peer, done.stdout, done.stderr)


def test_usage(weir):
    program = weir.binary.parent.parent / "bench" / "generate"
    if not program.exists():
        raise e2e.Skip("the build has no bench/generate")
    for args, status in (([], 2), (["--mix", "some"], 2), (["--mix", "churn", "--flows", "0"], 2), (["--mix", "churn", "x"], 2),
                         (["--mix", "churn", "-o", "/nowhere/x"], 1), (["--help"], 0)):
        done = subprocess.run([program, *args], capture_output=True, stdin=subprocess.DEVNULL)
        assert done.returncode == status, (args, done.returncode, done.stderr)


e2e.main()
