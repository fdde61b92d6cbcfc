#include "classify/proto/key_log.h"

#include <string.h>

#include "classify/span.h"

/* SHA-256 or SHA-384; a master secret has always 48. */
static const struct label {
	const char *name;
	enum tls_secret_label label;
	uint8_t min_bytes;
} labels[] = {
	{ "CLIENT_RANDOM", TLS_SECRET_MASTER, 48 },
	{ "CLIENT_EARLY_TRAFFIC_SECRET", TLS_SECRET_CLIENT_EARLY, 32 },
	{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET", TLS_SECRET_CLIENT_HANDSHAKE, 32 },
	{ "SERVER_HANDSHAKE_TRAFFIC_SECRET", TLS_SECRET_SERVER_HANDSHAKE, 32 },
	{ "CLIENT_TRAFFIC_SECRET_0", TLS_SECRET_CLIENT_TRAFFIC, 32 },
	{ "SERVER_TRAFFIC_SECRET_0", TLS_SECRET_SERVER_TRAFFIC, 32 },
};

void
key_log_init(struct key_log *k)
{
	*k = (struct key_log) { 0 };
}

void
key_log_fini(struct key_log *k)
{
	explicit_bzero(k, sizeof(*k));
}

/* Up to the next blank, which is taken as well. */
static struct span
next_word(struct span *line)
{
	const uint8_t *blank = line->len == 0 ? NULL : memchr(line->p, ' ', line->len);
	size_t len = blank == NULL ? line->len : (size_t)(blank - line->p);
	struct span word = span_of(line->p, len);
	size_t taken = blank == NULL ? len : len + 1;

	*line = span_of(line->p + taken, line->len - taken);
	return word;
}

static bool
from_hex(struct span hex, uint8_t *out)
{
	for (size_t i = 0; i < hex.len; i += 2) {
		int hi = hex_value(hex.p[i]), lo = hex_value(hex.p[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static const struct label *
label_of(struct span name)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (span_is(name, labels[i].name))
			return &labels[i];
	}
	return NULL;
}

/* Labels are upper case, digits and underscores: anything else is no line of a key log. */
static bool
is_label(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if (c != '_' && (c < 'A' || c > 'Z') && (c < '0' || c > '9'))
			return false;
	}
	return name.len != 0;
}

static bool
is_length_of(const struct label *l, size_t bytes)
{
	return bytes == TLS_SECRET_MAX_BYTES || bytes == l->min_bytes;
}

static void
read_line(struct key_log *k, struct span line, key_log_fn *fn, void *arg)
{
	struct span name = next_word(&line), random = next_word(&line), secret = next_word(&line);
	const struct label *l = label_of(name);
	struct key_log_line out;

	if (line.len != 0 || random.len == 0 || secret.len == 0 || !is_label(name)) {
		k->nr_malformed++;
		return;
	}
	if (l == NULL) {
		k->nr_unused++;
		return;
	}
	if (random.len != 2 * TLS_RANDOM_BYTES || secret.len % 2 != 0 ||
	    !is_length_of(l, secret.len / 2) || !from_hex(random, out.client_random) ||
	    !from_hex(secret, out.secret)) {
		k->nr_malformed++;
	} else {
		out.label = l->label;
		out.secret_len = (uint8_t)(secret.len / 2);
		k->nr_lines++;
		fn(arg, &out);
	}
	explicit_bzero(&out, sizeof(out));
}

static void
end_line(struct key_log *k, key_log_fn *fn, void *arg)
{
	struct span line = span_of((const uint8_t *)k->line, k->have);

	if (line.len != 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (k->too_long)
		k->nr_malformed++;
	else if (line.len != 0 && line.p[0] != '#')
		read_line(k, line, fn, arg);
	k->have = 0;
	k->too_long = false;
}

/* A comment may be of any length. */
static void
keep(struct key_log *k, const uint8_t *data, size_t len)
{
	size_t room = sizeof(k->line) - k->have, n = len < room ? len : room;

	memcpy(k->line + k->have, data, n);
	k->have = (uint16_t)(k->have + n);
	if (n != len && k->line[0] != '#')
		k->too_long = true;
}

void
key_log_push(struct key_log *k, const uint8_t *data, size_t len, key_log_fn *fn, void *arg)
{
	while (len > 0) {
		const uint8_t *lf = memchr(data, '\n', len);
		size_t n = lf == NULL ? len : (size_t)(lf - data);

		keep(k, data, n);
		if (lf != NULL) {
			end_line(k, fn, arg);
			n++;
		}
		data += n;
		len -= n;
	}
}

void
key_log_end(struct key_log *k, key_log_fn *fn, void *arg)
{
	end_line(k, fn, arg);
}
