#!/usr/bin/env python3
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def message(kind, body=b""):
    return kind + struct.pack(">I", len(body) + 4) + body


def startup(**parameters):
    body = struct.pack(">I", 3 << 16) + b"".join(f"{k}\0{v}\0".encode() for k, v in parameters.items()) + b"\0"
    return struct.pack(">I", len(body) + 4) + body


def values(*texts):
    return struct.pack(">H", len(texts)) + b"".join(struct.pack(">I", len(t)) + t.encode() for t in texts)


def log_in(tcp, user, database):
    tcp.send(w.ORIG, startup(user=user, database=database))
    tcp.send(w.RESP, message(b"R", struct.pack(">I", 5) + b"salt"))
    tcp.send(w.ORIG, message(b"p", b"md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0"))
    tcp.send(w.RESP, message(b"R", struct.pack(">I", 0)) + message(b"Z", b"I"))


READY = message(b"Z", b"I")
cap = w.Capture()

# A card in the text of an INSERT, one in a parameter (cut by segments), addresses in rows.
tcp = w.Tcp(cap, "10.1.0.5", 40021, "10.1.0.8", 15432)
tcp.open()
log_in(tcp, "shop", "orders")
cap.wait(500)
tcp.send(w.ORIG, message(b"Q", b"BEGIN; INSERT INTO payments (card_number, cents) VALUES ('4532 0151 1283 0366', 1299)\0"))
cap.wait(2000)
tcp.send(w.RESP, message(b"C", b"BEGIN\0") + message(b"C", b"INSERT 0 1\0") + message(b"Z", b"T"))
batch = (message(b"P", b"s1\0UPDATE customers SET card = $1 WHERE id = $2\0" + struct.pack(">H", 0))
         + message(b"B", b"\0s1\0" + struct.pack(">H", 0) + values("5425233430109903", "77") + struct.pack(">H", 0))
         + message(b"E", b"\0" + struct.pack(">I", 0)) + message(b"S"))
tcp.send(w.ORIG, batch, cuts=[70, 76])
cap.wait(700)
tcp.send(w.RESP, message(b"1") + message(b"2") + message(b"C", b"UPDATE 1\0") + READY)
tcp.send(w.ORIG, message(b"Q", b"SELECT email FROM customers WHERE id IN (1, 2)\0"))
tcp.send(w.RESP, message(b"D", values("ada.lovelace@example.com")) + message(b"D", values("grace@example.org"))
         + message(b"C", b"SELECT 2\0") + READY)
tcp.send(w.ORIG, message(b"Q", b"SELECT * FROM no_such_table\0"))
tcp.send(w.RESP, message(b"E", b"SERROR\0C42P01\0Mrelation does not exist\0\0") + READY)
tcp.send(w.ORIG, message(b"X"))
tcp.close()

# TLS granted: the hello behind the answer is read.
tls = w.Tcp(cap, "10.1.0.5", 40022, "10.1.0.8", 15432)
tls.open()
tls.send(w.ORIG, struct.pack(">II", 8, 80877103))
tls.send(w.RESP, b"S")
tls.send(w.ORIG, w.tls_client_hello("db.example"))
tls.send(w.RESP, w.tls_server_hello())
tls.close()
cap.save(HERE / "input.pcap")
