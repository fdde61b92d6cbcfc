#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Link, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40003, "10.1.0.2", 8080, Link(vlans=[110]))
tcp.open()
tcp.link = Link(vlans=[110])
tcp.send(ORIG, http_request("GET", "/one", "shop.example"), acknowledge=False)
tcp.link = Link(vlans=[120])
tcp.send(RESP, http_response("200 OK", b"fine"), acknowledge=False)
tcp.link = Link(vni=77)
tcp.send(ORIG, http_request("GET", "/two", "shop.example"), acknowledge=False)
tcp.send(RESP, http_response("200 OK", b"fine"))
tcp.close()
cap.save(HERE / "input.pcap")
