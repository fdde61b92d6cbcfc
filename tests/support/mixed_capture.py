"""Many conversations at once, as a mirror port shows them: interleaved, reordered, with losses,
retransmissions, tunnels and one VLAN per direction. The same bytes for the same seed."""
import random

import pcap_writer as w

START_US = 1_767_700_000_000_000


def conversation(rng, n, span_us, losses):
    """One TCP connection with a few HTTP exchanges, or a DNS look-up, as a capture of its own."""
    cap = w.Capture(START_US + rng.randrange(span_us))
    client, server = f"10.20.{n % 7}.{n % 250 + 1}", f"10.30.0.{n % 13 + 1}"
    link = rng.choice([w.PLAIN, w.Link(vlans=[200 + n % 3]), w.Link(vni=9000 + n % 2)])
    if n % 5 == 0:
        w.look_up(cap, client, 20000 + n, "10.30.0.53", n, f"host{n}.example.com", ["192.0.2.7"])
        speak(cap, client, 30000 + n)
        return cap.packets
    tcp = w.Tcp(cap, client, 30000 + n, server, 8080, link, mss=rng.choice([200, 536, 1400]),
                isn=(rng.getrandbits(32), rng.getrandbits(32)))
    if rng.random() < 0.9:
        tcp.open()
    for turn in range(rng.randrange(1, 4)):
        body = b'{"id":%d,"mail":"person%d@example.com","pad":"%s"}' % (turn, n, b"x" * rng.randrange(3000))
        tcp.send(w.ORIG, w.http_request("POST", f"/orders/{n}", "orders.example", body,
                                        [("Content-Type", "application/json")]), **trouble(rng, losses))
        cap.wait(rng.randrange(100, 50_000))
        tcp.send(w.RESP, w.http_response("200 OK", b'{"ok":true}' + b" " * rng.randrange(4000)),
                 **trouble(rng, losses))
    if rng.random() < 0.7:
        tcp.close()
    return cap.packets


def speak(cap, client, port):
    """To the address that was looked up, in words that nobody knows: its name is that of the answer."""
    cap.wait(2000)
    tcp = w.Tcp(cap, client, port, "192.0.2.7", 9900)
    tcp.open()
    tcp.send(w.ORIG, b"hello there")
    tcp.close()


def trouble(rng, losses):
    """Now and then a segment is lost."""
    kind = rng.randrange(8)
    return {} if not losses else {0: {"lose": (1,)}, 1: {"lose": (0,)}}.get(kind, {})


def write(path, seed=1, conversations=120, span_us=3_000_000, losses=True):
    """span_us: over how long a time the conversations begin. What becomes of a loss depends on time."""
    rng = random.Random(seed)
    cap = w.Capture(START_US)
    for n in range(conversations):
        packets = conversation(rng, n, span_us, losses)
        if rng.random() < 0.2 and len(packets) > 6:
            at = rng.randrange(3, len(packets) - 2)
            (t0, a, la), (t1, b, lb) = packets[at], packets[at + 1]
            packets[at:at + 2] = [(t0, b, lb), (t1, a, la)]
            packets.append((t1 + 5, a, la))
        cap.packets += packets
    cap.save(path)
    return path
