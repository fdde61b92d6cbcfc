#include "dataplane/publish/id_parts.h"

#include <string.h>

#include "classify/siphash.h"

void
id_parts_add(struct id_parts *parts, const void *data, size_t len)
{
	uint8_t *at = parts->bytes + parts->len;

	if (len + 2 > sizeof(parts->bytes) - parts->len)
		return;
	at[0] = (uint8_t)len;
	at[1] = (uint8_t)(len >> 8);
	if (len != 0)
		memcpy(at + 2, data, len);
	parts->len += 2 + len;
}

void
id_parts_add_field(struct id_parts *parts, const struct record_head *r, enum record_field f)
{
	struct record_value v = { .len = 0 };

	if (record_find(r, f, &v))
		id_parts_add(parts, v.data, v.len);
	else
		id_parts_add(parts, NULL, 0);
}

void
id_parts_hash(const struct id_parts *parts, uint8_t out[16])
{
	static const struct siphash_key key = { 0x7765697200000000u, 0x66696e64696e6700u };

	siphash24_128(&key, parts->bytes, parts->len, out);
}
