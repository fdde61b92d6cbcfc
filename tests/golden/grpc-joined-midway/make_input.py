#!/usr/bin/env python3
import gzip
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.3", 40012, "10.1.0.4", 50051)
ping = w.http2_frame(6, 0, 0, b"12345678")


def message(text):
    return b"\x0a" + bytes([len(text)]) + text


# The first thing seen is from the server. The path of the first call was inserted into the table before
# weir came: it is unknown. The second brings its own.
tcp.send(w.RESP, ping + w.http2_frame(8, 0, 0, b"\0\0\1\0"))
tcp.send(w.ORIG, w.http2_frame(6, 1, 0, b"12345678") + w.http2_headers(
    21, [("content-type", "application/grpc"), ("grpc-encoding", "gzip")], index=[3, 6, 70])
    + w.http2_data(21, w.grpc_message(message(b"hello")), True))
tcp.send(w.RESP, w.http2_headers(21, [("content-type", "application/grpc")], index=[8])
         + w.http2_data(21, w.grpc_message(message(b"world")))
         + w.http2_headers(21, [("grpc-status", "0")], True))
secret = message(b"card number 5425 2334 3010 9903 of Ada")
packed = w.grpc_message(gzip.compress(secret, mtime=0), True)
tcp.send(w.ORIG, w.http2_headers(
    23, [(":path", "/shop.v1.Payments/Charge"), (":authority", "payments.shop"),
         ("content-type", "application/grpc"), ("grpc-encoding", "gzip")], index=[3, 6])
    + w.http2_data(23, packed[:20]))
tcp.send(w.ORIG, w.http2_data(23, packed[20:], True))
tcp.send(w.RESP, w.http2_headers(23, [("grpc-status", "5"), ("content-type", "application/grpc")], True, index=[8]))
cap.save(HERE / "input.pcap")
