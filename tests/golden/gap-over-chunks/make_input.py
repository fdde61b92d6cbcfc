#!/usr/bin/env python3
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402


def event(text):
    delta = {"object": "chat.completion.chunk", "model": "m-1",
             "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(delta).encode() + b"\n\n"


WORDS = ["word "] * 20 + ["write to ", "jane.doe", "@", "corp.", "example.org", " please"] + [" word"] * 5
ASKED = {"model": "m-1", "stream": True, "messages": [{"role": "user", "content": "hello"}]}

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40003, "10.1.0.2", 8080, mss=500)
tcp.open()
tcp.send(ORIG, http_request("POST", "/v1/chat/completions", "llm.example", json.dumps(ASKED).encode(),
                            [("Content-Type", "application/json")]))
tcp.send(RESP, http_response("200 OK", headers=[("Content-Type", "text/event-stream")],
                             chunks=[event(w) for w in WORDS] + [b"data: [DONE]\n\n"]), lose=(2,))
cap.wait(5_000_000)
tcp.send(ORIG, http_request("GET", "/second", "llm.example"))
tcp.send(RESP, http_response("200 OK", b"b" * 300))
tcp.close()
cap.save(HERE / "input.pcap")
