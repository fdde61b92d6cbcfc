#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40000, "10.1.0.2", 8080)
tcp.open()
body = b'{"card_number":"4111 1111 1111 1111","cvv":"none"}'
request = http_request("POST", "/pay", "shop.example", body, [("Content-Type", "application/json")])
at = request.index(b"4111") + 6
tcp.send(ORIG, request, cuts=[at, at + 5], order=[0, 2, 1])
tcp.send(RESP, http_response("204 No Content"))
tcp.close()
cap.save(HERE / "input.pcap")
