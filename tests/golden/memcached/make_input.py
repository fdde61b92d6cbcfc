#!/usr/bin/env python3
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def binary(magic, code, key=b"", value=b"", extras=b"", status=0, ident=1):
    body = extras + key + value
    return struct.pack(">BBHBBHIIQ", magic, code, len(key), len(extras), 0, status, len(body), ident, 0) + body


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40032, "10.1.0.16", 21211)
tcp.open()
card = b'{"card": "4532015112830366"}'
tcp.send(w.ORIG, b"set session:7f3a:card 0 300 %d\r\n%s\r\n" % (len(card), card), cuts=[50])
cap.wait(300)
tcp.send(w.RESP, b"STORED\r\n")
tcp.send(w.ORIG, b"get session:7f3a:card session:x\r\n")
tcp.send(w.RESP, b"VALUE session:7f3a:card 0 %d\r\n%s\r\nEND\r\n" % (len(card), card))
tcp.send(w.ORIG, b"incr counter\r\n")
tcp.send(w.RESP, b"ERROR\r\n")
tcp.close()

other = w.Tcp(cap, "10.1.0.5", 40033, "10.1.0.16", 21211)
other.open()
other.send(w.ORIG, binary(0x80, 1, b"mail:12", b"ada.lovelace@example.com", bytes(8)))
other.send(w.RESP, binary(0x81, 1))
other.send(w.ORIG, binary(0x80, 0, b"mail:13", ident=2))
other.send(w.RESP, binary(0x81, 0, value=b"Not found", status=1, ident=2))
other.close()
cap.save(HERE / "input.pcap")
