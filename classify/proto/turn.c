#include "classify/proto/turn.h"

#include <string.h>

#include "dataplane/port/cursor.h"

/* Least body of a ClientHello: version, random, empty session id, one cipher, one compression. */
#define LEAST_BODY  41u
#define MOST_RECORD (1u << 14)
#define SERVER	    1u /* direction */

/* Could n bytes be the beginning of a hello? All of TURN_HELLO_BYTES: are they? */
static bool
may_be_hello(const uint8_t *p, size_t n)
{
	static const uint8_t want[TURN_HELLO_BYTES] = { 22, 3, 0, 0, 0, 1, 0, 0, 0, 3, 0 };
	static const uint8_t fixed[TURN_HELLO_BYTES] = {
		255, 255, 0, 0, 0, 255, 255, 0, 0, 255, 0
	};
	uint32_t record, message;

	for (size_t i = 0; i < n; i++) {
		if (((p[i] ^ want[i]) & fixed[i]) != 0)
			return false;
	}
	if (n > 2 && p[2] > 4)
		return false;
	if (n < TURN_HELLO_BYTES)
		return true;
	record = read_be16(p + 3);
	message = read_be16(p + 7);
	/* A record holds the hello, or a first part of it, and nothing else. */
	return p[10] <= 4 && message >= LEAST_BODY && record <= MOST_RECORD && record >= 5 &&
	       record <= message + 4;
}

/* Could n bytes be the beginning of a refusal? All of TURN_HELLO_BYTES: are they? */
static bool
may_be_refusal(const uint8_t *p, size_t n)
{
	static const char want[] = "HTTP/1.";
	size_t known = n < sizeof(want) - 1 ? n : sizeof(want) - 1;

	if (memcmp(p, want, known) != 0)
		return false;
	return (n <= 7 || (p[7] >= '0' && p[7] <= '9')) && (n <= 8 || p[8] == ' ') &&
	       (n <= 9 || p[9] == '4' || p[9] == '5') &&
	       (n <= 10 || (p[10] >= '0' && p[10] <= '9'));
}

enum turn_answer
turn_push(struct turn *t, unsigned dir, const uint8_t *data, size_t len)
{
	uint8_t head[TURN_HELLO_BYTES];
	size_t n = t->nr_held;

	if (len == 0)
		return TURN_PLAIN;
	if (t->speaker != dir + 1) {
		t->speaker = (uint8_t)(dir + 1);
		t->open = true;
	}
	if (!t->open)
		return TURN_PLAIN;
	memcpy(head, t->held, n);
	if (len < sizeof(head) - n) {
		memcpy(head + n, data, len);
		n += len;
	} else {
		memcpy(head + n, data, sizeof(head) - n);
		n = sizeof(head);
	}
	bool refusal = dir == SERVER && may_be_refusal(head, n);

	if ((refusal || may_be_hello(head, n)) && n < sizeof(head)) {
		memcpy(t->held, head, n);
		t->nr_held = (uint8_t)n;
		return TURN_HELD;
	}
	t->open = false;
	if (refusal)
		return TURN_HTTP;
	return n == sizeof(head) && may_be_hello(head, n) ? TURN_HELLO : TURN_PLAIN;
}
