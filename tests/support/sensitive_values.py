"""Invented values of the shapes that the shipped rules find. Put together here from pieces: no file
of the project holds one whole, and none of them ever opened anything."""
import base64
import binascii
import json
import random

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEX = "0123456789abcdef"
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
rng = random.Random(20260105)


def letters(alphabet, n):
    return "".join(rng.choice(alphabet) for _ in range(n))


def luhn(head):
    """head with the digit that makes it pass."""
    total = 0
    for i, c in enumerate(reversed(head)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return head + str(-total % 10)


def iban(country, rest):
    digits = "".join(str(int(c, 36)) for c in rest + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{rest}"


def crc_token(prefix):
    """GitHub's and npm's form: the last six characters are a CRC-32 in base 62."""
    body = letters(BASE62, 30)
    value, tail = binascii.crc32(body.encode()), ""
    while len(tail) < 6:
        value, digit = divmod(value, 62)
        tail = BASE62[digit] + tail
    return prefix + body + tail


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwt():
    part = lambda value: b64url(json.dumps(value, separators=(",", ":")).encode())
    claims = {"sub": "1234", "name": "Nobody Example", "iat": 1767600000, "exp": 1767690000}
    return ".".join([part({"alg": "HS256", "typ": "JWT"}), part(claims), letters(BASE62, 43)])


def grouped(digits, sep):
    return sep.join(digits[i:i + 4] for i in range(0, len(digits), 4))


def values():
    """[(kind, value, words that a body has beside it)]; the same every time."""
    rng.seed(20260105)
    card, other = luhn("453957836270148"), luhn("542418027920365")
    pem = ("-----BEGIN RSA PRIVATE KEY-----\n" +
           "\n".join(letters(BASE62, 64) for _ in range(6)) + "\n-----END RSA PRIVATE KEY-----")
    return [
        ("pci.pan", card, "card number"),
        ("pci.pan spaced", grouped(other, " "), "credit card"),
        ("pci.pan dashed", grouped(luhn("400000258367149"), "-"), "visa card"),
        ("pci.pan amex", luhn("37144963587231"), "amex card"),
        ("pii.iban", iban("DE", "370400440532013871"), "iban"),
        ("pii.iban spaced", grouped(iban("FR", "20041010050500013M02606"), " "), "iban account"),
        ("pii.us_ssn", "512-" + "43-" + "7786", "ssn social security number"),
        ("pii.email", "leak.canary.one" + "@" + "mailbox.example.org", "email"),
        ("secret.aws_key_id", "AK" + "IA" + letters(BASE32, 16), "aws_access_key_id"),
        ("secret.aws_secret", letters(BASE62 + "/+", 40), "aws_secret_access_key"),
        ("secret.github", crc_token("gh" + "p_"), "token"),
        ("secret.gitlab", "gl" + "pat-" + letters(BASE62, 20), "token"),
        ("secret.openai", "s" + "k-" + letters(BASE62, 20) + "T3Blbk" + "FJ" + letters(BASE62, 20), "key"),
        ("secret.openai_project",
         "s" + "k-proj-" + letters(BASE62, 74) + "T3Blbk" + "FJ" + letters(BASE62, 74), "key"),
        ("secret.anthropic", "s" + "k-ant-api03-" + letters(BASE62, 93) + "AA", "key"),
        ("secret.google", "AI" + "za" + letters(BASE62, 35), "key"),
        ("secret.slack", "xo" + "xb-" + "-".join([letters("123456789", 12), letters("123456789", 12),
                                                 letters(BASE62, 24)]), "token"),
        ("secret.stripe", "s" + "k_live_" + letters(BASE62, 24), "key"),
        ("secret.hugging_face", "h" + "f_" + letters(BASE62[10:], 34), "token"),
        ("secret.groq", "g" + "sk_" + letters(BASE62, 20) + "WGdyb3FY" + letters(BASE62, 24), "key"),
        ("secret.xai", "x" + "ai-" + letters(BASE62, 80), "key"),
        ("secret.openrouter", "s" + "k-or-v1-" + letters(HEX, 64), "key"),
        ("secret.replicate", "r" + "8_" + letters(BASE62, 37), "token"),
        ("secret.nvidia", "nv" + "api-" + letters(BASE62, 64), "key"),
        ("secret.npm", crc_token("np" + "m_"), "token"),
        ("secret.pypi", "py" + "pi-AgEIcHlwaS5vcmc" + letters(BASE62, 120), "token"),
        ("secret.sendgrid", "S" + "G." + letters(BASE62, 22) + "." + letters(BASE62, 43), "key"),
        ("secret.twilio", "S" + "K" + letters(HEX, 32), "twilio key"),
        ("secret.digitalocean", "do" + "p_v1_" + letters(HEX, 64), "token"),
        ("secret.databricks", "da" + "pi" + letters(HEX, 32), "databricks token"),
        ("secret.postman", "PM" + "AK-" + letters(HEX, 24) + "-" + letters(HEX, 34), "key"),
        ("secret.private_key", pem, "key"),
        ("secret.jwt", jwt(), "bearer token"),
    ]
