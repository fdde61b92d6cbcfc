#!/usr/bin/env python3
"""How often weir takes encrypted traffic for a model's stream, and how often it should have.

    shape_score.py WEIR SOURCE_ROOT [--seed N] [--each N] [--wide] [--gaps] [--workers N] [--pcap FILE]

Makes a capture of so many connections of each kind (shape_kinds.py), replays it and compares what
the flow records say. --wide draws parameters outside of those on which thresholds were chosen.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import pcap_writer as w  # noqa: E402
import shape_kinds as k  # noqa: E402
import tls_link  # noqa: E402

START = 1_700_000_000


def address(nr, net):
    return f"10.{net}.{nr // 250}.{nr % 250 + 1}"


def capture(seed, each, wide=False, kinds=None, lose=0.0):
    """A Capture, and the kind by client's address. lose: share of segments that the mirror drops."""
    cap, kind_of, nr = w.Capture(), {}, 0
    for name in kinds or k.KINDS:
        for i in range(each):
            rng = k.rng_of(seed, name, i, wide)
            draw = k.Draw(rng, wide)
            writes, ending = k.KINDS[name](draw)
            wire = k.wire_of(draw, tls_link.Wire, name in k.BULKY)
            client = address(nr, 1)
            conn = tls_link.Connection(cap, client, 40000 + nr % 20000, address(nr, 2), f"{name.replace('_', '-')}.example",
                                       wire, rng, START + nr * 0.01)
            conn.say(writes, ending)
            kind_of[client] = name
            nr += 1
    if lose:
        rng = k.rng_of(seed, "lose")
        cap.packets = [p for p in cap.packets if len(p[1]) < 80 or rng.random() >= lose]
    return cap, kind_of


def replay(weir, root, pcap, *options):
    done = subprocess.run([str(weir), "replay", "--rules", str(pathlib.Path(root) / "rules"), "--records", "flow,llm",
                           "--set", "flow.active_s=86400", *options, str(pcap)], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=280, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Tally:
    """By kind: connections, those taken for a model's stream, those of which nothing was said."""

    def __init__(self, records, kind_of):
        said = {client: set() for client in kind_of}
        for r in records:  # a connection that was idle for long has a record before and one after
            if r["schema"].startswith("weir.flow"):
                said[r["src_ip"] if r["src_ip"] in said else r["dst_ip"]].add(r.get("llm_stream_likely"))
        self.rows = {name: [0, 0, 0] for name in dict.fromkeys(kind_of.values())}
        for client, name in kind_of.items():
            row = self.rows[name]
            row[0] += 1
            row[1] += True in said[client]
            row[2] += True not in said[client] and False not in said[client]

    def sums(self, models):
        rows = [row for name, row in self.rows.items() if (name in k.IS_MODEL) == models]
        return [sum(column) for column in zip(*rows)] if rows else [0, 0, 0]

    @property
    def precision(self):
        right, wrong = self.sums(True)[1], self.sums(False)[1]
        return right / (right + wrong) if right + wrong else 1.0

    @property
    def recall(self):
        all_of, right, _ = self.sums(True)
        return right / all_of if all_of else 0.0

    def table(self):
        yield f"{'kind':22} {'connections':>11} {'likely':>7} {'not said':>9}"
        for name, (nr, likely, unknown) in self.rows.items():
            yield f"{name:22} {nr:11} {likely:7} {unknown:9}"
        yield f"precision {self.precision:.3f}, recall {self.recall:.3f}"


def score(weir, root, seed, each, wide=False, lose=0.0, options=(), pcap=None):
    cap, kind_of = capture(seed, each, wide, lose=lose)
    with tempfile.TemporaryDirectory(prefix="weir-shape-") as folder:
        path = pcap or pathlib.Path(folder) / "shape.pcap"
        cap.save(path)
        return Tally(replay(weir, root, path, *options), kind_of)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("weir")
    p.add_argument("root")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--each", type=int, default=40)
    p.add_argument("--wide", action="store_true")
    p.add_argument("--lose", type=float, default=0.0)
    p.add_argument("--workers", default="1")
    p.add_argument("--pcap")
    o = p.parse_args()
    tally = score(o.weir, o.root, o.seed, o.each, o.wide, o.lose, ("--workers", o.workers), o.pcap)
    print("\n".join(tally.table()))


if __name__ == "__main__":
    main()
