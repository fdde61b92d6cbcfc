#!/usr/bin/env python3
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def text(s):
    return struct.pack(">H", len(s)) + s.encode()


def packet(first, body):
    n, length = len(body), bytearray()
    while n > 127:
        length.append(n & 127 | 128)
        n >>= 7
    return bytes([first]) + bytes(length + bytes([n])) + body


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40028, "10.1.0.13", 11883)
tcp.open()
tcp.send(w.ORIG, packet(0x10, text("MQTT") + b"\4\xc2\0\x3c" + text("till-7") + text("till") + text("a-secret")))
tcp.send(w.RESP, packet(0x20, b"\0\0"))
receipt = b'{"shop": 12, "items": ' + b"[1, 2, 3], " * 20 + b'"card": "4532015112830366"}'
tcp.send(w.ORIG, packet(0x32, text("shop/receipts") + b"\0\1" + receipt), cuts=[120])
cap.wait(700)
tcp.send(w.RESP, packet(0x40, b"\0\1"))
tcp.send(w.ORIG, packet(0x82, b"\0\2" + text("shop/orders/#") + b"\0"))
tcp.send(w.RESP, packet(0x90, b"\0\2\0"))
cap.wait(700)
tcp.send(w.RESP, packet(0x30, text("shop/orders/eu") + b"mail ada.lovelace@example.com about it"))
tcp.send(w.ORIG, packet(0xe0, b""))
tcp.close()
cap.save(HERE / "input.pcap")
