#!/usr/bin/env python3
"""Networks that use the same addresses: apart where domains are configured, one where they are not."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import feed_captures as feeds  # noqa: E402
import pcap_writer as w  # noqa: E402

NR = 40
CARD = "4111 1111 1111 1111"
BY_VLAN = ("--set", "domains.vlans=100-199 300=1,200=2")
BY_VNI = ("--set", "domains.vnis=5000-5999=1,6000=2")


def connection(n, tenant, link):
    """[(time, frame, wire length)] of one HTTP exchange; the tuple is the same for all tenants."""
    cap = w.Capture(1_700_000_000_000_000 + n * 900)
    tcp = w.Tcp(cap, f"10.0.{n}.1", 40000 + n, "10.9.9.9", 8080, link, isn=(7000 + tenant * 9_000_000, 5_000_000))
    tcp.open()
    body = f"card={CARD}&tenant={tenant}".encode() + b"&fill=" + b"x" * 3000
    tcp.send(w.ORIG, w.http_request("POST", f"/tenant-{tenant}/{n}", "shop", body))
    tcp.send(w.RESP, w.http_response("200 OK", b"tenant %d" % tenant * 300))
    tcp.close()
    return cap.packets


def capture(links):
    """The tenants' packets interleaved: tenant t by links[t], a link or two of them, one each way."""
    packets = []
    for n in range(NR):
        for tenant, link in enumerate(links):
            packets += connection(n, tenant, link)
    return sorted(packets, key=lambda p: p[0])


class TwoWays(w.Link):
    """Another link each way."""

    def __init__(self, there, back):
        super().__init__()
        self.ways = (there, back)

    def frame(self, src, dst, packet, backwards=False):
        return self.ways[backwards].frame(src, dst, packet, backwards)


def pieces(frame, ident, size=496):
    """The frame's IPv4 packet in fragments, each with the frame's tags."""
    at = 14
    while frame[at - 2:at] == b"\x81\0":
        at += 4
    packet = frame[at:]
    total = struct.unpack(">H", packet[2:4])[0]
    data = packet[20:total]
    if len(data) <= size:
        return [frame]
    out = []
    for start in range(0, len(data), size):
        part = data[start:start + size]
        more = 0x2000 if start + size < len(data) else 0
        head = packet[:2] + struct.pack(">HHH", 20 + len(part), ident, more | start // 8) + packet[8:10] + b"\0\0" + packet[12:20]
        out.append(frame[:at] + head + part)
    return out


def fragmented(packets):
    """The n-th packet of each tenant with the same id, and the fragments of both interleaved."""
    count, out = {}, []
    for at, frame, _ in packets:
        tag = frame[14:16]
        count[tag] = count.get(tag, 0) + 1
        out += [(at + i * 3, piece, len(piece)) for i, piece in enumerate(pieces(frame, count[tag] & 0xFFFF))]
    return sorted(out, key=lambda p: p[0])


def replayed(weir, packets, *args):
    """Records by type, the same for any number of workers."""
    path = feeds.save(e2e.work_folder() / "tenants.pcap", packets)
    told = {}
    for workers in (1, 3, 4):
        run = weir.good_replay("--records", "all", "--workers", workers, *args, path)
        kinds = run.by_type()
        received, accounted = e2e.ledger(kinds["stats"][-1])
        assert received == accounted == len(packets), kinds["stats"][-1]
        told[b"\n".join(line for line in run.out.splitlines() if b"weir.stats/" not in line)] = kinds
    assert len(told) == 1, "records differ with the number of workers"
    return next(iter(told.values()))


def check_apart(kinds, domains):
    """Each tenant's flows, requests and findings are whole, and its own."""
    assert len(kinds["flow"]) == len(kinds["http"]) == NR * len(domains)
    assert len({f["flow_uid"] for f in kinds["flow"]}) == NR * len(domains)
    assert len({f["community_id"] for f in kinds["flow"]}) == NR
    for tenant, domain in enumerate(domains):
        of = lambda kind: [r for r in kinds[kind] if r.get("domain", 0) == domain]
        assert len(of("flow")) == NR and len(of("http")) == NR
        assert {h["url_path"] for h in of("http")} == {f"/tenant-{tenant}/{n}" for n in range(NR)}
        assert not any(f.get("one_sided") or f["src_missed_bytes"] or f["dst_missed_bytes"] or "rejected" in f
                       or f["retransmits"] for f in of("flow")), of("flow")[0]
        cards = [f for f in of("finding") if f["rule_id"] == "pci.pan"]
        assert len(cards) == NR and all(f["count"] == 1 for f in cards), cards[:1]
    edges = [f["edge_id"] for f in kinds["finding"] if f["rule_id"] == "pci.pan"]
    assert len(set(edges)) == NR * len(domains)


def check_joined(kinds):
    """Without a configuration the tenants' tuples are one flow each, and nothing says domain."""
    assert not any("domain" in r for kind in kinds.values() for r in kind)
    assert len({f["community_id"] for f in kinds["flow"]}) == NR
    assert len(kinds["flow"]) < NR * 2 or any(f.get("rejected") for f in kinds["flow"])


def test_vlans(weir):
    packets = capture([w.Link(vlans=[110]), w.Link(vlans=[200])])
    check_apart(replayed(weir, packets, *BY_VLAN), (1, 2))
    check_joined(replayed(weir, packets))


def test_one_is_the_rest(weir):
    """What is not listed stays in the port's domain."""
    packets = capture([w.Link(), w.Link(vlans=[200])])
    check_apart(replayed(weir, packets, *BY_VLAN), (0, 2))


def test_vlan_each_way(weir):
    """Both directions of a tenant in tags of one domain meet."""
    packets = capture([TwoWays(w.Link(vlans=[110]), w.Link(vlans=[300])), w.Link(vlans=[200])])
    check_apart(replayed(weir, packets, *BY_VLAN), (1, 2))


def test_qinq(weir):
    """The provider's tag decides; the customers use each other's numbers within."""
    packets = capture([w.Link(vlans=[110, 200]), w.Link(vlans=[200, 110])])
    check_apart(replayed(weir, packets, *BY_VLAN), (1, 2))


def test_vnis(weir):
    packets = capture([w.Link(vni=5001), w.Link(vni=6000)])
    check_apart(replayed(weir, packets, *BY_VNI), (1, 2))
    check_joined(replayed(weir, packets))


def test_vni_within_vlan(weir):
    """The innermost layer that is listed has the last word."""
    packets = capture([w.Link(vlans=[200], vni=5001), w.Link(vlans=[110], vni=7777)])
    check_apart(replayed(weir, packets, *BY_VNI[:1], BY_VNI[1].replace("=2", "=4"), "--set", "domains.vlans=110=2,200=3"),
                (1, 2))


def test_fragments(weir):
    """The same addresses, protocol and id at the same time in two networks: no fragment is taken for another's."""
    packets = capture([w.Link(vlans=[110]), w.Link(vlans=[200])])
    parts = fragmented(packets)
    assert len(parts) > len(packets) * 3 // 2
    kinds = replayed(weir, parts, *BY_VLAN)
    check_apart(kinds, (1, 2))
    assert kinds["stats"][-1]["drop_fragment_overlap"] == 0
    check_joined(replayed(weir, parts))


def test_wrapped_fragments(weir):
    """Outer packets in pieces: the VNI is known only once they are whole."""
    packets = fragmented(capture([w.Link(vni=5001), w.Link(vni=6000, outer=("192.168.60.1", "192.168.60.2"))]))
    check_apart(replayed(weir, packets, *BY_VNI), (1, 2))


def test_names(weir):
    """What DNS told one tenant names nothing in the other's network."""
    cap = w.Capture()
    links = [w.Link(vlans=[110]), w.Link(vlans=[200])]
    w.look_up(cap, "10.0.0.5", 50001, "10.0.0.53", 7, "api.one.example", ["203.0.113.9"], link=links[0])
    for link in links:
        cap.wait(1000)
        w.send_udp(cap, "10.0.0.5", 5000, "203.0.113.9", 9999, b"hello", link)
    flows = [f for f in replayed(weir, cap.packets, *BY_VLAN)["flow"] if f["dst_port"] == 9999]
    assert sorted((f["domain"], f.get("server_name")) for f in flows) == [(1, "api.one.example"), (2, None)]


def test_doctor(weir):
    """One way in two domains, and two networks in one, each have their hint."""
    def doctor(packets, *args):
        path = feeds.save(e2e.work_folder() / "feed.pcap", packets)
        return weir.run("doctor", "--set", f"rules.dir={weir.root / 'rules'}", *args, path).out.decode()

    split = doctor(feeds.vlan_each_way(), "--set", "domains.vlans=110=1,120=2")
    assert "one way" in split and "both directions into one domain" in split, split
    whole = doctor(feeds.vlan_each_way(), "--set", "domains.vlans=110 120=1")
    assert "another VLAN each way" in whole and "BAD" not in whole, whole
    tenants = capture([w.Link(vlans=[110]), w.Link(vlans=[200])])
    assert "more than one VLAN in the same direction" in doctor(tenants)
    assert "more than one VLAN" not in doctor(tenants, *BY_VLAN)


def test_refused(weir):
    for setting, words in (("domains.vlans=4095=1", "must be numbers 1..4094"),
                           ("domains.vlans=7=1,7=2", "VLAN 7 is in domain 1 already"),
                           ("domains.vnis=5000", "must be ids and a domain")):
        run = weir.run("replay", "--set", setting, weir.demo)
        assert run.status == 2 and words in run.err.decode(), (run.status, run.err)


e2e.main()
