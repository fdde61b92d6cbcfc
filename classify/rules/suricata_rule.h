/*
 * A rule of Suricata, read: what it looks for, in which buffer, and where that must stand. What
 * has no counterpart here and narrows the traffic a rule is for makes it untranslatable; what only
 * describes it does not.
 *
 * A keyword with a dot, and the few old ones like it, names the buffer of what follows; http_uri
 * and its kin name that of the content in front of them; without either it is the payload.
 */
#ifndef WEIR_SURICATA_RULE_H
#define WEIR_SURICATA_RULE_H

#include "classify/rules/rule_import.h"

enum { SURICATA_CONTENT_MAX = 512, SURICATA_CONTENTS_MAX = 16 };

/* How Suricata's buffer and weir's differ. */
enum suricata_kind {
	SURICATA_PAYLOAD, /* all there is, for want of a name */
	SURICATA_SAME,
	SURICATA_URI,	 /* one here, path and query there; the '?' is in neither */
	SURICATA_HEADER, /* all fields, each with its line end; there each by itself */
	SURICATA_FIELD,	 /* the value of one field */
};

struct suricata_buffer {
	const char *keyword;
	enum suricata_kind kind;
	const char *buffers; /* of weir */
	const char *field;   /* of SURICATA_FIELD: its name, as a regex */
	bool of_content;     /* the keyword stands behind its content */
	bool raw;	     /* as sent, where weir's is decoded */
	bool one_way;	     /* only one direction has it, in weir as well */
	bool narrower;	     /* one direction of what weir's has */
};

struct suricata_content {
	const struct suricata_buffer *buffer;
	uint8_t bytes[SURICATA_CONTENT_MAX];
	size_t len;
	bool nocase;
	bool relative; /* behind the one before it, or behind the buffer's beginning */
	unsigned distance, within;
	bool has_within;
	bool front; /* its place is counted from the buffer's beginning, whatever comes before it */
	bool end;   /* nothing comes behind it */
};

struct suricata_rule {
	struct rule_draft draft; /* without buffers and regex */
	struct span action, protocol;
	bool any_address; /* and port */
	bool directed;	  /* flow: one of the two directions */
	struct suricata_content contents[SURICATA_CONTENTS_MAX];
	unsigned nr_contents;
	bool has_pcre, pcre_relative;
	const struct suricata_buffer *pcre_buffer;
	char pcre[IMPORT_REGEX_MAX];
	char pcre_flags[4];
	const struct suricata_buffer *sticky; /* of what comes next */
	bool dotted;			      /* with a dot in front of what the buffer holds */
	bool sized;			      /* the buffer is as long as its only content */
	const char *reason;		      /* it cannot be translated; NULL: not known yet */
};

/* One rule, without line ends. The action's and protocol's text are the line's. */
void suricata_rule_read(struct suricata_rule *r, struct span line);
/* It cannot be translated; the first reason stays. */
void suricata_rule_cannot(struct suricata_rule *r, const char *reason);

#endif
