"""Processor time of one thread of another process, as the kernel counts it."""
import pathlib
import re

WORKER = r"(lcore|rte|dpdk)-worker-?1"  # the first polling thread of a DPDK program


def thread_of(pid, name):
    """The folder in /proc of the process's thread of that name, or None."""
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            if re.fullmatch(name, (task / "comm").read_text().strip()):
                return task
        except OSError:
            pass
    return None


def thread_ns(task):
    """Nanoseconds on a processor so far; exact when the thread sleeps. None when it is gone."""
    try:
        return int((task / "schedstat").read_text().split()[0])
    except OSError:
        return None


def sleeps(task):
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "S"
