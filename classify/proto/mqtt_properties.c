#include "classify/proto/mqtt_properties.h"

#include "dataplane/port/cursor.h"

enum state { ID = MQTT_PROPERTIES, LENGTH, TEXT, SKIPPED };

enum property {
	CONTENT_TYPE = 3,
	RESPONSE_TOPIC = 8,
	CORRELATION_DATA = 9,
	SUBSCRIPTION_ID = 11,
	USER_PROPERTY = 38,
};

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

/* Bytes of a number; 0: it is text behind its length, or nobody knows. */
static uint16_t
width(uint8_t id)
{
	static const uint8_t widths[] = {
		[1] = 1,  [2] = 4,  [17] = 4, [19] = 2, [23] = 1, [24] = 4, [25] = 1, [33] = 2,
		[34] = 2, [35] = 2, [36] = 1, [37] = 1, [39] = 4, [40] = 1, [41] = 1, [42] = 1,
	};

	return id < sizeof(widths) ? widths[id] : 0;
}

static bool
is_told(uint8_t id)
{
	return id == CONTENT_TYPE || id == RESPONSE_TOPIC || id == CORRELATION_DATA ||
	       id == USER_PROPERTY;
}

static void
behind(struct mqtt_side *side)
{
	uint32_t left = side->number;

	side->number = 0;
	steps_pass(&side->steps, MQTT_BEHIND_PROPERTIES, left, IGNORED);
}

/* n bytes of the properties come next, all together; or there are no more. */
static void
take(struct mqtt_side *side, uint8_t state, uint16_t n)
{
	if (n > side->number) {
		behind(side);
		return;
	}
	side->number -= n;
	steps_take(&side->steps, state, n);
}

void
mqtt_properties_begin(struct mqtt_side *side)
{
	/* No more than the packet has, so that no step goes without a byte. */
	if (side->number > side->steps.left)
		side->number = (uint32_t)side->steps.left;
	take(side, ID, 1);
}

static void
id(struct mqtt_side *side)
{
	const struct steps *s = &side->steps;

	side->property = s->have == 1 ? s->buf[0] : 0;
	side->value = false;
	if (width(side->property) != 0)
		take(side, SKIPPED, width(side->property));
	else if (side->property == SUBSCRIPTION_ID)
		take(side, SKIPPED, 1);
	else if (side->property == 0 || side->property > USER_PROPERTY)
		behind(side);
	else
		take(side, LENGTH, 2);
}

static void
length(struct mqtt_side *side)
{
	struct steps *s = &side->steps;
	uint32_t len = s->have == 2 ? read_be16(s->buf) : 0;

	if (len > side->number)
		len = side->number;
	side->number -= len;
	steps_pass(s, TEXT, len, is_told(side->property) ? DATA : IGNORED);
}

/* Of a user property the name, or its value. */
static void
text(struct mqtt_side *side, const struct db_out *o)
{
	static const uint8_t colon[] = { ':', ' ' };

	if (side->property == USER_PROPERTY && !side->value) {
		side->value = true;
		db_tell_bytes(o, DB_VALUE, span_of(colon, sizeof(colon)));
		take(side, LENGTH, 2);
		return;
	}
	if (is_told(side->property))
		db_tell_kind(o, DB_VALUE_END);
	take(side, ID, 1);
}

void
mqtt_properties_step(struct mqtt_side *side, const struct db_out *o)
{
	const struct steps *s = &side->steps;

	switch ((enum state)s->state) {
	case ID:
		id(side);
		break;
	case LENGTH:
		length(side);
		break;
	case TEXT:
		text(side, o);
		break;
	case SKIPPED:
		/* The one number that is a varint goes on. */
		if (side->property == SUBSCRIPTION_ID && s->have == 1 && (s->buf[0] & 0x80) != 0)
			take(side, SKIPPED, 1);
		else
			take(side, ID, 1);
		break;
	}
}
