#include "classify/proto/tls_hello.h"

enum { RANDOM_LEN = 32 };

/* The random of a HelloRetryRequest (RFC 8446 section 4.1.3): SHA-256 of that word. */
static const uint8_t retry_random[RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static struct span
rest_of(const struct cursor *c)
{
	return span_of(c->p, cursor_left(c));
}

/* A vector with its length in one or two bytes before it. */
static bool
vector(struct cursor *c, unsigned length_bytes, struct span *out)
{
	struct cursor body;
	uint16_t len = 0;
	uint8_t byte = 0;

	if (length_bytes == 2 ? !cursor_be16(c, &len) : !cursor_u8(c, &byte))
		return false;
	if (!cursor_split(c, length_bytes == 2 ? len : byte, &body))
		return false;
	*out = rest_of(&body);
	return true;
}

static bool
random_of(struct cursor *c, struct span *out)
{
	const uint8_t *p = cursor_take(c, RANDOM_LEN);

	*out = span_of(p, p == NULL ? 0 : RANDOM_LEN);
	return p != NULL;
}

bool
tls_extension_next(struct cursor *block, uint16_t *type, struct span *content)
{
	return cursor_be16(block, type) && vector(block, 2, content);
}

/* What an extension carries when that is a single list; empty if its length does not fit. */
static struct span
list_in(struct span content, unsigned length_bytes)
{
	struct cursor c = cursor_of(content.p, content.len);
	struct span list = { content.p, 0 };

	vector(&c, length_bytes, &list);
	return list;
}

/*
 * ServerNameList (RFC 6066 section 3): length 2 | type 1 | length 2 | name | ... Only host_name,
 * type 0, was ever defined.
 */
static struct span
host_name_in(struct span content)
{
	struct span list = list_in(content, 2), name = { content.p, 0 };
	struct cursor c = cursor_of(list.p, list.len);
	uint8_t type;

	while (cursor_u8(&c, &type) && vector(&c, 2, &name)) {
		if (type == 0)
			return name;
	}
	return span_of(content.p, 0);
}

static void
client_extension(struct tls_client_hello *h, uint16_t type, struct span content)
{
	switch (type) {
	case TLS_EXT_SERVER_NAME:
		h->server_name = host_name_in(content);
		h->has_server_name = true;
		break;
	case TLS_EXT_GROUPS:
		h->groups = list_in(content, 2);
		break;
	case TLS_EXT_POINT_FORMATS:
		h->point_formats = list_in(content, 1);
		break;
	case TLS_EXT_SIGNATURE_ALGORITHMS:
		h->signature_algorithms = list_in(content, 2);
		break;
	case TLS_EXT_ALPN:
		h->alpn = list_in(content, 2);
		break;
	case TLS_EXT_SUPPORTED_VERSIONS:
		h->versions = list_in(content, 1);
		break;
	case TLS_EXT_SESSION_TICKET:
		h->has_ticket = content.len != 0;
		break;
	case TLS_EXT_PRE_SHARED_KEY:
		h->has_psk = true;
		break;
	case TLS_EXT_EARLY_DATA:
		h->has_early_data = true;
		break;
	case TLS_EXT_ECH:
		h->has_ech = true;
		break;
	default:
		break;
	}
}

static void
server_extension(struct tls_server_hello *h, uint16_t type, struct span content)
{
	struct span list;

	switch (type) {
	case TLS_EXT_ALPN:
		list = list_in(content, 2);
		h->alpn = list_in(list, 1);
		break;
	case TLS_EXT_SUPPORTED_VERSIONS:
		if (content.len >= 2)
			h->chosen = read_be16(content.p);
		break;
	case TLS_EXT_PRE_SHARED_KEY:
		h->has_psk = true;
		break;
	case TLS_EXT_ENCRYPT_THEN_MAC:
		h->encrypt_then_mac = true;
		break;
	default:
		break;
	}
}

/* One bit for each type that is looked at, so that the second of a kind is not. */
static bool
first_of_kind(uint64_t *seen, uint16_t type)
{
	uint64_t bit = type < 63	     ? UINT64_C(1) << type
		       : type == TLS_EXT_ECH ? UINT64_C(1) << 63
					     : 0;
	bool first = (*seen & bit) == 0;

	*seen |= bit;
	return first;
}

/* The extension block: up to the end of the hello, also where its own length runs past that. */
static bool
extension_block(struct cursor *c, struct span *block)
{
	uint16_t len = 0;

	if (cursor_left(c) == 0)
		return true;
	if (!cursor_be16(c, &len))
		return false;
	*block = rest_of(c);
	if (len > block->len)
		return false;
	block->len = len;
	return true;
}

enum tls_hello_result
tls_client_hello_parse(const uint8_t *body, size_t len, struct tls_client_hello *out)
{
	struct cursor c = cursor_of(body, len), block;
	struct span cookie, compressions, content;
	uint64_t seen = 0;
	uint16_t type;
	bool whole;

	*out = (struct tls_client_hello) { 0 };
	if (!cursor_be16(&c, &out->version) || !random_of(&c, &out->random) ||
	    !vector(&c, 1, &out->session_id) ||
	    (tls_is_datagram(out->version) && !vector(&c, 1, &cookie)) ||
	    !vector(&c, 2, &out->ciphers) || !vector(&c, 1, &compressions))
		return TLS_HELLO_BROKEN;
	whole = extension_block(&c, &out->extensions);
	block = cursor_of(out->extensions.p, out->extensions.len);
	while (tls_extension_next(&block, &type, &content)) {
		if (first_of_kind(&seen, type))
			client_extension(out, type, content);
	}
	return whole && cursor_left(&block) == 0 ? TLS_HELLO_OK : TLS_HELLO_BROKEN;
}

/* Until draft 21 TLS 1.3 had neither session id nor compression in its ServerHello. */
static bool
is_early_draft(uint16_t version)
{
	return version >= 0x7f00 && version <= 0x7f15;
}

enum tls_hello_result
tls_server_hello_parse(const uint8_t *body, size_t len, struct tls_server_hello *out)
{
	struct cursor c = cursor_of(body, len), block;
	struct span content;
	uint64_t seen = 0;
	uint16_t type;
	bool draft, whole;

	*out = (struct tls_server_hello) { 0 };
	if (!cursor_be16(&c, &out->version))
		return TLS_HELLO_BROKEN;
	out->chosen = out->version;
	draft = is_early_draft(out->version);
	if (!random_of(&c, &out->random) || (!draft && !vector(&c, 1, &out->session_id)) ||
	    !cursor_be16(&c, &out->cipher) || (!draft && !cursor_u8(&c, &out->compression)))
		return TLS_HELLO_BROKEN;
	out->retry = memcmp(out->random.p, retry_random, RANDOM_LEN) == 0;
	whole = extension_block(&c, &out->extensions);
	block = cursor_of(out->extensions.p, out->extensions.len);
	while (tls_extension_next(&block, &type, &content)) {
		if (first_of_kind(&seen, type))
			server_extension(out, type, content);
	}
	return whole && cursor_left(&block) == 0 ? TLS_HELLO_OK : TLS_HELLO_BROKEN;
}

const char *
tls_version_name(uint16_t version)
{
	switch (version) {
	case 0x0301:
	case TLS_DTLS_1_0:
		return "1.0";
	case 0x0302:
		return "1.1";
	case 0x0303:
	case TLS_DTLS_1_2:
		return "1.2";
	case 0x0304:
	case TLS_DTLS_1_3:
		return "1.3";
	default:
		/* 0x7fNN is draft NN, 0x7eNN an experiment on the way to it. */
		return version >> 8 == 0x7f || version >> 8 == 0x7e ? "1.3" : NULL;
	}
}

/* Sorted by number. Suites met in practice; the others are told by their number. */
static const struct cipher {
	uint16_t id;
	const char *name;
} ciphers[] = {
	/* clang-format off */
	{ 0x0000, "TLS_NULL_WITH_NULL_NULL" },
	{ 0x0001, "TLS_RSA_WITH_NULL_MD5" },
	{ 0x0002, "TLS_RSA_WITH_NULL_SHA" },
	{ 0x0004, "TLS_RSA_WITH_RC4_128_MD5" },
	{ 0x0005, "TLS_RSA_WITH_RC4_128_SHA" },
	{ 0x0007, "TLS_RSA_WITH_IDEA_CBC_SHA" },
	{ 0x0009, "TLS_RSA_WITH_DES_CBC_SHA" },
	{ 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA" },
	{ 0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA" },
	{ 0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA" },
	{ 0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA" },
	{ 0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA" },
	{ 0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256" },
	{ 0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256" },
	{ 0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA" },
	{ 0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA" },
	{ 0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x006a, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256" },
	{ 0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256" },
	{ 0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA" },
	{ 0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA" },
	{ 0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA" },
	{ 0x008d, "TLS_PSK_WITH_AES_256_CBC_SHA" },
	{ 0x0090, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA" },
	{ 0x0091, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA" },
	{ 0x0096, "TLS_RSA_WITH_SEED_CBC_SHA" },
	{ 0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0x00a2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256" },
	{ 0x00a3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384" },
	{ 0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256" },
	{ 0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384" },
	{ 0x00aa, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256" },
	{ 0x00ab, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384" },
	{ 0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256" },
	{ 0x00af, "TLS_PSK_WITH_AES_256_CBC_SHA384" },
	{ 0x00b2, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256" },
	{ 0x00b3, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384" },
	{ 0x1301, "TLS_AES_128_GCM_SHA256" },
	{ 0x1302, "TLS_AES_256_GCM_SHA384" },
	{ 0x1303, "TLS_CHACHA20_POLY1305_SHA256" },
	{ 0x1304, "TLS_AES_128_CCM_SHA256" },
	{ 0x1305, "TLS_AES_128_CCM_8_SHA256" },
	{ 0xc002, "TLS_ECDH_ECDSA_WITH_RC4_128_SHA" },
	{ 0xc004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA" },
	{ 0xc005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA" },
	{ 0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA" },
	{ 0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
	{ 0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" },
	{ 0xc00c, "TLS_ECDH_RSA_WITH_RC4_128_SHA" },
	{ 0xc00e, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA" },
	{ 0xc00f, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA" },
	{ 0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA" },
	{ 0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA" },
	{ 0xc019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA" },
	{ 0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
	{ 0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384" },
	{ 0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc035, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA" },
	{ 0xc036, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA" },
	{ 0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256" },
	{ 0xc038, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384" },
	{ 0xc09c, "TLS_RSA_WITH_AES_128_CCM" },
	{ 0xc09d, "TLS_RSA_WITH_AES_256_CCM" },
	{ 0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM" },
	{ 0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM" },
	{ 0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8" },
	{ 0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8" },
	{ 0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8" },
	{ 0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8" },
	{ 0xc0a4, "TLS_PSK_WITH_AES_128_CCM" },
	{ 0xc0a5, "TLS_PSK_WITH_AES_256_CCM" },
	{ 0xc0a6, "TLS_DHE_PSK_WITH_AES_128_CCM" },
	{ 0xc0a7, "TLS_DHE_PSK_WITH_AES_256_CCM" },
	{ 0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8" },
	{ 0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8" },
	{ 0xc0aa, "TLS_PSK_DHE_WITH_AES_128_CCM_8" },
	{ 0xc0ab, "TLS_PSK_DHE_WITH_AES_256_CCM_8" },
	{ 0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
	{ 0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM" },
	{ 0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
	{ 0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8" },
	{ 0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccad, "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccae, "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256" },
	{ 0xd002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384" },
	/* clang-format on */
};

const char *
tls_cipher_name(uint16_t cipher)
{
	size_t from = 0, to = sizeof(ciphers) / sizeof(ciphers[0]);

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (ciphers[mid].id == cipher)
			return ciphers[mid].name;
		if (ciphers[mid].id < cipher)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}
