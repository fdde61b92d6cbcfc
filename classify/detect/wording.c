#include "classify/detect/wording.h"

#include "classify/detect/value.h"

/* An average word has as many letters: 2.5. Random text of A-Z a-z 0-9 has 1.6, of one case more.
 */
enum { WORD_LETTERS_TWICE = 5, CONSONANTS_MAX = 5 };

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_letter(uint8_t c)
{
	return is_alpha(c) || c >= 0x80;
}

static bool
is_consonant(uint8_t c)
{
	return c >= 'a' && c <= 'z' && memchr("aeiouy", c, 6) == NULL;
}

/* A word begins at i: behind no letter, at Upper behind lower, at the last capital of XMLReader. */
static bool
begins_word(struct span s, size_t i)
{
	uint8_t c = s.p[i], before = i == 0 ? 0 : s.p[i - 1];

	if (!is_letter(before))
		return true;
	return is_upper(c) && (!is_upper(before) ||
			       (i + 1 < s.len && s.p[i + 1] >= 'a' && s.p[i + 1] <= 'z' && i >= 1));
}

static bool
is_euro(struct span s, size_t i)
{
	return s.len - i >= 3 && memcmp(s.p + i, "\xe2\x82\xac", 3) == 0;
}

static bool
is_mixed_in(struct span s, size_t i)
{
	return i > 0 && i + 1 < s.len && memchr("$@!%&^+~#", s.p[i], 9) != NULL &&
	       (is_letter(s.p[i - 1]) || is_digit(s.p[i - 1])) &&
	       (is_letter(s.p[i + 1]) || is_digit(s.p[i + 1]));
}

struct wording
wording_of(struct span s)
{
	struct wording w = { 0 };
	size_t run = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		run = is_consonant(c) ? run + 1 : 0;
		w.consonants = run > w.consonants ? run : w.consonants;
		if (is_letter(c)) {
			w.words += begins_word(s, i);
			w.letters += (c & 0xc0) != 0x80; /* UTF-8: not its following bytes */
			w.upper = w.upper || is_upper(c);
			w.foreign = w.foreign || c >= 0x80;
			w.wide = w.wide || (c >= 0xe0 && !is_euro(s, i));
		} else if (is_digit(c)) {
			w.digits++;
		} else if (c == ' ' || c == '\t') {
			w.blanks++;
		} else {
			w.marks++;
			w.signs += memchr("$@%&^+~#", c, 8) != NULL;
			w.mixed = w.mixed || is_mixed_in(s, i);
		}
	}
	return w;
}

bool
wording_is_words(const struct wording *w)
{
	bool long_words = w->words <= 1 || w->letters * 2 >= w->words * WORD_LETTERS_TWICE;

	return w->wide || (long_words && w->consonants <= CONSONANTS_MAX);
}

bool
wording_is_number(const struct wording *w)
{
	return w->letters == 0 && w->digits != 0 && w->digits >= w->marks;
}
