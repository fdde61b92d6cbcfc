/*
 * The short way through a plain frame gives the answer of the way layer by layer, for frames that
 * are plain, for all that differ from one in a byte or two, and for all that are cut.
 */
#include "tests/support/unit.h"

#include "dataplane/port/plain_frame.h"
#include "tests/support/guard.h"

#define ETH(type)	 "\x02\0\0\0\0\x02\x02\0\0\0\0\x01" type
#define TAG(id)		 "\x81\0" id
#define IPV4		 "\x08\x00"
#define IPV6		 "\x86\xdd"
#define V4(len, pr)	 "\x45\0\0" len "\0\x07\x40\0\x40" pr "\0\0\xc0\0\x02\x01\xc0\0\x02\x02"
#define V4_BACK(len, pr) "\x45\0\0" len "\0\x07\x40\0\x40" pr "\0\0\xc0\0\x02\x02\xc0\0\x02\x01"
#define V6(len, pr)                                  \
	"\x60\0\0\0\0" len pr "\x40"                 \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define V6_BACK(len, pr)                             \
	"\x60\0\0\0\0" len pr "\x40"                 \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define TCP(words)    "\x9c\x40\x01\xbb\0\0\0\x05\0\0\0\x09" words "\x18\x01\x00\x77\x88\0\0"
#define UDP(len)      "\x80\0\0\x35\0" len "\x12\x34"
#define STAMPS	      "\1\1\x8\xa\1\2\3\4\5\6\7\x8"
#define PADDING	      "\0\0\0\0\0\0"
#define CASE(text)    text, sizeof(text) - 1
#define MAX_FRAME     128
#define RANDOM_ROUNDS 200000

static const struct frame {
	const char *name;
	const char *bytes;
	size_t len;
} plain[] = {
	{ "tcp", CASE(ETH(IPV4) V4("\x2b", "\x06") TCP("\x50") "abc") },
	{ "tcp, other direction", CASE(ETH(IPV4) V4_BACK("\x2b", "\x06") TCP("\x50") "abc") },
	{ "tcp, no payload, padded", CASE(ETH(IPV4) V4("\x28", "\x06") TCP("\x50") PADDING) },
	{ "tcp with stamps", CASE(ETH(IPV4) V4("\x36", "\x06") TCP("\x80") STAMPS "ab") },
	{ "tcp in a vlan", CASE(ETH(TAG("\x20\x64")) IPV4 V4("\x2b", "\x06") TCP("\x50") "abc") },
	{ "udp", CASE(ETH(IPV4) V4("\x1f", "\x11") UDP("\x0b") "abc" PADDING) },
	{ "udp that is shorter than IP says",
	  CASE(ETH(IPV4) V4("\x1f", "\x11") UDP("\x09") "abc" PADDING) },
	{ "udp of an impossible length",
	  CASE(ETH(IPV4) V4("\x1f", "\x11") UDP("\x7f") "abc" PADDING) },
	{ "ipv6 tcp", CASE(ETH(IPV6) V6("\x17", "\x06") TCP("\x50") "abc") },
	{ "ipv6 tcp, other direction", CASE(ETH(IPV6) V6_BACK("\x17", "\x06") TCP("\x50") "abc") },
	{ "ipv6 tcp with stamps in a vlan",
	  CASE(ETH(TAG("\0\x65")) IPV6 V6("\x20", "\x06") TCP("\x80") STAMPS) },
	{ "ipv6 udp", CASE(ETH(IPV6) V6("\x0b", "\x11") UDP("\x0b") "abc") },
};

static struct decap_options options = { .max_depth = 4 };

/* Both ways; true when the short one was taken. */
static bool
agree(const uint8_t *data, size_t len)
{
	struct packet walked = { .wire_bytes = (uint32_t)len }, p = walked, untouched = walked;
	enum decap_result r =
	    decap_layers(&walked, LINK_ETHERNET, 3, &options, data, (uint32_t)len, (uint32_t)len);

	if (!plain_frame_parse(&p, 3, &options, data, (uint32_t)len)) {
		assert_memory_equal(&p, &untouched, sizeof(p));
		return false;
	}
	assert_int_equal(r, DECAP_OK);
	assert_memory_equal(&p, &walked, sizeof(p));
	return true;
}

static void
test_plain(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		print_message("%s\n", plain[i].name);
		assert_true(agree(guard_copy(plain[i].bytes, plain[i].len), plain[i].len));
	}
}

static void
test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		for (size_t len = 0; len < plain[i].len; len++)
			agree(guard_copy(plain[i].bytes, len), len);
	}
}

/* Each byte with each value: wrong versions, lengths, fragments, options, other protocols. */
static void
test_one_byte(void **state)
{
	unsigned nr_plain = 0, nr = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		uint8_t *data = guard_copy(plain[i].bytes, plain[i].len);

		for (size_t at = 0; at < plain[i].len; at++) {
			uint8_t was = data[at];

			for (unsigned v = 0; v < 256; v++) {
				data[at] = (uint8_t)v;
				nr_plain += agree(data, plain[i].len);
				nr++;
			}
			data[at] = was;
		}
	}
	/* Both kinds are among them. */
	assert_in_range(nr_plain, nr / 4, nr - nr / 20);
}

static void
test_some_bytes(void **state)
{
	static const uint16_t ports[] = { 53, 2152, 3544, 4789, 4790, 5247, 6081, 8472 };
	uint64_t at = 88172645463325252u;

	(void)state;
	for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
		const struct frame *f = &plain[round % ARRAY_LEN(plain)];
		uint8_t data[MAX_FRAME];

		memcpy(data, f->bytes, f->len);
		for (unsigned k = 0; k < 3; k++) {
			at ^= at << 13, at ^= at >> 7, at ^= at << 17;
			data[(at >> 8) % f->len] = (uint8_t)((at >> 32) & (at >> 40));
		}
		if (f->bytes[23] == IP_PROTO_UDP) {
			data[36] = (uint8_t)(ports[at % ARRAY_LEN(ports)] >> 8);
			data[37] = (uint8_t)ports[at % ARRAY_LEN(ports)];
		}
		agree(data, f->len);
	}
}

static void
test_domains(void **state)
{
	char expected[200];
	struct domains *d = NULL;

	(void)state;
	assert_int_equal(domains_create(&d), 0);
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "100 = 7", expected, sizeof(expected)), 0);
	options.domains = d;
	test_plain(state);
	test_one_byte(state);
	options.domains = NULL;
	domains_destroy(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	 cmocka_unit_test(test_cut),
		cmocka_unit_test(test_one_byte), cmocka_unit_test(test_some_bytes),
		cmocka_unit_test(test_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
