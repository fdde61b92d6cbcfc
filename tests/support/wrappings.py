"""What a mirror port or an overlay puts around a frame. wrap(rng, frame, backwards) gives the frame anew;
backwards says which of the two outer addresses sends."""
import struct

import pcap_writer as w

NODES = ("192.168.50.1", "192.168.50.2")


def outer(rng, packet, backwards, vlans=()):
    a, b = reversed(NODES) if backwards else NODES
    return w.ethernet(w.mac(a), w.mac(b), packet(a, b, rng.randrange(32768, 65536)), vlans)


def vlan(_, frame, __, ids=(110,)):
    return frame[:12] + b"".join(struct.pack(">HH", 0x8100, vid) for vid in ids) + frame[12:]


def qinq(_, frame, __):
    return frame[:12] + struct.pack(">HHHH", 0x88A8, 20, 0x8100, 110) + frame[12:]


def vxlan(rng, frame, backwards, vni=4321):
    head = struct.pack(">II", 0x08000000, vni << 8)
    return outer(rng, lambda a, b, port: w.udp(a, port, b, 4789, head + frame), backwards)


def geneve(rng, frame, backwards):
    head = struct.pack(">BBHI", 2, 0, 0x6558, 77 << 8) + b"\x01\x02\x03\x01abcd"
    return outer(rng, lambda a, b, port: w.udp(a, port, b, 6081, head + frame), backwards, [300])


def nvgre(rng, frame, backwards):
    head = struct.pack(">HHI", 0x2000, 0x6558, 9 << 8 | 5)
    return outer(rng, lambda a, b, _: w.ip(a, b, 47, head + frame), backwards)


def gre(rng, frame, backwards):
    """Without the inner frame: its packet alone."""
    head = struct.pack(">H", 0) + frame[12:14]
    return outer(rng, lambda a, b, _: w.ip(a, b, 47, head + frame[14:]), backwards)


def erspan(rng, frame, backwards):
    head = struct.pack(">HHIHHI", 0x1000, 0x88BE, rng.getrandbits(32), 0x1000, 33, 0)
    return outer(rng, lambda a, b, _: w.ip(a, b, 47, head + frame), backwards, [5, 6])


def ipip(rng, frame, backwards):
    protocol = 41 if frame[12:14] == b"\x86\xdd" else 4
    return outer(rng, lambda a, b, _: w.ip(a, b, protocol, frame[14:]), backwards)
