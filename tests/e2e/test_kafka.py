#!/usr/bin/env python3
"""Through a real broker: every record that stdout prints arrives, once, under its key."""
import atexit
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402
import mixed_capture  # noqa: E402

KEY_FIELD = {"flow": "community_id", "http": "community_id", "tls": "community_id", "dns": "src_ip", "db": "community_id",
             "llm": "src_identity", "finding": "src_identity"}


class Broker:
    """A broker of our own, gone at the end."""

    def __init__(self, weir):
        for program in ("java", "kcat"):
            if not shutil.which(program):
                raise e2e.Skip(f"{program} is not installed")
        self.tool, self.folder = weir.root / "scripts" / "kafka", e2e.work_folder()
        fetched = subprocess.run([self.tool, "fetch"], capture_output=True, text=True, timeout=600)
        if fetched.returncode:
            raise e2e.Skip("the broker's jars are not here and cannot be fetched")

    def __enter__(self):
        started = subprocess.run([self.tool, "start", self.folder], capture_output=True, text=True,
                                 timeout=180)
        assert started.returncode == 0, started.stderr
        self.address = started.stdout.strip()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        subprocess.run([self.tool, "stop", self.folder], timeout=120, check=False)

    def messages(self, topic):
        """[(key, headers, milliseconds, value)]"""
        run = subprocess.run(["kcat", "-C", "-e", "-q", "-b", self.address, "-t", topic, "-o", "beginning",
                              "-f", "%k\t%h\t%T\t%s\n"], capture_output=True, timeout=120)
        assert run.returncode == 0, run.stderr
        return [line.decode().split("\t", 3) for line in run.stdout.splitlines()]


def broker_of_all(weir):
    """One for the tests that want nothing special of it."""
    if not broker_of_all.started:
        broker_of_all.started.append(Broker(weir).__enter__())
        atexit.register(broker_of_all.started[0].stop)
    return broker_of_all.started[0]


broker_of_all.started = []


def to_kafka(weir, broker, prefix, *args):
    run = weir.replay("--output", "kafka", "--set", f"kafka.brokers={broker.address}",
                      "--set", f"kafka.topic_prefix={prefix}", *args)
    assert run.status == 0, run.err_lines
    assert run.out == b"", "records on stdout as well"
    return run


def check_topic(broker, prefix, kind, records):
    got = broker.messages(prefix + kind)
    want = collections.Counter(json.dumps(r, sort_keys=True) for r in records)
    have = collections.Counter(json.dumps(json.loads(value), sort_keys=True) for *_, value in got)
    lost, extra = sum((want - have).values()), sum((have - want).values())
    assert not lost and not extra, f"{kind}: {lost} of {len(records)} missing, {extra} too many"
    for key, headers, at, value in got:
        record = json.loads(value)
        named = dict(h.split("=", 1) for h in headers.split(","))
        assert named["event_id"] == record["event_id"] and named["schema"] == record["schema"], headers
        assert named["sensor"] == record["sensor"]
        assert int(at) == record["time"] // 1000, (at, record["time"])
        if kind in KEY_FIELD:
            assert key == str(record[KEY_FIELD[kind]]), (kind, key)


def check_capture(weir, broker, prefix, path, *args):
    types = e2e.without_stats(weir)
    printed = weir.good_replay(*types, *args, path).by_type()
    assert printed
    to_kafka(weir, broker, prefix, *types, *args, path)
    for kind, records in printed.items():
        check_topic(broker, prefix, kind, records)


def test_every_record_arrives_once(weir):
    broker = broker_of_all(weir)
    check_capture(weir, broker, "demo.", weir.demo)
    mixed = mixed_capture.write(e2e.work_folder() / "mixed.pcap", seed=5, conversations=400)
    check_capture(weir, broker, "mixed.", mixed, "--workers", 2)


def test_same_ids_the_second_time(weir):
    """At least once: a second replay sends the same event_ids, so that consumers can drop them."""
    broker = broker_of_all(weir)
    for _ in range(2):
        to_kafka(weir, broker, "twice.", "--records", "flow", weir.demo)

    def ids():
        return collections.Counter(json.loads(m[3])["event_id"] for m in broker.messages("twice.flow"))

    # A busy broker shows a reader what it has acknowledged a little later.
    e2e.until(lambda: set(ids().values()) == {2}, 20, lambda: ids().most_common(2))


def test_broker_that_refuses(weir):
    """Records larger than the broker takes are lost: the run says so and does not end with 0."""
    os.environ["WEIR_KAFKA_SET"] = "message.max.bytes=300"
    try:
        with Broker(weir) as broker:
            run = weir.replay("--output", "kafka", "--set", f"kafka.brokers={broker.address}",
                              "--records", "flow", "--quiet", weir.demo)
            assert run.status == 1 and run.err_lines, (run.status, run.err_lines)
    finally:
        del os.environ["WEIR_KAFKA_SET"]


e2e.main()
