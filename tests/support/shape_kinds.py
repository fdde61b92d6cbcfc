"""What is said over TLS: streamed answers of models in the styles of several providers, and what
looks like them. Each kind is a function of a Draw; it returns writes and an ending (tls_link.py).

A Draw has two ranges for each parameter: the usual one, on which thresholds were chosen, and a wide
one, of which only what lies outside the usual is used, for seeing how far the figures carry.
"""
import math
import random

ORIG, RESP = 0, 1


class Draw:
    def __init__(self, rng, wide=False):
        self.r, self.is_wide = rng, wide
        self.h2 = rng.random() < 0.5

    def between(self, low, high, wide_low=None, wide_high=None, log=False):
        """From [low, high), or of the wide range what is outside of it."""
        if self.is_wide and (wide_low is not None or wide_high is not None):
            sides = [(a, b) for a, b in ((wide_low, low), (high, wide_high)) if a is not None and b is not None]
            low, high = self.r.choice(sides)
        if log:
            return math.exp(self.r.uniform(math.log(low), math.log(high)))
        return self.r.uniform(low, high)

    def whole(self, *args, **more):
        return int(self.between(*args, **more))

    def chance(self, p):
        return self.r.random() < p

    def near(self, mean, sigma):
        """Lognormal with that mean."""
        return mean * math.exp(self.r.gauss(0, sigma) - sigma * sigma / 2)

    def framed(self, size):
        """A piece of a body in its frame: a chunk of HTTP/1 or DATA of HTTP/2."""
        return size + 9 if self.h2 else size + len(f"{size:x}") + 4


# ------------------------------------------------------------------ what all of them share


def request(d, at, body, first=True):
    """A request with a body, as HTTP clients write it."""
    if d.h2:
        out = [(at, ORIG, d.whole(70, 110))] if first else []  # preface, SETTINGS, WINDOW_UPDATE
        if first:
            out.append((at + 0.0002, RESP, d.whole(9, 60)))
        head = d.whole(180, 600) if first else d.whole(40, 120)
        return out + ([(at + 0.0004, ORIG, head), (at + 0.0005, ORIG, body + 9)] if body else [(at + 0.0004, ORIG, head)])
    head = d.whole(220, 900)
    if body and d.chance(0.5):
        return [(at, ORIG, head), (at + 0.0002, ORIG, body)]
    return [(at, ORIG, head + body)]


def answer_head(d):
    return d.whole(40, 500) if d.h2 else d.whole(200, 1500)


def body_end(d, at):
    """The end of a body: a last chunk, an empty frame with END_STREAM, or nothing of its own."""
    if d.chance(0.12):
        return []
    return [(at, RESP, 9 if d.h2 else 5)]


def word(d):
    """Bytes of a token: words and what stands between them; some scripts need more bytes."""
    return max(1, int(d.r.gammavariate(2.6, 1.7))) + (d.whole(0, 8) if d.chance(0.06) else 0)


def credit(d, writes):
    """WINDOW_UPDATE of HTTP/2 clients: after so many bytes of the server's."""
    if not d.h2:
        return writes
    every, have, out = d.r.choice((4096, 16384, 32768, 10 ** 9)), 0, []
    for at, side, n in writes:
        have += n * (side == RESP)
        if have >= every:
            have = 0
            out.append((at + 0.0005, ORIG, d.r.choice((13, 26))))
    return writes + out


def leave(d, last, quiet=(0.0005, 5.0)):
    """A client that has what it wanted, or a server that closes."""
    x = d.r.random()
    if x < 0.15:
        return "server", last + 0.0003
    if x < 0.9:
        return "client", last + d.between(*quiet, log=True)
    return "nobody", last


def cut(d, last):
    """A client that leaves in the middle."""
    return ("client", last) if d.chance(0.85) else ("nobody", last)


# ------------------------------------------------------------------ models


def rhythm(d, nr, mean=None):
    """Seconds between tokens: steady, with hitches; sometimes a pause to think."""
    mean = mean or d.between(0.005, 0.2, 0.003, 0.3, log=True)
    sigma = d.between(0.1, 0.6, 0.04, 0.9)
    gaps = [d.near(mean, sigma) for _ in range(nr)]
    for i in range(nr):
        if d.chance(0.012):
            gaps[i] += mean * d.between(3, 15)
    if d.chance(0.15):
        gaps[d.r.randrange(nr)] += d.between(1.5, 25)
    return gaps


def stream(d, at, sizes, gaps, head=(), tail=(), pings=0.0):
    """Events in their frames; batches where something on the way holds them back."""
    ttfb = d.between(0.12, 3, 0.02, 20, log=True)
    out, now = [(at + ttfb, RESP, answer_head(d))], at + ttfb + (d.between(0.001, 0.4) if d.chance(0.5) else 0.0002)
    for n in head:
        out.append((now, RESP, d.framed(n)))
        now += 0.0003
    batch = d.between(0.02, 0.15, 0.15, 0.4) if d.chance(0.25) else 0
    joined, held, due = d.chance(0.5), [], 0.0
    for n, gap in zip(sizes, gaps):
        while pings and gap > pings:  # a comment now and then keeps the stream alive
            gap -= pings
            now += pings
            out.append((now, RESP, d.framed(8)))
        now += gap
        if not batch:
            out.append((now, RESP, d.framed(n)))
            continue
        if held and now > due:
            out += [(due, RESP, d.framed(sum(held)))] if joined else [(due, RESP, d.framed(x)) for x in held]
            held = []
        if not held:
            due = now + batch
        held.append(n)
    if held:
        now = max(now, due)
        out += [(now, RESP, d.framed(sum(held)))] if joined else [(now, RESP, d.framed(x)) for x in held]
    for n in tail:
        now += d.between(0.0001, 0.02)
        out.append((now, RESP, d.framed(n)))
    return out + body_end(d, now + 0.0002), now + 0.0002


def turns(d, one):
    """A conversation: what was said comes again with each request."""
    nr = 1 if d.chance(0.55) else d.whole(2, 6)
    out, at, prompt = [], 0.001, d.whole(250, 6000, 120, 60000, log=True)
    for i in range(nr):
        out += request(d, at, prompt, first=i == 0)
        writes, end = one(d, at + 0.001, d.whole(40, 600, 24, 2500, log=True))
        out += writes
        prompt += d.whole(100, 2000)
        at = end + d.between(0.05, 20, log=True)
    return credit(d, out), leave(d, end)


def openai_chat(d):
    envelope = d.whole(180, 330, 110, 420)

    def one(_, at, nr):
        padded = d.chance(0.4)
        sizes = [envelope + word(d) + (d.r.randrange(1, 16) if padded else 0) for _ in range(nr)]
        tail = [envelope + 10] + ([envelope + d.whole(80, 400)] if d.chance(0.5) else []) + [14]
        return stream(d, at, sizes, rhythm(d, nr), head=[envelope + 30], tail=tail)
    return turns(d, one)


def openai_responses(d):
    envelope = d.whole(200, 320, 150, 400)

    def one(_, at, nr):
        sizes = [envelope + word(d) + d.r.randrange(1, 16) for _ in range(nr)]
        said = nr * 5
        tail = [said + 200, said + 300, said + 350, said + d.whole(900, 4000)]
        return stream(d, at, sizes, rhythm(d, nr), head=[d.whole(900, 4000)] * 2 + [300, 280], tail=tail)
    return turns(d, one)


def anthropic(d):
    envelope, pairs = d.whole(115, 150, 100, 200), d.chance(0.3)

    def one(_, at, nr):
        words = [sum(word(d) for _ in range(d.r.choice((1, 1, 2, 3)))) for _ in range(nr)]
        if pairs:  # "event: ...\n" and "data: ...\n\n" as two writes
            sizes = [x for n in words for x in (27, envelope - 27 + n)]
            gaps = [x for g in rhythm(d, nr) for x in (g, 0.0001)]
        else:
            sizes, gaps = [envelope + n for n in words], rhythm(d, nr)
        return stream(d, at, sizes, gaps, head=[d.whole(300, 600), 120, 50], tail=[80, d.whole(130, 260), 50],
                      pings=d.r.choice((0, 5, 10, 15)))
    return turns(d, one)


def gemini(d):
    envelope = d.whole(250, 500, 200, 900)
    mean = d.between(0.06, 0.35, 0.35, 0.8, log=True)

    def one(_, at, nr):
        nr = max(4, nr // 8)
        sizes = [envelope + sum(word(d) for _ in range(d.whole(8, 40))) for _ in range(nr)]
        return stream(d, at, sizes, rhythm(d, nr, mean=mean), tail=[envelope + d.whole(50, 300)])
    return turns(d, one)


def bedrock(d):
    """Frames of AWS, base64 within, and padding of a random length (field "p")."""
    envelope = d.whole(170, 260, 140, 330)

    def one(_, at, nr):
        sizes = [envelope + word(d) * 4 // 3 + d.r.randrange(1, 36) for _ in range(nr)]
        return stream(d, at, sizes, rhythm(d, nr), head=[150, 160], tail=[180, 160, d.whole(250, 400)])
    return turns(d, one)


def ollama(d):
    envelope = d.whole(95, 140, 80, 170)

    def one(_, at, nr):
        return stream(d, at, [envelope + word(d) for _ in range(nr)], rhythm(d, nr), tail=[d.whole(300, 600)])
    return turns(d, one)


def reasoning(d):
    """Thoughts first, as comments that keep the connection alive or as summaries, then the answer."""
    envelope = d.whole(150, 330, 110, 420)

    def one(_, at, nr):
        gaps = rhythm(d, nr)
        gaps[0] += d.between(2, 40)
        sizes = [envelope + word(d) + (d.r.randrange(1, 16) if d.chance(0.5) else 0) for _ in range(nr)]
        return stream(d, at, sizes, gaps, head=[envelope + 100], tail=[envelope + 200, 14], pings=d.r.choice((1, 5, 15)))
    return turns(d, one)


def tool_calls(d):
    """An agent: short answers, arguments of tools piece by piece, the next request at once."""
    envelope = d.whole(150, 330, 110, 420)
    out, at, prompt = [], 0.001, d.whole(2000, 30000, log=True)
    for i in range(d.whole(2, 8)):
        nr = d.whole(20, 150, 10, 300)
        out += request(d, at, prompt, first=i == 0)
        writes, end = stream(d, at + 0.001, [envelope + word(d) for _ in range(nr)], rhythm(d, nr), tail=[envelope, 14])
        out += writes
        prompt += d.whole(200, 5000)
        at = end + d.between(0.01, 3, log=True)
    return credit(d, out), leave(d, end)


# ------------------------------------------------------------------ what is not a stream of a model


def periods(d, mean):
    """Seconds from one message to the next: a timer's, chance's, or bursts of a busy source."""
    kind = d.r.choice(("timer", "chance", "chance", "bursts"))
    shake = d.between(0.002, 0.05)
    while True:
        if kind == "timer":
            yield max(0.0003, d.r.gauss(mean, mean * shake))
        elif kind == "chance":
            yield d.r.expovariate(1 / mean)
        else:
            yield d.r.expovariate(4 / mean) if d.chance(0.8) else d.r.expovariate(1 / (mean * 4))


def bulk(d, at, size, rate, piece):
    """Bytes as fast as they go; returns when they are through."""
    out = []
    while size > 0:
        n = min(size, piece)
        out.append((at, RESP, n))
        size -= n
        at += n / rate
    return out, at


def download(d):
    rate, piece = d.between(1e6, 6e7, log=True), d.r.choice((1400, 4096, 8192, 16384, 16384))
    writes, end = bulk(d, d.between(0.01, 0.5), d.whole(1e5, 1.2e6, log=True), rate, piece)
    return credit(d, request(d, 0.001, 0) + writes), leave(d, end)


def throttled(d):
    """So many bytes per tick of a limiter, exact or as they come."""
    piece, tick = d.whole(300, 32768, 120, 60000, log=True), d.between(0.005, 0.2, 0.2, 0.6, log=True)
    shake, nr = d.r.choice((0, 0, 0.05, 0.2)), d.whole(30, 300)
    out, at = request(d, 0.001, d.r.choice((0, 0, 300))), 0.05
    out.append((at, RESP, answer_head(d)))
    for _ in range(nr):
        at += max(0.001, d.r.gauss(tick, tick * 0.05))
        out.append((at, RESP, max(40, int(piece * (1 + d.r.gauss(0, shake))))))
    out.append((at + tick, RESP, d.whole(40, piece + 41)))
    return credit(d, out + body_end(d, at + tick + 0.0005)), leave(d, at + tick)


def video(d):
    out, at = [], 0.001
    rate, piece = d.between(3e6, 4e7, log=True), d.r.choice((8192, 16384))
    for i in range(d.whole(2, 6)):
        out += request(d, at, 0, first=i == 0)
        writes, end = bulk(d, at + d.between(0.02, 0.2), d.whole(5e4, 4e5), rate, piece)
        out += writes
        at = end + d.between(1, 5)
    return credit(d, out), leave(d, end)


def grpc_stream(d):
    """Messages of one kind after one request; a list that ends, or a watch that does not."""
    d.h2 = True
    mean, size, sigma = d.between(0.004, 0.5, 0.002, 1.0, log=True), d.whole(30, 600, 15, 2000, log=True), d.between(0.05, 1)
    wait, out, at = periods(d, mean), request(d, 0.001, d.whole(20, 300)), d.between(0.01, 0.1)
    for _ in range(d.whole(20, 400, log=True)):
        at += next(wait)
        out.append((at, RESP, 14 + max(2, int(d.near(size, sigma)))))
    if d.chance(0.35):
        out.append((at + 0.0005, RESP, d.whole(20, 60)))
        return credit(d, out), leave(d, at + 0.001)
    return credit(d, out), cut(d, at + d.between(0, 1) * next(wait))


def upgrade(d):
    d.h2 = False
    return [(0.001, ORIG, d.whole(350, 700)), (0.02, RESP, d.whole(130, 260))]


def websocket_chat(d):
    out, at = upgrade(d), 1.0
    for _ in range(d.whole(10, 80)):
        at += d.r.expovariate(1 / d.between(0.3, 6))
        out.append((at, d.r.choice((ORIG, RESP)), d.whole(20, 500, log=True)))
    return out, cut(d, at + 1)


def websocket_telemetry(d):
    """Subscribed once, then pushed: equal or nearly equal messages without end."""
    out, at = upgrade(d) + [(0.05, ORIG, d.whole(40, 600))], 0.1
    size, spread = d.whole(50, 450, 36, 1200), d.r.choice((0, 3, 8, 30, 100))
    wait = periods(d, d.between(0.008, 0.6, 0.004, 2, log=True))
    for i in range(d.whole(30, 500, log=True)):
        at += next(wait)
        out.append((at, RESP, max(34, size + d.r.randint(-spread, spread))))
        if i % 100 == 99:
            out += [(at + 0.0001, RESP, 2), (at + 0.001, ORIG, 6)]
    return out, cut(d, at + d.between(0, 1) * next(wait))


def game(d):
    out, at, size = upgrade(d), 0.1, d.whole(60, 300)
    tick = d.r.choice((1 / 60, 0.033, 0.05, 0.1))
    for _ in range(d.whole(60, 400)):
        at += max(0.001, d.r.gauss(tick, tick * 0.1))
        out.append((at, RESP, size + d.r.randint(-40, 60)))
        if d.chance(0.6):
            out.append((at + d.between(0, tick), ORIG, d.whole(34, 90)))
    return out, cut(d, at + tick / 2)


def long_poll(d):
    out, at = [], 0.001
    for i in range(d.whole(3, 20)):
        out += request(d, at, d.r.choice((0, d.whole(40, 400))), first=i == 0)
        at += d.between(0.5, 30)
        out.append((at, RESP, d.whole(150, 1500)))
        at += d.between(0.001, 0.2)
    return out, leave(d, at)


def log_tail(d):
    """Lines as they are written: of any length, at any time; some logs end with their job."""
    size, sigma = d.whole(70, 250, 50, 500), d.between(0.3, 0.9, 0.15, 1.2)
    wait = periods(d, d.between(0.01, 1, 0.004, 3, log=True))
    out, at = request(d, 0.001, 0) + [(0.03, RESP, answer_head(d))], 0.03
    for _ in range(d.whole(25, 400, log=True)):
        at += next(wait)
        out.append((at, RESP, d.framed(max(20, int(d.near(size, sigma))))))
    if d.chance(0.3):
        return out + body_end(d, at + 0.0005), leave(d, at + 0.001)
    return credit(d, out), cut(d, at + d.between(0, 1) * next(wait))


def database_rows(d):
    """A query and its rows: fetched in blocks, or one by one as they are found."""
    d.h2 = False
    out, at = [(0.001, ORIG, 80), (0.003, RESP, 300)], 0.01
    for _ in range(d.whole(1, 6)):
        out.append((at, ORIG, d.whole(60, 900)))
        at += d.between(0.002, 0.5, log=True)
        if d.chance(0.5):
            writes, at = bulk(d, at, d.whole(5e3, 6e5, log=True), d.between(2e6, 5e7), 8192)
            out += writes
        else:
            size, sigma = d.whole(40, 500), d.between(0.02, 0.5)
            wait = periods(d, d.between(0.0004, 0.03, 0.03, 0.1, log=True))
            for _ in range(d.whole(20, 300)):
                at += next(wait)
                out.append((at, RESP, max(8, int(d.near(size, sigma)))))
        out.append((at, RESP, d.whole(14, 40)))
        at += d.between(0.001, 2, log=True)
    return out, leave(d, at)


def database_queries(d):
    d.h2 = False
    out, at = [(0.001, ORIG, 80), (0.003, RESP, 300)], 0.01
    for _ in range(d.whole(30, 300)):
        out.append((at, ORIG, d.whole(40, 400)))
        at += d.between(0.0003, 0.02, log=True)
        out.append((at, RESP, d.whole(40, 1500, log=True)))
        at += d.between(0.0003, 0.05, log=True)
    return out, leave(d, at)


def json_api(d):
    out, at = [], 0.001
    for i in range(d.whole(1, 40, log=True)):
        out += request(d, at, d.r.choice((0, d.whole(50, 4000))), first=i == 0)
        at += d.between(0.005, 0.8, log=True)
        writes, end = bulk(d, at, d.whole(200, 30000, log=True), 1e7, 16384)
        out += writes
        at = end + d.between(0.002, 5, log=True)
    return out, leave(d, end)


def price_ticker(d):
    """Server-sent events of prices: small, alike, as the market moves; seldom ended by the server."""
    size, spread = d.whole(70, 260, 50, 500), d.whole(2, 9, 0, 20)
    wait = periods(d, d.between(0.015, 1, 0.006, 3, log=True))
    out, at = request(d, 0.001, 0) + [(0.03, RESP, answer_head(d))], 0.03
    for _ in range(d.whole(30, 500, log=True)):
        at += next(wait)
        out.append((at, RESP, d.framed(size + d.r.randint(-spread, spread))))
    if d.chance(0.12):
        return out + body_end(d, at + 0.0005), leave(d, at + 0.001)
    return credit(d, out), cut(d, at + d.between(0, 1) * next(wait))


def dashboard(d):
    out, at, size = request(d, 0.001, 0) + [(0.03, RESP, answer_head(d))], 0.03, d.whole(300, 6000, log=True)
    wait = periods(d, d.between(0.5, 5, 0.2, 15))
    for i in range(d.whole(10, 120)):
        at += next(wait)
        out.append((at, RESP, d.framed(int(d.near(size, 0.1)))))
        if i % 10 == 9:
            out.append((at + 0.3, RESP, d.framed(8)))
    return credit(d, out), cut(d, at + d.between(0, 1) * next(wait))


def shell(d):
    """Keys and their echo; now and then what a command prints."""
    d.h2 = False
    out, at = [], 0.05
    for _ in range(d.whole(40, 250)):
        at += d.between(0.05, 0.5, log=True)
        key = d.whole(36, 76)
        out += [(at, ORIG, key), (at + 0.004, RESP, key)]
        if d.chance(0.06):
            for _ in range(d.whole(1, 60)):
                at += d.between(0.0005, 0.03)
                out.append((at, RESP, d.whole(60, 1200)))
    return out, cut(d, at + 0.3)


def mqtt(d):
    d.h2 = False
    out, at = [(0.001, ORIG, d.whole(30, 120)), (0.01, RESP, 4), (0.02, ORIG, d.whole(20, 300)), (0.03, RESP, 5)], 0.1
    size, spread, acked = d.whole(40, 300), d.r.choice((0, 4, 40)), d.chance(0.5)
    wait = periods(d, d.between(0.02, 2, 0.008, 5, log=True))
    for _ in range(d.whole(30, 300)):
        at += next(wait)
        out.append((at, RESP, max(20, size + d.r.randint(-spread, spread))))
        if acked:
            out.append((at + 0.0005, ORIG, 4))
    return out, cut(d, at + d.between(0, 1) * next(wait))


def browsing(d):
    d.h2 = True
    out, at = [], 0.001
    for i in range(d.whole(3, 30)):
        out += request(d, at, 0, first=i == 0)
        writes, end = bulk(d, at + d.between(0.01, 0.2), d.whole(300, 60000, log=True), 1e7, d.r.choice((1380, 8192, 16384)))
        out += writes
        at += d.between(0.001, 2, log=True)
    return credit(d, out), leave(d, end)


def upload(d):
    out, at = request(d, 0.001, 400), 0.01
    for _ in range(d.whole(5, 60)):
        out.append((at, ORIG, 16384))
        at += d.between(0.001, 0.02)
        if d.h2 and d.chance(0.3):
            out.append((at, RESP, 13))
    return out + [(at + 0.2, RESP, d.whole(200, 900))], leave(d, at + 0.2)


def progress(d):
    """What a build or an import reports while it runs, to its end."""
    size, sigma = d.whole(60, 200), d.between(0.15, 0.7)
    out, at = request(d, 0.001, d.whole(30, 500)) + [(0.05, RESP, answer_head(d))], 0.05
    wait, pause = periods(d, d.between(0.01, 0.5, log=True)), d.between(0.5, 5)
    for _ in range(d.whole(20, 250)):
        at += next(wait) + (d.r.expovariate(1 / pause) if d.chance(0.06) else 0)
        out.append((at, RESP, d.framed(max(16, int(d.near(size, sigma))))))
    return out + body_end(d, at + 0.0005), leave(d, at + 0.001)


def model_at_once(d):
    """A model's answer that is not streamed."""
    out, at = [], 0.001
    for i in range(d.whole(1, 5)):
        out += request(d, at, d.whole(300, 20000, log=True), first=i == 0)
        at += d.between(0.5, 20, log=True)
        out.append((at, RESP, answer_head(d) + d.whole(600, 9000)))
        at += d.between(0.05, 5)
    return out, leave(d, at)


def page_in_pieces(d):
    out, at = request(d, 0.001, 0), d.between(0.02, 0.3)
    for _ in range(d.whole(5, 40)):
        at += d.between(0.005, 0.15)
        out.append((at, RESP, d.framed(d.whole(200, 9000, log=True))))
    return credit(d, out + body_end(d, at + 0.0003)), leave(d, at + 0.001)


def speech(d):
    """Sound made from a text, as it is made: frames of a codec, or blocks."""
    frames = d.chance(0.5)
    size, tick = (d.whole(120, 500), d.r.choice((0.02, 0.04, 0.06))) if frames else (d.whole(1000, 8000), d.between(0.02, 0.2))
    out, at = request(d, 0.001, d.whole(100, 1500)), d.between(0.15, 1)
    out.append((at, RESP, answer_head(d)))
    for _ in range(d.whole(20, 250)):
        at += max(0.0005, d.r.gauss(tick, tick * 0.08))
        out.append((at, RESP, d.framed(int(d.near(size, 0.25 if frames else 0.03)))))
    return credit(d, out + body_end(d, at + 0.0004)), leave(d, at + 0.001)


MODELS = [openai_chat, openai_responses, anthropic, gemini, bedrock, ollama, reasoning, tool_calls]
OTHERS = [download, throttled, video, grpc_stream, websocket_chat, websocket_telemetry, game, long_poll, log_tail,
          database_rows, database_queries, json_api, price_ticker, dashboard, shell, mqtt, browsing, upload, progress,
          model_at_once, page_in_pieces, speech]
KINDS = {f.__name__: f for f in MODELS + OTHERS}
IS_MODEL = {f.__name__ for f in MODELS}


def wire_of(d, wire_class, bulky):
    """How it travels, drawn as well."""
    pad = d.r.choice((None,) * 8 + (64, "random")) if not d.is_wide else d.r.choice((None, None, 32, 128, 512, "random"))
    return wire_class(version=1.3 if d.chance(0.75) else 1.2, rtt=d.between(0.001, 0.08, 0.08, 0.25, log=True),
                      jitter=d.between(0.00005, 0.004, 0.004, 0.012, log=True), loss=d.r.choice((0, 0, 0.002, 0.01)),
                      mss=16000 if bulky else d.r.choice((1380, 1448)), pad=pad, tickets=d.r.choice((0, 1, 2, 2)),
                      certificate=d.whole(1500, 4200), at_client=d.chance(0.6))


BULKY = {"download", "throttled", "video", "browsing", "upload", "database_rows"}


def rng_of(*parts):
    return random.Random("/".join(map(str, parts)))
