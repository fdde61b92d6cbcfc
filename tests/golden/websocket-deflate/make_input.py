#!/usr/bin/env python3
import pathlib
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "support"))
import pcap_writer as w  # noqa: E402

cap = w.Capture()
tcp = w.Tcp(cap, "10.1.0.5", 40015, "10.1.0.6", 8080)
tcp.open()
tcp.send(w.ORIG, w.http_request("GET", "/realtime?model=m", "chat.example", headers=[
    ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Extensions", "permessage-deflate")]))
tcp.send(w.RESP, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
deflate = zlib.compressobj(wbits=-15)


def packed(text):
    """One message of the deflate stream, less the empty block at its end (RFC 7692)."""
    data = deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)
    assert data.endswith(b"\0\0\xff\xff")
    return data[:-4]


mask = b"\x37\xfa\x21\x3d"
tcp.send(w.ORIG, w.websocket_frame(packed(b'{"type":"delta","text":"my card is 5425 23'), mask, compressed=True))
cap.wait(1000)
second = packed(b'34 3010 9903, take it"}')
tcp.send(w.ORIG, w.websocket_frame(second[:7], mask, compressed=True, fin=False)
         + w.websocket_frame(b"still there", mask, opcode=9)
         + w.websocket_frame(second[7:], mask, opcode=0))
tcp.send(w.RESP, w.websocket_frame(b"still there", opcode=10) + w.websocket_frame(b'{"type":"ok"}'))
tcp.send(w.RESP, w.websocket_frame(b"\x03\xe8", opcode=8))
tcp.close()
cap.save(HERE / "input.pcap")
