#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
from pcap_writer import ORIG, RESP, Capture, Link, Tcp  # noqa: E402
from pcap_writer import http_request, http_response  # noqa: E402

whole = Capture()


def connection(n, fault, ways=(Link(), Link())):
    """One exchange; fault changes its packets: (time, frame, wire length, side)."""
    cap, sides = Capture(1_700_000_000_000_000 + n * 100_000), []
    tcp = Tcp(cap, "10.1.0.1", 40000 + n, "10.1.0.2", 8080, mss=500)
    plain = tcp.segment

    def segment(side, *args, **options):
        tcp.link = ways[side]
        plain(side, *args, **options)
        sides.append(side)

    tcp.segment = segment
    tcp.open()
    tcp.send(ORIG, http_request("GET", f"/{n}", "shop.example"))
    tcp.send(RESP, http_response("200 OK", b"f" * 1200), lose=(1,) if fault == "lost" else ())
    tcp.close()
    for (at, frame, size), side in zip(cap.packets, sides):
        if fault == "one way" and side == RESP:
            continue
        whole.packets.append((at, frame[:200] if fault == "cut" else frame, size))
        if fault == "twice":
            whole.packets.append((at + 2, frame, size))


connection(0, "")
connection(1, "one way")
connection(2, "twice")
connection(3, "lost")
connection(4, "cut")
connection(5, "", (Link(vlans=[110]), Link(vlans=[120])))
whole.save(HERE / "input.pcap")
