/*
 * The way of a burst in the worker: decap, defrag, the owner of each flow, dedup, the tracker. Its
 * steps gather packets and do for all of them what is cheaper together: hashes (dispatch_found),
 * and look-ups (process_gathered).
 */
#include "dataplane/worker_state.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "dataplane/port/checksum.h"

#define PREFETCH_AHEAD 4u /* frames of a burst */

static void
finish_mbuf(struct worker *w, struct rte_mbuf *m)
{
	w->done[w->nr_done++] = m;
	if (w->nr_done == RTE_DIM(w->done)) {
		rte_pktmbuf_free_bulk(w->done, w->nr_done);
		w->nr_done = 0;
	}
}

void
worker_frames_free(struct worker *w)
{
	if (w->nr_done != 0)
		rte_pktmbuf_free_bulk(w->done, w->nr_done);
	w->nr_done = 0;
}

static void
drop_frame(struct worker *w, struct rte_mbuf *m, uint64_t *counter)
{
	*counter += packet_frames(packet_of(m));
	finish_mbuf(w, m);
}

/* len bytes from offset off of a frame, contiguous: in place, or copied to scratch. */
static const uint8_t *
contiguous(struct worker *w, const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	if (likely(off + len <= m->data_len))
		return rte_pktmbuf_mtod_offset(m, const uint8_t *, off);
	if (len > SCRATCH_BYTES)
		return NULL;
	return rte_pktmbuf_read(m, off, len, w->scratch);
}

/*
 * Whether the receiver would have thrown it away; what cannot be told is counted. This and the next
 * stay out of the loop that has no use for them, which needs its registers.
 */
static __rte_noinline bool
has_bad_checksum(struct worker *w, const struct rte_mbuf *m, const struct packet *p)
{
	enum checksum_result r;
	uint32_t len;
	const uint8_t *transport;

	if (p->l4_checked && p->nr_tunnels == 0)
		return false;
	len = checksum_extent(p, &r);
	if (len != 0) {
		transport = contiguous(w, m, p->transport_off, len);
		r = transport != NULL ? checksum_verify(p, transport, len) : CHECKSUM_UNKNOWN;
	}
	w->counters.checksums_unknown += r == CHECKSUM_UNKNOWN;
	return r == CHECKSUM_BAD;
}

static __rte_noinline bool
is_second_copy(struct worker *w, const struct rte_mbuf *m, const struct packet *p)
{
	uint32_t left = m->data_len - RTE_MIN(p->transport_off, (uint32_t)m->data_len);
	bool copy =
	    dedup_is_copy(w->dedup, p,
			  rte_pktmbuf_mtod_offset(m, const uint8_t *, p->transport_off), left);

	w->counters.dedup_displaced = dedup_nr_displaced(w->dedup);
	return copy;
}

/* False when it is thrown away: it did not arrive whole, or for the second time. */
static __rte_noinline bool
passes_checks(struct worker *w, struct packet *p)
{
	const struct rte_mbuf *m = mbuf_of(p);

	if (w->config.decap.verify && has_bad_checksum(w, m, p)) {
		*(p->key.proto == IP_PROTO_TCP ? &w->counters.drop_bad_tcp_checksum
					       : &w->counters.drop_bad_udp_checksum) +=
		    packet_frames(p);
		return false;
	}
	if (w->dedup != NULL && is_second_copy(w, m, p)) {
		w->counters.drop_duplicate += packet_frames(p);
		tracker_copy(w->tracker, p);
		return false;
	}
	return true;
}

/* The payload in one piece. What cannot be had so is as good as not captured. */
static inline const uint8_t *
payload_of(struct worker *w, struct packet *p)
{
	const uint8_t *payload = contiguous(w, mbuf_of(p), p->payload_off, p->payload_len);

	if (likely(payload != NULL))
		return payload;
	p->payload_len = 0;
	return w->scratch;
}

/*
 * Of one segment, so without a next, and used by nobody else, as nearly all are: then it can go
 * back as it is.
 */
static inline bool
is_whole(const struct rte_mbuf *m, const struct rte_mempool *pool)
{
	return m->pool == pool && rte_mbuf_refcnt_read(m) == 1 && m->nb_segs == 1 &&
	       (m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) == 0;
}

/* rte_pktmbuf_free_bulk for what nearly all are. */
static __rte_noinline void
free_packets(struct packet **packets, unsigned nr)
{
	struct rte_mempool *pool = nr == 0 ? NULL : mbuf_of(packets[0])->pool;
	void *mbufs[WORKER_BURST];
	unsigned n = 0;

	for (unsigned i = 0; i < nr; i++) {
		struct rte_mbuf *m = mbuf_of(packets[i]);

		mbufs[n] = m;
		if (likely(is_whole(m, pool)))
			n++;
		else
			rte_pktmbuf_free(m);
	}
	if (n != 0)
		rte_mempool_put_bulk(pool, mbufs, n);
}

/*
 * Packets of flows this worker owns, gathered from a burst. At a million flows a look-up is two
 * misses one after the other, the bucket and then the flow: here they overlap between packets. Each
 * bucket was asked for when its packet was gathered.
 */
static void
process_gathered(struct worker *w)
{
	struct flow *guesses[RTE_DIM(w->mine)];
	bool has_checks = w->config.decap.verify || w->dedup != NULL;
	struct tracker *tracker = w->tracker;
	uint64_t now_us = w->now_us, used = 0;
	unsigned nr = w->nr_mine;

	for (unsigned i = 0; i < nr; i++)
		guesses[i] = tracker_prefetch_flow(tracker, w->mine[i]);
	for (unsigned i = 0; i < nr; i++) {
		struct packet *p = w->mine[i];

		now_us = RTE_MAX(now_us, p->order_us);
		p->order_us = now_us;
		if (unlikely(has_checks) && !passes_checks(w, p))
			continue;
		used += packet_frames(p);
		tracker_packet(tracker, p, payload_of(w, p), guesses[i]);
	}
	w->now_us = now_us;
	w->counters.used_packets += used;
	free_packets(w->mine, nr);
	w->nr_mine = 0;
}

static inline void
gather(struct worker *w, struct packet *p)
{
	tracker_prefetch(w->tracker, p);
	w->mine[w->nr_mine++] = p;
	if (unlikely(w->nr_mine == RTE_DIM(w->mine)))
		process_gathered(w);
}

static bool
ring_push(struct worker *w, unsigned to, struct rte_mbuf *m)
{
	struct rte_ring *ring = w->shared->rings[w->config.id][to];

	while (rte_ring_sp_enqueue(ring, m) != 0) {
		if (!w->config.replay)
			return false;
		sched_yield();
	}
	w->counters.hops++;
	return true;
}

static inline unsigned
owner_of(const struct worker *w, uint64_t hash)
{
	return (unsigned)(((hash >> 40) * w->config.nr_workers) >> 24);
}

/* To the worker that owns the packet's flow, which is another. */
static void
pass_on(struct worker *w, struct packet *p, unsigned owner)
{
	struct rte_mbuf *m = mbuf_of(p);

	/* In flight the frame counts as held by the sender, until the owner takes it over. */
	w->counters.held_packets += packet_frames(p);
	if (!ring_push(w, owner, m)) {
		w->counters.held_packets -= packet_frames(p);
		w->counters.drop_ring_full += packet_frames(p);
		finish_mbuf(w, m);
	}
}

/* Hashes of a burst are made together, as each has to wait for itself only. */
static void
dispatch_found(struct worker *w)
{
	unsigned nr = w->nr_found;

	w->nr_found = 0;
	flow_hash_packets(&w->hash, w->found, nr);
	for (unsigned i = 0; i < nr; i++) {
		struct packet *p = w->found[i];
		unsigned owner = owner_of(w, p->hash);

		if (owner == w->config.id)
			gather(w, p);
		else
			pass_on(w, p, owner);
	}
}

static void
note_found(struct worker *w, struct packet *p)
{
	w->found[w->nr_found++] = p;
	if (unlikely(w->nr_found == RTE_DIM(w->found)))
		dispatch_found(w);
}

/* The datagram as a frame of its own, a chain of mbufs that begins with the IP header. */
static struct rte_mbuf *
datagram_frame(struct worker *w, const struct datagram *d)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->shared->pool), *last = m;
	uint32_t done = 0;

	while (m != NULL) {
		uint32_t n = RTE_MIN(d->len - done, (uint32_t)rte_pktmbuf_tailroom(last));

		memcpy(rte_pktmbuf_mtod(last, uint8_t *), d->data + done, n);
		last->data_len = (uint16_t)n;
		done += n;
		if (done == d->len)
			break;
		last->next = rte_pktmbuf_alloc(w->shared->pool);
		if (last->next == NULL) {
			rte_pktmbuf_free(m);
			return NULL;
		}
		last = last->next;
		m->nb_segs++;
	}
	if (m != NULL)
		m->pkt_len = d->len;
	return m;
}

/* A whole datagram goes back through decap with what was known of its first fragment. */
static struct rte_mbuf *
datagram_packet(struct worker *w, const struct packet *last, const struct datagram *d)
{
	struct rte_mbuf *m = datagram_frame(w, d);
	struct packet *p;

	if (m == NULL)
		return NULL;
	p = packet_of(m);
	*p = *d->first;
	p->time_us = last->time_us;
	p->order_us = last->order_us;
	p->link = LINK_RAW_IP;
	p->wire_bytes = d->wire_bytes;
	p->nr_frames = (uint16_t)d->nr_frames;
	p->bad_tunnel = 0;
	p->closed_tunnel = TUNNEL_NOT_CLOSED;
	p->ip_checked = p->l4_checked = false;
	p->hops++;
	return m;
}

static void take_frame(struct worker *w, struct rte_mbuf *m);

static void
sync_defrag_counters(struct worker *w)
{
	const struct defrag_counters *c = defrag_counters(w->defrag);

	w->counters.drop_fragment_overlap = c->drop_overlap;
	w->counters.drop_fragment_timeout = c->drop_timeout;
	w->counters.drop_fragment_limit = c->drop_limit;
	w->counters.drop_fragment_malformed = c->drop_malformed;
}

static void
take_fragment(struct worker *w, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);
	uint64_t held = defrag_counters(w->defrag)->held;
	const uint8_t *frame = contiguous(w, m, 0, m->pkt_len);
	struct rte_mbuf *whole = NULL;
	struct datagram datagram;
	enum defrag_result r;

	if (frame == NULL) {
		w->counters.drop_truncated++;
		finish_mbuf(w, m);
		return;
	}
	r = defrag_push(w->defrag, p, frame, &datagram);
	w->counters.held_packets += defrag_counters(w->defrag)->held - held;
	sync_defrag_counters(w);
	if (r == DEFRAG_COMPLETE) {
		whole = datagram_packet(w, p, &datagram);
		if (whole == NULL)
			w->counters.drop_no_mbuf += datagram.nr_frames;
	}
	finish_mbuf(w, m);
	if (whole != NULL)
		take_frame(w, whole);
}

/* Fragments of one datagram meet at one worker: by addresses and id, in either order of hops. */
static unsigned
fragment_owner(const struct worker *w, const struct rte_mbuf *m, const struct packet *p)
{
	uint8_t in[40] = { 0 };
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->ip_off);
	size_t at = ip[0] >> 4 == 4 ? 12 : 8, len = ip[0] >> 4 == 4 ? 8 : 32;

	memcpy(in, ip + at, len);
	memcpy(in + 32, &p->frag_id, 4);
	in[36] = p->frag_proto;
	return owner_of(w, siphash13(&w->config.secret, in, sizeof(in)));
}

static void
count_bad_tunnel(struct worker_counters *c, enum tunnel_type type)
{
	static const size_t counters[NR_TUNNEL_TYPES] = {
#define AT(type, name) [type] = offsetof(struct worker_counters, bad_tunnel_##name)
		AT(TUNNEL_VXLAN, vxlan),    AT(TUNNEL_VXLAN_GPE, vxlan_gpe),
		AT(TUNNEL_GENEVE, geneve),  AT(TUNNEL_GRE, gre),
		AT(TUNNEL_NVGRE, gre),	    AT(TUNNEL_ERSPAN1, erspan),
		AT(TUNNEL_ERSPAN2, erspan), AT(TUNNEL_ERSPAN3, erspan),
		AT(TUNNEL_IPIP, ipip),	    AT(TUNNEL_6IN4, ipip),
		AT(TUNNEL_GTPU, gtpu),	    AT(TUNNEL_ETHERIP, etherip),
		AT(TUNNEL_TEREDO, teredo),  AT(TUNNEL_PPTP, pptp),
		AT(TUNNEL_MPLS, mpls),	    AT(TUNNEL_PPPOE, mpls),
		AT(TUNNEL_NSH, mpls),	    AT(TUNNEL_CAPWAP, capwap),
#undef AT
	};

	*(uint64_t *)((uint8_t *)c + counters[type]) += 1;
}

/* What does not go on to its flow at once. */
static void
take_other(struct worker *w, struct rte_mbuf *m, enum decap_result r)
{
	struct packet *p = packet_of(m);
	unsigned owner;

	switch (r) {
	case DECAP_OK:
		return;
	case DECAP_FRAGMENT:
		if (p->hops > w->config.decap.max_depth) {
			drop_frame(w, m, &w->counters.drop_bad_ip);
			return;
		}
		owner = w->config.single_input ? w->config.id : fragment_owner(w, m, p);
		if (owner == w->config.id) {
			take_fragment(w, m);
			return;
		}
		p->is_fragment = true;
		w->counters.held_packets += packet_frames(p);
		if (!ring_push(w, owner, m)) {
			w->counters.held_packets -= packet_frames(p);
			drop_frame(w, m, &w->counters.drop_ring_full);
		}
		return;
	case DECAP_NOT_IP:
		drop_frame(w, m, &w->counters.drop_not_ip);
		return;
	case DECAP_TRUNCATED:
		drop_frame(w, m, &w->counters.drop_truncated);
		return;
	case DECAP_BAD_IP:
		drop_frame(w, m, &w->counters.drop_bad_ip);
		return;
	case DECAP_BAD_IP_CHECKSUM:
		drop_frame(w, m, &w->counters.drop_bad_ip_checksum);
		return;
	case DECAP_UNSUPPORTED_LINK:
		drop_frame(w, m, &w->counters.drop_unsupported_link);
		return;
	}
}

/* A frame from a source that is not plain, or a datagram from defrag. */
static void
take_frame(struct worker *w, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);
	enum decap_result r;

	r = decap_layers(p, (enum link_type)p->link, p->key.domain, &w->config.decap,
			 rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len);
	if (unlikely(p->bad_tunnel != 0))
		count_bad_tunnel(&w->counters, (enum tunnel_type)(p->bad_tunnel - 1));
	w->counters.tunnel_fragments += p->closed_tunnel == TUNNEL_FRAGMENT;
	w->counters.tunnel_encrypted += p->closed_tunnel == TUNNEL_ENCRYPTED;
	if (likely(r == DECAP_OK))
		note_found(w, p);
	else
		take_other(w, m, r);
}

void
worker_frames_take(struct worker *w, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		struct packet *p = packet_of(m);

		bytes += p->wire_bytes;
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		if (likely(decap_plain(p, (enum link_type)p->link, p->key.domain, &w->config.decap,
				       rte_pktmbuf_mtod(m, const uint8_t *), m->data_len,
				       m->pkt_len)))
			note_found(w, p);
		else
			take_frame(w, m);
	}
	w->counters.rx_bytes += bytes;
	dispatch_found(w);
	process_gathered(w);
}

void
worker_frames_passed(struct worker *w, struct rte_mbuf **pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct packet *p = packet_of(pkts[i]);

		/* Taken over: what the sender counted as held is ours to settle. */
		w->counters.held_packets -= packet_frames(p);
		if (p->is_fragment) {
			p->is_fragment = false;
			take_fragment(w, pkts[i]);
			dispatch_found(w);
		} else {
			gather(w, p);
		}
	}
	process_gathered(w);
}

void
worker_frames_end(struct worker *w)
{
	w->counters.held_packets -= defrag_counters(w->defrag)->held;
	defrag_flush(w->defrag);
	sync_defrag_counters(w);
}
