/*
 * From a NIC's clock to microseconds since the epoch.
 *
 * A NIC stamps frames in ticks of its own clock, of unknown rate and origin. The control thread
 * reads both clocks side by side; the latest reading and one of some minutes ago give the rate, the
 * latest the origin, so drift and steps of the system's clock are followed. A reading during which
 * the thread was interrupted is worse than none, so the caller gives the system's time before and
 * after, and one that took longer than 100 us is ignored unless it is the first.
 *
 * One writer (control), any number of readers (workers), no lock: two slots and a version.
 */
#ifndef WEIR_RX_CLOCK_H
#define WEIR_RX_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct rx_clock_relation {
	uint64_t ticks, us; /* the same moment on both clocks */
	double us_per_tick; /* 0: not known yet */
};

struct rx_clock {
	_Atomic uint32_t version;
	struct rx_clock_relation slot[2];
	struct rx_clock_relation old, newer; /* the writer's: where the rate is measured from */
};

/* Control thread: ticks was read between the system's times before_us and after_us. */
void rx_clock_sample(struct rx_clock *c, uint64_t before_us, uint64_t ticks, uint64_t after_us);

/* Worker: the relation in force. Once a burst. */
struct rx_clock_relation rx_clock_read(const struct rx_clock *c);

/* Microseconds of a stamp; never before the epoch, nor behind what a record can say. */
static inline uint64_t
rx_clock_us(const struct rx_clock_relation *r, uint64_t ticks)
{
	double us = (double)(int64_t)(ticks - r->ticks) * r->us_per_tick;

	if (us < 0 && -us > (double)r->us)
		return 0;
	if (us > 9e15)
		return (uint64_t)9e15;
	return (uint64_t)((int64_t)r->us + (int64_t)us);
}

#endif
