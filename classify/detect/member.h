/*
 * Members of objects: which words near a value are the keys of others than its own.
 *
 *   {"phone":"","last_login":1767761041}      phone is another member's key
 *   {"phones":["+49 30 1234567", 17]}         phones is the key of all that the list holds
 *   {"type":"phone","value":"5551234567"}     here phone is no key
 *   phone=&last_login=1767761041              another member's key, likewise
 *   <phone/><at>1767761041</at>               and an element that is over, or one that follows
 *   phone: ""                                 and the key of a line of YAML, where lines farther to
 *   last_login: 1767761041                    the right, or of a list, are what the key holds
 *
 * A key is what stands in quotes in front of a colon, or in front of '='; of the latter it is
 * another's only where the value has such a key itself, and so it is with keys of lines, which have
 * no blanks and one behind the colon, or are capitals as in vCard; one with a capital and nothing
 * behind it is a heading, and speaks for what is below. What is inside brackets that the key's
 * value opens is the key's own. Where the quotes of a text within a text leave it open, a word is
 * nobody's key. Keys without quotes inside a line are not known.
 *
 * Pure functions over the window.
 */
#ifndef WEIR_MEMBER_H
#define WEIR_MEMBER_H

#include "classify/detect/value.h"

enum member {
	MEMBER_OWN = 1, /* or no key at all */
	MEMBER_OTHER,
	MEMBER_OTHER_VOID, /* a key that says nothing: what it holds is false, a long number, a list
			    */
};

/* Of the word, which stands beside the value in its window. */
enum member member_of(const struct value *v, struct span word);

#endif
