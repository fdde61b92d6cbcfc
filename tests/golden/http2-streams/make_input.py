#!/usr/bin/env python3
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.1", 40011, "10.1.0.2", 8443, mss=300)
tcp.open()
order = json.dumps({"note": "x" * 200, "card": "5425 2334 3010 9903", "name": "Ada"}).encode()
cut = order.index(b"2334")
tcp.send(w.ORIG, w.HTTP2_PREFACE + w.http2_frame(4, 0, 0) + w.http2_headers(1, [
    (":method", "POST"), (":scheme", "http"), (":authority", "orders.example:8443"), (":path", "/orders?id=7"),
    ("content-type", "application/json"), ("user-agent", "shop/1.2")]))
tcp.send(w.RESP, w.http2_frame(4, 0, 0))
# The body of stream 1 in two frames, with another request and an upload that is reset in between.
tcp.send(w.ORIG, w.http2_data(1, order[:cut]) + w.http2_headers(3, [
    (":method", "GET"), (":path", "/health"), (":authority", "orders.example"), (":scheme", "http")], True)
    + w.http2_headers(5, [(":method", "PUT"), (":path", "/upload"), (":authority", "orders.example")])
    + w.http2_data(5, b"part of it") + w.http2_frame(3, 0, 5, b"\0\0\0\x08")
    + w.http2_data(1, order[cut:], True))
tcp.send(w.RESP, w.http2_headers(3, [("content-type", "text/plain")], index=[8]) + w.http2_data(3, b"ok", True)
         + w.http2_headers(1, [("content-length", "2")], index=[8]) + w.http2_data(1, b"{}")
         + w.http2_headers(1, [("x-checksum", "abc")], True))
# A status behind another field, and an interim answer before the final one.
tcp.send(w.ORIG, w.http2_headers(7, [
    (":method", "GET"), (":path", "/late"), (":authority", "orders.example"), (":scheme", "http")], True))
tcp.send(w.RESP, w.http2_headers(7, [(":status", "103"), ("link", "</a.css>")])
         + w.http2_headers(7, [("content-type", "text/html"), (":status", "404")]) + w.http2_data(7, b"gone", True))
tcp.close()
cap.save(HERE / "input.pcap")
