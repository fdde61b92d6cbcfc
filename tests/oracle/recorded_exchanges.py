#!/usr/bin/env python3
"""What is found in recorded exchanges with model providers: only what README.md explains.

usage: recorded_exchanges.py WEIR SOURCE_ROOT

Replays the 1,713 recorded HTTP/1.1 exchanges (3,353 bodies) with test values taken as live, and
compares what each exchange holds with the list that somebody looked at, one by one. A finding more
is a false one until it is looked at; a finding less was lost.
"""
import collections
import json
import subprocess

import shared

# data type -> exchanges it is found in; README.md says what each of them is.
EXPLAINED = {
    "pii.email": 1,
    "secret.aws_access_key_id": 2,
    "secret.aws_session_token": 3,
    "secret.azure_sas": 3,
    "secret.generic_password": 2,
}


def main():
    binary, root, folder = shared.arguments()
    capture = folder / "corpora/llm/llm-http1.pcap"
    if not capture.exists():
        shared.skip(f"no {capture}")
    run = subprocess.run([binary, "replay", "--records", "http", "--set", "detect.test_values=live",
                          capture], cwd=root, capture_output=True, text=True, timeout=600)
    if run.returncode:
        raise SystemExit(f"replay ended with {run.returncode}: {run.stderr.splitlines()[-3:]}")
    records = [json.loads(line) for line in run.stdout.splitlines()]
    exchanges = [r for r in records if r["schema"].startswith("weir.http/")]
    found = collections.Counter(kind for r in exchanges for kind in r.get("data_types", []))
    wrong = [f"{kind}: {found[kind]} exchanges, {EXPLAINED.get(kind, 0)} are explained"
             for kind in sorted({*found, *EXPLAINED}) if found[kind] != EXPLAINED.get(kind, 0)]
    shared.note(binary, "recorded exchanges", [f"{sum(found.values())} findings in {len(exchanges)}"])
    for r in exchanges:
        for kind in r.get("data_types", []):
            if found[kind] != EXPLAINED.get(kind, 0):
                print(f"  {kind} in {r['src_port']} {r['transaction']} {r.get('url_path', '')[:80]}")
    print("\n".join(wrong) or f"ok: {sum(found.values())} findings in {len(exchanges)} exchanges, all explained")
    raise SystemExit(1 if wrong or len(exchanges) < 1700 else 0)


main()
