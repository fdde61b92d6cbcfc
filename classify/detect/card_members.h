/*
 * What the members behind a payment card's number say of it.
 *
 *   {"customer":{"number":"4532015112830366","brand":"visa","exp_month":12}}
 *               own key ^^^^^^              the brand agrees, and a month of expiry is there
 *
 * The key of the object around a number may be one that numbers of other kinds have, and then the
 * members beside it decide: the brand that issues such numbers, an expiry date by month, a
 * cardholder. They speak only for a number whose own key says no more than that it is one. Read are
 * names and values as JSON, YAML, forms, elements and calls write them, up to where another object
 * begins, this one ends, or another number as long follows.
 *
 * Pure functions over the window.
 */
#ifndef WEIR_CARD_MEMBERS_H
#define WEIR_CARD_MEMBERS_H

#include "classify/detect/value.h"

/* v->norm has the number's digits. */
bool card_members_say(const struct value *v);

#endif
