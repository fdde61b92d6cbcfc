#include "classify/conn_counters.h"

static void
add_all(uint64_t *sum, const uint64_t *from, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		sum[i] += from[i];
}

void
conn_totals_add(struct conn_totals *sum, const struct conn_totals *from)
{
#define ADD(member, meaning) sum->conn.member += from->conn.member;
	CONN_COUNTERS(ADD)
#undef ADD
	sum->conn.inspected_bytes += from->conn.inspected_bytes;
	add_all(sum->conn.not_inspected_bytes, from->conn.not_inspected_bytes, NR_CONN_SKIPS);
#define ADD(member, meaning) sum->scan.member += from->scan.member;
	SCAN_COUNTERS(ADD)
#undef ADD
	add_all(sum->decode.results, from->decode.results, DECODE_NR_RESULTS);
	sum->decode.plain += from->decode.plain;
	sum->decode.consumed_bytes += from->decode.consumed_bytes;
	sum->decode.produced_bytes += from->decode.produced_bytes;
}

void
conn_totals_put(const struct conn_totals *t,
		void (*put)(void *arg, const char *name, uint64_t value), void *arg)
{
	static const char *const skip_counters[NR_CONN_SKIPS] = {
#define CONN_SKIP_COUNTER(id, name) [CONN_SKIP_##id] = "not_inspected_" name "_bytes",
		CONN_SKIPS(CONN_SKIP_COUNTER)
#undef CONN_SKIP_COUNTER
	};

#define PUT(member, meaning) put(arg, #member, t->conn.member);
	CONN_COUNTERS(PUT)
#undef PUT
	put(arg, "inspected_bytes", t->conn.inspected_bytes);
	for (unsigned i = 0; i < NR_CONN_SKIPS; i++)
		put(arg, skip_counters[i], t->conn.not_inspected_bytes[i]);
#define PUT(member, meaning) put(arg, #member, t->scan.member);
	SCAN_COUNTERS(PUT)
#undef PUT
	put(arg, "decode_consumed_bytes", t->decode.consumed_bytes);
	put(arg, "decode_produced_bytes", t->decode.produced_bytes);
	put(arg, "decode_bombs", t->decode.results[DECODE_BOMB]);
	put(arg, "decode_bad_data", t->decode.results[DECODE_BAD_DATA]);
	put(arg, "decode_no_decoder", t->decode.results[DECODE_NO_DECODER]);
}
