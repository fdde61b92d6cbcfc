/* Records of a capture: taken as far as they are plain, what the library says of the same file. */
#include "dataplane/port/pcap_records.h"

#include <pcap/pcap.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/unit.h"

enum { FILE_CAP = 4 << 20, TEXT_CAP = 1 << 20 };

static uint8_t bytes[FILE_CAP];
static size_t nr_bytes;

struct told {
	size_t len;
	unsigned nr;
	char text[TEXT_CAP];
};

static void
put(const void *p, size_t len)
{
	assert_true(nr_bytes + len <= sizeof(bytes));
	memcpy(bytes + nr_bytes, p, len);
	nr_bytes += len;
}

static void
put32(uint32_t v)
{
	put(&v, sizeof(v));
}

static void
begin_file(uint32_t magic, uint16_t minor, uint32_t snaplen)
{
	uint16_t version[2] = { 2, minor };

	nr_bytes = 0;
	put32(magic);
	put(version, sizeof(version));
	put32(0);
	put32(0);
	put32(snaplen);
	put32(DLT_EN10MB);
}

static void
put_record(uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t wire)
{
	static uint8_t frame[PCAP_RECORD_MAX + 16];

	memset(frame, (int)(captured * 7 + fraction), captured);
	put32(seconds);
	put32(fraction);
	put32(captured);
	put32(wire);
	put(frame, captured);
}

static FILE *
file_of(void)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, nr_bytes), nr_bytes);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fdopen(fd, "rb");
}

static void
tell(struct told *t, uint64_t time_us, uint32_t captured, uint32_t wire, const uint8_t *data)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < captured; i++)
		sum = sum * 31 + data[i];
	t->nr++;
	t->len += (size_t)snprintf(t->text + t->len, TEXT_CAP - t->len, "%llu %u %u %x\n",
				   (unsigned long long)time_us, captured, wire, sum);
}

/* The library to its end, and what it then says. */
static void
by_library(pcap_t *pcap, struct told *t)
{
	struct pcap_pkthdr *head;
	const uint8_t *data;
	int r;

	while ((r = pcap_next_ex(pcap, &head, &data)) == 1)
		tell(t,
		     (uint64_t)head->ts.tv_sec * 1000000u +
			 (uint64_t)head->ts.tv_usec / 1000u % 1000000u,
		     head->caplen, head->len, data);
	t->len += (size_t)snprintf(t->text + t->len, TEXT_CAP - t->len, "%d %s\n", r,
				   r == PCAP_ERROR ? pcap_geterr(pcap) : "");
}

/* Returns how many were taken without the library; or as it says that it is no capture. */
static unsigned
compare(void)
{
	static uint8_t buffer[PCAP_RECORDS_BYTES];
	static struct told want, have;
	struct pcap_records r = { .buffer = buffer };
	struct pcap_record record;
	char error[PCAP_ERRBUF_SIZE];
	unsigned taken = 0;

	want.len = have.len = want.nr = have.nr = 0;
	for (unsigned i = 0; i < 2; i++) {
		FILE *f = file_of();
		pcap_t *pcap =
		    pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, error);

		if (pcap == NULL) {
			fclose(f);
			return 0;
		}
		if (i == 1 && pcap_records_begin(&r, fileno(f))) {
			while (pcap_records_next(&r, &record))
				tell(&have, record.time_us, record.captured, record.wire,
				     record.data);
			taken = have.nr;
			assert_int_equal(fseeko(pcap_file(pcap), pcap_records_offset(&r), SEEK_SET),
					 0);
		}
		by_library(pcap, i == 0 ? &want : &have);
		pcap_close(pcap);
	}
	assert_string_equal(have.text, want.text);
	return taken;
}

/* All records of a file that is in order, also where they reach over the buffer's end. */
static void
test_plain(void **state)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d };
	uint64_t seed = 1;

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(magics); m++) {
		begin_file(magics[m], 4, PCAP_RECORD_MAX);
		for (unsigned i = 0; i < 40; i++) {
			uint32_t len =
			    (uint32_t)(test_random(&seed) % (i % 5 == 0 ? 262144 : 1500));

			put_record(1700000000u + i,
				   (uint32_t)(test_random(&seed) %
					      (m == 0 ? 1000000u : 1000000000u)),
				   len, len + i % 3);
		}
		put_record(1, 2, PCAP_RECORD_MAX, PCAP_RECORD_MAX);
		put_record(1, 2, 0, 60);
		assert_int_equal(compare(), 42);
	}
	begin_file(magics[0], 4, 65535);
	assert_int_equal(compare(), 0);
}

/* What is left to the library, and from where on. */
static void
test_not_plain(void **state)
{
	(void)state;
	begin_file(0xd4c3b2a1, 0x0400, 0xffff0000); /* of a machine with the other order of bytes */
	put_record(1, 2, 0, 0);
	assert_int_equal(compare(), 0);
	begin_file(0xa1b2c3d4, 2, 65535); /* lengths were swapped then */
	put_record(1, 2, 60, 60);
	assert_int_equal(compare(), 0);

	begin_file(0xa1b2c3d4, 4, 100); /* longer than the file's limit */
	put_record(1, 2, 60, 60);
	put_record(1, 2, 200, 200);
	put_record(1, 2, 60, 60);
	assert_int_equal(compare(), 1);
	begin_file(0xa1b2c3d4, 4, 0); /* which 0 is not */
	put_record(1, 2, 60, 60);
	assert_int_equal(compare(), 0);
	begin_file(0xa1b2c3d4, 4, 65535); /* a time behind 2038 */
	put_record(1, 2, 60, 60);
	put_record(0x80000001, 2, 60, 60);
	assert_int_equal(compare(), 1);
	begin_file(0xa1b2c3d4, 4, 65535); /* more than a second */
	put_record(1, 1000000, 60, 60);
	assert_int_equal(compare(), 0);
}

/* A file that ends anywhere. */
static void
test_cut(void **state)
{
	(void)state;
	begin_file(0xa1b2c3d4, 4, 65535);
	for (unsigned i = 0; i < 3; i++)
		put_record(i, i, 60, 60);
	for (; nr_bytes > 0; nr_bytes--)
		assert_int_equal(compare(), nr_bytes < 100   ? 0
					    : nr_bytes < 176 ? 1
					    : nr_bytes < 252 ? 2
							     : 3);
}

/* Damaged files, by chance. */
static void
test_damaged(void **state)
{
	uint64_t seed = 5;
	unsigned taken = 0;

	(void)state;
	for (unsigned k = 0; k < 4000; k++) {
		begin_file(k % 2 ? 0xa1b2c3d4 : 0xa1b23c4d, 4, 65535);
		for (unsigned i = 0; i < 8; i++)
			put_record(i, i, (uint32_t)(test_random(&seed) % 80), 60);
		for (unsigned i = 0; i <= k % 3; i++)
			bytes[test_random(&seed) % nr_bytes] = (uint8_t)test_random(&seed);
		taken += compare();
	}
	assert_true(taken > 8000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_not_plain),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
