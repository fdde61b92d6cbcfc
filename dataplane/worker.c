#include "dataplane/worker_state.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "dataplane/flow/flow_hash.h"
#include "dataplane/flow/tracker.h"
#include "dataplane/port/checksum.h"
#include "dataplane/port/decap.h"

/* Polls that found nothing before the loop gives the core away, and before it sleeps. */
#define IDLE_YIELD    64u
#define IDLE_SLEEP    2048u
#define IDLE_SLEEP_US 200u

#define LAST_POLLS 1024u /* of busy sources after a stop: what the largest ring holds */

#define PREFETCH_AHEAD 4u /* frames of a burst */

/* In a replay the publisher always makes room in the end, so waiting is safe. */
static bool
emit(void *arg, const struct record_head *head)
{
	struct worker *w = arg;

	while (!record_ring_push(w->records, head)) {
		if (!w->config.replay)
			return false;
		sched_yield();
	}
	return true;
}

int
worker_create(const struct worker_config *config, struct worker_shared *shared,
	      struct record_ring *records, struct worker **out)
{
	struct worker *w = aligned_alloc(64, (sizeof(*w) + 63) & ~(size_t)63);
	struct tracker_config tc;
	int r;

	if (w == NULL)
		return -ENOMEM;
	memset(w, 0, sizeof(*w));
	w->config = *config;
	w->shared = shared;
	w->records = records;
	flow_hash_init(&w->hash, &config->secret, true);
	w->us_per_cycle = 1e6 / (double)rte_get_tsc_hz();
	tc = (struct tracker_config) {
		.max_flows = config->max_flows,
		.max_half_open = config->max_half_open,
		.timeouts = config->timeouts,
		.reasm = config->reasm,
		.reasm_bytes = config->reasm_bytes,
		.stream_sha256 = config->stream_sha256,
		.skip_payload = config->skip_payload,
		.record_types = config->record_types,
		.conn = config->conn,
	};
	w->scratch = malloc(SCRATCH_BYTES);
	r = w->scratch == NULL ? -ENOMEM : 0;
	if (r == 0)
		r = tracker_create(&tc, &w->counters, w->feeds, emit, w, &w->tracker);
	if (r == 0)
		r = defrag_create(config->max_datagrams, config->defrag_timeout_us, &config->secret,
				  &w->defrag);
	if (r == 0)
		r = dedup_create(&config->dedup, &config->secret, &w->dedup);
	if (r != 0) {
		worker_destroy(w);
		return r;
	}
	tracker_set_ruleset(w->tracker, config->ruleset);
	*out = w;
	return 0;
}

void
worker_destroy(struct worker *w)
{
	if (w == NULL)
		return;
	dedup_destroy(w->dedup);
	defrag_destroy(w->defrag);
	tracker_destroy(w->tracker);
	free(w->scratch);
	free(w);
}

void
worker_add_source(struct worker *w, struct source *source)
{
	w->sources[w->nr_sources++] = source;
}

unsigned
worker_nr_sources(const struct worker *w)
{
	return w->nr_sources;
}

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

/* Microseconds since the epoch, from the cycle counter: no system call. */
static uint64_t
wall_us(const struct worker *w)
{
	return (uint64_t)((double)rte_rdtsc() * w->us_per_cycle) +
	       atomic_load_explicit(&w->shared->wall_offset_us, memory_order_relaxed);
}

static void
beat(struct worker *w)
{
	uint64_t n = atomic_load_explicit(&w->beat, memory_order_relaxed);

	atomic_store_explicit(&w->beat, n + 1, memory_order_relaxed);
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

static unsigned
poll_sources(struct worker *w)
{
	uint64_t now_us = w->config.replay ? 0 : wall_us(w);
	struct rte_mbuf *pkts[WORKER_BURST];
	unsigned total = 0;

	if (!w->config.replay && now_us > w->input_us)
		w->input_us = now_us;
	for (unsigned s = 0; s < w->nr_sources; s++) {
		struct source *source = w->sources[s];
		uint16_t n = source->ended ? 0 : source->rx(source, pkts, WORKER_BURST, now_us);

		if (unlikely(source->nr_filtered != 0)) {
			w->counters.rx_packets += source->nr_filtered;
			w->counters.rx_bytes += source->filtered_bytes;
			w->counters.drop_filtered += source->nr_filtered;
			total += source->nr_filtered;
		}
		if (n == 0)
			continue;
		/* A source's input clock never goes back: the last packet's is the latest. */
		w->input_us = RTE_MAX(w->input_us, packet_of(pkts[n - 1])->order_us);
		w->counters.rx_packets += n;
		worker_frames_take(w, pkts, n);
		total += n;
	}
	return total;
}

static unsigned
poll_rings(struct worker *w)
{
	struct rte_mbuf *pkts[WORKER_BURST];
	unsigned total = 0;

	for (unsigned from = 0; from < w->config.nr_workers; from++) {
		struct rte_ring *ring = w->shared->rings[from][w->config.id];
		unsigned n;

		if (from == w->config.id)
			continue;
		do {
			beat(w);
			n = rte_ring_sc_dequeue_burst(ring, (void **)pkts, WORKER_BURST, NULL);
			worker_frames_passed(w, pkts, n);
			total += n;
		} while (n == WORKER_BURST);
	}
	return total;
}

static bool
sources_ended(const struct worker *w)
{
	if (atomic_load_explicit(&w->shared->stop, memory_order_relaxed))
		return true;
	for (unsigned s = 0; s < w->nr_sources; s++) {
		if (!w->sources[s]->ended)
			return false;
	}
	return w->config.replay;
}

/*
 * Nothing came, and nothing more will; or the end is wanted, and what was in the devices then has
 * been taken: a port at line rate is never empty.
 */
static bool
input_is_over(struct worker *w, unsigned work)
{
	if (!sources_ended(w))
		return false;
	return work == 0 || (!w->config.replay && ++w->nr_last_polls > LAST_POLLS);
}

/* Before the clock says so, for those who then flush. */
static void
tell_input_end(struct worker *w)
{
	uint64_t seen = atomic_load(&w->shared->input_end_us);

	while (seen < w->input_us &&
	       !atomic_compare_exchange_weak(&w->shared->input_end_us, &seen, w->input_us))
		;
}

static void
publish_clock(struct worker *w, uint64_t us)
{
	atomic_store_explicit(&w->shared->clocks[w->config.id].us, us, memory_order_release);
}

/* The least clock of the others: what they passed on from before it is in the rings by now. */
static uint64_t
peers_clock(const struct worker *w)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < w->config.nr_workers; i++) {
		uint64_t us = atomic_load_explicit(&w->shared->clocks[i].us, memory_order_acquire);

		if (i != w->config.id && us < least)
			least = us;
	}
	return least;
}

static void
set_watermark(struct worker *w, uint64_t us)
{
	atomic_store_explicit(&w->records->watermark_us, us, memory_order_release);
}

static void
take_rules(struct worker *w)
{
	const struct ruleset *rules = atomic_load_explicit(&w->offered_rules, memory_order_acquire);

	if (likely(rules == NULL))
		return;
	conn_env_set_providers(tracker_conn_env(w->tracker),
			       atomic_load_explicit(&w->offered_providers, memory_order_relaxed));
	if (conn_env_set_rules(tracker_conn_env(w->tracker), rules) == 0)
		tracker_set_ruleset(w->tracker,
				    atomic_load_explicit(&w->offered_hash, memory_order_relaxed));
	atomic_store_explicit(&w->offered_rules, NULL, memory_order_release);
}

static void
idle(struct worker *w, unsigned nr_idle)
{
	if (!w->config.backoff || nr_idle < IDLE_YIELD)
		rte_pause();
	else if (nr_idle < IDLE_SLEEP)
		sched_yield();
	else
		usleep(IDLE_SLEEP_US);
}

static uint32_t
least_round(const struct worker *w)
{
	uint32_t least = UINT32_MAX;

	for (unsigned i = 0; i < w->config.nr_workers; i++) {
		uint32_t rounds =
		    atomic_load_explicit(&w->shared->clocks[i].rounds, memory_order_acquire);

		least = RTE_MIN(least, rounds);
	}
	return least;
}

/*
 * A frame that is passed on in one round is in its ring before that round is told, so its owner
 * meets it in the next at the latest. A frame is passed on twice at each depth: to the fragments'
 * owner and to the flow's, or to the owner of the fragments inside.
 */
static void
drain_together(struct worker *w)
{
	uint32_t nr_rounds = 2 * (w->config.decap.max_depth + 2);

	for (uint32_t round = 1; round <= nr_rounds; round++) {
		poll_rings(w);
		worker_frames_free(w);
		atomic_store_explicit(&w->shared->clocks[w->config.id].rounds, round,
				      memory_order_release);
		while (least_round(w) < round) {
			poll_rings(w);
			worker_frames_free(w);
			sched_yield();
		}
	}
}

/* Everything the sources gave has been passed on and everything passed on has come. */
static void
finish(struct worker *w, uint64_t now_us)
{
	worker_frames_end(w);
	tracker_finish(w->tracker, now_us, atomic_load(&w->shared->input_end_us));
	worker_frames_free(w);
	set_watermark(w, UINT64_MAX);
}

void
worker_run(struct worker *w)
{
	unsigned nr_idle = 0;
	bool ended = false;

	atomic_store(&w->tid, gettid());
	for (;;) {
		uint64_t peers = peers_clock(w);
		unsigned work = 0;

		beat(w);
		take_rules(w);
		if (!ended) {
			work += poll_sources(w);
			ended = input_is_over(w, work);
			if (ended)
				tell_input_end(w);
			publish_clock(w, ended ? UINT64_MAX : w->input_us);
		}
		work += poll_rings(w);
		worker_frames_free(w);

		if (ended && peers == UINT64_MAX)
			break;
		if (!ended && w->input_us < peers)
			peers = w->input_us;
		if (peers != UINT64_MAX && peers > w->now_us)
			w->now_us = peers;
		set_watermark(w, RTE_MIN(tracker_advance(w->tracker, RTE_MIN(peers, w->now_us)),
					 peers));
		nr_idle = work == 0 ? nr_idle + 1 : 0;
		if (work == 0)
			idle(w, nr_idle);
	}
	drain_together(w);
	finish(w, w->config.replay ? UINT64_MAX : w->now_us);
}

void
worker_offer_rules(struct worker *w, const struct ruleset *rules, const char *hash,
		   const struct provider_catalogue *providers)
{
	atomic_store_explicit(&w->offered_providers, providers, memory_order_relaxed);
	atomic_store_explicit(&w->offered_hash, hash, memory_order_relaxed);
	atomic_store_explicit(&w->offered_rules, rules, memory_order_release);
}

bool
worker_rules_taken(const struct worker *w)
{
	return atomic_load_explicit(&w->offered_rules, memory_order_acquire) == NULL;
}

struct scanner *
worker_scanner(struct worker *w)
{
	return conn_env_scanner(tracker_conn_env(w->tracker));
}

void
worker_counters(const struct worker *w, struct worker_counters *sum)
{
	worker_counters_add(sum, &w->counters);
}

void
worker_conn_counters(const struct worker *w, struct conn_totals *sum)
{
	conn_env_counters(tracker_conn_env(w->tracker), sum);
}

uint64_t
worker_beat(const struct worker *w)
{
	return atomic_load_explicit(&w->beat, memory_order_relaxed);
}

int
worker_tid(const struct worker *w)
{
	return atomic_load(&w->tid);
}

void
worker_feed(const struct worker *w, unsigned feed, struct feed_counters *sum)
{
	feed_counters_add(sum, &w->feeds[feed]);
}

void
worker_memory(const struct worker *w, memory_put_fn *put, void *arg)
{
	tracker_memory(w->tracker, put, arg);
}

uint32_t
worker_nr_flows(const struct worker *w)
{
	return tracker_nr_flows(w->tracker);
}
