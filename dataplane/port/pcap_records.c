/* Plain records of plain captures; pcap_records.h is the manual. */
#include "dataplane/port/pcap_records.h"

#include <string.h>
#include <unistd.h>

#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du

/* Of a file at once: what of it is copied soon should still be in the processor's own cache. */
enum { READ_BYTES = 128 * 1024 };

struct file_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy; /* not used by anybody */
	uint32_t snaplen;
	uint32_t link;
};

struct record_head {
	uint32_t seconds, fraction;
	uint32_t captured, wire;
};

bool
pcap_records_begin(struct pcap_records *r, int fd)
{
	struct file_head head;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) || head.major != 2 ||
	    head.minor != 4 ||
	    (head.magic != MAGIC_MICROSECONDS && head.magic != MAGIC_NANOSECONDS))
		return false;
	r->fd = fd;
	r->nanoseconds = head.magic == MAGIC_NANOSECONDS;
	r->limit = head.snaplen < PCAP_RECORD_MAX ? head.snaplen : PCAP_RECORD_MAX;
	r->offset = sizeof(head);
	r->at = r->len = 0;
	return true;
}

/* Are there at least n bytes from at on, a record at most? */
static bool
fill(struct pcap_records *r, size_t n)
{
	if (r->len - r->at >= n)
		return true;
	memmove(r->buffer, r->buffer + r->at, r->len - r->at);
	r->offset += r->at;
	r->len -= r->at;
	r->at = 0;
	while (r->len < n) {
		size_t room = PCAP_RECORDS_BYTES - r->len;
		ssize_t got =
		    pread(r->fd, r->buffer + r->len, room < READ_BYTES ? room : READ_BYTES,
			  (off_t)(r->offset + r->len));

		if (got <= 0)
			return false;
		r->len += (size_t)got;
	}
	return true;
}

bool
pcap_records_next(struct pcap_records *r, struct pcap_record *out)
{
	struct record_head head;
	uint32_t second = r->nanoseconds ? 1000000000u : 1000000u;

	if (!fill(r, sizeof(head)))
		return false;
	memcpy(&head, r->buffer + r->at, sizeof(head));
	if (head.captured > r->limit || (int32_t)head.seconds < 0 || head.fraction >= second ||
	    !fill(r, sizeof(head) + head.captured))
		return false;
	out->time_us = (uint64_t)head.seconds * 1000000u +
		       (r->nanoseconds ? head.fraction / 1000u : head.fraction);
	out->captured = head.captured;
	out->wire = head.wire;
	out->data = r->buffer + r->at + sizeof(head);
	r->at += sizeof(head) + head.captured;
	return true;
}

off_t
pcap_records_offset(const struct pcap_records *r)
{
	return (off_t)(r->offset + r->at);
}
