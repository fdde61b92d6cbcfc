/*
 * Passwords by their name: can the value behind it be one?
 *
 * The name says little: what stands behind it in traffic is mostly a label of a form, a type, an
 * expression of a program or a stand-in. In quotes a text of words is a label; bare ones also must
 * not be an expression. So one plain word is no password here, hunter and Contraseña alike; with a
 * digit or a mark in it, Sommer2024!, it is. A word counts where the place says more than the name:
 * behind a user's name, in a form, in a line of the environment.
 *
 * Looked at is the window, once or twice; nothing is kept.
 */
#include "classify/detect/field.h"
#include "classify/detect/validators.h"
#include "classify/detect/wording.h"

enum {
	VALUE_MIN = 4,
	NUMBER_MIN = 6,	    /* digits alone are a password from here on */
	LONG_WORD_MIN = 14, /* thisismypassword: nobody writes a label so */
	SAID_MIN = 6,
};

/* ------------------------------------------------------------------ name */

/* pass is a part of many words; a password's name it is by itself, behind _, in dbPass or DBPASS.
 */
static bool
is_pass_named(const struct field *f)
{
	static const char *const before[] = { "db",    "sql",  "smtp",	"ftp",	 "mail",  "pg",
					      "redis", "root", "user",	"admin", "rpc",	  "ldap",
					      "auth",  "http", "proxy", "key",	 "store", "my" };
	size_t at = f->key;
	struct span word;

	if (f->key_end - f->key != 4 || at == 0 || !is_alnum(f->w[at - 1]))
		return true;
	if (f->w[at] == 'P' && f->w[at + 1] == 'a' && !(f->w[at - 1] >= 'A' && f->w[at - 1] <= 'Z'))
		return true;
	while (at > f->name && is_alnum(f->w[at - 1]))
		at--;
	word = span_of(f->w + at, f->key - at);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		size_t len = strlen(before[i]);

		if (word.len >= len && word.len <= 12 &&
		    span_is_nocase(span_of(word.p + word.len - len, len), before[i]))
			return true;
	}
	return false;
}

/* Words of other languages that end other words: senha, a password, but resenha, a review. */
static bool
is_end_of_word(const struct field *f)
{
	static const char *const names[] = { "senha", "parola", "heslo", "haslo", "has\xc5\x82o" };
	struct span key = span_of(f->w + f->key, f->key_end - f->key);
	uint8_t before = f->key > 0 ? f->w[f->key - 1] : 0;

	if (!is_alpha(before) && before < 0x80)
		return false;
	if (key.p[0] >= 'A' && key.p[0] <= 'Z' && before >= 'a' && before <= 'z')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_is_nocase(key, names[i]))
			return true;
	}
	return false;
}

/* forgotPassword, ice-pwd: of such a name the value is a text about passwords, or another's. */
static bool
is_about(const struct field *f)
{
	static const char *const words[] = { "forgot", "invalid", "wrong", "incorrect", "ice-" };
	struct span name = span_of(f->w + f->name, f->key - f->name);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_has_nocase(name, words[i]))
			return true;
	}
	return false;
}

/* Test::Pass, Pass::run; PASS: what a test says of itself. */
static bool
is_scope_or_verdict(const struct field *f)
{
	const uint8_t *w = f->w;

	if (f->key >= 2 && w[f->key - 1] == ':' && w[f->key - 2] == ':')
		return true;
	if (f->key_end + 2 >= f->len || w[f->key_end] != ':')
		return false;
	return w[f->key_end + 1] == ':' ||
	       (f->name == f->key && f->key_end - f->key == 4 &&
		memcmp(w + f->key, "PASS", 4) == 0 && w[f->key_end + 1] == ' ');
}

/* ------------------------------------------------------------------ value */

static bool
holds_between(struct span s, const char *open, const char *close)
{
	size_t len = strlen(open);

	for (size_t i = 0; i + len < s.len; i++) {
		if (memcmp(s.p + i, open, len) == 0)
			return span_has_nocase(span_of(s.p + i + len, s.len - i - len), close);
	}
	return false;
}

/* $NAME, $name/x; $uperS3cret is none: a name in quotes has no digit inside. */
static bool
is_variable(struct span s, bool quoted, const struct wording *w)
{
	size_t i = 1;

	if (s.p[0] != '$' || s.len < 2)
		return false;
	while (i < s.len && (is_alnum(s.p[i]) || s.p[i] == '_'))
		i++;
	if (i == s.len)
		return !quoted || (w->digits == 0 && wording_is_words(w));
	return i > 1 && wording_is_words(w) && memchr("/.:[-$>", s.p[i], 7) != NULL;
}

/* Stands for a value that is elsewhere: a template, a path of a vault, a URL, a tag of YAML. */
static bool
is_reference(struct span s, bool quoted, const struct wording *w)
{
	static const char *const starts[] = { "arn:aws",  "ENC[",     "ref+",  "@Microsoft.",
					      "!vault",	  "!Ref",     "!Sub",  "{cipher}",
					      "env.",	  "process.", "os.",   "req.",
					      "request.", "self.",    "this.", "args." };
	static const char *const pairs[][2] = { { "${", "}" },	{ "{{", "}}" }, { "#{", "}" },
						{ "<%", "%>" }, { "$(", ")" },	{ "%(", ")" },
						{ "@{", "}" },	{ "{%", "%}" } };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (span_starts(s, starts[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (holds_between(s, pairs[i][0], pairs[i][1]))
			return true;
	}
	/* An anchor of YAML, a number of a program. */
	if (!quoted &&
	    (((s.p[0] == '*' || s.p[0] == '&') && wording_is_words(w)) || span_starts(s, "0x")))
		return true;
	return is_variable(s, quoted, w) || span_has_nocase(s, "://") ||
	       span_has_nocase(s, "&lt;") || span_has_nocase(s, "&nbsp") ||
	       span_has_nocase(s, "&#") || (s.p[0] == '%' && s.p[s.len - 1] == '%') ||
	       span_starts(s, "%s") || span_starts(s, "%d") || span_starts(s, "%v");
}

/* A rule for passwords: ^(?=.*[A-Z]).{8,}$, required|min:8. */
static bool
is_pattern(struct span s)
{
	static const char *const parts[] = { "(?=", "(?!", "(?:", "[a-z", "[^",	  "\\d",
					     "\\w", "\\s", ".*",  "min:", "max:", "required" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (span_has_nocase(s, parts[i]))
			return true;
	}
	return false;
}

/* Names of passwords are in it: a key of texts or a route, not a password. */
static bool
holds_name(const struct field *f, struct span s)
{
	char key[24];
	size_t len = f->key_end - f->key;

	if (span_has_nocase(s, "password"))
		return true;
	if (len < sizeof("senha") - 1 || len >= sizeof(key))
		return false;
	for (size_t i = 0; i < len; i++)
		key[i] = (char)ascii_lower(f->w[f->key + i]);
	key[len] = '\0';
	return span_has_nocase(s, key);
}

/* /home/user/app, C:\work, projects/x/secrets/db/versions/3 */
static bool
is_path(const struct field *f, struct span s, const struct wording *w)
{
	size_t slashes = 0;

	for (size_t i = 0; i < s.len; i++)
		slashes += s.p[i] == '/';
	if (f->key_end - f->key == 3 && (s.p[0] == '/' || s.p[0] == '~' || s.p[1] == ':'))
		return true; /* pwd, the working directory */
	if (f->notation == FIELD_QUOTED && holds_name(f, s) &&
	    (slashes != 0 || memchr(s.p, '.', s.len) != NULL))
		return true; /* /reset-password2, errors.password.min8 */
	return slashes >= 2 && wording_is_words(w);
}

/* Names of hashes and codings, which have digits. */
static bool
is_term(struct span s)
{
	static const char *const terms[] = { "sha1",   "sha256",   "sha512", "sha-256", "sha-512",
					     "base64", "utf8",	   "utf-8",  "oauth2",	"pbkdf2",
					     "argon2", "argon2id", "int32",  "int64",	"uint8" };

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		if (span_is_nocase(s, terms[i]))
			return true;
	}
	return false;
}

/* A name and what it is called with, or a tag: getenv(NAME, base64.b64encode(value, <your-key>. */
static bool
is_call_or_tag(struct span s, bool quoted, const struct wording *w)
{
	size_t i = 0;

	if (s.p[0] == '<')
		return s.p[s.len - 1] == '>' && (wording_is_words(w) || w->digits == 0);
	if (!is_alpha(s.p[0]) && s.p[0] != '_')
		return false;
	while (i < s.len && (is_alnum(s.p[i]) || memchr("_.:", s.p[i], 3) != NULL))
		i++;
	if (i == s.len || (s.p[i] != '(' && s.p[i] != '['))
		return false;
	return !quoted || (memchr(")]", s.p[s.len - 1], 2) != NULL && wording_is_words(w));
}

/*
 * r.password||"", n2.value, field1, of a program: words with digits, then what goes on as an
 * expression or a list does. hunter2 at the end of a line is a password.
 */
static bool
is_expression(const struct field *f, struct span s, const struct wording *w)
{
	struct wording piece;
	size_t from = 0, to = f->to;
	uint8_t next;

	if (field_is_form(f) || field_is_environment(f))
		return false;
	if (!wording_is_words(w))
		return span_has_nocase(s, "||") || span_has_nocase(s, "&&") ||
		       span_has_nocase(s, "?.");
	if (memchr("[(|?", s.p[s.len - 1], 4) != NULL || span_has_nocase(s, "||") ||
	    span_has_nocase(s, "&&") || span_has_nocase(s, "::") || span_has_nocase(s, "->"))
		return true;
	while (to < f->len && f->w[to] == ' ')
		to++;
	next = to < f->len ? f->w[to] : '\n';
	if (memchr(",)}]|=", next, 6) != NULL ||
	    (next == ';' && (f->colon || !f->tight || field_begins_line(f))))
		return !w->mixed;
	/* a.b1.c: names with dots between them. */
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && s.p[i] != '.')
			continue;
		piece = wording_of(span_of(s.p + from, i - from));
		if (i == from || is_digit(s.p[from]) || piece.marks != 0)
			return holds_name(f, s) && memchr(s.p, '_', s.len) != NULL;
		from = i + 1;
	}
	return memchr(s.p, '.', s.len) != NULL ||
	       (memchr(s.p, '_', s.len) != NULL && span_has_nocase(s, "pass"));
}

/* Words alone are a password where the place says so. */
static bool
is_word_in_place(const struct field *f, struct span s, const struct wording *w)
{
	static const char *const no_values[] = {
		"null",	    "none",	  "true",     "false",	  "string",	"undefined",
		"password", "secret",	  "required", "token",	  "optional",	"hidden",
		"text",	    "empty",	  "value",    "pass",	  "nil",	"todo",
		"passwd",   "unset",	  "passwort", "kennwort", "contrasena", "motdepasse",
		"senha",    "wachtwoord", "haslo",    "heslo",	  "parola",	"salasana",
		"losenord", "adgangskode"
	};

	for (size_t i = 0; i < sizeof(no_values) / sizeof(no_values[0]); i++) {
		if (span_is_nocase(s, no_values[i]))
			return false;
	}
	if (w->foreign || w->letters < VALUE_MIN || memchr("_-.:/(<[{$%@*?", s.p[0], 14) != NULL)
		return false;
	if (field_is_form(f))
		return w->blanks == 0;
	if (field_is_environment(f))
		return !(s.p[0] >= 'A' && s.p[0] <= 'Z' && memchr(s.p, '_', s.len) != NULL);
	if (w->upper || w->blanks > 1 || memchr(s.p, '.', s.len) != NULL)
		return false;
	if (f->notation == FIELD_QUOTED && w->marks == 0 && w->blanks == 0 &&
	    w->letters >= LONG_WORD_MIN)
		return true;
	if (f->notation == FIELD_QUOTED && f->negated && w->blanks == 0)
		return true;
	if (!field_follows_user(f))
		return false;
	return f->notation != FIELD_BARE || (field_ends_line(f) && field_begins_line(f) &&
					     (f->tight || !span_has_nocase(s, "pass")));
}

/* super$ecret, p@ssword, cackle!, Prestigitariu$: a mark where no writer puts one. */
static bool
is_marked_word(const struct field *f, struct span s, const struct wording *w)
{
	uint8_t last = s.p[s.len - 1];

	if (w->blanks != 0 || w->wide || w->letters < VALUE_MIN ||
	    !(is_alpha(s.p[0]) || s.p[0] >= 0x80))
		return false;
	if (memchr(s.p, '@', s.len) != NULL && memchr(s.p, '.', s.len) != NULL)
		return false; /* an address */
	if (memchr(s.p, '/', s.len) != NULL || memchr(s.p, '=', s.len) != NULL)
		return false;
	if (f->notation == FIELD_BARE && !field_ends_line(f))
		return false;
	return w->mixed || w->signs >= 2 ||
	       (!w->upper && memchr("!$#%^&", last, 6) != NULL && w->marks == 1) ||
	       memchr("$#^&", last, 4) != NULL;
}

static bool
is_password(const struct field *f, struct span s)
{
	struct wording w = wording_of(s);
	bool quoted = f->notation != FIELD_BARE;

	if (w.wide || is_stand_in(s) || is_reference(s, quoted, &w) || is_pattern(s) ||
	    is_term(s) || is_call_or_tag(s, quoted, &w) || is_path(f, s, &w))
		return false;
	if (wording_is_number(&w))
		return w.marks == 0 && w.digits >= NUMBER_MIN &&
		       (quoted || (!f->colon && f->key_end - f->key > 4));
	if (w.letters == 0)
		return false;
	if (w.digits == 0 && wording_is_words(&w))
		return is_marked_word(f, s, &w) || is_word_in_place(f, s, &w);
	return w.blanks == 0 && (quoted || !is_expression(f, s, &w));
}

/* ("DB_PASSWORD", "Zx9kQ2p"), the last of what a function is called with; no list of columns. */
static bool
is_argument(const struct field *f)
{
	size_t at = f->to + 1;

	if (f->name < 2 || f->w[f->name - 2] != '(')
		return false;
	while (at < f->len && f->w[at] <= ' ')
		at++;
	return at >= f->len || f->w[at] == ')';
}

/*
 * In a sentence any word may follow, the password is base64-encoded: one with digits that is none,
 * or that ends the sentence.
 */
static bool
is_said(const struct field *f, struct span s)
{
	static const char *const terms[] = { "hash", "encod", "encrypt", "crypt", "md5",  "sha-",
					     "sha1", "sha2",  "sha5",	 "base",  "utf",  "bit",
					     "char", "digit", "byte",	 "oauth", "-pro", "http" };
	struct wording w = wording_of(s);
	uint8_t next;

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		if (span_has_nocase(s, terms[i]))
			return false;
	}
	if (s.len < SAID_MIN || w.digits == 0 || w.letters == 0 || is_digit(s.p[0]) != 0)
		return false;
	next = f->to < f->len ? f->w[f->to] : '\n';
	return !wording_is_words(&w) || w.mixed || f->notation == FIELD_QUOTED ||
	       memchr(".,;!?", next, 5) != NULL || field_ends_line(f);
}

static int
take_password(struct value *v, struct span s)
{
	v->start = (size_t)(s.p - v->window);
	v->end = v->start + s.len;
	value_set_norm(v, s);
	return 10;
}

/*
 * A password behind its name. The match begins with the name's last part and ends in the value,
 * whose end is found here.
 */
int
validate_password(struct value *v)
{
	struct field f;
	struct span s;

	if (!field_find(&f, v) || !is_pass_named(&f) || is_end_of_word(&f) || is_about(&f) ||
	    is_scope_or_verdict(&f))
		return 0;
	s = span_of(f.w + f.from, f.to - f.from);
	if (s.len < VALUE_MIN || !is_password(&f, s) || (f.listed && !is_argument(&f)) ||
	    (f.said && !is_said(&f, s)))
		return 0;
	return take_password(v, s);
}

/* The same behind a vendor's name: snowflake password = ... */
int
validate_named_password(struct value *v)
{
	size_t at = v->start;

	while (at < v->end && v->window[at] != ':' && v->window[at] != '=')
		at++;
	while (at > v->start && !is_alnum(v->window[at - 1]))
		at--;
	while (at > v->start && (is_alnum(v->window[at - 1]) || v->window[at - 1] == '_'))
		at--;
	v->start = at;
	return validate_password(v);
}

/* ------------------------------------------------------------------ commands */

static bool
is_shell_quote(uint8_t c)
{
	return c == '"' || c == '\'';
}

/* The word of a command that the match ends in, without its quotes. */
static struct span
command_word(const struct value *v)
{
	const uint8_t *w = v->window;
	size_t from = v->end, to = v->end;
	uint8_t quote;

	while (from > v->start && w[from - 1] > ' ' && !is_shell_quote(w[from - 1]))
		from--;
	quote = from > v->start && is_shell_quote(w[from - 1]) ? w[from - 1] : 0;
	while (to < v->len && w[to] >= ' ' && (quote != 0 ? w[to] != quote : w[to] > ' ') &&
	       !(quote == 0 && is_shell_quote(w[to])))
		to++;
	while (quote == 0 && to > from && memchr(",;)`", w[to - 1], 4) != NULL)
		to--;
	return span_of(w + from, to - from);
}

/* Nothing but the place says that it is one: no word, no stand-in, and not the user's name again.
 */
static int
take_command_password(struct value *v, struct span s)
{
	struct field f = { .w = v->window, .len = v->len, .notation = FIELD_QUOTED };
	struct wording w = wording_of(s);

	f.from = (size_t)(s.p - v->window);
	f.to = f.from + s.len;
	f.name = f.key = f.key_end = f.from;
	if (s.len < VALUE_MIN || w.digits == 0 || w.letters == 0 || s.p[0] == '$' ||
	    span_has_nocase(s, "passw") || !is_password(&f, s))
		return 0;
	return take_password(v, s);
}

/* curl -u ann:Zx9kQ2p, --user "ann:Zx9kQ2p", --user ann:'Zx9kQ2p' */
int
validate_login(struct value *v)
{
	struct span s = command_word(v);
	const uint8_t *colon = memchr(s.p, ':', s.len);

	if (colon != NULL)
		s = span_of(colon + 1, (size_t)(s.p + s.len - colon) - 1);
	return take_command_password(v, s);
}

/* sshpass -p Zx9kQ2p, mysql -pZx9kQ2p */
int
validate_option_password(struct value *v)
{
	struct span s = command_word(v);

	if (span_starts(s, "-p"))
		s = span_of(s.p + 2, s.len - 2);
	return take_command_password(v, s);
}
