/*
 * The constants of RFC 7541: the static table (appendix A) and the Huffman code (appendix B). Only
 * for hpack.c.
 */
#ifndef WEIR_HPACK_TABLES_H
#define WEIR_HPACK_TABLES_H

#include <stdint.h>

struct hpack_static {
	const char *name, *value;
};

#define HPACK_NR_STATIC 61u

/* Index 1 is the first. */
static const struct hpack_static hpack_static[HPACK_NR_STATIC] = {
	{ ":authority", "" },
	{ ":method", "GET" },
	{ ":method", "POST" },
	{ ":path", "/" },
	{ ":path", "/index.html" },
	{ ":scheme", "http" },
	{ ":scheme", "https" },
	{ ":status", "200" },
	{ ":status", "204" },
	{ ":status", "206" },
	{ ":status", "304" },
	{ ":status", "400" },
	{ ":status", "404" },
	{ ":status", "500" },
	{ "accept-charset", "" },
	{ "accept-encoding", "gzip, deflate" },
	{ "accept-language", "" },
	{ "accept-ranges", "" },
	{ "accept", "" },
	{ "access-control-allow-origin", "" },
	{ "age", "" },
	{ "allow", "" },
	{ "authorization", "" },
	{ "cache-control", "" },
	{ "content-disposition", "" },
	{ "content-encoding", "" },
	{ "content-language", "" },
	{ "content-length", "" },
	{ "content-location", "" },
	{ "content-range", "" },
	{ "content-type", "" },
	{ "cookie", "" },
	{ "date", "" },
	{ "etag", "" },
	{ "expect", "" },
	{ "expires", "" },
	{ "from", "" },
	{ "host", "" },
	{ "if-match", "" },
	{ "if-modified-since", "" },
	{ "if-none-match", "" },
	{ "if-range", "" },
	{ "if-unmodified-since", "" },
	{ "last-modified", "" },
	{ "link", "" },
	{ "location", "" },
	{ "max-forwards", "" },
	{ "proxy-authenticate", "" },
	{ "proxy-authorization", "" },
	{ "range", "" },
	{ "referer", "" },
	{ "refresh", "" },
	{ "retry-after", "" },
	{ "server", "" },
	{ "set-cookie", "" },
	{ "strict-transport-security", "" },
	{ "transfer-encoding", "" },
	{ "user-agent", "" },
	{ "vary", "" },
	{ "via", "" },
	{ "www-authenticate", "" },
};

/*
 * The code is canonical: symbols of one length have consecutive codes, and longer codes come behind
 * shorter ones. So a code, left-justified in 32 bits, belongs to the first row whose last code is
 * not below it, and its symbol is found by subtraction.
 */
struct hpack_code_row {
	uint8_t bits;
	uint16_t first_symbol; /* index into hpack_symbols */
	uint32_t first, last;  /* left-justified codes, last with all lower bits set */
};

static const struct hpack_code_row hpack_code_rows[] = {
	{ 5, 0, 0x00000000, 0x4fffffff },    { 6, 10, 0x50000000, 0xb7ffffff },
	{ 7, 36, 0xb8000000, 0xf7ffffff },   { 8, 68, 0xf8000000, 0xfdffffff },
	{ 10, 74, 0xfe000000, 0xff3fffff },  { 11, 79, 0xff400000, 0xff9fffff },
	{ 12, 82, 0xffa00000, 0xffbfffff },  { 13, 84, 0xffc00000, 0xffefffff },
	{ 14, 90, 0xfff00000, 0xfff7ffff },  { 15, 92, 0xfff80000, 0xfffdffff },
	{ 19, 95, 0xfffe0000, 0xfffe5fff },  { 20, 98, 0xfffe6000, 0xfffedfff },
	{ 21, 106, 0xfffee000, 0xffff47ff }, { 22, 119, 0xffff4800, 0xffffafff },
	{ 23, 145, 0xffffb000, 0xffffe9ff }, { 24, 174, 0xffffea00, 0xfffff5ff },
	{ 25, 186, 0xfffff600, 0xfffff7ff }, { 26, 190, 0xfffff800, 0xfffffbbf },
	{ 27, 205, 0xfffffbc0, 0xfffffe1f }, { 28, 224, 0xfffffe20, 0xffffffef },
	{ 30, 253, 0xfffffff0, 0xffffffff },
};

/* In the order of their codes. The 257th is the end of a string, and may not occur. */
static const uint8_t hpack_symbols[256] = {
	48,  49,  50,  97,  99,	 101, 105, 111, 115, 116, 32,  37,  45,	 46,  47,  51,	52,  53,
	54,  55,  56,  57,  61,	 65,  95,  98,	100, 102, 103, 104, 108, 109, 110, 112, 114, 117,
	58,  66,  67,  68,  69,	 70,  71,  72,	73,  74,  75,  76,  77,	 78,  79,  80,	81,  82,
	83,  84,  85,  86,  87,	 89,  106, 107, 113, 118, 119, 120, 121, 122, 38,  42,	44,  59,
	88,  90,  33,  34,  40,	 41,  63,  39,	43,  124, 35,  62,  0,	 36,  64,  91,	93,  126,
	94,  125, 60,  96,  123, 92,  195, 208, 128, 130, 131, 162, 184, 194, 224, 226, 153, 161,
	167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134, 136, 146, 154,
	156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232,
	233, 1,	  135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165,
	166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9,	 142, 144, 145, 148, 159,
	171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210, 213,
	218, 219, 238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245,
	246, 247, 248, 250, 251, 252, 253, 254, 2,   3,	  4,   5,   6,	 7,   8,   11,	12,  14,
	15,  16,  17,  18,  19,	 20,  21,  23,	24,  25,  26,  27,  28,	 29,  30,  31,	127, 220,
	249, 10,  13,  22,
};

#endif
