/*
 * A record on its way from a worker to the outside.
 *
 * A worker builds a record in its own scratch space as a flat list of (field, length, value),
 * and copies it as it is into its record ring. The publisher adds what only it knows, and the
 * writer turns the list into one flat JSON object. A field that is not known is not in the list.
 *
 *   head | field u16 | len u16 | value | field u16 | len u16 | value | ...
 *
 * Values are not aligned; integers are eight bytes in host order. The list is never longer than
 * RECORD_MAX_BYTES: a field that no longer fits is left out and `cut` says so.
 *
 * Privacy: a field marked APPDATA in record_fields.h goes through the mask function the builder
 * was given before it is stored, so raw application data never enters a record. A builder without
 * a mask function refuses such fields (they are left out).
 *
 * This header is free of DPDK and is the only one of dataplane/ that classify/ includes besides
 * port/cursor.h.
 */
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/publish/record_fields.h"

/* The topic's name is the type's; its number is part of event ids, so that new ones come last. */
enum record_type {
	RECORD_FLOW,
	RECORD_HTTP,
	RECORD_DNS,
	RECORD_TLS,
	RECORD_LLM,
	RECORD_FINDING,
	RECORD_STATS,
	RECORD_DB,
	RECORD_MCP,
	RECORD_EDGE,
	NR_RECORD_TYPES,
};

#define RECORD_FIELD_ID(id, ...) RF_##id,
enum record_field {
	RECORD_FIELDS(RECORD_FIELD_ID) NR_RECORD_FIELDS,
};
#undef RECORD_FIELD_ID

enum record_kind {
	RECORD_KIND_UINT,
	RECORD_KIND_BOOL,
	RECORD_KIND_TEXT,
	RECORD_KIND_TEXTS, /* array: one entry of the list per element, next to each other */
	RECORD_KIND_UINTS,
	RECORD_KIND_IP,	     /* 4 or 16 bytes */
	RECORD_KIND_MAC,     /* 6 bytes */
	RECORD_KIND_HEX,     /* bytes, written as hex digits */
	RECORD_KIND_COUNTER, /* eight bytes of value, then the name */
};

#define RECORD_FLAG_APPDATA  1u
#define RECORD_FLAG_INTERNAL 2u
#define RECORD_FLAG_LOWER    4u

struct record_field_info {
	const char *name;
	enum record_kind kind;
	uint32_t types; /* bit per enum record_type */
	uint32_t flags;
	uint32_t max_bytes;
	const char *meaning;
};

/* Indexed by enum record_field. */
extern const struct record_field_info record_field_infos[NR_RECORD_FIELDS];

/* "flow", "http", ...; indexed by enum record_type. */
extern const char *const record_type_names[NR_RECORD_TYPES];

#define RECORD_MAX_BYTES 65536u
#define RECORD_ID_BYTES	 16u

struct record_head {
	uint32_t len;	   /* of the whole record, head included */
	uint16_t type;	   /* enum record_type */
	uint16_t cut;	   /* fields left out because the record was full */
	uint64_t order_us; /* position in the merge: the input clock when it was made */
	uint64_t time_us;  /* when the thing happened, packet time */
	uint8_t event_id[RECORD_ID_BYTES];
};

/*
 * Masks in[0, len) into out and returns the bytes written, at most cap. Must be total: any bytes
 * may come in, and what comes out holds no value that a detector recognises.
 */
typedef size_t record_mask_fn(void *arg, const uint8_t *in, size_t len, char *out, size_t cap);

/* A builder: one per worker, reused for every record. 64 KiB, so never on a stack. */
struct record {
	record_mask_fn *mask; /* NULL: APPDATA fields are left out */
	void *mask_arg;
	union {
		struct record_head head;
		uint8_t bytes[RECORD_MAX_BYTES];
	};
};

/* event_id may be NULL: all zero then. The mask function stays as it was. */
void record_begin(struct record *r, enum record_type type, uint64_t order_us, uint64_t time_us,
		  const uint8_t event_id[RECORD_ID_BYTES]);

/* Each puts one value of its field's kind; a value of another kind is an assertion failure. */
void record_put_uint(struct record *r, enum record_field f, uint64_t v);
void record_put_bool(struct record *r, enum record_field f, bool v);
/* Cut at the field's max_bytes (never inside a UTF-8 sequence); nothing is put for len 0. */
void record_put_text(struct record *r, enum record_field f, const void *text, size_t len);
void record_put_string(struct record *r, enum record_field f, const char *text); /* NULL: nothing */
void record_put_bytes(struct record *r, enum record_field f, const uint8_t *v,
		      size_t len); /* HEX MAC */
void record_put_ip(struct record *r, enum record_field f, const uint8_t *addr,
		   size_t len); /* 4, 16 */
void record_put_counter(struct record *r, const char *name, uint64_t v);

/* Walks the fields of a finished record. */
struct record_value {
	enum record_field field;
	uint16_t len;
	const uint8_t *data;
};

struct record_iter {
	const uint8_t *p;
	const uint8_t *end;
};

/* head may be any record of head->len contiguous bytes. */
struct record_iter record_iter_of(const struct record_head *head);
bool record_next(struct record_iter *it, struct record_value *v);

/* The first value of a field, false when it is not there. */
bool record_find(const struct record_head *head, enum record_field f, struct record_value *v);

static inline uint64_t
record_value_uint(const struct record_value *v)
{
	uint64_t n;

	__builtin_memcpy(&n, v->data, sizeof(n));
	return n;
}

#endif
