/*
 * smtp: dialogues, every row whole, byte by byte, and split in two everywhere. What was said is
 * written out by kind: lines as they are, {bodies}, <secrets>, [lost]; ^ is a dot that is none of
 * the message, $ its end.
 */
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "classify/proto/smtp.h"
#include "tests/support/guard.h"

struct seen {
	char text[2][1024];
	size_t len[2];
	int kind[2];
};

static void
add(struct seen *s, unsigned dir, char c)
{
	assert_true(s->len[dir] < sizeof(s->text[dir]) - 1);
	s->text[dir][s->len[dir]++] = c;
}

static void
on_bytes(void *arg, unsigned dir, enum smtp_bytes kind, const uint8_t *data, size_t len)
{
	static const char open[] = { [SMTP_BODY] = '{', [SMTP_SECRET] = '<', [SMTP_LOST] = '[' };
	static const char close[] = { [SMTP_BODY] = '}', [SMTP_SECRET] = '>', [SMTP_LOST] = ']' };
	struct seen *s = arg;

	if (kind == SMTP_DOT || kind == SMTP_END) {
		assert_int_equal(len, kind == SMTP_DOT);
		add(s, dir, kind == SMTP_DOT ? '^' : '$');
		return;
	}
	assert_true(len > 0);
	if (s->kind[dir] != (int)kind) {
		if (close[s->kind[dir]] != 0)
			add(s, dir, close[s->kind[dir]]);
		if (open[kind] != 0)
			add(s, dir, open[kind]);
		s->kind[dir] = (int)kind;
	}
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\r' && data[i] != '\n')
			add(s, dir, (char)data[i]);
		else if (data[i] == '\n')
			add(s, dir, '/');
	}
}

/* Turns: > the client's, < the server's; / is CRLF, ! a gap in that direction. */
static const struct smtp_case {
	const char *name;
	const char *turns[12];
	const char *client, *server;
	bool tls;
} cases[] = {
	{ "a message",
	  { "<220 mx/", ">EHLO me/", "<250-mx/250 OK/", ">MAIL FROM:<a@example.com>/", "<250 OK/",
	    ">RCPT TO:<b@example.com>/DATA/", "<250 OK/354 go on/", ">Subject: x//..text/./QUIT/",
	    "<250 OK/221 bye/" },
	  "EHLO me/MAIL FROM:<a@example.com>/RCPT TO:<b@example.com>/DATA/{Subject: "
	  "x//^.text/^/$}QUIT/",
	  "220 mx/250-mx/250 OK/250 OK/250 OK/354 go on/250 OK/221 bye/",
	  false },
	{ "only a dot", { ">DATA/", "<354 x/", ">./NOOP/" }, "DATA/^{/$}NOOP/", "354 x/", false },
	{ "dots that end nothing",
	  { ">DATA/", "<354 x/", ">.a/b./..//.x/./RSET/" },
	  "DATA/^{a/b./^.//^x/^/$}RSET/",
	  "354 x/",
	  false },
	{ "data refused", { ">DATA/", "<554 no/", ">QUIT/" }, "DATA/QUIT/", "554 no/", false },
	{ "one recipient refused, data taken",
	  { ">RCPT TO:<c>/DATA/", "<550 who/354 go/", ">x/./QUIT/" },
	  "RCPT TO:<c>/DATA/{x/^/$}QUIT/",
	  "550 who/354 go/",
	  false },
	{ "a message asked for within a line",
	  { ">X-", "<354 x/", ">y/./QUIT/" },
	  "X-{y/^/$}QUIT/",
	  "354 x/",
	  false },
	{ "the same, within what proves who it is",
	  { ">AUTH LOGIN/", "<334 u/", ">c2VjcmV0", "<354 x/", ">y/./QUIT/" },
	  "<AUTH LOGIN/c2VjcmV0>{y/^/$}QUIT/",
	  "334 u/354 x/",
	  false },
	{ "chunks",
	  { ">BDAT 5/abcdeBDAT 3 LAST/f/QUIT/" },
	  "BDAT 5/{abcde}BDAT 3 LAST/{f/$}QUIT/",
	  "",
	  false },
	{ "chunks of which the last is empty, and such that are left",
	  { ">BDAT 3/abcbdat 0 last/BDAT 2/deRSET/BDAT 1/fMAIL FROM:<a>/" },
	  "BDAT 3/{abc}bdat 0 last/$BDAT 2/{de$}RSET/BDAT 1/{f$}MAIL FROM:<a>/",
	  "",
	  false },
	{ "auth plain",
	  { ">AUTH PLAIN AHVzZXIAcGFzcw==/", "<235 OK/", ">NOOP/" },
	  "<AUTH PLAIN AHVzZXIAcGFzcw==/>NOOP/",
	  "235 OK/",
	  false },
	{ "auth login",
	  { ">auth login/", "<334 VXNlcg==/", ">dXNlcg==/", "<334 UGFzcw==/", ">cGFzcw==/",
	    "<535 no/", ">QUIT/" },
	  "<auth login/dXNlcg==/cGFzcw==/>QUIT/",
	  "334 VXNlcg==/334 UGFzcw==/535 no/",
	  false },
	{ "auth, server unseen",
	  { ">AUTH LOGIN/dXNlcg==/cGFzcw==/MAIL FROM:<a>/" },
	  "<AUTH LOGIN/dXNlcg==/cGFzcw==/>MAIL FROM:<a>/",
	  "",
	  false },
	{ "starttls", { ">STARTTLS/", "<220 go/\x16\x03" }, "STARTTLS/", "220 go/", true },
	{ "starttls refused",
	  { ">STARTTLS/", "<454 no/", ">QUIT/", "<220 x/" },
	  "STARTTLS/QUIT/",
	  "454 no/220 x/",
	  false },
	{ "greeting is no answer", { "<220 mx/", ">STARTTLS/" }, "STARTTLS/", "220 mx/", false },
	{ "gap in a line", { ">MAIL FR!", ">OM:<a>/QUIT/" }, "[OM:<a>/]QUIT/", "", false },
	{ "gap in a message",
	  { ">DATA/", "<354 x/", ">ab!", ">cd/./QUIT/" },
	  "DATA/{abcd/^/$}QUIT/",
	  "354 x/",
	  false },
	{ "gap in a chunk",
	  { ">BDAT 900/ab!", ">cd/QUIT/" },
	  "BDAT 900/{ab}[cd/]QUIT/",
	  "",
	  false },
	{ "words in a message",
	  { ">DATA/", "<354 x/", ">AUTH x/STARTTLS/./" },
	  "DATA/{AUTH x/STARTTLS/^/$}",
	  "354 x/",
	  false },
};

static size_t
expand(const char *turn, uint8_t *out, bool *gap)
{
	size_t n = 0;

	*gap = false;
	for (; *turn != '\0'; turn++) {
		if (*turn == '/') {
			out[n++] = '\r';
			out[n++] = '\n';
		} else if (*turn == '!')
			*gap = true;
		else
			out[n++] = (uint8_t)*turn;
	}
	return n;
}

/* Each turn in pieces of step bytes, cut once more at the given place of it. */
static struct seen
run(const struct smtp_case *t, size_t step, size_t cut, bool *tls)
{
	struct seen s = { .len = { 0, 0 } };
	struct smtp smtp = { .auth = false };
	uint8_t bytes[512];
	bool gap;

	*tls = false;
	for (unsigned i = 0; t->turns[i] != NULL && !*tls; i++) {
		unsigned dir = t->turns[i][0] == '<';
		size_t len = expand(t->turns[i] + 1, bytes, &gap);

		for (size_t at = 0; at < len && !*tls;) {
			size_t n = len - at < step ? len - at : step, taken;

			if (cut > at && cut < at + n)
				n = cut - at;
			taken = smtp_push(&smtp, dir, guard_copy(bytes + at, n), n, on_bytes, &s);
			*tls = smtp.tls_begins;
			assert_true(taken == n || *tls);
			at += taken;
		}
		if (gap)
			smtp_gap(&smtp, dir);
	}
	for (unsigned d = 0; d < 2; d++) {
		if (s.kind[d] != SMTP_LINE)
			add(&s, d,
			    s.kind[d] == SMTP_BODY     ? '}'
			    : s.kind[d] == SMTP_SECRET ? '>'
						       : ']');
	}
	return s;
}

static void
check(const struct smtp_case *t, size_t step, size_t cut)
{
	bool tls;
	struct seen s = run(t, step, cut, &tls);

	assert_string_equal(s.text[0], t->client);
	assert_string_equal(s.text[1], t->server);
	assert_int_equal(tls, t->tls);
}

static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].name);
		check(&cases[i], SIZE_MAX, 0);
		for (size_t step = 1; step < 8; step++)
			check(&cases[i], step, 0);
		for (size_t cut = 1; cut < 64; cut++)
			check(&cases[i], SIZE_MAX, cut);
	}
}

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct smtp) <= 80);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
