#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

HEX = "7d0e5c1b93a84f26b1e07c5d92a3f846"
WORD = "mZQtqxLrWcKsYvNpHdb4f7Xg"
PATHS = [
    ("api.telegram.org", f"/bot904117265:{WORD}{WORD[:11]}/sendMessage"),
    ("hooks.slack.com", f"/services/T03KQ7A2B/B05WX9C4D/{WORD}"),
    ("hooks.slack.com", f"/workflows/T03KQ7A2B/A05WX9C4D/581734902615473820/{WORD}"),
    ("discord.com", f"/api/v10/webhooks/1176402938475610293/{WORD}-{WORD}_{WORD[:18]}"),
    ("example.webhook.office.com",
     "/webhookb2/4b1f6c0a-52d7-4e3b-9a18-c7d0e5f2b6a3@9c27e8d1-0f4b-4a65-8e3d-b1a6c5f40972"
     f"/IncomingWebhook/{HEX}/d80c3b5e-6f17-4a29-b4e0-5c9f2a7d1e68"),
    ("hooks.zapier.com", "/hooks/catch/4410387/k2a3w9f/"),
    ("shop.example", f"/services/{HEX}/orders/{WORD}"),
]

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40000, "192.0.2.7", 80)
tcp.open()
for host, path in PATHS:
    tcp.send(ORIG, http_request("POST", path, host, b"{}", [("Content-Type", "application/json")]))
    tcp.send(RESP, http_response("204 No Content"))
tcp.close()
cap.save(HERE / "input.pcap")
