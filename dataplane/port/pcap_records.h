/*
 * The records of a capture in the classic format (draft-ietf-opsawg-pcap section 5), read straight
 * from the file: of the instructions of a replay of small frames a tenth were libpcap's calls of
 * fread for each and one copy more.
 *
 * The library opens a file and says what it is. Taken here are whole records of a regular file in
 * this machine's byte order, version 2.4, micro- or nanoseconds, as long as they are plain: no
 * longer than the file's own limit, of a time before 2038 that is one. The first that is not, and
 * the end of the file, are left to the library, which goes on from there and is the judge of what
 * is damaged.
 *
 *   r.buffer = malloc(PCAP_RECORDS_BYTES);
 *   if (pcap_records_begin(&r, fileno(pcap_file(pcap)))) {
 *           while (pcap_records_next(&r, &record)) ...
 *           fseeko(pcap_file(pcap), pcap_records_offset(&r), SEEK_SET);
 *   }
 *
 * EAL-free; one thread.
 */
#ifndef WEIR_PCAP_RECORDS_H
#define WEIR_PCAP_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PCAP_RECORD_MAX = 262144, PCAP_RECORDS_BYTES = 2 * PCAP_RECORD_MAX };

struct pcap_record {
	uint64_t time_us;
	uint32_t captured;   /* bytes at data */
	uint32_t wire;	     /* bytes of the frame, as the file says */
	const uint8_t *data; /* valid until the next record is asked for */
};

struct pcap_records {
	uint8_t *buffer; /* the owner's */
	int fd;		 /* borrowed; read with pread, its position is left alone */
	bool nanoseconds;
	uint32_t limit;	 /* of a record's bytes */
	uint64_t offset; /* in the file, of buffer[0] */
	size_t at, len;	 /* in buffer: of the next record, and bytes that are there */
};

/* False: not such a file; all its records are the library's. */
bool pcap_records_begin(struct pcap_records *r, int fd);

/* False: the next record is the library's, and so is all that follows. */
bool pcap_records_next(struct pcap_records *r, struct pcap_record *out);

/* Where the next record begins. */
off_t pcap_records_offset(const struct pcap_records *r);

#endif
