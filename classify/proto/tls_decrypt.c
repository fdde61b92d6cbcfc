#include "classify/proto/tls_decrypt.h"

#include <string.h>

#include "dataplane/port/cursor.h"

/* Of records that went by without keys, how many may have been of the handshake. */
#define HANDSHAKE_RECORDS 32u

/* What the functions below are given. */
struct call {
	struct tls_decrypt *d;
	struct tls_decrypt_side *s;
	unsigned dir;
	const struct tls_decrypt_out *out;
};

void
tls_decrypt_init(struct tls_decrypt *d, struct slab *buffers)
{
	*d = (struct tls_decrypt) { .buffers = buffers };
	d->cipher.version = TLS_VERSION_OTHER;
}

static void
give_buffer(struct call *c)
{
	slab_give(c->d->buffers, c->s->buffer);
	c->s->buffer = NULL;
}

void
tls_decrypt_fini(struct tls_decrypt *d)
{
	for (unsigned dir = 0; dir < 2; dir++)
		slab_give(d->buffers, d->side[dir].buffer);
	explicit_bzero(d, sizeof(*d));
}

uint64_t
tls_decrypt_held(const struct tls_decrypt *d)
{
	uint64_t held = 0;

	for (unsigned dir = 0; dir < 2; dir++) {
		const struct tls_decrypt_side *s = &d->side[dir];

		if (s->wanted && !s->spoiled)
			held += sizeof(s->header) + s->have;
	}
	return held;
}

/* ------------------------------------------------------------------ hellos and secrets */

void
tls_decrypt_early(struct tls_decrypt *d, const struct tls_facts *f)
{
	if (d->has_early_data || !f->has_client_random || !f->early_data)
		return;
	d->has_client_random = d->has_early_data = true;
	memcpy(d->client_random, f->client_random, sizeof(d->client_random));
}

bool
tls_decrypt_hellos(struct tls_decrypt *d, const struct tls_facts *f)
{
	enum tls_version version = tls_version_of(f->version);
	const struct tls_suite *suite = tls_suite_of(f->cipher, version);

	if (suite == NULL || f->compressed || !f->has_client_random || !f->has_server_random)
		return false;
	d->cipher = (struct tls_cipher) { suite, version, f->encrypt_then_mac };
	d->has_client_random = true;
	memcpy(d->client_random, f->client_random, sizeof(d->client_random));
	memcpy(d->server_random, f->server_random, sizeof(d->server_random));
	/* What the client has sent so far was early data. */
	if (d->side[0].epoch == TLS_EPOCH_NONE)
		d->side[0].number = d->side[0].passed = 0;
	return true;
}

static bool
is_13(const struct tls_decrypt *d)
{
	return d->cipher.version == TLS_1_3;
}

static void
set_keys_12(struct tls_decrypt *d)
{
	struct tls_keys keys[2];

	tls_keys_12(d->cipher.suite, d->cipher.version, d->secrets.secret[TLS_SECRET_MASTER],
		    d->client_random, d->server_random, keys);
	for (unsigned dir = 0; dir < 2; dir++) {
		d->side[dir].keys = keys[dir];
		d->side[dir].epoch = TLS_EPOCH_TRAFFIC;
	}
	explicit_bzero(keys, sizeof(keys));
}

/* Asks for what is missing; true when something is known. */
static bool
have_secrets(const struct call *c)
{
	struct tls_decrypt *d = c->d;
	const uint8_t *len = d->secrets.len;

	if (!d->complete && d->has_client_random &&
	    c->out->find(c->out->arg, d->client_random, &d->secrets)) {
		if (is_13(d)) {
			d->complete = len[TLS_SECRET_CLIENT_TRAFFIC] != 0 &&
				      len[TLS_SECRET_SERVER_TRAFFIC] != 0;
		} else if (d->cipher.suite != NULL && len[TLS_SECRET_MASTER] != 0) {
			d->complete = true;
			set_keys_12(d);
		}
	}
	if (d->cipher.suite != NULL && !is_13(d))
		return d->complete;
	return len[TLS_SECRET_CLIENT_EARLY] != 0 || len[TLS_SECRET_CLIENT_HANDSHAKE] != 0 ||
	       len[TLS_SECRET_CLIENT_TRAFFIC] != 0 || len[TLS_SECRET_SERVER_TRAFFIC] != 0;
}

/* ------------------------------------------------------------------ what is lost */

static void
give_up(struct call *c)
{
	struct tls_decrypt_side *s = c->s;
	uint64_t lost = s->lost_content + s->unknown_bytes;

	give_buffer(c);
	s->wanted = false;
	s->given_up = true;
	s->lost_content = s->unknown_bytes = 0;
	c->d->events[TLS_DECRYPT_GIVEN_UP]++;
	if (s->opened && lost != 0)
		c->out->gap(c->out->arg, c->dir, lost);
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static unsigned
overhead(const struct tls_decrypt *d)
{
	return d->cipher.suite == NULL ? 0 : tls_open_overhead(&d->cipher);
}

/* One record has gone by that is not opened, len bytes long. */
static void
pass(struct call *c, size_t len)
{
	struct tls_decrypt_side *s = c->s;

	s->passed++;
	s->number++;
	s->lost_content += less(len, overhead(c->d));
}

/* Of TLS 1.3 records go by unopened also when no secret of the handshake was given. */
static bool
should_have_opened(const struct call *c)
{
	enum tls_secret_label handshake =
	    c->dir == 0 ? TLS_SECRET_CLIENT_HANDSHAKE : TLS_SECRET_SERVER_HANDSHAKE;

	return !is_13(c->d) || c->s->opened || c->d->secrets.len[handshake] != 0;
}

/* There were keys for it, and it did not open. */
static void
fail(struct call *c, size_t len)
{
	struct tls_decrypt_side *s = c->s;

	/* What looked like a header while one was looked for may be none. */
	if (s->searching)
		s->unknown_bytes += sizeof(s->header) + len;
	else
		pass(c, len);
	/* The secret that it takes may be on its way. */
	if (!c->d->complete)
		return;
	if (should_have_opened(c))
		c->d->events[TLS_DECRYPT_FAILED]++;
	if (++s->nr_failed == TLS_DECRYPT_FAILURES)
		give_up(c);
}

/* The record with that number is open, under keys of epoch: what is missing before it? */
static void
tell_lost(struct call *c, enum tls_epoch epoch, uint64_t number, uint64_t missed)
{
	struct tls_decrypt_side *s = c->s;
	uint64_t first = is_13(c->d) ? 0 : 1; /* before TLS 1.3 the first record is Finished */
	uint64_t between = missed * (sizeof(s->header) + overhead(c->d));
	uint64_t lost = s->lost_content + less(s->unknown_bytes, between);
	bool whole = s->lost_content + s->unknown_bytes == 0;

	/* Nothing is told of the handshake, so nothing of it is missed. */
	if (!s->opened || s->epoch == TLS_EPOCH_HANDSHAKE)
		whole = number <= first || epoch != TLS_EPOCH_TRAFFIC;
	s->lost_content = s->unknown_bytes = s->passed = 0;
	if (!whole)
		c->out->gap(c->out->arg, c->dir, lost != 0 ? lost : 1);
}

/* ------------------------------------------------------------------ keys and numbers */

static bool
try_numbers(const struct call *c, const struct tls_cipher *cipher, const struct tls_keys *keys,
	    struct tls_sealed *r, uint64_t from, uint64_t nr, uint64_t *number)
{
	uint64_t most = TLS_DECRYPT_TRY_BYTES / (r->len + 64) + 1;

	if (nr > TLS_DECRYPT_TRIES)
		nr = TLS_DECRYPT_TRIES;
	if (nr > most)
		nr = most;
	for (uint64_t i = 0; i < nr; i++) {
		/* The first record of TLS 1.0 has the IV of the key block. */
		r->chained = from + i == 0 ? keys->iv : c->s->chained;
		r->number = from + i;
		if (tls_open(cipher, keys, r)) {
			*number = from + i;
			return true;
		}
	}
	return false;
}

/* The keys in force, from the number that is due. */
static bool
try_due(struct call *c, struct tls_sealed *r, uint64_t slack)
{
	struct tls_decrypt_side *s = c->s;
	uint64_t number;

	if (!try_numbers(c, &c->d->cipher, &s->keys, r, s->number, slack + 1, &number))
		return false;
	tell_lost(c, (enum tls_epoch)s->epoch, number, number - s->number);
	s->number = number + 1;
	return true;
}

/*
 * Keys that are new, made of secret. Records that could not be opened may have been the first under
 * them, or the last under those before.
 */
static bool
try_new(struct call *c, const struct tls_cipher *cipher, struct tls_sealed *r, enum tls_epoch epoch,
	const uint8_t *secret, uint64_t slack)
{
	struct tls_decrypt_side *s = c->s;
	uint64_t from = less(s->passed, HANDSHAKE_RECORDS), number;
	struct tls_keys keys;
	bool found;

	tls_keys_13(cipher->suite, secret, &keys);
	found = try_numbers(c, cipher, &keys, r, from, s->passed - from + slack + 1, &number);
	if (found) {
		tell_lost(c, epoch, number, number);
		s->keys = keys;
		s->epoch = (uint8_t)epoch;
		memcpy(s->secret, secret, cipher->suite->hash_bytes);
		s->number = number + 1;
	}
	explicit_bzero(&keys, sizeof(keys));
	return found;
}

static bool
try_secret(struct call *c, struct tls_sealed *r, enum tls_epoch epoch, enum tls_secret_label label,
	   uint64_t slack)
{
	const struct tls_secrets *known = &c->d->secrets;

	return known->len[label] == c->d->cipher.suite->hash_bytes &&
	       try_new(c, &c->d->cipher, r, epoch, known->secret[label], slack);
}

/* The suite is that of the session taken up again, which only the server's hello tells. */
static bool
try_early(struct call *c, struct tls_sealed *r)
{
	static const char *const names[] = {
		"TLS_AES_128_GCM_SHA256",	"TLS_AES_256_GCM_SHA384",
		"TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
		"TLS_AES_128_CCM_8_SHA256",
	};
	const struct tls_secrets *known = &c->d->secrets;
	struct tls_cipher cipher = { .version = TLS_1_3 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cipher.suite = tls_suite_of(names[i], TLS_1_3);
		if (cipher.suite->hash_bytes != known->len[TLS_SECRET_CLIENT_EARLY] ||
		    !try_new(c, &cipher, r, TLS_EPOCH_EARLY, known->secret[TLS_SECRET_CLIENT_EARLY],
			     0))
			continue;
		c->d->cipher = cipher;
		return true;
	}
	return false;
}

static bool
try_updated(struct call *c, struct tls_sealed *r, uint64_t slack)
{
	uint8_t secret[TLS_SECRET_MAX_BYTES];
	bool found;

	tls_keys_update(c->d->cipher.suite, c->s->secret, secret);
	found = try_new(c, &c->d->cipher, r, TLS_EPOCH_TRAFFIC, secret, slack);
	explicit_bzero(secret, sizeof(secret));
	return found;
}

/* Every place that the record may have. */
static bool
open_record(struct call *c, struct tls_sealed *r)
{
	struct tls_decrypt *d = c->d;
	struct tls_decrypt_side *s = c->s;
	uint64_t slack = s->unknown_bytes / (sizeof(s->header) + overhead(d));

	if (d->cipher.suite == NULL)
		return c->dir == 0 && try_early(c, r);
	if (s->epoch != TLS_EPOCH_NONE && try_due(c, r, slack))
		return true;
	if (!is_13(d))
		return false;
	if (s->epoch == TLS_EPOCH_TRAFFIC)
		return try_updated(c, r, slack);
	if (s->epoch != TLS_EPOCH_HANDSHAKE &&
	    try_secret(c, r, TLS_EPOCH_HANDSHAKE,
		       c->dir == 0 ? TLS_SECRET_CLIENT_HANDSHAKE : TLS_SECRET_SERVER_HANDSHAKE,
		       slack))
		return true;
	return try_secret(c, r, TLS_EPOCH_TRAFFIC,
			  c->dir == 0 ? TLS_SECRET_CLIENT_TRAFFIC : TLS_SECRET_SERVER_TRAFFIC,
			  slack);
}

/* ------------------------------------------------------------------ records */

static void
record_opened(struct call *c, const struct tls_sealed *r)
{
	struct tls_decrypt_side *s = c->s;

	s->opened = true;
	s->searching = false;
	s->nr_failed = 0;
	c->d->events[TLS_DECRYPT_OPENED]++;
	c->d->opened_bytes += sizeof(s->header) + r->len;
	if (r->type == TLS_APPLICATION_DATA && r->content_len != 0)
		c->out->data(c->out->arg, c->dir, r->content, r->content_len);
}

/* Does a record need the one before it? */
static bool
has_chain(const struct tls_decrypt *d)
{
	return d->cipher.version == TLS_1_0 && d->cipher.suite->kind == TLS_CBC;
}

/* A whole record, of which the fragment lies where it was sent or in the buffer. */
static void
take_record(struct call *c, const uint8_t *fragment, size_t len)
{
	struct tls_decrypt_side *s = c->s;
	struct tls_sealed r = { .header = s->header, .fragment = fragment, .len = len };
	const uint8_t *chain =
	    has_chain(c->d) ? tls_open_chain(&c->d->cipher, fragment, len) : NULL;
	uint8_t last[sizeof(s->chained)] = { 0 };

	if (chain != NULL)
		memcpy(last, chain, sizeof(last));
	if (s->header[0] != TLS_APPLICATION_DATA) {
		pass(c, 0);
	} else {
		r.content = slab_take(c->d->buffers);
		if (r.content == NULL) {
			c->d->events[TLS_DECRYPT_NO_BUFFER]++;
			pass(c, len);
		} else if (open_record(c, &r)) {
			record_opened(c, &r);
		} else {
			fail(c, len);
		}
		slab_give(c->d->buffers, r.content);
	}
	memcpy(s->chained, last, sizeof(last));
}

static bool
is_header(const uint8_t *h)
{
	return h[0] >= TLS_CHANGE_CIPHER_SPEC && h[0] <= TLS_HEARTBEAT && h[1] == 3 && h[2] <= 4 &&
	       read_be16(h + 3) <= TLS_RECORD_MAX_BYTES;
}

/* Encrypted, as far as that can be told by the header. */
static bool
is_sealed(const struct call *c)
{
	uint8_t type = c->s->header[0];

	return type == TLS_APPLICATION_DATA || (!is_13(c->d) && c->s->ciphered);
}

/* Is the record one whose fragment is needed? */
static bool
is_wanted(const struct call *c)
{
	return (c->s->header[0] == TLS_APPLICATION_DATA || has_chain(c->d)) && have_secrets(c);
}

/* Keys change: of TLS 1.3 the message is for show. */
static void
change_cipher_spec(struct call *c)
{
	if (c->s->ciphered && c->d->cipher.suite != NULL && !is_13(c->d))
		give_up(c);
	c->s->ciphered = true;
	c->s->number = 0;
}

static void
begin_record(struct call *c)
{
	struct tls_decrypt_side *s = c->s;

	s->left = read_be16(s->header + 3);
	s->have = 0;
	s->wanted = s->spoiled = false;
	if (s->header[0] == TLS_CHANGE_CIPHER_SPEC && !is_13(c->d))
		change_cipher_spec(c);
	else if (is_sealed(c))
		s->wanted = is_wanted(c);
}

/* Its last byte has come, or is lost. */
static void
end_record(struct call *c)
{
	struct tls_decrypt_side *s = c->s;
	size_t len = read_be16(s->header + 3);

	s->header_have = 0;
	if (!is_sealed(c) || s->header[0] == TLS_CHANGE_CIPHER_SPEC)
		return;
	if (s->searching && !s->wanted)
		s->searching = false; /* without keys nothing says more */
	if (!s->wanted || s->spoiled)
		pass(c, len);
	else
		take_record(c, s->buffer, len);
	give_buffer(c);
	s->wanted = false;
}

/* Where records begin is not known any more; len bytes of it were lost or make no sense. */
static void
lose_place(struct call *c, uint64_t len)
{
	struct tls_decrypt_side *s = c->s;

	s->unknown_bytes += len;
	s->searching = true;
	s->header_have = 0;
	s->wanted = false;
	give_buffer(c);
}

/* Moves on by a byte until what is there looks like a header of application data. */
static void
look_for_header(struct tls_decrypt_side *s)
{
	const uint8_t *h = s->header;

	while (s->header_have != 0 &&
	       (h[0] != TLS_APPLICATION_DATA || (s->header_have > 1 && h[1] != 3) ||
		(s->header_have > 2 && (h[2] == 0 || h[2] > 4)) ||
		(s->header_have > 3 && h[3] > TLS_RECORD_MAX_BYTES >> 8))) {
		s->header_have--;
		memmove(s->header, s->header + 1, s->header_have);
		s->unknown_bytes++;
	}
}

static void
header_byte(struct call *c, uint8_t byte)
{
	struct tls_decrypt_side *s = c->s;

	s->header[s->header_have++] = byte;
	if (s->searching)
		look_for_header(s);
	if (s->header_have < sizeof(s->header))
		return;
	if (!is_header(s->header)) {
		lose_place(c, sizeof(s->header));
		return;
	}
	if (s->searching)
		s->ciphered = true; /* what is looked for comes after it */
	begin_record(c);
	if (s->left == 0)
		end_record(c);
}

/* Bytes of the fragment, no more than are left of it. */
static void
fragment(struct call *c, const uint8_t *data, size_t len)
{
	struct tls_decrypt_side *s = c->s;

	if (s->wanted && !s->spoiled && s->have == 0 && len == s->left) {
		s->left = 0;
		s->header_have = 0;
		s->wanted = false;
		take_record(c, data, len);
		return;
	}
	if (s->wanted && !s->spoiled && s->buffer == NULL) {
		s->buffer = slab_take(c->d->buffers);
		if (s->buffer == NULL)
			c->d->events[TLS_DECRYPT_NO_BUFFER]++;
		s->spoiled = s->buffer == NULL;
	}
	if (s->wanted && !s->spoiled)
		memcpy(s->buffer + s->have, data, len);
	s->have = (uint16_t)(s->have + len);
	s->left = (uint16_t)(s->left - len);
	if (s->left == 0)
		end_record(c);
}

void
tls_decrypt_push(struct tls_decrypt *d, unsigned dir, const uint8_t *data, size_t len,
		 const struct tls_decrypt_out *out)
{
	struct call c = { d, &d->side[dir], dir, out };

	while (len > 0 && !c.s->given_up) {
		size_t n = c.s->left < len ? c.s->left : len;

		if (n == 0) {
			n = 1;
			header_byte(&c, *data);
		} else {
			fragment(&c, data, n);
		}
		data += n;
		len -= n;
	}
	if (len > 0 && c.s->opened)
		out->gap(out->arg, dir, len);
}

void
tls_decrypt_gap(struct tls_decrypt *d, unsigned dir, uint64_t len,
		const struct tls_decrypt_out *out)
{
	struct call c = { d, &d->side[dir], dir, out };
	struct tls_decrypt_side *s = c.s;

	if (len == 0)
		return;
	if (s->given_up) {
		if (s->opened)
			out->gap(out->arg, dir, len);
		return;
	}
	if (len > s->left) {
		uint64_t begun = s->left != 0 ? sizeof(s->header) + s->have : s->header_have;

		s->left = 0;
		lose_place(&c, begun + len);
		return;
	}
	s->spoiled = true;
	s->have = (uint16_t)(s->have + len);
	s->left = (uint16_t)(s->left - len);
	if (s->left == 0)
		end_record(&c);
}
