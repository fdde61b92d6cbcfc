#!/usr/bin/env python3
"""Whole records against what they were when somebody read them and found them right.

usage: run.py WEIR SOURCE_ROOT [CASE...]            compare
       run.py WEIR SOURCE_ROOT --update CASE...     write expect.jsonl anew: read the difference!

A case is a folder here with input.pcap and expect.jsonl; rules/ and weir.conf replace the shipped
rules and the defaults. Records of every type but stats are compared, field by field, in order. The
rule set's own hash is left out where the shipped rules are used: they change for other reasons.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
sys.dont_write_bytecode = True
import e2e  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TYPES = "flow,http,dns,tls,db,llm,finding"


def replay(weir, case):
    args = ["-c", case / "weir.conf"] if (case / "weir.conf").exists() else []
    rules = case / "rules" if (case / "rules").is_dir() else weir.root / "rules"
    run = weir.replay(*args, "--quiet", "--set", "sensor=golden", "--records", TYPES,
                      case / "input.pcap", rules=rules)
    if run.status:
        sys.exit(f"{case.name}: replay ended with {run.status}: {run.err_lines[:3]}")
    records = run.records
    if rules.parent != case:
        for record in records:
            record.pop("ruleset", None)
    return records


def differences(want, have):
    for nr, (a, b) in enumerate(zip(want, have), 1):
        for field in sorted({*a, *b}):
            if a.get(field) != b.get(field):
                yield f"line {nr} ({b.get('schema')}) {field}: {a.get(field)!r} became {b.get(field)!r}"
    if len(want) != len(have):
        yield f"{len(want)} records became {len(have)}"


def check(weir, case):
    expect = case / "expect.jsonl"
    if not expect.exists():
        return ["there is no expect.jsonl: look at the records, then --update"]
    want = [json.loads(line) for line in expect.read_text().splitlines()]
    return list(differences(want, replay(weir, case)))


def main():
    args = sys.argv[3:]
    update = "--update" in args
    names = [a for a in args if a != "--update"]
    weir = e2e.Weir(sys.argv[1], sys.argv[2])
    cases = [HERE / n for n in names] or sorted(p.parent for p in HERE.glob("*/input.pcap"))
    failed = 0
    for case in cases:
        if update:
            lines = [json.dumps(r, separators=(",", ":"), ensure_ascii=False) for r in replay(weir, case)]
            (case / "expect.jsonl").write_text("\n".join(lines) + "\n")
            print(f"written {case.name}: {len(lines)} records")
            continue
        found = check(weir, case)
        print(f"{'FAILED' if found else 'ok    '} {case.name}")
        print("".join(f"    {line}\n" for line in found[:20]), end="")
        failed += bool(found)
    sys.exit(1 if failed else 0)


main()
