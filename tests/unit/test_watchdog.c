#include "tests/support/unit.h"

#include "dataplane/log.h"
#include "dataplane/watchdog.h"

enum { TICK = 100000, STALL = 1000000, OUTPUT = 3000000 };

/* A watchdog over two workers, and the pulse it is shown; time goes on by step. */
struct rig {
	struct watchdog dog;
	struct watchdog_pulse pulse;
	uint64_t now_us;
};

static struct rig
rig(void)
{
	return (struct rig) {
		.dog.config = { .nr_workers = 2, .stall_us = STALL, .output_us = OUTPUT },
		.now_us = 5000000,
	};
}

/* us of ticks, in which those named by who move on. */
static void
run(struct rig *r, uint64_t us, const char *who, uint64_t step_us)
{
	for (uint64_t done = 0; done < us; done += step_us) {
		r->now_us += step_us;
		r->pulse.worker_beat[0] += strchr(who, '0') != NULL;
		r->pulse.worker_beat[1] += strchr(who, '1') != NULL;
		r->pulse.publisher_beat += strchr(who, 'p') != NULL;
		r->pulse.delivered += strchr(who, 'd') != NULL;
		watchdog_look(&r->dog, &r->pulse, r->now_us);
	}
}

static bool
healthy(const struct rig *r, char why[256])
{
	return watchdog_healthy(&r->dog, why, 256);
}

static struct {
	const char *name;
	uint64_t value;
} wanted;

static void
pick(void *arg, const char *name, uint64_t value)
{
	(void)arg;
	if (strcmp(name, wanted.name) == 0)
		wanted.value = value;
}

static uint64_t
counter(const struct watchdog *w, const char *name)
{
	wanted.name = name;
	wanted.value = UINT64_MAX;
	watchdog_put_counters(w, pick, NULL);
	return wanted.value;
}

static void
test_all_move(void **state)
{
	struct rig r = rig();
	char why[256];

	(void)state;
	run(&r, 10 * STALL, "01p", TICK);
	assert_true(healthy(&r, why));
	assert_string_equal(why, "");
	assert_int_equal(counter(&r.dog, "workers_stalls"), 0);
}

static void
test_worker(void **state)
{
	struct rig r = rig();
	char why[256];

	(void)state;
	run(&r, STALL, "01p", TICK);
	run(&r, STALL - TICK, "0p", TICK);
	assert_true(healthy(&r, why));
	run(&r, TICK, "0p", TICK);
	assert_false(healthy(&r, why));
	assert_false(watchdog_moving(&r.dog));
	assert_non_null(strstr(why, "worker 1 stands still"));
	assert_null(strstr(why, "worker 0"));
	assert_int_equal(counter(&r.dog, "workers_stalled"), 1);
	/* Told once, however long it lasts; and again when it happens again. */
	run(&r, 5 * STALL, "0p", TICK);
	assert_int_equal(counter(&r.dog, "workers_stalls"), 1);
	run(&r, TICK, "01p", TICK);
	assert_true(healthy(&r, why));
	assert_int_equal(counter(&r.dog, "workers_stalled"), 0);
	run(&r, 2 * STALL, "0p", TICK);
	assert_int_equal(counter(&r.dog, "workers_stalls"), 2);
}

static void
test_publisher(void **state)
{
	struct rig r = rig();
	char why[256];

	(void)state;
	run(&r, STALL, "01p", TICK);
	run(&r, STALL, "01", TICK);
	assert_false(healthy(&r, why));
	assert_non_null(strstr(why, "publisher"));
	assert_int_equal(counter(&r.dog, "publisher_stalled"), 1);
	run(&r, TICK, "01p", TICK);
	assert_true(healthy(&r, why));
	assert_int_equal(counter(&r.dog, "publisher_stalls"), 1);
}

static void
test_output(void **state)
{
	struct rig r = rig();
	char why[256];

	(void)state;
	/* Nothing delivered, nothing waiting: a quiet network. */
	run(&r, 3 * OUTPUT, "01p", TICK);
	assert_true(healthy(&r, why));
	r.pulse.waiting = 5;
	run(&r, OUTPUT - TICK, "01p", TICK);
	assert_true(healthy(&r, why));
	run(&r, 2 * TICK, "01p", TICK);
	assert_false(healthy(&r, why));
	assert_true(watchdog_moving(&r.dog));
	assert_non_null(strstr(why, "output"));
	run(&r, TICK, "01pd", TICK);
	assert_true(healthy(&r, why));
	/* Slow is not down. */
	for (unsigned i = 0; i < 5; i++) {
		run(&r, OUTPUT - 2 * TICK, "01p", TICK);
		run(&r, TICK, "01pd", TICK);
	}
	assert_true(healthy(&r, why));
	assert_int_equal(counter(&r.dog, "output_downs"), 1);
	r.pulse.output_failed = true;
	run(&r, TICK, "01pd", TICK);
	assert_false(healthy(&r, why));
	assert_int_equal(counter(&r.dog, "output_down"), 1);
}

/* The whole process was stopped: one long tick blames nobody. */
static void
test_stopped(void **state)
{
	struct rig r = rig();
	char why[256];

	(void)state;
	run(&r, STALL, "01p", TICK);
	r.pulse.waiting = 1;
	run(&r, 3600u * 1000000u, "", 3600u * 1000000u);
	assert_true(healthy(&r, why));
	run(&r, TICK, "01pd", TICK);
	assert_true(healthy(&r, why));
	assert_int_equal(counter(&r.dog, "workers_stalls"), 0);
	/* And a clock that goes back does neither. */
	r.now_us -= 2 * STALL;
	run(&r, TICK, "01pd", TICK);
	assert_true(healthy(&r, why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_move),  cmocka_unit_test(test_worker),
		cmocka_unit_test(test_publisher), cmocka_unit_test(test_output),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
