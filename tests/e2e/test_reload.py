#!/usr/bin/env python3
"""Rules read anew a hundred times while traffic comes in: no frame and no record is lost."""
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import live as live_run  # noqa: E402
import pcap_writer as w  # noqa: E402

NR_RELOADS = 100
RULE = 'rule load.word {{\n  title "A word"\n  data_type load.{0}\n  severity high\n' \
       '  in any\n  match "{0}"\n  sample + "{0}"\n}}\n'
WORDS = ("alabaster", "bergamot")


def conversation(cap, n):
    """One request that holds both words, and its answer."""
    tcp = w.Tcp(cap, f"10.70.{n // 200}.{n % 200 + 1}", 40000 + n % 20000, "10.71.0.1", 80)
    tcp.open()
    tcp.send(w.ORIG, w.http_request("POST", f"/say/{n}", "shop.example", b"one alabaster, one bergamot"))
    tcp.send(w.RESP, w.http_response("200 OK", b"thanks"))
    tcp.close()


def frames(first, nr):
    cap = w.Capture()
    for n in range(first, first + nr):
        conversation(cap, n)
    path = e2e.work_folder() / "conversations.pcap"
    cap.save(path)
    return [frame for _, frame in live_run.frames_of(path)]


def put(rules, text):
    """As an editor does: aside, then into place."""
    (rules / "load.new").write_text(text)
    os.replace(rules / "load.new", rules / "load.rules")


def test_a_hundred_reloads_under_load(weir):
    rules = e2e.work_folder()
    put(rules, RULE.format(WORDS[0]))
    each = 12
    batches = [frames(turn * each, each) for turn in range(NR_RELOADS)]
    with live_run.Wire(1) as wire, live_run.live(
            weir, [f'device = "iface:{wire.names[0]}"; queues = 1;'], rules=rules,
            **{"rules.watch": "false"}) as run:
        sent = 0
        for turn, batch in enumerate(batches):
            put(rules, RULE.format(WORDS[(turn + 1) % 2]))
            run.process.send_signal(signal.SIGHUP)
            for frame in batch:
                wire.send(frame)
                sent += 1
            run.wait_until("rules: 1 in force", times=turn + 1)
        run.wait_for("rx_packets", sent)
        kinds = run.stop()
    stats = kinds["stats"][-1]
    received, accounted = e2e.ledger(stats)
    assert received == accounted == sent, (received, accounted, sent)
    assert stats["held_packets"] == 0 and stats["rules_reloads"] == NR_RELOADS, stats
    assert stats["rules_reload_failures"] == 0
    seen = {r["url_path"]: r for r in kinds["http"]}
    nr = NR_RELOADS * each
    assert len(kinds["http"]) == len(seen) == nr, (len(kinds["http"]), len(seen), nr)
    assert len(kinds["flow"]) == nr, len(kinds["flow"])
    # Two sets, each named by its records; what was found is what the named set looks for.
    sets = {r["ruleset"]: set() for r in kinds["http"]}
    assert len(sets) == 2, sets
    for r in kinds["http"]:
        types = r.get("data_types", [])
        assert 1 <= len(types) <= 2 and all(t.startswith("load.") for t in types), r
        sets[r["ruleset"]].add(types[-1])
    assert all("ruleset" in r for kind in kinds.values() for r in kind)


def test_a_change_of_a_file_is_taken_up(weir):
    rules = e2e.work_folder()
    put(rules, RULE.format(WORDS[0]))
    with live_run.Wire(1) as wire, live_run.live(
            weir, [f'device = "iface:{wire.names[0]}"; queues = 1;'], rules=rules) as run:
        first = run.wait_for("rx_packets", 0)["ruleset"]
        put(rules, RULE.format(WORDS[1]))
        run.wait_until("rules: 1 in force", seconds=20)
        # A broken file is tried once; the set in force stays, and stats say so.
        put(rules, "rule broken {\n")
        run.wait_until("not loaded", seconds=20)
        stats = run.wait_for("rules_reload_failures", 1, seconds=10)
        time.sleep(2.5)
        assert run.said().count("not loaded") == 1, run.said()[-600:]
        assert stats["ruleset"] != first and stats["rules_reloads"] == 2, stats
        for frame in frames(0, 3):
            wire.send(frame)
        run.wait_for("http_exchanges", 3, seconds=10)
        kinds = run.stop()
    assert {r["ruleset"] for r in kinds["http"]} == {stats["ruleset"]}
    assert all(r["data_types"] == ["load.bergamot"] for r in kinds["http"]), kinds["http"]


e2e.main()
