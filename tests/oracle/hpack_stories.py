#!/usr/bin/env python3
"""HPACK against the public hpack-test-case stories, block by block, by the decoder alone.

usage: hpack_stories.py WEIR SOURCE_ROOT

Seen whole, every block must give the story's fields. Joined at half of each story, what is told
must be the story's too, or be unknown; and at least 93 % of the fields of stories whose encoder uses
a table must be told, which is what can be known from what was inserted since.
"""
import json
import subprocess
import sys

import shared


def stories(folder):
    for path in sorted(folder.glob("*/story_*.json")):
        cases = json.loads(path.read_text())["cases"]
        if all("wire" in c for c in cases):
            yield cases


def decoded(tool, lines):
    """One list of fields for each block; None for one that was refused."""
    run = subprocess.run([tool], input="\n".join(lines) + "\n", capture_output=True, check=True,
                         text=True, encoding="latin-1")
    for line in run.stdout.split("\n")[:-1]:
        if line.endswith("!"):
            yield None
        else:
            yield [tuple(f.split("\t", 1)) for f in line.split("\x1f")[:-1]]


def wanted(case):
    return [(k.encode().decode("latin-1"), v.encode().decode("latin-1"))
            for pair in case["headers"] for k, v in pair.items()]


def main():
    binary, _, folder = shared.arguments()
    folder = folder / "corpora/hpack"
    tool = shared.build_folder(binary) / "tests/hpack_tool"
    if not folder.is_dir():
        shared.skip(f"no HPACK stories in {folder}")
    all_of_them = list(stories(folder))
    lines = [line for cases in all_of_them for line in ["start", *(c["wire"] for c in cases)]]
    want = [wanted(c) for cases in all_of_them for c in cases]
    equal = sum(a == b for a, b in zip(decoded(tool, lines), want))

    halves = [cases[len(cases) // 2:] for cases in all_of_them]
    lines = [line for cases in halves for line in ["late", *(c["wire"] for c in cases)]]
    fields = told = wrong = 0
    for got, case in zip(decoded(tool, lines), (c for cases in halves for c in cases)):
        for (name, value), (a, b) in zip(wanted(case), got or []):
            told += "?" not in (a, b)
            wrong += a not in ("?", name) or b not in ("?", value)
        fields += len(case["headers"])
    texts = [f"{equal} of {len(want)} = {equal / len(want):.3f}, wanted 1: header blocks of whole connections",
             f"{told} of {fields} = {told / fields:.3f}, wanted 0.93: fields told of connections joined at half",
             f"{fields - wrong} of {fields} = {1 - wrong / fields:.3f}, wanted 1: of these, not wrong"]
    shared.note(binary, "hpack stories", texts)
    print("\n".join(texts))
    sys.exit(0 if equal == len(want) and not wrong and told >= 0.93 * fields else 1)


main()
