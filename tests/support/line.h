/* What a test saw, put together as text that is compared with what it should have seen. */
#ifndef WEIR_TEST_LINE_H
#define WEIR_TEST_LINE_H

#include "tests/support/unit.h"

/* All zero is empty. */
struct line {
	char text[2048];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void
put(struct line *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, format, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < sizeof(l->text) - l->len);
	l->len += (size_t)n;
}

#endif
