#!/usr/bin/env python3
"""weir doctor: each fault of a mirror has its sentence, each fault of a machine too, and what to do."""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import feed_captures as feeds  # noqa: E402
import pcap_writer as w  # noqa: E402
from live import Wire, free_port, ip_tool, live  # noqa: E402


def told(run):
    """[(level, text)]; advice goes to the text before it."""
    out = []
    for line in run.out.decode().splitlines():
        if line.startswith("        -> "):
            out[-1] = (out[-1][0], out[-1][1] + " " + line.strip())
        elif line.startswith("  "):
            level, _, text = line.strip().partition(" ")
            out.append((level, text.strip()))
    return out


def feed_of(weir, packets, *args):
    path = feeds.save(e2e.work_folder() / "feed.pcap", packets)
    run = weir.run("doctor", "--set", f"rules.dir={weir.root / 'rules'}", *args, path)
    assert run.err == b"", run.err_lines
    return run.status, told(run)


def test_feeds(weir):
    """A capture of each kind: one sentence, the right one, and the status that goes with it."""
    for make, status, level, words in (
            (feeds.sound, 0, "ok", "none missing"),
            (feeds.one_direction_missing, 1, "BAD", "one direction of a TAP is missing"),
            (feeds.asymmetric, 1, "BAD", "asymmetric routing"),
            (feeds.twice, 1, "BAD", "every packet comes twice"),
            (feeds.some_twice, 1, "BAD", "between two mirrored ports"),
            (feeds.sent_again, 0, "ok", "none missing"),
            (feeds.oversubscribed, 1, "BAD", "oversubscribed"),
            (feeds.cut, 1, "BAD", "snaplen"),
            (lambda: feeds.cut(54), 1, "BAD", "snaplen"),
            (feeds.vlan_each_way, 0, "note", "another VLAN each way"),
            (feeds.both_in_one_vlan, 0, "ok", "none missing")):
        got = feed_of(weir, make())
        assert got[0] == status and len(got[1]) == 1, (make, got)
        assert got[1][0][0] == level and words in got[1][0][1], (make, got)
        assert level != "BAD" or "->" in got[1][0][1], got


def test_loss_of_any_size(weir):
    """Found from a thousandth on, and not where there is none; inside a tunnel as well."""
    tunnel = w.Link(vni=70)
    for share, seed in ((0.004, 1), (0.05, 2), (0.3, 3)):
        status, lines = feed_of(weir, feeds.oversubscribed(share, seed))
        assert status == 1 and "oversubscribed" in lines[0][1], (share, lines)
    status, lines = feed_of(weir, feeds.conversations(40, 9, link=tunnel))
    assert (status, lines[0][0]) == (0, "ok"), lines


def test_two_faults(weir):
    packets = feeds.twice()
    status, lines = feed_of(weir, [p for p in packets if p[3] == w.ORIG])
    assert status == 1 and len(lines) == 2, lines
    assert "twice" in lines[0][1] and "one direction" in lines[1][1], lines


def test_stats_and_running(weir):
    """The same verdict from the capture, from a stats record, from a running weir."""
    path = feeds.save(e2e.work_folder() / "feed.pcap", feeds.one_direction_missing())
    records = e2e.work_folder() / "records.jsonl"
    records.write_bytes(weir.good_replay("--records", "flow,stats", path).out)
    run = weir.run("doctor", "--stats", records)
    assert run.status == 1 and "one direction of a TAP" in told(run)[0][1], run.out
    port = free_port()
    with live(weir, [f'device = "pcap:{path}"; tap = "a b";', f'device = "pcap:{weir.demo}"; filter = "port 1";'],
              **{"metrics.listen": f"127.0.0.1:{port}", "flow.tcp_idle_s": 1}) as running:
        running.wait_for("feed_src_only", 60)
        for _ in range(50):
            run = weir.run("doctor", "--metrics", f"127.0.0.1:{port}")
            if b"one direction" in run.out:
                break
        assert run.status == 1, run.out
        assert [t for t in told(run) if "port 0: only packets of who opened" in t[1]], run.out
        running.stop()
    run = weir.run("doctor", "--metrics", f"127.0.0.1:{port}")
    assert run.status == 1 and "nobody answers" in told(run)[0][1], run.out


def test_silent_port(weir):
    records = e2e.work_folder() / "records.jsonl"
    records.write_text('{"schema":"weir.stats/1","rx_packets":5000,"feed_packets":5000,"port_0_rx_packets":5000,'
                       '"port_0_feed_packets":5000,"port_1_rx_packets":0}\n')
    run = weir.run("doctor", "--stats", records)
    assert run.status == 1 and "nothing came by port 1" in told(run)[0][1], run.out


GOOD = {
    "proc/cpuinfo": "".join(f"processor\t: {n}\nflags\t\t: fpu ssse3 sse4_2 avx2 constant_tsc nonstop_tsc\n\n" for n in range(8)),
    "proc/meminfo": "MemAvailable:   32000000 kB\nHugePages_Total:    1024\nHugePages_Free:     1024\nHugepagesize:       2048 kB\n",
    "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "1024\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
    "sys/fs/cgroup/memory.max": "max\n",
    "sys/kernel/iommu_groups/7/type": "DMA\n",
    "sys/bus/pci/drivers/vfio-pci/new_id": "",
    "sys/bus/pci/drivers/ixgbe/new_id": "",
    "sys/bus/pci/devices/0000:3b:00.0/numa_node": "0\n",
    "sys/bus/pci/devices/0000:3b:00.0/current_link_speed": "8.0 GT/s PCIe\n",
    "sys/bus/pci/devices/0000:3b:00.0/max_link_speed": "8.0 GT/s PCIe\n",
    "sys/bus/pci/devices/0000:3b:00.0/current_link_width": "8\n",
    "sys/bus/pci/devices/0000:3b:00.0/max_link_width": "8\n",
    "sys/bus/pci/devices/0000:3b:00.0/driver": ("link", "../../drivers/vfio-pci"),
    "sys/bus/pci/devices/0000:3b:00.0/iommu_group": ("link", "../../../../kernel/iommu_groups/7"),
    "dev/vfio/7": "",
    "sys/class/net/eth1/flags": "0x1103\n",
    "sys/class/net/eth1/carrier": "1\n",
    "sys/class/net/eth1/mtu": "9000\n",
}
CARD = "sys/bus/pci/devices/0000:3b:00.0"
PORTS = '{ device = "pci:0000:3b:00.0"; }, { device = "iface:eth1"; mtu = 9000; }'


def machine(weir, change=None, conf=""):
    """The verdict about a machine made of files: GOOD, with some of them changed (None: not there)."""
    root = e2e.work_folder()
    for name, content in {**GOOD, **(change or {})}.items():
        if content is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, tuple):
            path.symlink_to(content[1])
        else:
            path.write_text(content)
    config = root / "weir.conf"
    config.write_text(f"ports = ( {PORTS} );\n{conf}\n")
    run = weir.run("doctor", "-c", config, "--root", root)
    assert run.err == b"", run.err_lines
    return run.status, told(run)


def test_good_machine(weir):
    status, lines = machine(weir)
    assert status == 0 and {level for level, _ in lines} == {"ok"}, lines
    assert len(lines) == 8, lines


MACHINES = [
    ("BAD", "no SSE4.2", {"proc/cpuinfo": "processor : 0\nflags : fpu ssse3\n"}, ""),
    ("warn", "no AVX2", {"proc/cpuinfo": GOOD["proc/cpuinfo"].replace(" avx2", "")}, ""),
    ("warn", "8 workers and what publishes share 8 processors", {}, "workers = 8;"),
    ("warn", "governor powersave", {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n"}, ""),
    ("BAD", "the kernel uses hpet", {"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n"}, ""),
    ("warn", "does not promise", {"proc/cpuinfo": GOOD["proc/cpuinfo"].replace(" nonstop_tsc", "")}, ""),
    ("BAD", "100 MiB are available in this control group", {"sys/fs/cgroup/memory.max": "104857600\n"}, ""),
    ("BAD", "the settings take at least", {}, "workers = 4; flow = { max = 33554432; };"),
    ("warn", "weir runs in ordinary memory", {"sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "3\n"}, ""),
    ("BAD", "so weir does not start", {"sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "3\n"}, 'memory = { huge = "on"; };'),
    ("BAD", "vfio-pci cannot hand cards over", {"sys/kernel/iommu_groups/7/type": None}, ""),
    ("warn", "unsafe mode", {"sys/kernel/iommu_groups/7/type": None,
                             "sys/module/vfio/parameters/enable_unsafe_noiommu_mode": "Y\n"}, ""),
    ("BAD", "modprobe vfio-pci", {"sys/bus/pci/drivers/vfio-pci/new_id": None}, ""),
    ("BAD", "kernel's driver ixgbe", {CARD + "/driver": ("link", "../../drivers/ixgbe")}, ""),
    ("BAD", "has no driver", {CARD + "/driver": None}, ""),
    ("ok", "mlx5_core, which is shared", {CARD + "/driver": ("link", "../../drivers/mlx5_core")}, ""),
    ("BAD", "may not be opened", {"dev/vfio/7": None}, ""),
    ("BAD", "there is no card at 0000:3b:00.0", {name: None for name in GOOD if name.startswith(CARD)}, ""),
    ("warn", "x4 at 8.0 GT/s", {CARD + "/current_link_width": "4\n"}, ""),
    ("note", "numactl --cpunodebind=0", {"sys/devices/system/node/node0/cpulist": "0-3\n",
                                         "sys/devices/system/node/node1/cpulist": "4-7\n"}, ""),
    ("warn", "which has no processors", {"sys/devices/system/node/node0/cpulist": "\n",
                                         "sys/devices/system/node/node1/cpulist": "0-7\n"}, ""),
    ("warn", "node 0 has 2 MiB of free hugepages",
     {"sys/devices/system/node/node0/cpulist": "0-3\n", "sys/devices/system/node/node1/cpulist": "4-7\n",
      "sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages": "1\n"}, ""),
    ("BAD", "there is no interface eth1", {name: None for name in GOOD if "/net/" in name}, ""),
    ("BAD", "the interface is down", {"sys/class/net/eth1/flags": "0x1002\n"}, ""),
    ("BAD", "no link", {"sys/class/net/eth1/carrier": "0\n"}, ""),
    ("warn", "MTU is 1500, the port's 9000", {"sys/class/net/eth1/mtu": "1500\n"}, ""),
]


def test_machines(weir):
    for level, words, change, conf in MACHINES:
        status, lines = machine(weir, change, conf)
        found = [(how, text) for how, text in lines if words in text]
        assert found and found[0][0] == level, (words, lines)
        assert status == (1 if level == "BAD" else 0), (words, status, lines)
        assert level in ("ok", "note") or " -> " in found[0][1], found


def test_this_machine(weir):
    """Without anything: it tells something about each part, whatever this machine is."""
    run = weir.run("doctor", "--set", "metrics.listen=127.0.0.1:9")
    assert run.status in (0, 1) and run.err == b"", (run.status, run.err_lines)
    said = " ".join(text.split(":")[0] for _, text in told(run))
    for part in ("processor", "workers", "clock", "memory", "hugepages", "IOMMU", "feed"):
        assert part in said, said
    assert (run.status == 1) == any(level == "BAD" for level, _ in told(run))


def test_real_interface(weir):
    """An interface of this machine: its link and its offloads."""
    with Wire() as wire:
        name = wire.names[0]
        conf = e2e.work_folder() / "weir.conf"
        conf.write_text(f'ports = ( {{ device = "iface:{name}"; }}, {{ device = "iface:weirnone0"; }} );\nmetrics = {{ listen = ""; }};\n')

        def of_port(offload, state):
            if not shutil.which("ethtool"):
                raise e2e.Skip("ethtool is not installed: scripts/install-deps --for test")
            subprocess.run(["ethtool", "-K", name, offload, state], capture_output=True, check=True)
            return [t for t in told(weir.run("doctor", "-c", conf)) if f"iface:{name}" in t[1]]
        of_port("rxvlan", "off")
        assert [level for level, _ in of_port("gro", "off") if level != "ok"] == []
        with_gro = of_port("gro", "on")
        assert [t for t in with_gro if t[0] == "warn" and "offloads change what is received: gro:" in t[1]], with_gro
        of_port("gro", "off")
        ip_tool("link", "set", name + "p", "down")
        run = weir.run("doctor", "-c", conf)
        assert run.status == 1 and [t for t in told(run) if f"iface:{name}: the interface has no link" in t[1]], run.out
        assert [t for t in told(run) if "there is no interface weirnone0" in t[1]], run.out


def test_usage(weir):
    for args, status in ((["--nothing"], 2), (["--stats"], 2), (["--metrics", "there"], 2), (["-c", "/nowhere"], 2),
                         (["--stats", "/nowhere"], 1), (["/nowhere.pcap"], 1), (["--set", "x=1"], 2)):
        run = weir.run("doctor", *args)
        assert run.status == status and run.err_lines, (args, run.status, run.err_lines)
    empty = e2e.work_folder() / "empty"
    empty.write_text("")
    run = weir.run("doctor", "--stats", empty)
    assert run.status == 1 and "no stats record" in run.err_lines[0]
    assert weir.run("doctor", "--help").status == 0


e2e.main()
