#!/usr/bin/env python3
import gzip
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def text(s):
    return struct.pack(">h", len(s)) + s.encode()


def zigzag(n):
    n, out = n * 2, bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def record(key, value):
    body = b"\0\0\0" + zigzag(len(key)) + key.encode() + zigzag(len(value)) + value.encode() + b"\0"
    return zigzag(len(body)) + body


def batch(*records, coding=0):
    body = b"".join(records)
    if coding == 1:
        body = gzip.compress(body, mtime=0)
    rest = struct.pack(">ibIhiqqqhii", 0, 2, 0, coding, len(records) - 1, 0, 0, -1, -1, -1, len(records)) + body
    return struct.pack(">qi", 0, len(rest)) + rest


def request(key, version, correlation, body):
    head = struct.pack(">hhi", key, version, correlation) + text("billing")
    return struct.pack(">i", len(head + body)) + head + body


def answer(correlation, body):
    return struct.pack(">ii", len(body) + 4, correlation) + body


def produce(topic, records):
    return (struct.pack(">hhi", -1, 1, 30000) + struct.pack(">i", 1) + text(topic) + struct.pack(">ii", 1, 0)
            + struct.pack(">i", len(records)) + records)


def produced(topic, error=0):
    return struct.pack(">i", 1) + text(topic) + struct.pack(">iihqq", 1, 0, error, 0, -1) + struct.pack(">i", 0)


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40026, "10.1.0.11", 19092)
tcp.open()
tcp.send(w.ORIG, request(17, 1, 1, text("PLAIN")))
tcp.send(w.RESP, answer(1, struct.pack(">hi", 0, 0)))
token = b"\0billing\0a-secret-of-billing"
tcp.send(w.ORIG, request(36, 1, 2, struct.pack(">i", len(token)) + token))
tcp.send(w.RESP, answer(2, struct.pack(">hhiq", 0, -1, 0, 0)))
records = batch(record("order-1", '{"card": "4532015112830366", "cents": 1299}'), record("order-2", '{"cash": true}'))
tcp.send(w.ORIG, request(0, 7, 3, produce("payments", records)), cuts=[180])
cap.wait(4000)
tcp.send(w.RESP, answer(3, produced("payments")))
tcp.send(w.ORIG, request(0, 7, 4, produce("audit", batch(record("", '{"email": "ada.lovelace@example.com"}'), coding=1))))
tcp.send(w.RESP, answer(4, produced("audit", error=29)))
tcp.send(w.ORIG, request(1, 11, 5, b"what is asked for"))
cap.wait(500)
records = batch(record("order-3", '{"card": "5425233430109903"}'))
body = (struct.pack(">ihi", 0, 0, 0) + struct.pack(">i", 1) + text("refunds") + struct.pack(">i", 1)
        + struct.pack(">ihqqqii", 0, 0, 9, 9, 0, -1, -1) + struct.pack(">i", len(records)) + records)
tcp.send(w.RESP, answer(5, body), cuts=[120])
tcp.close()
cap.save(HERE / "input.pcap")
