/*
 * Input: one byte of flags, then datagrams: direction 1 | length 2 | bytes, the last as long as
 * there is. All buffers must come back, every byte must be counted, and nothing told twice.
 */
#include <stdlib.h>

#include "classify/proto/dtls.h"

#define FLAGS_BUFFERS 3u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
on_facts(void *arg, const struct tls_facts *f)
{
	unsigned *nr = arg;

	if ((*nr)++ != 0 || f->nr_alpn > TLS_MAX_ALPN ||
	    memchr(f->sni, '\0', sizeof(f->sni)) == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cursor c = cursor_of(data, len);
	uint64_t pushed = 0;
	struct slab buffers;
	unsigned nr = 0;
	struct dtls d;
	uint8_t flags, dir;
	uint16_t n;

	if (!cursor_u8(&c, &flags))
		return 0;
	if (slab_init(&buffers, flags & FLAGS_BUFFERS, TLS_BUFFER_BYTES) != 0)
		abort();
	dtls_init(&d, &buffers);
	while (cursor_u8(&c, &dir) && cursor_be16(&c, &n)) {
		if (n > cursor_left(&c))
			n = (uint16_t)cursor_left(&c);
		dtls_push(&d, dir & 1, cursor_take(&c, n), n, on_facts, &nr);
		pushed += n;
	}
	dtls_end(&d, on_facts, &nr);
	if (buffers.nr_taken != 0 || d.clear_bytes + d.encrypted_bytes != pushed)
		abort();
	dtls_fini(&d);
	slab_fini(&buffers);
	return 0;
}
