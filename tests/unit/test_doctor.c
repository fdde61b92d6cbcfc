#include "tests/support/unit.h"

#include "dataplane/doctor_feed.h"

/* What was told: "LEVEL what: found" lines. */
struct told {
	char text[4096];
	unsigned nr, worst;
};

static void
note(void *arg, enum doctor_level level, const char *what, const char *found, const char *todo)
{
	struct told *t = arg;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%d %s: %s\n", (int)level, what, found);
	t->nr++;
	if (level > t->worst)
		t->worst = level;
	/* What is bad says what to do about it. */
	assert_true(level < DOCTOR_WARN || todo[0] != '\0');
}

static const struct feed_case {
	const char *name;
	const char *counters; /* "name=value ..." over those of a sound feed */
	enum doctor_level worst;
	unsigned nr;
	const char *words; /* all of them, by '|' */
} cases[] = {
	{ "sound", "", DOCTOR_OK, 1, "each packet once" },
	{ "too little to judge by", "feed_packets=10 feed_duplicates=5", DOCTOR_NOTE, 1,
	  "too few" },
	{ "a TAP's half, openers", "feed_src_only=100", DOCTOR_BAD, 1,
	  "who opened a connection|one direction of a TAP" },
	{ "a TAP's half, answers", "feed_dst_only=99", DOCTOR_BAD, 1,
	  "only answers|one direction of a TAP" },
	{ "a trunk's half", "feed_src_only=50 feed_dst_only=50", DOCTOR_BAD, 1,
	  "some the opener's, some the answers" },
	{ "asymmetric routing", "feed_src_only=30", DOCTOR_BAD, 1, "asymmetric routing" },
	{ "a few scans", "feed_src_only=4", DOCTOR_OK, 1, "" },
	{ "few connections", "feed_tcp_flows=7 feed_src_only=7", DOCTOR_OK, 1, "" },
	{ "twice", "feed_duplicates=5000", DOCTOR_BAD, 1,
	  "every packet comes twice|ingress and egress" },
	{ "twice, dropped", "feed_duplicates=5000 drop_duplicate=5000", DOCTOR_WARN, 1, "twice" },
	{ "partly twice", "feed_duplicates=1500", DOCTOR_BAD, 1, "15.0 %|two mirrored ports" },
	{ "three times", "feed_duplicates=6666", DOCTOR_BAD, 1, "three times" },
	{ "a stray copy", "feed_duplicates=50", DOCTOR_OK, 1, "" },
	{ "snaplen", "feed_truncated=6000 feed_acked_unseen_bytes=500000", DOCTOR_BAD, 1,
	  "snaplen" },
	{ "cut by the ring", "nic_cut=10 feed_truncated=10", DOCTOR_BAD, 1, "offloads join" },
	{ "oversubscribed", "feed_acked_unseen_bytes=50000", DOCTOR_BAD, 1,
	  "4.76 %|oversubscribed|do not fit" },
	{ "one link of two", "feed_acked_unseen_bytes=5000000", DOCTOR_BAD, 1, "83 %|a selection" },
	{ "two stray connections", "feed_tcp_flows=20 feed_src_only=2", DOCTOR_OK, 1, "" },
	{ "bursts", "feed_acked_unseen_bytes=1000", DOCTOR_BAD, 1, "oversubscribed|in bursts" },
	{ "lost here", "feed_acked_unseen_bytes=50000 nic_missed=7", DOCTOR_BAD, 1,
	  "this machine lost 7 frames" },
	{ "lost there, some on their way here",
	  "rx_packets=1000000 feed_acked_unseen_bytes=50000 nic_unseen=20", DOCTOR_BAD, 1,
	  "oversubscribed" },
	{ "lost here between workers", "feed_acked_unseen_bytes=50000 drop_ring_full=9", DOCTOR_BAD,
	  1, "this machine lost 9 frames" },
	{ "a segment or two", "feed_acked_unseen_bytes=300", DOCTOR_OK, 1, "" },
	{ "VLAN each way", "feed_vlan_split=100", DOCTOR_NOTE, 1, "another VLAN each way" },
	{ "several VLANs one way", "feed_vlan_mixed=100", DOCTOR_NOTE, 1,
	  "more than one VLAN in the same direction" },
	{ "no IP", "rx_packets=30000 drop_not_ip=20000", DOCTOR_WARN, 1, "carry no IP" },
	{ "checksums", "drop_bad_tcp_checksum=900 drop_bad_ip_checksum=100", DOCTOR_BAD, 1,
	  "10 % of frames have a wrong checksum|before a NIC had filled" },
	{ "a damaged frame or two", "drop_bad_tcp_checksum=9", DOCTOR_OK, 1, "" },
	{ "broken tunnels", "bad_tunnel_vxlan=300 bad_tunnel_gre=20", DOCTOR_WARN, 1,
	  "3 % of frames" },
	{ "records lost", "records_lost=3 output_lost=2", DOCTOR_BAD, 1,
	  "5 records|publisher is slower" },
	{ "output lost", "spool_lost=2", DOCTOR_BAD, 1, "2 records|did not take them" },
	{ "a worker stands still", "workers_stalled=1", DOCTOR_BAD, 1, "a worker stands still" },
	{ "output down", "output_down=1", DOCTOR_BAD, 1, "takes nothing" },
	{ "one queue", "port_0_rx_packets=10000 port_0_queues_used=4 port_0_queue_most=9900",
	  DOCTOR_NOTE, 1, "99 % of frames came by one queue" },
	{ "damaged", "port_0_rx_packets=10000 port_0_errors=4", DOCTOR_BAD, 2,
	  "4 frames came damaged by port 0" },
	{ "two faults", "feed_duplicates=5000 feed_src_only=100", DOCTOR_BAD, 2,
	  "twice|one direction" },
};

static void
put_all(struct doctor_stats *s, const char *counters)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "rx_packets=10000 feed_packets=10000 feed_tcp_flows=100 feed_tcp_bytes=1000000 "
		 "feed_two_way_flows=100 %s",
		 counters);
	for (char *p = text; *p != '\0';) {
		char *equals = strchr(p, '='), *end;

		*equals = '\0';
		doctor_stats_put(s, p, strtoull(equals + 1, &end, 10));
		p = end + strspn(end, " ");
	}
}

static void
check_words(const struct told *t, const char *words)
{
	char text[256];
	char *rest = text, *word;

	snprintf(text, sizeof(text), "%s", words);
	while ((word = strsep(&rest, "|")) != NULL) {
		if (strstr(t->text, word) == NULL)
			fail_msg("\"%s\" is not in: %s", word, t->text);
	}
}

static void
test_feed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct doctor_stats s = { 0 };
		struct told t = { .nr = 0 };
		const struct doctor d = { note, &t };

		print_message("%s\n", cases[i].name);
		put_all(&s, cases[i].counters);
		doctor_feed(&d, &s);
		check_words(&t, cases[i].words);
		assert_int_equal(t.worst, cases[i].worst);
		assert_int_equal(t.nr, cases[i].nr);
	}
}

static void
test_ports(void **state)
{
	struct doctor_stats s = { 0 };
	struct told t = { .nr = 0 };
	const struct doctor d = { note, &t };

	(void)state;
	put_all(&s, "port_0_rx_packets=10000 port_0_feed_packets=10000 port_0_feed_tcp_flows=100 "
		    "port_0_feed_src_only=100 port_1_rx_packets=0 port_1_link_downs=3 "
		    "feed_src_only=100 port_99_rx_packets=1 port_x_rx_packets=1");
	assert_int_equal(s.nr_ports, 2);
	doctor_feed(&d, &s);
	check_words(&t,
		    "nothing came by port 1|port 1 went down 3 times|port 0: only packets of who");
	assert_int_equal(t.nr, 3);
}

static const char records[] =
    "{\"schema\":\"weir.flow/1\",\"feed_duplicates\":7}\n"
    "{\"schema\":\"weir.stats/1\",\"time\":1,\"rx_packets\":5}\n"
    "{\"schema\":\"weir.stats/1\",\"sensor\":\"a:1\",\"rx_packets\":77,\"feed_duplicates\":3,"
    "\"port_1_missed\":4,\"tap\":\"rx_packets\"}\n"
    "{\"schema\":\"weir.http/1\",\"rx_packets\":9}\n";

static const char metrics[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n# HELP weir_rx_packets_total frames\n"
    "# TYPE weir_rx_packets_total counter\nweir_rx_packets_total 77\n"
    "weir_feed_duplicates_total 3\nweir_flows_open 6\n"
    "weir_port_missed_total{port=\"0\",device=\"iface:a\",tap=\"b c\"} 0\n"
    "weir_port_missed_total{port=\"1\",device=\"iface:}\",tap=\"b\"} 4\n"
    "weir_info{version=\"1\"} 1\nweir_\nweir_x{\n{} 4\n";

static struct doctor_stats
read_text(const char *text, int (*read)(FILE *, struct doctor_stats *), int want)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct doctor_stats s = { 0 };

	assert_int_equal(read(f, &s), want);
	fclose(f);
	return s;
}

static void
test_reading(void **state)
{
	struct doctor_stats s = read_text(records, doctor_stats_read_records, 0);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(s.all.rx_packets, 77);
		assert_int_equal(s.all.feed.feed_duplicates, 3);
		assert_int_equal(s.nr_ports, 2);
		assert_int_equal(s.ports[1].missed, 4);
		s = read_text(metrics, doctor_stats_read_metrics, 0);
	}
	read_text("{\"schema\":\"weir.flow/1\"}\n", doctor_stats_read_records, -2);
	read_text("hello\nworld_total 4\n", doctor_stats_read_metrics, -2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
