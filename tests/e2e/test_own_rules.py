#!/usr/bin/env python3
"""Rules as a user writes them, over the wire: the fields of a header, what ^ and $ mean there, the
buffers of a request, names of the DNS, values that are masked in every record, for every
segmentation. And tables of a database, by the shipped rules."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402

RULE = "rule t.{0} {{\n  title \"{0}\"\n  data_type t.{0}\n  severity high\n  in {1}\n  {2}\n}}\n"


def capture(path, request, mss=1400, answer=w.http_response("200 OK"), port=80):
    cap = w.Capture()
    tcp = w.Tcp(cap, "10.0.0.1", 40000, "10.0.0.2", port, mss=mss)
    tcp.open()
    tcp.send(w.ORIG, request)
    tcp.send(w.RESP, answer)
    tcp.close()
    cap.save(path)
    return path


def own(*rules):
    folder = e2e.work_folder()
    (folder / "own.rules").write_text("".join(RULE.format(*rule) for rule in rules))
    return folder


# id, where, what matches, found
FIELDS = [
    ("runs_on", "http.header", "match /session=[^;]+/i", True),
    ("any_byte", "http.header", "match /dots=.{6,}/s", True),
    ("long_repeat", "http.header", "match /tick=[^'\"]{8,40}/", True),
    ("whole", "http.header", "match /^x-api-key: [a-z0-9]{12}$/i", True),
    ("begins", "http.header", "match /^X-Que: /", True),
    ("ends", "http.header", "match /zebra$/", True),
    ("not_at_the_beginning", "http.header", "match /^session/", False),
    ("not_at_the_end", "http.header", "match /zeb$/", False),
    ("across", "http.header", "match /cross[^;]+x-zz/i", False),
    ("short", "http.header", 'match "x-role: adm" nocase', True),
    ("host", "http.host", "match /^shop\\.example$/", True),
    ("method", "http.method", "match /^PATCH$/", True),
    ("path", "http.path", "match /^\\/a b\\/c$/", True),
    ("query", "http.query", "match /^q=1&r=x y$/", True),
]

HEADERS = [("Cookie", "a=1; session=deadbeefcafe"), ("X-Api-Key", "deadbeefc0fe"), ("X-Que", "tick=0123456789"),
           ("X-Dots", "dots=abcdefgh"), ("X-Cr", "cross"), ("X-Zz", "1"), ("X-Role", "adm"), ("X-End", "a zebra")]


def test_fields_and_buffers(weir):
    rules = own(*[row[:3] for row in FIELDS])
    want = {"t." + name for name, _, _, found in FIELDS if found}
    request = w.http_request("PATCH", "/a%20b/c?q=1&r=x+y", "shop.example", headers=HEADERS)
    for mss in (1400, 1, 2, 3, 7, 50):
        cap = capture(e2e.work_folder() / "fields.pcap", request, mss)
        found = {r["rule_id"] for r in weir.good_replay("--records", "finding", cap, rules=rules).records}
        assert found == want, (mss, found ^ want)


def test_http2(weir):
    rules = own(*[row[:3] for row in FIELDS])
    fields = [(":method", "PATCH"), (":scheme", "http"), (":authority", "shop.example"), (":path", "/a%20b/c?q=1&r=x+y")]
    fields += [(name.lower(), value) for name, value in HEADERS]
    request = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + w.http2_frame(4, 0, 0) + w.http2_headers(1, fields, end_stream=True)
    answer = w.http2_frame(4, 0, 0) + w.http2_headers(1, [(":status", "200")], end_stream=True)
    cap = capture(e2e.work_folder() / "fields.pcap", request, answer=answer)
    found = {r["rule_id"] for r in weir.good_replay("--records", "finding", cap, rules=rules).records}
    want = {"t." + name for name, _, _, found in FIELDS if found} - {"t.begins"}  # names are small here
    assert found == want, found ^ want


def test_own_values_are_masked(weir):
    """Also short ones, that look like nothing: what a rule with a show line finds stands in no record."""
    rules = own(("staff", "any", "match /\\bEMP-[0-9]{4}\\b/\n  show none"))
    request = w.http_request("GET", "/staff/EMP-4711", "shop.example", headers=[("User-Agent", "EMP-4711")])
    cap = capture(e2e.work_folder() / "own.pcap", request)
    run = weir.good_replay("--records", "all", cap, rules=rules)
    assert any(r.get("data_types_sent") or r.get("data_types") for r in run.records), run.out
    assert b"4711" not in run.out, run.out


def test_dns_names(weir):
    """A label may hold blanks and dots, which a record writes as \\032 and \\046: found and masked all the same."""
    rules = own(("card", "dns.name", 'find digits 16..16 sep " ."\n  validate luhn\n  show bin6last4'))
    for value in (b"4111 1111 1111 1111", b"4111.1111.1111.1111"):
        cap = w.Capture()
        for packet, back in ((w.dns_query(7, "x" * 19 + ".shop.example"), False),
                             (w.dns_answer(7, "x" * 19 + ".shop.example", ["192.0.2.1"]), True)):
            w.send_udp(cap, "10.0.0.1", 40000, "10.0.0.53", 53, packet.replace(b"x" * 19, value), backwards=back)
        path = e2e.work_folder() / "dns.pcap"
        cap.save(path)
        run = weir.good_replay("--records", "dns,finding", path, rules=rules)
        assert {r.get("rule_id", "t.card") for r in run.records} == {"t.card"} and len(run.records) == 2, run.out
        assert b"1111" not in run.out.replace(b"411111******1111", b""), run.out


COLUMNS = ["id", "name", "street", "pesel", "nhs_number", "card_number", "created", "nino"]
ROWS = [["1", "Ann Lee", "1 High St; Flat 2, Leeds", "44051401359", "943 476 5919", "4539578763621486", "1767761041", None],
        ["2", "Bob", None, "02070803628", "943 476 5870", "5425233430109903", "1767761042", "AB123456C"],
        ["3", "Cy | Fox", "x", "90090515836", "943 476 5919", "4539578763621486", "1767761043", "CE765432A"]]
IN_COLUMNS = {"pii.pl_pesel": 3, "pii.uk_nhs": 2, "pci.pan": 2, "pii.uk_nino": 2}  # values


def postgresql(mss):
    def message(kind, body):
        return kind + struct.pack(">I", len(body) + 4) + body

    def row(cells):
        return struct.pack(">H", len(cells)) + b"".join(
            struct.pack(">i", -1) if c is None else struct.pack(">I", len(c)) + c.encode() for c in cells)

    start = struct.pack(">I", 196608) + b"user\0app\0database\0shop\0\0"
    names = struct.pack(">H", len(COLUMNS)) + b"".join(c.encode() + b"\0" + bytes(18) for c in COLUMNS)
    answer = message(b"T", names) + b"".join(message(b"D", row(r)) for r in ROWS)
    answer += message(b"C", b"SELECT 3\0") + message(b"Z", b"I")
    cap = w.Capture()
    tcp = w.Tcp(cap, "10.0.0.1", 40000, "10.0.0.9", 5432, mss=mss)
    tcp.open()
    tcp.send(w.ORIG, struct.pack(">I", len(start) + 4) + start)
    tcp.send(w.RESP, message(b"R", bytes(4)) + message(b"Z", b"I"))
    tcp.send(w.ORIG, message(b"Q", b"SELECT * FROM customers\0"))
    tcp.send(w.RESP, answer)
    tcp.close()
    path = e2e.work_folder() / "table.pcap"
    cap.save(path)
    return path


def test_columns_of_a_result(weir):
    """By the shipped rules: the name of a column speaks for all values below it, and for no others."""
    for mss in (1400, 1, 7, 100):
        records = weir.good_replay("--records", "finding", postgresql(mss)).records
        found = {r["rule_id"]: r["distinct_values"] for r in records}
        assert found == IN_COLUMNS, (mss, found)


if __name__ == "__main__":
    sys.exit(e2e.main())
