#!/usr/bin/env python3
"""On the drivers of network cards that QEMU emulates: the records are those of a replay."""
import collections
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402
import pcap_writer as w  # noqa: E402
from live import frames_of, without_times  # noqa: E402

LAB_S = 190


def is_answer(frame):
    """Of DNS, maybe; whatever it is wrapped in."""
    return any(frame[at + 9] == 17 and frame[at + 20:at + 22] == b"\0\x35"
               for at in range(14, len(frame) - 28) if frame[at] == 0x45)


def capture(weir):
    """The demo (calls of models, findings, DNS, TLS) and a mix of tunnels, VLANs and swapped
    segments, in frames that a card takes, at the times at which they will be sent. Without losses: what
    comes behind a hole depends on time. Behind an answer of DNS is time for its queue to be read: one
    that has the time of a later frame does not name what that asks for."""
    mixed = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=21, conversations=60, losses=False)
    both = w.Capture(mixed_capture.START_US)
    for _, frame in frames_of(weir.demo) + frames_of(mixed):
        assert 60 <= len(frame) <= 1518
        both.add(frame)
        both.wait(300_000 if is_answer(frame) else 2000)
    both.save(mixed.with_name("both.pcap"))
    return mixed.with_name("both.pcap")


def jumbo_capture(weir):
    cap = w.Capture(mixed_capture.START_US)
    for n in range(8):
        tcp = w.Tcp(cap, f"192.0.2.{n + 1}", 40000 + n, "192.0.2.200", 8080, mss=8900)
        tcp.open()
        tcp.send(w.ORIG, w.http_request("POST", f"/{n}", "big.example", b"x" * (30000 + n)))
        tcp.send(w.RESP, w.http_response("200 OK", b"y" * (40000 + n)))
        tcp.close()
    cap.packets = [(mixed_capture.START_US + 2000 * n, frame, size) for n, (_, frame, size) in enumerate(cap.packets)]
    path = e2e.work_folder() / "jumbo.pcap"
    cap.save(path)
    return path


def compared(records):
    """
    Without their times. Of findings the sum, and not what one says of the first of many: a window may end in the
    middle of a live run, and of frames with one time, as those of a burst, any may be the first.
    """
    same, found = collections.Counter(), collections.Counter()
    for r in records:
        if e2e.kind_of(r) == "finding":
            of_window = ("count", "distinct_values", "reason", "sample_masked", "where", "field",
                         "community_id", "src_port")
            found[without_times({k: v for k, v in r.items() if k not in of_window})] += r["count"]
        elif e2e.kind_of(r) != "stats":
            same[without_times(r)] += 1
    return same + found


def through(weir, nic, *options, make_capture=capture, fewest=50):
    if b"libasan" in subprocess.run(["ldd", weir.binary], capture_output=True).stdout:
        raise e2e.Skip("a program with sanitizers is too slow for an emulated processor")
    path = make_capture(weir)
    log = path.with_name("console")
    lab = subprocess.run([weir.root / "scripts" / "nic-lab", nic, *options, "--weir", weir.binary,
                          "--log", log, path], stdin=subprocess.DEVNULL, capture_output=True, timeout=LAB_S)
    said = lab.stderr.decode(errors="replace").strip()
    if lab.returncode == e2e.SKIP_STATUS:
        raise e2e.Skip(said.split("\n")[-1])
    console = log.read_text()
    assert lab.returncode == 0, (lab.returncode, said, console[-800:])
    records = [json.loads(line) for line in lab.stdout.splitlines()]
    stats = [r for r in records if e2e.kind_of(r) == "stats"][-1]
    replayed = weir.good_replay(*e2e.without_stats(weir), path).records
    live, want = compared(records), compared(replayed)
    assert sum(want.values()) >= fewest
    assert live == want, (f"{sum((want - live).values())} records missing, such as {list(want - live)[:1]}; "
                          f"{sum((live - want).values())} more, such as {list(live - want)[:1]}")
    received, accounted = e2e.ledger(stats)
    assert received == accounted == len(frames_of(path)), stats
    for loss in ("nic_missed", "nic_nombuf", "nic_errors", "held_packets"):
        assert stats[loss] == 0, (loss, stats[loss])
    assert "vfio-pci" in console
    return stats, console


def test_e1000e(weir):
    through(weir, "e1000e")


def test_jumbo_frames_from_another_node(weir):
    """Frames that need several buffers; and the card hangs on a memory node without processors."""
    _, console = through(weir, "e1000e", "--mtu", "9000", "--far", make_capture=jumbo_capture, fewest=16)
    assert "is on memory node 1, and 2 of 2 workers are on others" in console


def test_vmxnet3(weir):
    through(weir, "vmxnet3")


def test_virtio_with_four_queues(weir):
    """Frames come by all four, and the key that the device took is symmetric."""
    stats, console = through(weir, "virtio")
    assert stats["port_0_queues_used"] == 4, stats
    assert "4 queues, both directions of a flow hash alike" in console


e2e.main()
