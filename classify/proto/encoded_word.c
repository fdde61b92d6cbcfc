#include "classify/proto/encoded_word.h"

#include <string.h>

#include "classify/proto/base64.h"
#include "classify/proto/quoted_printable.h"
#include "classify/span.h"

/* What may come next of "=?charset?B?text?=". */
static bool
fits(const struct encoded_word *w, uint8_t b)
{
	uint8_t before = w->word[w->len - 1];

	if (w->len == 1)
		return b == '?';
	if (b <= ' ' || b >= 0x7f || w->len == ENCODED_WORD_BYTES)
		return false;
	if (w->marks == 2 && before == '?')
		return strchr("BbQq", b) != NULL;
	if (w->marks == 2)
		return b == '?';
	if (w->marks == 4)
		return b == '=';
	return b != '?' || before != '?' || w->marks == 3;
}

static bool
is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

/* It is no word: it stands as it is, and so do the blanks before it. */
static void
put_held(struct encoded_word *w, encoded_word_fn *fn, void *arg)
{
	if (w->blanks != 0)
		fn(arg, w->blank, w->blanks);
	if (w->len != 0)
		fn(arg, w->word, w->len);
	w->blanks = w->len = w->marks = 0;
	w->behind = false;
}

static size_t
decode_q(struct span text, uint8_t *out)
{
	struct quoted_printable q = { 0 };
	size_t n = quoted_printable_push(&q, text.p, text.len, out);

	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '_' ? ' ' : out[i];
	return n;
}

static void
put_word(struct encoded_word *w, encoded_word_fn *fn, void *arg)
{
	uint8_t out[ENCODED_WORD_BYTES + 8];
	const uint8_t *charset_end = memchr(w->word + 2, '?', w->len - 2u);
	size_t at = (size_t)(charset_end - w->word) + 3, n;
	struct span text = span_of(w->word + at, w->len - 2 - at);
	struct base64 base64 = { 0 };

	if (ascii_lower(charset_end[1]) == 'q') {
		n = decode_q(text, out);
	} else {
		n = base64_push(&base64, text.p, text.len, out);
		n += base64_end(&base64, out + n);
	}
	if (n != 0)
		fn(arg, out, n);
	w->blanks = w->len = w->marks = 0;
	w->behind = true;
}

/* Returns whether b was taken. */
static bool
word_byte(struct encoded_word *w, uint8_t b, encoded_word_fn *fn, void *arg)
{
	if (!fits(w, b)) {
		put_held(w, fn, arg);
		return false;
	}
	w->word[w->len++] = b;
	w->marks = (uint8_t)(w->marks + (b == '?'));
	if (w->marks == 4 && b == '=')
		put_word(w, fn, arg);
	return true;
}

void
encoded_word_push(struct encoded_word *w, const uint8_t *data, size_t len, encoded_word_fn *fn,
		  void *arg)
{
	for (size_t at = 0; at < len;) {
		const uint8_t *mark;
		size_t n;

		if (w->len != 0) {
			at += word_byte(w, data[at], fn, arg);
			continue;
		}
		if (data[at] == '=') {
			w->word[w->len++] = data[at++];
			continue;
		}
		if (w->behind && is_blank(data[at]) && w->blanks < ENCODED_WORD_BLANKS) {
			w->blank[w->blanks++] = data[at++];
			continue;
		}
		put_held(w, fn, arg);
		mark = memchr(data + at, '=', len - at);
		n = mark == NULL ? len - at : (size_t)(mark - (data + at));
		fn(arg, data + at, n);
		at += n;
	}
}

void
encoded_word_end(struct encoded_word *w, encoded_word_fn *fn, void *arg)
{
	put_held(w, fn, arg);
}
