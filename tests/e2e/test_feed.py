#!/usr/bin/env python3
"""What a mirror does wrong shows in the figures of the feed and in each flow's record, and only there."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import feed_captures as feeds  # noqa: E402
import pcap_writer as w  # noqa: E402
from live import live  # noqa: E402

CONNECTIONS = 60


def seen(weir, packets, *args, workers=(1, 3)):
    """(stats, flows); the flows must not depend on the number of workers."""
    path = feeds.save(e2e.work_folder() / "feed.pcap", packets)
    told = set()
    for nr in workers:
        run = weir.good_replay("--records", "flow,stats", "--workers", nr, *args, path)
        flows = b"\n".join(line for line in run.out.splitlines() if b"weir.flow/" in line)
        told.add(flows)
    assert len(told) == 1, "flow records differ with the number of workers"
    kinds = run.by_type()
    stats = kinds["stats"][-1]
    received, accounted = e2e.ledger(stats)
    assert received == accounted == len(packets)
    assert len(kinds["flow"]) == CONNECTIONS
    return {k: v for k, v in stats.items() if k.startswith("feed_")}, kinds["flow"]


def clean(stats, *but):
    """Every fault but those named is absent."""
    for name in ("feed_duplicates", "feed_truncated", "feed_src_only", "feed_dst_only",
                 "feed_acked_unseen_bytes", "feed_vlan_split"):
        assert name in but or stats[name] == 0, (name, stats)


def test_sound(weir):
    packets = feeds.sound()
    stats, flows = seen(weir, packets)
    clean(stats)
    assert stats["feed_packets"] == len(packets)
    assert stats["feed_tcp_flows"] == stats["feed_two_way_flows"] == CONNECTIONS
    assert stats["feed_tcp_bytes"] == sum(f["src_payload_bytes"] + f["dst_payload_bytes"] for f in flows)
    for flow in flows:
        assert not [k for k in flow if k.startswith("feed_") or k in ("duplicates", "one_sided")], flow


def test_one_direction_missing(weir):
    stats, flows = seen(weir, feeds.one_direction_missing())
    clean(stats, "feed_src_only")
    assert stats["feed_src_only"] == stats["feed_tcp_flows"] == CONNECTIONS and stats["feed_two_way_flows"] == 0
    whole = {f["flow_uid"]: f for f in seen(weir, feeds.sound())[1]}
    for flow in flows:
        assert flow["one_sided"] and flow["feed_missing"] == "dst", flow
        # What it acknowledged after its first acknowledgement, which took up the handshake.
        sent = whole[flow["flow_uid"]]["dst_payload_bytes"]
        assert sent <= flow["feed_acked_unseen_bytes"] <= sent + 1, (sent, flow)


def test_asymmetric(weir):
    stats, flows = seen(weir, feeds.asymmetric())
    clean(stats, "feed_src_only")
    missing = [f for f in flows if "feed_missing" in f]
    assert 10 < len(missing) == stats["feed_src_only"] < CONNECTIONS - 10
    assert {int(f["dst_ip"].split(".")[3]) % 3 for f in missing} == {0}


def test_twice(weir):
    packets = feeds.twice()
    stats, flows = seen(weir, packets)
    clean(stats, "feed_duplicates")
    assert stats["feed_duplicates"] * 2 == len(packets), stats
    for flow in flows:
        assert flow["duplicates"] * 2 == flow["src_packets"] + flow["dst_packets"], flow


def test_twice_and_thrown_away(weir):
    """With a policy the copies are drop_duplicate, and counted for flow and feed all the same."""
    packets = feeds.twice()
    stats, flows = seen(weir, packets, "--set", "dedup.policy=collapse")
    assert stats["feed_duplicates"] * 2 == stats["feed_packets"] == len(packets), stats
    for flow in flows:
        assert flow["duplicates"] == flow["src_packets"] + flow["dst_packets"], flow


def test_twice_late(weir):
    """A copy behind more than four others of its direction is not known any more; most are."""
    packets = feeds.twice_late()
    stats, _ = seen(weir, packets)
    assert 0.6 < stats["feed_duplicates"] * 2 / len(packets) <= 1, stats


def test_some_twice(weir):
    packets = feeds.some_twice()
    stats, _ = seen(weir, packets)
    clean(stats, "feed_duplicates")
    assert stats["feed_duplicates"] == len(packets) - len(feeds.sound())


def test_sent_again_is_no_copy(weir):
    packets = feeds.sent_again()
    stats, flows = seen(weir, packets)
    clean(stats)
    assert sum(f["retransmits"] for f in flows) == len(packets) - len(feeds.sound()) > 50


def test_oversubscribed(weir):
    whole, packets = feeds.sound(), feeds.oversubscribed()
    stats, flows = seen(weir, packets)
    clean(stats, "feed_acked_unseen_bytes")
    lost = sum(len(p[1]) - 54 for p in whole) - sum(len(p[1]) - 54 for p in packets)
    assert stats["feed_acked_unseen_bytes"] == lost > 5000, (stats, lost)
    assert sum(f.get("feed_acked_unseen_bytes", 0) for f in flows) == lost
    for flow in flows:
        missed = flow["src_missed_bytes"] + flow["dst_missed_bytes"]
        assert flow.get("feed_acked_unseen_bytes", 0) == missed, flow


def test_cut(weir):
    packets = feeds.cut()
    stats, flows = seen(weir, packets)
    nr = sum(len(frame) < size for _, frame, size, _ in packets)
    assert stats["feed_truncated"] == nr == sum(f.get("feed_truncated", 0) for f in flows) > 100
    assert stats["feed_duplicates"] == stats["feed_src_only"] == stats["feed_vlan_split"] == 0


def test_cut_to_headers(weir):
    stats, _ = seen(weir, feeds.cut(54))
    assert stats["feed_truncated"] > 100 and stats["feed_duplicates"] == 0, stats


def test_vlans(weir):
    stats, flows = seen(weir, feeds.vlan_each_way())
    clean(stats, "feed_vlan_split")
    assert stats["feed_vlan_split"] == CONNECTIONS and all(f["feed_vlan_split"] for f in flows)
    stats, flows = seen(weir, feeds.both_in_one_vlan())
    clean(stats)
    assert all("feed_vlan_split" not in f for f in flows)


def test_of_each_port(weir):
    """Two ports: what is wrong with one is told of that one."""
    folder = e2e.work_folder()
    good, bad = feeds.conversations(30, seed=3), [p for p in feeds.conversations(30, seed=4) if p[3] == w.ORIG]
    ports = [f'device = "pcap:{feeds.save(folder / name, packets)}"; domain = {n};'
             for n, (name, packets) in enumerate((("good.pcap", good), ("bad.pcap", bad)))]
    with live(weir, ports) as run:
        run.wait_for("rx_packets", len(good) + len(bad))
        stats = run.stop()["stats"][-1]
    assert stats["port_0_feed_packets"] == len(good) and stats["port_1_feed_packets"] == len(bad), stats
    assert stats["port_0_feed_src_only"] == 0 and stats["port_0_feed_two_way_flows"] == 30, stats
    assert stats["port_1_feed_src_only"] == 30 == stats["feed_src_only"] and stats["port_1_feed_two_way_flows"] == 0


e2e.main()
