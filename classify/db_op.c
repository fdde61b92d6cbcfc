#include "classify/db_op.h"

#include "dataplane/port/cursor.h"

const size_t db_op_bytes = sizeof(struct db_op);

static const char *const class_names[NR_DB_CLASSES] = {
#define DB_CLASS_NAME(id, name) [DB_##id] = name,
	DB_CLASSES(DB_CLASS_NAME)
#undef DB_CLASS_NAME
};

/* False when it was not there and did not fit. */
static bool
add_text(uint8_t *set, uint16_t *set_len, size_t cap, struct span s)
{
	size_t at = 0;

	if (s.len == 0)
		return true;
	while (at < *set_len) {
		size_t n = read_be16(set + at); /* of this one */

		if (n == s.len && memcmp(set + at + 2, s.p, n) == 0)
			return true;
		at += 2 + n;
	}
	if (s.len > 0xffff || s.len + 2 > cap - at)
		return false;
	set[at] = (uint8_t)(s.len >> 8);
	set[at + 1] = (uint8_t)s.len;
	memcpy(set + at + 2, s.p, s.len);
	*set_len = (uint16_t)(at + 2 + s.len);
	return true;
}

static void
put_texts(struct record *r, enum record_field field, const uint8_t *set, size_t set_len)
{
	for (size_t at = 0; at < set_len; at += 2u + read_be16(set + at))
		record_put_text(r, field, set + at + 2, read_be16(set + at));
}

void
db_ops_init(struct db_ops *ops, struct conn_env *env, struct conn *c)
{
	ops->env = env;
	ops->c = c;
	ops->system = protocol_name(c->protocol);
	ops->settled_until = env->now_us;
}

uint8_t
db_ops_keep_name(const struct db_ops *ops, char *to, size_t cap, struct span s)
{
	if (s.len >= STEPS_BYTES)
		return 0;
	if (s.len > cap)
		return (uint8_t)conn_env_mask(ops->env, s.p, s.len, to, cap);
	if (s.len != 0)
		memcpy(to, s.p, s.len);
	return (uint8_t)s.len;
}

struct db_op *
db_ops_of(struct db_ops *ops, enum db_class class)
{
	struct db_op *op = ops->of[class];

	if (op != NULL)
		return op;
	op = slab_take(&ops->env->db_ops);
	if (op == NULL)
		return NULL;
	memset(op, 0, offsetof(struct db_op, targets));
	op->first_us = op->last_us = ops->env->now_us;
	ops->of[class] = op;
	return op;
}

static void
put_op(struct db_ops *ops, enum db_class class, const struct db_op *op)
{
	struct record *r = conn_begin(ops->env, ops->c, RECORD_DB);

	if (r == NULL)
		return;
	record_put_uint(r, RF_DURATION_US, op->last_us - op->first_us);
	if (ops->torn)
		record_put_bool(r, RF_INCOMPLETE, true);
	record_put_string(r, RF_DB_SYSTEM, ops->system);
	record_put_string(r, RF_DB_OPERATION, class_names[class]);
	record_put_uint(r, RF_DB_STATEMENTS, op->nr);
	record_put_text(r, RF_DB_USER, ops->user, ops->user_len);
	record_put_text(r, RF_DB_NAME, ops->name, ops->name_len);
	put_texts(r, RF_DB_TARGETS, op->targets, op->targets_len);
	put_texts(r, RF_DB_QUERY_TEXTS, op->texts, op->texts_len);
	record_put_uint(r, RF_DB_ANSWERED, op->answered);
	record_put_uint(r, RF_DB_ERRORS, op->errors);
	put_texts(r, RF_DB_ERROR_CODES, op->codes, op->codes_len);
	if (op->rows != 0)
		record_put_uint(r, RF_DB_ROWS, op->rows);
	if (op->answered != 0) {
		record_put_uint(r, RF_DB_RESPONSE_US, op->response_us);
		record_put_uint(r, RF_DB_RESPONSE_MAX_US, op->response_max_us);
	}
	conn_types_put(ops->env, &op->types, RF_DATA_TYPES, r);
	conn_emit(ops->env);
}

void
db_ops_settle(struct db_ops *ops)
{
	for (unsigned i = 0; i < NR_DB_CLASSES; i++) {
		struct db_op *op = ops->of[i];

		if (op == NULL)
			continue;
		put_op(ops, (enum db_class)i, op);
		slab_give(&ops->env->db_ops, op);
		ops->of[i] = NULL;
	}
	ops->torn = false;
}

struct db_op *
db_ops_count(struct db_ops *ops, enum db_class class)
{
	uint64_t every = ops->env->config.active_us;
	struct db_op *op;

	if (every != 0 && ops->env->now_us - ops->settled_until >= every) {
		db_ops_settle(ops);
		ops->settled_until = ops->env->now_us;
	}
	ops->env->counters.db_operations++;
	op = db_ops_of(ops, class);
	if (op == NULL) {
		ops->env->counters.db_ops_refused++;
		return NULL;
	}
	op->nr++;
	op->last_us = ops->env->now_us;
	return op;
}

static void
add_or_count(struct db_ops *ops, uint8_t *set, uint16_t *set_len, size_t cap, struct span s)
{
	if (!add_text(set, set_len, cap, s))
		ops->env->counters.db_texts_left_out++;
}

void
db_op_target(struct db_ops *ops, struct db_op *op, struct span target)
{
	add_or_count(ops, op->targets, &op->targets_len, DB_TARGETS_BYTES, target);
}

void
db_op_text(struct db_ops *ops, struct db_op *op, struct span text)
{
	add_or_count(ops, op->texts, &op->texts_len, DB_TEXTS_BYTES, text);
}

void
db_op_failed(struct db_ops *ops, struct db_op *op, struct span code)
{
	op->errors++;
	add_or_count(ops, op->codes, &op->codes_len, DB_CODES_BYTES, code);
}

void
db_op_answered(struct db_op *op, uint64_t response_us)
{
	op->answered++;
	op->response_us += response_us;
	if (response_us > op->response_max_us)
		op->response_max_us = response_us;
}

void
db_op_found(struct db_ops *ops, struct db_op *op, const struct conn_types *found)
{
	for (unsigned i = 0; i < found->nr; i++)
		conn_types_add(ops->env, &op->types, ops->env->types[found->id[i]]);
}
