/* Odd first byte: the rest is a TCP stream in pieces of that size; even: one message. */
#include <stdlib.h>

#include "classify/proto/dns.h"
#include "classify/proto/dns_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct dns_pair pair;

static void
ignore(void *arg, const struct dns_transaction *t)
{
	(void)arg, (void)t;
}

static void
take(void *arg, const uint8_t *msg, size_t len)
{
	static struct dns_message m;

	(void)arg;
	if (dns_parse(msg, len, &m) == DNS_OK)
		dns_pair_push(&pair, 1, &m, ignore, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dns_stream s;
	struct slab buffers, queries;

	if (len < 1 || slab_init(&buffers, 1, DNS_STREAM_BYTES) != 0)
		return 0;
	if (slab_init(&queries, 3, sizeof(struct dns_pending)) != 0)
		abort();
	dns_pair_init(&pair, &queries, &buffers);
	dns_stream_init(&s, &buffers);
	if ((data[0] & 1) == 0) {
		take(NULL, data + 1, len - 1);
	} else {
		for (size_t at = 1; at < len; at += data[0]) {
			size_t n = len - at < data[0] ? len - at : data[0];

			dns_stream_push(&s, data + at, n, take, NULL);
		}
	}
	dns_pair_end(&pair, ignore, NULL);
	if (queries.nr_taken != 0)
		abort();
	dns_stream_fini(&s);
	slab_fini(&queries);
	slab_fini(&buffers);
	return 0;
}
