#include "tests/support/unit.h"

#include "dataplane/port/checksum.h"
#include "dataplane/port/decap.h"
#include "tests/support/guard.h"

static const struct decap_options verifying = { .max_depth = 4, .verify = true };

#define ETH(type) "\x02\0\0\0\0\x02\x02\0\0\0\0\x01" type
#define IPV4	  "\x08\0"
#define IPV6	  "\x86\xdd"
/* 192.0.2.1 to 192.0.2.2, checksum as given */
#define V4(len, proto, sum) \
	"\x45\0\0" len "\0\x07\x40\0\x40" proto sum "\xc0\0\x02\x01\xc0\0\x02\x02"
#define V6(len, next)                                \
	"\x60\0\0\0\0" len next "\x40"               \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define TCP(sum)	    "\x9c\x40\x01\xbb\0\0\0\x05\0\0\0\x09\x50\x18\x01\0" sum "\0\0"
#define UDP(port, len, sum) "\x80\0" port "\0" len sum
#define CASE(text)	    text, sizeof(text) - 1

#define OK     DECAP_OK
#define BAD_IP DECAP_BAD_IP_CHECKSUM

/* cut: bytes that were not captured. */
static const struct frame_case {
	const char *name;
	const char *in;
	size_t len;
	unsigned cut;
	enum decap_result result;
	enum checksum_result want;
} frames[] = {
	{ "TCP over IPv4", CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc2") TCP("\xc8\x59") "abc"), 0,
	  OK, CHECKSUM_GOOD },
	{ "a byte of its payload changed",
	  CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc2") TCP("\xc8\x59") "abd"), 0, OK,
	  CHECKSUM_BAD },
	{ "its checksum left to a NIC",
	  CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc2") TCP("\x84\x21") "abc"), 0, OK,
	  CHECKSUM_BAD },
	{ "zero is none for UDP only",
	  CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc2") TCP("\0\0") "abc"), 0, OK, CHECKSUM_BAD },
	{ "a bit of its IP header changed",
	  CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc3") TCP("\xc8\x59") "abc"), 0, BAD_IP, 0 },
	{ "padding is not covered",
	  CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc2") TCP("\xc8\x59") "abc\xff\xff\xff"), 0, OK,
	  CHECKSUM_GOOD },
	{ "cut short", CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc2") TCP("\0\0") "abc"), 1, OK,
	  CHECKSUM_UNKNOWN },
	{ "cut within the TCP header",
	  CASE(ETH(IPV4) V4("\x2b", "\x06", "\xb6\xc2") TCP("\0\0") "abc"), 10, OK,
	  CHECKSUM_UNKNOWN },
	{ "UDP over IPv4",
	  CASE(ETH(IPV4) V4("\x1f", "\x11", "\xb6\xc3") UDP("\0\x35", "\x0b", "\x37\x3c") "abc"), 0,
	  OK, CHECKSUM_GOOD },
	{ "wrong",
	  CASE(ETH(IPV4) V4("\x1f", "\x11", "\xb6\xc3") UDP("\0\x35", "\x0b", "\x37\x3d") "abc"), 0,
	  OK, CHECKSUM_BAD },
	{ "none",
	  CASE(ETH(IPV4) V4("\x1f", "\x11", "\xb6\xc3") UDP("\0\x35", "\x0b", "\0\0") "abc"), 0, OK,
	  CHECKSUM_NONE },
	{ "UDP shorter than its IP packet",
	  CASE(ETH(IPV4) V4("\x1f", "\x11", "\xb6\xc3") UDP("\0\x35", "\x0a", "\x9a\x3e") "abc"), 0,
	  OK, CHECKSUM_GOOD },
	{ "TCP over IPv6", CASE(ETH(IPV6) V6("\x17", "\x06") TCP("\xf0\xe8") "abc"), 0, OK,
	  CHECKSUM_GOOD },
	{ "wrong over IPv6", CASE(ETH(IPV6) V6("\x17", "\x06") TCP("\xf0\xe9") "abc"), 0, OK,
	  CHECKSUM_BAD },
	{ "UDP over IPv6",
	  CASE(ETH(IPV6) V6("\x0b", "\x11") UDP("\0\x35", "\x0b", "\x5f\xcb") "abc"), 0, OK,
	  CHECKSUM_GOOD },
	{ "UDP over IPv6 must have one",
	  CASE(ETH(IPV6) V6("\x0b", "\x11") UDP("\0\x35", "\x0b", "\0\0") "abc"), 0, OK,
	  CHECKSUM_BAD },
	{ "but for a tunnel",
	  CASE(ETH(IPV6) V6("\x0b", "\x11") UDP("\x12\xb5", "\x0b", "\0\0") "abc"), 0, OK,
	  CHECKSUM_NONE },
	{ "on its way through a routing header",
	  CASE(ETH(IPV6) V6("\x1f", "\x2b") "\x06\0\0\1\0\0\0\0" TCP("\xf0\xe9") "abc"), 0, OK,
	  CHECKSUM_UNKNOWN },
	{ "through with it",
	  CASE(ETH(IPV6) V6("\x1f", "\x2b") "\x06\0\0\0\0\0\0\0" TCP("\xf0\xe8") "abc"), 0, OK,
	  CHECKSUM_GOOD },
	{ "ICMP is not looked at",
	  CASE(ETH(IPV4) V4("\x1c", "\x01", "\xb6\xd6") "\x08\0\xff\xff\0\1\0\1"), 0, OK,
	  CHECKSUM_NONE },
	{ "IP in IP",
	  CASE(ETH(IPV4) V4("\x3f", "\x04", "\xb6\xb0") V4("\x2b", "\x06", "\xb6\xc2")
		   TCP("\xc8\x59") "abc"),
	  0, OK, CHECKSUM_GOOD },
	{ "the inner header is wrong",
	  CASE(ETH(IPV4) V4("\x3f", "\x04", "\xb6\xb0") V4("\x2b", "\x06", "\0\0")
		   TCP("\xc8\x59") "abc"),
	  0, BAD_IP, 0 },
	{ "the outer header is wrong",
	  CASE(ETH(IPV4) V4("\x3f", "\x04", "\0\0") V4("\x2b", "\x06", "\xb6\xc2")
		   TCP("\xc8\x59") "abc"),
	  0, BAD_IP, 0 },
};

static enum checksum_result
judge(const struct packet *p, const uint8_t *frame)
{
	enum checksum_result r;
	uint32_t len = checksum_extent(p, &r);

	return len != 0 ? checksum_verify(p, guard_copy(frame + p->transport_off, len), len) : r;
}

static void
test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		const struct frame_case *t = &frames[i];
		struct packet p = { .wire_bytes = (uint32_t)t->len };
		uint32_t len = (uint32_t)(t->len - t->cut);
		const uint8_t *frame = guard_copy(t->in, len);

		print_message("%s\n", t->name);
		assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0, &verifying, frame, len, len),
				 t->result);
		if (t->result == DECAP_OK)
			assert_int_equal(judge(&p, (const uint8_t *)t->in), t->want);
	}
}

/* What the NIC has verified is the outermost header; and unasked nothing is. */
static void
test_who_verifies(void **state)
{
	const char wrong[] = ETH(IPV4) V4("\x2b", "\x06", "\0\0") TCP("\0\0") "abc";
	const char inner[] =
	    ETH(IPV4) V4("\x3f", "\x04", "\0\0") V4("\x2b", "\x06", "\0\0") TCP("\0\0") "abc";
	struct packet p = { .ip_checked = true };
	const struct decap_options not = { .max_depth = 4 };

	(void)state;
	assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0, &verifying, (const uint8_t *)wrong,
				     sizeof(wrong) - 1, sizeof(wrong) - 1),
			 DECAP_OK);
	p = (struct packet) { .ip_checked = true };
	assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0, &verifying, (const uint8_t *)inner,
				     sizeof(inner) - 1, sizeof(inner) - 1),
			 DECAP_BAD_IP_CHECKSUM);
	p = (struct packet) { 0 };
	assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0, &not, (const uint8_t *)inner,
				     sizeof(inner) - 1, sizeof(inner) - 1),
			 DECAP_OK);
}

/* RFC 1071 section 2, 16 bits at a time, in network order. */
static uint16_t
plain_sum(const uint8_t *p, uint32_t len)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
test_sum(void **state)
{
	uint8_t data[2000];
	uint32_t seed = 12345;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = i < 600 ? 0xff : (uint8_t)(seed >> 16);
	}
	for (uint32_t len = 0; len <= sizeof(data); len++) {
		uint16_t sum = checksum_sum(guard_copy((const char *)data, len), len);
		uint8_t bytes[2];

		memcpy(bytes, &sum, 2);
		assert_int_equal(bytes[0] << 8 | bytes[1], plain_sum(data, len));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_who_verifies),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
