/*
 * Capture files as a source: pcap and pcapng through libpcap, microseconds and nanoseconds, also
 * compressed with gzip, read in the order given as one run. The input clock is the latest packet
 * time read so far.
 *
 * A file that ends inside a packet gives its whole packets and one warning. A file that cannot be
 * opened or read on ends the run with one error line; what was read before it stays.
 */
#ifndef WEIR_PCAP_SOURCE_H
#define WEIR_PCAP_SOURCE_H

#include "dataplane/port/source.h"

struct pcap_source;

/* files: kept, nr of them; "-" is standard input. pool: kept. */
int pcap_source_create(const char *const *files, unsigned nr, struct rte_mempool *pool,
		       unsigned pace_percent, struct pcap_source **out);
void pcap_source_destroy(struct pcap_source *p);

struct source *pcap_source_source(struct pcap_source *p);

/* Valid once the source has ended: 0, or 1 when a file could not be opened or read to its end. */
int pcap_source_status(const struct pcap_source *p);

/* The input clock: latest packet time read. */
uint64_t pcap_source_time(const struct pcap_source *p);

/* Bytes of all files, and how far reading has come; for a progress line. */
void pcap_source_progress(const struct pcap_source *p, uint64_t *done, uint64_t *total);

#endif
