#include "dataplane/port/ingress_filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define LONGEST_FRAME 262144

struct ingress_filter {
	struct bpf_program program;
};

int
ingress_filter_create(const char *expression, char *err, size_t cap, struct ingress_filter **out)
{
	struct ingress_filter *f = calloc(1, sizeof(*f));
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, LONGEST_FRAME);
	int r = -EINVAL;

	if (f == NULL || pcap == NULL) {
		snprintf(err, cap, "out of memory");
		r = -ENOMEM;
	} else if (pcap_compile(pcap, &f->program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		*out = f;
		r = 0;
	} else {
		snprintf(err, cap, "%s", pcap_geterr(pcap));
	}
	if (pcap != NULL)
		pcap_close(pcap);
	if (r != 0)
		free(f);
	return r;
}

void
ingress_filter_destroy(struct ingress_filter *f)
{
	if (f == NULL)
		return;
	pcap_freecode(&f->program);
	free(f);
}

bool
ingress_filter_passes(const struct ingress_filter *f, const uint8_t *data, uint32_t len,
		      uint32_t frame_len)
{
	return bpf_filter(f->program.bf_insns, data, frame_len, len) != 0;
}
