#!/usr/bin/env python3
"""With checksums.verify what its receiver drops is dropped, by kind; without it nothing is."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import feed_captures as feeds  # noqa: E402
import pcap_writer as w  # noqa: E402
from live import live  # noqa: E402

VERIFY = ("--set", "checksums.verify=true")
CLIENT, SERVER = "10.1.0.5", "10.1.0.9"


def with_byte(frame, at, value):
    return frame[:at] + bytes([value]) + frame[at + 1:]


def replayed(weir, packets, *args):
    """(records by type, drops by kind), the same for any number of workers."""
    path = feeds.save(e2e.work_folder() / "sums.pcap", packets)
    told = set()
    for workers in (1, 3):
        run = weir.good_replay("--records", "all", "--workers", workers, *args, path)
        kinds = run.by_type()
        stats = kinds["stats"][-1]
        received, accounted = e2e.ledger(stats)
        assert received == accounted == len(packets)
        told.add(b"\n".join(line for line in run.out.splitlines() if b"weir.stats/" not in line))
    assert len(told) == 1, "records differ with the number of workers"
    return kinds, {k: v for k, v in stats.items() if "checksum" in k and v}


def conversation(link=w.PLAIN, client=CLIENT, server=SERVER):
    cap = w.Capture()
    tcp = w.Tcp(cap, client, 40000, server, 8080, link)
    tcp.open()
    tcp.send(w.ORIG, w.http_request("POST", "/pay", "shop", b"card=4111 1111 1111 1111&fill=" + b"x" * 5000))
    tcp.send(w.RESP, w.http_response("200 OK", b"y" * 700))
    tcp.close()
    return cap.packets


def test_right_ones_change_nothing(weir):
    """IPv4, IPv6, in a tunnel, in VLANs: the records are those of a run that does not look."""
    for packets in (conversation(), conversation(w.Link(vlans=[5, 6])), conversation(w.Link(vni=9)),
                    conversation(client="2001:db8::5", server="2001:db8::9"), feeds.sound()):
        plain, _ = replayed(weir, packets)
        verified, counted = replayed(weir, packets, *VERIFY)
        assert counted == {}, counted
        assert [plain[k] for k in ("flow", "http", "finding")] == [verified[k] for k in ("flow", "http", "finding")]


def test_evasion(weir):
    """A segment that the receiver drops comes before the one that it takes: its bytes are not the stream's."""
    cap = w.Capture()
    tcp = w.Tcp(cap, CLIENT, 40000, SERVER, 8080)
    tcp.open()
    request = w.http_request("GET", "/what-the-server-saw", "shop")
    tcp.segment(w.ORIG, w.PSH | w.ACK, w.http_request("GET", "/what-it-never-saw!", "shop"))
    at, frame, size = cap.packets[-1]
    cap.packets[-1] = (at, with_byte(frame, 50, frame[50] ^ 0x55), size)
    tcp.send(w.ORIG, request)
    tcp.send(w.RESP, w.http_response("200 OK"))
    tcp.close()
    kinds, counted = replayed(weir, cap.packets, *VERIFY)
    assert counted == {"drop_bad_tcp_checksum": 1}, counted
    assert [h["url_path"] for h in kinds["http"]] == ["/what-the-server-saw"]
    kinds, counted = replayed(weir, cap.packets)
    assert counted == {} and [h["url_path"] for h in kinds["http"]] == ["/what-it-never-saw!"], kinds["http"]


def test_by_kind(weir):
    """Each kind of fault has its counter, also within tunnels; the rest is used."""
    def udp(src=CLIENT, dst=SERVER, link=w.PLAIN):
        return link.frame(src, dst, w.udp(src, 5000, dst, 6000, b"payload of a datagram"))

    tunnel, six = w.Link(vni=3), ("2001:db8::1", "2001:db8::2")
    outer = 14 + 20 + 8 + 8
    zeroed = udp()[:40] + b"\0\0" + udp()[42:]
    cases = [
        ("right", udp(), {}),
        ("none is no fault", zeroed, {}),
        ("datagram", with_byte(udp(), 45, 0), {"drop_bad_udp_checksum": 1}),
        ("datagram, IPv6", with_byte(udp(*six), 70, 0), {"drop_bad_udp_checksum": 1}),
        ("datagram, IPv6, without", udp(*six)[:60] + b"\0\0" + udp(*six)[62:], {"drop_bad_udp_checksum": 1}),
        ("segment", with_byte(w.PLAIN.frame(CLIENT, SERVER, w.tcp_segment(CLIENT, 5000, SERVER, 6000, 1, 0, w.SYN)), 50, 1),
         {"drop_bad_tcp_checksum": 1}),
        ("header", with_byte(udp(), 22, 1), {"drop_bad_ip_checksum": 1}),
        ("in a tunnel, right", udp(link=tunnel), {}),
        ("in a tunnel, its header", with_byte(udp(link=tunnel), outer + 22, 1), {"drop_bad_ip_checksum": 1}),
        ("in a tunnel, the outer header", with_byte(udp(link=tunnel), 22, 1), {"drop_bad_ip_checksum": 1}),
        ("in a tunnel, its datagram", with_byte(udp(link=tunnel), outer + 45, 0), {"drop_bad_udp_checksum": 1}),
    ]
    for name, frame, want in cases:
        packet = [(1_700_000_000_000_000, frame, len(frame))]
        kinds, counted = replayed(weir, packet, *VERIFY)
        assert counted == want, (name, counted)
        assert len(kinds["flow"]) == 1 - sum(want.values()), name
        kinds, counted = replayed(weir, packet)
        assert counted == {} and len(kinds["flow"]) == 1, name
    cut = udp()[:50]
    _, counted = replayed(weir, [(1_700_000_000_000_000, cut, len(udp()))], *VERIFY)
    assert counted == {"checksums_unknown": 1}, counted


def fragments(packet, ident, size=496):
    """An IPv4 packet in fragments with right headers."""
    data = packet[20:]
    for start in range(0, len(data), size):
        part = data[start:start + size]
        more = 0x2000 if start + size < len(data) else 0
        head = packet[:2] + struct.pack(">HHH", 20 + len(part), ident, more | start // 8) + packet[8:10] + b"\0\0" + packet[12:20]
        yield head[:10] + struct.pack(">H", w.checksum(head)) + head[12:] + part


def test_fragments(weir):
    """A datagram's checksum covers all of its fragments, each of which has a header of its own."""
    packet = w.udp(CLIENT, 5000, SERVER, 6000, bytes(range(256)) * 12)
    frames = [w.PLAIN.frame(CLIENT, SERVER, f) for f in fragments(packet, 77)]
    make = lambda frames: [(1_700_000_000_000_000 + n, f, len(f)) for n, f in enumerate(frames)]
    kinds, counted = replayed(weir, make(frames), *VERIFY)
    assert counted == {} and kinds["flow"][0]["src_payload_bytes"] == 256 * 12, counted
    wrong = frames[:3] + [with_byte(frames[3], 60, frames[3][60] ^ 1)] + frames[4:]
    kinds, counted = replayed(weir, make(wrong), *VERIFY)
    assert counted == {"drop_bad_udp_checksum": len(frames)} and not kinds["flow"], counted
    header = frames[:3] + [with_byte(frames[3], 22, 9)] + frames[4:]
    kinds, counted = replayed(weir, make(header), *VERIFY)
    assert counted == {"drop_bad_ip_checksum": 1} and kinds["stats"][-1]["drop_fragment_timeout"] == len(frames) - 1


def test_large(weir):
    """Longer than a buffer: what offloads join is verified over the chain."""
    packet = w.tcp_segment(CLIENT, 5000, SERVER, 6000, 1, 1, w.ACK, b"z" * 20001)
    frame = w.PLAIN.frame(CLIENT, SERVER, packet)
    make = lambda frame: [(1_700_000_000_000_000, frame, len(frame))]
    assert replayed(weir, make(frame), *VERIFY)[1] == {}
    assert replayed(weir, make(with_byte(frame, 19000, 1)), *VERIFY)[1] == {"drop_bad_tcp_checksum": 1}


def test_offloaded(weir):
    """A capture of a sending host: its own segments have only the pseudo header's sum. Why the default is not to look."""
    packets = []
    for at, frame, size in conversation():
        if frame[26:30] == bytes([10, 1, 0, 5]):
            pseudo = w.checksum(w.pseudo_header(CLIENT, SERVER, w.IP_TCP, len(frame) - 34)) ^ 0xFFFF
            frame = frame[:50] + struct.pack(">H", pseudo) + frame[52:]
        packets.append((at, frame, size))
    kinds, _ = replayed(weir, packets)
    assert len(kinds["http"]) == 1
    path = feeds.save(e2e.work_folder() / "offloaded.pcap", packets * 10)
    run = weir.run("doctor", "--set", f"rules.dir={weir.root / 'rules'}", *VERIFY, path)
    assert run.status == 1 and b"checksums.verify" in run.out, run.out


def test_live(weir):
    """A port that cannot verify leaves it to weir."""
    packets = conversation()
    bad = [(at, with_byte(frame, len(frame) - 1, frame[-1] ^ 1) if len(frame) > 1000 else frame, size)
           for at, frame, size in packets]
    path = feeds.save(e2e.work_folder() / "live.pcap", bad)
    with live(weir, [f'device = "pcap:{path}";'], **{"checksums.verify": "true"}) as run:
        run.wait_for("rx_packets", len(bad))
        stats = run.stop()["stats"][-1]
    assert stats["drop_bad_tcp_checksum"] == sum(len(f) > 1000 for _, f, _ in bad) > 0, stats


e2e.main()
