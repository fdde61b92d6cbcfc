/*
 * POP3 and IMAP: what both sides say is scanned, each direction as one stream; of messages that are
 * fetched the codings of mail are undone (proto/mime.h), where the pool has room for that. Behind
 * STLS or STARTTLS the connection is TLS, as its turn tells (proto/turn.h).
 */
#include "classify/payload_conn.h"
#include "classify/proto/fetched_mail.h"
#include "classify/proto/mime.h"

struct mail_conn {
	struct payload_conn payload; /* comes first */
	struct fetched_mail fetched;
	struct mime *mime; /* of the message at hand, or NULL */
	bool unread;	   /* there was no room for it */
	size_t binary;	   /* of the bytes at hand */
};

static void
mime_text(void *arg, const uint8_t *data, size_t len)
{
	struct mail_conn *m = arg;

	payload_text(&m->payload, CONN_RESP, data, len);
}

static void
mime_binary(void *arg, size_t len)
{
	struct mail_conn *m = arg;

	m->binary += len;
}

static const struct mime_handler mime_handler = { mime_text, mime_binary };

static void
message(struct mail_conn *m, const uint8_t *data, size_t len)
{
	struct conn_env *env = m->payload.env;

	if (m->mime == NULL && !m->unread) {
		m->mime = slab_take(&env->message_buffers);
		m->unread = m->mime == NULL;
		env->counters.mail_unread += m->unread;
		if (m->mime != NULL)
			memset(m->mime, 0, sizeof(*m->mime));
	}
	if (m->mime != NULL)
		mime_push(m->mime, data, len, &mime_handler, m);
	else
		payload_text(&m->payload, CONN_RESP, data, len);
}

static void
end_message(struct mail_conn *m)
{
	if (m->mime != NULL)
		mime_end(m->mime, &mime_handler, m);
	slab_give(&m->payload.env->message_buffers, m->mime);
	m->mime = NULL;
	m->unread = false;
}

static void
mail_bytes(void *arg, enum fetched_mail_bytes kind, const uint8_t *data, size_t len)
{
	struct mail_conn *m = arg;

	switch (kind) {
	case FETCHED_LINE:
		payload_text(&m->payload, CONN_RESP, data, len);
		break;
	case FETCHED_MESSAGE:
		message(m, data, len);
		break;
	case FETCHED_END:
		end_message(m);
		break;
	}
}

static size_t
mail_read(struct payload_conn *p, unsigned dir, const uint8_t *data, size_t len)
{
	struct mail_conn *m = (void *)p;

	m->binary = 0;
	if (dir == CONN_ORIG)
		payload_text(p, dir, data, len);
	fetched_mail_push(&m->fetched, dir, data, len, mail_bytes, m);
	return m->binary;
}

static void
mail_lost(struct payload_conn *p, unsigned dir, uint64_t len)
{
	struct mail_conn *m = (void *)p;

	(void)len;
	if (p->scan[CONN_RESP] != NULL)
		fetched_mail_gap(&m->fetched, dir, mail_bytes, m);
}

static void
mail_end(struct payload_conn *p, unsigned dir)
{
	if (dir == CONN_RESP)
		end_message((void *)p);
}

static void
mail_open(struct conn_env *env, struct conn *c, void *state)
{
	static const struct payload_reader reader = { mail_read, mail_lost, mail_end };
	struct mail_conn *m = state;

	payload_open(env, c, state);
	m->payload.reader = &reader;
	m->fetched.imap = c->protocol == PROTOCOL_IMAP;
}

#define MAIL_CONN(name)                                  \
	const struct conn_proto conn_##name = {          \
		.state_bytes = sizeof(struct mail_conn), \
		.open = mail_open,                       \
		.push = payload_push,                    \
		.gap = payload_gap,                      \
		.half_close = payload_half_close,        \
		.finish = payload_finish,                \
		.close = payload_finish,                 \
	}

MAIL_CONN(imap);
MAIL_CONN(pop3);
