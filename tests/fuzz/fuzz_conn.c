/*
 * A whole connection, from bytes to records: byte 0: 1 UDP, 2 joined midway; the rest is the step;
 * byte 1 picks the server's port (bits 0 to 3), and pools of one each (bit 4); then pieces: kind 1
 * (1: the server's, 2: bytes lost before, 4: a record of the flow so far before) | length 2 |
 * bytes.
 *
 * The records must not depend on the split, unless bytes were lost or the place was: looking for
 * one to go on, some parsers take the beginning of a segment as a hint. Nor must what a broken
 * coding gave before it broke, which may be told in fewer or more bytes; nor which part of a flow a
 * finding is counted in, because one waits for the words behind it; nor what finds a pool empty;
 * nor what of several questions in a row is heard before an answer that was seen before them.
 * Whatever happens, all that was taken of the pools is back at the end.
 */
#include "classify/conn_counters.h"
#include "dataplane/port/cursor.h"
#include "tests/support/conn_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Answers that were seen before their questions. */
static uint64_t
nr_early(const struct feed *f)
{
	struct conn_totals totals = { 0 };

	conn_env_counters(f->env, &totals);
	return totals.conn.answers_early + totals.conn.answers_early_refused;
}

static const uint16_t ports[] = { 80,	443,  53,   5353, 5355, 25,   6379, 9092,
				  3306, 5432, 1080, 8080, 4222, 1883, 5672, 50051 };

/*
 * True when the records may not depend on the split, nor on whether a connection over UDP rests: in
 * pieces of all there is, it does not.
 */
static bool
run(struct feed *f, const uint8_t *data, size_t len, size_t step)
{
	bool udp = (data[0] & 1) != 0, midstream = (data[0] & 2) != 0, lost = midstream;
	struct conn *c = feed_open(f, udp, ports[data[1] % (sizeof(ports) / 2)], midstream);
	struct cursor in = cursor_of(data + 2, len - 2);
	uint64_t early = nr_early(f);
	const uint8_t *head;

	while ((head = cursor_take(&in, 3)) != NULL) {
		enum conn_dir dir = (enum conn_dir)(head[0] & 1);
		size_t left = read_be16(head + 1);
		const uint8_t *p;

		if (left > cursor_left(&in))
			left = cursor_left(&in);
		p = cursor_take(&in, left);
		if ((head[0] & 4) != 0)
			feed_part(f, c);
		lost = lost || (head[0] & (2 | 4)) != 0;
		if (udp && step == SIZE_MAX) {
			conn_datagram(f->env, c, dir, p, left);
			continue;
		}
		if (udp) {
			c = feed_datagram(f, c, dir, p, left);
			continue;
		}
		for (size_t at = 0; at < left; at += step) {
			size_t n = left - at < step ? left - at : step;
			/* A copy of exact length: a sanitizer sees a read behind it. */
			uint8_t *copy = malloc(n);

			memcpy(copy, p + at, n);
			conn_push(f->env, c, dir, copy, n, at == 0 && (head[0] & 2) ? 5 : 0);
			free(copy);
		}
	}
	feed_close(f, c);
	lost = lost || nr_early(f) != early;
	return udp || (!lost && strstr(f->log, "unsynced") == NULL &&
		       strstr(f->log, "decode_failed") == NULL);
}

/* Pools of one each, or none: whoever wants a second goes without. */
static void
tighten(struct feed *f)
{
	struct conn_config config = feed_config(f);

	config.max_conns = 2;
	config.max_exchanges = config.max_pipelined = config.max_http2_streams = 1;
	config.max_http2_tables = config.max_message_buffers = config.max_db_ops = 1;
	config.max_llm = config.max_mcp = config.max_shapes = config.max_scan_streams = 1;
	config.max_deflate = 1;
	config.max_brotli = config.max_zstd = config.max_lz4 = config.max_snappy = 0;
	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		config.max_states[p] = 1;
	conn_env_destroy(f->env);
	feed_must(conn_env_create(&config, &f->env) == 0, "no memory");
	f->record.mask_arg = f->env;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct feed ample, tight;
	struct feed *f;
	char *whole;
	bool same;

	if (ample.env == NULL) {
		feed_init(&ample);
		feed_init(&tight);
		tighten(&tight);
	}
	if (len < 3 || len > 16384)
		return 0;
	f = (data[1] & 16) != 0 ? &tight : &ample;
	same = run(f, data, len, SIZE_MAX) && f == &ample;
	whole = strdup(f->log);
	if (run(f, data, len, (size_t)(data[0] >> 2) + 1) && same)
		feed_is(f, whole);
	free(whole);
	return 0;
}
