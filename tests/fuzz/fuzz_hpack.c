/*
 * Against libnghttp2's decoder: as long as that takes the blocks, every field must be the same, or
 * unknown where a limit of ours says so. The first byte says how blocks are split; then each block
 * is preceded by its length.
 */
#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "classify/proto/hpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct got {
	unsigned nr;
	struct {
		bool name_known, value_known;
		size_t name_len, value_len;
		uint8_t name[HPACK_NAME_CAP], value[HPACK_VALUE_CAP];
	} field[HPACK_BLOCK_FIELDS];
};

static struct got got;

static void
on_field(void *arg, struct span name, struct span value)
{
	(void)arg;
	if (got.nr == HPACK_BLOCK_FIELDS || name.len > HPACK_NAME_CAP ||
	    value.len > HPACK_VALUE_CAP)
		abort();
	got.field[got.nr].name_known = name.p != NULL;
	got.field[got.nr].value_known = value.p != NULL;
	got.field[got.nr].name_len = name.len;
	got.field[got.nr].value_len = value.len;
	if (name.len != 0)
		memcpy(got.field[got.nr].name, name.p, name.len);
	if (value.len != 0)
		memcpy(got.field[got.nr].value, value.p, value.len);
	got.nr++;
}

static void
compare(unsigned i, const nghttp2_nv *nv)
{
	if (!got.field[i].name_known) {
		/* Too long to be kept, here or when it was inserted. */
		if (nv->namelen <= HPACK_NAME_CAP)
			abort();
	} else if (got.field[i].name_len != nv->namelen ||
		   memcmp(got.field[i].name, nv->name, nv->namelen) != 0) {
		abort();
	}
	if (got.field[i].value_known && (got.field[i].value_len != nv->valuelen ||
					 memcmp(got.field[i].value, nv->value, nv->valuelen) != 0))
		abort();
	if (!got.field[i].value_known && nv->valuelen + nv->namelen + 32 <= 4096 &&
	    nv->namelen <= HPACK_NAME_CAP)
		abort();
}

/* False when libnghttp2 does not take the block. */
static bool
check_block(nghttp2_hd_inflater *inflater, const uint8_t *data, size_t len)
{
	unsigned nr = 0;

	for (;;) {
		nghttp2_nv nv;
		int flags = 0;
		ssize_t n = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, data, len, 1);

		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
			if (nr < got.nr)
				compare(nr, &nv);
			nr++;
		}
		if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0)
			break;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && len == 0)
			return false;
	}
	nghttp2_hd_inflate_end_headers(inflater);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct hpack_table table;
	static struct hpack_text text;
	nghttp2_hd_inflater *inflater;
	struct hpack h;
	size_t step;

	if (len < 2 || nghttp2_hd_inflate_new(&inflater) != 0)
		return 0;
	step = (size_t)data[0] % 50 + 1;
	data++, len--;
	hpack_init(&h, false);
	hpack_set_table(&h, &table);
	while (len > 1) {
		size_t n = data[0] < len - 1 ? data[0] : len - 1;
		enum hpack_result r;
		bool taken;

		got.nr = 0;
		hpack_begin(&h, &text);
		for (size_t at = 0; at < n; at += step)
			hpack_push(&h, data + 1 + at, step < n - at ? step : n - at, on_field,
				   NULL);
		r = hpack_end(&h);
		taken = check_block(inflater, data + 1, n);
		if (!taken)
			break;
		if (r == HPACK_BROKEN)
			abort();
		data += 1 + n;
		len -= 1 + n;
	}
	nghttp2_hd_inflate_del(inflater);
	return 0;
}
