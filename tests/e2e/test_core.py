#!/usr/bin/env python3
"""What a crash leaves behind: nothing by default; with --allow-core a core without payload."""
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import pcap_writer as w  # noqa: E402

CARD, WORD = b"5105 1051 0510 5100", b"chrysanthemum-77"
# Tables that are read in a moment.
SMALL = [arg for name in ("flow.max=2048", "http.connections=512", "http.transactions=512", "scan.streams=512",
                          "tls.connections=256", "llm.calls=64", "memory.mbufs=2048", "decode.deflate=16")
         for arg in ("--set", name)]
PATTERN = pathlib.Path("/proc/sys/kernel/core_pattern")


def capture():
    """Many connections over a long time, each with the planted values in both directions."""
    cap = w.Capture()
    for n in range(1500):
        tcp = w.Tcp(cap, f"10.80.{n // 200}.{n % 200 + 1}", 40000 + n, "10.81.0.1", 80)
        tcp.open()
        tcp.send(w.ORIG, w.http_request("POST", f"/{WORD.decode()}/{n}", "shop.example",
                                        b"card " + CARD + b" " + WORD + b" " * 300))
        if n % 3:
            tcp.send(w.RESP, w.http_response("200 OK", WORD + b" " + CARD))
    path = e2e.work_folder() / "planted.pcap"
    cap.save(path)
    return path


def memory_of(pid):
    """All that the process could write to."""
    parts = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, flags = line.split()[:2]
            first, last = (int(x, 16) for x in span.split("-"))
            if flags.startswith("rw") and last - first < 1 << 30:
                try:
                    mem.seek(first)
                    parts.append(mem.read(last - first))
                except (OSError, ValueError, OverflowError):
                    pass
    return b"".join(parts)


def crash(weir, *options, look=False):
    """(core or None, standard error, memory before the crash if asked for)"""
    folder = e2e.work_folder()
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    process = subprocess.Popen(
        [weir.binary, "replay", "--rules", weir.root / "rules", "--records", "all", "--output",
         folder / "records", "--pace", "1", *SMALL, *options, capture()],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=e2e.environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit, limit)))
    memory, until = b"", time.monotonic() + 60
    while look and CARD not in memory and time.monotonic() < until and process.poll() is None:
        time.sleep(0.2)
        memory = memory_of(process.pid)
    if not look:
        time.sleep(2)
    process.send_signal(signal.SIGSEGV)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == -signal.SIGSEGV, process.returncode
    cores = [f for f in folder.iterdir() if f.name.startswith("core")]
    return (cores[0].read_bytes() if cores else None), said, memory


def need_core_files():
    pattern = PATTERN.read_text().strip()
    if pattern.startswith("|") or "/" in pattern:
        raise e2e.Skip(f"cores go elsewhere here: {pattern}")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        raise e2e.Skip("no process may write a core here: ulimit -Hc is 0")


def without_sanitizer(weir):
    """Its own handler comes first, and it needs a process that can be attached to."""
    if b"__asan_init" in weir.binary.read_bytes():
        raise e2e.Skip("built with a sanitizer")


def test_no_core_by_default(weir):
    without_sanitizer(weir)
    need_core_files()
    core, _, _ = crash(weir)
    assert core is None


def test_a_core_without_memory(weir):
    without_sanitizer(weir)
    need_core_files()
    if os.geteuid() != 0:
        raise e2e.Skip("needs root, to see that the values are in memory")
    core, said, memory = crash(weir, "--allow-core", look=True)
    assert CARD in memory and WORD in memory, "the values were not in memory: nothing is shown"
    assert core is not None and core[:4] == b"\x7fELF", said
    # Not in a register either: memcpy has hundreds of bytes in them.
    assert CARD not in core and CARD.replace(b" ", b"") not in core and WORD not in core
    assert len(core) < len(memory) // 4, (len(core), len(memory))
    assert b"ended by a signal, at:" in said and b"weir" in said.split(b"at:")[1], said
    assert CARD not in said and WORD not in said


e2e.main()
