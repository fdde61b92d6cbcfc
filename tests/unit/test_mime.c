/*
 * mime: messages of mail, every row whole, byte by byte, and split in two everywhere: the text that
 * comes out, carriage returns left out, (n) for n bytes that were passed over. Then whole
 * connections.
 */
#include "tests/support/unit.h"

#include <stdio.h>

#include "classify/conn_counters.h"
#include "classify/proto/mime.h"
#include "tests/support/conn_feed.h"
#include "tests/support/guard.h"

struct seen {
	size_t len, binary;
	char text[4096];
};

static void
add(struct seen *s, const void *data, size_t len)
{
	assert_true(len < sizeof(s->text) - s->len);
	for (size_t i = 0; i < len; i++) {
		if (((const char *)data)[i] != '\r')
			s->text[s->len++] = ((const char *)data)[i];
	}
}

static void
put_binary(struct seen *s)
{
	char number[24];
	size_t n = s->binary;

	s->binary = 0;
	if (n != 0)
		add(s, number, (size_t)snprintf(number, sizeof(number), "(%zu)", n));
}

static void
on_text(void *arg, const uint8_t *data, size_t len)
{
	assert_true(len > 0);
	put_binary(arg);
	add(arg, data, len);
}

static void
on_binary(void *arg, size_t len)
{
	struct seen *s = arg;

	s->binary += len;
}

static const struct mime_handler on = { on_text, on_binary };

#define BASE64 "Content-Transfer-Encoding: base64\r\n"
#define QUOTED "Content-Transfer-Encoding: quoted-printable\r\n"
#define MIXED  "Content-Type: multipart/mixed; boundary=B\r\n"

/* A gap stands at '!'. */
static const struct row {
	const char *name, *in, *want;
} rows[] = {
	{ "plain", "A: b\r\n\r\nhello =3D\r\n-- \r\nme", "A: b\n\nhello =3D\n-- \nme" },
	{ "base64", BASE64 "\r\naGVs\r\nbG8=\r\n", "Content-Transfer-Encoding: base64\n\nhello" },
	{ "base64 without its padding", BASE64 "\r\naGVs\r\nbG8",
	  "Content-Transfer-Encoding: base64\n\nhello" },
	{ "blanks at its line's end", BASE64 "\r\naGVs  \r\nbG8=\t\r\n",
	  "Content-Transfer-Encoding: base64\n\nhello" },
	{ "what a list adds behind base64", BASE64 "\r\naGVsbG8=\r\n**\r\nthe list\r\n",
	  "Content-Transfer-Encoding: base64\n\nhello**\nthe list\n" },
	{ "said to be base64", BASE64 "\r\n4111 1111, as you know\r\n",
	  "Content-Transfer-Encoding: base64\n\n\xe3\x5d\x75"
	  "1111, as you know\n" },
	{ "quoted-printable, in capitals and folded",
	  "CONTENT-TRANSFER-ENCODING:\r\n Quoted-Printable\r\n\r\na=3Db=\r\nc =zz ==3d",
	  "CONTENT-TRANSFER-ENCODING:\n Quoted-Printable\n\na=bc =zz ==" },
	{ "parts",
	  MIXED "\r\npre\r\n--B\r\n" BASE64 "\r\naGVsbG8=\r\n--B\r\n" QUOTED
		"\r\na=3Db\r\n--B--\r\npost=3D",
	  "Content-Type: multipart/mixed; boundary=B\n\npre\n--B\nContent-Transfer-Encoding: "
	  "base64\n\nhello--B\nContent-Transfer-Encoding: "
	  "quoted-printable\n\na=b\n--B--\npost=3D" },
	{ "a boundary in quotes, blanks behind it, a bare line feed",
	  "Content-Type: multipart/mixed; boundary=\"a b\"\n\n--a b  \n" BASE64
	  "\naGVsbG8=\n--a b--",
	  "Content-Type: multipart/mixed; boundary=\"a b\"\n\n--a b  \nContent-Transfer-Encoding: "
	  "base64\n\nhello--a b--" },
	{ "parts in parts, the inner boundary longer",
	  MIXED "\r\n--B\r\nContent-Type: multipart/alternative; boundary=BB\r\n\r\n--BB\r\n" BASE64
		"\r\naGk=\r\n--BB--\r\n--B\r\n" BASE64 "\r\naG8=\r\n--B--\r\n",
	  "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: multipart/alternative; "
	  "boundary=BB\n\n--BB\nContent-Transfer-Encoding: base64\n\nhi--BB--\n--B\n"
	  "Content-Transfer-Encoding: base64\n\nho--B--\n" },
	{ "the inner one is never closed",
	  MIXED
	  "\r\n--B\r\nContent-Type: multipart/x; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--B\r\n" BASE64
	  "\r\naG8=\r\n--C\r\n",
	  "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: multipart/x; "
	  "boundary=C\n\n--C\n\nx\n--B\nContent-Transfer-Encoding: base64\n\nho--C\n" },
	{ "a message in a part",
	  MIXED "\r\n--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?a?q?x=3Dy?=\r\n" BASE64
		"\r\naGk=\r\n--B--\r\n",
	  "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: message/rfc822\n\n"
	  "Subject: x=y\nContent-Transfer-Encoding: base64\n\nhi--B--\n" },
	{ "a picture",
	  MIXED "\r\n--B\r\nContent-Type: image/png\r\n" BASE64 "\r\naGk=\r\n-aGk\r\n--B--\r\n",
	  "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: image/png\n"
	  "Content-Transfer-Encoding: base64\n\n(12)--B--\n" },
	{ "lines that are almost boundaries",
	  MIXED "\r\n--B\r\n\r\n-\r\n--\r\n--A\r\n--Bx\r\n--B-x\r\n--B--x\r\n--B--",
	  "Content-Type: multipart/mixed; "
	  "boundary=B\n\n--B\n\n-\n--\n--A\n--Bx\n--B-x\n--B--x\n--B--" },
	{ "encoded words",
	  "Subject: =?utf-8?B?aGVs?= =?UTF-8?b?bG8=?=\r\n =?a?Q?_w=C3=B6?= =?x?=\r\n\r\n",
	  "Subject: hello w\xc3\xb6 =?x?=\n\n" },
	{ "what is none", "A: a=b =? =?a b?q?c?= =?a?x?c?= =?a?q?c =?a??\r\n\r\n=?a?q?c?=",
	  "A: a=b =? =?a b?q?c?= =?a?x?c?= =?a?q?c =?a??\n\n=?a?q?c?=" },
	{ "a gap in base64: it goes on with the next line", BASE64 "\r\naGVs\r\n!VsbG8\r\nbG8=\r\n",
	  "Content-Transfer-Encoding: base64\n\nhelVsbG8\nlo" },
	{ "a gap in quoted-printable", QUOTED "\r\na=3!3D=3D\r\n",
	  "Content-Transfer-Encoding: quoted-printable\n\na3D=\n" },
	{ "a gap over a boundary",
	  MIXED "\r\n--B\r\n" BASE64
		"\r\naGVs\r\n!\r\nContent-Type: text/plain\r\n\r\nhi there\r\n--B\r\n" BASE64
		"\r\naGk=\r\n--B--",
	  "Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Transfer-Encoding: base64\n\n"
	  "hel\n\n\x89\xedz{-Type: text/plain\n\nhi there\n--B\nContent-Transfer-Encoding: "
	  "base64\n\n"
	  "hi--B--" },
	{ "a gap in the fields: the next one is read", "A: b!ing: x\r\n" BASE64 "\r\naGk=",
	  "A: bing: x\nContent-Transfer-Encoding: base64\n\nhi" },
};

static void
run(const char *in, size_t step, size_t split, struct seen *s)
{
	struct mime m = { 0 };
	size_t len = strlen(in);

	s->len = s->binary = 0;
	for (size_t at = 0; at < len;) {
		const char *gap = memchr(in + at, '!', len - at);
		size_t end = gap == NULL ? len : (size_t)(gap - in);
		size_t n = end - at < step ? end - at : step;

		if (at < split && split - at < n)
			n = split - at;
		mime_push(&m, guard_copy(in + at, n), n, &on, s);
		at += n;
		if (at == end && gap != NULL) {
			mime_gap(&m, &on, s);
			at++;
		}
	}
	mime_end(&m, &on, s);
	put_binary(s);
	s->text[s->len] = '\0';
}

static void
test_messages(void **state)
{
	static struct seen s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].name);
		run(rows[i].in, SIZE_MAX, SIZE_MAX, &s);
		assert_string_equal(s.text, rows[i].want);
		run(rows[i].in, 1, SIZE_MAX, &s);
		assert_string_equal(s.text, rows[i].want);
		for (size_t split = 0; split < strlen(rows[i].in); split++) {
			run(rows[i].in, SIZE_MAX, split, &s);
			assert_string_equal(s.text, rows[i].want);
		}
	}
}

/* ------------------------------------------------------------------ connections */

static struct feed feed;

#define GREETING FEED_RESP("220 mx.example ESMTP\r\n")
#define DATA	 FEED_ORIG("DATA\r\n"), FEED_RESP("354 go on\r\n")

static const struct conn_case {
	const char *name;
	struct feed_turn turns[8];
	const char *has[2];
} conn_cases[] = {
	{ "base64",
	  { GREETING, DATA, FEED_ORIG(BASE64 "\r\nd2Vpci1j\r\nYW5hcnk=\r\n.\r\nQUIT\r\n") },
	  { "findings=1" } },
	{ "in chunks",
	  { GREETING, FEED_ORIG("BDAT 9\r\nA: b\r\n\r\nw"),
	    FEED_ORIG("BDAT 10 LAST\r\neir-canaryQUIT\r\n") },
	  { "findings=1" } },
	{ "quoted-printable, in chunks",
	  { GREETING, FEED_ORIG("BDAT 59\r\n" QUOTED "\r\nweir=2D=\r\nca"),
	    FEED_ORIG("BDAT 5 LAST\r\nnary\nQUIT\r\n") },
	  { "findings=1" } },
	{ "an encoded word",
	  { GREETING, DATA,
	    FEED_ORIG("Subject: =?utf-8?q?weir?=\r\n =?utf-8?q?-canary?=\r\n\r\n.\r\n") },
	  { "findings=1" } },
	{ "a dot before the line's own",
	  { GREETING, DATA, FEED_ORIG(QUOTED "\r\nweir=\r\n..x=\r\n=2Dweir-can=\r\nary\r\n.\r\n") },
	  { "findings=1" } },
	{ "the next message begins anew",
	  { GREETING, DATA, FEED_ORIG(BASE64 "\r\naGk=\r\n.\r\n"), DATA,
	    FEED_ORIG("A: b\r\n\r\nweir-canary\r\n.\r\n") },
	  { "findings=1" } },
	{ "a picture is counted",
	  { GREETING, DATA, FEED_ORIG("Content-Type: image/gif\r\n\r\nweir-canary") },
	  { "not_inspected=binary:11" } },
	{ "a gap",
	  { GREETING,
	    DATA,
	    FEED_ORIG(BASE64 "\r\naGk="),
	    { CONN_ORIG, "x\r\nd2Vpci1jYW5hcnk=\r\n.\r\n", 24, 5 } },
	  { "findings=1", "not_inspected=gap:5" } },
};

static void
test_connections(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(conn_cases); i++) {
		const struct conn_case *t = &conn_cases[i];

		print_message("%s\n", t->name);
		feed_same(&feed, t->turns, 25);
		for (size_t n = 0; n < ARRAY_LEN(t->has) && t->has[n] != NULL; n++)
			feed_has(&feed, t->has[n]);
	}
}

static uint64_t unread;

static void
count(void *arg, const char *name, uint64_t value)
{
	(void)arg;
	if (strcmp(name, "mail_unread") == 0)
		unread = value;
}

/* Without a buffer a message is searched as it comes. */
static void
test_no_room(void **state)
{
	static const struct feed_turn turns[] = { GREETING,
						  DATA,
						  FEED_ORIG("A: weir-canary\r\n" BASE64
							    "\r\nd2Vpci1jYW5hcnk=\r\n.\r\n"),
						  { 0 } };
	struct conn_config config = feed_config(&feed);
	struct conn_env *env = feed.env;
	struct conn_totals totals = { 0 };

	(void)state;
	config.max_message_buffers = 0;
	assert_int_equal(conn_env_create(&config, &feed.env), 0);
	feed.record.mask_arg = feed.env;
	feed_run(&feed, turns, 25, SIZE_MAX, SIZE_MAX);
	feed_has(&feed, "findings=1");
	conn_env_counters(feed.env, &totals);
	conn_totals_put(&totals, count, NULL);
	assert_int_equal(unread, 1);
	conn_env_destroy(feed.env);
	feed.env = env;
	feed.record.mask_arg = env;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_no_room),
	};
	int failed;

	feed_init(&feed);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	feed_fini(&feed);
	return failed;
}
