/*
 * What each counter of a stats record means, and whether it only counts up: for whoever shows
 * counters to people. Meanings stand where the counters are declared; this gathers them.
 */
#ifndef WEIR_COUNTER_INFO_H
#define WEIR_COUNTER_INFO_H

#include <stdbool.h>

struct counter_info {
	const char *name, *meaning;
	bool gauge; /* goes down, too */
};

/*
 * name: as in a stats record; of a port's own counter (port_0_missed) what follows the number, with
 * of_port. NULL when it is not known.
 */
const struct counter_info *counter_info_find(const char *name, bool of_port);

#endif
