#!/usr/bin/env python3
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def frame(kind, channel, body):
    return struct.pack(">BHI", kind, channel, len(body)) + body + b"\xce"


def method(channel, cls, number, body=b""):
    return frame(1, channel, struct.pack(">HH", cls, number) + body)


def short(s):
    return bytes([len(s)]) + s.encode()


def long(s):
    return struct.pack(">I", len(s)) + s


def message(channel, body, pieces=1):
    head = struct.pack(">HHQH", 60, 0, len(body), 0x8000) + short("application/json")
    step = (len(body) + pieces - 1) // pieces
    return frame(2, channel, head) + b"".join(frame(3, channel, body[i:i + step]) for i in range(0, len(body), step))


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40031, "10.1.0.15", 15672)
tcp.open()
tcp.send(w.ORIG, b"AMQP\0\0\x09\1")
tcp.send(w.RESP, method(0, 10, 10, b"\0\x09" + long(b"") + long(b"PLAIN") + long(b"en_US")))
tcp.send(w.ORIG, method(0, 10, 11, long(b"") + short("PLAIN") + long(b"\0shop\0a-secret") + short("en_US")))
tcp.send(w.RESP, method(0, 10, 30, b"\7\xff\0\1\0\0\0\x3c"))
tcp.send(w.ORIG, method(0, 10, 31, b"\7\xff\0\1\0\0\0\x3c") + method(0, 10, 40, short("/orders") + b"\0\0"))
tcp.send(w.RESP, method(0, 10, 41, b"\0"))
tcp.send(w.ORIG, method(1, 50, 10, b"\0\0" + short("new-orders") + b"\0" + long(b"")))
tcp.send(w.RESP, method(1, 50, 11, short("new-orders") + bytes(8)))
tcp.send(w.ORIG, method(1, 60, 40, b"\0\0" + short("") + short("new-orders") + b"\0")
         + message(1, b'{"order": 4711, "card": "4532015112830366"}', pieces=2), cuts=[90])
tcp.send(w.ORIG, method(1, 60, 20, b"\0\0" + short("mails") + short("") + b"\0" + long(b"")))
tcp.send(w.RESP, method(1, 60, 21, short("c1")))
cap.wait(900)
tcp.send(w.RESP, method(1, 60, 60, short("c1") + bytes(7) + b"\1\0" + short("mail") + short("mail.out"))
         + message(1, b'{"to": "ada.lovelace@example.com"}'))
tcp.send(w.ORIG, method(1, 60, 80, bytes(7) + b"\1\0"))
tcp.send(w.ORIG, method(1, 50, 20, b"\0\0" + short("nowhere") + short("x") + short("y") + b"\0" + long(b"")))
tcp.send(w.RESP, method(1, 20, 40, struct.pack(">H", 404) + short("NOT_FOUND - no queue") + bytes(4)))
tcp.close()
cap.save(HERE / "input.pcap")
