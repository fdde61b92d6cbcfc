"""Writing captures by hand: Ethernet, VLAN, VXLAN, IPv4/IPv6, UDP, TCP, DNS, TLS hellos.

Standard library only and deterministic: the same calls give the same bytes. Time is a number of
microseconds that the capture carries along and every packet moves on.

    cap = Capture(start_us=1_700_000_000_000_000)
    tcp = Tcp(cap, "10.1.0.5", 40000, "10.1.0.9", 8080, link=Link(vlans=[110]))
    tcp.open()
    tcp.send(ORIG, b"GET / HTTP/1.1\\r\\nHost: shop\\r\\n\\r\\n")
    tcp.close()
    cap.save("input.pcap")
"""
import ipaddress
import struct

ORIG, RESP = 0, 1
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
IP_TCP, IP_UDP = 6, 17
VXLAN_PORT = 4789
PACKET_GAP_US = 40
LINK_ETHERNET = 1


class Capture:
    """Packets with their times, written in the order of time."""

    def __init__(self, start_us=1_700_000_000_000_000):
        self.now = start_us
        self.packets = []

    def wait(self, us):
        self.now += us

    def add(self, frame, wire_len=None):
        self.packets.append((self.now, frame, wire_len or len(frame)))
        self.now += PACKET_GAP_US

    def save(self, path, link_type=LINK_ETHERNET):
        with open(path, "wb") as out:
            out.write(self.pcap(link_type))

    def pcap(self, link_type=LINK_ETHERNET):
        parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)]
        for at, frame, wire_len in sorted(self.packets, key=lambda p: p[0]):
            parts.append(struct.pack("<IIII", at // 1_000_000, at % 1_000_000,
                                     len(frame), wire_len))
            parts.append(frame)
        return b"".join(parts)


class Link:
    """What the mirror port has around an IP packet: VLAN tags; a VXLAN tunnel if vni is set."""

    def __init__(self, vlans=(), vni=None, outer=("192.168.50.1", "192.168.50.2")):
        self.vlans, self.vni, self.outer = list(vlans), vni, outer

    def frame(self, src, dst, packet, backwards=False):
        if self.vni is None:
            return ethernet(mac(src), mac(dst), packet, self.vlans)
        inner = ethernet(mac(src), mac(dst), packet)
        a, b = reversed(self.outer) if backwards else self.outer
        header = struct.pack(">II", 0x08000000, self.vni << 8)
        port = 49152 + checksum(src.encode() + dst.encode()) % 16384
        return ethernet(mac(a), mac(b), udp(a, port, b, VXLAN_PORT, header + inner), self.vlans)


PLAIN = Link()

# ---------------------------------------------------------------- layers


def mac(address):
    """A locally administered MAC that belongs to the address."""
    packed = ipaddress.ip_address(address).packed
    return b"\x02\x00" + packed[-4:]


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(src_mac, dst_mac, packet, vlans=()):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    tags = b"".join(struct.pack(">HH", 0x8100, vid) for vid in vlans)
    frame = dst_mac + src_mac + tags + struct.pack(">H", kind) + packet
    return frame + b"\0" * (60 - len(frame))


def ip(src, dst, protocol, payload, ident=0):
    """An IPv4 or IPv6 packet, as the addresses ask."""
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64)
        return head + a.packed + b.packed + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident & 0xFFFF, 0x4000, 64,
                       protocol, 0, a.packed, b.packed)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def pseudo_header(src, dst, protocol, length):
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        return a.packed + b.packed + struct.pack(">II", length, protocol)
    return a.packed + b.packed + struct.pack(">BBH", 0, protocol, length)


def udp(src, sport, dst, dport, payload):
    head = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0)
    value = checksum(pseudo_header(src, dst, IP_UDP, 8 + len(payload)) + head + payload) or 0xFFFF
    return ip(src, dst, IP_UDP, head[:6] + struct.pack(">H", value) + payload)


def tcp_segment(src, sport, dst, dport, seq, ack, flags, payload=b"", options=b"", ident=0):
    offset = (20 + len(options)) // 4
    head = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, offset << 4,
                       flags, 64240, 0, 0) + options
    whole = pseudo_header(src, dst, IP_TCP, len(head) + len(payload)) + head + payload
    head = head[:16] + struct.pack(">H", checksum(whole)) + head[18:]
    return ip(src, dst, IP_TCP, head + payload, ident)


def send_udp(cap, src, sport, dst, dport, payload, link=PLAIN, backwards=False):
    cap.add(link.frame(src, dst, udp(src, sport, dst, dport, payload), backwards))


class Tcp:
    """One connection. send() may reorder or leave out segments, as networks and mirrors do."""

    def __init__(self, cap, src, sport, dst, dport, link=PLAIN, mss=1400, isn=(1000, 5000)):
        self.cap, self.link, self.mss = cap, link, mss
        self.ends = [(src, sport), (dst, dport)]
        self.seq = list(isn)
        self.ident = 1

    def segment(self, side, flags, payload=b"", seq=None, options=b""):
        """One segment as given; does not move the connection on."""
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        self.ident += 1
        packet = tcp_segment(src, sport, dst, dport, self.seq[side] if seq is None else seq,
                             self.seq[1 - side] if flags & ACK else 0, flags, payload, options,
                             self.ident)
        self.cap.add(self.link.frame(src, dst, packet, backwards=side == RESP))

    def open(self):
        options = struct.pack(">BBH", 2, 4, self.mss) + b"\x01\x01\x04\x02"
        self.segment(ORIG, SYN, options=options)
        self.seq[ORIG] += 1
        self.segment(RESP, SYN | ACK, options=options)
        self.seq[RESP] += 1
        self.segment(ORIG, ACK)

    def send(self, side, data, order=None, lose=(), cuts=(), acknowledge=True):
        """data in segments of mss and at cuts. order: as they arrive, by number; lose: unseen."""
        ends = sorted({*range(0, len(data), self.mss), *cuts, len(data)})
        pieces = list(zip(ends, ends[1:]))
        start = self.seq[side]
        for n in order or range(len(pieces)):
            a, b = pieces[n]
            if n not in lose:
                self.segment(side, PSH | ACK, data[a:b], seq=start + a)
        self.seq[side] = start + len(data)
        if acknowledge:
            self.segment(1 - side, ACK)

    def close(self):
        for side in (ORIG, RESP):
            self.segment(side, FIN | ACK)
            self.seq[side] += 1
        self.segment(ORIG, ACK)


# ---------------------------------------------------------------- messages


def http_request(method, path, host, body=b"", headers=()):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"] + [f"{k}: {v}" for k, v in headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode() + body


def http_response(status, body=b"", headers=(), chunks=None):
    """chunks: a list of byte strings sent with chunked coding instead of body."""
    lines = [f"HTTP/1.1 {status}"] + [f"{k}: {v}" for k, v in headers]
    if chunks is None:
        lines.append(f"Content-Length: {len(body)}")
    else:
        lines.append("Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    return "\r\n".join(lines + ["", ""]).encode() + body


DNS_TYPES = {"A": 1, "AAAA": 28}


def dns_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns_query(ident, name, kind="A"):
    return struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) + dns_name(name) + struct.pack(
        ">HH", DNS_TYPES[kind], 1)


def dns_answer(ident, name, addresses, kind="A", rcode=0):
    head = struct.pack(">HHHHHH", ident, 0x8180 | rcode, 1, len(addresses), 0, 0)
    answers = b""
    for text in addresses:
        data = ipaddress.ip_address(text).packed
        answers += struct.pack(">HHHIH", 0xC00C, DNS_TYPES[kind], 1, 300, len(data)) + data
    return head + dns_name(name) + struct.pack(">HH", DNS_TYPES[kind], 1) + answers


def look_up(cap, client, sport, server, ident, name, addresses, kind="A", link=PLAIN):
    """A query and its answer over UDP."""
    send_udp(cap, client, sport, server, 53, dns_query(ident, name, kind), link)
    cap.wait(800)
    send_udp(cap, server, 53, client, sport,
             dns_answer(ident, name, addresses, kind, rcode=0 if addresses else 3), link, True)


def varint(n):
    """Seven bits a byte, the lowest first, as Protocol Buffers and HPACK have it."""
    out = b""
    while n > 0x7f:
        out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])


def vector(data, size):
    return len(data).to_bytes(size, "big") + data


def tls_extension(kind, data):
    return struct.pack(">H", kind) + vector(data, 2)


def tls_record(kind, data, version=0x0303):
    return struct.pack(">BH", kind, version) + vector(data, 2)


def tls_client_hello(server_name, alpn=("h2", "http/1.1"), seed=0x11):
    """A TLS 1.3 hello as today's clients send it; its key share and random are fillers."""
    ciphers = (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030)
    groups = (0x001D, 0x0017, 0x0018)
    schemes = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501)
    u16 = lambda values: b"".join(struct.pack(">H", v) for v in values)
    names = vector(b"\0" + vector(server_name.encode(), 2), 2)
    protocols = vector(b"".join(vector(p.encode(), 1) for p in alpn), 2)
    share = struct.pack(">H", 0x001D) + vector(bytes([seed ^ 0x55]) * 32, 2)
    extensions = b"".join([
        tls_extension(0, names) if server_name else b"", tls_extension(23, b""),
        tls_extension(0xFF01, b"\0"),
        tls_extension(10, vector(u16(groups), 2)), tls_extension(11, b"\x01\0"),
        tls_extension(35, b""), tls_extension(16, protocols), tls_extension(5, b"\x01\0\0\0\0"),
        tls_extension(13, vector(u16(schemes), 2)), tls_extension(51, vector(share, 2)),
        tls_extension(45, b"\x01\x01"), tls_extension(43, b"\x04\x03\x04\x03\x03")])
    body = struct.pack(">H", 0x0303) + bytes([seed]) * 32 + vector(bytes([seed ^ 0xFF]) * 32, 1)
    body += vector(u16(ciphers), 2) + b"\x01\0" + vector(extensions, 2)
    return tls_record(22, b"\x01" + vector(body, 3), 0x0301)


def tls_server_hello(seed=0x11):
    """The answer to tls_client_hello: TLS 1.3, AES-128-GCM, x25519."""
    share = struct.pack(">H", 0x001D) + vector(bytes([seed ^ 0xAA]) * 32, 2)
    extensions = tls_extension(43, b"\x03\x04") + tls_extension(51, share)
    body = struct.pack(">H", 0x0303) + bytes([seed ^ 0x33]) * 32
    body += vector(bytes([seed ^ 0xFF]) * 32, 1) + struct.pack(">HB", 0x1301, 0)
    body += vector(extensions, 2)
    return tls_record(22, b"\x02" + vector(body, 3)) + tls_record(20, b"\x01")


def tls_application_data(length, seed=0x11):
    """A record of filler that looks like ciphertext; the same for the same seed."""
    state, out = seed or 1, bytearray()
    while len(out) < length:
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(state >> 16 & 0xFF)
    return tls_record(23, bytes(out))


HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
END_STREAM, END_HEADERS = 1, 4


def http2_frame(kind, flags, stream, body=b""):
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + struct.pack(">I", stream) + body


def http2_headers(stream, fields, end_stream=False, index=()):
    """fields as literals that are inserted into the table; before them what indexes stand for."""
    block = bytes(0x80 | i for i in index)
    for name, value in fields:
        block += b"\x40" + vector(name.encode(), 1) + vector(value.encode(), 1)
    return http2_frame(1, END_HEADERS | (END_STREAM if end_stream else 0), stream, block)


def http2_data(stream, body, end_stream=False):
    return http2_frame(0, END_STREAM if end_stream else 0, stream, body)


def grpc_message(body, compressed=False):
    return bytes([compressed]) + struct.pack(">I", len(body)) + body


def websocket_frame(body, mask=None, opcode=1, fin=True, compressed=False):
    """A client's frame has a mask of four bytes."""
    head = bytes([0x80 * fin | 0x40 * compressed | opcode])
    bit = 0x80 if mask else 0
    if len(body) < 126:
        head += bytes([bit | len(body)])
    else:
        head += bytes([bit | 126]) + struct.pack(">H", len(body))
    if mask:
        body = mask + bytes(b ^ mask[i % 4] for i, b in enumerate(body))
    return head + body
