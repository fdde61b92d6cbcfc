#include "dataplane/publish/record.h"

#include <assert.h>
#include <string.h>

/* What the TYPES, KIND and FLAGS columns of the table expand to. */
#define FLOW	 (1u << RECORD_FLOW)
#define HTTP	 (1u << RECORD_HTTP)
#define DNS	 (1u << RECORD_DNS)
#define TLS	 (1u << RECORD_TLS)
#define DB	 (1u << RECORD_DB)
#define LLM	 (1u << RECORD_LLM)
#define MCP	 (1u << RECORD_MCP)
#define FINDING	 (1u << RECORD_FINDING)
#define EDGE	 (1u << RECORD_EDGE)
#define STATS	 (1u << RECORD_STATS)
#define ENDS	 (FLOW | HTTP | DNS | TLS | DB | LLM | MCP | FINDING)
#define ALL	 (ENDS | EDGE | STATS)
#define APPDATA	 RECORD_FLAG_APPDATA
#define HOSTNAME (RECORD_FLAG_APPDATA | RECORD_FLAG_LOWER)
#define INTERNAL RECORD_FLAG_INTERNAL

#define RECORD_FIELD_INFO(id, json, what, who, bits, max, text) \
	[RF_##id] = { .name = (json),                           \
		      .kind = RECORD_KIND_##what,               \
		      .types = (who),                           \
		      .flags = (bits),                          \
		      .max_bytes = (max),                       \
		      .meaning = (text) },
const struct record_field_info record_field_infos[NR_RECORD_FIELDS] = { RECORD_FIELDS(
    RECORD_FIELD_INFO) };

const char *const record_type_names[NR_RECORD_TYPES] = {
	[RECORD_FLOW] = "flow", [RECORD_HTTP] = "http",	      [RECORD_DNS] = "dns",
	[RECORD_TLS] = "tls",	[RECORD_DB] = "db",	      [RECORD_LLM] = "llm",
	[RECORD_MCP] = "mcp",	[RECORD_FINDING] = "finding", [RECORD_STATS] = "stats",
	[RECORD_EDGE] = "edge",
};

#define VALUE_HEAD_BYTES 4u

void
record_begin(struct record *r, enum record_type type, uint64_t order_us, uint64_t time_us,
	     const uint8_t event_id[RECORD_ID_BYTES])
{
	r->head = (struct record_head) {
		.len = sizeof(struct record_head),
		.type = (uint16_t)type,
		.order_us = order_us,
		.time_us = time_us,
	};
	if (event_id != NULL)
		memcpy(r->head.event_id, event_id, RECORD_ID_BYTES);
}

/* Room for one value of len bytes, or NULL when the record is full. */
static uint8_t *
value_room(struct record *r, enum record_field f, size_t len)
{
	uint8_t *p = r->bytes + r->head.len;
	uint16_t id = (uint16_t)f;
	uint16_t len16 = (uint16_t)len;

	if (len > UINT16_MAX || len + VALUE_HEAD_BYTES > RECORD_MAX_BYTES - r->head.len) {
		if (r->head.cut < UINT16_MAX)
			r->head.cut++;
		return NULL;
	}
	memcpy(p, &id, sizeof(id));
	memcpy(p + 2, &len16, sizeof(len16));
	r->head.len += (uint32_t)(VALUE_HEAD_BYTES + len);
	return p + VALUE_HEAD_BYTES;
}

static void
put(struct record *r, enum record_field f, const void *v, size_t len)
{
	uint8_t *room = value_room(r, f, len);

	if (room != NULL)
		memcpy(room, v, len);
}

void
record_put_uint(struct record *r, enum record_field f, uint64_t v)
{
	assert(record_field_infos[f].kind == RECORD_KIND_UINT ||
	       record_field_infos[f].kind == RECORD_KIND_UINTS);
	put(r, f, &v, sizeof(v));
}

void
record_put_bool(struct record *r, enum record_field f, bool v)
{
	uint8_t byte = v ? 1 : 0;

	assert(record_field_infos[f].kind == RECORD_KIND_BOOL);
	put(r, f, &byte, sizeof(byte));
}

/* The longest prefix of at most cap bytes that does not end inside a UTF-8 sequence. */
static size_t
whole_characters(const uint8_t *text, size_t len, size_t cap)
{
	if (len <= cap)
		return len;
	len = cap;
	while (len > 0 && cap - len < 3 && (text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void
record_put_text(struct record *r, enum record_field f, const void *text, size_t len)
{
	const struct record_field_info *info = &record_field_infos[f];
	uint8_t *room;
	size_t written;

	assert(info->kind == RECORD_KIND_TEXT || info->kind == RECORD_KIND_TEXTS);
	if (len == 0)
		return;
	if ((info->flags & RECORD_FLAG_APPDATA) == 0) {
		put(r, f, text, whole_characters(text, len, info->max_bytes));
		return;
	}
	if (r->mask == NULL)
		return;

	/*
	 * The whole text is masked, then cut: cutting first could leave the head of a value that
	 * no longer looks like one. The room is given back down to what the mask wrote.
	 */
	room = value_room(r, f, info->max_bytes);
	if (room == NULL)
		return;
	written = r->mask(r->mask_arg, text, len, (char *)room, info->max_bytes);
	/* Only now: a key in lower case would not have been recognised. */
	for (size_t i = 0; i < written && (info->flags & RECORD_FLAG_LOWER) != 0; i++) {
		if (room[i] >= 'A' && room[i] <= 'Z')
			room[i] |= 0x20;
	}
	r->head.len -= (uint32_t)(info->max_bytes - written);
	memcpy(room - 2, &(uint16_t) { (uint16_t)written }, 2);
}

void
record_put_string(struct record *r, enum record_field f, const char *text)
{
	if (text != NULL)
		record_put_text(r, f, text, strlen(text));
}

void
record_put_bytes(struct record *r, enum record_field f, const uint8_t *v, size_t len)
{
	assert(record_field_infos[f].kind == RECORD_KIND_HEX ||
	       record_field_infos[f].kind == RECORD_KIND_MAC);
	put(r, f, v, len);
}

void
record_put_ip(struct record *r, enum record_field f, const uint8_t *addr, size_t len)
{
	assert(record_field_infos[f].kind == RECORD_KIND_IP && (len == 4 || len == 16));
	put(r, f, addr, len);
}

void
record_put_counter(struct record *r, const char *name, uint64_t v)
{
	size_t len = strlen(name);
	uint8_t *room;

	assert(len <= record_field_infos[RF_COUNTER].max_bytes);
	room = value_room(r, RF_COUNTER, sizeof(v) + len);
	if (room == NULL)
		return;
	memcpy(room, &v, sizeof(v));
	memcpy(room + sizeof(v), name, len);
}

struct record_iter
record_iter_of(const struct record_head *head)
{
	const uint8_t *start = (const uint8_t *)head;

	return (struct record_iter) { start + sizeof(*head), start + head->len };
}

bool
record_next(struct record_iter *it, struct record_value *v)
{
	uint16_t id;

	if (it->p >= it->end)
		return false;
	memcpy(&id, it->p, sizeof(id));
	memcpy(&v->len, it->p + 2, sizeof(v->len));
	v->field = (enum record_field)id;
	v->data = it->p + VALUE_HEAD_BYTES;
	it->p = v->data + v->len;
	return true;
}

bool
record_find(const struct record_head *head, enum record_field f, struct record_value *v)
{
	struct record_iter it = record_iter_of(head);

	while (record_next(&it, v)) {
		if (v->field == f)
			return true;
	}
	return false;
}
