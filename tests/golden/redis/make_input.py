#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(x), x.encode()) for x in words)


cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40025, "10.1.0.10", 16379)
tcp.open()
tcp.send(w.ORIG, command("AUTH", "cart", "hunter2hunter2"))
tcp.send(w.RESP, b"+OK\r\n")
tcp.send(w.ORIG, command("SET", "card:customer:4711", "4532 0151 1283 0366"), cuts=[50])
cap.wait(300)
tcp.send(w.RESP, b"+OK\r\n")
tcp.send(w.ORIG, command("MULTI") + command("HSET", "user:ada.lovelace@example.com", "email", "ada.lovelace@example.com")
         + command("EXEC"))
tcp.send(w.RESP, b"+OK\r\n+QUEUED\r\n*1\r\n:1\r\n")
tcp.send(w.ORIG, command("GET", "card:customer:4711"))
tcp.send(w.RESP, b"$19\r\n4532 0151 1283 0366\r\n")
tcp.send(w.ORIG, command("LPUSH", "card:customer:4711", "x"))
tcp.send(w.RESP, b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n")
tcp.send(w.ORIG, command("SUBSCRIBE", "orders"))
tcp.send(w.RESP, b"*3\r\n$9\r\nsubscribe\r\n$6\r\norders\r\n:1\r\n")
cap.wait(1000)
tcp.send(w.RESP, b"*3\r\n$7\r\nmessage\r\n$6\r\norders\r\n$26\r\nthe card: 5425233430109903\r\n")
tcp.close()
cap.save(HERE / "input.pcap")
