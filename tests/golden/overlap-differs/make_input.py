#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ACK, ORIG, PSH, RESP, Capture, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40001, "10.1.0.2", 8080)
tcp.open()
request = http_request("GET", "/status", "shop.example")
start = tcp.seq[ORIG]
tcp.segment(ORIG, PSH | ACK, request[12:], seq=start + 12)
tcp.segment(ORIG, PSH | ACK, b"X" * 20, seq=start + 12)
tcp.segment(ORIG, PSH | ACK, request[:12], seq=start)
tcp.seq[ORIG] = start + len(request)
tcp.send(RESP, http_response("200 OK", b"fine"))
tcp.close()
cap.save(HERE / "input.pcap")
