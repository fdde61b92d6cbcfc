"""`weir run` under test: started, watched through its log and stats, ended; and virtual interfaces."""
import collections
import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

import e2e


class Live:
    """weir run with its output in a file, and tables that fit a test. ports: one group's text each; settings: by dotted name."""

    def __init__(self, weir, ports, rules=None, workers=2, **settings):
        folder = e2e.work_folder()
        self.out, self.err_path = folder / "records.jsonl", folder / "stderr"
        conf = folder / "weir.conf"
        conf.write_text(f"""
sensor = "lab";
workers = {workers};
rules = {{ dir = "{rules or weir.root / 'rules'}"; }};
output = "{self.out}";
stats = {{ interval_s = 1; }};
flow = {{ max = 8192; }};
http = {{ connections = 2048; transactions = 2048; }};
tls = {{ connections = 1024; buffers = 64; }};
dns = {{ flows = 2048; }};
llm = {{ calls = 256; }};
scan = {{ streams = 2048; }};
decode = {{ deflate = 64; brotli = 4; zstd = 4; }};
metrics = {{ listen = ""; }};
log = {{ level = "notice"; }};
ports = ( {', '.join('{ ' + port + ' }' for port in ports)} );
""")
        sets = [arg for key, value in settings.items() for arg in ("--set", f"{key}={value}")]
        self.err = open(self.err_path, "wb")
        self.process = subprocess.Popen([weir.binary, "run", "-c", conf, *sets],
                                        stdin=subprocess.DEVNULL, stdout=self.err, stderr=self.err,
                                        env=e2e.environment())
        self.wait_until("running on")

    def said(self):
        return self.err_path.read_text(errors="replace")

    def still_running(self):
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.said()[-600:]}"

    def wait_until(self, text, seconds=60, times=1):
        until = time.monotonic() + seconds
        while self.said().count(text) < times:
            self.still_running()
            assert time.monotonic() < until, f"{text!r} was not said within {seconds} s: {self.said()[-600:]}"
            time.sleep(0.05)

    def stats(self):
        """The last stats record so far, or {}."""
        if not self.out.exists():
            return {}
        whole = self.out.read_bytes().rpartition(b"\n")[0]
        lines = [line for line in whole.splitlines() if b'"schema":"weir.stats/' in line]
        return json.loads(lines[-1]) if lines else {}

    def wait_for(self, name, value, seconds=30):
        """Until the counter is at least that; the last stats, whatever they say."""
        until = time.monotonic() + seconds
        while self.stats().get(name, -1) < value and time.monotonic() < until:
            self.still_running()
            time.sleep(0.1)
        return self.stats()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        assert status == 0, (status, self.said()[-600:])
        kinds = collections.defaultdict(list)
        for line in self.out.read_text().splitlines():
            record = json.loads(line)
            kinds[e2e.kind_of(record)].append(record)
        return kinds


@contextlib.contextmanager
def live(weir, ports, **options):
    """Ends the program also when the test fails."""
    run = Live(weir, ports, **options)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def frames_of(path):
    """The frames of a little-endian pcap file, with their times."""
    data, at, frames = pathlib.Path(path).read_bytes(), 24, []
    while at < len(data):
        sec, usec, caplen, _ = struct.unpack_from("<IIII", data, at)
        frames.append((sec * 1_000_000 + usec, data[at + 16:at + 16 + caplen]))
        at += 16 + caplen
    return frames


def ip_tool(*args, check=True):
    try:
        done = subprocess.run(["ip", *args], capture_output=True, text=True)
    except FileNotFoundError:
        raise e2e.Skip("ip is not installed: scripts/install-deps --for test")
    if check and done.returncode:
        raise e2e.Skip(f"ip {' '.join(args)}: {done.stderr.strip()}")
    return done


class Wire:
    """Virtual wires: what `send` sends into the n-th comes in at the interface `names[n]`."""

    def __init__(self, nr=1, queues=1, mtu=1500):
        if os.geteuid() != 0:
            raise e2e.Skip("needs root")
        # At most 15 bytes; no two tests at once share them.
        self.names = [f"ww{os.getpid() % 1_000_000}-{n}" for n in range(nr)]
        self.sockets = []
        self.queues, self.mtu = queues, mtu

    def __enter__(self):
        for name in self.names:
            ip_tool("link", "delete", name, check=False)
            shape = ["mtu", str(self.mtu), "numrxqueues", str(self.queues), "numtxqueues", str(self.queues)]
            ip_tool("link", "add", name, *shape, "type", "veth", "peer", "name", name + "p", *shape)
            for end in (name, name + "p"):
                pathlib.Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
                ip_tool("link", "set", end, "up")
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            s.bind((name + "p", 0))
            self.sockets.append(s)
        return self

    def __exit__(self, *_):
        for s in self.sockets:
            s.close()
        for name in self.names:
            ip_tool("link", "delete", name, check=False)

    def send(self, frame, n=0):
        self.sockets[n].send(frame)


# What depends on when a frame was received, and by whom.
TIMES = {"time", "event_id", "seq", "boot", "sensor", "tap", "start_time", "duration_us", "ttfb_us",
         "ttft_us", "flow_uid", "first_time", "last_time", "counted_since",
         # made of times
         "llm_stream_likely", "llm_streams", "request_bursts", "response_delays"}


def without_times(record):
    """As a text that can be counted."""
    return json.dumps({k: v for k, v in record.items() if k not in TIMES}, sort_keys=True)
