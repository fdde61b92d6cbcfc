#include "classify/proto/expand_label.h"

#include <string.h>

#include <nettle/hkdf.h>
#include <nettle/nettle-meta.h>

#define PREFIX	     "tls13 "
#define PREFIX_BYTES (sizeof(PREFIX) - 1)
#define MAX_LABEL    24u

/* length 2 | label <7..255>, "tls13 " before it | context <0..255> */
void
expand_label(const struct nettle_mac *mac, void *hmac, const char *label, size_t len, uint8_t *out)
{
	uint8_t info[4 + PREFIX_BYTES + MAX_LABEL];
	size_t n = PREFIX_BYTES + strlen(label);

	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)n;
	memcpy(info + 3, PREFIX, PREFIX_BYTES);
	memcpy(info + 3 + PREFIX_BYTES, label, n - PREFIX_BYTES);
	info[3 + n] = 0;
	hkdf_expand(hmac, mac->update, mac->digest, mac->digest_size, 4 + n, info, len, out);
}
