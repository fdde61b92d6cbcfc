#include "classify/proto/hpack.h"
#include "classify/proto/hpack_tables.h"

/* RFC 7541 section 6: what a first byte begins. */
enum kind {
	INDEXED,	  /* 1....... */
	LITERAL_INSERTED, /* 01...... */
	SIZE_UPDATE,	  /* 001..... */
	LITERAL,	  /* 0001.... never indexed, 0000.... not indexed */
};

enum state {
	FIELD,
	INDEX, /* rest of the integer of a first byte */
	NAME_HEAD,
	NAME_LENGTH,
	NAME,
	VALUE_HEAD,
	VALUE_LENGTH,
	VALUE,
	BROKEN,
};

#define DEFAULT_MAX_SIZE 4096u
#define ENTRY_OVERHEAD	 32u /* RFC 7541 section 4.1 */
#define NUMBER_MAX_SHIFT 28u
#define LONGEST_CODE	 30u

/* Where a block's fields go. */
struct out {
	hpack_field_fn *field;
	void *arg;
};

/* ------------------------------------------------------------------ the dynamic table */

static struct hpack_entry *
entry_back(struct hpack_table *t, uint32_t i)
{
	return &t->entry[(t->newest - i) % HPACK_ENTRIES];
}

static void
evict_oldest(struct hpack_table *t)
{
	t->nr--;
	t->bytes -= entry_back(t, t->nr)->size;
}

static void
shrink(struct hpack_table *t, uint32_t max_size)
{
	while (t->nr != 0 && t->bytes > max_size)
		evict_oldest(t);
}

/* len bytes of the store, in one piece, at the cost of the oldest entries. */
static uint32_t
make_room(struct hpack_table *t, uint32_t len)
{
	while (t->nr != 0) {
		uint32_t tail = entry_back(t, t->nr - 1)->at;

		if (t->head > tail) {
			if (len <= HPACK_STORE_BYTES - t->head)
				return t->head;
			if (len <= tail)
				return 0;
		} else if (len <= tail - t->head) {
			return t->head;
		}
		evict_oldest(t);
	}
	return 0;
}

static void
insert(struct hpack_table *t, struct span name, struct span value, uint32_t size, uint32_t max_size)
{
	/* At least one byte, so that no two entries begin at one place. */
	uint32_t len = (uint32_t)(name.len + value.len) + 1;
	struct hpack_entry *e;
	uint32_t at;

	if (size > max_size) {
		shrink(t, 0);
		return;
	}
	shrink(t, max_size - size);
	if (len > HPACK_STORE_BYTES) {
		name = value = span_of(NULL, 0);
		len = 1;
	}
	if (t->nr == HPACK_ENTRIES)
		evict_oldest(t);
	at = make_room(t, len);
	if (name.len != 0)
		memcpy(t->store + at, name.p, name.len);
	if (value.len != 0)
		memcpy(t->store + at + name.len, value.p, value.len);
	t->head = at + len;
	t->newest++;
	t->nr++;
	t->bytes += size;
	e = entry_back(t, 0);
	*e = (struct hpack_entry) {
		.at = at,
		.size = size,
		.name_len = (uint16_t)name.len,
		.value_len = (uint16_t)value.len,
		.name_known = name.p != NULL,
		.value_known = value.p != NULL,
	};
}

/* What an index stands for; spans of NULL where that is not known. */
static void
look_up(const struct hpack *h, uint32_t index, struct span *name, struct span *value)
{
	const struct hpack_entry *e;
	const uint8_t *text;

	*name = *value = span_of(NULL, 0);
	if (index >= 1 && index <= HPACK_NR_STATIC) {
		const struct hpack_static *s = &hpack_static[index - 1];

		*name = span_of(s->name, strlen(s->name));
		*value = span_of(s->value, strlen(s->value));
		return;
	}
	index -= HPACK_NR_STATIC + 1;
	if (h->table == NULL || index >= h->table->nr)
		return;
	e = entry_back(h->table, index);
	text = h->table->store + e->at;
	if (e->name_known)
		*name = span_of(text, e->name_len);
	if (e->value_known)
		*value = span_of(text + e->name_len, e->value_len);
}

/* ------------------------------------------------------------------ fields */

static void
break_off(struct hpack *h)
{
	h->state = BROKEN;
}

static void
emit(struct hpack *h, const struct out *out, struct span name, struct span value)
{
	size_t len = name.len + value.len;

	h->unknown += name.p == NULL || value.p == NULL;
	if (h->capped || h->nr_fields == HPACK_BLOCK_FIELDS ||
	    len > HPACK_BLOCK_OUT - h->out_bytes) {
		h->capped = true;
		return;
	}
	h->nr_fields++;
	h->out_bytes += (uint32_t)len;
	out->field(out->arg, name, value);
}

static void
emit_indexed(struct hpack *h, const struct out *out)
{
	struct span name, value;

	h->state = FIELD;
	if (h->number == 0) {
		break_off(h);
		return;
	}
	look_up(h, h->number, &name, &value);
	emit(h, out, name, value);
}

/* The name of an indexed entry is copied: the entry may go when the new one is inserted. */
static void
take_indexed_name(struct hpack *h)
{
	struct span name, value;

	look_up(h, h->number, &name, &value);
	h->name_known = name.p != NULL && name.len <= HPACK_NAME_CAP && h->text != NULL;
	h->name_len = (uint32_t)name.len;
	if (h->name_known && name.len != 0)
		memcpy(h->text->name, name.p, name.len);
}

static void
emit_literal(struct hpack *h, const struct out *out)
{
	struct span name = span_of(NULL, 0), value = name;
	uint32_t kept = h->value_len < HPACK_VALUE_CAP ? h->value_len : HPACK_VALUE_CAP;

	h->state = FIELD;
	if (h->name_known)
		name = span_of(h->text->name, h->name_len);
	if (h->value_known)
		value = span_of(h->text->value, kept);
	emit(h, out, name, value);
	if (h->kind != LITERAL_INSERTED || h->table == NULL)
		return;
	if (h->value_len > HPACK_VALUE_CAP)
		value = span_of(NULL, 0);
	insert(h->table, name, value, h->name_len + h->value_len + ENTRY_OVERHEAD, h->max_size);
}

static void
update_size(struct hpack *h)
{
	h->state = FIELD;
	h->max_size = h->number;
	if (h->table != NULL)
		shrink(h->table, h->max_size);
}

static void
first_number(struct hpack *h, const struct out *out)
{
	switch ((enum kind)h->kind) {
	case INDEXED:
		emit_indexed(h, out);
		return;
	case SIZE_UPDATE:
		update_size(h);
		return;
	case LITERAL_INSERTED:
	case LITERAL:
		break;
	}
	h->name_known = h->value_known = h->text != NULL;
	h->name_len = h->value_len = 0;
	if (h->number == 0) {
		h->state = NAME_HEAD;
		return;
	}
	take_indexed_name(h);
	h->state = VALUE_HEAD;
}

/* ------------------------------------------------------------------ strings */

static void
append(struct hpack *h, const uint8_t *data, uint32_t len)
{
	bool is_name = h->state == NAME;
	uint32_t cap = is_name ? HPACK_NAME_CAP : HPACK_VALUE_CAP;
	uint32_t *at = is_name ? &h->name_len : &h->value_len;

	if (h->text != NULL && *at < cap)
		memcpy((is_name ? h->text->name : h->text->value) + *at, data,
		       len < cap - *at ? len : cap - *at);
	*at += len;
	if (is_name && h->name_len > HPACK_NAME_CAP)
		h->name_known = false;
}

/* The first code of the bits at hand, what is missing taken as ones. Its length, 0: none. */
static unsigned
huffman_code(const struct hpack *h, uint8_t *symbol)
{
	uint64_t top = h->nr_bits == 0 ? 0 : h->bits << (64 - h->nr_bits);
	uint32_t code = (uint32_t)((top | UINT64_MAX >> h->nr_bits) >> 32);
	const struct hpack_code_row *row = hpack_code_rows;
	uint32_t n;

	while (code > row->last)
		row++;
	n = row->first_symbol + ((code - row->first) >> (32 - row->bits));
	if (n > 255)
		return 0;
	*symbol = hpack_symbols[n];
	return row->bits;
}

static void
append_huffman(struct hpack *h, const uint8_t *data, uint32_t len)
{
	uint8_t symbol;

	for (uint32_t i = 0; i < len; i++) {
		h->bits = h->bits << 8 | data[i];
		h->nr_bits = (uint8_t)(h->nr_bits + 8);
		while (h->nr_bits >= LONGEST_CODE) {
			unsigned bits = huffman_code(h, &symbol);

			if (bits == 0) {
				break_off(h);
				return;
			}
			h->nr_bits = (uint8_t)(h->nr_bits - bits);
			append(h, &symbol, 1);
		}
	}
}

/* What is left are whole codes and, to fill the last byte, fewer than eight ones. */
static void
end_huffman(struct hpack *h)
{
	uint64_t ones;
	uint8_t symbol;

	while (h->nr_bits != 0) {
		unsigned bits = huffman_code(h, &symbol);

		if (bits == 0 || bits > h->nr_bits)
			break;
		h->nr_bits = (uint8_t)(h->nr_bits - bits);
		append(h, &symbol, 1);
	}
	ones = ((uint64_t)1 << h->nr_bits) - 1;
	if (h->nr_bits > 7 || (h->bits & ones) != ones)
		break_off(h);
}

static void
end_string(struct hpack *h, const struct out *out)
{
	if (h->huffman)
		end_huffman(h);
	if (h->state == NAME)
		h->state = VALUE_HEAD;
	else if (h->state == VALUE)
		emit_literal(h, out);
}

/* The length of a string is known. */
static void
begin_string(struct hpack *h, const struct out *out)
{
	h->state = h->state == NAME_HEAD || h->state == NAME_LENGTH ? NAME : VALUE;
	h->left = h->number;
	h->bits = 0;
	h->nr_bits = 0;
	if (h->left == 0)
		end_string(h, out);
}

static const uint8_t *
take_string(struct hpack *h, const uint8_t *p, const uint8_t *end, const struct out *out)
{
	uint32_t len = (size_t)(end - p) < h->left ? (uint32_t)(end - p) : h->left;

	h->left -= len;
	if (h->huffman)
		append_huffman(h, p, len);
	else
		append(h, p, len);
	if (h->left == 0 && h->state != BROKEN)
		end_string(h, out);
	return p + len;
}

/* ------------------------------------------------------------------ integers, first bytes */

static void
number_is_whole(struct hpack *h, const struct out *out)
{
	if (h->state == INDEX)
		first_number(h, out);
	else
		begin_string(h, out);
}

/* RFC 7541 section 5.1; beyond 28 bits nothing is meant that could be. */
static void
number_byte(struct hpack *h, uint8_t b, const struct out *out)
{
	if (h->shift >= NUMBER_MAX_SHIFT) {
		break_off(h);
		return;
	}
	h->number += (uint32_t)(b & 0x7f) << h->shift;
	h->shift = (uint8_t)(h->shift + 7);
	if ((b & 0x80) == 0)
		number_is_whole(h, out);
}

/* The prefix of an integer; state is where its further bytes are read. */
static void
begin_number(struct hpack *h, uint8_t b, unsigned bits, enum state state, const struct out *out)
{
	uint32_t mask = (1u << bits) - 1;

	h->number = b & mask;
	h->shift = 0;
	h->state = (uint8_t)state;
	if (h->number != mask)
		number_is_whole(h, out);
}

static void
first_byte(struct hpack *h, uint8_t b, const struct out *out)
{
	if ((b & 0x80) != 0) {
		h->kind = INDEXED;
		begin_number(h, b, 7, INDEX, out);
	} else if ((b & 0x40) != 0) {
		h->kind = LITERAL_INSERTED;
		begin_number(h, b, 6, INDEX, out);
	} else if ((b & 0x20) != 0) {
		h->kind = SIZE_UPDATE;
		begin_number(h, b, 5, INDEX, out);
	} else {
		h->kind = LITERAL;
		begin_number(h, b, 4, INDEX, out);
	}
}

static void
string_head(struct hpack *h, uint8_t b, const struct out *out)
{
	h->huffman = (b & 0x80) != 0;
	begin_number(h, b, 7, h->state == NAME_HEAD ? NAME_LENGTH : VALUE_LENGTH, out);
}

/* ------------------------------------------------------------------ the decoder as a whole */

void
hpack_init(struct hpack *h, bool joined_late)
{
	*h = (struct hpack) { .max_size = joined_late ? UINT32_MAX : DEFAULT_MAX_SIZE };
}

void
hpack_set_table(struct hpack *h, struct hpack_table *table)
{
	h->table = table;
	if (table != NULL)
		table->newest = table->nr = table->bytes = table->head = 0;
}

void
hpack_forget(struct hpack *h)
{
	h->max_size = UINT32_MAX;
	hpack_set_table(h, h->table);
}

void
hpack_begin(struct hpack *h, struct hpack_text *text)
{
	h->text = text;
	h->state = FIELD;
	h->in_bytes = h->out_bytes = h->nr_fields = 0;
	h->capped = false;
}

void
hpack_push(struct hpack *h, const uint8_t *data, size_t len, hpack_field_fn *field, void *arg)
{
	const uint8_t *p = data, *end = data + len;
	struct out out = { field, arg };

	while (p < end && h->state != BROKEN) {
		const uint8_t *from = p;

		switch ((enum state)h->state) {
		case FIELD:
			first_byte(h, *p++, &out);
			break;
		case NAME_HEAD:
		case VALUE_HEAD:
			string_head(h, *p++, &out);
			break;
		case INDEX:
		case NAME_LENGTH:
		case VALUE_LENGTH:
			number_byte(h, *p++, &out);
			break;
		case NAME:
		case VALUE:
			p = take_string(h, p, end, &out);
			break;
		case BROKEN:
			return;
		}
		h->in_bytes += (uint32_t)(p - from);
		h->capped = h->capped || h->in_bytes > HPACK_BLOCK_IN;
	}
}

enum hpack_result
hpack_end(struct hpack *h)
{
	bool whole = h->state == FIELD;

	h->text = NULL;
	h->state = FIELD;
	if (!whole) {
		hpack_forget(h);
		return HPACK_BROKEN;
	}
	return h->capped ? HPACK_CAPPED : HPACK_OK;
}
