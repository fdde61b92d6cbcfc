/* Records that something published, kept for a test to look at. */
#ifndef WEIR_TEST_KEPT_H
#define WEIR_TEST_KEPT_H

#include "dataplane/publish/record.h"
#include "tests/support/unit.h"

#define KEPT_MAX 600

/* Each its own memory, so that the sanitizer sees what is read behind its end. */
static struct {
	unsigned nr;
	struct record_head *record[KEPT_MAX]; /* owned */
} out;

static void
keep(void *arg, const struct record_head *record)
{
	(void)arg;
	assert_true(out.nr < KEPT_MAX);
	out.record[out.nr] = malloc(record->len);
	memcpy(out.record[out.nr++], record, record->len);
}

static void
forget(void)
{
	while (out.nr > 0)
		free(out.record[--out.nr]);
}

#endif
