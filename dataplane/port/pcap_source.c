#include "dataplane/port/pcap_source.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

#include "dataplane/log.h"
#include "dataplane/port/pcap_records.h"

#define MAX_TIME_US (((uint64_t)1 << 53) - 1)

enum { READ_BYTES = 256 * 1024 }; /* the library's own buffer is a page: a call for every packet */

struct pcap_source {
	struct source source;
	const char *const *files;
	unsigned nr_files, next_file;
	pcap_t *pcap;
	char *read_buffer; /* owned, READ_BYTES; of the file that is open */
	struct pcap_records records;
	bool by_records; /* they have the next packet of the open file, or the library has it */
	struct rte_mempool *pool;
	uint64_t order_us;
	uint64_t bytes_done, bytes_total;
	unsigned pace_percent; /* 0: as fast as possible */
	uint64_t pace_first_us, pace_began_us;
	/* A packet that was read but found no mbuf, or whose time has not come; data NULL: none. */
	struct pcap_record pending;
	int status;
};

static enum link_type
link_of(int dlt)
{
	switch (dlt) {
	case DLT_EN10MB:
		return LINK_ETHERNET;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return LINK_RAW_IP;
	case DLT_NULL:
	case DLT_LOOP:
		return LINK_NULL;
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return LINK_PPP;
	case DLT_C_HDLC:
		return LINK_C_HDLC;
	case DLT_LINUX_SLL:
		return LINK_SLL;
#ifdef DLT_LINUX_SLL2
	case DLT_LINUX_SLL2:
		return LINK_SLL2;
#endif
#ifdef DLT_NFLOG
	case DLT_NFLOG:
		return LINK_NFLOG;
#endif
	case DLT_IEEE802_11:
		return LINK_WLAN;
	case DLT_IEEE802_11_RADIO:
		return LINK_RADIOTAP;
	case DLT_PPI:
		return LINK_PPI;
	default:
		return LINK_UNSUPPORTED;
	}
}

/* The link type's name, or its number where libpcap has none; buf holds the number. */
static const char *
link_name(int dlt, char *buf, size_t cap)
{
	const char *name = pcap_datalink_val_to_name(dlt);

	if (name != NULL)
		return name;
	snprintf(buf, cap, "number %d", dlt);
	return buf;
}

/*
 * A link type libpcap knows but weir does not read is counted frame by frame; one that nobody
 * knows is most likely not what the user meant.
 */
static bool
accept_link(struct pcap_source *p, const char *file)
{
	int dlt = pcap_datalink(p->pcap);
	char number[32];

	p->source.link = link_of(dlt);
	if (p->source.link != LINK_UNSUPPORTED)
		return true;
	if (pcap_datalink_val_to_name(dlt) == NULL) {
		log_err("replay: %s: unknown link type %d: must be Ethernet, raw IP, BSD loopback, "
			"PPP, Cisco HDLC, Linux cooked, NFLOG or 802.11",
			file, dlt);
		return false;
	}
	log_warning("replay: %s: link type %s is not read: its frames are only counted", file,
		    link_name(dlt, number, sizeof(number)));
	return true;
}

static ssize_t
gzip_read(void *gz, char *buf, size_t len)
{
	return gzread(gz, buf, (unsigned)len);
}

static int
gzip_close(void *gz)
{
	return gzclose(gz) == Z_OK ? 0 : EOF;
}

/* What the file holds, decompressed when it is gzip's; NULL when it cannot be opened. */
static FILE *
open_file(struct pcap_source *p, const char *file)
{
	static const cookie_io_functions_t io = { .read = gzip_read, .close = gzip_close };
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "rbe");
	gzFile gz;
	int first;

	if (f == NULL)
		return NULL;
	setvbuf(f, p->read_buffer, _IOFBF, READ_BYTES);
	__fsetlocking(f, FSETLOCKING_BYCALLER); /* one thread reads, two pieces per packet */
	first = getc(f);
	if (first == 0x1f && f != stdin) { /* no capture begins so */
		fclose(f);
		gz = gzopen(file, "rbe");
		return gz != NULL ? fopencookie(gz, "rb", io) : NULL;
	}
	if (first != EOF)
		ungetc(first, f);
	return f;
}

static bool
open_next(struct pcap_source *p)
{
	const char *file = p->files[p->next_file++];
	FILE *f = open_file(p, file);
	char error[PCAP_ERRBUF_SIZE];

	if (f == NULL) {
		log_err("replay: %s: %s: must be a readable pcap or pcapng file", file,
			strerror(errno));
		return false;
	}
	p->pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, error);
	if (p->pcap == NULL) {
		if (f != stdin)
			fclose(f);
		log_err("replay: %s: %s: must be a pcap or pcapng file", file, error);
		return false;
	}
	/* Standard input may have been read from before. */
	p->by_records = f != stdin && pcap_records_begin(&p->records, fileno(f));
	return accept_link(p, file);
}

static void
fail(struct pcap_source *p)
{
	p->status = 1;
	p->source.ended = true;
}

static uint64_t
time_us_of(const struct timeval *tv) /* tv_usec holds nanoseconds */
{
	/* Damaged files have times that no clock showed; records promise integers below 2^53. */
	if (tv->tv_sec < 0 || (uint64_t)tv->tv_sec > MAX_TIME_US / 1000000u)
		return tv->tv_sec < 0 ? 0 : MAX_TIME_US;
	return (uint64_t)tv->tv_sec * 1000000u + (uint64_t)tv->tv_usec / 1000u % 1000000u;
}

/* What pcap_next_ex returns. */
static int
next_of_file(struct pcap_source *p)
{
	struct pcap_pkthdr *head;
	const uint8_t *data;
	int r;

	if (p->by_records) {
		if (pcap_records_next(&p->records, &p->pending))
			return 1;
		p->by_records = false;
		if (fseeko(pcap_file(p->pcap), pcap_records_offset(&p->records), SEEK_SET) != 0)
			return PCAP_ERROR;
	}
	r = pcap_next_ex(p->pcap, &head, &data);
	if (r == 1)
		p->pending =
		    (struct pcap_record) { time_us_of(&head->ts), head->caplen, head->len, data };
	return r;
}

/* False behind the last file, and for one that cannot be read. */
static bool
begin_file(struct pcap_source *p)
{
	if (p->next_file == p->nr_files) {
		p->source.ended = true;
		return false;
	}
	if (open_next(p))
		return true;
	fail(p);
	return false;
}

/* A capture that was cut short is used as far as it goes. */
static void
tell_error(struct pcap_source *p)
{
	const char *file = p->files[p->next_file - 1], *error = pcap_geterr(p->pcap);

	if (strncmp(error, "truncated dump file", 19) == 0) {
		log_warning("replay: %s: cut short: its whole packets are used", file);
		return;
	}
	log_err("replay: %s: %s: must be an undamaged capture", file, error);
	fail(p);
}

/* Reads the next packet into pending; false at the end of the run or on an error. */
static bool
read_next(struct pcap_source *p)
{
	int r;

	while (!p->source.ended) {
		if (p->pcap == NULL && !begin_file(p))
			return false;
		r = next_of_file(p);
		if (r == 1)
			return true;
		if (r == PCAP_ERROR)
			tell_error(p);
		pcap_close(p->pcap);
		p->pcap = NULL;
	}
	return false;
}

/* Copies the pending packet into as many mbufs as it needs. NULL when the pool has too few. */
static struct rte_mbuf *
copy_pending(struct pcap_source *p)
{
	uint32_t len = p->pending.captured;
	struct rte_mbuf *head = NULL, *last = NULL;
	uint32_t done = 0;

	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);
		uint32_t n;

		if (m == NULL) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		n = RTE_MIN(len - done, (uint32_t)rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), p->pending.data + done, n);
		m->data_len = (uint16_t)n;
		done += n;
		if (head == NULL) {
			head = m;
			m->pkt_len = len;
		} else {
			last->next = m;
			head->nb_segs++;
		}
		last = m;
	} while (done < len);
	return head;
}

/* With --pace: has the wall clock come as far as the capture's? */
static bool
is_due(struct pcap_source *p, uint64_t time_us)
{
	struct timespec now;
	uint64_t now_us;

	if (p->pace_percent == 0)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
	if (p->pace_began_us == 0) {
		p->pace_began_us = now_us;
		p->pace_first_us = time_us;
	}
	return time_us <= p->pace_first_us ||
	       (time_us - p->pace_first_us) * 100u / p->pace_percent <= now_us - p->pace_began_us;
}

static uint16_t
pcap_rx(struct source *s, struct rte_mbuf **pkts, uint16_t nr, uint64_t now_us)
{
	struct pcap_source *p = s->state;
	uint16_t n = 0;

	(void)now_us;
	while (n < nr) {
		struct rte_mbuf *m;
		struct packet *pkt;
		uint64_t time_us;

		if (p->pending.data == NULL && !read_next(p))
			break;
		time_us = p->pending.time_us;
		if (!is_due(p, time_us))
			break;
		m = copy_pending(p);
		if (m == NULL)
			break;
		if (time_us > p->order_us)
			p->order_us = time_us;
		pkt = packet_of(m);
		packet_clear(pkt);
		pkt->time_us = time_us;
		pkt->order_us = p->order_us;
		pkt->link = (uint8_t)s->link;
		pkt->wire_bytes = RTE_MAX(p->pending.wire, p->pending.captured);
		p->bytes_done += p->pending.captured + 16u;
		p->pending.data = NULL;
		pkts[n++] = m;
	}
	return n;
}

int
pcap_source_create(const char *const *files, unsigned nr, struct rte_mempool *pool,
		   unsigned pace_percent, struct pcap_source **out)
{
	struct pcap_source *p = calloc(1, sizeof(*p));
	struct stat st;

	if (p == NULL)
		return -ENOMEM;
	p->read_buffer = malloc(READ_BYTES);
	p->records.buffer = malloc(PCAP_RECORDS_BYTES);
	if (p->read_buffer == NULL || p->records.buffer == NULL) {
		pcap_source_destroy(p);
		return -ENOMEM;
	}
	p->files = files;
	p->nr_files = nr;
	p->pool = pool;
	p->pace_percent = pace_percent;
	for (unsigned i = 0; i < nr; i++) {
		if (stat(files[i], &st) == 0 && st.st_size > 0)
			p->bytes_total += (uint64_t)st.st_size;
	}
	p->source = (struct source) { .rx = pcap_rx, .live = pace_percent != 0, .state = p };
	*out = p;
	return 0;
}

void
pcap_source_destroy(struct pcap_source *p)
{
	if (p == NULL)
		return;
	if (p->pcap != NULL)
		pcap_close(p->pcap);
	free(p->records.buffer);
	free(p->read_buffer);
	free(p);
}

struct source *
pcap_source_source(struct pcap_source *p)
{
	return &p->source;
}

int
pcap_source_status(const struct pcap_source *p)
{
	return p->status;
}

uint64_t
pcap_source_time(const struct pcap_source *p)
{
	return p->order_us;
}

void
pcap_source_progress(const struct pcap_source *p, uint64_t *done, uint64_t *total)
{
	*done = p->bytes_done;
	*total = p->bytes_total;
}
