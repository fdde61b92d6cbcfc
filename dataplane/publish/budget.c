#include "dataplane/publish/budget.h"

#include <string.h>

#define US_PER_S   1000000u
#define US_PER_DAY (86400u * (uint64_t)US_PER_S)

void
budget_init(struct budget *b, const struct budget_config *config)
{
	*b = (struct budget) { .config = *config };
}

static void
turn(struct budget *b, uint64_t time_us)
{
	if (time_us / US_PER_S > b->second) {
		b->second = time_us / US_PER_S;
		memset(b->records, 0, sizeof(b->records));
	}
	if (time_us / US_PER_DAY > b->day) {
		b->day = time_us / US_PER_DAY;
		memset(b->bytes, 0, sizeof(b->bytes));
	}
}

bool
budget_take(struct budget *b, enum record_type type, uint64_t time_us, uint64_t len)
{
	const struct budget_config *c = &b->config;

	if (type == RECORD_FINDING || type == RECORD_EDGE || type == RECORD_STATS)
		return true;
	turn(b, time_us);
	if ((c->records_per_s != 0 && b->records[type] >= c->records_per_s) ||
	    (c->bytes_per_day != 0 &&
	     (b->bytes[type] > c->bytes_per_day || len > c->bytes_per_day - b->bytes[type]))) {
		b->dropped[type]++;
		return false;
	}
	b->records[type]++;
	b->bytes[type] += len;
	return true;
}
