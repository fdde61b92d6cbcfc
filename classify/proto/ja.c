#include "classify/proto/ja.h"

#include <nettle/md5.h>
#include <nettle/sha2.h>

static const char hex_digits[] = "0123456789abcdef";

static void
put_hex(char *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = hex_digits[bytes[i] >> 4];
		*out++ = hex_digits[bytes[i] & 15];
	}
	*out = '\0';
}

/* JA3: the text goes into the hash piece by piece and is never whole anywhere. */

static void
md5_text(struct md5_ctx *md5, const char *text)
{
	md5_update(md5, strlen(text), (const uint8_t *)text);
}

static void
md5_number(struct md5_ctx *md5, uint16_t v)
{
	uint8_t text[5];
	size_t at = sizeof(text);

	do {
		text[--at] = (uint8_t)('0' + v % 10);
		v = (uint16_t)(v / 10);
	} while (v != 0);
	md5_update(md5, sizeof(text) - at, text + at);
}

struct joined {
	struct md5_ctx *md5;
	bool begun;
};

static void
join(struct joined *j, uint16_t v)
{
	if (j->begun)
		md5_text(j->md5, "-");
	j->begun = true;
	md5_number(j->md5, v);
}

static void
md5_list(struct md5_ctx *md5, struct span list)
{
	struct joined j = { md5, false };
	struct cursor c = cursor_of(list.p, list.len);
	uint16_t v;

	md5_text(md5, ",");
	while (cursor_be16(&c, &v)) {
		if (!tls_is_grease(v))
			join(&j, v);
	}
}

static void
md5_extensions(struct md5_ctx *md5, struct span block, bool with_grease)
{
	struct joined j = { md5, false };
	struct cursor c = cursor_of(block.p, block.len);
	struct span content;
	uint16_t type;

	md5_text(md5, ",");
	while (tls_extension_next(&c, &type, &content)) {
		if (with_grease || !tls_is_grease(type))
			join(&j, type);
	}
}

static void
md5_end(struct md5_ctx *md5, char out[JA3_CAP])
{
	uint8_t digest[MD5_DIGEST_SIZE];

	md5_digest(md5, sizeof(digest), digest);
	put_hex(out, digest, sizeof(digest));
}

void
ja3_client(const struct tls_client_hello *h, char out[JA3_CAP])
{
	struct md5_ctx md5;
	struct joined formats = { &md5, false };

	md5_init(&md5);
	md5_number(&md5, h->version);
	md5_list(&md5, h->ciphers);
	md5_extensions(&md5, h->extensions, false);
	md5_list(&md5, h->groups);
	md5_text(&md5, ",");
	for (size_t i = 0; i < h->point_formats.len; i++)
		join(&formats, h->point_formats.p[i]);
	md5_end(&md5, out);
}

void
ja3_server(const struct tls_server_hello *h, char out[JA3_CAP])
{
	struct md5_ctx md5;

	md5_init(&md5);
	md5_number(&md5, h->version);
	md5_text(&md5, ",");
	md5_number(&md5, h->cipher);
	md5_extensions(&md5, h->extensions, true);
	md5_end(&md5, out);
}

/* JA4 */

struct values {
	size_t nr; /* may be more than fit */
	uint16_t v[JA4_MAX_VALUES];
};

/* Insertion sort as they come: lists are short, and often sorted in long runs. */
static void
add_sorted(struct values *list, uint16_t v)
{
	size_t at = list->nr++;

	if (at >= JA4_MAX_VALUES)
		return;
	for (; at > 0 && list->v[at - 1] > v; at--)
		list->v[at] = list->v[at - 1];
	list->v[at] = v;
}

static void
sha_value(struct sha256_ctx *sha, uint16_t v, bool first)
{
	uint8_t bytes[2] = { (uint8_t)(v >> 8), (uint8_t)v };
	char text[6] = ",";

	put_hex(text + 1, bytes, 2);
	sha256_update(sha, first ? 4 : 5, (const uint8_t *)text + (first ? 1 : 0));
}

static void
sha_values(struct sha256_ctx *sha, const struct values *list)
{
	for (size_t i = 0; i < list->nr; i++)
		sha_value(sha, list->v[i], i == 0);
}

static void
sha_end(struct sha256_ctx *sha, bool empty, char *out)
{
	uint8_t digest[6] = { 0 };

	if (!empty)
		sha256_digest(sha, sizeof(digest), digest);
	put_hex(out, digest, sizeof(digest));
}

static void
cipher_hash(const struct values *ciphers, char *out)
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha_values(&sha, ciphers);
	sha_end(&sha, ciphers->nr == 0, out);
}

static void
extension_hash(const struct values *extensions, struct span algorithms, char *out)
{
	struct cursor c = cursor_of(algorithms.p, algorithms.len);
	struct sha256_ctx sha;
	bool first = true;
	uint16_t v;

	sha256_init(&sha);
	sha_values(&sha, extensions);
	while (cursor_be16(&c, &v)) {
		if (tls_is_grease(v))
			continue;
		if (first)
			sha256_update(&sha, 1, (const uint8_t *)"_");
		sha_value(&sha, v, first);
		first = false;
	}
	sha_end(&sha, extensions->nr == 0, out);
}

static const char *
version_of(const struct tls_client_hello *h)
{
	static const struct {
		uint16_t version;
		char text[3];
	} versions[] = {
		{ 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" },
		{ 0x0301, "10" }, { 0x0300, "s3" }, { 0x0002, "s2" },
		{ 0xfeff, "d1" }, { 0xfefd, "d2" }, { 0xfefc, "d3" },
	};
	struct cursor c = cursor_of(h->versions.p, h->versions.len);
	uint16_t highest = 0, v;

	while (cursor_be16(&c, &v)) {
		if (!tls_is_grease(v) && v > highest)
			highest = v;
	}
	if (highest == 0)
		highest = h->version;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (versions[i].version == highest)
			return versions[i].text;
	}
	return "00";
}

static bool
is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* With a first or last byte that is neither letter nor digit: those of the name in hexadecimal. */
static void
put_alpn(char out[2], struct span list)
{
	uint8_t first, last;

	out[0] = out[1] = '0';
	if (list.len == 0 || list.p[0] == 0 || list.p[0] > list.len - 1)
		return;
	first = list.p[1];
	last = list.p[list.p[0]];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
	} else {
		out[0] = hex_digits[first >> 4];
		out[1] = hex_digits[last & 15];
	}
}

static void
put_count(char out[2], size_t n)
{
	if (n > 99)
		n = 99;
	out[0] = (char)('0' + n / 10);
	out[1] = (char)('0' + n % 10);
}

static void
sort_ciphers(struct span ciphers, struct values *out)
{
	struct cursor c = cursor_of(ciphers.p, ciphers.len);
	uint16_t v;

	out->nr = 0;
	while (cursor_be16(&c, &v)) {
		if (!tls_is_grease(v))
			add_sorted(out, v);
	}
}

/* Returns how many there are, the two that are left out included. */
static size_t
sort_extensions(struct span block, struct values *out)
{
	struct cursor c = cursor_of(block.p, block.len);
	struct span content;
	size_t left_out = 0;
	uint16_t type;

	out->nr = 0;
	while (tls_extension_next(&c, &type, &content)) {
		if (type == TLS_EXT_SERVER_NAME || type == TLS_EXT_ALPN)
			left_out++;
		else if (!tls_is_grease(type))
			add_sorted(out, type);
	}
	return out->nr + left_out;
}

bool
ja4_client(const struct tls_client_hello *h, char transport, char out[JA4_CAP])
{
	struct values ciphers, extensions;
	size_t nr_extensions;

	sort_ciphers(h->ciphers, &ciphers);
	nr_extensions = sort_extensions(h->extensions, &extensions);
	out[0] = '\0';
	if (ciphers.nr > JA4_MAX_VALUES || extensions.nr > JA4_MAX_VALUES)
		return false;
	out[0] = transport;
	memcpy(out + 1, version_of(h), 2);
	out[3] = h->has_server_name ? 'd' : 'i';
	put_count(out + 4, ciphers.nr);
	put_count(out + 6, nr_extensions);
	put_alpn(out + 8, h->alpn);
	out[10] = '_';
	cipher_hash(&ciphers, out + 11);
	out[23] = '_';
	extension_hash(&extensions, h->signature_algorithms, out + 24);
	return true;
}
