#include "tests/support/unit.h"

#include "dataplane/port/decap.h"
#include "tests/support/guard.h"

static const struct decap_options options = { .max_depth = 4 };

/* Pieces of frames, as bytes. Addresses are from RFC 5737 and RFC 3849. */
#define ETH(type)	     "\x02\0\0\0\0\x02\x02\0\0\0\0\x01" type
#define IPV4		     "\x08\x00"
#define IPV6		     "\x86\xdd"
#define V4(len, proto)	     "\x45\0\0" len "\0\x07\x40\0\x40" proto "\0\0\xc0\0\x02\x01\xc0\0\x02\x02"
#define TCP_HDR		     "\x9c\x40\x01\xbb\0\0\0\x05\0\0\0\x09\x50\x18\x01\x00\0\0\0\0"
#define UDP_HDR(sp, dp, len) sp dp "\0" len "\0\0"
#define V6(len, next)                                \
	"\x60\0\0\0\0" len next "\x40"               \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define INNER	   ETH(IPV4) V4("\x2b", "\x06") TCP_HDR "abc" /* 57 bytes */
#define CASE(text) text, sizeof(text) - 1

/* CAPWAP around what is len bytes, with its header and UDP's; ip_len is 20 more. */
#define CAPWAP(ip_len, len, bits) \
	ETH(IPV4) V4(ip_len, "\x11") UDP_HDR("\x80\0", "\x14\x7f", len) "\0" bits "\0\0\0\0"
#define WLAN(control, more) \
	control "\0\0\x02\0\0\0\0\x0a\x02\0\0\0\0\x0b\x02\0\0\0\0\x0c\x10\0" more WLAN_INNER
#define WLAN_INNER "\xaa\xaa\x03\0\0\0" IPV4 V4("\x2b", "\x06") TCP_HDR "abc" /* 51 bytes */

static const struct decap_case {
	const char *name;
	const char *in;
	size_t len;
	enum decap_result want;
	uint8_t proto;
	uint16_t dst_port;
	uint32_t payload;
	const char *tunnels; /* "type:id type:id" */
	unsigned vlans;
	uint16_t innermost; /* of them, where it matters */
} cases[] = {
	{ "tcp", CASE(ETH(IPV4) V4("\x2b", "\x06") TCP_HDR "abc"), DECAP_OK, 6, 443, 3, "", 0 },
	{ "ethernet padding is not payload",
	  CASE(ETH(IPV4) V4("\x28", "\x06") TCP_HDR "\0\0\0\0\0\0"), DECAP_OK, 6, 443, 0, "", 0 },
	{ "total length of zero: all there is", CASE(ETH(IPV4) V4("\0", "\x06") TCP_HDR "abcd"),
	  DECAP_OK, 6, 443, 4, "", 0 },
	{ "vlan", CASE(ETH("\x81\0") "\0\x64" IPV4 V4("\x28", "\x06") TCP_HDR), DECAP_OK, 6, 443, 0,
	  "", 1 },
	{ "qinq", CASE(ETH("\x88\xa8") "\0\x0a\x81\0\0\x64" IPV4 V4("\x28", "\x06") TCP_HDR),
	  DECAP_OK, 6, 443, 0, "", 2 },
	{ "udp", CASE(ETH(IPV4) V4("\x1f", "\x11") UDP_HDR("\x80\0", "\0\x35", "\x0b") "abc"),
	  DECAP_OK, 17, 53, 3, "", 0 },
	{ "tcp over ipv6", CASE(ETH(IPV6) V6("\x16", "\x06") TCP_HDR "ab"), DECAP_OK, 6, 443, 2, "",
	  0 },
	{ "ipv6 hop-by-hop", CASE(ETH(IPV6) V6("\x1c", "\0") "\x06\0\0\0\0\0\0\0" TCP_HDR),
	  DECAP_OK, 6, 443, 0, "", 0 },
	{ "ipv6 atomic fragment", CASE(ETH(IPV6) V6("\x1c", "\x2c") "\x06\0\0\0\0\0\0\x07" TCP_HDR),
	  DECAP_OK, 6, 443, 0, "", 0 },
	{ "vxlan",
	  CASE(ETH(IPV4) V4("\x5d", "\x11")
		   UDP_HDR("\x80\0", "\x12\xb5", "\x49") "\x08\0\0\0\0\0\x2a\0" INNER),
	  DECAP_OK, 6, 443, 3, "vxlan:42", 0 },
	{ "vxlan without a VNI is the outer flow",
	  CASE(ETH(IPV4) V4("\x5d", "\x11")
		   UDP_HDR("\x80\0", "\x12\xb5", "\x49") "\0\0\0\0\0\0\x2a\0" INNER),
	  DECAP_OK, 17, 4789, 65, "", 0 },
	{ "geneve with options",
	  CASE(ETH(IPV4) V4("\x61", "\x11")
		   UDP_HDR("\x80\0", "\x17\xc1", "\x4d") "\x01\0\x65\x58\0\0\x07\0"
							 "opts" INNER),
	  DECAP_OK, 6, 443, 3, "geneve:7", 0 },
	{ "gre with a key",
	  CASE(ETH(IPV4) V4("\x48", "\x2f") "\x20\0\x08\0\0\0\0\x05" V4("\x2c", "\x06") TCP_HDR
	       "abcd"),
	  DECAP_OK, 6, 443, 4, "gre:5", 0 },
	{ "nvgre", CASE(ETH(IPV4) V4("\x55", "\x2f") "\x20\0\x65\x58\0\0\x2a\x01" INNER), DECAP_OK,
	  6, 443, 3, "nvgre:42", 0 },
	{ "erspan I", CASE(ETH(IPV4) V4("\x51", "\x2f") "\0\0\x88\xbe" INNER), DECAP_OK, 6, 443, 3,
	  "erspan1:0", 0 },
	{ "erspan II",
	  CASE(ETH(IPV4) V4("\x5d", "\x2f") "\x10\0\x88\xbe\0\0\0\x01"
					    "\x10\0\0\x64\0\0\0\0" INNER),
	  DECAP_OK, 6, 443, 3, "erspan2:100", 0 },
	{ "erspan II of a VLAN, whose tag is not in the frame",
	  CASE(ETH(IPV4) V4("\x5d", "\x2f") "\x10\0\x88\xbe\0\0\0\x01"
					    "\x10\x17\x08\x64\0\0\0\0" INNER),
	  DECAP_OK, 6, 443, 3, "erspan2:100", 1, 23 },
	{ "erspan II, the tag in the frame as well",
	  CASE(ETH(IPV4) V4("\x61", "\x2f") "\x10\0\x88\xbe\0\0\0\x01"
					    "\x10\x17\x18\x64\0\0\0\0" ETH(
						"\x81\0") "\0\x17" IPV4 V4("\x2b", "\x06") TCP_HDR
	       "abc"),
	  DECAP_OK, 6, 443, 3, "erspan2:100", 1, 23 },
	{ "erspan III of a VLAN, in one of the carrier's",
	  CASE(ETH("\x81\0") "\0\x09" IPV4 V4("\x61",
					      "\x2f") "\x10\0\x22\xeb\0\0\0\x01"
						      "\x20\x17\0\x64\0\0\0\0\0\0\0\0" INNER),
	  DECAP_OK, 6, 443, 3, "erspan3:100", 2, 23 },
	{ "ip in ip", CASE(ETH(IPV4) V4("\x3c", "\x04") V4("\x28", "\x06") TCP_HDR), DECAP_OK, 6,
	  443, 0, "ipip:0", 0 },
	{ "6in4", CASE(ETH(IPV4) V4("\x50", "\x29") V6("\x14", "\x06") TCP_HDR), DECAP_OK, 6, 443,
	  0, "6in4:0", 0 },
	{ "mpls", CASE(ETH("\x88\x47") "\0\x01\x01\x40" V4("\x28", "\x06") TCP_HDR), DECAP_OK, 6,
	  443, 0, "mpls:16", 0 },
	{ "pppoe", CASE(ETH("\x88\x64") "\x11\0\0\x09\0\x2a\0\x21" V4("\x28", "\x06") TCP_HDR),
	  DECAP_OK, 6, 443, 0, "pppoe:9", 0 },
	{ "gtp-u",
	  CASE(ETH(IPV4) V4("\x4c", "\x11")
		   UDP_HDR("\x80\0", "\x08\x68",
			   "\x38") "\x30\xff\0\x28\0\0\0\x63" V4("\x28", "\x06") TCP_HDR),
	  DECAP_OK, 6, 443, 0, "gtpu:99", 0 },
	{ "teredo",
	  CASE(ETH(IPV4) V4("\x58", "\x11") UDP_HDR("\x80\0", "\x0d\xd8", "\x44") V6("\x14", "\x06")
		   TCP_HDR),
	  DECAP_OK, 6, 443, 0, "teredo:0", 0 },
	{ "a teredo bubble is the outer flow",
	  CASE(ETH(IPV4) V4("\x44", "\x11") UDP_HDR("\x80\0", "\x0d\xd8", "\x30") V6("\0", "\x3b")),
	  DECAP_OK, 17, 3544, 40, "", 0 },
	{ "capwap", CASE(CAPWAP("\x5d", "\x49", "\x10\x42\0") INNER), DECAP_OK, 6, 443, 3,
	  "capwap:1", 0 },
	{ "capwap from the controller's port",
	  CASE(ETH(IPV4) V4("\x5d", "\x11") UDP_HDR("\x14\x7f", "\x30\x5c", "\x49") //
	       "\0\x10\x02\0\0\0\0\0" INNER),
	  DECAP_OK, 6, 443, 3, "capwap:0", 0 },
	{ "capwap, 802.11", CASE(CAPWAP("\x6f", "\x5b", "\x10\x43\0") WLAN("\x08\x01", "")),
	  DECAP_OK, 6, 443, 3, "capwap:1", 0 },
	{ "capwap, 802.11, what the radio says of it",
	  CASE(CAPWAP("\x77", "\x63", "\x20\x43\x20") "\4abcd\0\0\0" WLAN("\x08\x02", "")),
	  DECAP_OK, 6, 443, 3, "capwap:1", 0 },
	{ "capwap, 802.11 with control swapped",
	  CASE(CAPWAP("\x6f", "\x5b", "\x10\x43\0") WLAN("\x11\x08", "")), DECAP_OK, 6, 443, 3,
	  "capwap:1", 0 },
	{ "capwap, 802.11 with QoS and HT control",
	  CASE(CAPWAP("\x75", "\x61", "\x10\x43\0") WLAN("\x88\x82", "\0\0hthd")), DECAP_OK, 6, 443,
	  3, "capwap:1", 0 },
	{ "capwap, 802.11 with QoS between access points",
	  CASE(CAPWAP("\x77", "\x63", "\x10\x43\0") WLAN("\x88\x03", "\x02\0\0\0\0\x0d\0\0")),
	  DECAP_OK, 6, 443, 3, "capwap:1", 0 },
	{ "capwap, 802.11 that is encrypted, is the outer flow",
	  CASE(CAPWAP("\x6f", "\x5b", "\x10\x43\0") WLAN("\x08\x41", "")), DECAP_OK, 17, 5247, 83,
	  "", 0 },
	{ "capwap, a piece, is the outer flow",
	  CASE(CAPWAP("\x6f", "\x5b", "\x10\x43\x80") WLAN("\x08\x01", "")), DECAP_OK, 17, 5247, 83,
	  "", 0 },
	{ "capwap, DTLS, is the outer flow",
	  CASE(ETH(IPV4) V4("\x24", "\x11") UDP_HDR("\x80\0", "\x14\x7f", "\x10") //
	       "\1\0\0\0\x17\xfe\xfd\0"),
	  DECAP_OK, 17, 5247, 8, "", 0 },
	{ "gre around something unknown is the outer flow",
	  CASE(ETH(IPV4) V4("\x1c", "\x2f") "\0\0\x0b\xad"
					    "abcd"),
	  DECAP_OK, 47, 0, 8, "", 0 },
	{ "a tunnel that is cut short is the outer flow",
	  CASE(ETH(IPV4) V4("\x5d", "\x11")
		   UDP_HDR("\x80\0", "\x12\xb5", "\x49") "\x08\0\0\0\0\0\x2a\0" ETH(IPV4) "\x45"),
	  DECAP_OK, 17, 4789, 23, "", 0 },
	{ "first fragment",
	  CASE(ETH(IPV4) "\x45\0\0\x1c\0\x07\x20\0\x40\x11\0\0\xc0\0\x02\x01\xc0\0\x02\x02"
			 "\x80\0\0\x35\0\x10\0\0"),
	  DECAP_FRAGMENT, 0, 0, 0, "", 0 },
	{ "tcp header cut short names its ports",
	  CASE(ETH(IPV4) V4("\x28", "\x06") "\x9c\x40\x01\xbb\0\0"), DECAP_OK, 6, 443, 0, "", 0 },
	{ "arp", CASE(ETH("\x08\x06") "\0\x01\x08\0\x06\x04\0\x01"), DECAP_NOT_IP, 0, 0, 0, "", 0 },
	{ "ethernet cut short", CASE("\x02\0\0\0\0\x02\x02\0\0\0\0"), DECAP_TRUNCATED, 0, 0, 0, "",
	  0 },
	{ "empty", "", 0, DECAP_TRUNCATED, 0, 0, 0, "", 0 },
	{ "ip header cut short", CASE(ETH(IPV4) "\x45\0\0\x28\0\0"), DECAP_TRUNCATED, 0, 0, 0, "",
	  0 },
	{ "header length below 20",
	  CASE(ETH(IPV4) "\x44\0\0\x28\0\x07\x40\0\x40\x06\0\0\xc0\0\x02\x01\xc0\0\x02\x02"),
	  DECAP_BAD_IP, 0, 0, 0, "", 0 },
	{ "total length below the header", CASE(ETH(IPV4) V4("\x10", "\x06")), DECAP_BAD_IP, 0, 0,
	  0, "", 0 },
};

static void
tunnels_text(const struct packet *p, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < p->nr_tunnels; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s:%u", i == 0 ? "" : " ",
				      tunnel_type_names[p->tunnel[i].type], p->tunnel[i].id);
}

static void
test_decap_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct decap_case *t = &cases[i];
		struct packet p = { .wire_bytes = (uint32_t)t->len };
		char tunnels[128];

		print_message("%s\n", t->name);
		assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0, &options,
					     guard_copy(t->in, t->len), (uint32_t)t->len,
					     (uint32_t)t->len),
				 t->want);
		if (t->want != DECAP_OK)
			continue;
		tunnels_text(&p, tunnels, sizeof(tunnels));
		assert_int_equal(p.key.proto, t->proto);
		assert_int_equal(p.key.port[1 - p.side], t->dst_port);
		assert_int_equal(p.payload_len, t->payload);
		assert_string_equal(tunnels, t->tunnels);
		assert_int_equal(p.nr_vlans, t->vlans);
		if (t->innermost != 0)
			assert_int_equal(p.vlan[t->vlans - 1], t->innermost);
	}
}

/* Every frame cut at every length: no read behind the end, no result but the documented ones. */
static void
test_decap_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t len = 0; len < cases[i].len; len++) {
			struct packet p = { 0 };
			enum decap_result r =
			    decap_frame(&p, LINK_ETHERNET, 0, &options,
					guard_copy(cases[i].in, len), (uint32_t)len, (uint32_t)len);

			assert_in_range(r, DECAP_OK, DECAP_UNSUPPORTED_LINK);
			assert_true(r != DECAP_OK || p.payload_off + p.payload_len <= len);
		}
	}
}

static void
test_depth_is_bounded(void **state)
{
	const char in[] = ETH(IPV4) V4("\x3c", "\x04") V4("\x28", "\x06") TCP_HDR;
	struct packet p = { 0 };

	(void)state;
	assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0,
				     &(struct decap_options) { .max_depth = 0 },
				     (const uint8_t *)in, sizeof(in) - 1, sizeof(in) - 1),
			 DECAP_OK);
	assert_int_equal(p.key.proto, IP_PROTO_IPIP);
}

/* name, frame, what bad_tunnel says: a tunnel_type_names, or "" */
static const struct bad_case {
	const char *name;
	const char *in;
	size_t len;
	const char *bad;
} bad_cases[] = {
	{ "no tunnel", CASE(ETH(IPV4) V4("\x28", "\x06") TCP_HDR), "" },
	{ "a good tunnel",
	  CASE(ETH(IPV4) V4("\x5d", "\x11")
		   UDP_HDR("\x80\0", "\x12\xb5", "\x49") "\x08\0\0\0\0\0\x2a\0" INNER),
	  "" },
	{ "vxlan without a VNI",
	  CASE(ETH(IPV4) V4("\x5d", "\x11")
		   UDP_HDR("\x80\0", "\x12\xb5", "\x49") "\0\0\0\0\0\0\x2a\0" INNER),
	  "vxlan" },
	{ "vxlan header cut off",
	  CASE(ETH(IPV4) V4("\x20", "\x11") UDP_HDR("\x80\0", "\x12\xb5", "\x0c") "\x08\0\0\0"),
	  "vxlan" },
	{ "vxlan around half a frame",
	  CASE(ETH(IPV4) V4("\x2a", "\x11")
		   UDP_HDR("\x80\0", "\x12\xb5", "\x16") "\x08\0\0\0\0\0\x2a\0\x02\0\0\0\0\x02"),
	  "vxlan" },
	{ "vxlan around an impossible IP header",
	  CASE(ETH(IPV4) V4("\x46", "\x11") UDP_HDR("\x80\0", "\x12\xb5", "\x32") //
	       "\x08\0\0\0\0\0\x2a\0" ETH(
		   IPV4) "\x41\0\0\x14\0\0\0\0\x40\x06\0\0\xc0\0\x02\x01\xc0\0\x02\x02"),
	  "vxlan" },
	{ "vxlan around ARP",
	  CASE(ETH(IPV4) V4("\x4e", "\x11") UDP_HDR("\x80\0", "\x12\xb5", "\x3a") //
	       "\x08\0\0\0\0\0\x2a\0" ETH("\x08\x06") "\0\x01\x08\0\x06\x04\0\x01"
						      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	  "" },
	{ "geneve of another version",
	  CASE(ETH(IPV4) V4("\x5d", "\x11")
		   UDP_HDR("\x80\0", "\x17\xc1", "\x49") "\x40\0\x65\x58\0\0\x07\0" INNER),
	  "geneve" },
	{ "geneve's options past the end",
	  CASE(ETH(IPV4) V4("\x28", "\x11")
		   UDP_HDR("\x80\0", "\x17\xc1", "\x14") "\x3f\0\x65\x58\0\0\x07\0abcd"),
	  "geneve" },
	{ "gre of version 5", CASE(ETH(IPV4) V4("\x1c", "\x2f") "\0\x05\x08\0abcd"), "gre" },
	{ "gre without its key", CASE(ETH(IPV4) V4("\x1a", "\x2f") "\x20\0\x08\0ab"), "gre" },
	{ "gre around something unknown",
	  CASE(ETH(IPV4) V4("\x1c", "\x2f") "\0\0\x0b\xad"
					    "abcd"),
	  "" },
	{ "erspan II cut off",
	  CASE(ETH(IPV4) V4("\x20", "\x2f") "\x10\0\x88\xbe\0\0\0\x01\x10\0\0\x64"), "erspan2" },
	{ "gtp echo is no fault",
	  CASE(ETH(IPV4) V4("\x28", "\x11")
		   UDP_HDR("\x80\0", "\x08\x68", "\x14") "\x32\x01\0\x04\0\0\0\0\0\x01\0\0"),
	  "" },
	{ "gtp of version 2",
	  CASE(ETH(IPV4) V4("\x28", "\x11")
		   UDP_HDR("\x80\0", "\x08\x68", "\x14") "\x48\x01\0\x04\0\0\0\0\0\x01\0\0"),
	  "gtpu" },
	{ "ip in ip that is not", CASE(ETH(IPV4) V4("\x18", "\x04") "\x11\x22\x33\x44"), "ipip" },
	{ "6in4 cut off", CASE(ETH(IPV4) V4("\x1c", "\x29") "\x60\0\0\0\0\0\x06\x40"), "6in4" },
	{ "etherip of another version", CASE(ETH(IPV4) V4("\x18", "\x61") "\x40\0\0\0"),
	  "etherip" },
	{ "capwap", CASE(CAPWAP("\x6f", "\x5b", "\x10\x43\0") WLAN("\x08\x01", "")), "" },
	{ "capwap, a piece", CASE(CAPWAP("\x25", "\x11", "\x10\x43\x80") "a"), "" },
	{ "capwap, keep-alive", CASE(CAPWAP("\x25", "\x11", "\x10\x42\x08") "a"), "" },
	{ "capwap, of another radio's kind", CASE(CAPWAP("\x25", "\x11", "\x10\x47\0") "a"), "" },
	{ "capwap, a beacon", CASE(CAPWAP("\x6f", "\x5b", "\x10\x43\0") WLAN("\x80\0", "")), "" },
	{ "capwap, 802.11 without data",
	  CASE(CAPWAP("\x6f", "\x5b", "\x10\x43\0") WLAN("\x48\x01", "")), "" },
	{ "capwap, aggregated frames",
	  CASE(CAPWAP("\x71", "\x5d", "\x10\x43\0") WLAN("\x88\x01", "\x80\0")), "" },
	{ "capwap, half an 802.11 header",
	  CASE(CAPWAP("\x28", "\x14", "\x10\x43\0") "\x08\x01\0\0"), "capwap" },
	{ "capwap header cut off",
	  CASE(ETH(IPV4) V4("\x20", "\x11") UDP_HDR("\x80\0", "\x14\x7f", "\x0c") "\0\x10\0\0"),
	  "capwap" },
	{ "capwap of another version",
	  CASE(ETH(IPV4) V4("\x24", "\x11") UDP_HDR("\x80\0", "\x14\x7f", "\x10") //
	       "\x10\x10\0\0\0\0\0\0"),
	  "capwap" },
	{ "capwap, longer than it is", CASE(CAPWAP("\x25", "\x11", "\x18\x42\0") "a"), "capwap" },
	{ "capwap, shorter than its header", CASE(CAPWAP("\x25", "\x11", "\x08\x42\0") "a"),
	  "capwap" },
	{ "teredo around nothing",
	  CASE(ETH(IPV4) V4("\x1d", "\x11") UDP_HDR("\x80\0", "\x0d\xd8", "\x09") "\x11"),
	  "teredo" },
};

static void
test_malformed_tunnels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++) {
		const struct bad_case *t = &bad_cases[i];
		uint32_t len = (uint32_t)t->len;
		struct packet p = { .wire_bytes = len };

		print_message("%s\n", t->name);
		assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0, &options, guard_copy(t->in, len),
					     len, len),
				 DECAP_OK);
		assert_string_equal(p.bad_tunnel == 0 ? "" : tunnel_type_names[p.bad_tunnel - 1],
				    t->bad);
		/* Of a frame that was captured short nothing is said. */
		p = (struct packet) { .wire_bytes = len + 10 };
		decap_frame(&p, LINK_ETHERNET, 0, &options, guard_copy(t->in, len), len, len);
		assert_int_equal(p.bad_tunnel, 0);
	}
}

/* Sound, but nothing of it to be read here: said whether it was captured whole or not. */
static void
test_closed_tunnels(void **state)
{
	static const struct {
		const char *name, *in;
		size_t len;
		enum tunnel_closed want;
	} rows[] = {
		{ "open", CASE(CAPWAP("\x5d", "\x49", "\x10\x42\0") INNER), TUNNEL_NOT_CLOSED },
		{ "a piece", CASE(CAPWAP("\x25", "\x11", "\x10\x43\x80") "a"), TUNNEL_FRAGMENT },
		{ "the last piece", CASE(CAPWAP("\x25", "\x11", "\x10\x43\xc0") "a"),
		  TUNNEL_FRAGMENT },
		{ "DTLS",
		  CASE(ETH(IPV4) V4("\x24", "\x11") UDP_HDR("\x80\0", "\x14\x7f", "\x10") //
		       "\1\0\0\0\x17\xfe\xfd\0"),
		  TUNNEL_ENCRYPTED },
		{ "DTLS in a tunnel",
		  CASE(ETH(IPV4) V4("\x38", "\x04") V4("\x24", "\x11")
			   UDP_HDR("\x80\0", "\x14\x7f", "\x10") "\1\0\0\0\x17\xfe\xfd\0"),
		  TUNNEL_ENCRYPTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t len = (uint32_t)rows[i].len;

		print_message("%s\n", rows[i].name);
		for (uint32_t cut = 0; cut < 20; cut += 10) {
			struct packet p = { .wire_bytes = len + cut };

			decap_frame(&p, LINK_ETHERNET, 0, &options, guard_copy(rows[i].in, len),
				    len, len);
			assert_int_equal(p.closed_tunnel, rows[i].want);
			assert_int_equal(p.bad_tunnel, 0);
		}
	}
}

/* Whose are the addresses depends on the way to and from the distribution system. */
static void
test_wlan_addresses(void **state)
{
	static const struct {
		const char *name, *in;
		size_t len;
		uint8_t source, target;
	} rows[] = {
		{ "to a station beside", CASE(WLAN("\x08\0", "")), 0x0b, 0x0a },
		{ "to the access point", CASE(WLAN("\x08\x01", "")), 0x0b, 0x0c },
		{ "from it", CASE(WLAN("\x08\x02", "")), 0x0c, 0x0a },
		{ "between two", CASE(WLAN("\x08\x03", "\x02\0\0\0\0\x0d")), 0x0d, 0x0c },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct packet p = { 0 };
		uint32_t len = (uint32_t)rows[i].len;

		print_message("%s\n", rows[i].name);
		assert_int_equal(decap_frame(&p, LINK_WLAN, 0, &options,
					     guard_copy(rows[i].in, len), len, len),
				 DECAP_OK);
		assert_true(p.has_macs);
		assert_int_equal(p.mac[1][5], rows[i].source);
		assert_int_equal(p.mac[0][5], rows[i].target);
	}
}

/* What captures of radios and of netfilter put before a packet. */
static void
test_capture_headers(void **state)
{
	static const struct {
		const char *name, *in;
		size_t len;
		enum link_type link;
		enum decap_result want;
	} rows[] = {
		{ "radiotap", CASE("\0\0\x08\0\0\0\0\0" WLAN("\x08\x01", "")), LINK_RADIOTAP,
		  DECAP_OK },
		{ "radiotap with flags, not padded",
		  CASE("\0\0\x0a\0\2\0\0\0\x10\0" WLAN("\x08\x01", "")), LINK_RADIOTAP, DECAP_OK },
		{ "radiotap, the frame's header padded",
		  CASE("\0\0\x14\0\3\0\0\x80\0\0\0\0\xff\xff\xff\xff\0\0\0\0" //
		       WLAN("\x08\x01", "")),
		  LINK_RADIOTAP, DECAP_OK },
		{ "radiotap, QoS and padded",
		  CASE("\0\0\x09\0\2\0\0\0\x20" WLAN("\x88\x01", "\0\0\xee\xee")), LINK_RADIOTAP,
		  DECAP_OK },
		{ "radiotap, bits of fields beyond its length",
		  CASE("\0\0\x08\0\0\0\0\x80" WLAN("\x08\x01", "")), LINK_RADIOTAP, DECAP_NOT_IP },
		{ "radiotap of another version", CASE("\1\0\x08\0\0\0\0\0" WLAN("\x08\x01", "")),
		  LINK_RADIOTAP, DECAP_NOT_IP },
		{ "radiotap longer than the frame", CASE("\0\0\x80\0\0\0\0\0" WLAN("\x08\x01", "")),
		  LINK_RADIOTAP, DECAP_TRUNCATED },
		{ "PPI with 802.11", CASE("\0\0\x0c\0\x69\0\0\0\2\0\0\0" WLAN("\x08\x01", "")),
		  LINK_PPI, DECAP_OK },
		{ "PPI with Ethernet", CASE("\0\0\x08\0\1\0\0\0" INNER), LINK_PPI, DECAP_OK },
		{ "PPI with something else", CASE("\0\0\x08\0\xc3\0\0\0" INNER), LINK_PPI,
		  DECAP_NOT_IP },
		{ "NFLOG",
		  CASE("\2\0\0\1\x08\0\1\0\x08\0\0\0\5\0\x0a\0\0\0\0\0\x18\0\x09\0" //
		       V4("\x1c", "\x11") UDP_HDR("\x80\0", "\0\x35", "\x08")),
		  LINK_NFLOG, DECAP_OK },
		{ "NFLOG without a packet", CASE("\2\0\0\1\5\0\x0a\0\0\0\0\0"), LINK_NFLOG,
		  DECAP_TRUNCATED },
		{ "NFLOG with a length that cannot be", CASE("\2\0\0\1\3\0\x0a\0\0\0\0\0"),
		  LINK_NFLOG, DECAP_NOT_IP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct packet p = { 0 };
		uint32_t len = (uint32_t)rows[i].len;

		print_message("%s\n", rows[i].name);
		assert_int_equal(decap_frame(&p, rows[i].link, 0, &options,
					     guard_copy(rows[i].in, len), len, len),
				 rows[i].want);
		for (uint32_t n = 0; n < len; n++) {
			p = (struct packet) { 0 };
			decap_frame(&p, rows[i].link, 0, &options, guard_copy(rows[i].in, n), n, n);
		}
	}
}

/* TCP options: scale only of a SYN, time stamps, and whatever claims to be longer than it is. */
static void
test_tcp_options(void **state)
{
	static const struct options {
		const char *name;
		uint8_t flags;
		const char *bytes;
		size_t len;
		bool has_scale, has_ts;
		uint8_t scale;
		uint32_t ts_val;
	} rows[] = {
		{ "none", TCP_SYN, "", 0, false, false, 0, 0 },
		{ "as Linux sends a SYN", TCP_SYN, "\2\4\5\xb4\4\2\x8\xa\1\2\3\4\0\0\0\0\1\3\3\7",
		  20, true, true, 7, 0x01020304 },
		{ "as Linux sends data", TCP_ACK, "\1\1\x8\xa\1\2\3\4\0\0\0\0", 12, false, true, 0,
		  0x01020304 },
		{ "scale outside of a SYN", TCP_ACK, "\1\3\3\7", 4, false, false, 0, 0 },
		{ "scale beyond the largest", TCP_SYN, "\1\3\3\x20", 4, true, false, 14, 0 },
		{ "behind the end", TCP_SYN, "\0\3\3\7", 4, false, false, 0, 0 },
		{ "too long", TCP_SYN, "\3\x9\7\0", 4, false, false, 0, 0 },
		{ "of no length", TCP_SYN, "\3\0\3\7", 4, false, false, 0, 0 },
		{ "scale of two bytes", TCP_SYN, "\3\4\7\7", 4, false, false, 0, 0 },
		{ "cut after its kind", TCP_SYN, "\1\1\1\3", 4, false, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t frame[80] = { 0x45, [9] = IP_PROTO_TCP };
		size_t len = 40 + rows[i].len;
		struct packet p = { .wire_bytes = (uint32_t)len };

		print_message("%s\n", rows[i].name);
		memcpy(frame + 12, "\xa\0\0\1\xa\0\0\2", 8);
		frame[3] = (uint8_t)len;
		frame[32] = (uint8_t)((5 + rows[i].len / 4) << 4);
		frame[33] = rows[i].flags;
		memcpy(frame + 40, rows[i].bytes, rows[i].len);
		assert_int_equal(decap_frame(&p, LINK_RAW_IP, 0, &options, guard_copy(frame, len),
					     len, len),
				 DECAP_OK);
		assert_int_equal(p.has_scale, rows[i].has_scale);
		assert_int_equal(p.has_ts, rows[i].has_ts);
		assert_int_equal(p.scale, rows[i].scale);
		assert_int_equal(p.ts_val, rows[i].ts_val);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_options),	cmocka_unit_test(test_decap_frames),
		cmocka_unit_test(test_decap_every_cut), cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_closed_tunnels),	cmocka_unit_test(test_wlan_addresses),
		cmocka_unit_test(test_capture_headers), cmocka_unit_test(test_malformed_tunnels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
