#!/usr/bin/env python3
"""Wrapped or plain, the same records; tunnels that cannot be are counted by kind and lose no frame."""
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
from live import frames_of  # noqa: E402
from wrappings import NODES, erspan, geneve, nvgre, outer, vxlan  # noqa: E402

# What the wrapping changes, and nothing else.
OF_THE_WRAPPING = {"vlan", "tunnel_stack", "tunnel_src_ip", "tunnel_dst_ip", "src_mac", "dst_mac", "src_bytes",
                   "dst_bytes", "seq", "feed_vlan_split"}


def capwap(rng, frame, backwards):
    """A controller's port is the source where it answers; the access point's is its own."""
    head = struct.pack(">BBHI", 0, 2 << 3, 3 << 14 & 0xffff | 1 << 9, 0)
    ports = (5247, 12380) if backwards else (12380, 5247)
    return outer(rng, lambda a, b, _: w.udp(a, ports[0], b, ports[1], head + frame), backwards)


def capwap_wlan(rng, frame, backwards):
    head = struct.pack(">BBHI", 0, 4 << 3, 1 << 9 | 1 << 8 | 1 << 5, 0) + b"\x04\xbf\x23\0\0\0\0\0"
    target, source, ap = frame[:6], frame[6:12], w.mac("192.168.50.3")
    addresses = target + ap + source if backwards else ap + source + target
    wlan = bytes([0x88, 2 if backwards else 1]) + b"\0\0" + addresses + b"\x10\0" + b"\0\0" + b"\xaa\xaa\3\0\0\0" + frame[12:]
    return outer(rng, lambda a, b, port: w.udp(a, port, b, 5247, head + wlan), backwards)


def twice(rng, frame, backwards):
    return vxlan(rng, nvgre(rng, frame, backwards), backwards, 99)


WRAPPINGS = {"vxlan:4321": vxlan, "geneve:77": geneve, "nvgre:9": nvgre, "erspan2:33": erspan,
             "capwap:3": capwap, "capwap:0": capwap_wlan, "vxlan:99 nvgre:9": twice}


def capture_of(frames):
    cap = w.Capture()
    cap.packets = [(at, frame, len(frame)) for at, frame in frames]
    path = e2e.work_folder() / "frames.pcap"
    cap.save(path)
    return path


def records(weir, frames, workers=1):
    run = weir.good_replay("--records", "all", "--workers", workers, "--set", "records.stream_sha256=true",
                           "--set", "records.body_sha256=true", capture_of(frames))
    kinds = run.by_type()
    received, accounted = e2e.ledger(kinds["stats"][-1])
    assert received == accounted == len(frames) == kinds["stats"][-1]["used_packets"]
    out = [r for kind in kinds if kind != "stats" for r in kinds[kind]]
    return out, kinds["stats"][-1]


def comparable(all_records):
    return collections.Counter(json.dumps({k: v for k, v in r.items() if k not in OF_THE_WRAPPING}, sort_keys=True)
                               for r in all_records)


def plain_frames():
    path = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=77, conversations=60)
    return [(at, frame) for at, frame in frames_of(path) if frame[12:14] == b"\x08\x00" and frame[36:38] != b"\x12\xb5"]


def test_wrapped_as_plain(weir):
    """Identifiers, digests and times included, for any number of workers."""
    frames = plain_frames()
    want, stats = records(weir, frames)
    assert len(want) > 60 and stats["hops"] == 0
    for stack, wrap in WRAPPINGS.items():
        rng = random.Random(stack)
        wrapped = [(at, wrap(rng, frame, frame[26:30] > frame[30:34])) for at, frame in frames]
        for workers in (1, 4):
            got, stats = records(weir, wrapped, workers)
            more = comparable(got) - comparable(want)
            assert not more and comparable(got) == comparable(want), (stack, workers, list(more)[:1])
            assert {" ".join(r["tunnel_stack"]) for r in got if e2e.kind_of(r) == "flow"} == {stack}
            assert not any(v for k, v in stats.items() if k.startswith("bad_tunnel_")), stats


def test_wrapped_and_fragmented(weir):
    """Outer packets in pieces, as an overlay with a small MTU makes them: whole again before they are undone."""
    frames = plain_frames()
    want, _ = records(weir, frames)
    rng, pieces = random.Random(4), []
    for n, (at, frame) in enumerate(frames):
        packet = vxlan(rng, frame, frame[26:30] > frame[30:34])[14:]
        data = packet[20:]
        size = 600
        for start in range(0, len(data), size):
            part = data[start:start + size]
            more = 0x2000 if start + size < len(data) else 0
            head = packet[:2] + struct.pack(">HHH", 20 + len(part), n + 1, more | start // 8) + packet[8:10] + b"\0\0" + packet[12:20]
            pieces.append((at, w.mac(NODES[0]) + w.mac(NODES[1]) + b"\x08\0" + head + part))
    got, _ = records(weir, pieces, 2)
    ignore = ("src_packets", "dst_packets", "duplicates")
    strip = lambda rs: comparable([{k: v for k, v in r.items() if k not in ignore} for r in rs])
    assert strip(got) == strip(want), (list(strip(got) - strip(want))[:1], list(strip(want) - strip(got))[:1])


def bad(kind):
    """A frame that says it is a tunnel of the kind, and cannot be."""
    udp = lambda port, data: w.PLAIN.frame(*NODES, w.udp(NODES[0], 5555, NODES[1], port, data))
    proto = lambda number, data: w.PLAIN.frame(*NODES, w.ip(*NODES, number, data))
    return {
        "vxlan": [udp(4789, b"\0" * 60), udp(4789, b"\x08\0\0"), udp(8472, b"\x08\0\0\0\0\0\x01\0" + b"\x02" * 12 + b"\x08\0E")],
        "vxlan_gpe": [udp(4790, b"\0" * 40)],
        "geneve": [udp(6081, b"\x80" + b"\0" * 40), udp(6081, b"\x3f\0\x65\x58\0\0\0\0")],
        "gre": [proto(47, b"\0\x03\x08\0" + b"\0" * 40), proto(47, b"\xb0\0\x08\0\0\0")],
        "erspan": [proto(47, b"\x10\0\x88\xbe\0\0\0\1\x10\0")],
        "ipip": [proto(4, b"\x23" * 30), proto(41, b"\x60" * 10)],
        "gtpu": [udp(2152, b"\x48\x20" + b"\0" * 30)],
        "etherip": [proto(97, b"\x20\0" + b"\0" * 40)],
        "teredo": [udp(3544, b"\x45" * 30)],
        "pptp": [proto(47, b"\x10\x01\x88\x0b\0\0\0\0\0\0\0\1" + b"\0" * 20)],
        "mpls": [proto(137, b"\0\x01")],
        "capwap": [udp(5247, b"\x20\x10" + b"\0" * 30), udp(5247, b"\0\xf8\x42\0\0\0\0\0")],
    }[kind]


def test_malformed(weir):
    kinds = ("vxlan", "vxlan_gpe", "geneve", "gre", "erspan", "ipip", "gtpu", "etherip", "teredo", "pptp", "mpls", "capwap")
    for kind in kinds:
        frames = [(1_700_000_000_000_000 + n, frame) for n, frame in enumerate(bad(kind))]
        # records() checks that every frame is used: for the flow of the outer addresses
        got, stats = records(weir, frames)
        counted = {k.removeprefix("bad_tunnel_"): v for k, v in stats.items() if k.startswith("bad_tunnel_") and v}
        assert counted == {kind: len(frames)}, (kind, counted)
        assert all("tunnel_stack" not in r and r["src_ip"] == NODES[0] for r in got), got
        assert set(kinds) == {k.removeprefix("bad_tunnel_") for k in stats if k.startswith("bad_tunnel_")}


def test_closed(weir):
    """Pieces that CAPWAP makes, and CAPWAP in DTLS: counted, and of the flow of the outer addresses."""
    udp = lambda data: w.PLAIN.frame(*NODES, w.udp(NODES[0], 5555, NODES[1], 5247, data))
    pieces = [udp(b"\0\x10\x43" + bytes([flags]) + b"\0\1\0\0" + b"x" * 100) for flags in (0x80, 0x80, 0xc0)]
    dtls = [udp(b"\1\0\0\0\x17\xfe\xfd" + b"x" * 50)] * 2
    got, stats = records(weir, [(1_700_000_000_000_000 + n, frame) for n, frame in enumerate(pieces + dtls)])
    assert stats["tunnel_fragments"] == 3 and stats["tunnel_encrypted"] == 2, stats
    assert not any(v for k, v in stats.items() if k.startswith("bad_tunnel_"))
    assert [r["src_packets"] for r in got if e2e.kind_of(r) == "flow"] == [5], got


e2e.main()
