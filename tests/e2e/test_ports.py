#!/usr/bin/env python3
"""Ports: what cannot start says why, what comes is counted once, what is lost is counted too."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402
import pcap_writer as w  # noqa: E402
from live import Wire, frames_of, ip_tool, live  # noqa: E402


def refused(weir, ports, *words, status=1):
    """One line with these words, and the end."""
    conf = e2e.work_folder() / "weir.conf"
    conf.write_text(f'output = "/dev/null";\nports = ( {ports} );\n')
    run = weir.run("run", "-c", conf)
    lines = [line for line in run.err_lines if line.startswith("weir: ports:")]
    assert run.status == status and run.out == b"", (run.status, run.err_lines)
    assert len(lines) == 1 and all(word in lines[0] for word in words), (words, run.err_lines)


def test_what_cannot_start(weir):
    demo = weir.demo
    refused(weir, "", "none configured", status=2)
    refused(weir, '{ device = "eth1"; }', '"eth1"', "must be iface:IF", status=2)
    refused(weir, '{ device = "pcap:/nowhere.pcap"; }', "/nowhere.pcap", "no such device")
    refused(weir, '{ device = "iface:weirnone0"; }', "weirnone0", "no such device")
    refused(weir, '{ device = "net_nothing0"; }', "net_nothing0", "no such device")
    refused(weir, '{ device = "pci:0000:7f:1e.7"; }', "0000:7f:1e.7", "no such device")
    refused(weir, f'{{ device = "pcap:{demo}"; queues = 3; }}', "queues = 3", "can do 1")
    refused(weir, f'{{ device = "net_pcap0,rx_pcap={demo},rx_pcap={demo}"; }}', "queues = 1", "must be 2")
    refused(weir, f'{{ device = "pcap:{demo}"; filter = "tcp prt 80"; }}', "filter", "syntax error", status=2)
    refused(weir, '{ device = "pci:0000:7f:1e.7"; queues = 16; }', "memory.mbufs = 16384", "at least 21845", status=2)
    refused(weir, '{ device = "net_null0"; }, { device = "net_null0,size=64"; }', "twice", status=2)
    # The good port beside it does not make up for the bad one.
    refused(weir, f'{{ device = "pcap:{demo}"; }}, {{ device = "pcap:/nowhere.pcap"; }}', "/nowhere.pcap")


def test_check_says_the_same(weir):
    """What can be told without the devices, weir check tells."""
    conf = e2e.work_folder() / "weir.conf"
    good = '{ device = "iface:weirnone0"; filter = "not arp"; }'
    for ports, words in ((good, None), ('{ device = "eth1"; }', "must be iface:IF"),
                         ('{ device = "net_null0"; filter = "host ("; }', "pcap-filter"),
                         (f"{good}, {good}", "twice")):
        conf.write_text(f"ports = ( {ports} );\n")
        run = weir.run("check", "-c", conf)
        assert run.status == (1 if words else 0), (ports, run.status, run.err_lines)
        assert words is None or [words in line for line in run.err_lines] == [True], run.err_lines


def check_ledger(stats):
    received, accounted = e2e.ledger(stats)
    assert received == accounted, (received, accounted)
    assert stats["held_packets"] == 0
    ports = [v for k, v in stats.items() if re.fullmatch(r"port_\d+_rx_packets", k)]
    assert sum(ports) == received, (ports, received)


def test_capture_as_a_port(weir):
    """Packet time is the capture's, so the records are those of a replay."""
    path = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=3)
    frames = frames_of(path)
    with live(weir, [f'device = "pcap:{path}"; tap = "file";']) as run:
        run.wait_for("rx_packets", len(frames))
        kinds = run.stop()
    stats = kinds["stats"][-1]
    check_ledger(stats)
    assert stats["port_0_rx_packets"] == len(frames)
    assert stats["port_0_rx_bytes"] == stats["rx_bytes"] == sum(len(f) for _, f in frames)
    assert stats["port_0_link_up"] == stats["links_up"] == 1
    times = {t for t, _ in frames}
    assert all(f["start_time"] in times for f in kinds["flow"]) and kinds["flow"]
    assert all(r["tap"] == "file" for r in kinds["http"]) and kinds["http"]


def test_tap_is_named_after_the_device(weir):
    with live(weir, [f'device = "pcap:{weir.demo}";']) as run:
        run.wait_for("rx_packets", len(frames_of(weir.demo)))
        kinds = run.stop()
    assert {r["tap"] for r in kinds["flow"]} == {f"pcap:{weir.demo}"}


def selected(path, expression):
    """The capture of what tcpdump selects."""
    out = path.with_name("selected.pcap")
    try:
        subprocess.run(["tcpdump", "-nr", path, "-w", out, expression], capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as why:
        raise e2e.Skip(f"tcpdump: {why}")
    return out


def test_stop_under_full_load(weir):
    """A device that always has another frame ends as well, and its last frames are accounted for."""
    with live(weir, [f'device = "net_pcap0,rx_pcap={weir.demo},infinite_rx=1";'], **{"records.types": "stats"}) as run:
        run.wait_for("rx_packets", 5000)
        stats = run.stop()["stats"][-1]
    received, accounted = e2e.ledger(stats)
    assert received == accounted >= 5000 and stats["held_packets"] == 0, stats


def test_filter(weir):
    """What tcpdump selects is used, the rest is drop_filtered, port by port."""
    path = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=5)
    nr = len(frames_of(path))
    for expression in ("udp port 4789", "vlan", "not tcp[tcpflags] & tcp-syn != 0", "greater 500"):
        chosen = len(frames_of(selected(path, expression)))
        assert 0 < chosen < nr, (expression, chosen)
        with live(weir, [f'device = "pcap:{path}"; filter = "{expression}";', f'device = "pcap:{path}";']) as run:
            run.wait_for("rx_packets", 2 * nr)
            stats = run.stop()["stats"][-1]
        check_ledger(stats)
        assert stats["port_0_filtered"] == stats["drop_filtered"] == nr - chosen, (expression, stats["drop_filtered"])
        assert stats["port_1_filtered"] == 0


def udp_frame(n, size=200):
    return w.PLAIN.frame("192.0.2.1", "192.0.2.2", w.udp("192.0.2.1", 1000 + n % 60000, "192.0.2.2", 9, b"x" * size))


def test_interface(weir):
    """Two queues of AF_PACKET: each frame once, nothing unseen."""
    with Wire() as wire, live(weir, [f'device = "iface:{wire.names[0]}"; queues = 2;']) as run:
        for n in range(3000):
            wire.send(udp_frame(n))
        run.wait_for("rx_packets", 3000)
        kinds = run.stop()
    stats = kinds["stats"][-1]
    check_ledger(stats)
    assert stats["rx_packets"] == 3000 and stats["nic_unseen"] == 0, stats
    assert len(kinds["flow"]) == 3000
    for f in kinds["flow"]:
        assert f["src_packets"] == 1, f


def stop_all_threads(process):
    """The signal stops none at once: until it has, a worker goes on receiving."""
    process.send_signal(signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{process.pid}/task")
    while any(task.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "T" for task in tasks.iterdir()):
        time.sleep(0.01)


def test_what_the_kernel_dropped_is_unseen(weir):
    """A process that is stopped loses what does not fit its ring; two ports, only one of them."""
    with Wire(2) as wire:
        ports = [f'device = "iface:{name}"; descriptors = 64;' for name in wire.names]
        with live(weir, ports) as run:
            wire.send(udp_frame(0), 1)
            run.wait_for("rx_packets", 1)
            stop_all_threads(run.process)
            for n in range(1000):
                wire.send(udp_frame(n), 0)
            run.process.send_signal(signal.SIGCONT)
            run.wait_for("nic_unseen", 1)
            run.wait_until("counted by the interface only", 15)
            stats = run.stop()["stats"][-1]
            said = run.said()
    check_ledger(stats)
    assert 64 <= stats["port_0_rx_packets"] < 300, stats["port_0_rx_packets"]
    assert stats["port_0_rx_packets"] + stats["port_0_unseen"] == 1000, stats
    assert stats["port_1_unseen"] == 0 and stats["port_1_rx_packets"] == 1
    assert stats["nic_unseen"] == stats["port_0_unseen"]
    lines = [line for line in said.splitlines() if "frames lost or cut" in line]
    assert len(lines) == 1 and wire.names[0] in lines[0], lines


def test_what_the_interface_sends(weir):
    """Is received as well, and hides no loss."""
    with Wire() as wire, live(weir, [f'device = "iface:{wire.names[0]}"; descriptors = 64;']) as run:
        inside = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        inside.bind((wire.names[0], 0))
        for n in range(300):
            inside.send(udp_frame(n))
            time.sleep(0.0005)
        run.wait_for("rx_packets", 250)
        stop_all_threads(run.process)
        for n in range(500):
            wire.send(udp_frame(n))
        run.process.send_signal(signal.SIGCONT)
        run.wait_for("nic_unseen", 1)
        stats = run.stop()["stats"][-1]
        inside.close()
    check_ledger(stats)
    assert 0 < stats["nic_unseen"] < 800, stats
    assert stats["rx_packets"] + stats["nic_unseen"] == 800, stats


def test_long_frames(weir):
    """The interface's MTU is asked: jumbo frames are whole. A port told less cuts them, and says so."""
    with Wire(2, mtu=9000) as wire:
        ports = [f'device = "iface:{wire.names[0]}";', f'device = "iface:{wire.names[1]}"; mtu = 1500;']
        frames = [udp_frame(n, 8000) for n in range(200)]
        with live(weir, ports) as run:
            for frame in frames:
                wire.send(frame, 0)
                wire.send(frame, 1)
            run.wait_for("rx_packets", 400)
            stats = run.stop()["stats"][-1]
    check_ledger(stats)
    size = sum(map(len, frames))
    assert stats["port_0_rx_packets"] == stats["port_1_rx_packets"] == 200, stats
    assert stats["port_0_rx_bytes"] == size and stats["port_0_cut"] == 0, stats
    assert stats["port_1_rx_bytes"] == 200 * (2048 - 66) and stats["port_1_cut"] == 200, stats
    assert stats["nic_cut"] == 200 and stats["truncated_packets"] == 200, stats


def test_chained_frames(weir):
    """net_pcap chains buffers for what does not fit one."""
    cap = w.Capture()
    for n in range(50):
        w.send_udp(cap, "192.0.2.1", 1000 + n, "192.0.2.2", 9, b"y" * 30000)
    path = e2e.work_folder() / "long.pcap"
    cap.save(path)
    with live(weir, [f'device = "pcap:{path}";']) as run:
        run.wait_for("rx_packets", 50)
        stats = run.stop()["stats"][-1]
    check_ledger(stats)
    assert stats["rx_bytes"] == 50 * (30000 + 42) and stats["truncated_packets"] == 0, stats
    assert stats["payload_bytes"] == 50 * 30000, stats


def test_link_goes_and_comes(weir):
    with Wire() as wire, live(weir, [f'device = "iface:{wire.names[0]}";']) as run:
        run.wait_until("link up")
        ip_tool("link", "set", wire.names[0] + "p", "down")
        stats = run.wait_for("link_downs", 1)
        assert stats["link_downs"] == stats["port_0_link_downs"] == 1, stats
        run.wait_until("link down (1 times", 20)
        ip_tool("link", "set", wire.names[0] + "p", "up")
        run.wait_until("link up", 20, times=2)
        wire.send(udp_frame(1))
        run.wait_for("rx_packets", 1)
        stats = run.stop()["stats"][-1]
    assert stats["rx_packets"] == 1 and stats["port_0_link_up"] == 1 and stats["links_up"] == 1, stats


def test_af_xdp(weir):
    with Wire() as wire:
        try:
            started = live(weir, [f'device = "xdp:{wire.names[0]}";'])
            run = started.__enter__()
        except AssertionError as why:
            raise e2e.Skip(f"AF_XDP does not work here: {str(why)[-500:]}")
        try:
            for n in range(500):
                wire.send(udp_frame(n))
            run.wait_for("rx_packets", 500)
            stats = run.stop()["stats"][-1]
        finally:
            started.__exit__(None, None, None)
    check_ledger(stats)
    assert stats["rx_packets"] == 500 and stats["nic_unseen"] == 0, stats


e2e.main()
