#!/usr/bin/env python3
"""Recorded exchanges with real model providers, in clear HTTP/1.1, against the table made with them.

usage: llm_columns.py WEIR SOURCE_ROOT

Each column is scored over the exchanges where the table has a value. An exchange that is no model
call must have no llm record.
"""
import re
import subprocess
import sys
import json

import shared

CALL = re.compile(r"completions|/messages|responses|embed|[gG]enerat|converse|/invoke|/chat|:stream|"
                  r"rerank|:predict|images|audio|moderations|/infer")
# Read by hand: text-generation requests ({"inputs": ..., "parameters": ...}) to the root of a dedicated
# endpoint. The table goes by path and model name and has neither for them; they are model calls.
CALLS_BY_HAND = {("POST", "/", ".endpoints.huggingface.cloud")}
# table column, record field, least share
COLUMNS = [
    ("req_model", "gen_ai_request_model", 0.95),
    ("resp_model", "gen_ai_response_model", 0.95),
    ("in_tokens", "gen_ai_usage_input_tokens", 0.95),
    ("out_tokens", "gen_ai_usage_output_tokens", 0.95),
]


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


def main():
    binary, root, folder = shared.arguments()
    capture = folder / "corpora/llm/llm-http1.pcap"
    rows = table(f"{capture}.expected.tsv")
    run = subprocess.run([binary, "replay", "--quiet", "--rules", root / "rules", "--records",
                          "http,llm", capture], capture_output=True)
    if run.returncode:
        sys.exit(f"replay ended with {run.returncode}: {run.stderr[-300:]!r}")
    http, llm = {}, {}
    for record in map(json.loads, run.stdout.splitlines()):
        kind = http if record["schema"].startswith("weir.http/") else llm
        kind[record["src_port"], record["transaction"]] = record

    score = Score()
    seen = [r for r in rows if key_of(r) in http]
    fields = lambda r: (r["http_request_method"], r.get("url_host", ""), r["url_path"])
    score.add("requests seen", len(seen), len(rows), 1.0)
    score.add("method, host and path equal", sum(fields(http[key_of(r)]) == request_of(r) for r in seen),
              len(rows), 0.97)
    score.add("status equal", sum(str(http[key_of(r)].get("http_status")) == r["status"] for r in seen),
              len(rows), 0.99)
    calls = [r for r in rows if is_call(r)]
    score.add("model calls recorded", sum(key_of(r) in llm for r in calls), len(calls), 0.97)
    for column, field, least in COLUMNS:
        having = [r for r in calls if r[column]]
        right = sum(str(llm.get(key_of(r), {}).get(field)) == r[column] for r in having)
        score.add(field, right, len(having), least)
    by_hand = [r for r in rows if is_call_by_hand(r)]
    score.add("calls that only reading shows", sum(key_of(r) in llm for r in by_hand), len(by_hand), 1.0)
    plain = [r for r in rows if is_plain(r)]
    invented = [r for r in plain if key_of(r) in llm]
    score.add("no llm record where there is no call", len(plain) - len(invented), len(plain), 1.0)
    for row in invented[:5]:
        score.lines.append(f"no call, but recorded: {row['method']} {row['host']}{row['path'][:60]}")
    shared.note(binary, "llm-http1", score.lines)
    print("\n".join(score.lines))
    sys.exit(0 if score.good else 1)


main()
