#!/usr/bin/env python3
"""CPU of weir over CPU of Suricata: one capture, one list of rules in both languages, runs interleaved.

  against_suricata.py WEIR --rules DIR --their-rules FILE CAPTURE...

Both read the capture with one worker and write findings, or alerts, only. CPU is user and system time of
the whole process, less that of a run on a capture of one packet (start-up, loading rules); of several
rounds the fastest of each counts. Equal rules are the caller's business: which lines say the same.

  SURICATA        how to start it (default: suricata); the configuration is -c $SURICATA_CONF
  SURICATA_CONF   its configuration: one worker thread, no other output than wanted
  SURICATA_DIR    a folder that both see, when it runs elsewhere (a chroot): PATH_HERE:PATH_THERE
"""
import argparse
import os
import pathlib
import resource
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile


def cpu(argv):
    """Seconds of user and system time, also of what it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, argv[:3]))} ... ended with {done.returncode}: {done.stderr[-400:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_packet():
    """A UDP datagram in a pcap file."""
    udp = struct.pack(">HHHH", 40000, 9, 9, 0) + b"x"
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + udp
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("weir", type=pathlib.Path)
    p.add_argument("captures", type=pathlib.Path, nargs="+")
    p.add_argument("--rules", type=pathlib.Path, required=True, help="folder of weir's rule files")
    p.add_argument("--their-rules", type=pathlib.Path, required=True, help="the same for Suricata")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--max", type=float, help="the highest ratio that is good")
    args = p.parse_args()
    start = shlex.split(os.environ.get("SURICATA", "suricata"))
    conf = os.environ.get("SURICATA_CONF")
    if shutil.which(start[0]) is None or not conf:
        print("skipped: set SURICATA and SURICATA_CONF, see --help")
        sys.exit(77)
    here, _, there = os.environ.get("SURICATA_DIR", "").partition(":")
    with tempfile.TemporaryDirectory(dir=here or None) as folder:
        folder = pathlib.Path(folder)
        theirs = lambda path: str(path).replace(here, there, 1) if here else str(path)
        one = folder / "one.pcap"
        one.write_bytes(one_packet())
        shutil.copy(args.their_rules, folder / "their.rules")
        captures = [one]
        for capture in args.captures:
            captures.append(folder / capture.name if here else capture.resolve())
            if here:
                shutil.copy(capture, captures[-1])
        sides = {
            "weir": lambda c: [args.weir, "replay", "--rules", args.rules, "--workers", "1", "--records", "finding", "-q", c],
            "suricata": lambda c: [*start, "-c", conf, "-S", theirs(folder / "their.rules"), "-r", theirs(c), "-l",
                                   theirs(folder), "-k", "none"],
        }
        best = {}
        for _ in range(args.rounds):
            for c in captures:
                for side, argv in sides.items():
                    best[side, c] = min(cpu(argv(c)), best.get((side, c), 1e9))
        worst = 0
        for c in captures[1:]:
            mine, peer = (best[side, c] - best[side, one] for side in sides)
            worst = max(worst, mine / peer)
            print(f"{c.name}: weir {mine:.2f} s (start {best['weir', one]:.2f}), Suricata {peer:.2f} s "
                  f"(start {best['suricata', one]:.2f}), ratio {mine / peer:.3f}", flush=True)
    sys.exit(1 if args.max is not None and worst > args.max else 0)


main()
