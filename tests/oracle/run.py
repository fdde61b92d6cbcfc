#!/usr/bin/env python3
"""weir against outside oracles, through the scorers beside the captures.

usage: run.py WEIR SOURCE_ROOT [CHECK...]

Each check replays captures of other projects and counts N of M. Two figures belong to it: what is
aimed at, and a guard a little under what was measured, so that a step back is a failure. A check
between the two is no success: it is printed as short of its aim, with what is missing. The figures go
into oracle.txt in the build folder.
"""
import os
import re
import subprocess
import sys

import shared

# check, aim, guard, least share of the weakest column, wants the sanitizer build, what is missing
CHECKS = [
    ("community-id", 0.97, 0.92, 0.0, False, "each missing id is explained by oracle_community_id"),
    ("sessions", 0.97, 0.96, 0.0, False, ""),
    ("gaps", 0.97, 0.97, 0.0, False, ""),
    ("overlap", 0.97, 0.97, 0.9, False, ""),
    ("robustness", 0.99, 0.99, 0.97, True, ""),
    ("http", 0.97, 0.97, 0.0, False, ""),
    ("bodies", 0.97, 0.97, 0.0, False, ""),
    ("evasion", 0.97, 0.96, 0.0, False, ""),
    ("hpack", 0.97, 0.97, 0.9, False, ""),
    ("ja4", 0.97, 0.72, 0.0, False, "nDPI writes d where a hello has no SNI, JA4 asks for i; "
                                    "a hello in a cut packet: row_by_row.py"),
    ("labels", 0.97, 0.94, 0.0, False, "nDPI has other names for Redis and TLS of mail, and question "
                                       "marks for bytes in names: row_by_row.py"),
    ("findings", 0.97, 0.94, 0.0, False, "counter-examples that another rule of the vendor calls a "
                                         "key; telephones without words; dates of birth count against it"),
]
SECONDS = 700


def judge(binary, root, folder, check):
    name, aim, guard, floor, careful, missing = check
    program = shared.sanitized(binary) if careful else binary
    env = dict(os.environ, SCORE_CACHE=str(shared.build_folder(binary) / "oracle-cache"),
               ASAN_OPTIONS="detect_leaks=0")
    command = [sys.executable, str(folder / "tools/score/score.py"), name, str(program), "--min",
               str(guard), "--floor", str(floor), "--budget", "25", "--timeout", "60"]
    if careful and program != binary:
        command += ["--timeout", "60", "--budget", "60"]
    else:
        env["FULL"] = "1"      # a sample would move the figure with the speed of the machine
    timeout = None if os.environ.get("FULL") else SECONDS
    run = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=timeout)
    lines = (run.stdout + run.stderr).strip().split("\n")
    columns = [line.strip() for line in lines if re.match(r"\s*\d+ of \d+", line)]
    shared.note(binary, name, columns + lines[-1:])
    figure = re.search(r"= (\d\.\d+), wanted", lines[-1])
    share = float(figure[1]) if figure else 0.0
    if run.returncode:
        print("\n".join(f"  {line}" for line in lines))
    if run.returncode or share >= aim:
        verdict = f"{share:.3f}"
    else:
        verdict = f"{share:.3f}, short of the aim of {aim:g}: {missing}"
    print(f"{'FAILED' if run.returncode else 'ok    '} {name}: {verdict}", flush=True)
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
            print(f"FAILED {check[0]}: not done within {SECONDS} s", flush=True)
        if not good:
            failed.append(check[0])
    if failed:
        print(f"below what is wanted: {', '.join(failed)}")
    sys.exit(1 if failed else 0)


main()
