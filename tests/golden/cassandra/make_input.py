#!/usr/bin/env python3
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def frame(stream, opcode, body=b"", answer=False):
    return struct.pack(">BBHBI", 0x84 if answer else 4, 0, stream, opcode, len(body)) + body


def text(s):
    return struct.pack(">H", len(s)) + s.encode()


def long(s):
    return struct.pack(">I", len(s)) + s


def values(*items):
    return struct.pack(">HBH", 1, 1, len(items)) + b"".join(long(i) for i in items)


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40034, "10.1.0.17", 19042)
tcp.open()
tcp.send(w.ORIG, frame(0, 1, struct.pack(">H", 1) + text("CQL_VERSION") + text("3.0.0")))
tcp.send(w.RESP, frame(0, 3, text("org.apache.cassandra.auth.PasswordAuthenticator"), answer=True))
tcp.send(w.ORIG, frame(1, 15, long(b"\0shop\0a-secret")))
tcp.send(w.RESP, frame(1, 16, b"\xff\xff\xff\xff", answer=True))
tcp.send(w.ORIG, frame(2, 7, long(b"USE orders") + struct.pack(">HB", 1, 0)))
tcp.send(w.RESP, frame(2, 8, struct.pack(">I", 3) + text("orders"), answer=True))
tcp.send(w.ORIG, frame(3, 9, long(b"INSERT INTO payments (id, card_number) VALUES (?, ?)")))
tcp.send(w.RESP, frame(3, 8, struct.pack(">I", 4) + text("an id of 16 byte") + b"metadata", answer=True))
tcp.send(w.ORIG, frame(4, 10, text("an id of 16 byte") + values(b"\0\0\0\7", b"4532015112830366")), cuts=[40])
cap.wait(600)
tcp.send(w.ORIG, frame(5, 7, long(b"SELECT email FROM customers WHERE id = 7") + struct.pack(">HB", 1, 0)))
rows = struct.pack(">III", 2, 5, 1) + struct.pack(">I", 1) + long(b"ada.lovelace@example.com")
tcp.send(w.RESP, frame(5, 8, rows, answer=True) + frame(4, 8, struct.pack(">I", 1), answer=True))
tcp.send(w.ORIG, frame(6, 7, long(b"DROP TABLE nowhere") + struct.pack(">HB", 1, 0)))
tcp.send(w.RESP, frame(6, 0, struct.pack(">I", 0x2200) + text("unconfigured table"), answer=True))
tcp.close()
cap.save(HERE / "input.pcap")
