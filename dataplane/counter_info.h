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
 * Whose a counter is: of weir in all, of one port (port_0_missed), of one worker, or of one
 * provider of models (llm_openai_calls).
 */
enum counter_scope { COUNTER_OF_ALL, COUNTER_OF_PORT, COUNTER_OF_WORKER, COUNTER_OF_PROVIDER };

/*
 * name: as in a stats record; of a port's, worker's or provider's own what follows its number or
 * name. NULL when it is not known.
 */
const struct counter_info *counter_info_find(const char *name, enum counter_scope scope);

#endif
