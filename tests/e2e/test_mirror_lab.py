#!/usr/bin/env python3
"""Live: `weir run` on a mirror port inside this machine, with real clients and a real server."""
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import live as live_run  # noqa: E402

SERVER, SERVER6 = "10.99.0.2", "[fd99::2]"
CARD = "4012 8888 8888 1881"  # a published test number
NR_FILES = 5


class Lab:
    def __init__(self, weir):
        if os.geteuid() != 0:
            raise e2e.Skip("needs root")
        self.tool = weir.root / "scripts" / "mirror-lab"
        up = subprocess.run([self.tool, "up"], capture_output=True, text=True, timeout=60)
        if up.returncode:
            raise e2e.Skip(up.stderr.strip().split("\n")[-1])
        self.span = up.stdout.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([self.tool, "down"], timeout=60, check=False)

    def curl(self, *args):
        done = subprocess.run([self.tool, "run", "curl", "-sk", "--max-time", "10", *args],
                              capture_output=True, timeout=30)
        assert done.returncode == 0, (args[-1], done.returncode, done.stderr)
        return done.stdout


def live(weir, span, **options):
    return live_run.live(weir, [f'device = "iface:{span}"; queues = 1; tap = "lab-span";'], **options)


def order(lab, n, host=SERVER):
    return lab.curl("-X", "POST", "-H", "Content-Type: application/json", "-A", "lab/1", "-d",
                    json.dumps({"order": n, "card_number": CARD}), f"http://{host}/api/orders/{n}")


def check_ledger(run, kinds):
    received, accounted = e2e.ledger(kinds["stats"][-1])
    assert received == accounted > 0, (received, accounted)
    assert kinds["stats"][-1]["held_packets"] == 0
    assert CARD not in run.out.read_text() and CARD.replace(" ", "") not in run.out.read_text()


def test_requests_files_and_tls(weir):
    with Lab(weir) as lab, live(weir, lab.span) as run:
        for n in range(4):
            order(lab, n)
        order(lab, 99, host=SERVER6)
        sizes = [len(lab.curl(f"http://{SERVER}/file{n}.txt")) for n in range(1, NR_FILES + 1)]
        lab.curl("--resolve", f"shop.example.com:443:{SERVER}", "https://shop.example.com/file5.txt")
        time.sleep(1)
        kinds = run.stop()
    paths = collections.Counter(r["url_path"] for r in kinds["http"])
    for n in range(4):
        assert paths[f"/api/orders/{n}"] == 1, paths
    assert paths["/api/orders/99"] == 1, paths
    bodies = {r["url_path"]: r["http_response_body_bytes"] for r in kinds["http"] if r["url_path"].startswith("/file")}
    assert bodies == {f"/file{n}.txt": size for n, size in enumerate(sizes, 1)}, bodies
    assert all(r["http_status"] == 200 and r["tap"] == "lab-span" for r in kinds["http"])
    assert [r["tls_server_name"] for r in kinds["tls"]] == ["shop.example.com"], kinds["tls"]
    assert kinds["tls"][0]["tls_version"] == "1.3"
    cards = [f for f in kinds["finding"] if f["data_type"] == "pci.pan"]
    assert sum(f["count"] for f in cards) == 5, cards
    assert all(f["test_value"] for f in cards)
    flows = [f for f in kinds["flow"] if f["transport"] == "tcp"]
    assert len(flows) == 11, len(flows)
    assert not any(f.get("src_missed_bytes") or f.get("dst_missed_bytes") for f in flows)
    check_ledger(run, kinds)


def test_rules_change_while_running(weir):
    """SIGHUP: the new rules are in force, requests before, during and after are all there."""
    rules = e2e.work_folder()
    rule = 'rule lab.word {{\n  title "A word"\n  data_type lab.{0}\n  severity high\n' \
           '  in any\n  match "{0}"\n  sample + "{0}"\n}}\n'
    (rules / "lab.rules").write_text(rule.format("alabaster"))
    with Lab(weir) as lab, live(weir, lab.span, rules=rules) as run:
        said = lambda n: lab.curl("-d", f"one alabaster and one bergamot {n}", f"http://{SERVER}/api/say/{n}")
        for n in range(10):
            said(n)
        time.sleep(0.5)
        (rules / "lab.rules").write_text(rule.format("bergamot"))
        run.process.send_signal(signal.SIGHUP)
        for n in range(10, 20):
            said(n)
        time.sleep(2)
        for n in range(20, 30):
            said(n)
        (rules / "lab.rules").write_text("rule broken {\n")
        run.process.send_signal(signal.SIGHUP)
        run.wait_until("lab.rules:")
        for n in range(30, 40):
            said(n)
        time.sleep(1)
        kinds = run.stop()
    requests = {r["url_path"]: r for r in kinds["http"]}
    assert len(kinds["http"]) == len(requests) == 40, len(kinds["http"])
    types = lambda n: set(requests[f"/api/say/{n}"].get("data_types", []))
    for n in range(10):
        assert types(n) == {"lab.alabaster"}, (n, types(n))
    for n in range(20, 40):
        assert types(n) == {"lab.bergamot"}, (n, types(n))
    assert requests["/api/say/0"]["ruleset"] != requests["/api/say/25"]["ruleset"]
    assert requests["/api/say/25"]["ruleset"] == requests["/api/say/35"]["ruleset"]
    check_ledger(run, kinds)


def test_interface_that_is_not_there(weir):
    """One line, and no start."""
    if os.geteuid() != 0:
        raise e2e.Skip("needs root")
    conf = e2e.work_folder() / "weir.conf"
    conf.write_text('ports = ( { device = "iface:weirlab-none"; } );\n')
    run = weir.run("run", "-c", conf)
    assert run.status == 1 and run.out == b"", run.status
    assert sum("weirlab-none" in line for line in run.err_lines) == 1, run.err_lines


e2e.main()
