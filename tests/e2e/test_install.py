#!/usr/bin/env python3
"""What is installed runs from anywhere: the program with the rules and the configuration that come with it."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402


def installed(weir):
    """The folder that stands for the prefix."""
    build, meson = pathlib.Path(weir.binary).resolve().parent.parent, shutil.which("meson")
    if meson is None or not (build / "meson-private").is_dir():
        raise e2e.Skip("no meson, or no build folder")
    root = e2e.work_folder()
    run = subprocess.run([meson, "install", "-C", build, "--no-rebuild", "--quiet"], capture_output=True, text=True,
                         env={**os.environ, "DESTDIR": str(root)})
    assert run.returncode == 0, run.stdout + run.stderr
    return next(root.rglob("bin/weir")).parent.parent


def test_from_anywhere(weir):
    prefix, empty = installed(weir), e2e.work_folder()
    ask = lambda program, folder, *args: subprocess.run([program, *args], cwd=folder, capture_output=True, text=True,
                                                        timeout=120, env=e2e.environment())
    want = ask(weir.binary, weir.root, "rules", "list")
    told = ask(prefix / "bin" / "weir", empty, "rules", "list")
    assert told.returncode == 0 and told.stdout == want.stdout and told.stdout.count("\n") > 100, told.stderr
    checked = ask(prefix / "bin" / "weir", empty, "check", "-c", prefix / "share" / "weir" / "weir.conf")
    assert checked.returncode == 0, checked.stderr
    catalogue = prefix / "share" / "weir" / "rules" / "ai"
    assert {p.name for p in catalogue.iterdir()} == {p.name for p in (pathlib.Path(weir.root) / "rules/ai").iterdir()}


e2e.main()
