#!/usr/bin/env python3
"""The same conversations give the same findings, whatever way their bytes take.

One set of conversations has values planted in every place weir looks at. It is sent in segments of
every size, out of order, twice, overlapping; in chunks and DATA frames of every size; compressed;
in every tunnel; over IPv4 and IPv6; by one port or two; for any number of workers. What was found
must be what is found in the plainest of them, in every field but those that name addresses, times
and tunnels.
"""
import base64
import collections
import json
import pathlib
import random
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402
import sensitive_values  # noqa: E402
import wrappings  # noqa: E402
from codings import CODINGS  # noqa: E402
from live import live  # noqa: E402

SEED = 20260107
START_US = 1_768_100_000_000_000
OF_THE_WAY = {"time", "event_id", "seq", "sensor", "boot", "tap", "src_ip", "src_port", "dst_ip", "dst_port", "community_id",
              "flow_uid", "src_identity", "dst_identity", "first_time", "last_time", "edge_id", "reason", "vlan", "domain",
              "tunnel_stack", "tunnel_src_ip", "tunnel_dst_ip"}
VALUES = {kind: value for kind, value, _ in sensitive_values.values()}
# Client and server by family; in to out, out to in, inside.
WAYS = {4: (("10.42.1.%d", "198.51.100.7"), ("203.0.113.%d", "10.42.9.7"), ("10.42.1.%d", "10.42.9.7")),
        6: (("fd42::%x", "2001:db8:7::7"), ("2001:db8:3::%x", "fd42:9::7"), ("fd42::%x", "fd42:9::7"))}


class Message:
    """What one side says: a request line or a status, header fields, a body."""

    def __init__(self, side, start, fields=(), body=b"", kind=None):
        self.side, self.start, self.fields, self.body = side, start, list(fields), body
        if kind:
            self.fields.append(("Content-Type", kind))


def request(path, fields=(), body=b"", kind=None):
    return Message(w.ORIG, f"POST {path} HTTP/1.1", [("Host", "shop.example"), *fields], body, kind)


def response(body=b"", kind="text/plain", fields=()):
    return Message(w.RESP, "HTTP/1.1 200 OK", fields, body, kind)


# ---------------------------------------------------------------- what is said


def people(rng, nr):
    """Rows of names and values, with filler between them that fills segments."""
    for n in range(nr):
        yield {"id": n, "name": rng.choice(["Ann Lee", "Bo Chan", "Cy Ode"]), "note": "lorem ipsum " * rng.randrange(20)}


def as_json(rng):
    rows = list(people(rng, 6))
    rows[1]["card_number"], rows[2]["iban"] = VALUES["pci.pan"], VALUES["pii.iban"]
    rows[3]["email"], rows[4]["ssn"] = VALUES["pii.email"], VALUES["pii.us_ssn"]
    rows[5]["text"] = f"my card is {VALUES['pci.pan spaced']}, and caf\u00e9"
    body = json.dumps({"customers": rows}).encode()
    return [request("/customers", body=body, kind="application/json"), response(b'{"ok":true}', "application/json"),
            request("/again", body=body, kind="application/json"), response(body, "application/json")]


def as_form(_):
    body = urllib.parse.urlencode({"name": "Ann Lee", "cc": VALUES["pci.pan dashed"], "exp": "12/29", "mail": VALUES["pii.email"],
                                   "iban": VALUES["pii.iban spaced"]}).encode()
    return [request("/pay", body=body, kind="application/x-www-form-urlencoded"), response(b"thanks")]


def in_headers(_):
    login = base64.b64encode(b"ann:correct-horse-Battery9").decode()
    return [request("/v1/x?mail=" + urllib.parse.quote(VALUES["pii.email"]), [
        ("Authorization", "Bearer " + VALUES["secret.github"]), ("Cookie", "session=" + VALUES["secret.jwt"]),
        ("X-Api-Key", VALUES["secret.stripe"])]),
        response(b"", fields=[("X-Card-Number", VALUES["pci.pan amex"])]),
        request("/v1/y", [("Authorization", "Basic " + login)]), response(b"no")]


def as_multipart(_):
    part = lambda head, body: b"--cut\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + body + b"\r\n"
    table = "name,card_number,expiry\r\n" + "".join(f"Ann,{VALUES['pci.pan']},12/2{n}\r\nBo,none,\r\n" for n in range(9))
    body = (part(b'name="email"', VALUES["pii.email"].encode()) +
            part(b'name="upload"; filename="cards.csv"\r\nContent-Type: text/csv', table.encode()) +
            part(b'name="key"; filename="id_rsa"', VALUES["secret.private_key"].encode()) + b"--cut--\r\n")
    return [request("/upload", body=body, kind="multipart/form-data; boundary=cut"), response(b"stored")]


def as_events(_):
    """A model's answer, with values over several events; a plain stream of events."""
    ask = {"model": "example-7b", "stream": True, "messages": [{"role": "user", "content": f"Pay to IBAN {VALUES['pii.iban']}"}]}
    text = f"The card {VALUES['pci.pan spaced']} of {VALUES['pii.email']} is blocked."
    deltas = [text[at:at + 5] for at in range(0, len(text), 5)]
    events = [{"id": "chatcmpl-9", "object": "chat.completion.chunk", "model": "example-7b",
               "choices": [{"index": 0, "delta": {"content": d}, "finish_reason": None}]} for d in deltas]
    answer = "".join(f"data: {json.dumps(e)}\n\n" for e in events) + "data: [DONE]\n\n"
    plain = f"event: row\ndata: {{\"card\": \"{VALUES['pci.pan']}\"}}\n\n: ping\n\ndata: ssn {VALUES['pii.us_ssn']}\n\n"
    return [request("/v1/chat/completions", body=json.dumps(ask).encode(), kind="application/json"),
            response(answer.encode(), "text/event-stream"),
            request("/events"), response(plain.encode(), "text/event-stream")]


def as_text(rng):
    lines = [f"2026-01-05T09:00:00Z INFO {row['name']} {row['note']}" for row in people(rng, 30)]
    lines[7] += " charge card " + VALUES["pci.pan"]
    lines[19] += " login failed password=" + "Tr0ub4dor-and-3"
    lines[25] += " aws " + VALUES["secret.aws_key_id"]
    log = "\n".join(lines).encode()
    return [request("/logs", body=log, kind="text/plain"), response(VALUES["secret.private_key"].encode())]


HTTP1 = (as_json, as_form, in_headers, as_multipart, as_events, as_text)
HTTP2 = (as_json, in_headers, as_events, as_text)

# ---------------------------------------------------------------- how it is said


def pieces(rng, data, size):
    """size: bytes of each piece; 0: at random."""
    at, out = 0, []
    while at < len(data):
        step = size or rng.choice([1, 2, 3, 7, 19, 64, 300, 1400])
        out.append(data[at:at + step])
        at += step
    return out


def http1_bytes(message, coding, chunk, rng):
    fields, body = list(message.fields), message.body
    if body and coding != "identity":
        body = CODINGS[coding](body)
        fields.append(("Content-Encoding", coding.split(",")[0]))
    if body and chunk is not None:
        fields.append(("Transfer-Encoding", "chunked"))
        body = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in pieces(rng, body, chunk)) + b"0\r\n\r\n"
    else:
        fields.append(("Content-Length", len(body)))
    return "\r\n".join([message.start, *(f"{k}: {v}" for k, v in fields), "", ""]).encode() + body


def over_http1(messages, coding, chunk, rng):
    return [(m.side, http1_bytes(m, coding, chunk, rng)) for m in messages]


def over_http2(messages, coding, chunk, rng):
    settings = w.http2_frame(4, 0, 0)
    turns, stream = [(w.ORIG, w.HTTP2_PREFACE + settings), (w.RESP, settings)], -1
    for m in messages:
        stream += 2 * (m.side == w.ORIG)
        fields = [(k.lower(), v) for k, v in m.fields if k != "Host"]
        body = m.body
        if body and coding != "identity":
            body = CODINGS[coding](body)
            fields.append(("content-encoding", coding.split(",")[0]))
        head = [(":status", "200")] if m.side == w.RESP else [
            (":method", "POST"), (":scheme", "http"), (":authority", "shop.example"), (":path", m.start.split()[1])]
        data = pieces(rng, body, 8000 if chunk is None else chunk)
        out = http2_fields(stream, head + fields, not data)
        for n, part in enumerate(data, 1):
            out += w.http2_data(stream, part, n == len(data))
        turns.append((m.side, out))
    return turns


def http2_fields(stream, fields, end):
    """Literals without indexing; values may be longer than one byte tells."""
    block = b""
    for name, value in fields:
        raw = value.encode()
        size = bytes([len(raw)]) if len(raw) < 127 else bytes([127]) + w.varint(len(raw) - 127)
        block += b"\0" + w.vector(name.encode(), 1) + size + raw
    return w.http2_frame(1, w.END_HEADERS | (w.END_STREAM if end else 0), stream, block)


# ---------------------------------------------------------------- how it travels


def send(tcp, side, data, segments, rng):
    """As TCP and networks do it: in segments of that size, out of order, again, overlapping."""
    if segments not in ("reordered", "again", "overlapping"):
        ends, at = [], 0
        for part in pieces(rng, data, segments):
            at += len(part)
            ends.append(at)
        tcp.send(side, data, cuts=ends)
        return
    parts, at, start = [], 0, tcp.seq[side]
    for part in pieces(rng, data, rng.choice([40, 200, 900])):
        before = rng.randrange(min(at, 60) + 1) if segments == "overlapping" else 0
        parts.append((at - before, data[at - before:at + len(part)]))
        at += len(part)
    if segments == "again":
        parts = [p for part in parts for p in [part] * rng.choice([1, 1, 2])]
    else:
        for n in range(0, len(parts) - 3, 4):
            some = parts[n:n + 4]
            rng.shuffle(some)
            parts[n:n + 4] = some
    for offset, part in parts:
        tcp.segment(side, w.PSH | w.ACK, part, seq=start + offset)
    tcp.seq[side] = start + len(data)
    tcp.segment(1 - side, w.ACK)


class Link:
    """Frames in a wrapping; and which side sent each."""

    def __init__(self, wrap, rng):
        self.wrap, self.rng, self.sides = wrap, rng, []

    def frame(self, src, dst, packet, backwards=False):
        self.sides.append(w.RESP if backwards else w.ORIG)
        plain = w.PLAIN.frame(src, dst, packet)
        return self.wrap(self.rng, plain, backwards) if self.wrap else plain


def frames(segments=1400, coding="identity", chunk=None, wrap=None, family=4, low_port=False, seed=SEED):
    """[(time, frame, side)] of all conversations, interleaved by their times."""
    out = []
    said = [(c, over_http1) for c in HTTP1] + [(c, over_http2) for c in HTTP2]
    for n, (content, over) in enumerate(said):
        messages = content(random.Random(f"{SEED} {n}"))  # the same whatever becomes of it
        rng = random.Random(f"{seed} {n}")
        client, server = WAYS[family][n % 3]
        link, cap = Link(wrap, rng), w.Capture(START_US + 997 * n)
        ports = (1024 + n, 41000) if low_port else (41000 + n, 8080)
        tcp = w.Tcp(cap, client % (n + 1), ports[0], server, ports[1], link, mss=1400, isn=(rng.getrandbits(32), rng.getrandbits(32)))
        tcp.open()
        for side, data in over(messages, coding, chunk, rng):
            send(tcp, side, data, segments, rng)
        tcp.close()
        out += [(at, frame, side) for (at, frame, _), side in zip(cap.packets, link.sides)]
    return sorted(out, key=lambda f: f[0])


def save(path, some):
    cap = w.Capture()
    cap.packets = [(at, frame, len(frame)) for at, frame, _ in some]
    cap.save(path)
    return path


# ---------------------------------------------------------------- what is found


def comparable(records):
    return collections.Counter(json.dumps({k: v for k, v in r.items() if k not in OF_THE_WAY}, sort_keys=True)
                               for r in records if e2e.kind_of(r) == "finding")


def found(weir, some, workers=1):
    path = save(e2e.work_folder() / "way.pcap", some)
    run = weir.good_replay("-q", "--records", "finding", "--workers", workers, "--set", "detect.test_values=live", path)
    return comparable(run.records)


def base(weir):
    if not base.found:
        base.found = found(weir, frames())
    return base.found


base.found = None


def same(got, want, what):
    less, more = want - got, got - want
    assert got == want, (f"{what}: {sum(less.values())} missing, {sum(more.values())} more:\n  missing "
                         + "\n  missing ".join(list(less)[:3]) + "\n  more " + "\n  more ".join(list(more)[:3]))


def check(weir, what, workers=1, **way):
    same(found(weir, frames(**way), workers), base(weir), what)


def test_everything_planted_is_found(weir):
    """Else nothing would be compared."""
    records = [json.loads(r) for r in base(weir).elements()]
    rules = {r["data_type"] for r in records}
    wanted = {"pci.pan", "pii.iban", "pii.email", "pii.us_ssn", "secret.github_token", "secret.jwt", "secret.private_key",
              "secret.generic_password", "secret.aws_access_key_id", "secret.basic_auth"}
    assert wanted <= rules, f"not found: {wanted - rules}, found: {rules}"
    assert {r["direction"] for r in records} == {"egress", "ingress", "east_west"}
    assert {"json", "form", "http.header", "http.query", "http.body", "llm.prompt.user", "llm.completion", "sse.data"} <= {
        r["where"] for r in records}, {r["where"] for r in records}
    assert any(r["count"] > r["distinct_values"] for r in records)


def test_segments(weir):
    for size in (1, 0, 2, 536):
        check(weir, f"segments of {size or 'random'} bytes", segments=size)
    for how in ("reordered", "again", "overlapping"):
        for seed in range(3):
            check(weir, f"{how}, {seed}", segments=how, seed=seed)


def test_chunks(weir):
    for size in (1, 0, 100):
        check(weir, f"chunks of {size or 'random'} bytes", chunk=size)


def test_codings(weir):
    for coding in CODINGS:
        check(weir, coding, coding=coding)
        check(weir, f"{coding}, chunked", coding=coding, chunk=0)
    check(weir, "gzip byte by byte", coding="gzip", segments=1)


WRAPPINGS = (wrappings.vlan, wrappings.qinq, wrappings.vxlan, wrappings.geneve, wrappings.nvgre, wrappings.gre,
             wrappings.erspan, wrappings.ipip)


def test_wrappings(weir):
    for wrap in WRAPPINGS:
        for family in (4, 6):
            check(weir, f"{wrap.__name__}, IPv{family}", wrap=wrap, family=family)


def test_addresses(weir):
    check(weir, "IPv6", family=6)
    check(weir, "client's port below the server's", low_port=True)


def test_workers(weir):
    for workers in range(2, 9):
        check(weir, f"{workers} workers", workers=workers)


def test_anything_at_once(weir):
    """Every way at once, at random."""
    rng = random.Random(SEED)
    for n in range(16):
        way = dict(segments=rng.choice([1, 0, 536, 1400, "reordered", "again", "overlapping"]), coding=rng.choice(list(CODINGS)),
                   chunk=rng.choice([None, 0, 1, 100]), wrap=rng.choice([None, *WRAPPINGS]), family=rng.choice([4, 6]),
                   low_port=rng.random() < 0.5, seed=n)
        workers = rng.choice([1, 2, 3, 5, 8])
        check(weir, f"{way}, {workers} workers", workers, **way)


def counts(records, *fields):
    """How often each rule found something, by the connection; whoever is taken for the client."""
    out = collections.Counter()
    for r in records:
        out[r["rule_id"], *sorted([r["src_port"], r["dst_port"]]), *(r[f] for f in fields)] += r["count"]
    return out


def findings(weir, some):
    path = save(e2e.work_folder() / "some.pcap", some)
    return weir.good_replay("-q", "--records", "finding", path).records


def test_one_direction_alone(weir):
    """A mirror that shows one direction: what is found in requests and in answers needs no other."""
    both = frames()
    seen = sum((counts(findings(weir, [f for f in both if f[2] == way])) for way in (w.ORIG, w.RESP)), collections.Counter())
    whole = counts(findings(weir, both))
    assert seen == whole, f"missing {whole - seen}, more {seen - whole}"


def test_one_port_per_direction(weir):
    """A TAP's two cables, either way round, on live ports, whose reader may meet an answer before its
    request. By the live clock a window may end at any time, so counts are compared."""
    both = frames()
    want = counts(findings(weir, both), "direction")
    sides = [[f for f in both if f[2] == way] for way in (w.ORIG, w.RESP)]
    for order, workers in ((sides, 2), (sides[::-1], 4)):
        folder = e2e.work_folder()
        files = [save(folder / f"{n}.pcap", side) for n, side in enumerate(order)]
        ports = [f'device = "net_pcap{n},rx_pcap={path}"; queues = 1;' for n, path in enumerate(files)]
        with live(weir, ports, workers=workers) as run:
            run.wait_for("rx_packets", len(both))
            got = counts(run.stop()["finding"], "direction")
        assert got == want, f"{workers} workers: missing {want - got}, more {got - want}"


e2e.main()
