#!/usr/bin/env python3
"""The same input gives the same bytes: twice, with any number of workers, from one file or two."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402
import pcap_writer as w  # noqa: E402


def captures(weir):
    folder = e2e.work_folder()
    return [weir.demo, mixed_capture.write(folder / "mixed.pcap", seed=11),
            mixed_capture.write(folder / "long.pcap", 12, 400, span_us=90_000_000)]


def differing_line(a, b):
    for nr, (x, y) in enumerate(zip(a.splitlines(), b.splitlines()), 1):
        if x != y:
            return f"line {nr}:\n  {x[:300]}\n  {y[:300]}"
    return f"{len(a.splitlines())} and {len(b.splitlines())} lines"


def same(weir, path, *variants):
    types = e2e.without_stats(weir)
    first = None
    for args in variants:
        out = weir.good_replay(*types, *args, path).out
        assert out, "no records"
        first = first or out
        assert out == first, f"{path.name} {args}: {differing_line(first, out)}"


def test_twice(weir):
    for path in captures(weir):
        same(weir, path, (), ())


def test_one_two_four_workers(weir):
    for path in captures(weir):
        same(weir, path, ("--workers", 1), ("--workers", 2), ("--workers", 4))


def test_watermark_is_kept(weir):
    """Flows end by FIN, by an unanswered SYN and by idleness, while others go on; paced, so that
    the publisher releases records in between."""
    folder = e2e.work_folder()
    cap = w.Capture(mixed_capture.START_US)
    for n in range(1000):
        tcp = w.Tcp(cap, f"10.20.0.{n % 250}", 20000 + n, "10.30.0.1", 8080)
        if n % 3:
            tcp.open()
        else:
            tcp.segment(w.ORIG, w.SYN)
        if n % 3 == 1:
            tcp.close()
        cap.wait(100_000)
    cap.save(folder / "ends.pcap")
    for path in captures(weir)[2:] + [folder / "ends.pcap"]:
        for workers in (1, 2):
            run = weir.good_replay("--workers", workers, "--records", "all", "--pace", 6000, path)
            stats = run.by_type()["stats"][-1]
            assert stats["merge_late"] == 0, f"{path.name}: {stats['merge_late']} late"


def test_one_file_or_two(weir):
    """Cut between packets, given as two files: one run all the same."""
    whole = weir.demo.read_bytes()
    at = 24
    while at < len(whole) // 2:
        at += 16 + struct.unpack_from("<I", whole, at + 8)[0]
    folder = e2e.work_folder()
    first, second = folder / "1.pcap", folder / "2.pcap"
    first.write_bytes(whole[:at])
    second.write_bytes(whole[:24] + whole[at:])
    types = e2e.without_stats(weir)
    one, two = weir.good_replay(*types, weir.demo).out, weir.good_replay(*types, first, second).out
    assert one == two, differing_line(one, two)


DOMAINS = ("--set", "domains.vlans=7=1")


def named(path):
    """Connections whose servers DNS named: in two networks of the same addresses, by IPv6, by an answer that came before
    its query, and one whose name has no address."""
    cap = w.Capture()
    other = w.Link(vlans=(7,))
    w.look_up(cap, "10.1.0.1", 40001, "10.1.0.53", 1, "one.example", ["192.0.2.1"])
    w.look_up(cap, "10.1.0.1", 40001, "10.1.0.53", 1, "other.example", ["192.0.2.1"], link=other)
    w.look_up(cap, "2001:db8::1", 40002, "2001:db8::53", 2, "six.example", ["2001:db8::3", "2001:db8::2"], "AAAA")
    w.send_udp(cap, "10.1.0.53", 53, "10.1.0.3", 40003, w.dns_answer(3, "early.example", ["192.0.2.3"]))
    cap.wait(900)
    w.send_udp(cap, "10.1.0.3", 40003, "10.1.0.53", 53, w.dns_query(3, "early.example"))
    w.look_up(cap, "10.1.0.4", 40004, "10.1.0.53", 4, "none.example", [])
    for client, server, link in (("10.1.0.1", "192.0.2.1", w.PLAIN), ("10.1.0.1", "192.0.2.1", other), ("2001:db8::1", "2001:db8::2", w.PLAIN),
                                 ("10.1.0.3", "192.0.2.3", w.PLAIN), ("10.1.0.4", "192.0.2.4", w.PLAIN)):
        tcp = w.Tcp(cap, client, 30001, server, 9000, link)
        tcp.open()
        tcp.send(w.ORIG, b"card=4111 1111 1111 1111\n")
        tcp.close()
    cap.save(path)
    return path


def test_choice_of_types_changes_nothing_else(weir):
    """--records leaves out; what remains are the same lines."""
    for path in weir.demo, named(e2e.work_folder() / "named.pcap"):
        everything = weir.good_replay(*e2e.without_stats(weir), *DOMAINS, path).by_type()
        for kind in everything:
            alone = weir.good_replay("--records", kind, *DOMAINS, path).records
            assert alone == everything[kind], kind
    servers = sorted(r["dst_identity"] for r in everything["finding"])
    assert servers == ["192.0.2.4", *(f"fqdn:{name}.example" for name in ("early", "one", "other", "six"))], servers


e2e.main()
