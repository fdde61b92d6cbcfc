/*
 * Input: a byte (bit 7: MySQL's dialect, the rest is the step), then statements with ; between
 * them, also as pgvector reads them. What is told of each must not depend on the split.
 */
#include "classify/ai/pgvector.h"
#include "classify/proto/sql_class.h"
#include "tests/support/fuzz_lines.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash;
	struct pgvector vector;
};

static void
on_token(void *arg, const struct sql_token *t)
{
	struct sum *s = arg;

	if (t->text.len > SQL_WORD_BYTES)
		abort();
	fuzz_mix_bytes(&s->hash, &t->kind, sizeof(t->kind));
	fuzz_mix_bytes(&s->hash, t->text.p, t->text.len);
	fuzz_mix_bytes(&s->hash, &t->number, sizeof(t->number));
	pgvector_token(&s->vector, t);
}

static void
begin(struct sql_text *t, struct sum *s)
{
	sql_text_init(t);
	t->token = on_token;
	t->token_arg = s;
}

static void
end(struct sql_text *t, struct sum *s)
{
	struct pgvector_operation o;
	struct span text, target;
	enum db_class class;

	sql_text_end(t);
	text = sql_text_so_far(t);
	if (text.len > SQL_TEXT_BYTES)
		abort();
	class = sql_classify(text, &target);
	fuzz_within(target, text.p, text.len);
	o = pgvector_end(&s->vector, class);
	fuzz_mix_bytes(&s->hash, text.p, text.len);
	fuzz_mix_bytes(&s->hash, target.p, target.len);
	fuzz_mix_bytes(&s->hash, &class, sizeof(class));
	if (o.name != NULL)
		fuzz_mix_bytes(&s->hash, o.name, strlen(o.name) + 1);
	fuzz_mix_bytes(&s->hash, &o.limit, sizeof(o.limit));
	fuzz_mix_bytes(&s->hash, &o.count, sizeof(o.count));
}

static uint64_t
run(const uint8_t *data, size_t len, enum sql_dialect dialect, size_t step)
{
	struct sum s = { .hash = 1 };
	struct sql_text t;

	begin(&t, &s);
	for (size_t at = 0; at < len;) {
		size_t n = step < len - at ? step : len - at;
		size_t taken = sql_text_push(&t, dialect, data + at, n);

		if (taken == 0 || taken > n || (taken < n && !t.over))
			abort();
		at += taken;
		if (t.over) {
			end(&t, &s);
			begin(&t, &s);
		}
	}
	end(&t, &s);
	return s.hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum sql_dialect dialect;

	if (len == 0)
		return 0;
	dialect = (data[0] & 0x80) != 0 ? SQL_MYSQL : SQL_STANDARD;
	if (run(data + 1, len - 1, dialect, SIZE_MAX / 2) !=
	    run(data + 1, len - 1, dialect, data[0] % 40u + 1))
		abort();
	return 0;
}
