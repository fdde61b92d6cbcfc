#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40002, "10.1.0.2", 8080, mss=500)
tcp.open()
tcp.send(ORIG, http_request("GET", "/first", "shop.example"))
tcp.send(RESP, http_response("200 OK", b"a" * 3000), lose=(2, 3))
cap.wait(5_000_000)
tcp.send(ORIG, http_request("GET", "/second", "shop.example"))
tcp.send(RESP, http_response("200 OK", b"b" * 300))
tcp.close()
cap.save(HERE / "input.pcap")
