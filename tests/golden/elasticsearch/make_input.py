#!/usr/bin/env python3
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

JSON = ("Content-Type", "application/json")
AGENT = ("User-Agent", "elasticsearch-py/8.12 (Python/3.11)")


def ask(method, path, body=b"", kind=JSON):
    return w.http_request(method, path, "search.example", body, [kind, AGENT])


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40035, "10.1.0.18", 19200)
tcp.open()
lines = [{"index": {"_index": "payments"}}, {"card": "4532015112830366"}]
bulk = "".join(json.dumps(x) + "\n" for x in lines).encode()
tcp.send(w.ORIG, ask("POST", "/payments/_bulk", bulk, ("Content-Type", "application/x-ndjson")))
cap.wait(900)
tcp.send(w.RESP, w.http_response("200 OK", b'{"errors":false}', [JSON]))
tcp.send(w.ORIG, ask("POST", "/customers/_search", b'{"query":{"match":{"country":"GB"}}}'))
tcp.send(w.RESP, w.http_response("200 OK", b'{"hits":{"hits":[{"_source":{"email":"ada.lovelace@example.com"}}]}}',
                                 [JSON, ("X-elastic-product", "Elasticsearch")]))
tcp.send(w.ORIG, ask("DELETE", "/nowhere"))
tcp.send(w.RESP, w.http_response("404 Not Found", b'{"status":404}', [JSON, ("X-elastic-product", "Elasticsearch")]))
tcp.close()
cap.save(HERE / "input.pcap")
