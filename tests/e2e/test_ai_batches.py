#!/usr/bin/env python3
"""Files and batches of model services: what goes up, what is asked, what comes back, by the hosts and elsewhere."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402

JSON = ("Content-Type", "application/json")
BOUNDARY = "b0undary"
CARD = "the card is 5425 2334 3010 9903 indeed"
OTHER_CARD = "the card is 4539 5787 6362 1486 indeed"


def lines(*values):
    return "".join(json.dumps(v) + "\n" for v in values).encode()


def wanted(nr, model="m-1", text="hi", url="/v1/chat/completions", **body):
    body = body or {"messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": text}]}
    return {"custom_id": f"r{nr}", "method": "POST", "url": url, "body": {"model": model, **body}}


def answered(nr, model="m-1-0613", text="ok", tokens=(7, 3), status=200):
    body = {"id": f"chatcmpl-{nr}", "object": "chat.completion", "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}}
    if status != 200:
        body = {"error": {"message": "no", "type": "invalid_request_error"}}
    return {"id": f"batch_req_{nr}", "custom_id": f"r{nr}", "response": {"status_code": status, "request_id": "q", "body": body}, "error": None}


def deep(nr, arguments):
    """A tool call in an answer: nine levels down in its line."""
    line = answered(nr)
    line["response"]["body"]["choices"][0]["message"] = {"tool_calls": [{"function": {"name": "pay", "arguments": arguments}}]}
    return line


def succeeded(nr, text="ok", kind="succeeded"):
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-1", "content": [{"type": "text", "text": text}],
               "stop_reason": "end_turn", "usage": {"input_tokens": 11, "output_tokens": 2}}
    return {"custom_id": f"r{nr}", "result": {"type": kind, "message": message} if kind == "succeeded" else {"type": kind}}


def form(purpose, data, name="in.jsonl", file_first=False, kind="application/octet-stream"):
    fields = [f'Content-Disposition: form-data; name="purpose"\r\n\r\n{purpose}'.encode()] if purpose else []
    file = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode() + data
    fields.insert(0 if file_first else len(fields), file)
    return b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY.encode(), f) for f in fields) + b"--%s--\r\n" % BOUNDARY.encode()


FORM = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")


def request(method, path, host, body=None, *headers):
    if isinstance(body, bytes):
        return w.http_request(method, path, host, body, [FORM, *headers])
    return w.http_request(method, path, host, b"" if body is None else json.dumps(body).encode(), ([JSON] if body else []) + list(headers))


def ok(body, kind="application/json", status="200 OK"):
    return w.http_response(status, body if isinstance(body, bytes) else json.dumps(body, indent=2).encode(), [("Content-Type", kind)])


OPENAI, AZURE, CLAUDE, GATEWAY = "api.openai.com", "acme.openai.azure.com", "api.anthropic.com", "llm.internal"
FILE = {"id": "file-1", "object": "file", "bytes": 4321, "created_at": 1, "filename": "in.jsonl", "purpose": "batch", "status": "processed"}
COUNTS = {"total": 3, "completed": 2, "failed": 1}


def batch(status, counts=None):
    return {"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "errors": None, "input_file_id": "file-1",
            "completion_window": "24h", "status": status, "output_file_id": "file-2", "model": "m-1-0613",
            "usage": {"input_tokens": 99, "output_tokens": 98}, "request_counts": counts or {"total": 0, "completed": 0, "failed": 0}}


CREATE = {"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"}
MESSAGES = {"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress", "results_url": None,
            "request_counts": {"processing": 4, "succeeded": 5, "errored": 1, "canceled": 0, "expired": 1}}
PARAMS = {"model": "claude-1", "max_tokens": 9, "messages": [{"role": "user", "content": CARD}]}
VERSION = ("anthropic-version", "2023-06-01")
RESULTS = lines(answered(1, text=OTHER_CARD), answered(2, tokens=(5, 4)), answered(3, status=400))
GOT = {"gen_ai_operation_name": "batch_results", "gen_ai_response_model": "m-1-0613", "gen_ai_usage_input_tokens": 12, "gen_ai_usage_output_tokens": 7,
       "usage_source": "reported", "batch_requests": 3, "batch_completed": 2, "batch_failed": 1, "gen_ai_response_id": None, "file_id": "file-2",
       "gen_ai_response_finish_reasons": ["stop"]}
# request, answer, fields of the llm record, where the card is met
ROWS = [
    (request("POST", "/v1/files", OPENAI, form("batch", lines(wanted(1, text=CARD), wanted(2)))), ok(FILE),
     {"gen_ai_provider_name": "openai", "gen_ai_dialect": "openai.files", "gen_ai_operation_name": "file_upload", "gen_ai_request_model": "m-1",
      "file_id": "file-1", "file_purpose": "batch", "file_bytes": 4321, "batch_requests": 2, "detected_by": "host", "gen_ai_request_stream": None,
      "estimated_input_tokens": None, "usage_source": None, "data_types_sent": ["pci.pan"]}, "llm.prompt.user"),
    (request("POST", "/v1/files", GATEWAY, form("batch", lines(wanted(1, text=CARD), wanted(2, "m-2")), file_first=True)), ok(FILE),
     {"gen_ai_provider_name": None, "gen_ai_request_model": None, "batch_requests": 2, "detected_by": "payload", "file_id": "file-1"}, "llm.prompt.user"),
    (request("POST", "/v1/files", GATEWAY, form("batch", lines(wanted(1, url="/v1/responses", input=CARD)))), ok({"error": {}}, status="401 Unauthorized"),
     {"gen_ai_operation_name": "file_upload", "http_status": 401, "gen_ai_request_model": "m-1", "file_id": None, "batch_requests": 1}, "llm.prompt.user"),
    (request("POST", "/openai/files?api-version=2024-10-21", AZURE, form("batch", b"{\"broken\n" + lines(wanted(1, text=CARD)))), ok(FILE),
     {"gen_ai_provider_name": "azure.ai.openai", "gen_ai_operation_name": "file_upload", "batch_requests": 1}, "llm.prompt.user"),
    (request("POST", "/v1/files", OPENAI, form("batch", lines(wanted(1, url="/v1/embeddings", input=["x", CARD])))), ok(FILE),
     {"gen_ai_request_model": "m-1", "batch_requests": 1}, "llm.prompt.user"),
    (request("POST", "/v1/files", OPENAI, form("fine-tune", lines({"messages": [{"role": "user", "content": CARD}]}))), ok({**FILE, "purpose": "fine-tune"}),
     {"file_purpose": "fine-tune", "batch_requests": None, "gen_ai_request_model": None}, "llm.prompt.user"),
    (request("POST", "/v1/files", OPENAI, form("assistants", CARD.encode(), "notes.txt")), ok({**FILE, "purpose": "assistants"}),
     {"file_purpose": "assistants", "batch_requests": None}, "file"),
    (request("POST", "/v1/files", CLAUDE, form(None, CARD.encode(), "notes.txt"), VERSION),
     ok({"id": "file_9", "type": "file", "filename": "notes.txt", "mime_type": "text/plain", "size_bytes": 40}),
     {"gen_ai_dialect": "anthropic.files", "gen_ai_operation_name": "file_upload", "file_id": "file_9", "file_bytes": 40, "file_purpose": None}, "file"),
    (request("POST", "/v1/batches", OPENAI, CREATE), ok(batch("validating")),
     {"gen_ai_dialect": "openai.batches", "gen_ai_operation_name": "batch_create", "file_id": "file-1", "batch_id": "batch_1", "batch_status": "validating",
      "batch_requests": 0, "gen_ai_usage_input_tokens": None, "usage_source": None}, None),
    (request("POST", "/openai/batches", AZURE, CREATE), ok({"error": {"code": "x"}}, status="400 Bad Request"),
     {"gen_ai_provider_name": "azure.ai.openai", "gen_ai_operation_name": "batch_create", "http_status": 400, "batch_id": None}, None),
    (request("POST", "/v1/batches", GATEWAY, CREATE), ok(batch("validating")), {"gen_ai_operation_name": "batch_create", "detected_by": "payload"}, None),
    (request("GET", "/v1/batches/batch_1", GATEWAY), ok(batch("completed", COUNTS)),
     {"gen_ai_operation_name": "batch_status", "batch_status": "completed", "batch_id": "batch_1", "batch_requests": 3, "batch_completed": 2, "batch_failed": 1,
      "gen_ai_usage_input_tokens": None, "gen_ai_response_model": None}, None),
    (request("POST", "/v1/batches/batch_1/cancel", OPENAI), ok(batch("cancelling", COUNTS)), {"gen_ai_operation_name": "batch_cancel", "batch_status": "cancelling"}, None),
    (request("GET", "/v1/files/file-2/content", OPENAI), ok(RESULTS, "application/octet-stream"), {**GOT, "gen_ai_provider_name": "openai"}, "llm.completion"),
    (request("GET", "/openai/v1/files/file-2/content", GATEWAY), ok(RESULTS, "application/jsonl"), {**GOT, "detected_by": "payload"}, "llm.completion"),
    (request("GET", "/v1/files/file-2/content", GATEWAY), ok(lines(deep(1, json.dumps({"card": CARD[12:31]})), answered(2, "m-2")), "text/plain"),
     {"gen_ai_response_model": None, "gen_ai_tool_names": ["pay"], "batch_requests": 2, "batch_failed": 0}, "llm.tool_call"),
    (request("GET", "/v1/files/file-2/content", OPENAI), ok(b"%PDF-1.4\n{\n" + CARD.encode(), "application/octet-stream"),
     {"gen_ai_operation_name": "file_download", "file_id": "file-2", "batch_requests": None}, "llm.completion"),
    (request("POST", "/v1/messages/batches?beta=true", CLAUDE, {"requests": [{"custom_id": "a", "params": PARAMS}, {"custom_id": "b", "params": PARAMS}]}, VERSION),
     ok({**MESSAGES, "request_counts": {"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}}),
     {"gen_ai_provider_name": "anthropic", "gen_ai_dialect": "anthropic.batches", "gen_ai_operation_name": "batch_create", "gen_ai_request_model": "claude-1",
      "batch_id": "msgbatch_1", "batch_requests": 2, "batch_completed": 0, "estimated_input_tokens": None}, "llm.prompt.user"),
    (request("POST", "/v1/messages/batches", GATEWAY, {"requests": [{"custom_id": "a", "params": PARAMS}]}), ok({"error": "no"}, status="429 Too Many Requests"),
     {"gen_ai_operation_name": "batch_create", "batch_requests": 1, "http_status": 429, "gen_ai_request_model": "claude-1"}, "llm.prompt.user"),
    (request("GET", "/v1/messages/batches/msgbatch_1", CLAUDE, None, VERSION), ok(MESSAGES),
     {"gen_ai_operation_name": "batch_status", "batch_status": "in_progress", "batch_requests": 11, "batch_completed": 5, "batch_failed": 2}, None),
    (request("GET", "/v1/messages/batches/msgbatch_1/results", CLAUDE, None, VERSION),
     ok(lines(succeeded(1, CARD), succeeded(2, kind="errored"), succeeded(3), succeeded(4, kind="expired")), "application/x-jsonl"),
     {"gen_ai_operation_name": "batch_results", "gen_ai_response_model": "claude-1", "batch_requests": 4, "batch_completed": 2, "batch_failed": 2,
      "gen_ai_usage_input_tokens": 22, "gen_ai_usage_output_tokens": 4, "batch_id": "msgbatch_1"}, "llm.completion"),
]


def capture(rows, mss=1400, lose=()):
    cap, path = w.Capture(), e2e.work_folder() / "input.pcap"
    for nr, row in enumerate(rows):
        tcp = w.Tcp(cap, "10.1.0.1", 20000 + nr, f"10.2.0.{nr + 1}", 8080, mss=mss)
        tcp.open()
        tcp.send(w.ORIG, row[0])
        tcp.send(w.RESP, row[1], lose=lose)
        cap.wait(5_000_000 if lose else 10_000)
        tcp.close()
    cap.save(path)
    return path


def test_files_and_batches(weir):
    for mss in (1400, 11):
        run = weir.good_replay("--records", "all", capture(ROWS, mss)).by_type()
        got = {r["src_port"] - 20000: r for r in run["llm"]}
        where = {}
        for finding in run["finding"]:
            if finding["rule_id"] == "pci.pan":
                where.setdefault(finding["src_port"] - 20000, set()).add(finding["where"])
        for nr, (_, _, fields, place) in enumerate(ROWS):
            assert nr in got, (nr, fields)
            wrong = {k: (v, got[nr].get(k)) for k, v in fields.items() if got[nr].get(k) != v}
            assert not wrong, (mss, nr, wrong)
            assert where.get(nr) == ({place} if place else None), (mss, nr, place, where.get(nr))
        assert len(run["llm"]) == len(ROWS), len(run["llm"])
        stats = run["stats"][-1]
        assert stats["batch_operations"] == len(ROWS) and stats["llm_calls"] == 0, stats
        assert not [k for k, v in stats.items() if k.endswith("_no_usage") and v]
        assert stats["llm_openai_input_tokens"] == 12 and stats["llm_anthropic_output_tokens"] == 4


def test_a_gap_costs_its_line(weir):
    """What stands behind it is read, what was lost is not counted."""
    body = lines(*(answered(n, tokens=(1, 1)) for n in range(20)), answered(20, text=CARD, tokens=(1, 1)))
    rows = [(request("GET", "/v1/files/file-2/content", OPENAI), ok(body, "application/octet-stream"))]
    run = weir.good_replay("--records", "all", capture(rows, 500, lose=(3, 8))).by_type()
    record = run["llm"][0]
    assert record["incomplete"] and 15 <= record["batch_requests"] < 21, record
    assert record["batch_requests"] <= record["gen_ai_usage_input_tokens"] < 21, record
    assert {r["where"] for r in run["finding"]} == {"llm.completion"}


def test_a_model_in_a_form(weir):
    parts = b"".join(b"--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n" % (BOUNDARY.encode(), name, more, value) for name, more, value in (
        (b"file", b"; filename=\"a.wav\"", b"RIFF" + bytes(900)), (b"model", b"", b"whisper-1"))) + b"--%s--\r\n" % BOUNDARY.encode()
    rows = [(request("POST", "/v1/audio/transcriptions", OPENAI, parts), ok({"text": "hello"}))]
    for mss in (1400, 11):
        record = weir.good_replay("--records", "llm", capture(rows, mss)).by_type()["llm"][0]
        assert record["gen_ai_request_model"] == "whisper-1" and record["gen_ai_operation_name"] == "transcription", record


e2e.main()
