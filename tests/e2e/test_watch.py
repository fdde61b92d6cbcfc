#!/usr/bin/env python3
"""Metrics and health of a running weir: valid for a parser, true, and no burden whoever asks and however."""
import contextlib
import ctypes
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
from live import Wire, frames_of, free_port, live  # noqa: E402
import pcap_writer as w  # noqa: E402

sys.path.append("/usr/lib/python3/dist-packages")  # of the distribution, whichever python this is

METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)'
                    r'(?:\{(?P<labels>(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*")(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*")*)\})?'
                    r' (?P<value>\d+)$')
OF_PROVIDER = (r"llm_(\w+?)_(calls|(?:estimated_)?(?:in|out)put_tokens|no_usage|errors|bytes_sent|bytes_received"
               r"|with_data)")


def get(port, path="/metrics", **options):
    """(status, text)"""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", **options), timeout=20) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def parsed(text):
    """{sample with labels: value}, after every rule of the text format that a scraper relies on."""
    assert text.endswith("\n") and "\r" not in text
    samples, kinds, helped, now, done = {}, {}, set(), None, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, meaning = line[7:].partition(" ")
            assert METRIC.fullmatch(name) and meaning and name not in helped, line
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind in ("counter", "gauge") and name not in kinds, line
            assert kind == "gauge" or name.endswith("_total"), line
            assert name in helped and name not in done, f"{name}: HELP comes first, and once"
            kinds[name], now = kind, name
        else:
            sample = SAMPLE.match(line)
            assert sample, f"no sample: {line!r}"
            assert sample["name"] == now, f"{line}: samples of {now} are not together"
            done.add(now)
            key = line.rpartition(" ")[0]
            assert key not in samples, f"{key}: twice"
            samples[key] = int(sample["value"])
    assert kinds and set(kinds) == done
    return samples


def told(port):
    """The samples, of which there are none until the first have been put together."""
    status, text = get(port)
    return parsed(text) if status == 200 else {}


@contextlib.contextmanager
def watched(weir, ports, **options):
    port = free_port()
    with live(weir, ports, **{"metrics.listen": f"127.0.0.1:{port}"}, **options) as run:
        yield run, port


def test_exposition(weir):
    nr = len(frames_of(weir.demo))
    with watched(weir, [f'device = "pcap:{weir.demo}"; tap = "left";', f'device = "pcap:{weir.demo}"; domain = 1;']) as (run, port):
        e2e.until(lambda: told(port).get("weir_rx_packets_total") == 2 * nr, 10, lambda: get(port)[1][:300])
        time.sleep(1.2)
        text = get(port)[1]
        samples = parsed(text)
        stats = run.stop()["stats"][-1]
    left = f'{{port="0",device="pcap:{weir.demo}",tap="left"}}'
    right = f'{{port="1",device="pcap:{weir.demo}",tap="pcap:{weir.demo}"}}'
    assert samples["weir_port_rx_packets_total" + left] == samples["weir_port_rx_packets_total" + right] == nr
    assert samples["weir_port_feed_packets_total" + left] == stats["port_0_feed_packets"] == nr
    assert samples["weir_workers_stalled"] == samples["weir_output_down"] == 0
    spread = [samples[f'weir_worker_used_packets_total{{worker="{n}"}}'] for n in range(2)]
    assert sum(spread) == 2 * nr and all(spread), spread
    # Every counter of a stats record is there, and says what it means.
    providers = set()
    for name, value in stats.items():
        if isinstance(value, str) or name in ("time", "seq", "boot"):
            continue
        of_provider = re.fullmatch(OF_PROVIDER, name)
        if of_provider:
            assert samples[f'weir_provider_{of_provider[2]}_total{{provider="{of_provider[1]}"}}'] == value, name
            providers.add(of_provider[1])
            continue
        of_one = re.fullmatch(r"(port|worker)_(\d)_(.*)", name)
        metric = f"weir_{of_one[1]}_{of_one[3]}" if of_one else f"weir_{name}"
        assert any(re.match(rf"{metric}(_total)?(\{{|$)", key) for key in samples), name
    assert providers
    unknown = [line for line in text.splitlines() if line.endswith("see Stats in docs/records.md")]
    assert not unknown, f"no meaning in dataplane/counter_info.c: {unknown}"


def test_a_parser_takes_it(weir):
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError:
        raise e2e.Skip("python3-prometheus-client is not installed: scripts/install-deps --for test")
    with watched(weir, [f'device = "pcap:{weir.demo}"; tap = "a \\"quoted\\" tap";']) as (_, port):
        e2e.until(lambda: get(port)[0] == 200, 10, lambda: get(port))
        families = {f.name: f for f in text_string_to_metric_families(get(port)[1])}
    assert families["weir_rx_packets"].type == "counter" and families["weir_flows_open"].type == "gauge"
    assert families["weir_port_missed"].samples[0].labels["tap"] == 'a "quoted" tap'
    assert families["weir_info"].samples[0].labels["sensor"] == "lab"


def test_pages(weir):
    with watched(weir, [f'device = "pcap:{weir.demo}";']) as (_, port):
        e2e.until(lambda: get(port, "/healthz") == (200, "ok\n"), 10, lambda: get(port, "/healthz"))
        assert get(port, "/nothing")[0] == 404
        assert get(port, "/metrics", method="POST", data=b"x" * 100_000)[0] == 405
        assert get(port, "/metrics", method="DELETE")[0] == 405
        assert get(port, "/metrics", method="HEAD") == (200, "")
        assert get(port, "/metrics?collect[]=all")[0] == 200
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(b"\0\xff garbage\r\n\r\n" * 50)
        assert get(port, "/healthz")[0] == 200


def test_only_loopback(weir):
    """Another address of this machine does not answer."""
    outside = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    with watched(weir, [f'device = "pcap:{weir.demo}";']) as (_, port):
        e2e.until(lambda: get(port)[0] == 200, 10, lambda: get(port))
        for address in [a for a in outside if ":" not in a][:2]:
            try:
                socket.create_connection((address, port), timeout=2).close()
            except OSError:
                continue
            raise AssertionError(f"{address} answers")


def test_taken_address(weir):
    """Is said, and the traffic is inspected all the same. What can be no address ends the start."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        listen = f"127.0.0.1:{s.getsockname()[1]}"
        with live(weir, [f'device = "pcap:{weir.demo}";'], **{"metrics.listen": listen}) as run:
            run.wait_for("rx_packets", len(frames_of(weir.demo)))
            run.stop()
            assert f'metrics.listen = "{listen}": Address already in use' in run.said(), run.said()
    conf = e2e.work_folder() / "weir.conf"
    conf.write_text(f'ports = ( {{ device = "pcap:{weir.demo}"; }} );\nmetrics = {{ listen = "here"; }};\n')
    for command, status in (("run", 2), ("check", 1)):
        done = weir.run(command, "-c", conf)
        assert done.status == status and "must be ADDRESS:PORT" in done.err_lines[0], (done.status, done.err_lines)


def udp_frame(n):
    return w.PLAIN.frame("192.0.2.1", "192.0.2.2", w.udp("192.0.2.1", 1000 + n % 60000, "192.0.2.2", 9, b"x" * 200))


def test_scrapers_that_hang(weir):
    """More of them than are let in, who send half a request or never read: no frame is lost, and
    once they have been thrown out others are served again."""
    with Wire() as wire, watched(weir, [f'device = "iface:{wire.names[0]}";']) as (run, port):
        e2e.until(lambda: get(port)[0] == 200, 10, lambda: get(port))
        hanging = []
        for n in range(80):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.settimeout(1)
            with contextlib.suppress(OSError):
                s.connect(("127.0.0.1", port))
                s.sendall(b"GET /metrics HTTP/1.1\r\n" if n % 2 else b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            hanging.append(s)
        for n in range(2000):
            wire.send(udp_frame(n))
        stats = run.wait_for("rx_packets", 2000)
        assert stats["rx_packets"] == 2000 and stats["nic_unseen"] == stats["records_lost"] == 0, stats
        assert stats["workers_stalled"] == stats["publisher_stalled"] == 0

        def served():
            with contextlib.suppress(OSError):
                return get(port, "/healthz")[0] == 200
        e2e.until(served, 30, lambda: "nobody is served any more")
        for s in hanging:
            s.close()
        run.stop()


def memory_lines(weir, **settings):
    """{setting: MiB} as told at the start, and their sum as told."""
    with live(weir, [f'device = "pcap:{weir.demo}";'], **settings) as run:
        run.stop()
        said = run.said()
    parts = {name: int(mib) for mib, name in re.findall(r"memory: +(\d+) MiB  (.*)", said)}
    return parts, int(re.search(r"memory: (\d+) MiB at most", said)[1])


def test_memory_is_told(weir):
    """At the start, for each setting; the parts make up the whole."""
    parts, whole = memory_lines(weir, **{"flow.max": 65536, "workers": 2})
    assert abs(sum(parts.values()) - whole) <= len(parts), (parts, whole)
    more, _ = memory_lines(weir, **{"flow.max": 131072, "workers": 2})
    assert 1.9 < more["flow.max"] / parts["flow.max"] < 2.1, (parts, more)
    assert all(more[name] == mib for name, mib in parts.items() if name in more and "." in name and not name.startswith("flow.max"))


def test_memory_is_locked(weir):
    """With memory.lock all that was told is there before a packet came."""
    if b"__asan_init" in pathlib.Path(weir.binary).read_bytes():
        raise e2e.Skip("a sanitizer's own memory cannot be locked")

    def resident_mib(**settings):
        with live(weir, [f'device = "pcap:{weir.demo}";'], **settings) as run:
            status = pathlib.Path(f"/proc/{run.process.pid}/status").read_text()
            run.stop()
            return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) >> 10, int(re.search(r"memory: (\d+) MiB at most", run.said())[1])

    (plain, told_of), (locked, _) = resident_mib(), resident_mib(**{"memory.lock": "true"})
    assert plain < told_of / 2 and locked > told_of * 0.8, (plain, locked, told_of)


def worker_thread(process, n):
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        if re.fullmatch(rf".*worker-?{n}", (task / "comm").read_text().strip()):
            return int(task.name)
    raise e2e.Skip("no worker thread has the name that DPDK gives it")


class Stopped:
    """One thread, held as a debugger holds it."""
    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, tid):
        self.tid, self.ptrace = tid, ctypes.CDLL(None, use_errno=True).ptrace
        self.ptrace.argtypes = [ctypes.c_long] * 4

    def __enter__(self):
        if self.ptrace(self.SEIZE, self.tid, 0, 0) != 0:
            raise e2e.Skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
        assert self.ptrace(self.INTERRUPT, self.tid, 0, 0) == 0
        os.waitpid(self.tid, 0x40000000)  # __WALL
        return self

    def __exit__(self, *_):
        assert self.ptrace(self.DETACH, self.tid, 0, 0) == 0


def test_stalled_worker(weir):
    """Is named in the log, counted, and makes the health check fail, until it goes on."""
    with Wire() as wire, watched(weir, [f'device = "iface:{wire.names[0]}";'], **{"watchdog.stall_ms": 500}) as (run, port):
        e2e.until(lambda: get(port, "/healthz")[0] == 200, 10, lambda: get(port, "/healthz"))
        with Stopped(worker_thread(run.process, 2)):
            e2e.until(lambda: get(port, "/healthz")[0] == 503, 10, lambda: get(port, "/healthz"))
            assert re.fullmatch(r"worker 1 stands still for \d+\.\d s\n", get(port, "/healthz")[1]), get(port, "/healthz")
            samples = told(port)
            assert samples["weir_workers_stalled"] == samples["weir_workers_stalls_total"] == 1
            assert samples['weir_worker_stalled{worker="1"}'] == 1 and samples['weir_worker_stalled{worker="0"}'] == 0
        e2e.until(lambda: get(port, "/healthz")[0] == 200, 10, lambda: get(port, "/healthz"))
        stats = run.wait_for("workers_stalls", 1)
        assert stats["workers_stalls"] == stats["worker_1_stalls"] == 1 and stats["worker_0_stalls"] == 0, stats
        said = run.said()
        assert re.search(r"watchdog: worker 1 \(thread \d+\) stands still .* state t: something else", said), said
        assert "watchdog: worker 1 goes on" in said and "worker 0 stands" not in said, said
        run.stop()


def test_service_manager(weir):
    """What systemd is told: ready, alive once a second, not while a worker stands still, stopping."""
    path = e2e.work_folder() / "notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(path))
    manager.settimeout(10)
    os.environ["NOTIFY_SOCKET"] = str(path)

    def next_with(what):
        end = time.monotonic() + 15
        while time.monotonic() < end:
            lines = manager.recv(4096).decode().splitlines()
            if any(line.startswith(what) for line in lines):
                return lines
        raise AssertionError(f"{what} was not told")
    try:
        with Wire() as wire, live(weir, [f'device = "iface:{wire.names[0]}";'], **{"watchdog.stall_ms": 500}) as run:
            assert next_with("READY=1") == ["READY=1"]
            for n in range(7):
                wire.send(udp_frame(n))
            e2e.until(lambda: "STATUS=7 frames received, 7 used" in next_with("STATUS="), 10, lambda: "no such status")
            assert "WATCHDOG=1" in next_with("WATCHDOG=1")
            with Stopped(worker_thread(run.process, 1)):
                e2e.until(lambda: "WATCHDOG=1" not in next_with("STATUS="), 10, lambda: "still told to be alive")
                for _ in range(2):
                    lines = next_with("STATUS=")
                    assert "WATCHDOG=1" not in lines and "worker 0 stands still" in lines[0], lines
            next_with("WATCHDOG=1")
            run.stop()
            next_with("STOPPING=1")
    finally:
        del os.environ["NOTIFY_SOCKET"]
        manager.close()


def test_output_that_nobody_reads(weir):
    """The publisher stands still with its reader; frames are taken all the same."""
    fifo = e2e.work_folder() / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with Wire() as wire, watched(weir, [f'device = "iface:{wire.names[0]}";'],
                                     **{"watchdog.stall_ms": 500, "output": fifo, "flow.udp_idle_s": 1}) as (run, port):
            for n in range(2000):
                wire.send(udp_frame(n))
            e2e.until(lambda: get(port, "/healthz")[0] == 503, 20, lambda: get(port, "/healthz"))
            assert "the publisher stands still" in get(port, "/healthz")[1]
            for n in range(1000):
                wire.send(udp_frame(n))
            e2e.until(lambda: told(port).get("weir_rx_packets_total", -1) == 3000, 10, lambda: get(port)[1][:200])

            def served():
                with contextlib.suppress(BlockingIOError):
                    os.read(reader, 1 << 20)
                return get(port, "/healthz")[0] == 200
            e2e.until(served, 20, lambda: get(port, "/healthz"))
            run.process.terminate()
            while run.process.poll() is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(reader, 1 << 20)
                time.sleep(0.01)
            assert run.process.returncode == 0, run.said()
            assert "the output takes nothing" in run.said()
    finally:
        os.close(reader)


def test_broker_gone(weir):
    mock = weir.binary.parent.parent / "tests" / "kafka_mock"
    if not mock.exists():
        raise e2e.Skip("the build has no kafka_mock")
    broker = subprocess.Popen([mock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = broker.stdout.readline().strip()
        with Wire() as wire, watched(weir, [f'device = "iface:{wire.names[0]}";'],
                                     **{"output": "kafka", "kafka.brokers": address, "watchdog.output_s": 2,
                                        "spool.dir": e2e.work_folder() / "spool"}) as (run, port):
            e2e.until(lambda: told(port).get("weir_output_delivered_total", -1) > 0, 20, lambda: get(port)[1][:200])
            assert get(port, "/healthz")[0] == 200
            broker.kill()
            broker.wait()
            e2e.until(lambda: get(port, "/healthz")[0] == 503, 20, lambda: get(port, "/healthz"))
            assert "the output takes nothing" in get(port, "/healthz")[1]
            assert told(port)["weir_output_down"] == 1
            for n in range(500):
                wire.send(udp_frame(n))
            e2e.until(lambda: told(port).get("weir_rx_packets_total", -1) == 500, 10, lambda: get(port)[1][:200])
            assert "watchdog: the output has taken nothing" in run.said(), run.said()
            run.process.kill()
    finally:
        broker.kill()
        broker.wait()


e2e.main()
