#!/usr/bin/env python3
"""scripts/bind-nics on a made-up machine: what it lists, and which cards it must not take away."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402

ROUTE_HEAD = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
TCP_HEAD = "  sl  local_address rem_address   st tx_queue rx_queue\n"
# bond0 (eth0 in it): default route. eth1: 10.1.0.0/16. eth2: 10.1.2.0/24.
ROUTES = ROUTE_HEAD + """bond0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0
eth1 0000010A 00000000 0001 0 0 0 0000FFFF 0 0 0
eth2 0002010A 00000000 0001 0 0 0 00FFFFFF 0 0 0
"""
NO_ROUTE6 = "0" * 32 + " 00 " + "0" * 32 + " 00 " + "0" * 32 + " ffffffff 00000001 00000000 00200200 lo\n"
ROUTE6 = "0" * 32 + " 00 " + "0" * 32 + " 00 " + "fe80" + "0" * 27 + "1 00000400 00000001 00000000 00000003 eth3\n"


class Machine:
    def __init__(self):
        self.root = e2e.work_folder()
        self.sys, self.proc = self.root / "sys", self.root / "proc"
        (self.proc / "net").mkdir(parents=True)
        (self.sys / "bus/pci/devices").mkdir(parents=True)
        (self.sys / "bus/pci/drivers/vfio-pci").mkdir(parents=True)
        self.say("route", ROUTES)
        self.say("ipv6_route", NO_ROUTE6)
        self.say("tcp", TCP_HEAD)
        self.say("tcp6", TCP_HEAD)
        self.say("if_inet6", "")
        for n, name in enumerate(["eth0", "eth1", "eth2", "eth3"]):
            self.card(f"0000:3b:00.{n}", name, group=40 + n)
        self.card("0000:5e:00.0", None, driver="vfio-pci", group=50)
        self.card("0000:5e:00.1", "eth5", driver="mlx5_core", group=51)
        self.card("0000:5e:00.2", "eth6", group=None)
        self.card("0000:00:1f.0", None, kind="0x060100")
        bond = self.sys / "class/net/bond0"
        bond.mkdir(parents=True)
        (self.sys / "class/net/eth0/upper_bond0").symlink_to(bond)

    def say(self, what, text):
        (self.proc / "net" / what).write_text(text)

    def card(self, address, name, driver="ixgbe", group=None, kind="0x020000"):
        device = self.sys / "bus/pci/devices" / address
        device.mkdir()
        for what, value in (("class", kind), ("vendor", "0x8086"), ("device", "0x10fb"),
                            ("numa_node", "1"), ("driver_override", "(null)")):
            (device / what).write_text(value + "\n")
        drivers = self.sys / "bus/pci/drivers" / driver
        drivers.mkdir(exist_ok=True)
        (device / "driver").symlink_to(drivers)
        if group is not None:
            folder = self.sys / "kernel/iommu_groups" / str(group) / "devices"
            folder.mkdir(parents=True)
            (folder / address).symlink_to(device)
            (device / "iommu_group").symlink_to(folder.parent)
        if name:
            net = self.sys / "class/net" / name
            net.mkdir(parents=True)
            (net / "carrier").write_text("1\n")
            (net / "speed").write_text("10000\n")
            (device / "net" / name).mkdir(parents=True)

    def call(self, weir, *args, shell=("sh",), **environment):
        env = {"PATH": os.environ["PATH"], "WEIR_SYSFS": str(self.sys), "WEIR_PROC": str(self.proc), **environment}
        return subprocess.run([*shell, str(weir.root / "scripts" / "bind-nics"), *args], env=env,
                              capture_output=True, text=True, timeout=20)

    def override(self, address):
        return (self.sys / "bus/pci/devices" / address / "driver_override").read_text().strip()


def shells():
    yield ("sh",)
    if shutil.which("busybox"):
        yield ("busybox", "sh")


def test_list(weir):
    for shell in shells():
        done = Machine().call(weir, shell=shell)
        lines = [line.split() for line in done.stdout.splitlines()]
        assert done.returncode == 0 and len(lines) == 8, done
        assert lines[1] == ["0000:3b:00.0", "8086:10fb", "1", "40", "ixgbe", "up,10000Mb/s", "eth0"], lines
        assert lines[5] == ["0000:5e:00.0", "8086:10fb", "1", "50", "vfio-pci", "-", "-"], lines
        assert lines[7][3] == "-", lines


def refused(weir, machine, address, *words, **environment):
    for shell in shells():
        done = machine.call(weir, "bind", address, shell=shell, **environment)
        assert done.returncode == 1 and all(word in done.stderr for word in words), (address, done)
        assert len(done.stderr.splitlines()) == 1, done
        assert machine.override(f"0000:{address[-7:]}") == "(null)", address


def taken(weir, machine, *args, **environment):
    """The made-up driver cannot take the card, but it is offered to it."""
    address = args[-1]
    done = machine.call(weir, "bind", *args, **environment)
    assert machine.override(address) == "vfio-pci" and "did not take it" in done.stderr, done
    assert (machine.sys / "bus/pci/drivers_probe").read_text().strip() == address
    assert (machine.sys / "bus/pci/drivers/ixgbe/unbind").read_text().strip() == address


def test_default_route(weir):
    machine = Machine()
    refused(weir, machine, "0000:3b:00.0", "default route", "bond0")
    refused(weir, machine, "3b:00.0", "default route")
    machine.say("ipv6_route", NO_ROUTE6 + ROUTE6)
    refused(weir, machine, "0000:3b:00.3", "default route", "eth3")
    taken(weir, machine, "--force", "0000:3b:00.0")


def test_ssh_session(weir):
    """By SSH_CONNECTION, and, as sudo takes that away, by connections to port 22."""
    refused(weir, Machine(), "0000:3b:00.2", "ssh", "eth2", SSH_CONNECTION="10.1.2.9 50000 10.1.2.1 22")
    refused(weir, Machine(), "0000:3b:00.1", "ssh", "eth1", SSH_CONNECTION="10.1.3.9 50000 10.1.3.1 22")
    taken(weir, Machine(), "0000:3b:00.1", SSH_CONNECTION="10.1.2.9 50000 10.1.2.1 22")
    machine = Machine()
    machine.say("tcp", TCP_HEAD + "   0: 0102010A:0016 0902010A:C350 01 0:0 00:00\n")
    refused(weir, machine, "0000:3b:00.2", "ssh", "eth2")
    taken(weir, machine, "0000:3b:00.1")
    machine = Machine()  # listening, or another port, is no session
    machine.say("tcp", TCP_HEAD + "   0: 0102010A:0016 00000000:0000 0A 0:0 00:00\n"
                                  "   1: 0102010A:01BB 0902010A:C350 01 0:0 00:00\n")
    taken(weir, machine, "0000:3b:00.2")
    machine = Machine()  # an IPv4 client of a socket for both
    mapped = "0000000000000000FFFF0000"
    machine.say("tcp6", TCP_HEAD + f"   0: {mapped}0102010A:0016 {mapped}0902010A:C350 01 0:0 00:00\n")
    refused(weir, machine, "0000:3b:00.2", "ssh", "eth2")
    machine = Machine()
    machine.say("if_inet6", "fe80" + "0" * 27 + "1 05 40 20 80 eth2\n20010db8" + "0" * 23 + "1 06 40 00 80 eth3\n")
    refused(weir, machine, "0000:3b:00.3", "ssh", "eth3", SSH_CONNECTION="2001:db8::9 50000 2001:db8::1 22")
    taken(weir, machine, "0000:3b:00.2", SSH_CONNECTION="2001:db8::9 50000 2001:db8::1 22")


def test_what_cannot_be(weir):
    machine = Machine()
    assert machine.call(weir, "bind", "0000:00:1f.0").stderr.count("is no network card") == 1
    assert machine.call(weir, "bind", "0000:00:00.7").stderr.count("no such PCI device") == 1
    refused(weir, machine, "0000:5e:00.1", "beside the kernel's")
    refused(weir, machine, "0000:5e:00.2", "IOMMU", "intel_iommu=on")
    assert machine.call(weir, "bind").returncode == machine.call(weir, "nonsense").returncode == 2
    done = machine.call(weir, "bind", "0000:5e:00.0")
    assert done.returncode == 0 and "is with vfio-pci" in done.stdout, done
    (machine.sys / "bus/pci/drivers/vfio-pci").rename(machine.sys / "gone")
    refused(weir, machine, "0000:3b:00.1", "vfio-pci is not loaded")


def test_one_bad_card_binds_none(weir):
    machine = Machine()
    done = machine.call(weir, "bind", "0000:3b:00.1", "0000:3b:00.0")
    assert done.returncode == 1 and machine.override("0000:3b:00.1") == "(null)", done


def test_group_is_told(weir):
    """Another card of the same group that would stay with its driver."""
    machine = Machine()
    group = machine.sys / "kernel/iommu_groups/41/devices"
    (group / "0000:3b:00.3").symlink_to(machine.sys / "bus/pci/devices/0000:3b:00.3")
    done = machine.call(weir, "bind", "0000:3b:00.1")
    assert "0000:3b:00.3 (ixgbe) is in the same IOMMU group" in done.stderr, done
    done = machine.call(weir, "bind", "0000:3b:00.1", "0000:3b:00.3")
    assert "same IOMMU group" not in done.stderr, done


def test_back(weir):
    machine = Machine()
    done = machine.call(weir, "back", "0000:5e:00.0")
    assert done.returncode == 0 and machine.override("0000:5e:00.0") == "", done
    assert (machine.sys / "bus/pci/drivers/vfio-pci/unbind").read_text().strip() == "0000:5e:00.0"
    assert (machine.sys / "bus/pci/drivers_probe").read_text().strip() == "0000:5e:00.0"


e2e.main()
