#!/usr/bin/env python3
"""The same capture gives the same bytes when replayed again, and the same records with any number of workers.

usage: determinism.py WEIR SOURCE_ROOT

A sample of the captures of other projects, the same wherever they lie; FULL=1 takes all. A capture without a
packet that weir has a record for gives no line, each time. Differences are told by record and field.
"""
import concurrent.futures
import json
import subprocess
import sys

import shared

SAMPLE, SECONDS, JOBS = 60, 120, 2
ALWAYS = ("llm/llm-http1.pcap", "llm/llm-h2c.pcap", "overlap/overlap-linux.pcap", "findings/findings-http1.pcap")
RECORDS = "flow,http,dns,tls,db,llm,mcp,finding"      # stats has times of the run
EVIDENCE = ("--set", "records.body_sha256=true", "--set", "records.stream_sha256=true")


def chosen(corpora):
    fixed = [corpora / name for name in ALWAYS]
    return fixed + [p for p in shared.sample(corpora, "runs", SAMPLE) if p not in fixed]


def replay(weir, rules, path, workers):
    command = [weir, "replay", "--quiet", "--records", RECORDS, "--rules", rules, "--workers", str(workers), *EVIDENCE, path]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
    return run.returncode, run.stdout


def by_event(out):
    """Less the place in the output, which workers share."""
    records = [json.loads(line) for line in out.splitlines()]
    return {r["event_id"]: {k: v for k, v in r.items() if k != "seq"} for r in records}


def differences(first, then):
    for event in sorted({*first, *then}):
        a, b = first.get(event), then.get(event)
        if a is None or b is None:
            yield f"only {'then' if b else 'first'}: {json.dumps(a or b)[:300]}"
        elif a != b:
            yield f"{a['schema']} {event}: {[(k, a.get(k), b.get(k)) for k in sorted({*a, *b}) if a.get(k) != b.get(k)]}"


def compare(weir, rules, path):
    """(lines that say what differs, whether there were records)"""
    try:
        status, first = replay(weir, rules, path, 1)
        wrong = []
        for workers in (1, 2, 4):
            again, out = replay(weir, rules, path, workers)
            if again != status:
                wrong.append(f"{workers} workers: ended with {again}, at first with {status}")
            elif workers == 1 and out != first:
                wrong.append("two runs with one worker are not the same bytes")
            if out != first:
                wrong += [f"{workers} workers: {line}" for line in differences(by_event(first), by_event(out))][:4]
    except subprocess.TimeoutExpired:
        return [f"still running after {SECONDS} s"], False
    return wrong, bool(first)


def main():
    weir, root, folder = shared.arguments()
    corpora = folder / "corpora"
    paths = chosen(corpora)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(lambda path: compare(weir, root / "rules", path), paths))
    good = 0
    for path, (wrong, _) in zip(paths, results):
        good += not wrong
        for line in wrong:
            print(f"{path.relative_to(corpora)}: {line}")
    spoke = sum(some for _, some in results)
    verdict = f"{good} of {len(paths)} captures the same with 1, 1, 2 and 4 workers; {spoke} of them have records"
    print(verdict)
    shared.note(weir, "determinism", [verdict])
    sys.exit(0 if good == len(paths) and spoke > len(paths) / 2 else 1)


main()
