#include "tests/support/unit.h"

#include "dataplane/port/rx_clock.h"

#define START_US 1767700000000000u

/* A NIC whose clock runs at hz and began at origin, read every 100 ms of true time. */
static void
check_nic(double hz, uint64_t origin, double seconds, double within_us)
{
	struct rx_clock c = { 0 };
	uint64_t seed = 7;

	for (double t = 0; t < seconds; t += 0.1) {
		uint64_t us = START_US + (uint64_t)(t * 1e6);
		uint64_t ticks = origin + (uint64_t)(t * hz);
		uint64_t slow = test_random(&seed) % 4 == 0 ? 5000 : 2; /* interrupted in between */
		struct rx_clock_relation r;

		rx_clock_sample(&c, us - slow, ticks, us + 2);
		r = rx_clock_read(&c);
		if (r.us_per_tick > 0) {
			/* a frame 60 ms later */
			double got = (double)rx_clock_us(&r, ticks + (uint64_t)(0.06 * hz));
			double off = got - ((double)us + 60000);

			assert_true(off < within_us && off > -within_us);
		}
	}
	assert_true(rx_clock_read(&c).us_per_tick > 0);
}

static void
test_rates(void **state)
{
	(void)state;
	check_nic(1e9, 0, 20, 200);			    /* nanoseconds since power-on */
	check_nic(156.25e6, 1u << 31, 20, 200);		    /* a core clock */
	check_nic(1e9, 1767600000000000000u, 2000, 200);    /* nanoseconds since the epoch */
	check_nic(1.00005e9, UINT64_C(1) << 62, 2000, 200); /* 50 ppm off */
}

static void
test_unknown_until_measured(void **state)
{
	struct rx_clock c = { 0 };

	(void)state;
	assert_true(rx_clock_read(&c).us_per_tick == 0);
	rx_clock_sample(&c, START_US, 1000, START_US + 2);
	assert_true(rx_clock_read(&c).us_per_tick == 0);
	rx_clock_sample(&c, START_US + 100, 2000, START_US + 102); /* too soon for a rate */
	assert_true(rx_clock_read(&c).us_per_tick == 0);
	rx_clock_sample(&c, START_US + 20000, 21000, START_US + 20002);
	assert_true(rx_clock_read(&c).us_per_tick > 0.99 && rx_clock_read(&c).us_per_tick < 1.01);
}

/* The NIC was reset, the system's clock was set: measured anew. */
static void
test_clock_set_back(void **state)
{
	struct rx_clock c = { 0 };
	struct rx_clock_relation r;

	(void)state;
	rx_clock_sample(&c, START_US, 1u << 30, START_US);
	rx_clock_sample(&c, START_US + 1000000, (1u << 30) + 1000000, START_US + 1000000);
	rx_clock_sample(&c, START_US + 2000000, 5, START_US + 2000000);
	assert_true(rx_clock_read(&c).us_per_tick == 0);
	rx_clock_sample(&c, START_US + 3000000, 1000005, START_US + 3000000);
	r = rx_clock_read(&c);
	assert_int_equal(rx_clock_us(&r, 1500005), START_US + 3500000);
	rx_clock_sample(&c, START_US - 5000000, 2000005, START_US - 5000000);
	rx_clock_sample(&c, START_US - 4000000, 3000005, START_US - 4000000);
	r = rx_clock_read(&c);
	assert_int_equal(rx_clock_us(&r, 3000005), START_US - 4000000);
}

static void
test_stamps_far_off(void **state)
{
	struct rx_clock_relation r = { .ticks = 1u << 31, .us = 1000, .us_per_tick = 1 };

	(void)state;
	assert_int_equal(rx_clock_us(&r, 0), 0);
	assert_int_equal(rx_clock_us(&r, (1u << 31) - 1000), 0);
	assert_int_equal(rx_clock_us(&r, (1u << 31) + 5), 1005);
	r.us_per_tick = 1e6;
	assert_int_equal(rx_clock_us(&r, UINT64_C(1) << 62), 9000000000000000u);
	assert_int_equal(rx_clock_us(&r, UINT64_C(3) << 62), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_unknown_until_measured),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_stamps_far_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
