/*
 * Any text as a catalogue of AI services: an error that says where, or a catalogue, in which each
 * line is looked up as a host and as a path.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "classify/ai/provider.h"
#include "classify/ai/signature.h"
#include "tests/support/fuzz_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
look_up(const struct provider_catalogue *catalogue, struct span rest)
{
	while (rest.len != 0) {
		struct span line = fuzz_line(&rest);
		const struct provider *p = provider_by_host(catalogue, line);

		if (p != NULL && (p->name == NULL || provider_by_name(catalogue, p->name) != p ||
				  memchr(p->title, '\0', PROVIDER_TITLE_CAP) == NULL))
			abort();
		signature_service(catalogue, line);
		signature_client(catalogue, line);
		signature_engine(catalogue, line, line);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct provider_catalogue *catalogue;
	char err[256], path[32];
	int fd = memfd_create("catalogue", 0);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (provider_load(path, &catalogue, err, sizeof(err)) == 0)
		look_up(catalogue, span_of(data, len));
	else if (memchr(err, '\0', sizeof(err)) == NULL || err[0] == '\0' || catalogue != NULL)
		abort();
	if (catalogue != NULL)
		provider_destroy(catalogue);
	close(fd);
	return 0;
}
