/*
 * Keys and tokens by their name, of no one vendor: "api_key", "clientSecret", "token".
 *
 * A random value has digits and letters in no order; names of files, classes and paths have words.
 * Where the name says no more than token or secret, or begins with what no list here knows, the
 * value must be longer and more random. Not kept are what such a name also stands for: places in a
 * list of results, and what a page sends back against forgery.
 */
#include "classify/detect/field.h"
#include "classify/detect/validators.h"
#include "classify/detect/wording.h"
#include "classify/rules/confirm.h"

enum { KEY_MIN = 16, UNNAMED_MIN = 20, RUNS_MIN = 3, UUID_LEN = 36, SCHEME_MAX = 12 };

static bool
holds_one(struct span s, const char *const *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (span_has_nocase(s, words[i]))
			return true;
	}
	return false;
}

/* nextToken, csrf_token, idempotency-token: opens nothing. */
static bool
is_other_token(struct span name)
{
	static const char *const words[] = {
		"next",		"prev",		"continu", "page",     "pagin",	  "cursor",
		"csrf",		"xsrf",		"idempot", "sync",     "resume",  "delta",
		"skip",		"start",	"lock",	   "change",   "etag",	  "forgery",
		"verification", "authenticity", "captcha", "position", "request", "device",
		"push",		"cancel",	"public",  "watch",    "design",
	};

	return span_is(name, "_token") || holds_one(name, words, sizeof(words) / sizeof(words[0]));
}

/* The name says that it is for access. */
static bool
is_key_name(struct span name)
{
	static const char *const words[] = {
		"api",	      "access",	    "client",	    "refresh",	  "private",	"encrypt",
		"auth_token", "auth-token", "authtoken",    "secret_key", "secret-key", "secretkey",
		"bearer",     "bot_",	    "signing",	    "webhook",	  "consumer",	"hmac",
		"master",     "personal",   "authorization"
	};

	return holds_one(name, words, sizeof(words) / sizeof(words[0]));
}

static bool
is_uuid(struct span s)
{
	return s.len == UUID_LEN && s.p[8] == '-' && s.p[13] == '-' && s.p[18] == '-' &&
	       s.p[23] == '-';
}

/* How often a digit follows what is none. */
static size_t
digit_runs(struct span s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s.len; i++)
		nr += is_digit(s.p[i]) && (i == 0 || !is_digit(s.p[i - 1]));
	return nr;
}

/*
 * client_secret_2024.json, TokenRepository2.find, projects/acme/secrets/db/versions/3: most of its
 * letters are in words with a number behind them at most. A piece alone must be of several words.
 */
static bool
is_identifier(struct span s)
{
	size_t from = 0, letters = 0, wordy = 0, words = 0, pieces = 0;

	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && memchr("._-/:", s.p[i], 5) == NULL)
			continue;

		struct span piece = span_of(s.p + from, i - from);
		struct wording w = wording_of(piece);

		letters += w.letters;
		if (wording_is_words(&w) && digit_runs(piece) <= 1) {
			wordy += w.letters;
			words += w.upper ? w.words : 1;
		}
		pieces += piece.len != 0;
		from = i + 1;
	}
	return wordy * 4 >= letters * 3 && (pieces > 1 || words > 1);
}

/* A JSON Web Token, which has a rule of its own; a publishable key, which is no secret. */
static bool
is_known_kind(struct span s)
{
	return span_starts(s, "eyJ") || span_starts(s, "pk.") || span_starts(s, "pk_");
}

/* Authorization: Bearer KEY, Token token="KEY": what stands in front of the key is no part of it.
 */
static struct span
behind_scheme(struct field *f, struct span s)
{
	size_t i = 0;

	while (i < s.len && (is_alpha(s.p[i]) || s.p[i] == '-'))
		i++;
	if (i == s.len || s.p[i] != ' ' || i > SCHEME_MAX)
		return s;
	while (i < s.len && s.p[i] == ' ')
		i++;
	if (s.len - i > 6 && span_is_nocase(span_of(s.p + i, 6), "token="))
		i += 6;
	f->from += i;
	return span_of(s.p + i, s.len - i);
}

/*
 * A key's value has digits and letters, and no more order than chance gives.
 */
int
validate_assigned_key(struct value *v)
{
	struct field f;
	struct span s, name;
	struct wording w;

	if (!field_find(&f, v))
		return 0;
	name = span_of(f.w + f.name, f.key_end - f.name);
	s = behind_scheme(&f, span_of(f.w + f.from, f.to - f.from));
	w = wording_of(s);
	if (s.len < KEY_MIN || w.digits == 0 || w.letters == 0 || w.blanks != 0 || w.foreign ||
	    memchr("$%<{[(", s.p[0], 6) != NULL || entropy(s) < 3.0)
		return 0;
	if (is_placeholder(s) || is_identifier(s) || is_known_kind(s) || is_other_token(name))
		return 0;
	/* Of a long one the vendor's rule would end behind the window. */
	if (!is_key_name(name) &&
	    (s.len < UNNAMED_MIN || entropy(s) < 3.25 || is_uuid(s) ||
	     f.to == v->end + CONFIRM_RIGHT || (digit_runs(s) < RUNS_MIN && wording_is_words(&w))))
		return 0;
	v->start = f.from;
	v->end = f.to;
	value_set_norm(v, s);
	return 10;
}
