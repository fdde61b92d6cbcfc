/*
 * What the parts of `weir doctor` have in common: a diagnosis is a level, what was looked at, what
 * was found, and what to do about it.
 */
#ifndef WEIR_DOCTOR_H
#define WEIR_DOCTOR_H

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE, /* worth knowing; nothing has to be done */
	DOCTOR_WARN, /* weir works, with less */
	DOCTOR_BAD,  /* weir does not work, or does not see what it should */
};

/* what: one or two words; found: a sentence; todo: what to do, "" for nothing. Borrowed. */
typedef void doctor_tell_fn(void *arg, enum doctor_level level, const char *what, const char *found,
			    const char *todo);

struct doctor {
	doctor_tell_fn *tell;
	void *arg;
};

/* Tells with found spelled as by printf. */
void doctor_tell(const struct doctor *d, enum doctor_level level, const char *what,
		 const char *todo, const char *found, ...) __attribute__((format(printf, 5, 6)));

#endif
