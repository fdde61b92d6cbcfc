/*
 * The filter of a port: an expression in tcpdump's language (pcap-filter(7)), compiled once, run
 * on each frame before anything else.
 *
 * libpcap compiles and libpcap runs it: its interpreter checks every load and every jump, and
 * takes 5 to 20 ns for usual expressions (bench_ingress_filter). DPDK's rte_bpf would be the other
 * way: compiled to machine code it takes 5 ns, but in 22.11 what it makes of `tcp[tcpflags] &
 * tcp-syn != 0` crashes at the first frame, and its interpreter needs twice libpcap's time.
 *
 * The expression sees the first segment of a chained frame: 2 KiB, which has all headers. As
 * everywhere with BPF, a load behind the end of a frame refuses it. Free of DPDK. A filter is
 * read-only once made and may be used by all workers.
 */
#ifndef WEIR_INGRESS_FILTER_H
#define WEIR_INGRESS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ingress_filter;

/* 0, or -EINVAL with libpcap's words in err. */
int ingress_filter_create(const char *expression, char *err, size_t cap,
			  struct ingress_filter **out);
void ingress_filter_destroy(struct ingress_filter *f);

/* frame_len: of the whole frame, for `len`, `less` and `greater`. */
bool ingress_filter_passes(const struct ingress_filter *f, const uint8_t *data, uint32_t len,
			   uint32_t frame_len);

#endif
