/* Texts that are known to hold nothing, by their hashes; scan.h is the manual. */
#include "classify/rules/scan_state.h"

uint64_t
scan_text_id(const struct scanner *s, unsigned use, const uint8_t *data, size_t len)
{
	struct siphash_key key = { s->key.k0 ^ use, s->key.k1 };

	if (len > SCAN_KNOWN_MAX || s->trace != NULL || s->profile != NULL)
		return 0;
	/* Where it ends in a stream is then not known before it is pushed. */
	if (ascii_fold_find(s->db->spec.simd, data, len) != len)
		return 0;
	return siphash13(&key, data, len);
}

bool
scan_holds_nothing(struct scanner *s, uint64_t id, size_t len)
{
	if (id == 0 || s->known[id % KNOWN_TEXTS] != id)
		return false;
	scan_count_known(s, len);
	return true;
}

void
scan_count_known(struct scanner *s, size_t len)
{
	s->counters.scan_known_bytes += len;
}

void
scan_remember(struct scanner *s, uint64_t id)
{
	if (id != 0)
		s->known[id % KNOWN_TEXTS] = id;
}

void
scan_remember_after(struct scan_stream *st, uint64_t id, size_t len)
{
	if (id != 0 && st->nr_new < NEW_TEXTS)
		st->new[st->nr_new++] = (struct new_text) { id, st->pos + st->nr_small + len };
}

void
scan_holds_candidate(struct scan_stream *st, uint64_t end)
{
	uint32_t i = st->nr_new;

	while (i > 0 && st->new[i - 1].end >= end)
		i--;
	if (i < st->nr_new)
		st->new[i].id = 0;
}

void
scan_remember_new(struct scan_stream *st)
{
	for (uint32_t i = 0; i < st->nr_new; i++)
		scan_remember(st->scanner, st->new[i].id);
	st->nr_new = 0;
}
