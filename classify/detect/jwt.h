/*
 * What a JSON Web Token says of itself: the algorithm, who made it, until when, and for a
 * Kubernetes service account whose it is. Never the token.
 *
 * Texts are the sender's: they are masked like any other before they go into a record.
 */
#ifndef WEIR_JWT_H
#define WEIR_JWT_H

#include <stdbool.h>
#include <stdint.h>

enum { TOKEN_ALG_CAP = 16, TOKEN_ISSUER_CAP = 128, TOKEN_IDENTITY_CAP = 160 };

struct token_claims {
	bool present;
	char alg[TOKEN_ALG_CAP];	   /* empty: not in sight */
	char issuer[TOKEN_ISSUER_CAP];	   /* the same */
	char identity[TOKEN_IDENTITY_CAP]; /* namespace/ServiceAccount/name, or empty */
	uint64_t expires;		   /* seconds since the epoch, 0: not said */
};

#endif
