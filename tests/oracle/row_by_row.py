#!/usr/bin/env python3
"""Labels, names, fingerprints and HTTP objects, row by row: what of an outside oracle can be compared at all.

usage: row_by_row.py WEIR SOURCE_ROOT

Each row that differs either counts against weir, or is proved here to say something that weir does not
say: by a rule about the two values, or by a capture that was looked at. README.md has the reasons.
"""
import collections
import concurrent.futures
import ipaddress
import json
import re
import subprocess
import sys

import shared

LEAST = {"label recall": 0.97, "label precision": 0.97, "names, nDPI": 0.98, "names, tshark": 0.98, "ja4, arkime": 1.0,
         "ja4 a, nDPI": 0.98, "ja4 b, nDPI": 0.98, "ja4 c, nDPI": 0.98, "objects, tshark": 0.98}
LABELS = {"HTTP": "http", "HTTP_Proxy": "http", "HTTP_Connect": "http", "HTTP2": "http2", "gRPC": "grpc", "WebSocket": "websocket",
          "TLS": "tls", "QUIC": "quic", "DNS": "dns", "Kafka": "kafka", "Redis": "redis", "RESP": "redis", "PostgreSQL": "postgresql",
          "MySQL": "mysql", "MongoDB": "mongodb", "AMQP": "amqp", "MQTT": "mqtt", "NATS": "nats", "SMTP": "smtp", "SSH": "ssh",
          "MDNS": "mdns", "LLMNR": "llmnr", "DTLS": "dtls", "SOCKS": "socks", "Memcached": "memcached", "Cassandra": "cassandra"}
NAMED = {"http", "http2", "grpc", "websocket", "tls", "quic", "dns", "mdns", "llmnr", "dtls"}  # whose flows have names
OVER_HTTP = {"http", "http2", "grpc", "websocket"}
# Other tools' names for a use of TLS: it is TLS on the wire, and weir says so.
OVER_TLS = {"IMAPS", "SMTPS", "POPS", "FTPS", "DoH_DoT", "RDP", "NoMachine"}
# Captures that were looked at: label, or None for all; how many rows; why.
DAMAGED = "damaged on purpose: header or name cannot be read as the protocol's"
LOOKED_AT = {
    ("quic-fuzz-overflow.pcapng", "QUIC"): (1, "the first fragment of a datagram whose rest never comes"),
    ("radius_false_positive.pcapng", "QUIC"): (1, "a server's half of gQUIC of 2016, without a version or a hello"),
    ("fuzz-2006-06-26-2594.pcap", "DNS"): (4, DAMAGED),
    ("ossfuzz_seed_fake_traces_3.pcapng", "MapleStory"): (1, "a GET request of HTTP/1.1 with a game's name as user agent"),
    ("avast_securedns.pcapng", "AVASTSecureDNS"): (1, "a query whose certificate never comes: plain DNS so far"),
    ("dns_invert_query.pcapng", "DNS"): (1, "an inverse query (RFC 3425) asks by an answer and has no question"),
    ("tls_invalid_reads.pcap", "JA4"): (1, "a hello in a cut packet, hashed as far as it goes"),
}
REQUEST = "tshark exports bytes of a request line or header as a body"
PREFACE = "tshark exports the preface of HTTP/2 as a body"
OTHER = "tshark exports what another protocol says as a body"
OBJECTS = {
    "arkime/http2-nghttp2.pcap": (1, PREFACE),
    "sv/dns-over-http2/dns_over_https.pcap": (1, PREFACE),
    "sv/dns-over-http2-post/dns_over_https_POST.pcap": (1, PREFACE),
    "sv/http2-authority-mismatch/authority_and_host_2.pcap": (1, PREFACE),
    "sv/http2-continuation/input.pcap": (1, PREFACE),
    "arkime/irc-cap-req.pcap": (2, OTHER + " (IRC)"),
    "arkime/tcp_handshake_synthetic.pcap": (1, OTHER + " (SSH)"),
    "http/connect-with-smtp.pcap": (1, OTHER + " (SMTP behind CONNECT)"),
    "http-connect/http-connect-simple/input.pcap": (1, OTHER + " (one byte behind CONNECT)"),
    "tcp-urgp-02-drop-ips/tcp-urgent1.pcap": (1, REQUEST),
    "tcp-urgp-04-2byte-XY/tcp-urgent-2byte-XY.pcap": (1, REQUEST),
    "261/variant-09-te_obs_fold.pcap": (1, REQUEST),
    "http/methods.pcap": (17, REQUEST),
    "http/http-11-request-then-cruft.pcap": (3, REQUEST),
    "http/http-lower-case-nonstandard-port.pcap": (1, "tshark exports an answer's header, in small letters, as a body"),
    "http/http-09-content-length-confusion.pcap": (1, "what is behind the length that the answer gives"),
    "sv/http-event-chunk/input.pcap": (1, "a body whose chunks break off: no hash of a part"),
    "http/content-length-overflow.pcap": (1, "a body that breaks off: no hash of a part"),
    "traces/mixed-vlan-mpls.pcap": (3, "segments of one answer of HTTP/0.9, each for itself"),
    "gtp/gtp9_unknown_or_too_short_payload.pcap": (1, "a segment from the middle of something, HTTP by its port"),
}


class Count:
    """N of M by column; rows set aside, by reason; rows that count against weir."""

    def __init__(self):
        self.cells, self.aside, self.against = {}, collections.Counter(), []
        self.left = {key: n for key, (n, _) in LOOKED_AT.items()}

    def add(self, column, right, row=""):
        n, m = self.cells.get(column, (0, 0))
        self.cells[column] = (n + bool(right), m + 1)
        if not right:
            self.against.append(f"{column}: {row}")

    def set_aside(self, column, why):
        self.aside[f"{column}: {why}"] += 1

    def looked_at(self, column, capture, label):
        """Sets a row aside when it is one of those that were looked at."""
        key = capture, label
        if self.left.get(key, 0) == 0:
            return False
        self.left[key] -= 1
        self.set_aside(column, LOOKED_AT[key][1])
        return True


def keys_of(capture):
    """Where Wireshark's tests keep the secrets of a capture."""
    path = capture.parent.parent / "keys" / f"{capture.stem}.keys"
    return ["--keylog", path] if path.exists() else []


def replay(binary, root, capture):
    run = subprocess.run([binary, "replay", "--quiet", "--records", "flow,http,dns,tls", "--set", "records.body_sha256=true",
                          "--rules", root / "rules", *keys_of(capture), capture], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return [json.loads(line) for line in run.stdout.splitlines()]


def kind(record):
    return record["schema"].split(".")[1].split("/")[0]


def ends(a, aport, b, bport):
    return tuple(sorted(((a, int(aport)), (b, int(bport)))))


def address(text):
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:     # nDPI shortens two runs of zeros in some
        return text


class Seen:
    """What weir says of one capture, by transport and pair of ends."""

    def __init__(self, records):
        self.protocols, self.payload = collections.defaultdict(set), collections.Counter()
        self.names, self.ja4 = collections.defaultdict(set), collections.defaultdict(set)
        self.bodies = collections.Counter()
        for r in records:
            if "src_port" not in r:
                continue
            key = r["transport"], ends(address(r["src_ip"]), r["src_port"], address(r["dst_ip"]), r["dst_port"])
            if kind(r) == "flow":
                self.protocols[key].add(r.get("protocol"))
                self.payload[key] += r.get("src_payload_bytes", 0) + r.get("dst_payload_bytes", 0)
            for field in ("server_name", "url_host", "dns_question_name", "tls_server_name"):
                if r.get(field):
                    self.names[key].add(r[field].lower().rstrip("."))
            if r.get("ja4"):
                self.ja4[key].add(r["ja4"])
            for side in ("request", "response"):
                if r.get(f"http_{side}_body_sha256"):
                    self.bodies[r[f"http_{side}_body_sha256"]] += 1


LINE = re.compile(r"\s+\d+\s+(TCP|UDP) (\S+):(\d+) (?:<->|->) (\S+):(\d+) (?:\[VLAN: \d+\])?\[proto: (?:\w+:)?[0-9.]+/([^\].]+)")


def same_protocol(label, got):
    return label in got or (label in OVER_HTTP and bool(got & OVER_HTTP)) or (label == "http" and "tls" in got) \
        or (label == "smtp" and "tls" in got)


def judge_label(count, capture, line, label, key, seen):
    got, want = seen.protocols.get(key, set()), LABELS.get(label)
    if want and not same_protocol(want, got):
        if seen.payload[key] == 0 and key in seen.protocols:
            count.set_aside("label recall", "a flow without payload, labelled by its port")
        elif "Match by port" in line or "Match by custom rule" in line:
            count.set_aside("label recall", "labelled by port or rule, not by bytes")
        elif not count.looked_at("label recall", capture, label):
            count.add("label recall", False, f"{capture} {label} is {got}")
    elif want:
        count.add("label recall", True)
    for g in got & set(LABELS.values()):
        if label == "Unknown":
            continue
        if want and same_protocol(g, {want}) or g == want or (want and same_protocol(want, {g})):
            count.add("label precision", True)
        elif g == "tls" and label in OVER_TLS:
            count.set_aside("label precision", "TLS by the name of what it carries")
        elif not count.looked_at("label precision", capture, label):
            count.add("label precision", False, f"{capture} {g} is {label} to nDPI")


def plain(name):
    """Names as nDPI writes them: what is no letter, digit, dot or hyphen is a question mark."""
    return re.sub(r"[^a-z0-9.\-]", "?", re.sub(r"\\\d\d\d", "?", name))


def judge_name(count, capture, line, label, key, seen):
    name = re.search(r"\[Hostname/SNI: ([^\]]+)\]", line)
    if not name:
        return
    want, got = LABELS.get(label), seen.names[key]
    theirs = name[1].lower().rstrip(".")
    if label in OVER_TLS:
        want = "tls"
    if want not in NAMED:
        count.set_aside("names, nDPI", f"of a protocol whose names weir does not tell ({label})")
        return
    theirs, got = re.sub(r":\d+$", "", theirs), {re.sub(r":\d+$", "", g) for g in got}
    right = theirs in got or any(len(theirs) > 60 and g.startswith(theirs) for g in got)
    if right:
        count.add("names, nDPI", True)
    elif any(plain(g) == plain(theirs) for g in got):
        count.set_aside("names, nDPI", "nDPI writes ? or _ for bytes that are no letters")
    elif any(len(theirs) > 60 and g.endswith(theirs) for g in got):
        count.set_aside("names, nDPI", "nDPI gives the end of a name that is too long for it")
    elif want == "mdns":
        count.set_aside("names, nDPI", "an answer of mDNS has no question: nDPI names its first record")
    elif label in OVER_TLS and 25 in (key[1][0][1], key[1][1][1]):
        count.set_aside("names, nDPI", "from the greeting of a mail server")
    elif not count.looked_at("names, nDPI", capture, label):
        count.add("names, nDPI", False, f"{capture} {label} {theirs} is {sorted(got)[:2]}")


def judge_ja4(count, capture, line, key, seen):
    ja4 = re.search(r"JA4: (\w+)", line)
    if not ja4:
        return
    a, b, c = ja4[1].split("_")
    got = [g.split("_") for g in seen.ja4[key]]
    if not got and count.looked_at("ja4, nDPI", capture, "JA4"):
        return
    if ja4[1][3] == "d" and got and all(g[0][3] == "i" for g in got):
        count.set_aside("ja4, one letter", "d by nDPI where a hello names no server: i by the specification")
    # Not compared: nDPI's wrong letters of ALPN, that d, its numbers for versions of DTLS.
    part = lambda text: text[:1] + ("" if text[0] == "d" else text[1:3]) + text[4:8]
    count.add("ja4 a, nDPI", part(a) in {part(g[0]) for g in got}, f"{capture} {ja4[1]} is {seen.ja4[key]}")
    count.add("ja4 b, nDPI", b in {g[1] for g in got}, f"{capture} {ja4[1]} is {seen.ja4[key]}")
    if c == "e3b0c44298fc" and "000000000000" in {g[2] for g in got}:
        count.set_aside("ja4 c, nDPI", "no extensions: 000000000000 by the specification, the hash of nothing by nDPI")
    else:
        count.add("ja4 c, nDPI", c in {g[2] for g in got}, f"{capture} {ja4[1]} is {seen.ja4[key]}")


def judge_ndpi(count, capture, lines, seen):
    for line in lines:
        m = LINE.match(line)
        if not m:
            continue
        key = m[1].lower(), ends(address(m[2]), m[3], address(m[4]), m[5])
        judge_label(count, capture.name, line, m[6], key, seen)
        judge_name(count, capture.name, line, m[6], key, seen)
        judge_ja4(count, capture.name, line, key, seen)


def judge_objects(count, capture, rows, seen):
    bodies = collections.Counter(seen.bodies)
    name = next((n for n in OBJECTS if str(capture).lower().endswith(n.lower())), None)
    left, why = OBJECTS[name] if name else (0, "")
    for sha, size in rows:
        if size == "0":
            count.set_aside("objects, tshark", "no bytes")
        elif bodies[sha] > 0:
            bodies[sha] -= 1
            count.add("objects, tshark", True)
        elif left > 0:
            left -= 1
            count.set_aside("objects, tshark", why)
        else:
            count.add("objects, tshark", False, f"{capture.name} {sha[:8]} of {size} bytes")


def table(path):
    rows = collections.defaultdict(list)
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.startswith("#"):
                capture, *cells = line.rstrip("\n").split("\t")
                rows[capture].append(cells)
    return rows


def main():
    binary, root, folder = shared.arguments()
    corpora = folder / "corpora"
    ndpi = {p: (corpora / "ndpi/result" / f"{p.name}.out").read_text(errors="replace").splitlines()
            for p in sorted((corpora / "ndpi/pcap").iterdir()) if (corpora / "ndpi/result" / f"{p.name}.out").exists()}
    objects = {corpora / c: rows for c, rows in table(corpora / "tshark-expected/objects.tsv").items()}
    sni = {corpora / c: rows for c, rows in table(corpora / "tshark-expected/sni.tsv").items()}
    arkime = {}
    for told in sorted((corpora / "arkime").glob("*.test.json")):
        sessions = [s.get("body", s) for s in json.loads(told.read_text()).get("sessions3", [])]
        arkime[told.with_name(told.name.replace(".test.json", ".pcap"))] = [v for s in sessions for v in s.get("tls", {}).get("ja4", [])]
    captures = sorted(c for c in {*ndpi, *objects, *sni, *(c for c, v in arkime.items() if v)} if c.exists())
    count = Count()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for capture, records in zip(captures, pool.map(lambda c: replay(binary, root, c), captures)):
            seen = Seen(records)
            judge_ndpi(count, capture, ndpi.get(capture, ()), seen)
            judge_objects(count, capture, objects.get(capture, ()), seen)
            for value in arkime.get(capture, ()):
                count.add("ja4, arkime", any(value in v for v in seen.ja4.values()), f"{capture.name} {value}")
            for _, name in sni.get(capture, ()):
                count.add("names, tshark", any(name.lower().rstrip(".") in v for v in seen.names.values()), f"{capture.name} {name}")
    good, lines = True, []
    for column, least in LEAST.items():
        n, m = count.cells.get(column, (0, 0))
        good = good and m > 0 and n >= least * m
        lines.append(f"{n} of {m} comparable = {n / max(m, 1):.3f}, wanted {least:g}: {column}")
    lines += [f"{n} aside: {reason}" for reason, n in sorted(count.aside.items())]
    shared.note(binary, "row-by-row", lines)
    print("\n".join(lines + [f"against: {row}" for row in count.against]))
    sys.exit(0 if good else 1)


main()
