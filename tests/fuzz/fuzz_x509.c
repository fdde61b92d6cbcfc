/* Input: a certificate. Texts end, numbers are in range, and reading twice says the same. */
#include <stdlib.h>

#include "classify/proto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(const char *text)
{
	if (memchr(text, '\0', X509_NAME_CAP) == NULL)
		abort();
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct x509_facts f;

	x509_read(span_of(data, len), &f);
	check(f.subject);
	check(f.issuer);
	if (f.nr_san > X509_MAX_SAN || f.not_after_us >> 53 != 0)
		abort();
	for (unsigned i = 0; i < f.nr_san; i++)
		check(f.san[i]);
	return 0;
}
