#!/usr/bin/env python3
"""What is done beside calling models: models downloaded, vectors put into stores and looked up there."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402

JSON = ("Content-Type", "application/json")
BINARY = ("Content-Type", "application/octet-stream")
TENSORS = json.dumps({"w": {"dtype": "F16", "shape": [4], "data_offsets": [0, 8]}}).encode()
SAFETENSORS = len(TENSORS).to_bytes(8, "little") + TENSORS + bytes(4000)
GGUF = b"GGUF\x03\0\0\0" + bytes(4000)
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                       "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": "sha256:" + "1f" * 32, "size": 4},
                       "layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + "2e" * 32, "size": 4}]}).encode()
PULLED = b"".join(json.dumps(s).encode() + b"\n" for s in ({"status": "pulling manifest"}, {"status": "success"}))


def exchanges(rows, mss=1400):
    """Each row: method, host, path, request body (None or JSON), answer; a connection of its own."""
    cap, path = w.Capture(), e2e.work_folder() / "input.pcap"
    for nr, (method, host, target, request, answer, *_) in enumerate(rows):
        tcp = w.Tcp(cap, "10.1.0.1", 20000 + nr, "10.2.0.1", 8080, mss=mss)
        body = b"" if request is None else json.dumps(request).encode()
        tcp.open()
        tcp.send(w.ORIG, w.http_request(method, target, host, body, [JSON] if body else []))
        tcp.send(w.RESP, answer)
        tcp.close()
        cap.wait(10_000)
    cap.save(path)
    return path


def ok(body, *headers, status="200 OK"):
    return w.http_response(status, body if isinstance(body, bytes) else json.dumps(body).encode(), list(headers) or [JSON])


def chunked(body, size=700):
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + size]), body[i:i + size]) for i in range(0, len(body), size))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/octet-stream\r\n\r\n" + pieces + b"0\r\n\r\n"


HUB = "/acme/tiny/resolve/main/"
# ..., what the llm record has
DOWNLOADS = [
    ("GET", "huggingface.co", HUB + "model.safetensors", None, ok(SAFETENSORS, BINARY),
     {"gen_ai_provider_name": "model_hub.huggingface", "gen_ai_request_model": "acme/tiny", "model_revision": "main", "model_file": "model.safetensors",
      "model_format": "safetensors", "detected_by": "host", "completion_bytes": len(SAFETENSORS)}),
    ("GET", "huggingface.co", HUB + "model.safetensors", None,
     w.http_response("302 Found", b"", [("Location", "https://cdn-lfs.hf.co/x"), ("X-Repo-Commit", "1f"), ("X-Linked-Size", "9")]),
     {"gen_ai_provider_name": "model_hub.huggingface", "http_status": 302, "gen_ai_request_model": "acme/tiny"}),
    ("GET", "mirror.internal", HUB + "q/m.gguf", None, chunked(GGUF),
     {"model_format": "gguf", "gen_ai_dialect": "huggingface.resolve", "gen_ai_request_model": "acme/tiny", "model_file": "q/m.gguf",
      "detected_by": "payload"}),
    ("GET", "files.internal", "/big.bin", None, ok(GGUF, BINARY), {"model_format": "gguf", "gen_ai_request_model": None, "gen_ai_provider_name": None}),
    ("GET", "files.internal", "/w", None, ok(SAFETENSORS, BINARY), {"model_format": "safetensors"}),
    ("GET", "registry.ollama.ai", "/v2/library/llama3/manifests/8b", None, ok(MANIFEST),
     {"gen_ai_provider_name": "model_hub.ollama", "gen_ai_dialect": "ollama.registry", "gen_ai_request_model": "library/llama3", "model_revision": "8b"}),
    ("GET", "harbor.internal", "/v2/models/llama3/manifests/8b", None, ok(MANIFEST), {"gen_ai_provider_name": "model_hub.ollama"}),
    ("POST", "127.0.0.1:11434", "/api/pull", {"model": "llama3:8b"}, ok(PULLED, ("Content-Type", "application/x-ndjson")),
     {"gen_ai_dialect": "ollama.pull", "gen_ai_engine": "ollama", "gen_ai_request_model": "llama3:8b"}),
    ("POST", "127.0.0.1:11434", "/api/pull", {"name": "llama3:8b"}, ok(PULLED, ("Content-Type", "application/x-ndjson")),
     {"gen_ai_dialect": "ollama.pull", "gen_ai_request_model": "llama3:8b"}),
]
NO_DOWNLOADS = [
    ("GET", "git.example", HUB + "README.md", None, ok(b"hello", ("Content-Type", "text/plain"))),
    ("GET", "huggingface.co", "/acme/tiny", None, ok(b"<html>", ("Content-Type", "text/html"))),
    ("GET", "huggingface.co", HUB + "none.bin", None, ok(b"no", status="404 Not Found")),
    ("GET", "hub.example", "/v2/library/nginx/manifests/1", None, ok({"layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip"}]})),
    ("GET", "files.example", "/a.zip", None, ok(b"PK\x03\x04" + bytes(22) + b"\x05\0\0\0a.txt" + bytes(200), BINARY)),
    ("GET", "files.example", "/gguf.txt", None, ok(b"GGUF is a format of files", ("Content-Type", "text/plain"))),
    ("GET", "files.example", "/x.bin", None, ok(bytes([9, 0, 0, 0, 0, 0, 0, 0]) + b"{\"id\":1}", BINARY)),
    ("POST", "git.example", "/api/pull", {"name": "main"}, ok({"status": "already up to date"})),
    ("POST", "git.example", "/api/pull", {"model": "x"}, ok({"status": "pulled"})),
]


def wrong(records, rows, operation=None):
    """Fields of the llm records that are not what the rows want; a row without a record."""
    got = {r["src_port"] - 20000: r for r in records}
    for nr, row in enumerate(rows):
        want = {"gen_ai_operation_name": operation, **row[5]} if operation else row[5]
        record = got.get(nr)
        if record is None:
            yield row[:3], "no record"
        elif any(record.get(k) != v for k, v in want.items()):
            yield row[:3], {k: (v, record.get(k)) for k, v in want.items() if record.get(k) != v}


def test_downloads(weir):
    for mss in (1400, 13):
        run = weir.good_replay("--records", "llm,flow,stats,edge", exchanges(DOWNLOADS, mss)).by_type()
        assert len(run["llm"]) == len(DOWNLOADS), [r.get("url_host") for r in run["llm"]]
        assert not list(wrong(run["llm"], DOWNLOADS, "model_download")), list(wrong(run["llm"], DOWNLOADS, "model_download"))
        assert run["stats"][-1]["model_downloads"] == sum(row[0] == "GET" for row in DOWNLOADS)
        services = {r["src_port"] - 20000: r.get("ai_service") for r in run["flow"]}
        assert services[0] == "model_hub.huggingface" and services[6] == "model_hub.ollama" and services[3] is None, services
        hub = [r for r in run["edge"] if r.get("ai_services") == ["model_hub.huggingface"]]
        assert [(r["calls"], r["calls_without_usage"], r["models"]) for r in hub] == [(2, 0, ["acme/tiny"])], hub


def test_downloads_of_other_things(weir):
    run = weir.good_replay("--records", "llm,http", exchanges(NO_DOWNLOADS)).by_type()
    assert "llm" not in run, [(r.get("url_host"), r.get("gen_ai_dialect")) for r in run["llm"]]
    assert len(run["http"]) == len(NO_DOWNLOADS)


e2e.main()
