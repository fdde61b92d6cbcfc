/*
 * One MySQL or MariaDB connection (the manual's "Client/Server Protocol").
 *
 *   packet  length 3, little endian | sequence 1 | payload; one of 0xffffff bytes goes on in the
 * next log-in  the server greets, the client answers with flags, user, proof, database; then proofs
 *           until the server says OK or ERR. A client that wants TLS sends the flags alone, then
 * TLS command code | fields, as packet 0; its answer begins as packet 1
 *
 * Told are user and database, statements and what executes them, rows, affected rows, errors.
 * An answer's kind is read off its own bytes, so that it needs no flags of the log-in: a connection
 * that is joined in the middle is read from its next command on.
 *
 * Limits: of the binary form see mysql_binary.h; a query with attributes of which the log-in was
 * not seen is told as one value; a connection that compresses is unread after the log-in.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_MYSQL_H
#define WEIR_MYSQL_H

#include "classify/proto/db_event.h"

enum mysql_phase { MYSQL_GREETING, MYSQL_LOGIN, MYSQL_COMMANDS, MYSQL_COMPRESSED };

struct mysql_side {
	struct steps steps;
	uint8_t sequence;  /* of the packet at hand */
	bool full;	   /* it is of the greatest size, and so goes on */
	uint8_t full_what; /* what its bytes are */
	uint8_t full_state;
};

/* Parameters or columns: what they are, and which of them is at hand. */
#define MYSQL_MAX_VALUES 62u
struct mysql_values {
	uint8_t nr, at;
	uint64_t nulls, apart; /* a bit each: NULL, and those that were sent by themselves */
	uint8_t types[MYSQL_MAX_VALUES];
};

#define MYSQL_MAX_PREPARED 8u
struct mysql_prepared {
	uint32_t id;
	bool known;
	uint8_t nr, nr_types;
	uint64_t apart;
	uint8_t types[MYSQL_MAX_VALUES];
};

struct mysql {
	struct mysql_side side[2]; /* 0: the client */
	uint8_t phase;		   /* enum mysql_phase */
	uint8_t command;	   /* the client's last; 0: not seen */
	uint8_t result;		   /* what comes next of the answer */
	bool answered_login;	   /* the client has */
	bool infile;		   /* the client sends a file */
	bool compress;
	bool greeted;	       /* the server has, */
	uint32_t server_flags; /* with these */
	uint32_t flags;	       /* of the client */
	uint64_t columns;      /* definitions to come, */
	uint64_t nr_columns;   /* of so many */
	int32_t error;	       /* code of the one at hand */
	uint8_t next_prepared; /* where the next one goes */
	uint8_t executed;      /* which of them is */
	struct mysql_values values[2];
	struct mysql_prepared prepared[MYSQL_MAX_PREPARED];
	uint8_t text; /* which of a definition's texts is at hand */
	uint64_t rows;
};

/* parser is a struct mysql, zeroed; midstream: that direction's beginning was not seen. */
void mysql_init(void *parser, const bool midstream[2]);

/* The next bytes. Returns how many were taken: all, or up to where TLS begins. */
size_t mysql_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		  void *arg);
void mysql_gap(void *parser, unsigned dir, uint64_t len);

/*
 * For a connection whose beginning was missed: is this a command of a client's that has a
 * statement, or runs one that was prepared?
 */
bool mysql_asks(struct span s);

#endif
