#!/usr/bin/env python3
"""Input that cannot be used: the exit status, and one clear line on stderr that says what and why."""
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402

FAILED, USAGE = 1, 2


def expect(run, status, *words):
    """One line that begins with the program's name and holds every word."""
    assert run.status == status, f"status {run.status}, wanted {status}: {run.err_lines[:3]}"
    assert run.out == b"", f"{len(run.out)} bytes on stdout"
    assert len(run.err_lines) == 1, f"{len(run.err_lines)} lines: {run.err_lines[:4]}"
    line = run.err_lines[0]
    assert line.startswith("weir: "), line
    for word in words:
        assert word in line, f"{word!r} is not in {line!r}"


def quiet_replay(weir, *args, **options):
    """Without the closing ledger, so that what is on stderr is the complaint alone."""
    return weir.replay("--quiet", "--records", "none", *args, **options)


def test_missing_file(weir):
    expect(quiet_replay(weir, "/nonexistent/x.pcap"), FAILED, "/nonexistent/x.pcap")


def test_directory(weir):
    folder = e2e.work_folder()
    expect(quiet_replay(weir, folder), FAILED, str(folder))


def test_not_a_capture(weir):
    path = e2e.work_folder() / "letter.pcap"
    path.write_text("Dear Sir or Madam,\n" * 40)
    expect(quiet_replay(weir, path), FAILED, str(path))


def test_empty_file(weir):
    path = e2e.work_folder() / "empty.pcap"
    path.write_bytes(b"")
    expect(quiet_replay(weir, path), FAILED, str(path))


def test_capture_cut_inside_a_packet(weir):
    """Whole packets count, the rest is one warning, and the run is good."""
    whole = weir.demo.read_bytes()
    path = e2e.work_folder() / "cut.pcap"
    path.write_bytes(whole[:-7])
    run = weir.replay("--quiet", "--records", "stats", path)
    assert run.status == 0, (run.status, run.err_lines)
    assert len(run.err_lines) == 1 and str(path) in run.err_lines[0], run.err_lines
    complete = weir.good_replay("--records", "stats", weir.demo).records[-1]["rx_packets"]
    assert run.records[-1]["rx_packets"] == complete - 1


def test_unknown_link_type(weir):
    """A capture of frames that weir does not read is no empty capture."""
    w = e2e.pcap_writer()
    cap = w.Capture()
    for _ in range(5):
        cap.add(b"\x01\x02\x03\x04" * 8)
    path = e2e.work_folder() / "odd.pcap"
    cap.save(path, link_type=147)
    expect(quiet_replay(weir, path), FAILED, str(path), "147")


def test_second_file_is_broken(weir):
    """What was read before stays."""
    path = e2e.work_folder() / "letter.pcap"
    path.write_text("no capture at all, but long enough for a header\n")
    run = weir.replay("--quiet", "--records", "flow", weir.demo, path)
    assert run.status == FAILED and len(run.err_lines) == 1, (run.status, run.err_lines)
    assert run.records, "no flow of the first file"


def test_usage(weir):
    expect(weir.run("replay", "--no-such-option", weir.demo), USAGE, "--no-such-option")
    expect(weir.run("replay", "--records"), USAGE, "--records")
    expect(weir.run("replay"), USAGE)
    expect(weir.run("dance"), USAGE, "dance")
    expect(weir.run("run"), USAGE)
    assert weir.run().status == USAGE


def test_unknown_record_type(weir):
    expect(weir.replay("--quiet", "--records", "flow,gossip", weir.demo), USAGE, "gossip")


def test_unknown_setting(weir):
    expect(quiet_replay(weir, "--set", "reasm.colour=blue", weir.demo), USAGE, "reasm.colour")


def test_setting_out_of_range(weir):
    expect(quiet_replay(weir, "--set", "workers=0", weir.demo), USAGE, "workers")
    expect(quiet_replay(weir, "--set", "workers=many", weir.demo), USAGE, "workers")


def test_help_and_version(weir):
    for args in (["--help"], ["--version"], ["replay", "--help"], ["run", "--help"]):
        run = weir.run(*args)
        assert run.status == 0 and run.out and not run.err, args


def config(text):
    path = e2e.work_folder() / "weir.conf"
    path.write_text(text)
    return path


def test_broken_config(weir):
    path = config('sensor = "a";\nreasm = { max_held_bytes = ; };\n')
    expect(weir.run("check", "-c", path), FAILED, f"{path}:2")
    path = config('sensor = "a";\nreasm:\n{\n  colour = 3;\n};\n')
    expect(weir.run("check", "-c", path), FAILED, f"{path}:4", "colour")
    path = config("workers = \"two\";\n")
    expect(weir.run("check", "-c", path), FAILED, f"{path}:1", "workers")
    expect(weir.run("check", "-c", "/nonexistent/weir.conf"), FAILED, "/nonexistent/weir.conf")


def test_broken_rule(weir):
    """file:line:column, what was expected, the line; and nothing is replayed without its rules."""
    folder = e2e.work_folder()
    (folder / "a.rules").write_text('rule x.y {\n  title "t"\n  severity enormous\n}\n')
    run = quiet_replay(weir, weir.demo, rules=folder)
    assert run.status == FAILED and run.out == b"", run.status
    text = "\n".join(run.err_lines)
    assert f"{folder}/a.rules:3:" in text and "enormous" in text, text


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_unreachable_broker(weir):
    broker = f"127.0.0.1:{free_port()}"
    run = weir.replay("--quiet", "--output", "kafka", "--set", f"kafka.brokers={broker}",
                      "--set", "kafka.connect_timeout_ms=1500", weir.demo)
    expect(run, FAILED, broker)


def test_unwritable_output(weir):
    expect(weir.replay("--quiet", "--output", "/nonexistent/out.jsonl", weir.demo), FAILED,
           "/nonexistent/out.jsonl")


def test_full_disk(weir):
    if not pathlib.Path("/dev/full").exists():
        raise e2e.Skip("no /dev/full")
    expect(weir.replay("--quiet", "--output", "/dev/full", weir.demo), FAILED, "/dev/full")


def test_headers_that_lie(weir):
    """A capture whose packet header claims more than the file holds ends there."""
    path = e2e.work_folder() / "liar.pcap"
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    path.write_bytes(head + struct.pack("<IIII", 1, 0, 200_000, 200_000) + b"\0" * 60)
    run = weir.replay("--quiet", "--records", "none", path)
    assert run.status in (0, FAILED) and len(run.err_lines) == 1, (run.status, run.err_lines)


e2e.main()
