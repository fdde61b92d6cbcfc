#!/usr/bin/env python3
"""weir against outside oracles, through the scorers beside the captures.

usage: run.py WEIR SOURCE_ROOT [CHECK...]

Each check replays captures of other projects and counts N of M; the least share that passes is in
the table below. The figures go into oracle.txt in the build folder.
"""
import os
import re
import subprocess
import sys

import shared

# check, least share over all columns, least share of the weakest column, wants the sanitizer build
CHECKS = [
    ("community-id", 0.97, 0.80, False),
    ("sessions", 0.90, 0.50, False),
    ("gaps", 0.90, 0.50, False),
    ("overlap", 0.90, 0.80, False),
    ("robustness", 0.99, 0.97, True),
    ("determinism", 1.00, 1.00, False),
    ("http", 0.60, 0.00, False),
    ("bodies", 0.60, 0.00, False),
    ("evasion", 0.80, 0.50, False),
    ("ja4", 0.97, 0.80, False),
    ("labels", 0.90, 0.50, False),
    ("findings", 0.75, 0.00, False),
]
SECONDS = 400


def judge(binary, root, folder, check):
    name, least, floor, careful = check
    program = shared.sanitized(binary) if careful else binary
    env = dict(os.environ, SCORE_CACHE=str(shared.build_folder(binary) / "oracle-cache"),
               ASAN_OPTIONS="detect_leaks=0")
    command = [sys.executable, str(folder / "tools/score/score.py"), name, str(program), "--min",
               str(least), "--floor", str(floor), "--budget", "25"]
    if careful and program != binary:
        command += ["--timeout", "60", "--budget", "60"]
    timeout = None if os.environ.get("FULL") else SECONDS
    run = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=timeout)
    lines = (run.stdout + run.stderr).strip().split("\n")
    columns = [line.strip() for line in lines if re.match(r"\s*\d+ of \d+", line)]
    shared.note(binary, name, columns + lines[-1:])
    for line in lines if run.returncode else lines[-1:]:
        print(f"  {line}")
    return run.returncode == 0


def main():
    binary, root, folder = shared.arguments()
    if not (folder / "tools/score/score.py").exists():
        shared.skip(f"no scorers in {folder}")
    wanted = sys.argv[3:]
    failed = []
    for check in CHECKS:
        if wanted and check[0] not in wanted:
            continue
        try:
            good = judge(binary, root, folder, check)
        except subprocess.TimeoutExpired:
            good = False
        print(f"{'ok    ' if good else 'FAILED'} {check[0]}", flush=True)
        if not good:
            failed.append(check[0])
    if failed:
        print(f"below what is wanted: {', '.join(failed)}")
    sys.exit(1 if failed else 0)


main()
