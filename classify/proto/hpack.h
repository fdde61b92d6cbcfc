/*
 * HPACK (RFC 7541): header fields out of the blocks of one direction of an HTTP/2 connection, also
 * of one that weir joined late.
 *
 * An index counts back from the newest insertion, so what was inserted since weir came is always
 * the lowest of the dynamic indexes, and can be told exactly; whatever lies beyond is unknown, and
 * is said to be, never guessed. After a gap insertions may have been missed: the table is
 * forgotten and begins anew.
 *
 * The table holds at most HPACK_ENTRIES entries and HPACK_STORE_BYTES of text, whatever size the
 * two ends have agreed on: what no longer fits is unknown from there on, the oldest first. Sizes
 * are counted as RFC 7541 section 4 asks, so that an entry which the sender has evicted is not
 * found any more; joined late, the agreed size is unknown until the sender says it.
 *
 * Per block: HPACK_BLOCK_IN coded bytes, HPACK_BLOCK_OUT decoded ones and HPACK_BLOCK_FIELDS fields
 * are handed out. Beyond, the table is kept in step but nothing more is told (HPACK_CAPPED). A
 * name longer than HPACK_NAME_CAP is unknown; a value longer than HPACK_VALUE_CAP is cut.
 *
 * Push parser: any split of a block gives the same fields. Every coded byte is looked at once.
 * The owner lends table and text (both from pools); without text, literals are unknown, without a
 * table what is dynamic is. Not thread-safe.
 */
#ifndef WEIR_HPACK_H
#define WEIR_HPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/span.h"

#define HPACK_ENTRIES	   256u
#define HPACK_STORE_BYTES  8192u
#define HPACK_NAME_CAP	   256u
#define HPACK_VALUE_CAP	   8192u
#define HPACK_BLOCK_IN	   16384u
#define HPACK_BLOCK_OUT	   65536u
#define HPACK_BLOCK_FIELDS 256u

struct hpack_entry {
	uint32_t at;   /* of its text in the store: name, then value */
	uint32_t size; /* as RFC 7541 section 4.1 counts */
	uint16_t name_len, value_len;
	bool name_known, value_known;
};

/*
 * The newest entries, in a ring of entries and a ring of text:
 *
 *   store  |      | oldest ... | ... newest |       |     a text never lies across the end
 */
struct hpack_table {
	struct hpack_entry entry[HPACK_ENTRIES];
	uint32_t newest, nr; /* entry[(newest - i) % HPACK_ENTRIES] is the i-th back */
	uint32_t bytes;	     /* sum of sizes */
	uint32_t head;	     /* of the store: where the next text goes */
	uint8_t store[HPACK_STORE_BYTES];
};

/* The field at hand. */
struct hpack_text {
	uint8_t name[HPACK_NAME_CAP];
	uint8_t value[HPACK_VALUE_CAP];
};

/* Public only because a connection embeds two of them. */
struct hpack {
	struct hpack_table *table;    /* lent; may be NULL */
	struct hpack_text *text;      /* lent for the time of a block; may be NULL */
	uint64_t bits;		      /* of a Huffman string, not decoded yet */
	uint32_t max_size;	      /* of the table, as the sender says; UINT32_MAX: not known */
	uint32_t number;	      /* the integer at hand */
	uint32_t left;		      /* bytes of the string at hand */
	uint32_t name_len, value_len; /* true lengths, also of what was not kept */
	uint32_t in_bytes, out_bytes, nr_fields; /* of this block */
	uint64_t unknown; /* fields with an unknown name or value, of all blocks */
	uint8_t nr_bits;
	uint8_t shift;
	uint8_t state;
	uint8_t kind;
	bool huffman;
	bool name_known, value_known;
	bool capped;
};

enum hpack_result {
	HPACK_OK,
	HPACK_CAPPED, /* not all fields were handed out */
	HPACK_BROKEN, /* no header block; the table has been forgotten */
};

/* name.p or value.p is NULL where it is not known. Both are borrowed for the call. */
typedef void hpack_field_fn(void *arg, struct span name, struct span value);

/* joined_late: blocks have gone by before the first that will be pushed. */
void hpack_init(struct hpack *h, bool joined_late);

/* Lends a table, empty; or NULL. What was inserted so far is forgotten. */
void hpack_set_table(struct hpack *h, struct hpack_table *table);

/* Blocks, or parts of one, were lost, or the table is to be given to somebody else. */
void hpack_forget(struct hpack *h);

/* text is lent until hpack_end. */
void hpack_begin(struct hpack *h, struct hpack_text *text);
void hpack_push(struct hpack *h, const uint8_t *data, size_t len, hpack_field_fn *field, void *arg);
enum hpack_result hpack_end(struct hpack *h);

#endif
