#!/usr/bin/env python3
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

cap = Capture()
tcp = Tcp(cap, "10.1.0.1", 40004, "10.1.0.2", 8000)
tcp.open()
tcp.send(ORIG, http_request("POST", "/v1/chat/completions", "models.example", json.dumps({
    "model": "example-7b", "stream": True,
    "messages": [{"role": "user", "content": "Whom may I ask?"}]}).encode(),
    [("Content-Type", "application/json")]))
words = ["Write", " to ", "ada.exa", "mple@exa", "mple", ".org", " please"]
events = [{"id": "chatcmpl-9", "object": "chat.completion.chunk", "model": "example-7b", "choices": [
    {"index": 0, "delta": {"content": text}}]} for text in words]
events.append({"id": "chatcmpl-9", "object": "chat.completion.chunk", "model": "example-7b",
               "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
               "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}})
chunks = [b"data: " + json.dumps(e).encode() + b"\n\n" for e in events] + [b"data: [DONE]\n\n"]
answer = http_response("200 OK", headers=[("Content-Type", "text/event-stream")], chunks=chunks)
for at in range(0, len(answer), 150):
    tcp.send(RESP, answer[at:at + 150])
    cap.wait(20_000)
tcp.close()
cap.save(HERE / "input.pcap")
