"""Where the captures of other projects are: a folder beside the checkout, or $WEIR_SHARED. They are
no part of weir; without them the oracle tests are skipped."""
import fcntl
import hashlib
import os
import pathlib
import sys

sys.dont_write_bytecode = True
SKIP_STATUS = 77
LARGEST = 30 << 20
ENDS = (".pcap", ".pcapng", ".cap", ".trace", ".pcap.gz", ".dmp")


def folder(root):
    return pathlib.Path(os.environ.get("WEIR_SHARED") or pathlib.Path(root).resolve().parent / "shared")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIP_STATUS)


def arguments():
    """(program, source root, shared folder); skips when there are no captures."""
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} WEIR SOURCE_ROOT")
    binary, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    shared = folder(root)
    if not (shared / "corpora").is_dir():
        skip(f"no captures in {shared}")
    return binary, root, shared


def sample(corpora, salt, count):
    """Captures, the same wherever the folder lies; with FULL=1 all of them."""
    found = [p for p in sorted(corpora.rglob("*")) if p.name.endswith(ENDS) and p.is_file()]
    if os.environ.get("FULL"):
        return found
    small = [p for p in found if p.stat().st_size < LARGEST]
    return sorted(small, key=lambda p: hashlib.sha1(f"{salt}{p.relative_to(corpora)}".encode()).digest())[:count]


def sanitized(binary):
    """The build with sanitizers, when scripts/test made one: malformed captures go through it."""
    named = os.environ.get("WEIR_SANITIZED")
    return pathlib.Path(named) if named and os.access(named, os.X_OK) else binary


def build_folder(binary):
    """Where figures are written: the top of the build that the program is from."""
    return binary.parent.parent


def note(binary, name, text):
    """Adds or replaces the lines of name in oracle.txt, which tests that run side by side share."""
    with open(build_folder(binary) / "oracle.txt", "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        kept = [line for line in file.read().splitlines() if not line.startswith(f"{name}: ")]
        file.truncate(0)
        file.write("\n".join(sorted(kept + [f"{name}: {line}" for line in text])) + "\n")
