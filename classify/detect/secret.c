/*
 * Secrets without a checksum: what separates a key from a placeholder, a word, or a hash.
 *
 * Entropy is a filter for a known alphabet and length, never a detector: identifiers score like
 * keys. Means of random text per character: 40 of base64 4.78 (1st percentile 4.47), 36 of
 * base62 4.66; `my-application-secret-name` has 3.69.
 */
#include <math.h>

#include "classify/detect/validators.h"

enum { WORD_LEN_MAX = 40, NAME_LEN_MIN = 3 };

double
entropy(struct span s)
{
	uint16_t count[256] = { 0 };
	double bits = 0;

	for (size_t i = 0; i < s.len; i++)
		count[s.p[i]]++;
	for (unsigned i = 0; i < 256; i++) {
		if (count[i] != 0)
			bits -= count[i] * log2((double)count[i] / (double)s.len);
	}
	return s.len == 0 ? 0 : bits / (double)s.len;
}

/*
 * The shape is the pattern's; here is only told whether it is a stand-in, which documentation and
 * tests are full of: then it is a test value.
 */
int
validate_token(struct value *v)
{
	struct span s = value_span(v);

	/* {SSHA} begins a hash, sk-{KEY} is a gap to fill in. */
	if (s.len == 0 || memchr(s.p, '<', s.len) != NULL ||
	    memchr(s.p + 1, '{', s.len - 1) != NULL)
		return 0;
	v->test = is_placeholder(s) || entropy(s) < 2.5;
	return 10;
}

/*
 * The same where a token is longer than what is in sight of its end: the match ends inside it, and
 * it goes on as far as its characters do.
 */
int
validate_token_head(struct value *v)
{
	size_t to = v->end;

	while (to < v->len && (is_alnum(v->window[to]) || memchr("-_.+/=%~", v->window[to], 8)))
		to++;
	while (to > v->end && v->window[to - 1] == '.')
		to--;
	v->end = to;
	value_set_norm(v, value_span(v));
	return validate_token(v);
}

/*
 * A path whose last part is the key: /services/T0.../B0.../KEY, /with/key/KEY, or the value of a
 * parameter. Its own shape says little, what stands in front of it says it all. The value is the
 * key alone: who is called by it may be read.
 */
int
validate_path_key(struct value *v)
{
	size_t from = v->end;

	while (from > v->start && v->window[from - 1] != '/' && v->window[from - 1] != '=')
		from--;
	if (from == v->start || from == v->end)
		return 0;
	v->start = from;
	v->test = is_placeholder(value_span(v));
	value_set_norm(v, value_span(v));
	return 10;
}

/* ------------------------------------------------------------------ keys by a vendor's name */

static bool
says_key(struct span word)
{
	static const char *const says[] = { "key",   "token",  "secret",  "pass",   "pwd",
					    "auth",  "bearer", "private", "access", "cred",
					    "login", "licen",  "dsn",	  "pat",    "api" };

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		if (span_has_nocase(word, says[i]))
			return true;
	}
	return false;
}

/* What a vendor's name stands in front of just as often. */
static bool
says_other(struct span word)
{
	static const char *const says[] = { "md5",    "sha1",	  "sha2",     "sha5",
					    "digest", "hash",	  "checksum", "etag",
					    "commit", "revision", "_version", "fingerprint",
					    "uuid",   "guid",	  "trace",    "_id",
					    "-id",    "image",	  "integrity" };
	size_t len = word.len;

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		if (span_has_nocase(word, says[i]))
			return true;
	}
	return len >= 3 && word.p[len - 2] == 'I' && word.p[len - 1] == 'd' &&
	       is_alpha(word.p[len - 3]);
}

static bool
is_key_byte(uint8_t c, bool wide)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.' ||
	       (wide && (c == '+' || c == '/' || c == ':'));
}

/* The word that ends at or before at, with what joins its parts. */
static struct span
word_before(const uint8_t *w, size_t at)
{
	size_t from;

	while (at > 0 && !is_alnum(w[at - 1]))
		at--;
	for (from = at;
	     from > 0 && (is_alnum(w[from - 1]) || w[from - 1] == '_' || w[from - 1] == '-');
	     from--)
		;
	return span_of(w + from, at - from);
}

/* The key at the end of the match; wide: base64 and such. */
static struct span
key_of(const struct value *v, bool wide)
{
	size_t from = v->end;

	while (from > v->start && v->window[from - 1] == '=')
		from--;
	while (from > v->start && is_key_byte(v->window[from - 1], wide))
		from--;
	return span_of(v->window + from, v->end - from);
}

static bool
is_mixed(struct span s)
{
	bool digit = false, letter = false;

	for (size_t i = 0; i < s.len; i++) {
		digit = digit || is_digit(s.p[i]);
		letter = letter || is_alpha(s.p[i]);
	}
	return digit && letter && entropy(s) >= 3.0;
}

/* name-secret-value, all in one: what is in front of the last joint says that a key follows. */
static bool
labelled_inside(struct span s)
{
	size_t to = s.len;

	while (to > 0 && s.p[to - 1] != '-' && s.p[to - 1] != '.' && s.p[to - 1] != '_')
		to--;
	return says_key(span_of(s.p, to));
}

/* { "name": "OKTA_TOKEN", "value": "..." }, variable "okta_token" { default = "..." } */
static bool
is_neutral(struct span word)
{
	return span_is_nocase(word, "value") || span_is_nocase(word, "default");
}

/* A word begins at at, or one part of it: eth, my_eth and myEth have an eth, together has none. */
static bool
begins_part(const struct value *v, size_t at)
{
	const uint8_t *w = v->window;

	if (at == 0 || !is_alpha(w[at]) || !is_alpha(w[at - 1]) || value_escape_before(v, at))
		return true;
	/* -Dsonar.login=... */
	if (at >= 2 && w[at - 2] == '-' && (at == 2 || !is_alnum(w[at - 3])))
		return true;
	return (w[at] & 0x20) == 0 && (w[at - 1] & 0x20) != 0;
}

/*
 * Where the vendor's name begins: the match may have begun inside another word, in front of it;
 * the same letters are then looked for. false: in no place they are more than a piece of a word.
 */
static bool
find_name(const struct value *v, size_t to, size_t *at)
{
	struct span first = span_of(v->window + v->start, NAME_LEN_MIN);

	for (*at = v->start; *at + NAME_LEN_MIN <= to; (*at)++) {
		size_t k = 0;

		while (k < first.len && ascii_lower(v->window[*at + k]) == ascii_lower(first.p[k]))
			k++;
		if (k == first.len && begins_part(v, *at))
			return true;
	}
	return false;
}

/*
 * A name and its value are the arguments of a call: f("name", "value"), f 'name', 'value'. In a
 * list the name's quote stands behind a bracket or another comma.
 */
static bool
are_arguments(const struct value *v, struct span word, struct span between)
{
	size_t at = 2, from = (size_t)(word.p - v->window);

	while (at < between.len && between.p[at] == ' ')
		at++;
	if (between.len != at + 1 || (between.p[0] != '"' && between.p[0] != '\'') ||
	    between.p[1] != ',' || between.p[at] != between.p[0])
		return false;
	while (from > 0 && (is_alnum(v->window[from - 1]) || v->window[from - 1] == '.' ||
			    v->window[from - 1] == '_' || v->window[from - 1] == '-'))
		from--;
	if (from == 0)
		return !v->cut;
	if (from < 3 || v->window[from - 1] != between.p[0])
		return false;
	return v->window[from - 2] == '(' ||
	       (v->window[from - 2] == ' ' && is_alnum(v->window[from - 3]));
}

static bool
is_named_key(const struct value *v, struct span s)
{
	struct span word = word_before(v->window, (size_t)(s.p - v->window));
	struct span between = span_of(word.p + word.len, (size_t)(s.p - word.p) - word.len);
	size_t name;
	bool own;

	if (s.p == v->window + v->start && labelled_inside(s))
		return begins_part(v, v->start);
	if (!find_name(v, (size_t)(s.p - v->window), &name))
		return false;
	if (is_neutral(word))
		word = word_before(v->window, (size_t)(word.p - v->window));
	own = word.len != 0 && word.p <= v->window + name && word.p + word.len > v->window + name;
	/* Longer than a name is: a line of base64. */
	if (word.len > WORD_LEN_MAX || says_other(word))
		return false;
	/* In a list what stands beside the word is some other column. */
	if (memchr(between.p, ',', between.len) != NULL && !are_arguments(v, word, between))
		return false;
	return says_key(word) || (own && is_mixed(s));
}

/*
 * A key by its vendor's name: the match begins with the name and ends with the key.
 *
 *   "clarifai": { "api_key": "dkHL49dId5skLfBjsf342RJkdskdpD54" }
 *    ^name         ^word       ^value
 *
 * The word in front of the value must say that a key follows, or be the name's own and the value
 * mixed as a key is. The name is a word or a part of one: zip_api_key is no ip_api's.
 */
int
validate_named_key(struct value *v)
{
	struct span s = key_of(v, false);

	if (!is_named_key(v, s)) {
		s = key_of(v, true);
		if (s.p == v->window + v->start || !is_named_key(v, s))
			return 0;
	}
	v->start = (size_t)(s.p - v->window);
	v->test = is_placeholder(s) || entropy(s) < 2.5;
	value_set_norm(v, s);
	return 10;
}

/*
 * The same for keys too long for a pattern to hold: the match ends inside the key, which goes on
 * as far as its characters do.
 */
int
validate_named_long(struct value *v)
{
	size_t to = v->end;
	int points = validate_named_key(v);

	while (to < v->len && is_key_byte(v->window[to], true))
		to++;
	v->end = to;
	value_set_norm(v, value_span(v));
	return points;
}

/* Four letters and sixteen more; the documentation's keys hold the word EXAMPLE. */
int
validate_aws_key(struct value *v)
{
	struct span s = value_span(v);
	bool base32 = true;

	if (s.len != 20)
		return 0;
	for (size_t i = 4; i < s.len; i++) {
		if (!is_digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return 0;
		base32 = base32 && !(s.p[i] < '2' || (s.p[i] > '7' && s.p[i] < 'A'));
	}
	/* Newer ids are base32; the oldest, A3T, were not. */
	if (!base32 && s.p[1] != '3')
		return 0;
	v->test = memcmp(s.p + 13, "EXAMPLE", 7) == 0 || entropy(span_of(s.p + 4, 16)) < 2.5;
	return 20;
}

static bool
is_base64(uint8_t c)
{
	return is_alnum(c) || c == '+' || c == '/';
}

/* aws_secret_access_key and its kin: what it names is one, however it looks. */
static bool
is_aws_name(struct span word)
{
	return span_has_nocase(word, "aws") && span_has_nocase(word, "secret") &&
	       span_has_nocase(word, "key");
}

/* The last forty characters of base64 in the match, not part of a longer run. */
int
validate_aws_secret(struct value *v)
{
	size_t to = v->end, name;
	bool upper = false, lower = false, digit = false;

	while (to > v->start && !is_base64(v->window[to - 1]))
		to--;
	if (to - v->start < 40 || (to < v->len && (is_base64(v->window[to]))))
		return 0;

	struct span s = span_of(v->window + to - 40, 40);

	for (size_t i = 0; i < s.len; i++) {
		if (!is_base64(s.p[i]))
			return 0;
		upper = upper || (s.p[i] >= 'A' && s.p[i] <= 'Z');
		lower = lower || (s.p[i] >= 'a' && s.p[i] <= 'z');
		digit = digit || is_digit(s.p[i]);
	}
	if (to - 40 > v->start && !find_name(v, to - 40, &name))
		return 0;
	if ((!upper || !lower || !digit || entropy(s) < 4.25) &&
	    !is_aws_name(word_before(v->window, to - 40)))
		return 0;
	v->test = memcmp(s.p + 30, "EXAMPLEKEY", 10) == 0 || looks_made_up(s);
	v->start = to - 40;
	v->end = to;
	value_set_norm(v, s);
	return 30;
}

/*
 * A key of Azure that carries the mark of its service: the match begins at the mark, which stands
 * near the end. In front of it is as much base64 as makes 32, 39, 40 or 64 bytes, or 84 letters and
 * digits.
 *
 *   kR3...52 characters...JQQJ99BDACYeBjFX...   q8Zk...76 characters...+AStZ9x2LQ==
 */
int
validate_azure_key(struct value *v)
{
	static const uint8_t lens[] = { 44, 52, 56, 84, 88 };
	size_t from = v->start;

	while (from > 0 && v->end - from <= 88 && is_base64(v->window[from - 1]))
		from--;
	v->start = from;
	if (memchr(lens, (int)(v->end - from), sizeof(lens)) == NULL)
		return 0;
	v->test = is_placeholder(value_span(v));
	value_set_norm(v, value_span(v));
	return 30;
}

/* RFC 2606: what documentation calls its hosts. */
static bool
is_example_host(const struct value *v, size_t at)
{
	static const char *const names[] = { "example", "example.com", "example.org",
					     "example.net" };
	struct span host;
	size_t to = at;

	while (to < v->len &&
	       (is_alnum(v->window[to]) || v->window[to] == '-' || v->window[to] == '.'))
		to++;
	host = span_of(v->window + at, to - at);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (host.len >= len &&
		    span_is_nocase(span_of(host.p + host.len - len, len), names[i]) &&
		    (host.len == len || host.p[host.len - len - 1] == '.'))
			return true;
	}
	return false;
}

/* ${PW}, $PW, %(pw)s, %s, {pw}, ***; but %23x is percent-coding and $Zx9kQ2 a password. */
static bool
is_url_variable(struct span s)
{
	bool letter = false, digit = false, small = false;

	for (size_t i = 0; i < s.len; i++) {
		letter = letter || is_alpha(s.p[i]);
		digit = digit || is_digit(s.p[i]);
		small = small || (s.p[i] >= 'a' && s.p[i] <= 'z');
	}
	if (s.p[0] == '%')
		return s.len < 3 || hex_value(s.p[1]) < 0 || hex_value(s.p[2]) < 0;
	if (s.p[0] == '$')
		return s.len < 6 || !small || !digit || !is_alpha(s.p[1]);
	return s.p[0] == '{' || s.p[0] == '<' || (s.p[0] == '*' && !letter && !digit);
}

/* [user[:password]@]host, &lt;user&gt;:&lt;password&gt;@: of a manual. */
static bool
is_syntax(struct span user, struct span password)
{
	return (user.len != 0 && user.p[0] == '[' &&
		memchr(password.p, ']', password.len) != NULL) ||
	       span_has_nocase(user, "&lt;") || span_has_nocase(password, "&lt;");
}

static bool
is_no_password(struct span s)
{
	static const char *const words[] = { "password", "passwd", "pass", "pwd" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_is_nocase(s, words[i]))
			return true;
	}
	return s.len < 4 || is_placeholder(s);
}

/*
 * user:password@ behind "://", the password no stand-in; the user may be missing, as for Redis. The
 * value is the password.
 */
int
validate_url_password(struct value *v)
{
	const uint8_t *w = v->window;
	size_t at = v->end - 1;
	size_t colon, user;

	if (w[at] != '@')
		return 0;
	/* The match's start may be a guess, the scheme is not. */
	for (colon = at; colon > 0 && w[colon - 1] != ':' && w[colon - 1] > ' '; colon--)
		;
	if (colon < 4 || w[colon - 1] != ':' || colon == at || w[colon - 2] == ':')
		return 0;
	for (user = colon - 1; user > 0 && w[user - 1] != '/' && w[user - 1] > ' '; user--)
		;
	if (user < 3 || memcmp(w + user - 3, "://", 3) != 0)
		return 0;

	/* "p@ss@host": the last one ends it. */
	for (size_t i = at + 1; i < v->len && w[i] > ' ' && memchr("/\"'<>\\", w[i], 6) == NULL;
	     i++) {
		if (w[i] == '@')
			at = i;
	}

	struct span password = span_of(w + colon, at - colon);

	if (password.len < 3 || is_url_variable(password) ||
	    is_syntax(span_of(w + user, colon - 1 - user), password))
		return 0;
	v->test = is_no_password(password) || is_example_host(v, at + 1);
	v->start = colon;
	v->end = at;
	value_set_norm(v, password);
	return 20;
}

/*
 * app:password@tcp(db:3306)/shop as drivers of Go have it, scott/password@orcl as Oracle has it: in
 * front of the first '@' of the match, behind the user's name. The value is the password.
 */
int
validate_dsn_password(struct value *v)
{
	const uint8_t *w = v->window;
	const uint8_t *at = memchr(w + v->start, '@', v->end - v->start);
	size_t to = at != NULL ? (size_t)(at - w) : 0, from = to, user;

	uint8_t mark = to == v->start ? ':' : '/'; /* between user and password */

	while (from > 0 && w[from - 1] > ' ' && w[from - 1] != mark &&
	       memchr("\"'`<>", w[from - 1], 5) == NULL)
		from--;
	if (from == 0 || w[from - 1] != mark)
		return 0;
	for (user = from - 1; user > 0 && (is_alnum(w[user - 1]) || w[user - 1] == '_'); user--)
		;

	struct span password = span_of(w + from, to - from);

	/* "://host/path@", behind a scheme: a URL. */
	if (user == from - 1 || (user > 0 && w[user - 1] == '/') || password.len < 4 ||
	    is_url_variable(password))
		return 0;
	v->test = is_no_password(password);
	v->start = from;
	v->end = to;
	value_set_norm(v, password);
	return 20;
}

/*
 * key = value, "key": "value" or f("key", "value"), of a shape that the pattern knows: the value is
 * what follows the last separator and its quote. Passwords, which have none, are password.c's.
 */
int
validate_assigned(struct value *v)
{
	const uint8_t *w = v->window;
	size_t from = v->start;

	while (from < v->end && w[from] != ':' && w[from] != '=')
		from++;
	if (from == v->end) {
		for (from = v->start; from < v->end && w[from] != ','; from++)
			;
	}
	while (from < v->end && memchr(":=, \t\"'`\\>!", w[from], 11) != NULL)
		from++;

	size_t to = v->end;

	while (to < v->len && w[to] > ' ' && memchr("\"',;&\\<>}])", w[to], 11) == NULL)
		to++;

	struct span s = span_of(w + from, to - from);

	if (s.len < 4 || s.p[0] == '$' || s.p[0] == '%' || is_placeholder(s))
		return 0;
	v->start = from;
	v->end = to;
	value_set_norm(v, s);
	return 10;
}

static int
take_text(struct value *v, size_t from, size_t to)
{
	struct span s = span_of(v->window + from, to - from);

	v->start = from;
	v->end = to;
	v->test = is_placeholder(s);
	value_set_norm(v, s);
	return 10;
}

/* key = "any text": what stands between the quotes. */
int
validate_assigned_text(struct value *v)
{
	const uint8_t *w = v->window;
	size_t from = v->start, to;
	uint8_t quote;

	while (from < v->end && memchr(":=,)", w[from], 4) == NULL)
		from++;
	while (from < v->end && w[from] != '"' && w[from] != '\'')
		from++;
	if (from == v->end)
		return 0;
	quote = w[from++];
	for (to = from; to < v->len && w[to] != quote && w[to] >= ' '; to++)
		;

	struct span s = span_of(w + from, to - from);

	if (s.len < 8 || s.p[0] == '<' || s.p[0] == '{' || s.p[0] == '%' ||
	    (s.p[0] == '$' && (s.p[1] == '{' || s.p[1] == '(')))
		return 0;
	return take_text(v, from, to);
}

/* The last word of the match, and what of it follows. */
int
validate_last_word(struct value *v)
{
	const uint8_t *w = v->window;
	size_t from = v->end, to = v->end;

	while (from > v->start && w[from - 1] > ' ')
		from--;
	while (from < to && (w[from] == '"' || w[from] == '\''))
		from++;
	while (to < v->len && w[to] > ' ' && memchr("\"'\\", w[to], 3) == NULL)
		to++;

	struct span s = span_of(w + from, to - from);

	if (s.len < 4 || memchr("$<{%*", s.p[0], 5) != NULL)
		return 0;
	return take_text(v, from, to);
}
