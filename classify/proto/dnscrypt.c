#include "classify/proto/dnscrypt.h"

#include <string.h>
#include <strings.h>

#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

#define DNS_HDR_LEN	  12u
#define FIXED_PART	  48u	  /* of an encrypted answer: magic 8 | nonce 24 | tag 16 */
#define FLAGS_NOT_A_QUERY 0x7840u /* opcode, and the bit that must be zero */
#define TYPE_TXT	  16u

/* The first two labels of the name that is asked for. */
static const char cert_labels[] = "\0012\015dnscrypt-cert";

bool
dnscrypt_in_clear(const uint8_t *data, size_t len)
{
	return len > DNS_HDR_LEN && (read_be16(data + 2) & FLAGS_NOT_A_QUERY) == 0 &&
	       read_be16(data + 4) == 1 && read_be16(data + 8) == 0;
}

static bool
asks_certificate(struct span s)
{
	size_t len = sizeof(cert_labels) - 1;

	return s.len > DNS_HDR_LEN + len && dnscrypt_in_clear(s.p, s.len) &&
	       strncasecmp((const char *)s.p + DNS_HDR_LEN, cert_labels, len) == 0;
}

static bool
is_encrypted_answer(struct span s)
{
	return s.len > FIXED_PART && memcmp(s.p, "r6fnvWj8", 8) == 0;
}

enum probe_answer
dnscrypt_probe(const struct detect_input *in)
{
	if (is_encrypted_answer(in->orig) || is_encrypted_answer(in->resp))
		return PROBE_YES;
	return asks_certificate(in->orig) || asks_certificate(in->resp) ? PROBE_YES : PROBE_NO;
}

/* Certificate: "DNSC" | version of the construction 2 bytes, 1 or 2 | minor version 2, 0. */
bool
dnscrypt_certified(const struct dns_message *m)
{
	for (unsigned i = 0; i < m->nr_answers; i++) {
		const char *text = m->answers[i].text;

		if (m->answers[i].type == TYPE_TXT &&
		    (strncmp(text, "DNSC\\000\\001\\000\\000", 20) == 0 ||
		     strncmp(text, "DNSC\\000\\002\\000\\000", 20) == 0))
			return true;
	}
	return false;
}
