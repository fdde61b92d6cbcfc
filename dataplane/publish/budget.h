/*
 * How much may be published: an optional cap per type, in records per second and bytes per day of
 * packet time. Findings and stats are never capped. What exceeds a cap is dropped and counted; the
 * victim is the newest record, until the second or the day is over.
 *
 * Time never goes back here: a record older than one seen before counts as of the newest.
 */
#ifndef WEIR_BUDGET_H
#define WEIR_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/publish/record.h"

struct budget_config {
	uint64_t records_per_s; /* per type; 0: unlimited */
	uint64_t bytes_per_day; /* per type, of JSON; 0: unlimited */
};

struct budget {
	struct budget_config config;
	uint64_t second, day;
	uint64_t records[NR_RECORD_TYPES]; /* in this second */
	uint64_t bytes[NR_RECORD_TYPES];   /* in this day */
	uint64_t dropped[NR_RECORD_TYPES];
};

void budget_init(struct budget *b, const struct budget_config *config);

/* Whether one more record of len bytes may go out, and if so, counts it. */
bool budget_take(struct budget *b, enum record_type type, uint64_t time_us, uint64_t len);

#endif
