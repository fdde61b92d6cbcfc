#!/usr/bin/env python3
"""Recorded exchanges with real model providers, in clear HTTP/1.1 and HTTP/2, against the table made with them.

usage: llm_columns.py WEIR SOURCE_ROOT

Each column is scored over the exchanges where the table has a value. An exchange that is no model
call must have no llm record, but for files and batches, which are no calls for the table. Who is behind a host says llm_providers.tsv, which was written by hand.
"""
import json
import pathlib
import re
import subprocess
import sys

import shared

STORED = re.compile(r"/(files|batches)(/|\?|$)")
CALL = re.compile(r"completions|/messages|responses|embed|[gG]enerat|converse|/invoke|/chat|:stream|"
                  r"rerank|:predict|images|audio|moderations|/infer")
# Read by hand: text-generation requests ({"inputs": ..., "parameters": ...}) to the root of a dedicated
# endpoint. The table goes by path and model name and has neither for them; they are model calls.
CALLS_BY_HAND = {("POST", "/", ".endpoints.huggingface.cloud")}
LOCAL = re.compile(r"localhost|127\.")
# table column, record field, least share
COLUMNS = [
    ("req_model", "gen_ai_request_model", 0.99),
    ("resp_model", "gen_ai_response_model", 0.99),
    ("in_tokens", "gen_ai_usage_input_tokens", 0.99),
    ("out_tokens", "gen_ai_usage_output_tokens", 0.99),
]
CAPTURES = ("llm-http1", "llm-h2c")
PROVIDERS = pathlib.Path(__file__).with_name("llm_providers.tsv")


def table(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        names = next(file).lstrip("#").rstrip("\n").split("\t")
        return [dict(zip(names, line.rstrip("\n").split("\t"))) for line in file if line.strip()]


def is_call(row):
    return bool(CALL.search(row["path"]) and (row["req_model"] or row["in_tokens"]))


def is_call_by_hand(row):
    return any(row["method"] == method and row["path"] == path and row["host"].endswith(host)
               for method, path, host in CALLS_BY_HAND)


def is_plain(row):
    return not is_call_by_hand(row) and not CALL.search(row["path"]) and not row["req_model"] and not row["in_tokens"]


def key_of(row):
    return int(row["client_port"]), int(row["n"])


def request_of(row):
    """As an http record has it: no port, no query, no scheme."""
    path = re.sub(r"^[a-z]+://[^/?]*", "", row["path"]).partition("?")[0] or "/"
    return row["method"], re.sub(r":\d+$", "", row["host"].lower()), path


class Score:
    def __init__(self):
        self.lines, self.good = [], True

    def add(self, name, right, of, least):
        share = right / of if of else 0.0
        self.good &= of > 0 and share >= least
        self.lines.append(f"{right} of {of} = {share:.3f}, wanted {least:g}: {name}")


def providers():
    lines = [l for l in PROVIDERS.read_text().splitlines() if l and not l.startswith("#")]
    return dict(line.split("\t") for line in lines)


def streamed(row, http):
    """The table counts events of SSE; a stream is also one of lines of JSON, or of AWS's frames."""
    kind = http.get("http_response_content_type", "")
    return row["sse_events"] != "0" or kind.startswith(("application/x-ndjson", "application/vnd.amazon.eventstream"))


def score_capture(binary, root, capture, score):
    rows = table(f"{capture}.expected.tsv")
    run = subprocess.run([binary, "replay", "--quiet", "--rules", root / "rules", "--records",
                          "http,llm", capture], capture_output=True)
    if run.returncode:
        sys.exit(f"replay ended with {run.returncode}: {run.stderr[-300:]!r}")
    http, llm = {}, {}
    for record in map(json.loads, run.stdout.splitlines()):
        kind = http if record["schema"].startswith("weir.http/") else llm
        kind[record["src_port"], record["transaction"]] = record

    name = capture.name.removesuffix(".pcap")
    add = lambda what, *rest: score.add(f"{name}: {what}", *rest)
    seen = [r for r in rows if key_of(r) in http]
    fields = lambda r: (r["http_request_method"], r.get("url_host", ""), r["url_path"])
    add("requests seen", len(seen), len(rows), 1.0)
    add("method, host and path equal", sum(fields(http[key_of(r)]) == request_of(r) for r in seen), len(rows), 0.97)
    add("status equal", sum(str(http[key_of(r)].get("http_status")) == r["status"] for r in seen), len(rows), 0.99)
    calls = [r for r in rows if is_call(r)]
    of = lambda row: llm.get(key_of(row), {})
    add("model calls recorded", sum(key_of(r) in llm for r in calls), len(calls), 0.99)
    for column, field, least in COLUMNS:
        having = [r for r in calls if r[column]]
        add(field, sum(str(of(r).get(field)) == r[column] for r in having), len(having), least)
    having = [r for r in calls if r["tool_calls"]]
    add("tools called", sum(set(r["tool_calls"].split(",")) == set(of(r).get("gen_ai_tool_names", [])) for r in having),
        len(having), 0.98)
    add("streamed or not", sum(of(r).get("gen_ai_request_stream") == streamed(r, http[key_of(r)]) for r in calls if r in seen),
        len(calls), 1.0)
    known = providers()
    having = [r for r in calls if r["host"] in known]
    add("provider", sum(of(r).get("gen_ai_provider_name") == known[r["host"]] for r in having), len(having), 0.98)
    outside = {r["host"] for r in calls if not LOCAL.match(r["host"])}
    add("hosts that the table of providers has", len(outside & known.keys()), len(outside), 1.0)
    by_hand = [r for r in rows if is_call_by_hand(r)]
    if by_hand:
        add("calls that only reading shows", sum(key_of(r) in llm for r in by_hand), len(by_hand), 1.0)
    plain = [r for r in rows if is_plain(r)]
    stored = [r for r in plain if of(r).get("gen_ai_operation_name", "").startswith(("file_", "batch_"))]
    if stored:
        add("files and batches where the path says so", sum(bool(STORED.search(r["path"])) for r in stored), len(stored), 1.0)
    invented = [r for r in plain if key_of(r) in llm and r not in stored]
    add("no llm record where there is no call", len(plain) - len(invented), len(plain), 1.0)
    for row in invented[:5]:
        score.lines.append(f"no call, but recorded: {row['method']} {row['host']}{row['path'][:60]}")


def main():
    binary, root, folder = shared.arguments()
    score = Score()
    for name in CAPTURES:
        score_capture(binary, root, folder / f"corpora/llm/{name}.pcap", score)
    shared.note(binary, "llm", score.lines)
    print("\n".join(score.lines))
    sys.exit(0 if score.good else 1)


main()
