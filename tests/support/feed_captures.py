"""Captures as bad mirrors make them, one fault each. The same bytes for the same seed."""
import random
import struct

import pcap_writer as w

START_US = 1_768_000_000_000_000


def conversations(nr=60, seed=1, vlans=(None, None), link=None):
    """Whole HTTP connections and DNS look-ups: [(time, frame, wire length, side, transport), ...]."""
    rng, packets = random.Random(seed), []
    for n in range(nr):
        cap = w.Capture(START_US + rng.randrange(2_000_000))
        client, server = f"10.40.{n % 5}.{n % 200 + 1}", f"10.50.0.{n % 9 + 1}"
        tcp = w.Tcp(cap, client, 31000 + n, server, 8080, mss=1400, isn=(rng.getrandbits(32), rng.getrandbits(32)))
        tcp.ident = rng.getrandbits(15)
        sides = []

        def mark(side):
            sides.extend([side] * (len(cap.packets) - len(sides)))

        ways = [link or w.Link(vlans=[v] if v else []) for v in vlans]

        def segment(side, flags, payload=b"", seq=None, options=b"", plain=tcp.segment, ways=ways):
            tcp.link = ways[side]
            plain(side, flags, payload, seq, options)
            mark(side)

        tcp.segment = segment
        tcp.open()
        for turn in range(rng.randrange(1, 4)):
            tcp.send(w.ORIG, w.http_request("POST", f"/a/{n}/{turn}", "orders.example", b"x" * rng.randrange(100, 3000)))
            cap.wait(rng.randrange(200, 30_000))
            tcp.send(w.RESP, w.http_response("200 OK", b"y" * rng.randrange(3000, 9000)))
            cap.wait(rng.randrange(25_000, 60_000))
        tcp.close()
        packets += [(*p, s) for p, s in zip(cap.packets, sides)]
    return sorted(packets, key=lambda p: p[0])


def save(path, packets):
    cap = w.Capture()
    cap.packets = [p[:3] for p in packets]
    cap.save(path)
    return path


def sound():
    return conversations()


def one_direction_missing():
    """One fibre of a TAP is out: of no connection both directions."""
    return [p for p in conversations() if p[3] == w.ORIG]


def asymmetric():
    """The answers of every third server come back another way."""
    return [p for p in conversations() if p[3] == w.ORIG or p[1][33] % 3]


def twice(delay_us=3):
    """Ingress and egress of a port in one mirror."""
    return sorted([q for p in conversations() for q in (p, (p[0] + delay_us, *p[1:]))], key=lambda p: p[0])


def twice_late():
    """Two mirrors on the way, a millisecond apart: copies behind other packets."""
    return twice(900)


def some_twice():
    """Traffic between two mirrored ports comes twice, the rest once."""
    return [q for p in conversations() for q in ((p, (p[0] + 2, *p[1:])) if p[1][33] % 4 == 0 else (p,))]


def sent_again():
    """The network loses packets and hosts send them again: no fault of the mirror."""
    rng, out = random.Random(5), []
    for at, frame, size, side in conversations():
        out.append((at, frame, size, side))
        if len(frame) > 200 and rng.random() < 0.2:
            ident = struct.pack(">H", int.from_bytes(frame[18:20], "big") + 900 & 0xFFFF)
            out.append((at + 4000, frame[:18] + ident + b"\0\0" + frame[22:24] + frame[24:], size, side))
    return sorted(out, key=lambda p: p[0])


def oversubscribed(share=0.02, seed=8):
    """More than the mirror port carries: packets are missing in both directions."""
    rng = random.Random(seed)
    return [p for p in conversations() if rng.random() >= share or len(p[1]) < 200]


def cut(length=128):
    """tcpdump -s, or a mirror that shortens."""
    return [(at, frame[:length], size, side) for at, frame, size, side in conversations()]


def vlan_each_way():
    return conversations(vlans=(110, 120))


def both_in_one_vlan():
    return conversations(vlans=(110, 110))
