/*
 * Input: one byte of flags, then datagrams: kind 1 | length 2 | bytes, the last as long as there
 * is. A datagram of the kind "sealed" is frames: they are protected as the sender would, so that
 * what lies behind the tag is reached. All buffers must come back, every byte must be counted, and
 * nothing may be told twice.
 */
#include <stdlib.h>

#include "classify/proto/quic.h"
#include "tests/support/quic_packet.h"

#define FLAGS_BUFFERS 3u
#define KIND_RESP     1u
#define KIND_SEALED   2u
#define KIND_V2	      4u
#define KIND_OTHER_ID 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
on_facts(void *arg, const struct tls_facts *f)
{
	unsigned *nr = arg;

	if ((*nr)++ != 0 || f->nr_alpn > TLS_MAX_ALPN ||
	    memchr(f->sni, '\0', sizeof(f->sni)) == NULL)
		abort();
}

static size_t
seal(uint8_t kind, const uint8_t *frames, size_t len, uint8_t *out)
{
	struct span id = span_of(kind & KIND_OTHER_ID ? "other id" : "first id", 8);
	struct quic_packet q = {
		.version = kind & KIND_V2 ? QUIC_VERSION_2 : QUIC_VERSION_1,
		.server = (kind & KIND_RESP) != 0,
		.key_id = id,
		.dcid = kind & KIND_RESP ? span_of(NULL, 0) : id,
		.scid = kind & KIND_RESP ? id : span_of(NULL, 0),
		.number = kind >> 4,
	};

	return quic_packet_seal(&q, frames, len, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t scratch[4096], packet[65536 + QUIC_PACKET_OVERHEAD];
	struct cursor c = cursor_of(data, len);
	uint64_t pushed = 0;
	struct slab buffers;
	struct quic q;
	unsigned nr = 0;
	uint8_t flags, kind;
	uint16_t n;

	if (!cursor_u8(&c, &flags))
		return 0;
	if (slab_init(&buffers, flags & FLAGS_BUFFERS, TLS_BUFFER_BYTES) != 0)
		abort();
	quic_init(&q, &buffers, scratch, sizeof(scratch));
	while (cursor_u8(&c, &kind) && cursor_be16(&c, &n)) {
		const uint8_t *p;
		size_t size = n;

		if (size > cursor_left(&c))
			size = cursor_left(&c);
		p = cursor_take(&c, size);
		if (kind & KIND_SEALED) {
			size = seal(kind, p, size, packet);
			p = packet;
		}
		quic_push(&q, kind & KIND_RESP, p, size, on_facts, &nr);
		pushed += size;
	}
	quic_end(&q, on_facts, &nr);
	if (buffers.nr_taken != 0 || q.clear_bytes + q.encrypted_bytes != pushed)
		abort();
	quic_fini(&q);
	slab_fini(&buffers);
	return 0;
}
