#include "classify/proto/tls_records.h"

#include "dataplane/port/cursor.h"

static bool
is_header(const uint8_t *h)
{
	return h[0] >= TLS_CHANGE_CIPHER_SPEC && h[0] <= TLS_HEARTBEAT && h[1] == 3 && h[2] <= 4 &&
	       read_be16(h + 3) <= TLS_RECORD_MAX_BYTES;
}

/* The next byte of a header; true when it was the last one. */
static bool
header_byte(struct tls_records *t, uint8_t byte)
{
	t->header[t->header_have++] = byte;
	if (t->header_have < TLS_RECORD_HEADER_BYTES)
		return false;
	t->header_have = 0;
	t->lost = !is_header(t->header);
	t->left = t->lost ? 0 : read_be16(t->header + 3);
	return !t->lost;
}

void
tls_records_push(struct tls_records *t, const uint8_t *data, size_t len, tls_record_fn *fn,
		 void *arg)
{
	while (len > 0 && !t->lost) {
		size_t n = t->left < len ? t->left : len;

		if (n == 0) {
			n = 1;
			if (header_byte(t, *data))
				fn(arg, t->header[0], t->left);
		} else {
			t->left = (uint16_t)(t->left - n);
		}
		data += n;
		len -= n;
	}
}

void
tls_records_gap(struct tls_records *t, uint64_t len)
{
	if (len > t->left)
		t->lost = true;
	else
		t->left = (uint16_t)(t->left - len);
}
