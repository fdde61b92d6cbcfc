#!/usr/bin/env python3
"""The same input gives the same bytes: twice, with any number of workers, from one file or two."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402


def captures(weir):
    return [weir.demo, mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=11)]


def differing_line(a, b):
    for nr, (x, y) in enumerate(zip(a.splitlines(), b.splitlines()), 1):
        if x != y:
            return f"line {nr}:\n  {x[:300]}\n  {y[:300]}"
    return f"{len(a.splitlines())} and {len(b.splitlines())} lines"


def same(weir, path, *variants):
    types = e2e.without_stats(weir)
    first = None
    for args in variants:
        out = weir.good_replay(*types, *args, path).out
        assert out, "no records"
        first = first or out
        assert out == first, f"{path.name} {args}: {differing_line(first, out)}"


def test_twice(weir):
    for path in captures(weir):
        same(weir, path, (), ())


def test_one_two_four_workers(weir):
    for path in captures(weir):
        same(weir, path, ("--workers", 1), ("--workers", 2), ("--workers", 4))


def test_one_file_or_two(weir):
    """Cut between packets, given as two files: one run all the same."""
    whole = weir.demo.read_bytes()
    at = 24
    while at < len(whole) // 2:
        at += 16 + struct.unpack_from("<I", whole, at + 8)[0]
    folder = e2e.work_folder()
    first, second = folder / "1.pcap", folder / "2.pcap"
    first.write_bytes(whole[:at])
    second.write_bytes(whole[:24] + whole[at:])
    types = e2e.without_stats(weir)
    one, two = weir.good_replay(*types, weir.demo).out, weir.good_replay(*types, first, second).out
    assert one == two, differing_line(one, two)


def test_choice_of_types_changes_nothing_else(weir):
    """--records leaves out; what remains are the same lines."""
    everything = weir.good_replay(*e2e.without_stats(weir), weir.demo).by_type()
    for kind in everything:
        alone = weir.good_replay("--records", kind, weir.demo).records
        assert alone == everything[kind], kind


e2e.main()
