/*
 * fetched_mail: what the client and the server say, in every split, and what of it is a message.
 * Turns begin with '>' or '<'; '/' is a line end, '!' a gap. Of messages what comes out is in {}.
 */
#include "tests/support/unit.h"

#include "classify/proto/fetched_mail.h"
#include "tests/support/guard.h"

static const struct row {
	const char *name;
	bool imap;
	const char *turns[8];
	const char *want;
} rows[] = {
	{ "pop3, retrieved",
	  false,
	  { "<+OK hi/", ">RETR 1/", "<+OK 9/a: b//..x/.y/./", "<+OK x/" },
	  "+OK hi/+OK 9/{a: b//.x/y/}+OK x/" },
	{ "pop3, refused, then two",
	  false,
	  { "<+OK hi/", ">retr 1/TOP 2 0/", "<-ERR no/+OK/x/./", ">QUIT/", "<+OK bye/" },
	  "+OK hi/-ERR no/+OK/{x/}+OK bye/" },
	{ "pop3, an empty message and a dot within a line",
	  false,
	  { ">RETR 1/", "<+OK/./", ">RETR 1/", "<+OK/a.b/./" },
	  "+OK/{}+OK/{a.b/}" },
	{ "pop3, a list is none", false, { ">LIST/", "<+OK/1 20/./" }, "+OK/1 20/./" },
	{ "imap, fetched",
	  true,
	  { "<* OK hi/", ">a1 FETCH 1 BODY[]/", "<* 1 FETCH (UID 5 BODY[] {7}/a: b/xy)/a1 OK/" },
	  "* OK hi/* 1 FETCH (UID 5 BODY[] {7}/{a: b/xy})/a1 OK/" },
	{ "imap, a header and a part",
	  true,
	  { "<* 1 FETCH (BODY[HEADER] {3}/a: /BODY[1] {2}/xy)/" },
	  "* 1 FETCH (BODY[HEADER] {3}/{a: }/BODY[1] {2}/xy)/" },
	{ "imap, of older clients, and the beginning of one",
	  true,
	  { "<* 1 FETCH (RFC822 {2}/ab)/* 2 FETCH (BODY[]<0> {2}/cd)/" },
	  "* 1 FETCH (RFC822 {2}/{ab})/* 2 FETCH (BODY[]<0> {2}/{cd})/" },
	{ "a gap ends a message",
	  true,
	  { "<* 1 FETCH (BODY[] {9}/ab!", "<c)/" },
	  "* 1 FETCH (BODY[] {9}/{ab}c)/" },
};

struct out {
	char text[512];
	size_t len;
	bool inside;
};

static void
put(struct out *o, char c)
{
	assert_true(o->len + 1 < sizeof(o->text));
	o->text[o->len++] = c;
	o->text[o->len] = '\0';
}

static void
hear(void *arg, enum fetched_mail_bytes kind, const uint8_t *data, size_t len)
{
	struct out *o = arg;

	if (kind != FETCHED_LINE && !o->inside)
		put(o, '{');
	o->inside = kind == FETCHED_MESSAGE;
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\r')
			put(o, data[i] == '\n' ? '/' : (char)data[i]);
	}
	if (kind == FETCHED_END)
		put(o, '}');
}

static size_t
bytes_of(const char *turn, uint8_t *to)
{
	size_t n = 0;

	for (; *turn != '\0' && *turn != '!'; turn++) {
		if (*turn == '/')
			to[n++] = '\n';
		else
			to[n++] = (uint8_t)*turn;
	}
	return n;
}

static void
run(const struct row *r, size_t step, size_t cut)
{
	struct fetched_mail m = { .imap = r->imap };
	struct out o = { .len = 0 };

	for (unsigned i = 0; i < ARRAY_LEN(r->turns) && r->turns[i] != NULL; i++) {
		unsigned dir = r->turns[i][0] == '<';
		uint8_t bytes[256];
		size_t len = bytes_of(r->turns[i] + 1, bytes);

		for (size_t at = 0; at < len;) {
			size_t n = len - at < step ? len - at : step;

			if (at < cut && cut - at < n)
				n = cut - at;
			fetched_mail_push(&m, dir, bytes + at, n, hear, &o);
			at += n;
		}
		if (strchr(r->turns[i], '!') != NULL)
			fetched_mail_gap(&m, dir, hear, &o);
	}
	assert_string_equal(o.text, r->want);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].name);
		run(&rows[i], SIZE_MAX, 0);
		for (size_t step = 1; step < 6; step++)
			run(&rows[i], step, 0);
		for (size_t cut = 1; cut < 60; cut++)
			run(&rows[i], SIZE_MAX, cut);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
