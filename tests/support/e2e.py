"""What the tests that run the program share: starting weir, reading its records, telling results.

A test file is called as `test_x.py WEIR SOURCE_ROOT`, holds functions `test_*(weir)` and ends with
`e2e.main()`. Exit status: 0, 1 when a function failed, 77 when nothing could be run here.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
SKIP_STATUS = 77
TIMEOUT_S = float(os.environ.get("WEIR_TEST_TIMEOUT", "120"))


class Skip(Exception):
    """Raised with the reason when something that a test needs is not here."""


class Run:
    """What one run gave."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def by_type(self):
        kinds = collections.defaultdict(list)
        for record in self.records:
            kinds[kind_of(record)].append(record)
        return kinds

    @property
    def err_lines(self):
        return [line for line in self.err.decode(errors="replace").splitlines() if line.strip()]


class Weir:
    """The program under test, always with the shipped rules."""

    def __init__(self, binary, root):
        self.binary, self.root = pathlib.Path(binary).resolve(), pathlib.Path(root).resolve()
        self.demo = self.root / "tests" / "golden" / "demo" / "input.pcap"

    def command(self, *args):
        return subprocess.run([str(self.binary), *map(str, args)], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=TIMEOUT_S, env=environment())

    def run(self, *args):
        done = self.command(*args)
        return Run(done.returncode, done.stdout, done.stderr)

    def replay(self, *args, rules=None):
        return self.run("replay", "--rules", rules or self.root / "rules", *args)

    def good_replay(self, *args, rules=None):
        run = self.replay(*args, rules=rules)
        assert run.status == 0, f"replay ended with {run.status}: {run.err_lines[-3:]}"
        return run


def until(what, seconds, why):
    """Waits for what() to hold; why() says what stands instead."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds} s: {why()}"
        time.sleep(0.1)


def environment():
    """Leaks at exit are of no interest here: a program that ends gives all back at once."""
    env = dict(os.environ)
    env["ASAN_OPTIONS"] = ":".join(filter(None, [env.get("ASAN_OPTIONS"), "detect_leaks=0"]))
    return env


def kind_of(record):
    return record["schema"].split("/")[0].removeprefix("weir.")


def record_types(weir):
    """The types that this weir makes, stats excepted: they hold figures of the run, not of traffic."""
    run = weir.good_replay("--records", "all", weir.demo)
    return sorted({kind_of(r) for r in run.records} - {"stats"})


def without_stats(weir):
    return ["--records", ",".join(record_types(weir))]


def ledger(stats):
    """(received, accounted for) from a stats record."""
    drops = sum(v for k, v in stats.items() if k.startswith("drop_"))
    return stats["rx_packets"], stats["used_packets"] + stats["held_packets"] + drops


def work_folder():
    """A folder that goes away with the process."""
    folder = tempfile.TemporaryDirectory(prefix="weir-test-")
    work_folder.kept.append(folder)
    return pathlib.Path(folder.name)


work_folder.kept = []


def pcap_writer():
    import pcap_writer as module
    return module


def main():
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} WEIR SOURCE_ROOT [TEST...]")
    weir, names = Weir(sys.argv[1], sys.argv[2]), sys.argv[3:]
    if not os.access(weir.binary, os.X_OK):
        sys.exit(f"{weir.binary}: no program")
    tests = {k: v for k, v in vars(sys.modules["__main__"]).items() if k.startswith("test_")}
    failed, skipped = 0, []
    for name, test in tests.items():
        if names and name not in names:
            continue
        try:
            test(weir)
            print(f"ok      {name}", flush=True)
        except Skip as reason:
            skipped.append(str(reason))
            print(f"skipped {name}: {reason}", flush=True)
        except AssertionError as wrong:
            failed += 1
            line = traceback.extract_tb(wrong.__traceback__)[-1]
            print(f"FAILED  {name}, line {line.lineno}: {wrong or line.line}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc(limit=-4)}", flush=True)
    if failed:
        sys.exit(1)
    sys.exit(SKIP_STATUS if skipped and len(skipped) == len(names or tests) else 0)
