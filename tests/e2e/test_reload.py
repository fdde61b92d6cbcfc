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


def test_own_file_and_storms(weir):
    """Only the local file changes, in place; a sample that fails; an emptied folder; two hundred signals at once."""
    rules, local = e2e.work_folder(), e2e.work_folder() / "local"
    put(rules, RULE.format(WORDS[0]))
    local.write_text("override load.* { severity low }\n")
    with live_run.Wire(1) as wire, live_run.live(
            weir, [f'device = "iface:{wire.names[0]}"; queues = 1;'], rules=rules, **{"rules.local": local}) as run:
        first = run.wait_for("rx_packets", 0)["ruleset"]
        local.write_text("override load.* { severity critical }\n")
        run.wait_until("rules: 1 in force", seconds=20)
        put(rules, RULE.format(WORDS[0]).replace('sample +', 'sample -'))
        run.wait_until("load.rules:7:12: expected the rule not to find", seconds=20)
        run.wait_for("rules_reload_failures", 1, seconds=10)
        (rules / "load.rules").unlink()
        run.wait_until("no rule in it", seconds=20)
        stats = run.wait_for("rules_reload_failures", 2, seconds=10)
        put(rules, RULE.format(WORDS[0]))
        run.wait_until("rules: 1 in force", times=2, seconds=20)
        for _ in range(200):
            run.process.send_signal(signal.SIGHUP)
        run.wait_until("rules: 1 in force", times=3, seconds=20)
        for frame in frames(0, 3):
            wire.send(frame)
        run.wait_for("http_exchanges", 3, seconds=10)
        kinds = run.stop()
    last = kinds["stats"][-1]
    assert stats["ruleset"] != first and last["rules_reload_failures"] == 2 and last["rules_reloads"] < 50, last
    assert {r["severity"] for r in kinds["finding"]} == {"critical"}, kinds["finding"]


CATALOGUE = """provider {0} {{
  kind model
  host shop.example
}}
engine {0}-server {{
  header server {0}*
}}
client {0}-client {{
  agent {0}*
}}
"""
ALLOW = "allow everyone {{\n  provider {0}\n}}\n"
NAMES = ("acme", "bravo")


def put_catalogue(rules, text):
    """Beside the rules, under a name that only its whole content ever has."""
    (rules / "ai").mkdir(exist_ok=True)
    (rules / "ai" / "site.new").write_text(text)
    os.replace(rules / "ai" / "site.new", rules / "ai" / "site.rules")


def long_call():
    """A model call: the frames of its request, and those of an answer that comes much later."""
    cap, path = w.Capture(), e2e.work_folder() / "call.pcap"
    tcp = w.Tcp(cap, "10.72.0.1", 50000, "10.71.0.1", 80)
    tcp.open()
    tcp.send(w.ORIG, w.http_request("POST", "/v1/chat/completions", "shop.example",
                                    b'{"model":"m","messages":[{"role":"user","content":"hi"}]}', [("Content-Type", "application/json")]))
    cap.save(path)
    asked = len(live_run.frames_of(path))
    tcp.send(w.RESP, w.http_response("200 OK", b'{"object":"chat.completion","choices":[]}', [("Content-Type", "application/json"), ("Server", "bravo/1")]))
    tcp.close()
    cap.save(path)
    frames = [frame for _, frame in live_run.frames_of(path)]
    return frames[:asked], frames[asked:]


def test_the_catalogue_is_read_anew_under_load(weir):
    """Services by name, and who may use them, change with each signal; a call that lasts over all of them ends well."""
    rules, each, turns = e2e.work_folder(), 6, 30
    put(rules, RULE.format(WORDS[0]))
    put_catalogue(rules, CATALOGUE.format(NAMES[0]) + ALLOW.format(NAMES[0]))
    asked, answered = long_call()
    with live_run.Wire(1) as wire, live_run.live(
            weir, [f'device = "iface:{wire.names[0]}"; queues = 1;'], rules=rules,
            **{"rules.watch": "false"}) as run:
        sent = len(asked) + len(answered)
        for frame in asked:
            wire.send(frame)
        run.wait_for("rx_packets", len(asked))
        for turn in range(turns):
            put_catalogue(rules, CATALOGUE.format(NAMES[(turn + 1) % 2]) + ALLOW.format(NAMES[0]))
            run.process.send_signal(signal.SIGHUP)
            for frame in frames(turn * each, each):
                wire.send(frame)
                sent += 1
            run.wait_until("rules: 1 in force", times=turn + 1)
        put_catalogue(rules, CATALOGUE.format(NAMES[1]) + ALLOW.format(NAMES[0]))
        run.process.send_signal(signal.SIGHUP)
        run.wait_until("rules: 1 in force", times=turns + 1)
        for frame in answered + frames(turns * each, each):
            wire.send(frame)
        sent += len(frames(turns * each, each))
        run.wait_for("rx_packets", sent)
        kinds = run.stop()
    stats = kinds["stats"][-1]
    received, accounted = e2e.ledger(stats)
    assert received == accounted == sent and stats["held_packets"] == 0, (received, accounted, sent)
    assert stats["rules_reloads"] == turns + 1 and stats["rules_reload_failures"] == 0, stats
    assert len(kinds["flow"]) == each * (turns + 1) + 1 and len(kinds["http"]) == len(kinds["flow"])
    assert {r["ai_service"] for r in kinds["flow"]} == set(NAMES), {r.get("ai_service") for r in kinds["flow"]}
    last = [r for r in kinds["flow"] if r["src_ip"].startswith("10.70.0.") and int(r["src_port"]) >= 40000 + turns * each]
    assert len(last) == each and {r["ai_service"] for r in last} == {NAMES[1]}, last
    call = kinds["llm"][0]
    assert (call["gen_ai_provider_name"], call["gen_ai_engine"], call["sanctioned"]) == (NAMES[0], "bravo-server", True), call
    shadow = [r for r in kinds["finding"] if r["rule_id"] == "ai.shadow"]
    assert shadow and {r["ai_service"] for r in shadow} == {NAMES[1]}, shadow


def test_a_broken_catalogue_changes_nothing(weir):
    """A change of its file is taken up; one that cannot be read is told with its line, and all stays as it was."""
    rules = e2e.work_folder()
    put(rules, RULE.format(WORDS[0]))
    put_catalogue(rules, CATALOGUE.format(NAMES[0]))
    with live_run.Wire(1) as wire, live_run.live(
            weir, [f'device = "iface:{wire.names[0]}"; queues = 1;'], rules=rules) as run:
        run.wait_for("rx_packets", 0)
        put_catalogue(rules, CATALOGUE.format(NAMES[1]) + ALLOW.format(NAMES[0]))
        run.wait_until("rules: 1 in force", seconds=20)
        put_catalogue(rules, "provider bravo {\n  host\n}\n")
        run.wait_until("not loaded", seconds=20)
        run.wait_for("rules_reload_failures", 1, seconds=10)
        assert "site.rules:2:" in run.said(), run.said()[-600:]
        for frame in frames(0, 3):
            wire.send(frame)
        run.wait_for("http_exchanges", 3, seconds=10)
        kinds = run.stop()
    assert {r["ai_service"] for r in kinds["flow"]} == {NAMES[1]}, kinds["flow"]
    assert {r["ai_service"] for r in kinds["finding"] if r["rule_id"] == "ai.shadow"} == {NAMES[1]}, kinds["finding"]


e2e.main()
