/* What streams are taken from, and what depends on the rules; scan.h is the manual. */
#include <errno.h>
#include <stdlib.h>

#include "classify/rules/scan_state.h"

/* What depends on the rules: scratch and one Hyperscan stream per stream of the pool. */
struct engine {
	hs_scratch_t *scratch;
	hs_stream_t **hs;
};

static void
engine_fini(struct engine *e, uint32_t nr)
{
	for (uint32_t i = 0; e->hs != NULL && i < nr; i++) {
		if (e->hs[i] != NULL)
			hs_close_stream(e->hs[i], NULL, NULL, NULL);
	}
	free(e->hs);
	hs_free_scratch(e->scratch);
}

static int
engine_init(struct engine *e, const struct rule_db *db, uint32_t nr)
{
	*e = (struct engine) { 0 };
	e->hs = calloc(nr == 0 ? 1 : nr, sizeof(hs_stream_t *));
	if (e->hs == NULL)
		return -ENOMEM;
	if (db->stream == NULL && db->block == NULL)
		return 0;
	e->scratch = rule_db_scratch(db);
	if (e->scratch == NULL)
		goto fail;
	for (uint32_t i = 0; db->stream != NULL && i < nr; i++) {
		if (hs_open_stream(db->stream, 0, &e->hs[i]) != HS_SUCCESS)
			goto fail;
	}
	return 0;
fail:
	engine_fini(e, nr);
	return -ENOMEM;
}

static struct engine
swap_engine(struct scanner *s, const struct engine *e, const struct ruleset *set)
{
	struct engine old = { s->scratch, s->hs };

	s->scratch = e->scratch;
	s->hs = e->hs;
	s->set = set;
	s->db = ruleset_db(set);
	return old;
}

struct scanner *
scanner_create(const struct ruleset *set, uint32_t max_streams, const uint64_t hash_key[2])
{
	struct scanner *s = calloc(1, sizeof(*s));
	struct engine e;

	if (s == NULL)
		return NULL;
	s->key = (struct siphash_key) { hash_key[0], hash_key[1] };
	s->open = calloc(max_streams == 0 ? 1 : max_streams, sizeof(bool));
	if (s->open == NULL ||
	    slab_init(&s->streams, max_streams, sizeof(struct scan_stream)) != 0 ||
	    engine_init(&e, ruleset_db(set), max_streams) != 0) {
		slab_fini(&s->streams);
		free(s->open);
		free(s);
		return NULL;
	}
	swap_engine(s, &e, set);
	return s;
}

void
scanner_destroy(struct scanner *s)
{
	if (s == NULL)
		return;

	struct engine e = { s->scratch, s->hs };

	engine_fini(&e, s->streams.nr_objects);
	slab_fini(&s->streams);
	free(s->open);
	if (s->profile != NULL)
		free(s->profile->sample);
	free(s->profile);
	free(s);
}

/* The look-behind again, as if it had just come; what was judged then is not judged again. */
static void
feed_again(struct scan_stream *st, hs_stream_t *hs)
{
	uint8_t tail[SCAN_LOOK_BEHIND];
	uint32_t len = st->tail_len;

	memcpy(tail, st->tail, len);
	st->hs = hs;
	st->nr_pending = st->nr_new = 0; /* what was scanned under the old rules */
	st->quiet = st->pos;
	st->pos -= len;
	st->base = st->pos;
	st->tail_len = 0;
	digits_init(&st->digits, st->pos);
	memset(st->followed, 0, sizeof(st->followed)); /* by the order of the old ones */
	word_trail_init(&st->trail, UINT64_MAX);       /* its marks are of the old rules */
	scan_cells_init(st);
	if (len != 0)
		scan_piece(st, tail, len, false);
}

int
scanner_set_rules(struct scanner *s, const struct ruleset *set)
{
	struct engine e, old;

	if (engine_init(&e, ruleset_db(set), s->streams.nr_objects) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->streams.nr_objects; i++) {
		if (s->open[i])
			scan_small((void *)(s->streams.memory + i * s->streams.object_bytes),
				   false);
	}
	old = swap_engine(s, &e, set);
	memset(s->known, 0, sizeof(s->known));
	for (uint32_t i = 0; i < s->streams.nr_objects; i++) {
		if (s->open[i])
			feed_again((void *)(s->streams.memory + i * s->streams.object_bytes),
				   s->hs[i]);
	}
	engine_fini(&old, s->streams.nr_objects);
	return 0;
}

void
scanner_test_values_live(struct scanner *s, bool live)
{
	s->live = live;
}

uint64_t
scanner_bytes(const struct scanner *s)
{
	uint64_t nr = s->streams.nr_objects;
	size_t each = 0;

	if (s->db->stream != NULL && hs_stream_size(s->db->stream, &each) != HS_SUCCESS)
		each = 0;
	return slab_bytes(&s->streams) + nr * (each + sizeof(bool) + sizeof(hs_stream_t *));
}

uint32_t
scanner_open_streams(const struct scanner *s)
{
	return s->streams.nr_taken;
}

bool
scanner_is_idle(const struct scanner *s)
{
	return s->db->nr_patterns == 0;
}

const struct scan_counters *
scanner_counters(const struct scanner *s)
{
	return &s->counters;
}

void
scanner_trace(struct scanner *s, uint32_t buffers, scan_trace_fn *fn, void *arg)
{
	s->trace_buffers = buffers;
	s->trace = fn;
	s->trace_arg = arg;
}

int
scanner_profile(struct scanner *s)
{
	uint32_t nr = s->db->nr_patterns;
	struct scan_profile *costs = calloc(1, sizeof(*costs) + nr * sizeof(costs->pattern[0]));

	if (costs != NULL)
		costs->sample = malloc(SCAN_SAMPLE_MAX);
	if (costs == NULL || costs->sample == NULL) {
		free(costs);
		return -ENOMEM;
	}
	costs->nr_patterns = nr;
	s->profile = costs;
	return 0;
}

const struct scan_profile *
scanner_costs(const struct scanner *s)
{
	return s->profile;
}
