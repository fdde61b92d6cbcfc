#!/usr/bin/env python3
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def document(fields):
    out = b""
    for name, value in fields.items():
        name = name.encode() + b"\0"
        if isinstance(value, str):
            out += b"\2" + name + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
        elif isinstance(value, bytes):
            out += b"\5" + name + struct.pack("<iB", len(value), 0) + value
        elif isinstance(value, float):
            out += b"\1" + name + struct.pack("<d", value)
        elif isinstance(value, int):
            out += b"\x10" + name + struct.pack("<i", value)
        elif isinstance(value, list):
            out += b"\4" + name + document({str(i): v for i, v in enumerate(value)})
        else:
            out += b"\3" + name + document(value)
    return struct.pack("<i", len(out) + 5) + out + b"\0"


def message(ident, answers, fields, section=None):
    body = struct.pack("<IB", 0, 0) + document(fields)
    if section:
        name, documents = section
        inner = name.encode() + b"\0" + b"".join(document(d) for d in documents)
        body += b"\1" + struct.pack("<i", len(inner) + 4) + inner
    return struct.pack("<iiii", len(body) + 16, ident, answers, 2013) + body


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40027, "10.1.0.12", 37017)
tcp.open()
tcp.send(w.ORIG, message(1, 0, {"hello": 1, "$db": "admin"}))
tcp.send(w.RESP, message(1, 1, {"isWritablePrimary": 1, "ok": 1.0}))
tcp.send(w.ORIG, message(2, 0, {"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": b"n,,n=shop,r=abcdef", "$db": "admin"}))
tcp.send(w.RESP, message(2, 2, {"conversationId": 1, "done": 0, "payload": b"r=abcdefxyz,s=c2FsdA==,i=15000", "ok": 1.0}))
tcp.send(w.ORIG, message(3, 0, {"insert": "payments", "ordered": 1, "$db": "shop"},
                         ("documents", [{"holder": "Ada", "card": {"number": "4532015112830366"}}, {"card": {"number": "none"}}])),
         cuts=[150])
cap.wait(800)
tcp.send(w.RESP, message(3, 3, {"n": 2, "ok": 1.0}))
tcp.send(w.ORIG, message(4, 0, {"find": "customers", "filter": {"country": "GB"}, "$db": "shop"}))
rows = [{"email": "ada.lovelace@example.com"}, {"email": "grace@example.org"}]
tcp.send(w.RESP, message(4, 4, {"cursor": {"firstBatch": rows, "ns": "shop.customers"}, "ok": 1.0}))
tcp.send(w.ORIG, message(5, 0, {"drop": "nowhere", "$db": "shop"}))
tcp.send(w.RESP, message(5, 5, {"ok": 0.0, "errmsg": "ns not found", "code": 26, "codeName": "NamespaceNotFound"}))
tcp.close()
cap.save(HERE / "input.pcap")
