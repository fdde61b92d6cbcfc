#!/usr/bin/env python3
"""TLS sessions of a real stack, made in memory: what each side sent, and the key log.

    session = tls_session.make(tls_session.Spec(version="1.3", suites="TLS_AES_128_GCM_SHA256"),
                               [(ORIG, b"GET / ..."), (RESP, b"HTTP/1.1 200 ...")])
    session.writes     [(side, bytes of records)], in order
    session.keylog     text

Each is made by a process of its own, because the suites of TLS 1.3 can be chosen by OpenSSL's
configuration only, which is read once. Keys and randoms are new each time.
"""
import base64
import dataclasses
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile

ORIG, RESP = 0, 1
NO_ENCRYPT_THEN_MAC = 1 << 19  # of OpenSSL; Python's ssl has no name for it
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
            "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
CONFIG = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


@dataclasses.dataclass
class Spec:
    version: str = "1.3"
    suites: str = ""  # as OpenSSL names them; "": its choice
    alpn: tuple = ()
    server_name: str = "shop.example.com"
    encrypt_then_mac: bool = True
    key: str = "ecdsa"  # or rsa
    folder: str = ""    # with the certificates


@dataclasses.dataclass
class Session:
    writes: list
    keylog: str
    cipher: str


def certificates(folder):
    """A key and a certificate of each kind; False where openssl is not here."""
    if shutil.which("openssl") is None:
        return False
    kinds = {"ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
             "rsa": ["-newkey", "rsa:2048"]}
    for kind, args in kinds.items():
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-days", "3650", "-subj",
                        "/CN=shop.example.com", *args, "-keyout", f"{folder}/{kind}.key", "-out",
                        f"{folder}/{kind}.pem"], check=True, capture_output=True)
    return True


def make(spec, exchange):
    """exchange: (side, bytes) in the order in which they are sent."""
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "openssl.cnf")
        suites = f"Ciphersuites = {spec.suites}\n" if spec.version == "1.3" and spec.suites else ""
        config.write_text(CONFIG + suites)
        order = {**dataclasses.asdict(spec),
                 "exchange": [(s, base64.b64encode(d).decode()) for s, d in exchange],
                 "keylog": str(pathlib.Path(folder, "keys"))}
        done = subprocess.run([sys.executable, __file__], input=json.dumps(order).encode(),
                              capture_output=True, check=False,
                              env={**os.environ, "OPENSSL_CONF": str(config)})
        assert done.returncode == 0, done.stderr.decode()[-500:]
        out = json.loads(done.stdout)
        return Session([(s, base64.b64decode(d)) for s, d in out["writes"]], out["keylog"],
                       out["cipher"])


# ---------------------------------------------------------------- in the process


def contexts(order):
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    server.load_cert_chain(f"{order['folder']}/{order['key']}.pem", f"{order['folder']}/{order['key']}.key")
    for context in (client, server):
        context.minimum_version = context.maximum_version = VERSIONS[order["version"]]
        if order["suites"] and order["version"] != "1.3":
            context.set_ciphers(order["suites"] + ":@SECLEVEL=0")
        if order["alpn"]:
            context.set_alpn_protocols(order["alpn"])
        if not order["encrypt_then_mac"]:
            context.options |= NO_ENCRYPT_THEN_MAC
    client.keylog_filename = order["keylog"]
    return client, server


class Ends:
    def __init__(self, order):
        self.bio = [ssl.MemoryBIO() for _ in range(4)]  # to client, to server, and what each says
        client, server = contexts(order)
        self.end = [client.wrap_bio(self.bio[0], self.bio[2], server_hostname=order["server_name"]),
                    server.wrap_bio(self.bio[1], self.bio[3], server_side=True)]
        self.writes = []

    def carry(self, side):
        data = self.bio[2 + side].read()
        if data:
            self.writes.append((side, data))
            self.bio[1 - side].write(data)

    def shake(self):
        left = {ORIG, RESP}
        while left:
            for side in (ORIG, RESP):
                try:
                    self.end[side].do_handshake()
                    left.discard(side)
                except ssl.SSLWantReadError:
                    pass
                self.carry(side)

    def say(self, side, data):
        self.end[side].write(data)
        self.carry(side)
        got = b""
        while len(got) < len(data):
            got += self.end[1 - side].read(len(data) - len(got))
        assert got == data


def main():
    order = json.load(sys.stdin)
    ends = Ends(order)
    ends.shake()
    for side, data in order["exchange"]:
        ends.say(side, base64.b64decode(data))
    json.dump({"writes": [(s, base64.b64encode(d).decode()) for s, d in ends.writes],
               "cipher": ends.end[ORIG].cipher()[0],
               "keylog": pathlib.Path(order["keylog"]).read_text(encoding="ascii")}, sys.stdout)


if __name__ == "__main__":
    main()
