#!/usr/bin/env python3
"""No value that a detector knows leaves weir: not in any record, not on stderr, in no coding.

Every kind of value is planted in every place that a record quotes from. A kind counts as known when
its plain form in a JSON body is found; for those, no output may hold the value or half of it.
"""
import base64
import collections
import json
import pathlib
import re
import struct
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402
import sensitive_values  # noqa: E402

MUST_BE_KNOWN = ("pci.pan", "pii.iban", "pii.us_ssn", "pii.email", "secret.aws_key_id",
                 "secret.github", "secret.openai", "secret.anthropic", "secret.private_key",
                 "secret.jwt", "secret.slack", "secret.stripe")
OK = w.http_response("200 OK", b'{"ok":true}', [("Content-Type", "application/json")])
JSON = ("Content-Type", "application/json")

# Any forty letters could be one: only the words beside it make it a finding, or worth masking.
NEEDS_WORDS = {"secret.aws_secret"}
PLACES_WITH_WORDS = {"json body", "response body", "form", "user agent", "header", "prompt"}


def post(body, path="/v1/items", headers=(JSON,), host="shop.example"):
    return w.http_request("POST", path, host, body if isinstance(body, bytes) else body.encode(), headers)


def get(path="/", host="shop.example", headers=()):
    return w.http_request("GET", path, host, headers=headers)


def one_line(value):
    return value.replace("\n", "\\n")


def chat(model="gpt-4o", text="hi", tool="look"):
    return post(json.dumps({"model": model, "messages": [{"role": "user", "content": text}], "tools": [
        {"type": "function", "function": {"name": tool, "parameters": {}}}]}),
        "/v1/chat/completions", host="api.openai.com")


def chat_answer(model="gpt-4o", ident="chatcmpl-1", tool="look", why="stop"):
    return w.http_response("200 OK", json.dumps({
        "id": ident, "object": "chat.completion", "model": model, "choices": [{
            "index": 0, "finish_reason": why, "message": {"role": "assistant", "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": tool, "arguments": "{}"}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode(), [JSON])


# Where a value is planted: (request, answer) from the value and the words beside it.
HTTP_PLACES = {
    "json body": lambda v, c: (post(json.dumps({"note": f"{c}: {v} end", "n": 1})), OK),
    "json key": lambda v, c: (post(json.dumps({v: c, c.replace(" ", "_"): v})), OK),
    "response body": lambda v, c: (get(), w.http_response("200 OK", json.dumps({c: v}).encode(), [JSON])),
    "form": lambda v, c: (post(urllib.parse.urlencode({c: v, v: "x"}), headers=[
        ("Content-Type", "application/x-www-form-urlencoded")]), OK),
    "path": lambda v, c: (get(f"/card/{urllib.parse.quote(v, safe='')}/edit"), OK),
    "path raw": lambda v, c: (get("/t/" + re.sub(r"\s", "+", v) + "/edit"), OK),
    "path in hex": lambda v, c: (get(f"/t/{v.encode().hex()}/edit"), OK),
    "path in base64": lambda v, c: (get("/t/" + base64.urlsafe_b64encode(v.encode()).decode()), OK),
    "path percent-coded": lambda v, c: (get("/t/" + "".join(f"%{b:02X}" for b in v.encode())), OK),
    "query": lambda v, c: (get(f"/find?{urllib.parse.urlencode({c: v})}"), OK),
    "query key": lambda v, c: (get(f"/find?{urllib.parse.quote(v, safe='')}=1"), OK),
    "user agent": lambda v, c: (get(headers=[("User-Agent", f"tool/1 ({c} {one_line(v)})")]), OK),
    "user agent in base64": lambda v, c: (get(headers=[
        ("User-Agent", "tool " + base64.b64encode(v.encode()).decode())]), OK),
    "header": lambda v, c: (get(headers=[("X-" + c.replace(" ", "-"), one_line(v))]), OK),
    "authorization": lambda v, c: (get(headers=[("Authorization", one_line(v))]), OK),
    "trace context": lambda v, c: (get(headers=[("traceparent", one_line(v))]), OK),
    "host": lambda v, c: (get(host=re.sub(r"[^\w.@-]", "-", v)[:200] + ".example"), OK),
    "method": lambda v, c: (re.sub(rb"^GET", re.sub(r"[^\w-]", "-", v)[:30].encode(), get()), OK),
    "content type": lambda v, c: (post("x", headers=[("Content-Type", f"text/{one_line(v)}")]), OK),
    "model": lambda v, c: (chat(model=v), chat_answer(model=v)),
    "prompt": lambda v, c: (chat(text=f"my {c} is {v}, keep it"), chat_answer()),
    "tool": lambda v, c: (chat(tool=v), chat_answer(tool=v)),
    "answer id": lambda v, c: (chat(), chat_answer(ident=v, why=v)),
}


def pg(kind, body):
    return kind + struct.pack(">I", len(body) + 4) + body


def pg_login(user="ada", database="shop"):
    body = struct.pack(">I", 3 << 16) + f"user\0{user}\0database\0{database}\0\0".encode()
    return struct.pack(">I", len(body) + 4) + body


def sql(text, **login):
    return pg_login(**login) + pg(b"Q", text.encode() + b"\0"), pg(b"R", bytes(4)) + pg(b"Z", b"I") + pg(
        b"C", b"SELECT 1\0") + pg(b"Z", b"I")


def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(x.encode()), x.encode()) for x in words), b"+OK\r\n"


def mqtt_text(s):
    return struct.pack(">H", len(s.encode())) + s.encode()


def mqtt(kind, body):
    n, size = len(body), bytearray()
    while n > 127:
        size.append(n & 127 | 128)
        n >>= 7
    return bytes([kind]) + bytes(size + bytes([n])) + body


def mqtt_session(user="ada", topic="t", payload="x"):
    return (mqtt(0x10, mqtt_text("MQTT") + b"\4\x82\0\x3c" + mqtt_text("c") + mqtt_text(user))
            + mqtt(0x30, mqtt_text(topic) + payload.encode())), b"\x20\2\0\0"


def mongo(command, **fields):
    out = b"".join(b"\2" + k.encode() + b"\0" + struct.pack("<i", len(v.encode()) + 1) + v.encode() + b"\0"
                   for k, v in {**command, **fields}.items())
    body = bytes(5) + struct.pack("<i", len(out) + 5) + out + b"\0"
    return struct.pack("<iiii", len(body) + 16, 1, 0, 2013) + body, b""


def kafka(topic):
    body = struct.pack(">hhi", -1, 1, 1) + struct.pack(">i", 1) + mqtt_text(topic) + struct.pack(">iii", 1, 0, 0)
    head = struct.pack(">hhi", 0, 3, 1) + mqtt_text("app")
    return struct.pack(">i", len(head + body)) + head + body, b""


def long_name(value):
    """So that what is kept of it ends within the value."""
    return "x" * (62 - min(len(value), 40) // 2) + " " + value


# The same for databases and brokers, whose records quote names and statements.
DB_PLACES = {
    "literal": lambda v, c: sql(f"INSERT INTO t ({c.replace(' ', '_')}) VALUES ('{v}')"),
    "literal without quotes": lambda v, c: sql(f"SELECT {one_line(v)} FROM t"),
    "dollar quote": lambda v, c: sql(f"SELECT $q${v}$q$ FROM t"),
    "comment": lambda v, c: sql(f"SELECT 1 /* {c} {v} */ FROM t -- {one_line(v)}"),
    "table": lambda v, c: sql(f'SELECT 1 FROM "{v}"'),
    "long table": lambda v, c: sql(f'SELECT 1 FROM "{long_name(v)}"'),
    "column at the cut": lambda v, c: sql(f"SELECT {'a, ' * (165 - len(v) // 6)}\"{v}\" FROM t"),
    "table without quotes": lambda v, c: sql(f"SELECT 1 FROM {one_line(v)}"),
    "user": lambda v, c: sql("SELECT 1", user=v),
    "long user": lambda v, c: sql("SELECT 1", user=long_name(v)),
    "database": lambda v, c: sql("SELECT 1", database=v),
    "error": lambda v, c: (pg_login() + pg(b"Q", b"SELECT 1\0"), pg(b"R", bytes(4)) + pg(b"Z", b"I") + pg(
        b"E", b"C" + v.encode() + b"\0M" + v.encode() + b"\0\0")),
    "key": lambda v, c: resp("SET", v, "x"),
    "key with parts": lambda v, c: resp("SET", f"{c.replace(' ', ':')}:{v}:x", v),
    "channel": lambda v, c: resp("PUBLISH", v, v),
    "long channel": lambda v, c: resp("PUBLISH", long_name(v), v),
    "redis user": lambda v, c: resp("AUTH", v, v),
    "redis error": lambda v, c: (resp("GET", "k")[0], f"-{one_line(v)} no\r\n".encode()),
    "topic": lambda v, c: mqtt_session(topic=v, payload=v),
    "long topic": lambda v, c: mqtt_session(topic=long_name(v)),
    "mqtt user": lambda v, c: mqtt_session(user=v),
    "collection": lambda v, c: mongo({"find": v}, **{"$db": v, "a": v}),
    "kafka topic": lambda v, c: kafka(v),
    "nats subject": lambda v, c: (f'CONNECT {{"user":"{one_line(v)}"}}\r\nPUB {one_line(v).replace(" ", "_")} 1\r\nx\r\n'.encode(), b""),
    "memcached key": lambda v, c: (f"set {one_line(v).replace(' ', '_')[:250]} 0 0 1\r\nx\r\n".encode(), b"STORED\r\n"),
}


def host_label(value):
    return re.sub(r"[^A-Za-z0-9_.@-]", "-", value)[:60].strip(".").replace("..", ".")


def plant(cap, places, kind_nr, value, context, kind=None):
    for nr, (place, make) in enumerate(places.items()):
        if kind in NEEDS_WORDS and place not in PLACES_WITH_WORDS:
            continue
        if place == "host" and "\n" in value:
            continue
        tcp = w.Tcp(cap, f"10.60.{kind_nr}.{nr + 1}", 40000 + nr, "10.61.0.1", 8080)
        tcp.open()
        request, answer = make(value, context)
        tcp.send(w.ORIG, request)
        tcp.send(w.RESP, answer)
        tcp.close()


def fits_a_name(value):
    """Half a key in a label is no key any more."""
    return len(value) <= 60 and "\n" not in value


def plant_names(cap, nr, value):
    if not fits_a_name(value):
        return
    label = host_label(value)
    name = label.replace("@", ".")
    client = f"10.62.{nr}.1"
    w.look_up(cap, client, 30000 + nr, "10.43.0.10", nr, f"{name}.example.com", ["192.0.2.9"])
    tcp = w.Tcp(cap, client, 41000 + nr, "192.0.2.9", 443)
    tcp.open()
    tcp.send(w.ORIG, w.tls_client_hello(f"{name}.example.com", alpn=(label[:40], "h2")))
    tcp.send(w.RESP, w.tls_server_hello())
    tcp.close()


def known_kinds(weir, values):
    """Kinds whose plain form in a JSON body is found."""
    cap = w.Capture()
    for nr, (_, value, context) in enumerate(values):
        plant(cap, {"json body": HTTP_PLACES["json body"]}, nr, value, context)
    path = e2e.work_folder() / "known.pcap"
    cap.save(path)
    found = {r["src_ip"] for r in weir.good_replay("--records", "finding", path).records}
    return [v for nr, v in enumerate(values) if f"10.60.{nr}.1" in found]


def needles(value):
    """(how, bytes, whether case counts) for every form of the value that must not be seen."""
    plain = value.encode()
    forms = {value, value.replace("\n", "\\n")}
    bare = re.sub(r"[\s-]", "", value)
    if re.fullmatch(r"\d+", bare):
        forms |= {bare, sensitive_values.grouped(bare, " "), sensitive_values.grouped(bare, "-")}
    if len(value) >= 32 and "\n" not in value:
        forms |= {value[len(value) // 4:len(value) * 3 // 4]}
    if "\n" in value:
        forms |= {line for line in value.split("\n") if len(line) == 64}
    for form in sorted(forms):
        raw = form.encode()
        yield "plain", raw, False
        yield "percent-coded", urllib.parse.quote(form, safe="").encode(), False
        yield "all percent-coded", "".join(f"%{b:02x}" for b in raw).encode(), False
        yield "with plus signs", urllib.parse.quote_plus(form).encode(), False
        yield "JSON escapes", "".join(f"\\u{b:04x}" for b in raw).encode(), False
        yield "hex", raw.hex().encode(), False
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + plain)
            first = (0, 2, 3)[shift]
            yield f"base64, shifted {shift}", text[first:len(text) - 4 - len(text) % 4], True


def leaks(output, value):
    lower = output.lower()
    for how, needle, exact in needles(value):
        if len(needle) >= 9 and (needle in output if exact else needle.lower() in lower):
            yield how, needle


def where(output, needle):
    """The field that holds it; never the value itself."""
    for line in output.split(b"\n"):
        if needle.lower() in line.lower():
            try:
                record = json.loads(line)
            except ValueError:
                return "stderr"
            fields = [k for k, v in record.items()
                      if needle.lower() in json.dumps(v, ensure_ascii=False).encode().lower()]
            return f"{e2e.kind_of(record)}.{'/'.join(fields)} from {record.get('src_ip')}"
    return "?"


def check(weir, build):
    values = known_kinds(weir, sensitive_values.values())
    cap = w.Capture()
    for nr, (kind, value, context) in enumerate(values):
        build(cap, nr, kind, value, context)
    path = e2e.work_folder() / "planted.pcap"
    cap.save(path)
    run = weir.good_replay("--records", "all", path)
    assert run.out, "no records"
    seen = collections.defaultdict(set)
    for kind, value, _ in values:
        for how, needle in leaks(run.out + run.err, value):
            seen[where(run.out + run.err, needle)].add(f"{kind} ({how})")
    told = [f"{place}: {', '.join(sorted(what))}" for place, what in sorted(seen.items())]
    assert not seen, f"leaks in {len(seen)} places:\n  " + "\n  ".join(told[:60])


def test_the_kinds_are_known(weir):
    """Also says that the search below looks for something."""
    names = [kind for kind, _, _ in known_kinds(weir, sensitive_values.values())]
    missing = [kind for kind in MUST_BE_KNOWN if kind not in names]
    assert not missing, f"not found in a plain JSON body: {missing}"
    print(f"        {len(names)} of {len(sensitive_values.values())} kinds are known")


def test_the_search_finds_what_it_should(weir):
    """Every form is seen in an output that does hold the value."""
    for kind, value, _ in sensitive_values.values():
        for coded in (value.encode(), value.encode().hex().upper().encode(), base64.b64encode(
                b"ab" + value.encode()), urllib.parse.quote(value, safe="").encode()):
            assert any(leaks(b'{"schema":"weir.x/1","a":"' + coded + b'"}', value)), kind


def test_http(weir):
    check(weir, lambda cap, nr, kind, value, words: plant(cap, HTTP_PLACES, nr, value, words, kind))


def test_databases(weir):
    check(weir, lambda cap, nr, kind, value, words: kind in NEEDS_WORDS or plant(cap, DB_PLACES, nr, value, words, kind))


def test_names(weir):
    check(weir, lambda cap, nr, kind, value, _: kind in NEEDS_WORDS or plant_names(cap, nr, value))


def test_unknown_protocol(weir):
    def raw(cap, nr, _, value, context):
        tcp = w.Tcp(cap, f"10.63.{nr}.1", 42000, "10.61.0.9", 9999)
        tcp.open()
        tcp.send(w.ORIG, f"PUT key {context} {value}\n".encode())
        tcp.send(w.RESP, f"STORED {value}\n".encode())
        tcp.close()
        w.send_udp(cap, f"10.63.{nr}.2", 5000, "10.61.0.9", 5001, f"{context} {value}".encode())
    check(weir, raw)


def test_messages_on_stderr(weir):
    """A file name, an option or a setting may be quoted; what a packet carried never is."""
    for kind, value, context in sensitive_values.values()[:6]:
        cap = w.Capture()
        plant(cap, HTTP_PLACES, 1, value, context)
        data = cap.pcap()
        path = e2e.work_folder() / "cut.pcap"
        path.write_bytes(data[:len(data) - 5])
        run = weir.replay("--records", "all", path)
        assert not list(leaks(run.err, value)), kind


SAMPLE = re.compile(r'^\s*(?:rule ([\w.-]+) \{|sample\s+\+\s+"((?:[^"\\]|\\.)*)")', re.M)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def samples_of_rules(weir):
    """(rule, sample) for every positive sample of the shipped rules."""
    rule, found = None, []
    for path in sorted((weir.root / "rules").glob("*.rules")):
        for match in SAMPLE.finditer(path.read_text()):
            if match[1]:
                rule = match[1]
            else:
                found.append((rule, re.sub(r"\\(?:x([0-9A-Fa-f]{2})|(.))", lambda e: chr(int(e[1], 16)) if e[1]
                                           else ESCAPES.get(e[2], e[2]), match[2])))
    return found


def values_of_rules(weir):
    """(rule, sample, what the rule finds in it), of rules that hide what they find."""
    masked = {r["id"] for r in map(json.loads, weir.run(
        "rules", "list", "--json", "--rules", weir.root / "rules").out.splitlines()) if r["masked"]}
    samples, text, places = samples_of_rules(weir), b"", []
    for rule, sample in samples:
        places.append((len(text), rule, sample))
        text += sample.encode() + b"\n" + b" " * 600
    path = e2e.work_folder() / "samples"
    path.write_bytes(text)
    tried = weir.run("rules", "try", "--rules", weir.root / "rules", path).out.decode(errors="replace")
    spans = [(m[1], int(m[2]), int(m[3])) for m in re.finditer(r"^(\S+) at (\d+)\.\.(\d+): ", tried, re.M)]
    for at, rule, sample in places:
        end = at + len(sample.encode())
        for found, first, last in spans:
            if found == rule and rule in masked and at <= first and last <= end and last - first >= 9:
                yield rule, sample, text[first:last].decode(errors="replace")


def test_every_rule(weir):
    """What a shipped rule finds in its own samples, in the places where a record quotes text."""
    values = list(values_of_rules(weir))
    rules = {rule for rule, _, _ in values}
    names = ("json body", "json key", "user agent", "path", "path percent-coded", "query key", "header", "model",
             "prompt", "tool", "answer id", "content type")
    cap = w.Capture()
    for nr, (_, sample, _) in enumerate(values):
        for place, name in enumerate(names):
            tcp = w.Tcp(cap, f"10.{64 + nr // 250}.{nr % 250 + 1}.{place + 1}", 40000, "10.61.0.1", 8080)
            tcp.open()
            request, answer = HTTP_PLACES[name](one_line(sample) if name not in ("json body", "prompt") else sample, "x")
            tcp.send(w.ORIG, request)
            tcp.send(w.RESP, answer)
            tcp.close()
    path = e2e.work_folder() / "rules.pcap"
    cap.save(path)
    run = weir.good_replay("--records", "all", path)
    lower, leaked = (run.out + run.err).lower(), collections.defaultdict(set)
    for rule, _, value in values:
        for form in {value, one_line(value), urllib.parse.quote(value, safe=""), value.encode().hex(),
                     json.dumps(value)[1:-1]}:
            if len(form) >= 9 and form.lower().encode() in lower:
                leaked[where(run.out + run.err, form.encode())].add(rule)
    told = [f"{place}: {', '.join(sorted(which))}" for place, which in sorted(leaked.items())]
    assert not leaked, f"leaks in {len(leaked)} places:\n  " + "\n  ".join(told[:60])
    print(f"        {len(values)} values of {len(rules)} rules")
    assert len(rules) > 90, len(rules)
    assert len(values) >= len(samples_of_rules(weir)) * 0.8, (len(values), len(samples_of_rules(weir)))


e2e.main()
