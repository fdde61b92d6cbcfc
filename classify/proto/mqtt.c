#include "classify/proto/mqtt.h"

#include "classify/proto/mqtt_properties.h"
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum packet {
	CONNECT = 1,
	CONNACK,
	PUBLISH,
	PUBACK,
	PUBREC,
	PUBREL,
	PUBCOMP,
	SUBSCRIBE,
	SUBACK,
	UNSUBSCRIBE,
	UNSUBACK,
	DISCONNECT = 14,
};

enum {
	FLAG_USER = 0x80,
	FLAG_WILL = 0x04,
	QOS = 0x06,
	CONNECT_ID = 0x10001, /* none of the packets' */
};

enum state {
	BEGIN = STEPS_BEGIN,
	KIND,
	VARINT,
	BODY,
	PROTOCOL_LEN,
	PROTOCOL,
	LEVEL,
	CONNECT_PROPERTIES,
	CLIENT_ID_LEN,
	CLIENT_ID,
	WILL_PROPERTIES,
	WILL_TOPIC_LEN,
	WILL_TOPIC,
	WILL_LEN,
	WILL,
	USER_LEN,
	USER,
	CONNACK_CODE,
	TOPIC_LEN,
	TOPIC,
	PUBLISH_PROPERTIES,
	PAYLOAD,
	SUBSCRIBE_ID,
	SUBSCRIBE_PROPERTIES,
	FILTER_LEN,
	FILTER,
	FILTER_OPTIONS,
	ACK_ID,
	ACK_PROPERTIES,
	ACK_CODE,
	PROPERTIES = MQTT_BEHIND_PROPERTIES, /* are over */
};

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

void
mqtt_init(void *parser, const bool midstream[2])
{
	struct mqtt *p = parser;

	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

static void
varint(struct mqtt_side *side, uint8_t then)
{
	side->number = 0;
	side->shift = 0;
	side->then = then;
	steps_take(&side->steps, VARINT, 1);
}

/* Version 5 has properties here, behind their length. */
static void
properties(const struct mqtt *p, struct mqtt_side *side, uint8_t then)
{
	side->number = 0;
	if (p->level >= 5)
		varint(side, then);
	else
		steps_take(&side->steps, then, 0);
}

/* The length of a string that was taken is the length of what comes. */
static uint16_t
string_len(const struct steps *s)
{
	return s->have == 2 ? read_be16(s->buf) : 0;
}

static uint16_t
kept_len(const struct steps *s, uint16_t more)
{
	unsigned len = string_len(s) + more;

	return (uint16_t)(len < STEPS_BYTES ? len : STEPS_BYTES);
}

static void
request(const struct db_out *o, enum db_class class, uint64_t id, bool unasked)
{
	db_tell(o, (struct db_event) {
		       .kind = DB_REQUEST, .class = class, .id = id, .unasked = unasked });
}

static void
answer(struct steps *s, const struct db_out *o, uint64_t id, uint8_t code)
{
	char text[3] = { (char)('0' + code / 100), (char)('0' + code / 10 % 10),
			 (char)('0' + code % 10) };
	size_t skip = code >= 100 ? 0 : code >= 10 ? 1 : 2;

	db_tell(o, (struct db_event) { .kind = DB_ANSWER,
				       .id = id,
				       .failed = code != 0,
				       .bytes = span_of(text + skip, code != 0 ? 3 - skip : 0) });
	steps_rest(s, IGNORED);
}

/* ------------------------------------------------------------------ packets */

static void
body(struct mqtt_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	unsigned kind = side->kind >> 4;

	steps_message(s, side->number);
	if (kind == CONNECT && o->dir == CLIENT) {
		request(o, DB_AUTH, CONNECT_ID, false);
		steps_take(s, PROTOCOL_LEN, 2);
	} else if (kind == CONNACK && o->dir == SERVER) {
		steps_take(s, CONNACK_CODE, 2);
	} else if (kind == PUBLISH) {
		steps_take(s, TOPIC_LEN, 2);
	} else if ((kind == SUBSCRIBE || kind == UNSUBSCRIBE) && o->dir == CLIENT) {
		steps_take(s, SUBSCRIBE_ID, 2);
	} else if (o->dir == SERVER &&
		   (kind == PUBACK || kind == PUBREC || kind == SUBACK || kind == UNSUBACK)) {
		steps_take(s, ACK_ID, 2);
	} else {
		steps_rest(s, IGNORED);
	}
}

/* flags say what follows the client's id: will, user, password. */
static void
connect(struct mqtt *p, struct mqtt_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case PROTOCOL_LEN:
		steps_pass(s, PROTOCOL, string_len(s), IGNORED);
		break;
	case PROTOCOL:
		steps_take(s, LEVEL, 4);
		break;
	case LEVEL:
		p->level = s->have == 4 ? s->buf[0] & 0x7f : 0;
		side->flags = s->have == 4 ? s->buf[1] : 0;
		properties(p, side, CONNECT_PROPERTIES);
		break;
	case CONNECT_PROPERTIES:
		steps_pass(s, PROPERTIES, side->number, IGNORED);
		side->then = CLIENT_ID_LEN;
		break;
	case CLIENT_ID_LEN:
		steps_pass(s, CLIENT_ID, string_len(s), IGNORED);
		break;
	case CLIENT_ID:
		if ((side->flags & FLAG_WILL) != 0)
			properties(p, side, WILL_PROPERTIES);
		else if ((side->flags & FLAG_USER) != 0)
			steps_take(s, USER_LEN, 2);
		else
			steps_rest(s, IGNORED);
		break;
	case WILL_PROPERTIES:
		side->then = WILL_TOPIC_LEN;
		mqtt_properties_begin(side);
		break;
	case WILL_TOPIC_LEN:
		steps_pass(s, WILL_TOPIC, string_len(s), IGNORED);
		break;
	case WILL_TOPIC:
		steps_take(s, WILL_LEN, 2);
		break;
	case WILL_LEN:
		steps_pass(s, WILL, string_len(s), DATA);
		break;
	case WILL:
		db_tell_kind(o, DB_VALUE_END);
		db_tell_kind(o, DB_MESSAGE_END);
		if ((side->flags & FLAG_USER) != 0)
			steps_take(s, USER_LEN, 2);
		else
			steps_rest(s, IGNORED);
		break;
	case USER_LEN:
		steps_take(s, USER, kept_len(s, 0));
		break;
	default:
		/* What follows is the password. */
		db_tell_bytes(o, DB_USER, steps_taken(s));
		steps_rest(s, IGNORED);
		break;
	}
}

static void
publish(const struct mqtt *p, struct mqtt_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	bool acknowledged = (side->kind & QOS) != 0;
	struct span topic;

	switch (s->state) {
	case TOPIC_LEN:
		/* The id that an acknowledgement will name stands right behind it. */
		side->id = acknowledged ? 2 : 0;
		steps_take(s, TOPIC, kept_len(s, side->id));
		break;
	case TOPIC:
		topic = span_of(s->buf, s->have < side->id ? 0 : s->have - side->id);
		if (o->dir == SERVER || !acknowledged || s->short_of)
			request(o, o->dir == CLIENT ? DB_PUBLISH : DB_CONSUME, 0, true);
		else
			request(o, DB_PUBLISH, read_be16(topic.p + topic.len) + UINT64_C(1), false);
		db_tell_bytes(o, DB_TARGET, topic);
		properties(p, side, PUBLISH_PROPERTIES);
		break;
	case PUBLISH_PROPERTIES:
		side->then = PAYLOAD;
		mqtt_properties_begin(side);
		break;
	default:
		db_tell_kind(o, DB_VALUE_END);
		db_tell_kind(o, DB_MESSAGE_END);
		steps_rest(s, IGNORED);
		break;
	}
}

static void
subscribe(const struct mqtt *p, struct mqtt_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	bool leaving = side->kind >> 4 == UNSUBSCRIBE;

	switch (s->state) {
	case SUBSCRIBE_ID:
		request(o, DB_CONSUME, string_len(s) + UINT64_C(1), false);
		properties(p, side, SUBSCRIBE_PROPERTIES);
		break;
	case SUBSCRIBE_PROPERTIES:
		steps_pass(s, PROPERTIES, side->number, IGNORED);
		side->then = FILTER_LEN;
		break;
	case FILTER_LEN:
		if (s->have < 2)
			steps_rest(s, IGNORED);
		else
			steps_take(s, FILTER, kept_len(s, 0));
		break;
	default:
		db_tell_bytes(o, DB_TARGET, steps_taken(s));
		steps_pass(s, FILTER_OPTIONS, leaving ? 0 : 1, IGNORED);
		break;
	}
}

static void
acknowledged(const struct mqtt *p, struct mqtt_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	unsigned kind = side->kind >> 4;

	switch (s->state) {
	case CONNACK_CODE:
		answer(s, o, CONNECT_ID, s->have == 2 ? s->buf[1] : 0);
		break;
	case ACK_ID:
		side->id = string_len(s);
		if (kind == SUBACK || kind == UNSUBACK)
			properties(p, side, ACK_PROPERTIES);
		else
			steps_take(s, ACK_CODE, 1);
		break;
	case ACK_PROPERTIES:
		steps_pass(s, PROPERTIES, side->number, IGNORED);
		side->then = ACK_CODE;
		break;
	default:
		if (s->have == 0 && s->left != 0)
			steps_take(s, ACK_CODE, 1);
		else
			answer(s, o, side->id + UINT64_C(1),
			       s->have == 1 && s->buf[0] >= 0x80 ? s->buf[0] : 0);
		break;
	}
}

/* ------------------------------------------------------------------ both */

static void step(void *arg, struct steps *s);

static void
next_varint(struct mqtt_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint8_t b = s->have == 0 ? 0 : s->buf[0];

	side->number |= (uint32_t)(b & 0x7f) << side->shift;
	side->shift = (uint8_t)(side->shift + 7);
	if ((b & 0x80) != 0 && side->shift < 28) {
		steps_take(s, VARINT, 1);
		return;
	}
	s->lost = (b & 0x80) != 0;
	s->state = side->then;
	step((void *)(uintptr_t)o, s);
}

/* Behind properties, where there are any, comes what is noted. */
static void
behind_properties(struct mqtt_side *side)
{
	struct steps *s = &side->steps;

	if (side->then == CLIENT_ID_LEN || side->then == WILL_TOPIC_LEN || side->then == FILTER_LEN)
		steps_take(s, side->then, 2);
	else if (side->then == ACK_CODE)
		steps_take(s, ACK_CODE, 1);
	else
		steps_pass(s, PAYLOAD, s->left, DATA);
}

static void
step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct mqtt *p = o->parser;
	struct mqtt_side *side = &p->side[o->dir];

	if (s->state == BEGIN) {
		s->left = STEPS_NO_END;
		side->number = 0;
		steps_take(s, KIND, 1);
	} else if (s->state == KIND) {
		side->kind = s->buf[0];
		varint(side, BODY);
	} else if (s->state == VARINT) {
		next_varint(side, o);
	} else if (s->state == BODY) {
		body(side, o);
	} else if (s->state >= MQTT_PROPERTIES) {
		mqtt_properties_step(side, o);
	} else if (s->state == PROPERTIES) {
		behind_properties(side);
	} else if (s->state >= PROTOCOL_LEN && s->state <= USER) {
		connect(p, side, o);
	} else if (s->state >= TOPIC_LEN && s->state <= PAYLOAD) {
		publish(p, side, o);
	} else if (s->state == FILTER_OPTIONS) {
		steps_take(s, FILTER_LEN, 2);
	} else if (s->state >= SUBSCRIBE_ID && s->state <= FILTER) {
		subscribe(p, side, o);
	} else {
		acknowledged(p, side, o);
	}
}

/* A whole packet of a kind that side sends, and another behind it or nothing. */
static bool
begins(unsigned dir, struct span s)
{
	uint32_t len = 0;
	size_t at = 1;
	unsigned kind;

	for (unsigned n = 0; n < 3; n++) {
		if (s.len < 2)
			return false;
		kind = s.p[0] >> 4;
		if (kind == 0 || kind == (dir == CLIENT ? CONNACK : CONNECT) ||
		    (kind != PUBLISH &&
		     (s.p[0] & 15) !=
			 (kind == PUBREL || kind == SUBSCRIBE || kind == UNSUBSCRIBE ? 2 : 0)))
			return false;
		for (at = 1, len = 0; at < s.len && at < 5; at++) {
			len |= (uint32_t)(s.p[at] & 0x7f) << 7 * (at - 1);
			if ((s.p[at] & 0x80) == 0)
				break;
		}
		if (at == s.len || at == 5 || len > s.len - at - 1)
			return false;
		if (len == s.len - at - 1)
			return true;
		s = span_of(s.p + at + 1 + len, s.len - at - 1 - len);
	}
	return true;
}

size_t
mqtt_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn, void *arg)
{
	struct mqtt *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	return db_steps_push(&p->side[dir].steps, data, len, step, db_tell_passed, begins, &o);
}

void
mqtt_gap(void *parser, unsigned dir, uint64_t len)
{
	struct mqtt *p = parser;

	steps_gap(&p->side[dir].steps, len, DB_PASSED_UNREAD);
}

/* MQTT CONNECT: 0x10 | remaining length (1 to 4 bytes) | "MQTT" or "MQIsdp" as a counted string. */
enum probe_answer
mqtt_probe(const struct detect_input *in)
{
	struct span s = in->orig;
	size_t i = 1;

	if (s.len == 0 || s.p[0] != 0x10)
		return PROBE_NO;
	while (i < s.len && i < 5 && (s.p[i] & 0x80) != 0)
		i++;
	if (i == 5)
		return PROBE_NO;
	if (i == s.len)
		return PROBE_MAYBE;
	s = probe_from(s, i + 1);
	if (s.len < 6)
		return s.len > 0 && s.p[0] != 0 ? PROBE_NO : PROBE_MAYBE;
	return memcmp(s.p, "\0\4MQTT", 6) == 0 || memcmp(s.p, "\0\6MQIs", 6) == 0 ? PROBE_YES
										  : PROBE_NO;
}
