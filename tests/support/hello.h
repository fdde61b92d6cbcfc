/* Writes TLS hellos for tests: bytes with lengths that are filled in afterwards. */
#ifndef WEIR_TEST_HELLO_H
#define WEIR_TEST_HELLO_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	size_t len;
	uint8_t b[40000];
};

static inline void
put(struct bytes *o, const void *data, size_t len)
{
	assert(len <= sizeof(o->b) - o->len);
	if (len != 0)
		memcpy(o->b + o->len, data, len);
	o->len += len;
}

static inline void
put_u8(struct bytes *o, unsigned v)
{
	put(o, &(uint8_t) { (uint8_t)v }, 1);
}

static inline void
put_u16(struct bytes *o, unsigned v)
{
	put_u8(o, v >> 8);
	put_u8(o, v & 0xff);
}

static inline void
put_fill(struct bytes *o, uint8_t c, size_t len)
{
	assert(len <= sizeof(o->b) - o->len);
	memset(o->b + o->len, c, len);
	o->len += len;
}

/* Leaves room for a length of that many bytes; put_end fills in what came since. */
static inline size_t
put_begin(struct bytes *o, size_t width)
{
	put_fill(o, 0, width);
	return o->len;
}

static inline void
put_end(struct bytes *o, size_t begin, size_t width)
{
	size_t len = o->len - begin;

	for (size_t i = 0; i < width; i++)
		o->b[begin - 1 - i] = (uint8_t)(len >> (8 * i));
}

/* A list of 16-bit values that ends with -1; NULL is an empty one. */
static inline void
put_list(struct bytes *o, size_t width, const int *values)
{
	size_t begin = put_begin(o, width);

	for (; values != NULL && *values != -1; values++)
		put_u16(o, (unsigned)*values);
	put_end(o, begin, width);
}

/* Names joined with commas become a ProtocolNameList. */
static inline void
put_names(struct bytes *o, const char *names)
{
	size_t begin = put_begin(o, 2), n;

	for (; *names != '\0'; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		put_u8(o, (unsigned)n);
		put(o, names, n);
	}
	put_end(o, begin, 2);
}

static inline void
put_server_name(struct bytes *o, const char *name)
{
	size_t begin = put_begin(o, 2);

	put_u8(o, 0);
	put_u16(o, (unsigned)strlen(name));
	put(o, name, strlen(name));
	put_end(o, begin, 2);
}

/* What a hello says; extensions by number in the order given, -1 at the end, NULL: no block. */
struct hello {
	unsigned version;
	unsigned session_id; /* 32 times this byte; 0: empty */
	const int *ciphers;  /* one for a server */
	const int *extensions;
	const char *sni;
	const char *alpn;
	const int *groups, *algorithms, *versions;
	size_t key_share; /* bytes */
	size_t ticket;	  /* bytes */
};

static inline void
put_client_extension(struct bytes *o, const struct hello *h, int type)
{
	switch (type) {
	case 0:
		put_server_name(o, h->sni);
		break;
	case 10:
		put_list(o, 2, h->groups);
		break;
	case 11:
		put_u16(o, 0x0100);
		break;
	case 13:
		put_list(o, 2, h->algorithms);
		break;
	case 16:
		put_names(o, h->alpn);
		break;
	case 35:
		put_fill(o, 't', h->ticket);
		break;
	case 43:
		put_list(o, 1, h->versions);
		break;
	case 51:
		put_fill(o, 'k', h->key_share);
		break;
	default:
		break;
	}
}

static inline void
put_server_extension(struct bytes *o, const struct hello *h, int type)
{
	switch (type) {
	case 16:
		put_names(o, h->alpn);
		break;
	case 41:
		put_u16(o, 0);
		break;
	case 43:
		put_u16(o, (unsigned)h->versions[0]);
		break;
	case 51:
		put_fill(o, 'k', h->key_share);
		break;
	default:
		break;
	}
}

static inline void
put_extensions(struct bytes *o, const struct hello *h,
	       void (*content)(struct bytes *, const struct hello *, int))
{
	size_t block, one;

	if (h->extensions == NULL)
		return;
	block = put_begin(o, 2);
	for (const int *e = h->extensions; *e != -1; e++) {
		put_u16(o, (unsigned)*e);
		one = put_begin(o, 2);
		content(o, h, *e);
		put_end(o, one, 2);
	}
	put_end(o, block, 2);
}

static inline void
put_session_id(struct bytes *o, const struct hello *h)
{
	put_u8(o, h->session_id == 0 ? 0 : 32);
	put_fill(o, (uint8_t)h->session_id, h->session_id == 0 ? 0 : 32);
}

/* Bodies, without the header of the message. */
static inline void
put_client_hello(struct bytes *o, const struct hello *h)
{
	put_u16(o, h->version);
	put_fill(o, 'r', 32);
	put_session_id(o, h);
	if (h->version >> 8 == 0xfe)
		put_u8(o, 0); /* DTLS: no cookie */
	put_list(o, 2, h->ciphers);
	put_u16(o, 0x0100);
	put_extensions(o, h, put_client_extension);
}

static inline void
put_server_hello(struct bytes *o, const struct hello *h, const uint8_t *random)
{
	put_u16(o, h->version);
	if (random != NULL)
		put(o, random, 32);
	else
		put_fill(o, 'r', 32);
	put_session_id(o, h);
	put_u16(o, (unsigned)h->ciphers[0]);
	put_u8(o, 0);
	put_extensions(o, h, put_server_extension);
}

#endif
