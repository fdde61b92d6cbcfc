#!/usr/bin/env python3
"""What looks like a model call, an agent's message or an AI service, and is none.

Each row is an exchange of its own connection: paths, hosts, field names and shapes that AI services
have too. None may make an llm or mcp record, nor name an AI service. Beside them stand true ones, so
that a run that sees nothing fails.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402

JSON = "application/json"
CARD = "5425 2334 3010 9903"  # a published test card
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}


def rpc(method, params=None, ident=1):
    return {"jsonrpc": "2.0", "id": ident, "method": method, "params": {} if params is None else params}


def result(value, ident=1):
    return {"jsonrpc": "2.0", "id": ident, "result": value}


def form(purpose, data):
    """A form with a purpose and a file, as its body and its type."""
    parts = [f'name="purpose"\r\n\r\n{purpose}'.encode()] if purpose else []
    parts.append(b'name="file"; filename="in.jsonl"\r\nContent-Type: application/octet-stream\r\n\r\n' + data)
    body = b"".join(b"--b0\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--b0--\r\n"
    return body, "multipart/form-data; boundary=b0"


# method, host, path, request body (None: none), answer's body, content type of the answer
ROWS = [
    # /v1/messages, /messages: chat, mail and message services
    ("POST", "chat.example", "/v1/messages", {"to": "bob", "message": "hi"}, {"id": "1", "type": "text"}),
    ("POST", "rooms.example", "/v1/messages", {"room": "r1", "content": "hi", "role": "member"}, {"id": "m1"}),
    ("POST", "sms.example", "/v1/messages", {"from": "+1555", "to": "+1556", "text": "code", "model": "sms"}, {"message_id": 7}),
    ("POST", "mail.example", "/v3/acme/messages", {"to": "a@example.com", "subject": "s", "html": "<p>"}, {"id": "<1>", "message": "Queued."}),
    ("GET", "chat.example", "/v1/messages?after=10", None, {"messages": [{"id": 1, "content": "hi", "role": "admin"}]}),
    ("POST", "bot.example", "/channels/123456789/messages", {"content": "hi", "tts": False}, {"id": "1", "content": "hi", "type": 0}),
    ("POST", "queue.example", "/queues/q1/messages", {"messages": [{"body": "x"}, {"body": "y"}]}, {"messages": [{"id": "1"}]}),
    ("POST", "teams.example", "/v1.0/chats/1/messages", {"body": {"content": "hi"}}, {"id": "1", "messageType": "message"}),
    ("POST", "push.example", "/v1/projects/p/messages:send", {"message": {"token": "t", "data": {"a": "b"}}}, {"name": "projects/p/messages/1"}),
    ("POST", "chat.example", "/v1/messages", {"messages": [{"role": "user", "content": "hi"}], "room": 4}, {"id": "1"}),
    ("POST", "chat.example", "/v1/chat", {"messages": [{"role": "user", "text": "hi"}]}, {"messages": [{"role": "assistant", "text": "hello"}]}),
    ("POST", "desk.example", "/import", {"model": "ticket-2", "messages": [{"role": "user", "content": "my printer"}]}, {"imported": 1}),
    ("POST", "survey.example", "/v1/responses", {"model": "T-100", "input": "good"}, {"id": 1, "model": "T-100"}),
    ("POST", "wa.example", "/v17.0/1555/messages", {"messaging_product": "whatsapp", "to": "1", "text": {"body": "hi"}}, {"messages": [{"id": "wamid"}]}),
    # models of other things
    ("GET", "fleet.example", "/v1/models", None, {"data": [{"id": "Model S", "object": "vehicle", "wheels": 4}]}),
    ("GET", "cars.example", "/v1/models/t-100", None, {"id": "t-100", "model": "T-100", "engine": "diesel"}),
    ("POST", "cars.example", "/v1/models", {"model": "T-100", "make": "Acme", "prompt": "red"}, {"id": 5, "model": "T-100"}),
    ("POST", "crm.example", "/models/contact/invoke", {"action": "archive", "ids": [1, 2]}, {"ok": True}),
    ("POST", "sim.example", "/v1/models/rocket:predict", {"mass": 3, "thrust": [1, 2]}, {"altitude": 17}),
    ("POST", "shop.example", "/orders", {"model": "T-100", "input": "usb"}, {"id": "1", "model": "T-100"}),
    ("POST", "printer.example", "/jobs", {"model": "LaserJet", "copies": 2, "messages": []}, {"model": "LaserJet", "status": "ok"}),
    ("POST", "phones.example", "/v1/devices", {"model": "P9", "messages": 12, "stream": True}, {"id": "d1", "model": "P9"}),
    # completions, responses, embeddings, generate: words that others use too
    ("GET", "search.example", "/complete?q=gpt", None, ["gpt", ["gpt-4", "gpt news"]]),
    ("POST", "lms.example", "/courses/1/completions", {"user": "ada", "percent": 100}, {"id": 9, "completed": True}),
    ("POST", "todo.example", "/v1/completions", {"task": 7, "at": "2026-01-01"}, {"done": True}),
    ("POST", "forms.example", "/v1/forms/1/responses", {"answers": [{"question": "q", "input": "yes"}]}, {"id": "r1"}),
    ("GET", "forms.example", "/forms/1/responses/42", None, {"id": "42", "object": "form_response", "answers": []}),
    ("POST", "survey.example", "/responses", {"survey": 3, "input": "good"}, {"id": 1}),
    ("POST", "maps.example", "/v1/embeddings", {"map": "berlin", "zoom": 4}, {"html": "<iframe>"}),
    ("POST", "pdf.example", "/generate", {"template": "invoice", "data": {"total": 3}}, {"url": "/f/1.pdf"}),
    ("POST", "qr.example", "/api/generate", {"text": "https://example.com", "size": 3}, {"image": "AAAA"}),
    ("POST", "pass.example", "/generate", {"length": 20, "parameters": {"symbols": True}}, {"password": "x"}),
    ("POST", "site.example", "/api/chat", {"room": "lobby", "text": "hello"}, {"ok": True}),
    ("POST", "support.example", "/v1/chat", {"ticket": 4, "message": "help"}, {"ticket": 4, "status": "open"}),
    ("POST", "video.example", "/api/embed", {"url": "https://example.com/v/1"}, {"html": "<iframe>"}),
    ("POST", "tokens.example", "/v1/complete", {"prompt_id": 4}, {"ok": 1}),
    ("POST", "mod.example", "/moderations", {"post": 9, "verdict": "hide"}, {"ok": 1}),
    ("POST", "shop.example", "/rerank", {"items": [3, 1, 2]}, {"items": [1, 2, 3]}),
    ("POST", "ping.example", "/invocations", {"function": "resize", "payload": {"w": 3}}, {"status": 200}),
    ("POST", "photos.example", "/v1/images/edits", {"image": 7, "crop": [1, 2, 3, 4]}, {"id": 7}),
    ("POST", "radio.example", "/audio/speech", {"station": 5}, {"ok": True}),
    # models that predict, documents that are read, vectors: of others
    ("POST", "scan.example", "/v1/ocr", {"image": "QUJD", "lang": "de"}, {"pages": [{"text": "x"}]}),
    ("POST", "scan.example", "/ocr", {"model": "fast", "document": {"document_url": "https://e.example/a.pdf"}}, {"job_id": 7}),
    ("POST", "video.example", "/embed", {"inputs": "https://v.example/1"}, {"html": "<iframe>"}),
    ("POST", "net.example", "/network/models/r1/infer", {"inputs": ["a", "b"]}, {"topology": "ring"}),
    ("POST", "table.example", "/v1/schema/infer", {"inputs": [{"name": "a", "datatype": "string"}]}, {"outputs": [{"name": "b", "datatype": "string"}]}),
    ("POST", "cloud.example", "/v1/models/t-100:predict", {"instances": ["i-1", "i-2"]}, {"ok": True}),
    ("POST", "churn.example", "/predict", {"instances": [[1, 2]], "model": "churn"}, {"score": 0.4}),
    ("POST", "churn.example", "/api/predict", {"inputs": [1, 2, 3]}, {"result": [1]}),
    ("POST", "text.example", "/generate", {"prompt": "invoice", "count": 3}, {"text": "done"}),
    ("POST", "league.example", "/rerank", {"match": 3}, [{"index": 0, "score": 1200}]),
    ("POST", "math.example", "/rpc", {"inputs": "x"}, [[0.1, 0.2], [0.3, 0.4]]),
    ("POST", "mirror.example", "/hf-inference/models/a/b", {"inputs": "x"}, {"ok": True}),
    # hosts that only seem to be of a provider, with bodies that would be calls nowhere
    ("GET", "relax.ai", "/v1/plans", None, {"plans": ["gold"]}),
    ("POST", "relax.ai", "/v1/messages", {"to": "bob", "message": "hi"}, {"id": "1"}),
    ("GET", "notopenai.com", "/v1/models", None, {"data": []}),
    ("GET", "api.openai.com.evil.example", "/v1/models", None, {"data": []}),
    ("POST", "api.openai.com.evil.example", "/collect", {"model": "x", "input": "y"}, {"ok": 1}),
    ("GET", "xn--openai-com.example", "/", None, {"ok": 1}),
    ("GET", "api-openai.com", "/v1/status", None, {"ok": 1}),
    ("GET", "api.openai.co", "/v1/status", None, {"ok": 1}),
    ("GET", "openai.com.example", "/v1/status", None, {"ok": 1}),
    ("GET", "fake-anthropic.com", "/v1/status", None, {"ok": 1}),
    ("GET", "api.anthropic.com.example.net", "/v1/status", None, {"ok": 1}),
    ("GET", "max.ai", "/v1/status", None, {"ok": 1}),
    ("GET", "bedrock-runtime.us-east-1.amazonaws.com.example", "/model/x", None, {"ok": 1}),
    ("GET", "bedrock.example.com", "/model/flintstone", None, {"ok": 1}),
    ("GET", "s3.us-east-1.amazonaws.com", "/openai/model", None, {"ok": 1}),
    ("GET", "storage.googleapis.com", "/gemini/v1", None, {"ok": 1}),
    ("GET", "maps.googleapis.com", "/v1/models", None, {"ok": 1}),
    ("GET", "acme.azure.com", "/openai/deployments", None, {"ok": 1}),
    ("GET", "docs.groq.example", "/openai/v1/chat/completions", None, {"ok": 1}),
    # a provider's host, and no call
    ("GET", "api.openai.com", "/v1/models", None, {"object": "list", "data": [{"id": "m", "object": "model"}]}),
    ("POST", "api.openai.com", "/v1/assistants", {"model": "m", "tools": [{"type": "function", "function": {}}]}, {"object": "assistant", "model": "m"}),
    ("POST", "api.openai.com", "/v1/threads/t1/messages", {"role": "user", "content": "hi"}, {"object": "thread.message"}),
    ("POST", "api.anthropic.com", "/v1/oauth/token", {"grant_type": "refresh_token"}, {"access_token": "x"}),
    ("DELETE", "api.openai.com", "/v1/files/f1", None, {"id": "f1", "object": "file", "deleted": True}),
    # files and batches: of forms, of builds, of payments, of queues
    ("POST", "drive.example", "/v1/files", form("batch", b'{"a":1}\n{"a":2}\n'), {"id": "f1", "name": "in.jsonl"}),
    ("POST", "drive.example", "/files", form("", b"%PDF-1.4"), {"id": "f1", "object": "file", "bytes": 8}),
    ("POST", "pay.example", "/v1/files", form("dispute_evidence", b"%PDF-1.4"), {"id": "file_1", "object": "file", "purpose": "dispute_evidence", "size": 8}),
    ("POST", "queue.example", "/files", form("batch", b'{"custom_id":"1","method":"POST","url":"/v1/x","body":{"model":"T-100","input":"usb"}}\n'), {"id": 4}),
    ("POST", "x.example", "/v1/files", {"purpose": "batch", "file": "in.jsonl"}, {"ok": True}),
    ("GET", "drive.example", "/v1/files/f1/content", None, b"%PDF-1.4", "application/pdf"),
    ("GET", "drive.example", "/files/f1/content", None, b'{"custom_id":"1","amount":3}\n{"custom_id":"2","amount":4}\n', "application/jsonl"),
    ("GET", "jobs.example", "/files/f1/content", None, b'{"custom_id":"1","response":{"status_code":200,"body":{"ok":true}},"error":null}\n', "application/jsonl"),
    ("GET", "drive.example", "/v1/files/f1/content", None, {"content": "hello", "choices": ["a"]}),
    ("POST", "crm.example", "/v1/batches", {"operation": "insert", "completion_window": "24h"}, {"id": "b1", "object": "batch"}),
    ("POST", "crm.example", "/v1/batches", {"input_file_id": "f1", "kind": "import"}, {"id": "b1", "object": "batch", "status": "completed"}),
    ("POST", "bank.example", "/batches", {"payments": [{"amount": 3}]}, {"id": "b1", "request_counts": {"total": 1}}),
    ("GET", "crm.example", "/v1/batches/b1", None, {"id": "b1", "object": "batch", "status": "completed"}),
    ("GET", "brew.example", "/batches/7", None, {"id": 7, "type": "batch", "request_counts": {"total": 3}}),
    ("GET", "chem.example", "/batches/7", None, {"object": "batch", "id": 7, "reactor": 4}),
    ("POST", "crm.example", "/v1/batches/b1/cancel", None, {"id": "b1", "status": "cancelled"}),
    ("POST", "brew.example", "/batches/7/cancel", {"reason": "mould"}, {"object": "batch", "id": 7}),
    ("POST", "pay.example", "/batches/7/cancel", None, {"request_counts": {"total": 1}}),
    ("POST", "sms.example", "/v1/messages/batches", {"requests": [{"to": "1", "params": {"text": "hi"}}]}, {"id": "b1", "type": "sms_batch"}),
    ("POST", "mail.example", "/messages/batches", {"messages": [{"role": "user", "content": "hi"}]}, {"id": "b1"}),
    ("POST", "push.example", "/messages/batches", {"requests": [{"params": {"messages": [{"role": "user", "content": "hi"}]}}]}, {"id": "b1", "type": "push"}),
    ("GET", "sms.example", "/v1/messages/batches/b1", None, {"id": "b1", "type": "message_batch", "sent": 4}),
    ("GET", "mail.example", "/messages/batches/b1", None, {"request_counts": {"processing": 4}}),
    ("GET", "mail.example", "/messages/batches/b1", None, {"messages": [{"id": 1}]}),
    ("GET", "sms.example", "/v1/messages/batches/b1/results", None, b'{"to":"1","result":{"type":"delivered"}}\n', "application/jsonl"),
    ("GET", "mail.example", "/messages/batches/b1/results", None, b'{"custom_id":"1","result":{"type":"delivered"}}\n', "application/jsonl"),
    ("GET", "mail.example", "/messages/batches/b1/results", None, {"results": [{"custom_id": 1}]}),
    ("POST", "sms.example", "/v1/messages/batches/b1/cancel", None, {"id": "b1", "type": "message_batch"}),
    ("POST", "mail.example", "/messages/batches/b1/cancel", None, {"id": "b1", "processing_status": "canceling"}),
    ("POST", "push.example", "/messages/batches/b1/cancel", None, b"", "text/plain"),
    # and of a provider, what is looked after only
    ("GET", "api.openai.com", "/v1/batches?limit=2", None, {"object": "list", "data": [{"id": "batch_1", "object": "batch"}]}),
    ("GET", "api.openai.com", "/v1/files/f1", None, {"id": "f1", "object": "file", "bytes": 3}),
    ("POST", "api.openai.com", "/v1/uploads", {"purpose": "batch", "filename": "a", "bytes": 3, "mime_type": "text/jsonl"}, {"id": "upload_1", "object": "upload"}),
    # JSON-RPC of others
    ("POST", "eth.example", "/", rpc("eth_blockNumber", []), result("0x10")),
    ("POST", "eth.example", "/", rpc("eth_call", [{"to": "0x1", "data": "0x2"}, "latest"]), result("0x")),
    ("POST", "eth.example", "/", [rpc("eth_chainId", [], 1), rpc("net_version", [], 2)], [result("0x1", 1), result("1", 2)]),
    ("POST", "btc.example", "/", {"jsonrpc": "1.0", "id": "c", "method": "getblockcount", "params": []}, {"result": 5, "error": None, "id": "c"}),
    ("POST", "zabbix.example", "/api_jsonrpc.php", rpc("host.get", {"output": ["host"]}), result([{"host": "a"}])),
    ("POST", "lsp.example", "/lsp", rpc("initialize", {"processId": 1, "rootUri": "file:///x", "capabilities": {}, "clientInfo": {"name": "Editor"}}), result({"capabilities": {"hoverProvider": True}, "serverInfo": {"name": "clangd"}})),
    ("POST", "lsp.example", "/lsp", rpc("textDocument/completion", {"position": {"line": 1}}), result({"items": []})),
    ("POST", "lsp.example", "/lsp", rpc("workspace/symbol", {"query": "x"}), result([])),
    ("POST", "lsp.example", "/lsp", rpc("shutdown"), result(None)),
    ("POST", "kodi.example", "/jsonrpc", rpc("Player.GetItem", {"properties": ["title"]}), result({"item": {"title": "x"}})),
    ("POST", "aria.example", "/jsonrpc", rpc("aria2.tellStatus", ["id"]), result({"status": "active"})),
    ("POST", "odoo.example", "/jsonrpc", rpc("call", {"service": "object", "args": []}), result([1])),
    ("POST", "rpc.example", "/rpc", rpc("tools.list"), result({"tools": ["saw", "drill"]})),
    ("POST", "rpc.example", "/rpc", rpc("ping"), result("pong")),
    ("POST", "near.example", "/", rpc("query", {"request_type": "view_account"}), result({"amount": "1"})),
    ("POST", "workshop.example", "/tools/list", {"tools": ["saw"]}, {"tools": [{"name": "saw", "description": "cuts"}]}),
    ("POST", "workshop.example", "/rpc", rpc("tools/call", {"tool": "saw", "args": {"wood": "oak"}}), result({"ok": True})),
    ("POST", "workshop.example", "/rpc", rpc("tools/call", {"name": "saw", "wood": "oak"}), result({"queued": 4})),
    ("POST", "workshop.example", "/rpc", rpc("tools/call", {"name": "saw"}), {"error": "no such thing"}),
    ("POST", "workshop.example", "/rpc", rpc("tools/call", [1, "saw"]), result("ok")),
    ("POST", "workshop.example", "/rpc", rpc("tools/list", {"shelf": 4}), result({"tools": [{"name": "saw", "inputSchema": {}}]})),
    ("POST", "workshop.example", "/rpc", rpc("tools/list"), result({"tools": ["saw", "drill"]})),
    ("POST", "workshop.example", "/rpc", rpc("tools/list"), result({"tools": [{"name": "saw", "price": 3}]})),
    ("POST", "game.example", "/rpc", rpc("resources/list", {"player": 7}), result({"resources": {"gold": 5}})),
    ("POST", "game.example", "/rpc", rpc("resources/list"), result([{"gold": 5}])),
    ("POST", "game.example", "/rpc", rpc("resources/read", {"id": 7}), result({"gold": 5})),
    ("POST", "studio.example", "/rpc", rpc("prompts/get", {"id": 7}), result({"text": "act 1"})),
    ("POST", "mail.example", "/rpc", rpc("notifications/cancelled", {"order": 7}), result(None)),
    ("POST", "log.example", "/rpc", rpc("logging/setLevel", {"logger": "root", "to": "debug"}), result(None)),
    ("POST", "sol.example", "/", rpc("getAccountInfo", ["vines1", {"encoding": "base58"}]), result({"context": {"slot": 1}, "value": None})),
    ("POST", "home.example", "/api/jsonrpc", rpc("callTool", {"name": "light", "arguments": {"on": True}}), result({"content": "on"})),
    ("POST", "editor.example", "/acp", rpc("initialize", {"protocolVersion": 1, "clientCapabilities": {}, "clientInfo": {"name": "e"}}), result({"protocolVersion": 1, "agentCapabilities": {}})),
    ("POST", "agenda.example", "/rpc", rpc("tasks/complete", {"id": 4}), result({"done": True})),
    # messages with a value in them, at paths, with headers and in shapes that models have
    ("POST", "dealer.example", "/api/chat", {"model": "Golf", "messages": [{"role": "user", "content": "card " + CARD}]}, {"ok": True}),
    ("POST", "sms.example", "/v2/messages", {"to": "+1555", "text": "card " + CARD}, {"data": {"id": 7}}),
    ("POST", "chat.example", "/sync", {"model": "p", "messages": [{"role": "user", "content": "card " + CARD}]}, {"ok": True}),
    ("POST", "agents.example", "/api/agents", {"model": "gpt-4o", "instructions": "card " + CARD, "max_tokens": 9}, {"id": 5}),
    # event streams of others
    ("GET", "feed.example", "/events", None, b"event: message\ndata: {\"id\":1,\"delta\":\"up\"}\n\n", "text/event-stream"),
    ("GET", "stock.example", "/prices", None, b"data: {\"model\":\"x\",\"price\":3}\n\n", "text/event-stream"),
    ("GET", "build.example", "/log", None, b"event: endpoint\ndata: eu-west\n\n", "text/event-stream"),
]

# The same shapes where they are what they seem to be: (row, type of record)
TRUE_ONES = [
    (("POST", "gw.example", "/ask", CHAT, {"choices": [{"message": {"content": "yo"}}]}), "llm"),
    (("POST", "gw.example", "/v1/files", form("batch", b'{"custom_id":"1","method":"POST","url":"/v1/x","body":{"model":"m","input":"usb"}}\n'), {"object": "file"}), "llm"),
    (("POST", "models.example", "/v2/models/bert/infer", {"inputs": [{"name": "a", "shape": [1], "datatype": "BYTES", "data": ["x"]}]}, {"model_name": "bert", "outputs": [{"name": "b", "datatype": "FP32", "data": [0.1]}]}), "llm"),
    (("POST", "tools.example", "/rpc", rpc("tools/list"), result({"tools": [{"name": "saw", "inputSchema": {"type": "object"}}]})), "mcp"),
    (("POST", "tools.example", "/rpc", rpc("tools/call", {"name": "saw", "arguments": {}}), result({"content": []})), "mcp"),
    (("POST", "tools.example", "/rpc", rpc("prompts/list"), {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}), "mcp"),
    (("POST", "api.openai.com", "/v1/chat/completions", CHAT, {"object": "chat.completion", "choices": []}), "llm"),
]


def exchange(cap, nr, row):
    method, host, path, request, answer, *rest = row
    tcp = w.Tcp(cap, "10.1.0.1", 20000 + nr, "10.2.0.1", 8080)
    body, kind = request if isinstance(request, tuple) else (b"" if request is None else json.dumps(request).encode(), JSON)
    tcp.open()
    tcp.send(w.ORIG, w.http_request(method, path, host, body, [("Content-Type", kind)] if body else []))
    answer = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    tcp.send(w.RESP, w.http_response("200 OK", answer, [("Content-Type", rest[0] if rest else JSON)]))
    tcp.close()
    cap.wait(10_000)


def replay(weir, rows):
    cap, path = w.Capture(), e2e.work_folder() / "input.pcap"
    for nr, row in enumerate(rows):
        exchange(cap, nr, row)
    cap.save(path)
    return weir.good_replay("--records", "all", path).by_type()


def name(rows, record):
    return " ".join(map(str, rows[record["src_port"] - 20000][:3]))


def test_nothing_is_taken_for_what_it_is_not(weir):
    assert len(ROWS) >= 60, len(ROWS)
    kinds = replay(weir, ROWS)
    assert len(kinds["http"]) == len(ROWS), (len(kinds["http"]), len(ROWS))
    false = [f"{e2e.kind_of(r)}: {name(ROWS, r)}" for r in kinds["llm"] + kinds["mcp"]]
    assert not false, false
    providers = ("api.openai.com", "api.anthropic.com")
    services = [f"{r['ai_service']}: {name(ROWS, r)}" for r in kinds["flow"]
                if "ai_service" in r and r.get("server_name") not in providers]
    assert not services, services
    with_card = [row for row in ROWS if CARD in json.dumps(row[3:4], default=str)]
    cards = [r for r in kinds["finding"] if r["rule_id"] == "pci.pan"]
    assert sum(r["count"] for r in cards) == len(with_card) == 4, cards
    assert {(r["where"], r["dst_kind"]) for r in cards} == {("json", "internal")}, cards


# Of PostgreSQL: other distances, lists and indexes, and the words within text
STATEMENTS = [
    "SELECT * FROM places ORDER BY location <-> point '(101,456)' LIMIT 10",
    "SELECT * FROM geo ORDER BY geom <#> 'SRID=4326;POINT(1 2)'::geometry LIMIT 10",
    "SELECT t FROM words ORDER BY t <-> 'embedding' LIMIT 10",
    "SELECT id FROM docs ORDER BY search_vector <=> to_tsquery('a') LIMIT 10",
    "SELECT data->'embedding', data#>>'{vector}' FROM t WHERE data @> '[1,2,3]'",
    "SELECT 'ORDER BY embedding <=> ''[1,2]''::vector' FROM t -- embedding <-> '[1,2]'",
    "INSERT INTO t (embedding) VALUES ('[1,2,3]'::jsonb)",
    "INSERT INTO embeddings (tags) VALUES ('[1,2,3]')",
    "UPDATE t SET data = jsonb_set(data, '{embedding}', '[1,2]')",
    "DELETE FROM embeddings WHERE id = 4",
    "DELETE FROM t WHERE place <-> point '(1,2)' < 5",
    "DELETE FROM t WHERE line = 'embedding <-> [1,2]'",
    "CREATE INDEX hnsw ON items USING gin (embedding)",
    "CREATE INDEX ON ivfflat USING btree (hnsw)",
    "CREATE TABLE items (id bigserial, embedding vector(3))",
]


def test_statements_without_vectors(weir):
    def pg(kind, body):
        return kind + (len(body) + 4).to_bytes(4, "big") + body

    cap, path = w.Capture(), e2e.work_folder() / "input.pcap"
    for nr, text in enumerate(STATEMENTS):
        hello = (3 << 16).to_bytes(4, "big") + b"user\0ada\0\0"
        tcp = w.Tcp(cap, "10.1.0.1", 20000 + nr, "10.2.0.1", 5432)
        tcp.open()
        tcp.send(w.ORIG, (len(hello) + 4).to_bytes(4, "big") + hello)
        tcp.send(w.RESP, pg(b"R", bytes(4)) + pg(b"Z", b"I"))
        tcp.send(w.ORIG, pg(b"Q", text.encode() + b"\0"))
        tcp.send(w.RESP, pg(b"C", b"SELECT 0\0") + pg(b"Z", b"I"))
        tcp.close()
        cap.wait(10_000)
    cap.save(path)
    kinds = weir.good_replay("--records", "all", path).by_type()
    assert len({r["src_port"] for r in kinds["db"]}) == len(STATEMENTS)
    assert not kinds["llm"], [STATEMENTS[r["src_port"] - 20000] for r in kinds["llm"]]
    assert not [r for r in kinds["flow"] if "ai_service" in r]


def test_the_true_ones_are_seen(weir):
    rows = [row for row, _ in TRUE_ONES]
    kinds = replay(weir, rows)
    for nr, (row, kind) in enumerate(TRUE_ONES):
        assert [r for r in kinds[kind] if r["src_port"] == 20000 + nr], (kind, row[:3])


e2e.main()
