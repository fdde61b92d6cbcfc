/*
 * JSON Web Tokens (RFC 7519): base64url({"alg":...}) . base64url({claims}) . signature
 *
 * A rule matches up to the second dot. What stands between the dots is then in sight, or its last
 * part: the window is 448 bytes, claims of service accounts are longer. Their end is what matters,
 * it names the account. A token whose header is out of sight, or begins there, is one when what can
 * be read of its claims is JSON.
 *
 * The head alone, up to a little behind the first dot, is for masking: there the header is in
 * sight, and the value goes on as far as the token does.
 */
#include "classify/detect/jwt.h"

#include "classify/detect/validators.h"

enum { HEAD_MAX = 256 };

struct jwt {
	size_t from;	 /* of the header, or of what is in sight */
	size_t dot, end; /* the claims are (dot, end) */
	bool headed;
	size_t nr_head, nr_claims;
	uint8_t head[HEAD_MAX];
	uint8_t claims[VALUE_NORM_CAP];
};

static bool
is_base64url(uint8_t c)
{
	return is_alnum(c) || c == '-' || c == '_';
}

/* memmem for text that is not terminated. */
static const uint8_t *
find_text(const uint8_t *p, size_t len, const char *text)
{
	return memmem(p, len, text, strlen(text));
}

/* Where the header begins: back from the dot over base64url. */
static size_t
header_start(const struct value *v, size_t dot)
{
	size_t from = dot;

	while (from > 0 && dot - from < HEAD_MAX && is_base64url(v->window[from - 1]))
		from--;
	/* "Bearer_eyJ", "\neyJ": the header begins with an encoded '{'. */
	while (from < dot && memcmp(v->window + from, "eyJ", 3) != 0 &&
	       memcmp(v->window + from, "ewo", 3) != 0)
		from++;
	return from;
}

static bool
read_header(const struct value *v, struct jwt *t, size_t dot)
{
	t->from = header_start(v, dot);
	t->nr_head =
	    base64_decode(span_of(v->window + t->from, dot - t->from), t->head, sizeof(t->head));
	return t->nr_head >= 10 && t->head[0] == '{' &&
	       find_text(t->head, t->nr_head, "\"alg\"") != NULL;
}

static bool
is_text(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] < ' ' || p[i] == 0x7f)
			return false;
	}
	return len >= 8;
}

/* The end of claims that begin out of sight: one of four ways to count off the groups of base64. */
static bool
read_tail(const struct value *v, struct jwt *t, size_t from)
{
	for (size_t skip = 0; skip < 4; skip++) {
		t->nr_claims = base64_decode(span_of(v->window + from + skip, t->end - from - skip),
					     t->claims, sizeof(t->claims));
		if (is_text(t->claims, t->nr_claims) && t->claims[t->nr_claims - 1] == '}')
			return true;
	}
	return false;
}

/* The claims are whole, the header is not: its base64 begins before the window. */
static bool
header_is_cut(const struct value *v, struct jwt *t)
{
	size_t from = t->dot;

	while (from > 0 && is_base64url(v->window[from - 1]))
		from--;
	/* What was decoded of it is no whole one that lacks an algorithm. */
	if (from != 0 || (is_text(t->head, t->nr_head) && t->head[0] == '{'))
		return false;
	t->from = 0;
	return is_text(t->claims, t->nr_claims) && t->claims[t->nr_claims - 1] == '}';
}

/* The token whose second dot is the last byte of the value. */
static bool
read_token(const struct value *v, struct jwt *t)
{
	size_t at = v->end - 1;

	if (v->end - v->start < 8 || v->window[at] != '.')
		return false;
	t->end = at;
	while (at > 0 && is_base64url(v->window[at - 1]))
		at--;
	t->headed = false;
	if (at == 0 || v->window[at - 1] != '.') {
		t->from = at;
		/* All that is in sight, or it would have a dot. */
		return at == 0 && t->end > 128 && read_tail(v, t, at);
	}
	t->dot = at - 1;
	t->nr_claims =
	    base64_decode(span_of(v->window + at, t->end - at), t->claims, sizeof(t->claims));
	if (t->nr_claims < 8 || t->claims[0] != '{')
		return false;
	t->headed = read_header(v, t, t->dot);
	return t->headed || header_is_cut(v, t);
}

static void
take_token(struct value *v, size_t from, size_t to)
{
	while (to < v->len && (is_base64url(v->window[to]) || v->window[to] == '.'))
		to++;
	v->start = from;
	v->end = to;
	value_set_norm(v, value_span(v));
}

/* ------------------------------------------------------------------ what it says */

/* The text of "name":"..." in out, with a NUL; false when it is not there or holds an escape. */
static bool
claim_text(const uint8_t *p, size_t len, const char *name, char *out, size_t cap)
{
	const uint8_t *at = find_text(p, len, name), *end = p + len;
	size_t nr = 0;

	if (at == NULL)
		return false;
	at += strlen(name);
	while (at < end && (*at == ' ' || *at == ':'))
		at++;
	if (at == end || *at++ != '"')
		return false;
	while (at < end && *at != '"' && *at != '\\' && nr + 1 < cap)
		out[nr++] = (char)*at++;
	out[nr] = '\0';
	return nr != 0 && at < end && *at == '"';
}

static uint64_t
claim_number(const uint8_t *p, size_t len, const char *name)
{
	const uint8_t *at = find_text(p, len, name), *end = p + len;
	uint64_t n = 0;

	if (at == NULL)
		return 0;
	for (at += strlen(name); at < end && (*at == ' ' || *at == ':'); at++)
		;
	for (; at < end && is_digit(*at) && n < 100000000000u; at++)
		n = n * 10 + *at - '0';
	return n;
}

static void
append(char *out, size_t cap, const char *text)
{
	size_t have = strlen(out), more = strlen(text);

	if (more >= cap - have)
		more = cap - have - 1;
	memcpy(out + have, text, more);
	out[have + more] = '\0';
}

/* system:serviceaccount:NAMESPACE:NAME as namespace/ServiceAccount/name. */
static void
put_account(char *subject, struct token_claims *c)
{
	static const char lead[] = "system:serviceaccount:";
	char *name;

	if (strncmp(subject, lead, sizeof(lead) - 1) != 0)
		return;
	subject += sizeof(lead) - 1;
	name = strchr(subject, ':');
	if (name == NULL || name == subject || name[1] == '\0')
		return;
	*name++ = '\0';
	append(c->identity, sizeof(c->identity), subject);
	append(c->identity, sizeof(c->identity), "/ServiceAccount/");
	append(c->identity, sizeof(c->identity), name);
}

static void
put_claims(const struct jwt *t, struct token_claims *c)
{
	char subject[TOKEN_IDENTITY_CAP];

	*c = (struct token_claims) { .present = true };
	if (t->headed && !claim_text(t->head, t->nr_head, "\"alg\"", c->alg, sizeof(c->alg)))
		c->alg[0] = '\0';
	if (!claim_text(t->claims, t->nr_claims, "\"iss\"", c->issuer, sizeof(c->issuer)))
		c->issuer[0] = '\0';
	c->expires = claim_number(t->claims, t->nr_claims, "\"exp\"");
	if (claim_text(t->claims, t->nr_claims, "\"sub\"", subject, sizeof(subject)))
		put_account(subject, c);
}

/* ------------------------------------------------------------------ validators */

int
validate_jwt(struct value *v)
{
	struct jwt t;

	if (!read_token(v, &t))
		return 0;
	if (v->claims != NULL)
		put_claims(&t, v->claims);
	take_token(v, t.from, v->end);
	return 30;
}

int
validate_k8s_jwt(struct value *v)
{
	struct jwt t;

	if (!read_token(v, &t) ||
	    (find_text(t.claims, t.nr_claims, "system:serviceaccount:") == NULL &&
	     find_text(t.claims, t.nr_claims, "kubernetes") == NULL))
		return 0;
	if (v->claims != NULL)
		put_claims(&t, v->claims);
	take_token(v, t.from, v->end);
	return 40;
}

/* The match ends a little behind the first dot. */
int
validate_jwt_head(struct value *v)
{
	size_t dot = v->end;
	struct jwt t;

	while (dot > v->start && v->window[dot - 1] != '.')
		dot--;
	if (dot <= v->start + 1 || v->end - dot < 3 || !read_header(v, &t, dot - 1))
		return 0;
	take_token(v, t.from, v->end);
	return 30;
}
