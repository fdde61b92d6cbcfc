/*
 * Input: bytes 0, 1 and 2 choose a validator and where in the window the candidate begins and ends;
 * byte 3 how it is masked; the rest is the window. What is confirmed lies within the window, and
 * asking again says the same.
 */
#include <stdlib.h>

#include "classify/detect/jwt.h"
#include "classify/detect/mask.h"
#include "classify/detect/validators.h"

enum { HEAD_BYTES = 4, MASK_CAP = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const char *text, size_t cap)
{
	if (memchr(text, '\0', cap) == NULL)
		abort();
}

static int
ask(const struct validator *validator, struct value *v, struct token_claims *claims)
{
	int points;

	v->claims = claims;
	points = validator->check(v);
	if (points == 0)
		return 0;
	if (points < 0 || v->start > v->end || v->end > v->len || v->norm_len > VALUE_NORM_CAP)
		abort();
	check_text(claims->alg, sizeof(claims->alg));
	check_text(claims->issuer, sizeof(claims->issuer));
	check_text(claims->identity, sizeof(claims->identity));
	return points;
}

static void
check_mask(const struct value *v, uint8_t how)
{
	struct rule rule = { .data_type = "a.b",
			     .show = (enum show)(how % (SHOW_PREFIX + 1)),
			     .show_prefix = how / 16 };
	char out[MASK_CAP];
	size_t cap = 2 + how % (MASK_CAP - 1);

	if (mask_value(&rule, v, out, cap) >= cap || memchr(out, '\0', cap) == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static size_t nr_validators;
	struct token_claims claims[2] = { { 0 }, { 0 } };
	const struct validator *validator;
	struct value first, again;
	size_t start, end;
	uint8_t *window;
	int points;

	while (validator_at(nr_validators) != NULL)
		nr_validators++;
	if (len <= HEAD_BYTES)
		return 0;
	len -= HEAD_BYTES;
	validator = validator_at(data[0] % nr_validators);
	start = data[1] % len;
	end = start + 1 + data[2] % (len - start);
	/* A copy of exact length: a sanitizer sees a read behind it. */
	window = malloc(len);
	memcpy(window, data + HEAD_BYTES, len);
	value_init(&first, window, len, start, end);
	value_init(&again, window, len, start, end);
	points = ask(validator, &first, &claims[0]);
	if (points != ask(validator, &again, &claims[1]) || first.start != again.start ||
	    first.end != again.end || first.norm_len != again.norm_len ||
	    memcmp(first.norm, again.norm, first.norm_len) != 0)
		abort();
	if (points != 0)
		check_mask(&first, data[3]);
	free(window);
	return 0;
}
