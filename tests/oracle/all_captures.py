#!/usr/bin/env python3
"""Every capture there is, broken ones included, through the sanitizer build when there is one.

usage: all_captures.py WEIR SOURCE_ROOT

Wanted for each: exit status 0 and a ledger that closes; or 1 and one line that names the file, when
it cannot be opened. Never a signal, a sanitizer report, a hang, or a line on stdout that is no
record. A fixed sample is taken; FULL=1 takes all.
"""
import concurrent.futures
import json
import os
import subprocess
import sys

import shared

SAMPLE, SECONDS, JOBS = 150, 60, 2


def closes(lines):
    stats = [r for r in lines if r["schema"].startswith("weir.stats/")]
    if not stats:
        return False
    last = stats[-1]
    drops = sum(v for k, v in last.items() if k.startswith("drop_"))
    return last["rx_packets"] == last["used_packets"] + last["held_packets"] + drops


def complaint(program, rules, path):
    """None, or what is wrong with how this capture was taken."""
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=1",
               UBSAN_OPTIONS="halt_on_error=1")
    command = [program, "replay", "--quiet", "--records", "all", "--rules", rules, path]
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=SECONDS, env=env)
    except subprocess.TimeoutExpired:
        return f"still running after {SECONDS} s"
    said = [line for line in run.stderr.decode(errors="replace").splitlines() if line.strip()]
    if any("Sanitizer" in line or "runtime error" in line for line in said):
        return "sanitizer report: " + next(l for l in said if "Sanitizer" in l or "runtime error" in l)[:200]
    try:
        lines = [json.loads(line) for line in run.stdout.splitlines()]
    except ValueError:
        return "a line on stdout is no record"
    if run.returncode == 0:
        return None if closes(lines) else "the ledger does not close"
    if run.returncode == 1:
        named = len(said) == 1 and said[0].startswith("weir: ") and path.name in said[0]
        return None if named else f"status 1 with {len(said)} lines: {said[:2]}"
    return f"ended with {run.returncode}"


def main():
    binary, root, folder = shared.arguments()
    program = shared.sanitized(binary)
    chosen = shared.sample(folder / "corpora", "", SAMPLE)
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        work = lambda path: complaint(program, root / "rules", path)
        for path, why in zip(chosen, pool.map(work, chosen)):
            if why:
                print(f"{path.relative_to(folder)}: {why}", flush=True)
                wrong += 1
    line = f"{len(chosen) - wrong} of {len(chosen)} captures as they should be"
    shared.note(binary, "all-captures", [line])
    print(line)
    sys.exit(1 if wrong else 0)


main()
