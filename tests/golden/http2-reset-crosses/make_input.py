#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def get(stream, path):
    return w.http2_headers(stream, [(":method", "GET"), (":scheme", "http"), (":authority", "orders.example"),
                                    (":path", path)], True)


def answer(stream):
    return w.http2_headers(stream, [("content-type", "text/plain"), ("x-note", "as asked")], index=[8])


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.1", 40012, "10.1.0.2", 8443)
tcp.open()
tcp.send(w.ORIG, w.HTTP2_PREFACE + w.http2_frame(4, 0, 0) + get(1, "/export") + get(3, "/never"))
tcp.send(w.RESP, w.http2_frame(4, 0, 0) + answer(1) + w.http2_data(1, b"card 5425 2334 "))
# The client has enough of both, and asks for something else; the rest of the first is under way.
tcp.send(w.ORIG, w.http2_frame(3, 0, 1, b"\0\0\0\x08") + w.http2_frame(3, 0, 3, b"\0\0\0\x08"))
tcp.send(w.RESP, w.http2_data(1, b"3010 9903 of Ada", True))
tcp.send(w.ORIG, get(5, "/health"))
# The header block of an answer, with another request between its two halves.
block = answer(5)
tcp.send(w.RESP, block[:20])
tcp.send(w.ORIG, get(7, "/late"))
tcp.send(w.RESP, block[20:] + w.http2_data(5, b"ok", True) + answer(7) + w.http2_data(7, b"ok", True))
tcp.close()
cap.save(HERE / "input.pcap")
