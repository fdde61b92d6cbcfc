#!/usr/bin/env python3
import base64
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

TABLE = base64.encodebytes(b"name,card number\nAda Lovelace,4532015112830366\nGrace Hopper,5425233430109903\n")
MAIL = b"""Subject: =?utf-8?Q?F=C3=BCr_grace.hopper=40example?= =?utf-8?Q?.com?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative;
 boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

The account is DE89 3704 0044 =
0532 0130 00, as you know.
--inner--
--outer
Content-Type: text/csv; name=cards.csv
Content-Transfer-Encoding: base64

""" + TABLE + b"""--outer
Content-Type: image/png
Content-Transfer-Encoding: base64

""" + base64.encodebytes(bytes(range(90))) + b"--outer--\n"

cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40027, "10.1.0.12", 25)
tcp.open()
tcp.send(w.RESP, b"220 mx.example ESMTP\r\n")
tcp.send(w.ORIG, b"EHLO shop.example\r\n")
tcp.send(w.RESP, b"250 mx.example\r\n")
tcp.send(w.ORIG, b"MAIL FROM:<>\r\n")
tcp.send(w.RESP, b"250 ok\r\n")
tcp.send(w.ORIG, b"RCPT TO:<postmaster>\r\n")
tcp.send(w.RESP, b"250 ok\r\n")
tcp.send(w.ORIG, b"DATA\r\n")
tcp.send(w.RESP, b"354 go on\r\n")
tcp.send(w.ORIG, MAIL.replace(b"\n", b"\r\n") + b".\r\nQUIT\r\n", cuts=[50, 301, 560])
tcp.send(w.RESP, b"250 ok\r\n221 bye\r\n")
tcp.close()
cap.save(HERE / "input.pcap")
