#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

cap = w.Capture()
RESOLVER = "10.1.0.53"


def speak(client, port, server):
    """In words that nobody knows."""
    tcp = w.Tcp(cap, client, port, server, 9900)
    tcp.open()
    tcp.send(w.ORIG, b"hello there")
    tcp.close()


speak("10.1.0.5", 40000, "192.0.2.7")  # before anybody asked: no name
cap.wait(50_000)
w.look_up(cap, "10.1.0.5", 50001, RESOLVER, 11, "Models.Example.COM", ["192.0.2.7", "192.0.2.8"])
cap.wait(2000)
speak("10.1.0.5", 40001, "192.0.2.8")  # models.example.com
speak("10.1.0.6", 40002, "192.0.2.8")  # another client, who has not asked
cap.wait(50_000)
# Two taps: the answer is there before its query.
w.send_udp(cap, RESOLVER, 53, "10.1.0.6", 50002, w.dns_answer(12, "vectors.example.com", ["192.0.2.8"]), backwards=True)
w.send_udp(cap, "10.1.0.6", 50002, RESOLVER, 53, w.dns_query(12, "vectors.example.com"))
cap.wait(2000)
speak("10.1.0.6", 40003, "192.0.2.8")  # vectors.example.com
# Over TCP, and of IPv6.
tcp = w.Tcp(cap, "2001:db8::5", 50003, "2001:db8::53", 53)
tcp.open()
query, answer = w.dns_query(13, "six.example.com", "AAAA"), w.dns_answer(13, "six.example.com", ["2001:db8:1::7"], "AAAA")
tcp.send(w.ORIG, len(query).to_bytes(2, "big") + query, cuts=(1, 20))
tcp.send(w.RESP, len(answer).to_bytes(2, "big") + answer, cuts=(30,))
tcp.close()
speak("2001:db8::5", 40004, "2001:db8:1::7")  # six.example.com
cap.wait(700_000_000)
speak("10.1.0.5", 40005, "192.0.2.8")  # 300 s of life and 300 of grace are over
cap.save(HERE / "input.pcap")
