#!/usr/bin/env python3
"""With a key log TLS reads as if it had been sent in the clear.

Sessions are those of a real stack, of every version and suite that it can be brought to speak; what
weir makes of them is compared with what it makes of the same exchange without TLS.
"""
import collections
import json
import os
import pathlib
import random
import re
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402
import tls_session  # noqa: E402
from live import frames_of, live  # noqa: E402
from tls_session import ORIG, RESP, Spec  # noqa: E402

CARD = "4111 1111 1111 1111"
JSON = ("Content-Type", "application/json")
SETTINGS = ["--set", "records.body_sha256=true", "--set", "detect.test_values=live"]
# What two flows with the same traffic differ in, and what only TLS has.
OF_THE_RUN = {"schema", "time", "event_id", "seq", "sensor", "boot", "ruleset", "flow_uid", "community_id",
              "duration_us", "ttfb_us", "tap", "ttft_us", "first_time", "last_time", "part"}
OF_TLS = {"encrypted", "decrypted", "server_name", "reason", "edge_id"}


def session_folder():
    if not session_folder.made:
        folder = e2e.work_folder()
        if not tls_session.certificates(folder):
            raise e2e.Skip("no openssl to make certificates with")
        session_folder.made.append(str(folder))
    return session_folder.made[0]


session_folder.made = []


def http_exchange(size=40000, requests=3):
    """Bodies of several records, with a card number at the end of the last one asked with."""
    said = []
    for n in range(requests):
        filler = "".join(f"item {i} of {n}, " for i in range(size // 12))
        body = json.dumps({"text": filler, "card number": CARD if n == requests - 1 else ""}).encode()
        said.append((ORIG, w.http_request("POST", f"/orders/{n}", "shop.example.com", body, [JSON])))
        said.append((RESP, w.http_response("200 OK", b'{"ok":true,"n":%d}' % n, [JSON])))
    return said


def http2_exchange():
    """The server speaks first, as it may once the handshake is over."""
    body = json.dumps({"card number": CARD, "text": "x" * 30000}).encode()
    pieces = [body[i:i + 16000] for i in range(0, len(body), 16000)]
    ask = w.http2_headers(1, [(":method", "POST"), (":scheme", "https"), (":authority", "shop.example.com"),
                              (":path", "/pay"), ("content-type", "application/json")])
    data = [w.http2_data(1, p, end_stream=p is pieces[-1]) for p in pieces]
    return [(RESP, w.http2_frame(4, 0, 0)), (ORIG, w.HTTP2_PREFACE + w.http2_frame(4, 0, 0)),
            (ORIG, ask), *((ORIG, d) for d in data),
            (RESP, w.http2_headers(1, [(":status", "200")], end_stream=True))]


def capture(path, writes, mss=1400, rng=None, lose=None, opened=True):
    """lose: (side, from, to) of a direction's bytes that the mirror did not show."""
    cap = w.Capture()
    tcp = w.Tcp(cap, "10.1.0.5", 40000, "10.1.0.9", 8443, mss=mss)
    if opened:
        tcp.open()
    sent = [0, 0]
    for side, data in writes:
        cuts = rng.sample(range(1, len(data)), min(9, len(data) - 1)) if rng else ()
        if lose and lose[0] == side and sent[side] < lose[2] and lose[1] < sent[side] + len(data):
            a, b = max(lose[1] - sent[side], 0), min(lose[2] - sent[side], len(data))
            start = tcp.seq[side]
            tcp.send(side, data[:a], cuts=[c for c in cuts if c < a]) if a else None
            tcp.seq[side] = start + b
            tcp.send(side, data[b:], cuts=[c - b for c in cuts if c > b]) if b < len(data) else None
            cap.wait(3_000_000)  # until the hole is given up
        else:
            tcp.send(side, data, cuts=cuts)
        sent[side] += len(data)
    tcp.close()
    cap.save(path)
    return path


def replay(weir, writes, keylog=None, extra=(), **how):
    folder = e2e.work_folder()
    path = capture(folder / "in.pcap", writes, **how)
    args = [*SETTINGS, *extra]
    if keylog is not None:
        (folder / "keys").write_text(keylog, encoding="ascii")
        args += ["--keylog", folder / "keys"]
    run = weir.good_replay("--records", "all", *args, path)
    if keylog is not None:
        check_no_secret(run, keylog)
    return run.by_type()


def check_no_secret(run, keylog):
    for word in re.findall(r"[0-9a-f]{64,}$", keylog, re.M):
        for form in (word, word.upper()):
            assert form[:32].encode() not in run.out + run.err, "a secret was told"


def content(kinds):
    """What was said, whoever carried it."""
    told = collections.Counter()
    for kind in ("http", "finding", "llm", "mcp"):
        for record in kinds[kind]:
            kept = {k: v for k, v in record.items() if k not in OF_THE_RUN | OF_TLS}
            told[f"{kind} {json.dumps(kept, sort_keys=True)}"] += 1
    return told


def stats(kinds):
    return kinds["stats"][-1]


def in_the_clear(weir, exchange):
    """The content of an exchange without TLS."""
    key = repr(exchange)
    if key not in in_the_clear.known:
        in_the_clear.known[key] = content(replay(weir, exchange))
    return in_the_clear.known[key]


in_the_clear.known = {}


def check_same(weir, exchange, session, what, **how):
    want = in_the_clear(weir, exchange)
    got = replay(weir, session.writes, session.keylog, **how)
    assert content(got) == want, f"{what}: lacks {want - content(got)}, has {content(got) - want}"
    flow = got["flow"][-1]
    assert flow["protocol"] == "tls" and flow["encrypted"] and flow["decrypted"], (what, flow)
    assert got["tls"][0]["decrypted"] and len(got["tls"]) == 1, what
    assert stats(got)["tls_records_failed"] == stats(got)["tls_given_up"] == 0, what
    assert stats(got)["tls_decrypted"] == 1
    check_bytes(got)
    return got


def check_bytes(kinds):
    """Each byte delivered is inspected or not, for a reason."""
    s = stats(kinds)
    skipped = sum(v for k, v in s.items() if k.startswith("not_inspected_") and k != "not_inspected_gap_bytes")
    assert s["inspected_bytes"] + skipped == s["delivered_bytes"], (
        s["inspected_bytes"], skipped, s["delivered_bytes"])


SUITES_13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
             "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"]
# Suites with DHE need parameters that Python's ssl cannot make.
SUITES_12 = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
             "ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA-AES256-CCM", "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES256-CCM8"]
RSA_12 = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "AES128-CCM", "AES256-CCM8"]
CBC_12 = ["ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384",
          "AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES256-SHA256"]
CBC_OLD = ["ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "AES128-SHA"]


def specs():
    for suite in SUITES_13:
        yield Spec("1.3", suite)
    for suite in SUITES_12:
        yield Spec("1.2", suite)
    for suite in RSA_12:
        yield Spec("1.2", suite, key="rsa")
    for suite in CBC_12:
        for first in (True, False):
            yield Spec("1.2", suite, key="rsa", encrypt_then_mac=first)
    for version in ("1.0", "1.1"):
        for suite in CBC_OLD:
            for first in (True, False):
                yield Spec(version, suite, key="rsa", encrypt_then_mac=first)


def make(spec, exchange):
    spec.folder = session_folder()
    return tls_session.make(spec, exchange)


def test_every_suite(weir):
    exchange, rng, done = http_exchange(), random.Random(1), 0
    for spec in specs():
        try:
            session = make(spec, exchange)
        except AssertionError as why:  # this OpenSSL has it not
            if not any(word in str(why).lower() for word in ("no cipher", "no shared cipher", "unsupported protocol")):
                raise
            continue
        check_same(weir, exchange, session, f"{spec.version} {session.cipher} {spec.encrypt_then_mac}", rng=rng)
        done += 1
    assert done >= 20, f"only {done} suites could be tried"


def test_http2(weir):
    exchange = http2_exchange()
    for version in ("1.2", "1.3"):
        session = make(Spec(version, alpn=("h2",)), exchange)
        got = check_same(weir, exchange, session, version)
        assert got["http"][0]["http_version"] == "2" and got["finding"], version


def test_any_split(weir):
    """Segments of every size down to a byte."""
    exchange = http_exchange(size=3000)
    for version in ("1.2", "1.3"):
        session = make(Spec(version), exchange)
        for mss in (1, 2, 7, 61, 1400, 65000):
            check_same(weir, exchange, session, f"{version} by {mss}", mss=mss)


def test_without_keys(weir):
    """No secret, or another's: what is inside stays there, and nothing is made up."""
    exchange = http_exchange(size=3000)
    for version in ("1.2", "1.3"):
        session = make(Spec(version), exchange)
        other = make(Spec(version), exchange)
        randoms = [re.findall(r"^[A-Z_0-9]+ ([0-9a-f]{64}) ", s.keylog, re.M)[0] for s in (session, other)]
        wrong = other.keylog.replace(randoms[1], randoms[0])
        for what, keylog in (("none", None), ("another's", other.keylog), ("wrong", wrong), ("empty", "")):
            got = replay(weir, session.writes, keylog)
            assert not got["http"] and not got["finding"], f"{version}: {what}"
            assert "decrypted" not in got["flow"][-1], f"{version}: {what}"
            assert stats(got)["tls_decrypted"] == 0
            check_bytes(got)
            assert stats(got)["tls_without_keys"] == (what in ("another's", "empty")), what
            if what == "wrong":
                assert stats(got)["tls_records_failed"] > 0, version


def test_joined_behind_the_hellos(weir):
    exchange = http_exchange(size=3000)
    session = make(Spec(), exchange)
    got = replay(weir, session.writes[4:], session.keylog, opened=False)
    assert not got["http"] and not got["finding"] and stats(got)["tls_decrypted"] == 0
    assert stats(got)["tls_without_keys"] == 1
    check_bytes(got)


def test_names(weir):
    exchange = http_exchange(size=300)
    session = make(Spec(), exchange)
    for names, opened in (("*.example.com", 1), ("SHOP.example.com,x", 1), ("*.example.org", 0)):
        got = replay(weir, session.writes, session.keylog, ["--set", f"tls.keylog_names={names}"])
        assert stats(got)["tls_decrypted"] == opened and bool(got["http"]) == bool(opened), names
        assert stats(got)["tls_keys_excluded"] == 1 - opened
        check_bytes(got)


def test_loss(weir):
    """What comes behind a gap is read, however many records are in it."""
    exchange = http_exchange(size=40000, requests=4)  # less than the window, each
    rng = random.Random(5)
    for version, suite in (("1.3", ""), ("1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"),
                           ("1.2", "ECDHE-RSA-AES128-SHA256")):
        session = make(Spec(version, suite, key="rsa" if "RSA" in suite.replace("ECDSA", "") else "ecdsa"), exchange)
        sent = sum(len(d) for s, d in session.writes if s == ORIG)
        for _ in range(6):
            # In the bodies of the first requests; the last one is whole.
            a = rng.randrange(3000, sent // 2)
            b = a + rng.choice((1, 700, 1400, 20000, 60000))
            got = replay(weir, session.writes, session.keylog, rng=rng, lose=(ORIG, a, b))
            paths = [r.get("url_path") for r in got["http"]]
            what = f"{version} {suite} {a}..{b}: {paths}"
            assert "/orders/3" in paths, what
            assert any(f["data_type"] == "pci.pan" for f in got["finding"]), what
            assert stats(got)["tls_given_up"] == 0, what
            check_bytes(got)


def test_partial_secrets(weir):
    """Those of the traffic are enough; those of one direction open that one."""
    exchange = http_exchange(size=3000)
    session = make(Spec(), exchange)
    lines = session.keylog.splitlines(keepends=True)
    traffic = "".join(line for line in lines if "_TRAFFIC_SECRET_0" in line)
    assert content(replay(weir, session.writes, traffic)) == in_the_clear(weir, exchange)
    one = "".join(line for line in lines if "CLIENT_TRAFFIC_SECRET_0" in line)
    got = replay(weir, session.writes, one)
    assert len(got["http"]) == 3 and got["finding"] and all("http_status" not in r for r in got["http"])


def test_key_log_files(weir):
    """Several files; comments, unknown and broken lines between; CR LF; no LF at the end."""
    exchange = http_exchange(size=300)
    session = make(Spec(), exchange)
    lines = [line for line in session.keylog.splitlines() if not line.startswith("#")]
    assert len(lines) == 5
    folder = e2e.work_folder()
    (folder / "a").write_bytes(("# a comment\r\n\r\n" + "\r\n".join(lines[:3]) + "\r\nCLIENT_RANDOM 00 11\nRSA 01 02\n"
                                + "x" * 5000 + "\n").encode())
    (folder / "b").write_text("\n".join(lines[3:]), encoding="ascii")
    path = capture(folder / "in.pcap", session.writes)
    got = weir.good_replay(*SETTINGS, "--records", "all", "--keylog", folder / "a", "--keylog", folder / "b",
                           path).by_type()
    assert content(got) == in_the_clear(weir, exchange)
    counted = {k: v for k, v in stats(got).items() if k.startswith("keylog_")}
    assert counted == {"keylog_lines": 4, "keylog_malformed": 2, "keylog_unused": 2, "keylog_sessions": 1,
                       "keylog_evicted": 0}, counted
    missing = weir.replay("--keylog", folder / "none", path)
    assert missing.status == 1 and b"must be a key log file" in missing.err


def test_inside_others(weir):
    """Behind a proxy's CONNECT, and where a database turns into TLS: what is inside is read there as well."""
    exchange = http_exchange(size=3000)
    session = make(Spec(), exchange)
    ask = [(ORIG, w.http_request("CONNECT", "shop.example.com:443", "shop.example.com:443")),
           (RESP, b"HTTP/1.1 200 Connection established\r\n\r\n")]
    want = in_the_clear(weir, exchange)
    got = replay(weir, ask + session.writes, session.keylog)
    # Requests inside are counted anew, but records of a flow have ordinals of their own.
    assert len(got["http"]) == len(exchange) // 2 + 1 and got["http"][0]["http_request_method"] == "CONNECT"
    assert all(got_finding["data_type"] == "pci.pan" for got_finding in got["finding"]) and got["finding"]
    assert sum(key.startswith("finding") for key in want) == len(got["finding"])
    assert got["flow"][-1]["protocol"] == "http" and got["flow"][-1]["decrypted"]
    check_bytes(got)

    startup = b"\0\x03\0\0user\0ada\0database\0shop\0\0"
    query = b"insert into cards values ('" + CARD.encode() + b"')\0"
    said = [(ORIG, w.vector(b"", 0) + (len(startup) + 4).to_bytes(4, "big") + startup),
            (RESP, b"R\0\0\0\x08\0\0\0\0Z\0\0\0\5I"),
            (ORIG, b"Q" + (len(query) + 4).to_bytes(4, "big") + query),
            (RESP, b"C\0\0\0\x0fINSERT 0 1\0Z\0\0\0\5I")]
    inside = make(Spec(), said)
    got = replay(weir, [(ORIG, b"\0\0\0\x08\x04\xd2\x16\x2f"), (RESP, b"S")] + inside.writes, inside.keylog)
    clear = replay(weir, said)
    names = lambda kinds: sorted((r["db_operation"], r.get("db_user", "")) for r in kinds["db"])
    assert names(got) == names(clear) and names(clear), (names(got), names(clear))
    assert [f["protocol"] for f in got["finding"]] == [f["protocol"] for f in clear["finding"]] == ["postgresql"]
    assert got["flow"][-1]["decrypted"]
    check_bytes(got)


def test_model_calls(weir):
    """Told once, by what was said, and that it was under TLS."""
    events = b"".join(b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,'
                      b'"delta":{"content":"word%d "}}]}\n\n' % n for n in range(60)) + b"data: [DONE]\n\n"
    body = json.dumps({"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "my card is " + CARD}]})
    said = [(ORIG, w.http_request("POST", "/v1/chat/completions", "api.openai.com", body.encode(), [JSON])),
            (RESP, w.http_response("200 OK", events, [("Content-Type", "text/event-stream")]))]
    session = make(Spec(server_name="api.openai.com"), said)
    got = replay(weir, session.writes, session.keylog)
    assert len(got["llm"]) == 1, got["llm"]
    call = got["llm"][0]
    assert call["encrypted"] and call["decrypted"] and call["gen_ai_request_model"] == "gpt-4o", call
    assert got["flow"][-1]["ai_service"] == "openai" and got["finding"]
    assert [r["encrypted"] for r in replay(weir, session.writes)["llm"]] in ([], [True])


def pcapng(path, order, keylog):
    """The packets of a pcap file in a pcapng file, secrets between them."""
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        length = struct.pack(order + "I", len(body) + 12)
        return struct.pack(order + "I", kind) + length + body + length
    frames = frames_of(path)
    blocks = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
              block(1, struct.pack(order + "HHI", 1, 0, 0))]
    for n, (at, frame) in enumerate(frames):
        if n == 7:
            blocks.append(block(10, struct.pack(order + "II", 0x544C534B, len(keylog)) + keylog.encode()))
        blocks.append(block(6, struct.pack(order + "IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(frame), len(frame)) + frame))
    out = path.with_suffix(".pcapng")
    out.write_bytes(b"".join(blocks))
    return out


def test_secrets_in_a_capture(weir):
    """A pcapng file may bring them along; from a pipe it is read once, for its packets."""
    exchange = http_exchange(size=300)
    want = in_the_clear(weir, exchange)
    session = make(Spec(), exchange)
    path = capture(e2e.work_folder() / "in.pcap", session.writes)
    for order in "<>":
        whole = pcapng(path, order, session.keylog)
        run = weir.good_replay(*SETTINGS, "--records", "all", whole)
        assert content(run.by_type()) == want, order
        check_no_secret(run, session.keylog)
        given = weir.good_replay(*SETTINGS, "--records", "all", "--keylog", whole, path).by_type()
        assert content(given) == want, order
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()))
    writer.start()
    assert weir.good_replay("--records", "flow", pipe).by_type()["flow"]
    writer.join()


def live_on(weir, path, keys, **settings):
    return live(weir, [f'device = "net_pcap0,rx_pcap={path}";'], workers=1,
                **{"tls.keylog": keys, "records.body_sha256": "true", "detect.test_values": "live", **settings})


def test_secrets_that_come_later(weir):
    """Live, a file that is not there yet, then grows by halves of lines: what was held is read."""
    exchange = http_exchange(size=3000)
    want = in_the_clear(weir, exchange)
    for version in ("1.2", "1.3"):
        session = make(Spec(version), exchange)
        folder = e2e.work_folder()
        path, keys = capture(folder / "in.pcap", session.writes), folder / "keys"
        with live_on(weir, path, keys) as run:
            assert run.wait_for("tls_handshakes", 1)["tls_decrypted"] == 0
            with open(keys, "w", encoding="ascii") as log:
                for at in range(0, len(session.keylog), 100):
                    log.write(session.keylog[at:at + 100])
                    log.flush()
            run.wait_for("keylog_lines", 1 if version == "1.2" else 4)
            got = run.stop()
        assert content(got) == want, f"{version}: lacks {want - content(got)}, has {content(got) - want}, {stats(got)}"
        assert got["flow"][-1]["decrypted"] and stats(got)["tls_holds_refused"] == 0
        check_bytes(got)
        assert session.keylog.split()[-1][:32] not in run.said()


def test_no_room_to_wait(weir):
    """Without the hold the beginning has gone by, and nothing is made up for it."""
    exchange = http_exchange(size=3000)
    session = make(Spec(), exchange)
    folder = e2e.work_folder()
    path, keys = capture(folder / "in.pcap", session.writes), folder / "keys"
    with live_on(weir, path, keys, **{"tls.keylog_held": 0}) as run:
        run.wait_for("tls_handshakes", 1)
        keys.write_text(session.keylog, encoding="ascii")
        run.wait_for("keylog_lines", 4)
        got = run.stop()
    assert not got["http"] and not got["finding"] and stats(got)["tls_decrypted"] == 0
    check_bytes(got)


def test_renewed_file(weir):
    """One that is cut, or replaced, is read anew."""
    sessions = [make(Spec(), http_exchange(size=30, requests=1)) for _ in range(3)]
    folder = e2e.work_folder()
    path, keys = capture(folder / "in.pcap", sessions[0].writes), folder / "keys"
    keys.write_text(sessions[0].keylog * 2, encoding="ascii")
    with live_on(weir, path, keys) as run:
        assert run.wait_for("keylog_sessions", 1)["keylog_lines"] == 8
        keys.write_text(sessions[1].keylog, encoding="ascii")
        assert run.wait_for("keylog_sessions", 2)["keylog_lines"] == 12
        (folder / "new").write_text(sessions[2].keylog, encoding="ascii")
        (folder / "new").rename(keys)
        assert run.wait_for("keylog_sessions", 3)["keylog_lines"] == 16
        got = run.stop()
    assert stats(got)["tls_decrypted"] == 1


def test_workers_agree(weir):
    exchange = http_exchange(size=3000)
    session = make(Spec(), exchange)
    one = content(replay(weir, session.writes, session.keylog))
    assert content(replay(weir, session.writes, session.keylog, ["--workers", "3"])) == one


if __name__ == "__main__":
    e2e.main()
