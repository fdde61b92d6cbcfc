#!/usr/bin/env python3
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402


def packet(number, body):
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def text(s):
    return bytes([len(s)]) + s.encode()


OK = b"\0\1\0\2\0\0\0"
END = b"\xfe\0\0\2\0"
cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40023, "10.1.0.9", 13306)
tcp.open()
tcp.send(w.RESP, packet(0, b"\x0a8.0.36\0\1\0\0\0saltsalt\0\xff\xff\xff\2\0\xff\xdf\x15" + bytes(10)
                        + b"saltsaltsalt\0mysql_native_password\0"))
tcp.send(w.ORIG, packet(1, struct.pack("<IIB23x", 0x0008A20D, 1 << 24, 45) + b"billing\0" + text("proof")
                        + b"ledger\0mysql_native_password\0"))
tcp.send(w.RESP, packet(2, b"\0\0\0\2\0\0\0"))
insert = b"\3INSERT INTO cards (holder, card_number) VALUES (\"Ada\", '4532015112830366')"
tcp.send(w.ORIG, packet(0, insert), cuts=[60])
cap.wait(900)
tcp.send(w.RESP, packet(1, OK))
tcp.send(w.ORIG, packet(0, b"\x16UPDATE cards SET card_number = ? WHERE id = ?"))
tcp.send(w.RESP, packet(1, b"\0\7\0\0\0\0\0\2\0\0\0\0") + packet(2, b"parameter") + packet(3, b"parameter")
         + packet(4, END))
tcp.send(w.ORIG, packet(0, b"\x17\7\0\0\0\0\1\0\0\0\0\1\xfd\0\xfd\0" + text("5425233430109903") + text("7")))
tcp.send(w.RESP, packet(1, OK))
tcp.send(w.ORIG, packet(0, b"\3SELECT email FROM customers WHERE id < 3"))
tcp.send(w.RESP, packet(1, b"\1") + packet(2, b"definition") + packet(3, END)
         + packet(4, text("ada.lovelace@example.com")) + packet(5, text("grace@example.org")) + packet(6, END))
tcp.send(w.ORIG, packet(0, b"\3SELECT 1 FROM nowhere"))
tcp.send(w.RESP, packet(1, b"\xff\x7a\x04#42S02Table 'ledger.nowhere' doesn't exist"))
tcp.send(w.ORIG, packet(0, b"\1"))
tcp.close()

# The client asks for TLS in its log-in.
tls = w.Tcp(cap, "10.1.0.5", 40024, "10.1.0.9", 13306)
tls.open()
tls.send(w.RESP, packet(0, b"\x0a8.0.36\0\1\0\0\0saltsalt\0\xff\xff\xff\2\0\xff\xdf\x15" + bytes(10)
                        + b"saltsaltsalt\0mysql_native_password\0"))
tls.send(w.ORIG, packet(1, struct.pack("<IIB23x", 0x0008AA0D, 1 << 24, 45)))
tls.send(w.ORIG, w.tls_client_hello("mysql.example"))
tls.send(w.RESP, w.tls_server_hello())
tls.close()
cap.save(HERE / "input.pcap")
