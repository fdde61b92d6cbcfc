#include "tests/support/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/config.h"
#include "dataplane/publish/record.h"

static char told[4096];

static void
tell(void *arg, const char *line)
{
	size_t len = strlen(told);

	(void)arg;
	snprintf(told + len, sizeof(told) - len, "%s\n", line);
}

static const struct load_case {
	const char *name;
	const char *text;
	const char *want; /* all error lines; "" for none */
} load_cases[] = {
	{ "nothing", "", "" },
	{ "some", "workers = 2; flow = { max = 1000; };\nrecords = { types = [ \"http\" ]; };",
	  "" },
	{ "unknown", "\nworker = 2;\n", "f:2: worker: unknown setting: did you mean workers?\n" },
	{ "unknown in a group", "flow: { maxx = 1; };",
	  "f:1: flow.maxx: unknown setting: did you mean flow.max?\n" },
	{ "unknown group", "frobnicate: { x = 1; };", "f:1: frobnicate: unknown setting\n" },
	{ "wrong type", "\n\nworkers = \"two\";",
	  "f:3: workers = \"two\": must be a whole number 1..64\n" },
	{ "float", "workers = 1.5;", "f:1: workers = 1.5: must be a whole number 1..64\n" },
	{ "bool as number", "poll = { backoff = 1; };",
	  "f:1: poll.backoff = 1: must be true or false\n" },
	{ "below", "reasm = { max_held_bytes = 0; };",
	  "f:1: reasm.max_held_bytes = 0: must be a whole number 1..16777216 bytes\n" },
	{ "negative", "workers = -1;", "f:1: workers = -1: must be a whole number 1..64\n" },
	{ "above, 64 bits", "workers = 99999999999L;",
	  "f:1: workers = 99999999999: must be a whole number 1..64\n" },
	{ "would wrap", "flow = {\n max = 99999999999; };",
	  "f:2: 99999999999: too large: no setting exceeds 2147483647\n" },
	{ "large hexadecimal", "workers = 0xffffffff;",
	  "f:1: 0xffffffff: too large: no setting exceeds 2147483647\n" },
	{ "large only in words", "# 99999999999\n/* 99999999999\n */ sensor = \"99999999999\";",
	  "" },
	{ "word", "dedup = { policy = \"some\"; };",
	  "f:1: dedup.policy = \"some\": must be none, same_vlan or collapse\n" },
	{ "word as text", "memory = { huge = \"maybe\"; };",
	  "f:1: memory.huge = \"maybe\": must be auto, on or off\n" },
	{ "group expected", "flow = 3;", "f:1: flow = 3: must be a group: { ... }\n" },
	{ "list expected", "records = { types = \"http\"; };",
	  "f:1: records.types = \"http\": must be a list of texts: [ \"a\", \"b\" ]\n" },
	{ "unknown type", "records = { types = [ \"httpp\" ]; };",
	  "f:1: records.types = a list: \"httpp\" is no record type: must be all, none, flow, "
	  "http, dns, tls, llm, finding, stats, db, mcp or edge\n" },
	{ "no prefix", "networks = { internal = ( \"10.0.0.0/40\" ); };",
	  "f:1: networks.internal = a list: \"10.0.0.0/40\" is no prefix: must be like 10.0.0.0/8 "
	  "or "
	  "fd00::/8\n" },
	{ "domains",
	  "domains = { vlans = [ \"100-199 300 = 1\", \"200=0\" ]; vnis = [ \"5 = 1\" ]; };", "" },
	{ "domains without one", "domains = {\n vlans = [ \"100\" ]; };",
	  "f:2: domains.vlans = a list: \"100\": must be ids and a domain: \"100-199 300 = 1\"\n" },
	{ "domains of one VLAN", "domains = { vlans = [ \"1-9 = 1\", \"7 = 2\" ]; };",
	  "f:1: domains.vlans = a list: VLAN 7 is in domain 1 already: must be in one\n" },
	{ "domains of numbers", "domains = { vnis = [ 5000 ]; };",
	  "f:1: domains.vnis = a list: must be a list of texts: [ \"a\", \"b\" ]\n" },
	{ "all errors are told", "workers = 0;\nsensors = 1;\nflow = { max = 1; };",
	  "f:1: workers = 0: must be a whole number 1..64\n"
	  "f:2: sensors: unknown setting: did you mean sensor?\n"
	  "f:3: flow.max = 1: must be a whole number 64..67108864 flows\n" },
	{ "syntax", "workers = ;\n", "f:1: syntax error\n" },
	{ "twice", "workers = 1;\nworkers = 2;", "f:2: duplicate setting name\n" },
	{ "port", "ports = ( { device = \"iface:eth1\"; queues = 2; } );", "" },
	{ "port without device", "ports = (\n { queues = 2; } );",
	  "f:2: ports: a port without device: must be a text such as \"iface:eth1\"\n" },
	{ "port of a wrong kind", "ports = ( \"eth0\" );",
	  "f:1: ports = \"eth0\": must be a group: { device = \"...\"; }\n" },
	{ "ports of a wrong kind", "ports = { device = \"x\"; };",
	  "f:1: ports = { ... }: must be a list of groups: ( { device = \"...\"; } )\n" },
	{ "port setting", "ports = ( { device = \"x\"; queue = 2; } );",
	  "f:1: ports.queue = 2: unknown: must be device, queues, tap, domain, "
	  "promiscuous, mtu, descriptors, filter or dedup\n" },
	{ "port's copies", "ports = ( { device = \"x\"; dedup = \"all\"; } );",
	  "f:1: ports.dedup = \"all\": must be \"none\", \"same_vlan\" or \"collapse\"\n" },
	{ "port range", "ports = ( { device = \"x\"; domain = 65536; } );",
	  "f:1: ports.domain = 65536: must be a whole number 0..65535\n" },
	{ "port's MTU", "ports = ( { device = \"x\"; mtu = 65536; } );",
	  "f:1: ports.mtu = 65536: must be a whole number 0..65535\n" },
	{ "port's descriptors", "ports = ( { device = \"x\"; descriptors = \"many\"; } );",
	  "f:1: ports.descriptors = \"many\": must be a whole number 0..32768\n" },
	{ "port's filter", "ports = ( { device = \"x\"; filter = 80; } );",
	  "f:1: ports.filter = 80: must be a pcap-filter(7) expression in double quotes\n" },
	{ "property", "kafka = { properties = { security_protocol = \"SSL\"; }; };", "" },
	{ "property's value is not told", "kafka = { properties = { sasl_password = 12345; }; };",
	  "f:1: kafka.properties.sasl.password: must be a text in double quotes\n" },
};

static void
test_load(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(load_cases); i++) {
		const struct load_case *t = &load_cases[i];
		struct config c;
		int r;

		print_message("%s\n", t->name);
		told[0] = '\0';
		assert_int_equal(config_defaults(&c), 0);
		r = config_load_text(&c, "f", t->text, tell, NULL);
		assert_string_equal(told, t->want);
		assert_int_equal(r, t->want[0] == '\0' ? 0 : -EINVAL);
		config_free(&c);
	}
}

static void
test_values(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(config_defaults(&c), 0);
	assert_int_equal(c.workers, 1);
	assert_true(c.poll_backoff);
	assert_int_equal(c.record_types, (1u << NR_RECORD_TYPES) - 1);
	assert_true(c.networks.nr > 5);
	assert_true(c.sensor[0] != '\0');
	assert_int_equal(c.findings_min_severity, 1);
	assert_string_equal(c.memory_huge, "auto");
	assert_int_equal(
	    config_load_text(&c, "f",
			     "flow = { max = 1000; }; poll = { backoff = false; };"
			     "records = { types = [ \"http\", \"llm\" ]; };"
			     "networks = { internal = [ \"198.51.100.0/24\" ]; };"
			     "dedup = { policy = \"collapse\"; };"
			     "kafka = { properties = { security_protocol = \"SSL\"; }; };"
			     "ports = ( { device = \"a\"; tap = \"t\"; queues = 3; domain = 9;"
			     "            promiscuous = false; mtu = 9000; descriptors = 512;"
			     "            filter = \"tcp\"; }, { device = \"b\"; } );",
			     tell, NULL),
	    0);
	assert_int_equal(c.flow_max, 1000);
	assert_false(c.poll_backoff);
	assert_int_equal(c.record_types, 1u << RECORD_HTTP | 1u << RECORD_LLM);
	assert_int_equal(c.networks.nr, 1);
	assert_int_equal(c.dedup_policy, 2);
	assert_int_equal(c.nr_kafka_properties, 1);
	assert_string_equal(c.kafka_properties[0].name, "security.protocol");
	assert_int_equal(c.nr_ports, 2);
	assert_string_equal(c.ports[0].tap, "t");
	assert_int_equal(c.ports[0].queues, 3);
	assert_int_equal(c.ports[0].domain, 9);
	assert_false(c.ports[0].promiscuous);
	assert_int_equal(c.ports[0].mtu, 9000);
	assert_int_equal(c.ports[0].descriptors, 512);
	assert_string_equal(c.ports[0].filter, "tcp");
	assert_string_equal(c.ports[1].device, "b");
	assert_int_equal(c.ports[1].queues, 1);
	assert_true(c.ports[1].promiscuous);
	assert_int_equal(c.ports[1].mtu, 0);
	assert_int_equal(c.ports[1].descriptors, 0);
	assert_string_equal(c.ports[1].filter, "");
	config_free(&c);
}

static const struct set_case {
	const char *name;
	const char *setting;
	const char *want;
} set_cases[] = {
	{ "number", "workers=4", "" },
	{ "bool", "poll.backoff=false", "" },
	{ "word", "findings.min_severity=high", "" },
	{ "text with =", "cluster=a=b", "" },
	{ "empty text", "spool.dir=", "" },
	{ "list", "records.types=http,llm", "" },
	{ "empty list", "records.types=", "" },
	{ "property", "kafka.properties.linger.ms=1", "" },
	{ "no value", "workers", "\"workers\": must be KEY=VALUE, such as workers=2\n" },
	{ "no key", "=2", "\"=2\": must be KEY=VALUE, such as workers=2\n" },
	{ "unknown", "reasm.max_held=2", "reasm.max_held: unknown setting\n" },
	{ "nearly", "flow.mux=2", "flow.mux: unknown setting: did you mean flow.max?\n" },
	{ "range", "workers=65", "workers = 65: must be a whole number 1..64\n" },
	{ "not a number", "workers=4x", "workers = 4x: must be a whole number 1..64\n" },
	{ "too many digits", "workers=99999999999999999999",
	  "workers = 99999999999999999999: must be a whole number 1..64\n" },
	{ "not a bool", "poll.backoff=yes", "poll.backoff = yes: must be true or false\n" },
	{ "not a word", "log.level=loud",
	  "log.level = loud: must be err, warning, notice or info\n" },
	{ "not a type", "records.types=http,x",
	  "records.types = http,x: \"x\" is no record type: must be all, none, flow, http, dns, "
	  "tls, llm, finding, stats, db, mcp or edge\n" },
};

static void
test_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(set_cases); i++) {
		const struct set_case *t = &set_cases[i];
		struct config c;
		int r;

		print_message("%s\n", t->name);
		told[0] = '\0';
		assert_int_equal(config_defaults(&c), 0);
		r = config_set_reporting(&c, t->setting, tell, NULL);
		assert_string_equal(told, t->want);
		assert_int_equal(r == 0, t->want[0] == '\0');
		config_free(&c);
	}
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Errors inside an @include name the included file. */
static void
test_files(void **state)
{
	char dir[64], main_path[128], part_path[128], want[512];
	struct config c;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_config.%d", (int)getpid());
	snprintf(main_path, sizeof(main_path), "%s/main.conf", dir);
	snprintf(part_path, sizeof(part_path), "%s/part.conf", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	write_file(main_path, "workers = 2;\n@include \"part.conf\"\n");
	assert_int_equal(config_defaults(&c), 0);

	told[0] = '\0';
	write_file(part_path, "\nflow = { max = 5000; };\n");
	assert_int_equal(config_load_reporting(&c, main_path, tell, NULL), 0);
	assert_int_equal(c.workers, 2);
	assert_int_equal(c.flow_max, 5000);

	write_file(part_path, "\nflow = { max = 5; };\n");
	assert_int_equal(config_load_reporting(&c, main_path, tell, NULL), -EINVAL);
	/* libconfig 1.5 names the file as the @include does, later ones with its folder. */
	assert_non_null(strstr(told, "part.conf:2: flow.max = 5: must be a whole number "
				     "64..67108864 flows\n"));

	told[0] = '\0';
	write_file(part_path, "flow = {\nmax = 4294967999; };\n");
	assert_int_equal(config_load_reporting(&c, main_path, tell, NULL), -EINVAL);
	assert_non_null(strstr(told, "part.conf:2: 4294967999: too large: no setting exceeds "
				     "2147483647\n"));

	told[0] = '\0';
	unlink(part_path);
	assert_int_equal(config_load_reporting(&c, main_path, tell, NULL), -EINVAL);
	assert_non_null(strstr(told, "main.conf:2: "));

	told[0] = '\0';
	unlink(main_path);
	assert_int_equal(config_load_reporting(&c, main_path, tell, NULL), -ENOENT);
	snprintf(want, sizeof(want), "%s: No such file or directory\n", main_path);
	assert_string_equal(told, want);
	told[0] = '\0';
	assert_int_equal(config_load_reporting(&c, dir, tell, NULL), -ENOENT);
	snprintf(want, sizeof(want), "%s: is a folder\n", dir);
	assert_string_equal(told, want);
	rmdir(dir);
	config_free(&c);
}

/* The shipped file: it loads, and with every comment taken away its values are the defaults. */
static void
test_shipped_file(void **state)
{
	const char *root = getenv("WEIR_SOURCE_ROOT");
	char path[512], line[256], *text = NULL;
	struct config c, d;
	unsigned named = 0;
	size_t len = 0;
	FILE *in, *out;

	(void)state;
	snprintf(path, sizeof(path), "%s/conf/weir.conf", root != NULL ? root : ".");
	in = fopen(path, "r");
	if (in == NULL)
		skip();
	out = open_memstream(&text, &len);
	while (fgets(line, sizeof(line), in) != NULL) {
		size_t indent = strspn(line, " ");

		for (unsigned t = 0; strstr(line, "record types to") && t < NR_RECORD_TYPES; t++)
			named += strstr(line, record_type_names[t]) != NULL;

		/* "#name = value;" but not "# words", and no list over several lines */
		if (line[indent] == '#' && line[indent + 1] != ' ' && strchr(line, '=') != NULL &&
		    strstr(line, ";\n") != NULL && strchr(line, '{') == NULL)
			line[indent] = ' ';
		fputs(line, out);
	}
	fclose(in);
	fclose(out);
	told[0] = '\0';
	assert_int_equal(config_defaults(&c), 0);
	assert_int_equal(config_defaults(&d), 0);
	assert_int_equal(config_load_reporting(&c, path, tell, NULL), 0);
	assert_int_equal(config_load_text(&c, "weir.conf", text, tell, NULL), 0);
	assert_string_equal(told, "");
	assert_int_equal(named, NR_RECORD_TYPES);
	assert_string_equal(c.sensor, "sensor-1"); /* so comments were taken away */
	assert_int_equal(c.flow_max, d.flow_max);
	assert_int_equal(c.decode_max_ratio, d.decode_max_ratio);
	assert_int_equal(c.record_types, d.record_types);
	assert_int_equal(c.networks.nr, d.networks.nr);
	assert_string_equal(c.kafka_brokers, d.kafka_brokers);
	free(text);
	config_free(&c);
	config_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),	     cmocka_unit_test(test_values),
		cmocka_unit_test(test_set),	     cmocka_unit_test(test_files),
		cmocka_unit_test(test_shipped_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
