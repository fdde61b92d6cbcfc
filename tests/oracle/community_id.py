#!/usr/bin/env python3
"""Community IDs against those tshark gives for every flow of the captures at hand.

usage: community_id.py WEIR SOURCE_ROOT

An id counts as right when a flow record carries it. Wanted: 95 of 100.
"""
import collections
import concurrent.futures
import json
import subprocess
import sys

import shared

LEAST = 0.95


def expected(folder):
    rows = collections.defaultdict(set)
    with open(folder / "corpora/tshark-expected/flows.tsv", encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                capture, cid = line.rstrip("\n").split("\t")[:2]
                rows[folder / "corpora" / capture].add(cid)
    return {capture: ids for capture, ids in rows.items() if capture.exists()}


def ids_of(binary, root, capture):
    run = subprocess.run([binary, "replay", "--quiet", "--records", "flow", "--rules", root / "rules", capture],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return {json.loads(line)["community_id"] for line in run.stdout.splitlines()}


def main():
    binary, root, folder = shared.arguments()
    want = expected(folder)
    right = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for capture, got in zip(want, pool.map(lambda c: ids_of(binary, root, c), want)):
            right += len(want[capture] & got)
    of = sum(map(len, want.values()))
    line = f"{right} of {of} = {right / of:.3f}, wanted {LEAST:g}: community ids equal to tshark's"
    shared.note(binary, "community-id-tshark", [line])
    print(line)
    sys.exit(0 if right >= LEAST * of else 1)


main()
