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


V = [0.1, 0.2, 0.3]
SAY = "the card is 5425 2334 3010 9903 indeed"
CHROMA = "/api/v2/tenants/t/databases/d/collections/1f2e3d4c-0000-4000-8000-000000000001"
GRAPHQL = {"query": "{ Get { Article(nearVector: {vector: [0.1, 0.2]}, limit: 2) { title _additional { id } } } }"}
# ..., store, operation, collection, sent, limit, found
VECTORS = [
    ("POST", "q.internal:6333", "/collections/docs/points/search", {"vector": V, "limit": 3, "with_payload": True},
     ok({"result": [{"id": 1, "score": 0.9, "payload": {"text": "x", "tags": [{"a": 1}]}}, {"id": 2, "score": 0.8}], "status": "ok", "time": 0.1}),
     "qdrant", "query", "docs", None, 3, 2),
    ("POST", "q.internal:6333", "/collections/docs/points/query", {"query": V, "limit": 5},
     ok({"result": {"points": [{"id": 1, "score": 0.9}]}, "status": "ok", "time": 0.1}), "qdrant", "query", "docs", None, 5, 1),
    ("POST", "q.internal:6333", "/collections/docs/points/query/batch", {"searches": [{"query": V, "limit": 1}, {"query": V, "limit": 1}]},
     ok({"result": [{"points": [{"id": 1}, {"id": 2}]}, {"points": [{"id": 3}]}], "status": "ok", "time": 0.1}), "qdrant", "query", "docs", None, None, 3),
    ("PUT", "q.internal:6333", "/collections/docs/points?wait=true", {"points": [{"id": n, "vector": V, "payload": {"text": SAY}} for n in range(4)]},
     ok({"result": {"operation_id": 1, "status": "completed"}, "status": "ok", "time": 0.1}), "qdrant", "upsert", "docs", 4, None, None),
    ("PUT", "q.internal:6333", "/collections/docs/points", {"batch": {"ids": [1, 2], "vectors": [V, V]}},
     ok({"result": {"operation_id": 1}, "status": "ok", "time": 0.1}), "qdrant", "upsert", "docs", 2, None, None),
    ("POST", "q.internal:6333", "/collections/docs/points/delete", {"points": [1, 2, "a"]}, ok({"result": {}, "status": "ok"}),
     "qdrant", "delete", "docs", 3, None, None),
    ("POST", "c.internal:8000", CHROMA + "/query", {"query_embeddings": [V], "n_results": 2, "include": ["documents"]},
     ok({"ids": [["a", "b"]], "distances": [[0.1, 0.2]], "documents": [["x", "y"]]}), "chroma", "query", CHROMA.rpartition("/")[2], None, 2, 2),
    ("POST", "c.internal:8000", CHROMA + "/add", {"ids": ["a", "b"], "documents": ["x", "y"], "embeddings": [V, V]}, ok({}, status="201 Created"),
     "chroma", "upsert", CHROMA.rpartition("/")[2], 2, None, None),
    ("POST", "c.internal:8000", "/api/v1/collections/1f/query", {"query_texts": ["x"], "n_results": 1}, ok({"ids": [["a"]], "distances": [[0.1]]}),
     "chroma", "query", "1f", None, 1, 1),
    ("POST", "w.internal:8080", "/v1/graphql", GRAPHQL,
     ok({"data": {"Get": {"Article": [{"title": "x", "_additional": {"id": "1"}}, {"title": "y", "_additional": {"id": "2"}}]}}}),
     "weaviate", "query", "Article", None, None, 2),
    ("POST", "w.internal:8080", "/v1/objects", {"class": "Article", "properties": {"title": SAY}, "vector": V},
     ok({"class": "Article", "id": "1", "creationTimeUnix": 1700000000000, "properties": {"title": "x"}}), "weaviate", "upsert", "Article", 1, None, None),
    ("POST", "w.internal:8080", "/v1/batch/objects", {"objects": [{"class": "Article", "properties": {"title": "x"}}, {"class": "Article", "properties": {}}]},
     ok([{"class": "Article", "id": "1", "creationTimeUnix": 1, "result": {"status": "SUCCESS"}}]), "weaviate", "upsert", "Article", 2, None, None),
    ("POST", "m.internal:19530", "/v2/vectordb/entities/search", {"collectionName": "docs", "data": [V], "annsField": "v", "limit": 4},
     ok({"code": 0, "cost": 0, "data": [{"id": 1, "distance": 0.1}, {"id": 2, "distance": 0.2}]}), "milvus", "query", "docs", None, 4, 2),
    ("POST", "m.internal:19530", "/v2/vectordb/entities/insert", {"collectionName": "docs", "data": [{"id": 1, "v": V}, {"id": 2, "v": V}]},
     ok({"code": 0, "data": {"insertCount": 2, "insertIds": [1, 2]}}), "milvus", "upsert", "docs", 2, None, None),
    ("POST", "gw.internal", "/query", {"vector": V, "topK": 2, "namespace": "n1", "includeMetadata": True},
     ok({"matches": [{"id": "a", "score": 0.9}], "namespace": "n1", "usage": {"readUnits": 5}}), "pinecone", "query", "n1", None, 2, 1),
    ("POST", "idx-1f.svc.us-east1-gcp.pinecone.io", "/vectors/upsert", {"vectors": [{"id": "a", "values": V, "metadata": {"text": "x"}}], "namespace": "n1"},
     ok({"upsertedCount": 1}), "pinecone", "upsert", "n1", 1, None, None),
    ("POST", "es.internal:9200", "/docs/_search", {"knn": {"field": "v", "query_vector": V, "k": 10, "num_candidates": 100}},
     ok({"took": 1, "hits": {"total": {"value": 2}, "hits": [{"_id": "1", "_score": 1}, {"_id": "2", "_score": 1}]}}),
     "elasticsearch", "query", "docs", None, 10, 2),
    ("POST", "os.internal:9200", "/docs/_search", {"size": 2, "query": {"knn": {"embedding": {"vector": V, "k": 7}}}},
     ok({"took": 1, "hits": {"hits": [{"_id": "1", "_score": 1}]}}), "opensearch", "query", "docs", None, 7, 1),
    ("GET", "os.internal:9200", "/docs/_search", {"query": {"bool": {"must": [{"knn": {"v": {"vector": V, "k": 7}}}]}}},
     ok({"took": 1, "hits": {"hits": []}}), "opensearch", "query", "docs", None, 7, 0),
]
NO_VECTORS = [
    ("POST", "es.example", "/docs/_search", {"query": {"match": {"title": "vector"}}}, ok({"took": 1, "hits": {"hits": []}})),
    ("POST", "es.example", "/docs/_search", {"query": {"term": {"knn": "vector"}}}, ok({"took": 1, "hits": {"hits": []}})),
    ("POST", "api.example", "/query", {"vector": V, "limit": 3}, ok({"rows": []})),
    ("POST", "api.example", "/query", {"vector": V, "topK": 3}, ok({"rows": []})),
    ("POST", "prom.example", "/api/v1/query", {"query": "up"}, ok({"status": "success", "data": {"result": []}})),
    ("POST", "api.example", "/v1/graphql", {"query": "{ users { id name } }"}, ok({"data": {"users": []}})),
    ("POST", "api.example", "/v1/graphql", {"query": "{ Get { users(hybrid: true) { id } } }"}, ok({"data": {"Get": {"users": []}}})),
    ("POST", "api.example", "/v1/objects", {"class": "chair", "properties": {"legs": 4}}, ok({"id": 4})),
    ("POST", "art.example", "/collections/12/get", {"limit": 3}, ok({"pictures": []})),
    ("POST", "art.example", "/collections/12/query", {"query": "monet"}, ok({"pictures": []})),
    ("POST", "art.example", "/collections/12/add", {"ids": ["a"]}, ok({"added": 1})),
    ("POST", "loyal.example", "/collections/12/points", {"ids": [1]}, ok({"points": 40})),
    ("PUT", "loyal.example", "/collections/12/points", {"points": 40}, ok({"points": 40})),
    ("POST", "maps.example", "/collections/12/points/search", {"query": "cafe"}, ok({"places": []})),
    ("POST", "gis.example", "/vectors/upsert", {"layer": "roads", "features": [1]}, ok({"ok": True})),
    ("POST", "gis.example", "/vectors/delete", {"ids": ["a"]}, ok({"deleted": 1})),
]


def vectors_of(record):
    return (record.get("gen_ai_provider_name", "").removeprefix("vector_store."), record["gen_ai_operation_name"].removeprefix("vector_"),
            *(record.get("vector_" + f) for f in ("collection", "count", "limit", "results")))


def test_vector_stores(weir):
    """Store, operation, collection and numbers, in whatever pieces; what goes along reaches the detectors."""
    for mss in (1400, 17):
        run = weir.good_replay("--records", "llm,flow,stats,finding,edge", exchanges(VECTORS, mss)).by_type()
        got = {r["src_port"] - 20000: vectors_of(r) for r in run["llm"]}
        bad = [(row[2], row[5:], got.get(nr)) for nr, row in enumerate(VECTORS) if got.get(nr) != tuple(row[5:])]
        assert len(run["llm"]) == len(VECTORS) and not bad, bad
        stats = run["stats"][-1]
        assert stats["vector_operations"] == len(VECTORS) and stats["llm_calls"] == 0, stats
        assert not [k for k, v in stats.items() if k.endswith("_no_usage") and v]
        assert all("calls_without_usage" in r and not r["calls_without_usage"] for r in run["edge"]), run["edge"]
        assert not [r for r in run["llm"] if "gen_ai_request_stream" in r or "estimated_input_tokens" in r]
        assert {r["src_port"] - 20000 for r in run["llm"] if "data_types_sent" in r} == {3, 10}
        assert {r["src_port"] - 20000: r.get("ai_service") for r in run["flow"]}[17] == "vector_store.opensearch"


def pg(kind, body=b""):
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def said(text):
    return pg(b"Q", text.encode() + b"\0")


def bound(name, *values):
    """What was prepared under that name, run with these."""
    body = b"\0" + name + b"\0" + bytes(2) + len(values).to_bytes(2, "big")
    body += b"".join(len(v).to_bytes(4, "big") + v for v in values) + bytes(2)
    return pg(b"B", body) + pg(b"E", bytes(5)) + pg(b"S")


def rows(tag, *values):
    return b"".join(pg(b"D", b"\0\1" + len(v).to_bytes(4, "big") + v) for v in values) + pg(b"C", tag + b"\0") + pg(b"Z", b"I")


PG_HELLO = (3 << 16).to_bytes(4, "big") + b"user\0ada\0database\0shop\0\0"
PG_READY = pg(b"R", bytes(4)) + pg(b"Z", b"I")
PG_FAILED = pg(b"E", b"SERROR\0C42P01\0Mno\0\0") + pg(b"Z", b"I")
NEAREST = "SELECT id, text FROM items ORDER BY embedding <-> '[3,1,2]' LIMIT 5"
# what both sides say in turn; of each llm record: operation, collection, sent, limit, found
PG_TALKS = [
    ([said(NEAREST), rows(b"SELECT 2", b"a", SAY.encode())], [("query", "items", None, 5, 2)]),
    ([said("SELECT 1; " + NEAREST), pg(b"C", b"SELECT 1\0") + rows(b"SELECT 2", b"a", b"b")], [("query", "items", None, 5, 2)]),
    ([pg(b"P", b"s\0SELECT id FROM docs ORDER BY embedding <=> $1 LIMIT 3\0\0\0") + pg(b"S"), pg(b"1") + pg(b"Z", b"I"),
      bound(b"s", b"[1,2]"), pg(b"2") + rows(b"SELECT 3", b"a", b"b", b"c"), bound(b"s", b"[3,4]"), pg(b"2") + rows(b"SELECT 0")],
     [("query", "docs", None, 3, 3), ("query", "docs", None, 3, 0)]),
    ([said(f"INSERT INTO items (text, embedding) VALUES ('{SAY}', '[1,2]'), ('x', '[3,4]')"), rows(b"INSERT 0 2")], [("upsert", "items", 2, None, None)]),
    ([said("DELETE FROM items WHERE embedding <-> '[1,2]' < 1"), rows(b"DELETE 4")], [("delete", "items", None, None, None)]),
    ([said("CREATE INDEX ON items USING hnsw (embedding vector_l2_ops)"), rows(b"CREATE INDEX")], [("index", "items", None, None, None)]),
    ([said(NEAREST), PG_FAILED], [("query", "items", None, 5, None)]),
    ([said("SELECT id FROM places ORDER BY location <-> $1 LIMIT 5"), rows(b"SELECT 0")], []),
    ([said("SELECT data->'embedding' FROM t -- <=> '[1,2]'::vector\n"), rows(b"SELECT 0")], []),
]


def test_pgvector(weir):
    """Statements with vectors, each when it is answered; those that only look like it make a db record and no more."""
    for mss in (1400, 7):
        cap, path = w.Capture(), e2e.work_folder() / "input.pcap"
        for nr, (talk, _) in enumerate(PG_TALKS):
            tcp = w.Tcp(cap, "10.1.0.1", 20000 + nr, f"10.2.0.{nr + 1}", 5432, mss=mss)
            tcp.open()
            for turn, data in enumerate([(len(PG_HELLO) + 4).to_bytes(4, "big") + PG_HELLO, PG_READY, *talk]):
                tcp.send(w.RESP if turn % 2 else w.ORIG, data)
            tcp.close()
            cap.wait(10_000)
        cap.save(path)
        run = weir.good_replay("--records", "all", path).by_type()
        got = {nr: [] for nr in range(len(PG_TALKS))}
        for r in run["llm"]:
            assert r["gen_ai_provider_name"] == "vector_store.pgvector" and r["gen_ai_dialect"] == "pgvector" and "incomplete" not in r, r
            got[r["src_port"] - 20000].append(vectors_of(r)[1:])
        assert got == {nr: want for nr, (_, want) in enumerate(PG_TALKS)}, (mss, got)
        assert {r["src_port"] - 20000 for r in run["llm"] if "data_types_sent" in r} == {3}
        assert {r["src_port"] - 20000 for r in run["llm"] if "data_types_received" in r} == {0}
        nr_llm = sum(len(want) for _, want in PG_TALKS)
        assert run["stats"][-1]["vector_operations"] == nr_llm and run["stats"][-1]["llm_calls"] == 0
        services = {r["src_port"] - 20000: r.get("ai_service") for r in run["flow"]}
        assert services[0] == "vector_store.pgvector" and services[7] is None and services[8] is None, services


def text(number, value):
    """A field of wire type 2."""
    value = value.encode() if isinstance(value, str) else value
    return w.varint(number << 3 | 2) + w.varint(len(value)) + value


def grpc(path, message, status=0, cut=None):
    """A call over HTTP/2: the client's frames and the server's."""
    body = b"\0" + len(message).to_bytes(4, "big") + message
    head = [(":method", "POST"), (":scheme", "http"), (":authority", "models.internal"), (":path", path), ("content-type", "application/grpc")]
    pieces = [body[:cut], body[cut:]] if cut else [body]
    ask = w.HTTP2_PREFACE + w.http2_frame(4, 0, 0) + w.http2_headers(1, head)
    ask += b"".join(w.http2_data(1, p, n == len(pieces) - 1) for n, p in enumerate(pieces))
    told = w.http2_frame(4, 0, 0) + w.http2_headers(1, [("content-type", "application/grpc")], index=[8])
    told += w.http2_data(1, b"\0\0\0\0\2\x0a\0") + w.http2_headers(1, [("grpc-status", str(status))], True)
    return ask, told


TRITON = "/inference.GRPCInferenceService/"
TENSOR = text(5, text(1, "x") + text(2, "BYTES")) + text(7, bytes(900))
# path, message, what the record has
GRPC = [
    (TRITON + "ModelInfer", text(1, "llama-3") + text(2, "7") + text(3, "id1") + TENSOR,
     {"gen_ai_dialect": "kserve.infer", "gen_ai_operation_name": "infer", "gen_ai_request_model": "llama-3", "model_revision": "7"}),
    (TRITON + "ModelStreamInfer", text(1, "resnet") + TENSOR, {"gen_ai_request_model": "resnet", "model_revision": None}),
    (TRITON + "ModelInfer", TENSOR, {"gen_ai_request_model": None}),
    ("/qdrant.Points/Search", text(1, "docs") + text(2, bytes(12)), {"gen_ai_provider_name": "vector_store.qdrant",
                                                                     "gen_ai_operation_name": "vector_query", "vector_collection": "docs"}),
    ("/qdrant.Points/Upsert", text(1, "docs") + w.varint(2 << 3) + b"\1", {"gen_ai_operation_name": "vector_upsert", "vector_collection": "docs"}),
    ("/milvus.proto.milvus.MilvusService/Search", text(1, w.varint(8) + b"\1") + text(2, "db") + text(3, "docs"),
     {"gen_ai_provider_name": "vector_store.milvus", "vector_collection": "docs"}),
    ("/weaviate.v1.Weaviate/Search", text(1, "Article"), {"gen_ai_provider_name": "vector_store.weaviate", "vector_collection": "Article"}),
]
NO_GRPC = [(TRITON + "ServerLive", b""), (TRITON + "ModelMetadata", text(1, "llama")), ("/qdrant.Collections/List", b""),
           ("/shop.Points/Search", text(1, "docs")), ("/helloworld.Greeter/SayHello", text(1, "x"))]


def test_grpc(weir):
    for cut in (None, 9):
        cap, path = w.Capture(), e2e.work_folder() / "grpc.pcap"
        rows = GRPC + [(p, m, None) for p, m in NO_GRPC]
        for nr, (target, message, _) in enumerate(rows):
            tcp = w.Tcp(cap, "10.1.0.1", 20000 + nr, "10.2.0.1", 8001)
            tcp.open()
            ask, told = grpc(target, message, status=5 if nr == 1 else 0, cut=cut if len(message) > 9 else None)
            tcp.send(w.ORIG, ask)
            tcp.send(w.RESP, told)
            tcp.close()
        cap.save(path)
        run = weir.good_replay("--records", "llm,http", path).by_type()
        assert len(run["http"]) == len(rows), len(run["http"])
        got = {r["src_port"] - 20000: r for r in run["llm"]}
        bad = [(row[0], {k: (v, got.get(nr, {}).get(k)) for k, v in row[2].items() if got.get(nr, {}).get(k) != v}) for nr, row in enumerate(GRPC)]
        assert not [b for b in bad if b[1]] and set(got) == set(range(len(GRPC))), (bad, sorted(got))
        assert got[1]["grpc_status"] == 5 and "grpc_status" not in got[0]


def test_what_only_looks_like_a_vector_store(weir):
    run = weir.good_replay("--records", "llm,http", exchanges(NO_VECTORS)).by_type()
    assert "llm" not in run, [(r.get("url_host"), vectors_of(r)) for r in run["llm"]]
    assert len(run["http"]) == len(NO_VECTORS)


e2e.main()
