"""TLS connections on a wire, as far as a mirror port shows them: record lengths, segments, times.

What is said is a list of writes: (second, side, bytes of plaintext). A Wire turns them into records
of TLS 1.2 or 1.3 (RFC 5246, RFC 8446) of the lengths that a stack would make, cuts those into
segments, delays them as a network would, and adds the packets to a capture. Fragments are filler:
nobody who has no key can tell. Checksums are left out, which replays do not look at.
"""
import ipaddress
import struct

import pcap_writer as w

ORIG, RESP = 0, 1
RECORD_MAX = 16384
HANDSHAKE, CCS, ALERT, DATA = 22, 20, 21, 23
NOTIFY_BYTES = 2
SAYS_SOMETHING = 100  # less from a client acknowledges, or is a key
FILLER = b"\xa5" * 70000


def tls12_server_hello(seed=0x22):
    body = struct.pack(">H", 0x0303) + bytes([seed]) * 32 + b"\0" + struct.pack(">HB", 0xC02F, 0)
    body += w.vector(w.tls_extension(0xFF01, b"\0"), 2)
    return w.tls_record(HANDSHAKE, b"\x02" + w.vector(body, 3))


def record(kind, length):
    return struct.pack(">BHH", kind, 0x0303, length) + FILLER[:length]


class Wire:
    """How one connection travels. All of it is drawn by whoever makes it."""

    def __init__(self, version=1.3, rtt=0.02, jitter=0.001, loss=0.0, mss=1400, pad=None, tickets=2,
                 certificate=2800, at_client=True):
        self.version, self.rtt, self.jitter, self.loss = version, rtt, jitter, loss
        self.mss, self.pad, self.tickets, self.certificate = mss, pad, tickets, certificate
        self.at_client = at_client  # where the mirror is

    def length(self, plain, rng):
        """Of a record's fragment (RFC 8446 section 5.4 has the padding)."""
        if self.version < 1.3:
            return plain + 24
        inner = plain + 1
        if isinstance(self.pad, int):
            inner += -inner % self.pad
        elif self.pad == "random":
            inner += rng.randrange(64)
        return inner + 16


class Connection:
    """One connection of a capture."""

    def __init__(self, cap, client, port, server, name, wire, rng, start):
        self.cap, self.wire, self.rng, self.start = cap, wire, rng, start
        self.name = name
        self.ends = [(client, port), (server, 443)]
        self.seq, self.clock = [1000, 9000], [start, start]
        ends = [ipaddress.ip_address(a).packed for a in (client, server)]
        self.left, self.late = [0.0, 0.0], [0.0, 0.0]
        self.layers = []
        for d in (0, 1):
            (_, sport), (_, dport) = self.ends[d], self.ends[1 - d]
            self.layers.append((w.mac(self.ends[1 - d][0]) + w.mac(self.ends[d][0]) + b"\x08\0",
                                ends[d] + ends[1 - d], struct.pack(">HH", sport, dport)))

    def segment(self, at, side, flags, payload=b""):
        ether, addresses, ports = self.layers[side]
        frame = b"".join((ether, struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0),
                          addresses, ports,
                          struct.pack(">IIBBHHH", self.seq[side] & 0xFFFFFFFF, self.seq[1 - side] & 0xFFFFFFFF
                                      if flags & w.ACK else 0, 0x50, flags, 64240, 0, 0), payload))
        self.cap.packets.append((int(at * 1_000_000), frame, max(len(frame), 60)))
        self.seq[side] += len(payload) + (1 if flags & (w.SYN | w.FIN) else 0)

    def arrival(self, at, side):
        """When the mirror sees what is written at that time: late, now and then very late, in order."""
        wire, rng = self.wire, self.rng
        far = (side == RESP) == wire.at_client
        at += wire.rtt / 2 if far else 0.0
        if far and wire.jitter:  # what leaves together is held up together
            if at - self.left[side] > 0.001:
                self.late[side] = rng.expovariate(1 / wire.jitter)
            self.left[side] = at
            at += self.late[side]
        if far and wire.loss and rng.random() < wire.loss:
            at += max(0.2, wire.rtt) if rng.random() < 0.2 else wire.rtt + 0.01
        self.clock[side] = max(at, self.clock[side] + 0.000002)
        return self.clock[side]

    def put(self, at, side, data):
        at = self.arrival(at, side)
        for i in range(0, len(data), self.wire.mss):
            self.segment(at, side, w.ACK | w.PSH, data[i:i + self.wire.mss])
            at = self.clock[side] = at + 0.000003

    def open(self):
        """Both handshakes; returns when the client may speak."""
        wire, at = self.wire, self.start
        self.segment(self.arrival(at, ORIG), ORIG, w.SYN)
        self.segment(self.arrival(at + wire.rtt / 2, RESP), RESP, w.SYN | w.ACK)
        at += wire.rtt
        self.segment(self.arrival(at, ORIG), ORIG, w.ACK)
        self.put(at, ORIG, w.tls_client_hello(self.name))
        at += wire.rtt / 2 + 0.001
        if wire.version >= 1.3:
            flight = [wire.length(n, self.rng) for n in (36, wire.certificate, 264, 36)]
            self.put(at, RESP, w.tls_server_hello() + b"".join(record(DATA, n) for n in flight))
            at += wire.rtt / 2 + 0.001
            self.put(at, ORIG, record(CCS, 1) + record(DATA, wire.length(36, self.rng)))
            ticket = b"".join(record(DATA, wire.length(238, self.rng)) for _ in range(wire.tickets))
            if ticket:
                self.put(at + wire.rtt / 2, RESP, ticket)
            return at
        self.put(at, RESP, tls12_server_hello() + record(HANDSHAKE, wire.certificate) + record(HANDSHAKE, 338))
        at += wire.rtt / 2 + 0.001
        self.put(at, ORIG, record(HANDSHAKE, 37) + record(CCS, 1) + record(HANDSHAKE, 40))
        at += wire.rtt / 2 + 0.001
        self.put(at, RESP, record(CCS, 1) + record(HANDSHAKE, 40))
        return at + wire.rtt / 2

    def records(self, plain):
        """One write as records."""
        out = []
        while plain > 0:
            n = min(plain, RECORD_MAX)
            out.append(record(DATA, self.wire.length(n, self.rng)))
            plain -= n
        return b"".join(out)

    def leave(self, at, side):
        """close_notify (RFC 8446 section 6.1) and FIN."""
        kind = DATA if self.wire.version >= 1.3 else ALERT
        self.put(at, side, record(kind, self.wire.length(NOTIFY_BYTES, self.rng)))
        self.segment(self.arrival(at, side), side, w.FIN | w.ACK)

    def say(self, writes, ending):
        """
        writes count from the end of the handshake, as if there were no way between the two: whoever
        answers does so that much later. ending: (who, second), who of client, server, nobody.
        """
        base, half, before = self.open(), self.wire.rtt / 2, RESP
        for at, side, plain in sorted(writes, key=lambda x: x[0]):
            if side != before and (side == RESP or plain > SAYS_SOMETHING):
                base += half
            if side == RESP or plain > SAYS_SOMETHING:
                before = side
            self.put(base + at, side, self.records(plain))
        who, at = ending
        if who == "nobody":
            return
        first = ORIG if who == "client" else RESP
        self.leave(base + at + (half if first != before else 0), first)
        self.leave(max(base + at + half, self.clock[first]) + 0.0005, 1 - first)
