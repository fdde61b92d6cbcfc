#!/usr/bin/env python3
"""However a mirror's frames are dealt out to ports, queues and workers: the same records.

The ports are captures (net_pcap), which stamp with the time of the capture, so records can be
compared with those of a replay of the whole. Each port is read as fast as its worker can: what
one port shows may be far ahead of what the next does, more than any pair of cables would be.
"""
import collections
import json
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402
import pcap_writer as w  # noqa: E402
from live import frames_of, live  # noqa: E402

WORKERS = (1, 2, 4, 8)
# A port that is ahead may show a flow's end before another shows the DNS answer that names it.
SETTINGS = {"records.stream_sha256": "true", "names.dns_entries": "0"}
FOUND = ("edge_id", "rule_id", "where", "severity", "src_ip", "dst_ip", "dst_port", "protocol", "direction")
# What a live run says of itself; and the end of a flow that did not end itself, by the live clock.
OF_THE_RUN = {"seq", "boot", "tap", "sensor", "time", "event_id"}
# Where the first frame to be taken up is not the first that was sent, the flow begins with it.
OF_THE_FIRST_FRAME = {"flow_uid", "start_time", "duration_us"}
DNS_SERVER = bytes([10, 30, 0, 53])


def save(path, frames):
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, w.LINK_ETHERNET)
    path.write_bytes(head + b"".join(
        struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(frame), len(frame)) + frame
        for at, frame in frames))
    return path


def comparable(records, ignore):
    """Findings by what was found how often: a worker that rests turns the window by the live clock, far behind the capture's."""
    seen = collections.Counter()
    for r in records:
        if e2e.kind_of(r) == "finding":
            seen[json.dumps({k: r.get(k) for k in FOUND}, sort_keys=True)] += r["count"]
        elif e2e.kind_of(r) != "stats":
            seen[json.dumps({k: v for k, v in r.items() if k not in ignore}, sort_keys=True)] += 1
    return seen


def replayed(weir, frames, ignore):
    path = save(e2e.work_folder() / "whole.pcap", frames)
    settings = [arg for key, value in SETTINGS.items() for arg in ("--set", f"{key}={value}")]
    records = comparable(weir.good_replay(*e2e.without_stats(weir), *settings, path).records, ignore)
    assert len(records) > 20
    return records


def check(weir, parts, want, workers, ignore, queues=1):
    """parts: the frames of each queue; `queues` of them make a port."""
    folder = e2e.work_folder()
    files = [save(folder / f"{n}.pcap", part) for n, part in enumerate(parts)]
    ports = []
    for n in range(0, len(files), queues):
        inputs = ",".join(f"rx_pcap={path}" for path in files[n:n + queues])
        ports.append(f'device = "net_pcap{n},{inputs}"; queues = {queues};')
    nr = sum(map(len, parts))
    with live(weir, ports, workers=workers, **SETTINGS) as run:
        run.wait_for("rx_packets", nr)
        kinds = run.stop()
    stats = kinds["stats"][-1]
    received, accounted = e2e.ledger(stats)
    assert received == accounted == nr and stats["held_packets"] == 0, stats
    assert stats["drop_ring_full"] == stats["drop_no_mbuf"] == stats["records_lost"] == 0, stats
    got = comparable((r for records in kinds.values() for r in records), ignore)
    what = f"{len(ports)} ports of {queues} queues, {workers} workers"
    assert got == want, (f"{what}: {sum((want - got).values())} records missing, {sum((got - want).values())} more: "
                         f"{list(want - got)[:1]} {list(got - want)[:1]}")


def ends(frame):
    """A number that both directions of a conversation share, in a tunnel too."""
    at = 50 if frame[36:38] == b"\x12\xb5" else 0  # VXLAN's port
    return sum(frame[at:at + 12])


def dealt(frames, nr, which):
    parts = [[] for _ in range(nr)]
    for at, frame in frames:
        parts[which(frame) % nr].append((at, frame))
    assert all(parts)
    return parts


def test_flows_over_ports_and_queues(weir):
    """As RSS deals them: a conversation comes by one queue. The records are the replay's. Without
    losses, as a hole that stays to the end is given up by the live clock."""
    path = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=31, conversations=80, losses=False)
    frames = frames_of(path)
    want = replayed(weir, frames, OF_THE_RUN)
    for nr, queues in ((1, 1), (2, 1), (4, 1), (4, 4), (4, 2)):
        parts = dealt(frames, nr, ends)
        for workers in WORKERS:
            random.Random(workers).shuffle(parts)
            check(weir, parts, want, workers, OF_THE_RUN, queues)


def test_one_direction_per_port(weir):
    """A TAP: one cable for each direction."""
    path = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=32, conversations=80, losses=False)
    frames = [f for f in frames_of(path) if DNS_SERVER not in f[1]]
    ignore = OF_THE_RUN | OF_THE_FIRST_FRAME
    want = replayed(weir, frames, ignore)
    parts = dealt(frames, 2, lambda frame: frame[:6] < frame[6:12])
    for workers in WORKERS:
        check(weir, parts, want, workers, ignore)
        check(weir, parts[::-1], want, workers, ignore)
        check(weir, parts, want, workers, ignore, queues=2)


def fragments(n):
    """A UDP datagram in pieces of 400 bytes."""
    src, dst = f"192.0.2.{n % 200 + 1}", "198.51.100.7"
    whole = w.udp(src, 5000 + n, dst, 9000, b"datagram %d " % n * 100)
    head, body = whole[:20], whole[20:]
    pieces = []
    for at in range(0, len(body), 400):
        part = body[at:at + 400]
        flags = at // 8 | (0x2000 if at + 400 < len(body) else 0)
        raw = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(part), n, flags, 64, 17, 0) + head[12:20]
        raw = raw[:10] + struct.pack(">H", w.checksum(raw)) + raw[12:]
        pieces.append(w.ethernet(w.mac(src), w.mac(dst), raw + part))
    return pieces


def test_fragments_over_ports(weir):
    """The pieces of each datagram come by four ports, in any order, and make it whole."""
    rng = random.Random(5)
    frames = []
    for n in range(150):
        pieces = fragments(n)
        rng.shuffle(pieces)
        frames += [(mixed_capture.START_US + n * 1000, piece) for piece in pieces]
    ignore = OF_THE_RUN | OF_THE_FIRST_FRAME
    want = replayed(weir, frames, ignore)
    assert sum(want.values()) == 150
    parts = [frames[n::4] for n in range(4)]
    for workers in WORKERS:
        check(weir, parts, want, workers, ignore)


e2e.main()
