/*
 * A value by its name: where it is, and how it is written.
 *
 *   "db_password": "Zx9kQ2p"     password=Zx9kQ2p     <password>Zx9kQ2p</password>
 *    ^name ^key     ^quoted      ^name    ^bare        ^name    ^element
 *
 * Of a candidate whose match begins with the name's last part, the key, and ends somewhere in the
 * value. Also read are lists of names and values, define(), statements of SQL, Markdown, options
 * of a command, what programs write (["key"] = "x", key: str = "x", setKey("x")) and sentences.
 * Looked at is the window, a few times over; nothing is kept.
 */
#ifndef WEIR_FIELD_H
#define WEIR_FIELD_H

#include "classify/detect/value.h"

enum field_notation { FIELD_QUOTED, FIELD_BARE, FIELD_ELEMENT };

/* Borrows the window of the value it was found in; offsets are into that. */
struct field {
	const uint8_t *w;
	size_t len;
	size_t name, key, key_end; /* db_pass: from d, from p, behind s */
	size_t from, to;	   /* the value */
	enum field_notation notation;
	bool colon;   /* a ':' stands between */
	bool tight;   /* nothing but the separator stands between */
	bool negated; /* != */
	bool listed;  /* a ',' stands between: ("password", "Zx9kQ2p") */
	bool said;    /* a sentence: the password is Zx9kQ2p */
};

/* False when there is no value. */
bool field_find(struct field *f, const struct value *v);

/* What the place says. */
bool field_begins_line(const struct field *f);
bool field_ends_line(const struct field *f); /* but for a comment */
/* DB_PASSWORD=value to the end of the line. */
bool field_is_environment(const struct field *f);
/* ?password=value, password=value&next=, user[password]=value */
bool field_is_form(const struct field *f);
/* user = 'ann' stands before it. */
bool field_follows_user(const struct field *f);

#endif
