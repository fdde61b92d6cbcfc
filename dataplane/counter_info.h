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

/* Whose a counter is: of weir in all, of one port (port_0_missed) or of one worker. */
enum counter_scope { COUNTER_OF_ALL, COUNTER_OF_PORT, COUNTER_OF_WORKER };

/*
 * name: as in a stats record; of a port's or worker's own what follows the number. NULL when it is
 * not known.
 */
const struct counter_info *counter_info_find(const char *name, enum counter_scope scope);

#endif
