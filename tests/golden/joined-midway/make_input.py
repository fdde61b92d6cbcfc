#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40005, "10.1.0.2", 8080)
tcp.send(RESP, b"the rest of an answer whose head nobody saw, " * 60)
tcp.send(ORIG, http_request("GET", "/next", "shop.example"))
tcp.send(RESP, http_response("200 OK", b'{"ok":true}', [("Content-Type", "application/json")]))
tcp.close()
cap.save(HERE / "input.pcap")
