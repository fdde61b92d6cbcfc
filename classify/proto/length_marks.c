#include "classify/proto/length_marks.h"

#include <string.h>

enum { MOST_HIGH = 0x20 };

void
length_marks_begin(struct length_marks *m, uint8_t first)
{
	*m = (struct length_marks) { .begun = true, .text = first != 0 };
}

size_t
length_marks_push(struct length_marks *m, const uint8_t *data, size_t len)
{
	if (m->text)
		return len;
	for (size_t i = 0; i < len; i++) {
		if (m->zeros == 0) {
			const uint8_t *zero = memchr(data + i, 0, len - i);

			if (zero == NULL)
				return len;
			i = (size_t)(zero - data);
			m->zeros = 1;
		} else if (m->high || (m->zeros == 3 && data[i] != 0)) {
			*m = (struct length_marks) { .begun = m->begun };
			return i;
		} else if (data[i] == 0) {
			m->zeros = (uint8_t)(m->zeros + (m->zeros < 3));
		} else if (m->zeros == 2 && data[i] < MOST_HIGH) {
			m->high = true;
		} else {
			m->zeros = 0;
		}
	}
	return len;
}
