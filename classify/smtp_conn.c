/*
 * SMTP: commands, answers and messages are scanned, each direction as one stream; what belongs to
 * AUTH, too, for a password in clear text is a finding, and is told nowhere. After STARTTLS the
 * connection is TLS. Of messages the codings of mail are undone (proto/mime.h); where the pool has
 * no room for that, they are scanned as they come.
 *
 * The first bytes of a line are held back until it is known whether it is a command; what is still
 * held when the connection ends is told as inspected, but not scanned: no rule matches half a word.
 */
#include "classify/conn_env.h"
#include "classify/proto/mime.h"
#include "classify/proto/smtp.h"
#include "classify/proto/tls.h"

_Static_assert(sizeof(struct mime) <= TLS_BUFFER_BYTES, "a message fits a message buffer");

struct smtp_conn {
	struct conn_env *env;
	struct conn *c;
	struct smtp smtp;
	struct scan_stream *scan[2];
	bool refused[2];
	struct mime *mime;   /* of the message at hand, or NULL */
	bool unread;	     /* there was no room for it */
	size_t lost, binary; /* of the bytes at hand */
};

static void
smtp_found(void *arg, const struct finding *f)
{
	struct smtp_conn *s = arg;

	conn_finding(s->env, s->c, f, NULL);
}

static void
scan(struct smtp_conn *s, unsigned dir, const uint8_t *data, size_t len)
{
	if (s->scan[dir] == NULL && !s->refused[dir]) {
		s->scan[dir] = scan_open(s->env->scanner, BUFFER_PAYLOAD);
		s->refused[dir] = s->scan[dir] == NULL;
		s->env->counters.scan_refused += s->refused[dir];
	}
	if (s->scan[dir] != NULL)
		scan_push(s->scan[dir], data, len, smtp_found, s);
}

static void
mime_text(void *arg, const uint8_t *data, size_t len)
{
	scan(arg, CONN_ORIG, data, len);
}

static void
mime_binary(void *arg, size_t len)
{
	struct smtp_conn *s = arg;

	s->binary += len;
}

static const struct mime_handler mime_handler = { mime_text, mime_binary };

static void
body(struct smtp_conn *s, const uint8_t *data, size_t len)
{
	if (s->mime == NULL && !s->unread) {
		s->mime = slab_take(&s->env->message_buffers);
		s->unread = s->mime == NULL;
		s->env->counters.mail_unread += s->unread;
		if (s->mime != NULL)
			memset(s->mime, 0, sizeof(*s->mime));
	}
	if (s->mime != NULL)
		mime_push(s->mime, data, len, &mime_handler, s);
	else
		scan(s, CONN_ORIG, data, len);
}

static void
end_body(struct smtp_conn *s)
{
	if (s->mime != NULL)
		mime_end(s->mime, &mime_handler, s);
	slab_give(&s->env->message_buffers, s->mime);
	s->mime = NULL;
	s->unread = false;
}

static void
smtp_bytes(void *arg, unsigned dir, enum smtp_bytes kind, const uint8_t *data, size_t len)
{
	struct smtp_conn *s = arg;

	switch (kind) {
	case SMTP_LINE:
	case SMTP_SECRET:
		/* Between its chunks a message goes on. */
		if (dir != CONN_ORIG || s->mime == NULL)
			scan(s, dir, data, len);
		break;
	case SMTP_BODY:
		body(s, data, len);
		break;
	case SMTP_END:
		end_body(s);
		break;
	case SMTP_DOT:
		break;
	case SMTP_LOST:
		s->lost += len;
		break;
	}
}

static void
smtp_open(struct conn_env *env, struct conn *c, void *state)
{
	struct smtp_conn *s = state;

	s->env = env;
	s->c = c;
	for (unsigned d = 0; d < 2; d++) {
		if (c->info.midstream[d])
			smtp_gap(&s->smtp, d);
	}
}

static size_t
smtp_conn_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	       const uint8_t *data, size_t len)
{
	struct smtp_conn *s = state;
	size_t taken, rest;

	s->lost = s->binary = 0;
	taken = smtp_push(&s->smtp, dir, data, len, smtp_bytes, s);
	conn_skipped(env, c, CONN_SKIP_UNSYNCED, s->lost);
	rest = taken - s->lost;
	/* Bytes that were held back were told with an earlier push. */
	if (s->binary > rest)
		s->binary = rest;
	conn_skipped(env, c, CONN_SKIP_BINARY, s->binary);
	if (s->refused[dir])
		conn_skipped(env, c, CONN_SKIP_LIMIT, rest - s->binary);
	else
		conn_inspected(env, c, rest - s->binary);
	if (s->smtp.tls_begins)
		conn_become(c, PROTOCOL_TLS);
	return taken;
}

static void
smtp_conn_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct smtp_conn *s = state;

	(void)env, (void)c, (void)len;
	smtp_gap(&s->smtp, dir);
	if (dir == CONN_ORIG && s->mime != NULL)
		mime_gap(s->mime, &mime_handler, s);
	if (s->scan[dir] != NULL)
		scan_gap(s->scan[dir]);
}

static void
smtp_half_close(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir)
{
	struct smtp_conn *s = state;

	(void)env, (void)c;
	if (dir == CONN_ORIG)
		end_body(s);
	if (s->scan[dir] != NULL)
		scan_close(s->scan[dir], smtp_found, s);
	s->scan[dir] = NULL;
}

static void
smtp_finish(struct conn_env *env, struct conn *c, void *state)
{
	smtp_half_close(env, c, state, CONN_ORIG);
	smtp_half_close(env, c, state, CONN_RESP);
}

const struct conn_proto conn_smtp = {
	.state_bytes = sizeof(struct smtp_conn),
	.open = smtp_open,
	.push = smtp_conn_push,
	.gap = smtp_conn_gap,
	.half_close = smtp_half_close,
	.finish = smtp_finish,
	.close = smtp_finish,
};
