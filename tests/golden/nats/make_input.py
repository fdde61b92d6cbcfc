#!/usr/bin/env python3
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40029, "10.1.0.14", 14222)
tcp.open()
tcp.send(w.RESP, b'INFO {"server_id":"N1","version":"2.10.0","auth_required":true}\r\n')
tcp.send(w.ORIG, b'CONNECT {"verbose":false,"user":"orders","pass":"a-secret","lang":"go"}\r\nPING\r\n')
tcp.send(w.RESP, b"PONG\r\n")
order = b'{"order": 4711, "card": "4532015112830366"}'
tcp.send(w.ORIG, b"PUB orders.new %d\r\n%s\r\nSUB mails.> 1\r\n" % (len(order), order), cuts=[50])
mail = b"Subject: hello\r\n\r\nto ada.lovelace@example.com"
cap.wait(700)
tcp.send(w.RESP, b"MSG mails.out 1 %d\r\n%s\r\n-ERR 'Slow Consumer'\r\n" % (len(mail), mail))
tcp.close()

# A client that begins with TLS after INFO.
tls = w.Tcp(cap, "10.1.0.5", 40030, "10.1.0.14", 14222)
tls.open()
tls.send(w.RESP, b'INFO {"server_id":"N1","tls_required":true}\r\n')
tls.send(w.ORIG, w.tls_client_hello("nats.example"))
tls.send(w.RESP, w.tls_server_hello())
tls.close()
cap.save(HERE / "input.pcap")
