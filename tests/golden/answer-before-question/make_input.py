#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

cap = w.Capture()

# Redis on a port of its own: only the commands say what is spoken.
tcp = w.Tcp(cap, "10.1.0.5", 40025, "10.1.0.10", 7000)
tcp.open()
tcp.send(w.RESP, b"$19\r\n4532 0151 1283 0366\r\n")
tcp.send(w.ORIG, b"*2\r\n$3\r\nGET\r\n$18\r\ncard:customer:4711\r\n", cuts=[9])
tcp.send(w.ORIG, b"*1\r\n$4\r\nPING\r\n")
tcp.send(w.RESP, b"+PONG\r\n")
tcp.close()

# What a 101 switches to is known by what was asked.
tcp = w.Tcp(cap, "10.1.0.5", 40026, "10.1.0.11", 8080)
tcp.open()
tcp.send(w.RESP, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
         b"\x81\x15the answer came first")
tcp.send(w.ORIG, b"GET /chat HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         b"Sec-WebSocket-Version: 13\r\n\r\n")
tcp.send(w.RESP, b"\x89\x1ccard number 4532015112830366")
tcp.close()
cap.save(HERE / "input.pcap")
