#!/usr/bin/env python3
"""Every frame has one fate, and every count agrees with a count made by other means."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402


def stats_of(weir, path, *args):
    return weir.good_replay("--records", "stats", *args, path).records[-1]


def packets_in(path):
    import struct
    data, at, nr, size = path.read_bytes(), 24, 0, 0
    while at < len(data):
        caplen, length = struct.unpack_from("<II", data, at + 8)
        at, nr, size = at + 16 + caplen, nr + 1, size + length
    return nr, size


def test_demo(weir):
    stats = stats_of(weir, weir.demo)
    received, accounted = e2e.ledger(stats)
    assert (received, stats["rx_bytes"]) == packets_in(weir.demo)
    assert received == accounted and stats["held_packets"] == 0


def test_any_number_of_workers(weir):
    path = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=7)
    for workers in (1, 2, 4):
        received, accounted = e2e.ledger(stats_of(weir, path, "--workers", workers))
        assert received == accounted == packets_in(path)[0], (workers, received, accounted)


def test_odd_frames(weir):
    """Frames that are not IP, cut short or impossible are dropped with a reason."""
    w = e2e.pcap_writer()
    cap = w.Capture()
    cap.add(b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + b"\0" * 46)                 # ARP
    cap.add(b"\x02" * 12 + b"\x08\x00" + b"\x45")                                 # cut inside IP
    cap.add(b"\x02" * 12 + b"\x08\x00" + b"\x41" + b"\0" * 45)                    # header length 4
    good = w.PLAIN.frame("10.0.0.1", "10.0.0.2", w.udp("10.0.0.1", 9, "10.0.0.2", 9, b"x" * 30))
    cap.add(good)
    cap.add(good[:40], wire_len=len(good))                                        # snapped
    cap.add(b"")
    path = e2e.work_folder() / "odd.pcap"
    cap.save(path)
    stats = stats_of(weir, path)
    received, accounted = e2e.ledger(stats)
    assert received == accounted == 6, stats
    assert stats["used_packets"] in (1, 2), stats["used_packets"]


def test_without_inspection(weir):
    """flow.inspect = false: the same flows, streams and frames, nothing of what is in them, and all of it counted so."""
    path = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=9)
    digests = ("--records", "all", "--set", "records.stream_sha256=true")
    want = weir.good_replay(*digests, path).by_type()
    for workers in (1, 3):
        kinds = weir.good_replay(*digests, "--set", "flow.inspect=false", "--workers", workers, path).by_type()
        assert set(kinds) == {"flow", "stats"}, set(kinds)
        stats = kinds["stats"][-1]
        received, accounted = e2e.ledger(stats)
        assert received == accounted == packets_in(path)[0]
        assert stats["not_inspected_off_bytes"] == stats["delivered_bytes"] == want["stats"][-1]["delivered_bytes"] > 0
        assert stats["inspected_bytes"] == 0 and stats["scan_bytes"] == 0
        same = ("flow_uid", "time", "src_packets", "dst_bytes", "end_reason", "src_stream_sha256", "dst_stream_sha256")
        pick = lambda flows: sorted([str(f.get(k)) for k in same] for f in flows)
        assert pick(kinds["flow"]) == pick(want["flow"])
        assert not any("inspected_bytes" in f or "not_inspected" in f for f in kinds["flow"])


def test_flow_packets_add_up(weir):
    """The flows' packets are the frames that were used."""
    run = weir.good_replay("--records", "flow,stats", weir.demo)
    kinds = run.by_type()
    packets = sum(f.get("src_packets", 0) + f.get("dst_packets", 0) for f in kinds["flow"])
    assert packets == kinds["stats"][-1]["used_packets"], (packets, kinds["stats"][-1])


def test_parts_add_up(weir):
    """What a long flow counts in its parts is what it counts in one; a part has the classes that were found in it."""
    w = e2e.pcap_writer()
    cap = w.Capture()
    tcp = w.Tcp(cap, "10.1.0.5", 40000, "10.1.0.9", 8080)
    tcp.open()
    for turn in range(4):
        mail = b'{"reply_to":"ann.smith@mail.example.net"}' if turn == 2 else b'{"id":7}'
        tcp.send(w.ORIG, w.http_request("POST", "/v1/orders", "shop.example", mail), lose=(0,) if turn == 1 else ())
        tcp.send(w.RESP, w.http_response(200, b"{}"))
        cap.wait(4_000_000)
    tcp.close()
    path = e2e.work_folder() / "parts.pcap"
    cap.save(path)
    flows = lambda *args: weir.good_replay("--records", "flow", *args, path).records
    (whole,), parts = flows(), flows("--set", "flow.active_s=3")
    assert len(parts) > 3 and whole["findings"] == 1 and whole["not_inspected"], (parts, whole)
    for field in ("src_packets", "dst_bytes", "src_missed_bytes", "inspected_bytes", "findings"):
        assert sum(p.get(field, 0) for p in parts) == whole[field], (field, [p.get(field) for p in parts])
    skipped = lambda flow: sum(int(s.split(":")[1]) for s in flow.get("not_inspected", ()))
    assert sum(map(skipped, parts)) == skipped(whole)
    assert [p.get("data_types") for p in parts if "findings" in p] == [whole["data_types"]]
    assert sum("data_types" in p for p in parts) == 1


def test_summary_says_the_same(weir):
    run = weir.good_replay("--records", "stats", weir.demo)
    figures = re.search(rb"weir: (\d+) received = (\d+) used \+ (\d+) held \+ (\d+) dropped", run.err)
    assert figures, run.err_lines
    received, used, held, dropped = map(int, figures.groups())
    assert received == used + held + dropped
    assert received == run.records[-1]["rx_packets"] and used == run.records[-1]["used_packets"]


def test_no_file_but_an_empty_capture(weir):
    path = e2e.work_folder() / "none.pcap"
    e2e.pcap_writer().Capture().save(path)
    assert e2e.ledger(stats_of(weir, path)) == (0, 0)


e2e.main()
