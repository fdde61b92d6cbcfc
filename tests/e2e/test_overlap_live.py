#!/usr/bin/env python3
"""Overlapping segments and fragments: what this machine's own kernel reads, weir must read.

In a network namespace of its own the kernel listens at the end of a TUN device; the test is the other
end, and sends what no sane sender sends: pieces of a TCP stream or of a UDP datagram that overlap in
every way two intervals can. What the socket reads is the oracle, for IPv4 and for IPv6.
"""
import ctypes
import fcntl
import hashlib
import ipaddress
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
UDP_NO_CHECK6_RX = 102
LINKTYPE_RAW = 101
UNIT, UNITS = 8, 6
PORT = 7000
ENDS = {4: ("10.98.0.1", "10.98.0.2"), 6: ("fd98::1", "fd98::2")}
TCP, UDP, FRAGMENT = 6, 17, 44
FIN, SYN, ACK = 1, 2, 16


def pairs():
    """Units [from, to) of a first and a second piece: all relations, from disjoint to equal."""
    return [((2, 4), (a, b)) for a in range(1, UNITS) for b in range(a + 1, UNITS + 1)]


def text(letter, piece):
    return b"".join(f"{letter}{unit}{letter * (UNIT - 2)}".encode() for unit in range(*piece))


def sum16(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Tun:
    """The kernel under test behind a device of which we hold the other end. Keeps all that passes."""

    def __init__(self):
        if os.geteuid() != 0:
            raise e2e.Skip("needs root")
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise e2e.Skip("no network namespace of its own: " + os.strerror(ctypes.get_errno()))
        try:
            self.fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
        except OSError as why:
            raise e2e.Skip(f"no TUN device: {why}")
        for line in ("addr add 10.98.0.1/24 dev tun0", "link set lo up", "link set tun0 up",
                     "addr add fd98::1/64 dev tun0 nodad"):
            if subprocess.run(["ip", *line.split()], capture_output=True).returncode:
                raise e2e.Skip(f"ip {line}: refused")
        self.packets = []

    def send(self, packet):
        self.packets.append(packet)
        os.write(self.fd, packet)

    def receive(self):
        if not select.select([self.fd], [], [], 1)[0]:
            raise e2e.Skip("the kernel does not answer")
        packet = os.read(self.fd, 65536)
        self.packets.append(packet)
        return packet

    def save(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65536, LINKTYPE_RAW))
            for n, packet in enumerate(self.packets):
                out.write(struct.pack("<IIII", 1_700_000_000, n * 20, len(packet), len(packet)))
                out.write(packet)


def ip_header(family, protocol, length, ident=0, fragment=0):
    ours, theirs = (ipaddress.ip_address(a).packed for a in reversed(ENDS[family]))
    if family == 6:
        return struct.pack(">IHBB", 6 << 28, length, protocol, 64) + ours + theirs
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, ident, fragment, 64, protocol, 0)
    check = sum16(head + ours + theirs)
    return head[:10] + struct.pack(">H", check) + ours + theirs


def tcp_packet(family, port, seq, ack, flags, data=b""):
    ours, theirs = (ipaddress.ip_address(a).packed for a in reversed(ENDS[family]))
    head = struct.pack(">HHIIBBHHH", port, PORT, seq & 0xFFFFFFFF, ack, 0x50, flags, 65535, 0, 0)
    pseudo = ours + theirs + struct.pack(">II", len(head + data), TCP)
    check = sum16(pseudo + head + data)
    return ip_header(family, TCP, len(head + data)) + head[:16] + struct.pack(">HH", check, 0) + data


def fragment(family, ident, unit, data, more):
    if family == 4:
        place = unit | (0x2000 if more else 0)
        return ip_header(4, UDP, len(data), ident, place) + data
    head = struct.pack(">BBHI", UDP, 0, unit << 3 | more, ident)
    return ip_header(6, FRAGMENT, len(head + data)) + head + data


def tcp_stream(tun, listener, family, port, pieces):
    """What the socket reads when the pieces are sent in this order."""
    tun.send(tcp_packet(family, port, 999, 0, SYN))
    while True:
        answer = tun.receive()
        at = 20 if family == 4 else 40
        protocol = answer[9] if answer[0] >> 4 == 4 else answer[6]
        if answer[0] >> 4 == family and protocol == TCP and answer[at + 13] == SYN | ACK:
            break
    ack = struct.unpack(">I", answer[at + 4:at + 8])[0] + 1
    tun.send(tcp_packet(family, port, 1000, ack, ACK))
    for letter, piece in pieces:
        tun.send(tcp_packet(family, port, 1000 + piece[0] * UNIT, ack, ACK, text(letter, piece)))
    server, _ = listener.accept()
    server.settimeout(0.5)
    got = b""
    end = max(piece[1] for _, piece in pieces) * UNIT
    while len(got) < end:
        got += server.recv(65536)
    kept.append(server)
    return got


def datagram(tun, sock, family, port, pieces):
    """What the socket reads; b"" when the kernel drops the datagram. Unit 0 is the UDP header."""
    end = max(piece[1] for _, piece in pieces)
    for letter, piece in pieces:
        data = text(letter, piece)
        if piece[0] == 0:
            data = struct.pack(">HHHH", port, PORT, end * UNIT, 0) + data[UNIT:]
        tun.send(fragment(family, port, piece[0], data, piece[1] < end))
    try:
        return sock.recv(65536)
    except (BlockingIOError, TimeoutError):
        return b""


def rest(pieces):
    """The units that the pieces leave out, less unit 0: so that the whole becomes complete."""
    covered = {unit for piece in pieces for unit in range(*piece)}
    return [("r", (unit, unit + 1)) for unit in range(1, max(covered)) if unit not in covered]


def socket_of(family, kind):
    sock = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, kind)
    sock.bind((ENDS[family][0], PORT))
    return sock


kept = []


def measure(tun, family):
    """{(kind, port): what was read}"""
    read = {}
    listener = socket_of(family, socket.SOCK_STREAM)
    listener.listen(200)
    udp = socket_of(family, socket.SOCK_DGRAM)
    udp.settimeout(0.02)
    if family == 6:
        udp.setsockopt(socket.IPPROTO_UDP, UDP_NO_CHECK6_RX, 1)
    for n, (first, second) in enumerate(pairs()):
        two = [("a", first), ("B", second)]
        ahead = two + rest([first, second]) + [("0", (0, 1))]
        read["ooo", 20000 + n] = tcp_stream(tun, listener, family, 20000 + n, ahead)
        behind = [("0", (0, 1))] + two + rest([first, second])
        read["inorder", 21000 + n] = tcp_stream(tun, listener, family, 21000 + n, behind)
        read["fragments", 30000 + n] = datagram(tun, udp, family, 30000 + n, ahead)
    kept.extend([listener, udp])
    return read


def check(weir, tun, family):
    tun.packets = []
    read = measure(tun, family)
    path = e2e.work_folder() / f"overlap{family}.pcap"
    tun.save(path)
    run = weir.good_replay("--set", "records.stream_sha256=true", "--records", "flow", path)
    told = {r["src_port"]: r.get("src_stream_sha256") for r in run.records if r.get("dst_port") == PORT}
    wrong = []
    for (kind, port), got in read.items():
        want = hashlib.sha256(got).hexdigest() if got else None
        if told.get(port) != want:
            wrong.append(f"{kind} {pairs()[port % 1000]}: the kernel read {got!r}")
    dropped = sum(not got for got in read.values())
    print(f"IPv{family}: {len(read) - len(wrong)} of {len(read)} as Linux {os.uname().release}, "
          f"which dropped {dropped} datagrams")
    assert not wrong, "\n".join(wrong)


def test_overlaps(weir):
    tun = Tun()
    for family in (4, 6):
        check(weir, tun, family)


e2e.main()
