/*
 * What happened to the traffic, counted by the worker it happened on.
 *
 * The ledger of frames closes: rx_packets = used_packets + held_packets + the sum of drop_*.
 * Held is what sits in defrag or on its way between workers; it is zero when a replay has ended.
 * Counters are written by one worker with plain stores and read by the control thread; a figure
 * may be a moment old, never torn (aligned 64-bit).
 */
#ifndef WEIR_COUNTERS_H
#define WEIR_COUNTERS_H

#include <stdint.h>

/* X(member, "meaning"): members that begin with drop_ are the fates of frames that are not used. */
#define WORKER_COUNTERS(X)                                                              \
	X(rx_packets, "frames received")                                                \
	X(rx_bytes, "their length on the wire")                                         \
	X(used_packets, "frames accounted to a flow")                                   \
	X(held_packets, "frames waiting in defrag or between workers")                  \
	X(drop_filtered, "frames that the port's filter refused")                       \
	X(drop_not_ip, "frames that carry no IP: ARP, LLDP, spanning tree, ...")        \
	X(drop_truncated, "a header runs past the captured bytes")                      \
	X(drop_bad_ip, "an IP header that cannot be")                                   \
	X(drop_bad_ip_checksum, "IPv4 headers with a wrong checksum: checksums.verify") \
	X(drop_bad_tcp_checksum, "TCP segments with a wrong checksum, likewise")        \
	X(drop_bad_udp_checksum, "UDP datagrams with a wrong checksum, likewise")       \
	X(checksums_unknown, "packets used whose checksum could not be verified")       \
	X(drop_unsupported_link, "a link type that is not read")                        \
	X(drop_fragment_overlap, "fragments of a datagram with overlaps")               \
	X(drop_fragment_timeout, "fragments whose datagram did not become whole")       \
	X(drop_fragment_limit, "fragments that made room for newer ones")               \
	X(drop_fragment_malformed, "fragments that cannot be, or were snapped")         \
	X(drop_duplicate, "second copies made by the mirror")                           \
	X(dedup_displaced, "packets whose second copy would not be known again")        \
	X(drop_no_mbuf, "no buffer to put a datagram together or pass it on")           \
	X(drop_ring_full, "the ring to the owning worker was full")                     \
	X(truncated_packets, "used, but captured shorter than sent")                    \
	X(bad_tunnel_vxlan, "used for the outer flow: VXLAN that cannot be")            \
	X(bad_tunnel_vxlan_gpe, "likewise VXLAN-GPE")                                   \
	X(bad_tunnel_geneve, "likewise Geneve")                                         \
	X(bad_tunnel_gre, "likewise GRE, NVGRE")                                        \
	X(bad_tunnel_erspan, "likewise ERSPAN")                                         \
	X(bad_tunnel_ipip, "likewise IP in IP, 6in4")                                   \
	X(bad_tunnel_gtpu, "likewise GTP-U")                                            \
	X(bad_tunnel_etherip, "likewise EtherIP")                                       \
	X(bad_tunnel_teredo, "likewise Teredo")                                         \
	X(bad_tunnel_pptp, "likewise PPTP")                                             \
	X(bad_tunnel_mpls, "likewise MPLS in IP")                                       \
	X(bad_tunnel_capwap, "likewise CAPWAP")                                         \
	X(tunnel_fragments, "used for the outer flow: pieces that CAPWAP made")         \
	X(tunnel_encrypted, "used for the outer flow: CAPWAP in DTLS")                  \
	X(hops, "frames passed on to the worker that owns their flow")                  \
	X(flows_opened, "flows begun")                                                  \
	X(flows_ended, "flows ended")                                                   \
	X(flows_evicted, "flows ended to make room")                                    \
	X(half_open_promoted, "flows of which a second packet came")                    \
	X(half_open_evicted, "flows evicted that were one packet old")                  \
	X(payload_bytes, "transport payload received")                                  \
	X(delivered_bytes, "TCP stream and datagram bytes in order")                    \
	X(missed_bytes, "TCP stream bytes that were given up")                          \
	X(reasm_made_room, "holes given up to make room for another flow's")            \
	X(rejected_bytes, "payload of the segments that follow")                        \
	X(tcp_out_of_window, "segments beyond the window offered")                      \
	X(tcp_bad_ack, "segments that acknowledge what was not sent")                   \
	X(tcp_old_stamp, "segments with a timestamp from the past")                     \
	X(tcp_stray_syn, "SYNs within an open connection")                              \
	X(tcp_stray_rst, "RSTs that are not of their connection")                       \
	X(records_made, "records handed to the publisher")                              \
	X(records_lost, "records for which the record ring had no room")

struct worker_counters {
#define WORKER_COUNTER_MEMBER(member, meaning) uint64_t member;
	WORKER_COUNTERS(WORKER_COUNTER_MEMBER)
#undef WORKER_COUNTER_MEMBER
};

/* Adds every counter of from to sum. */
void worker_counters_add(struct worker_counters *sum, const struct worker_counters *from);

/* Frames that are accounted for: used, held and every drop. */
uint64_t worker_counters_fates(const struct worker_counters *c);

typedef void counter_put_fn(void *arg, const char *name, uint64_t value);
void worker_counters_put(const struct worker_counters *c, counter_put_fn *put, void *arg);

#endif
