/* weir replay [OPTION]... FILE...: the same pipeline over captures. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/cmd.h"
#include "dataplane/cmd_options.h"
#include "dataplane/config.h"
#include "dataplane/core_dump.h"
#include "dataplane/eal.h"
#include "dataplane/log.h"
#include "dataplane/pipeline.h"
#include "dataplane/port/pcap_source.h"

static const char usage_text[] =
    "usage: weir replay [OPTION]... FILE...\n"
    "\n"
    "Runs captures through the pipeline; several files are one run, in the order given; `-` is\n"
    "standard input. Needs no root, NIC or hugepages.\n"
    "\n"
    "  -c, --config FILE     configuration; without it the built-in defaults\n"
    "      --rules DIR       rule files; without it those of the configuration, else the shipped\n"
    "      --workers N       worker threads (1 to 64; may be more than there are processors)\n"
    "      --records LIST    exactly these record types, by commas; or all, or none\n"
    "      --keylog FILE     secrets of TLS sessions (SSLKEYLOGFILE); may be given several times\n"
    "      --output WHERE    - (standard output), a file, or kafka\n"
    "      --pace PERCENT    of the speed of the capture; without it as fast as possible\n"
    "      --set KEY=VALUE   any setting of the configuration, by its dotted name\n"
    "      --allow-core      write a core file when weir crashes, without any memory in it\n"
    "  -q, --quiet           no summary on standard error\n"
    "      --help\n"
    "\n"
    "Records go to the output, the closing ledger to standard error.\n";

struct options {
	struct config config;
	unsigned pace;
	char keylogs[16384]; /* by commas */
	bool quiet;
};

static int
parse_pace(const char *text, unsigned *pace)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || v == 0 || v > 1000000) {
		log_err("--pace: \"%s\": must be a percentage from 1 to 1000000", text);
		return -EINVAL;
	}
	*pace = (unsigned)v;
	return 0;
}

enum {
	OPT_RULES = 256,
	OPT_WORKERS,
	OPT_RECORDS,
	OPT_KEYLOG,
	OPT_OUTPUT,
	OPT_PACE,
	OPT_SET,
	OPT_CORE,
};

/* The first of them stands instead of what the configuration says. */
static int
add_keylog(struct options *o, const char *file)
{
	size_t len = strlen(o->keylogs);

	if (strchr(file, ',') != NULL || len + strlen(file) + 2 > sizeof(o->keylogs)) {
		log_err("--keylog: \"%.200s\": must be a name without commas, and all of them no "
			"longer than %zu bytes",
			file, sizeof(o->keylogs));
		return -EINVAL;
	}
	snprintf(o->keylogs + len, sizeof(o->keylogs) - len, "%s%s", len != 0 ? "," : "", file);
	return cmd_options_set(&o->config, "tls.keylog", o->keylogs);
}

static int
take_option(void *arg, int opt)
{
	struct options *o = arg;

	switch (opt) {
	case 'q':
		o->quiet = true;
		return 0;
	case OPT_RULES:
		return cmd_options_set(&o->config, "rules.dir", optarg);
	case OPT_WORKERS:
		return cmd_options_set(&o->config, "workers", optarg);
	case OPT_RECORDS:
		return cmd_options_set(&o->config, "records.types", optarg);
	case OPT_KEYLOG:
		return add_keylog(o, optarg);
	case OPT_OUTPUT:
		return cmd_options_set(&o->config, "output", optarg);
	case OPT_PACE:
		return parse_pace(optarg, &o->pace);
	case OPT_SET:
		return config_set(&o->config, optarg);
	case OPT_CORE:
		return core_dump_allow() != 0 ? CMD_FAILED : 0;
	default:
		return -EINVAL;
	}
}

static const struct option long_options[] = {
	{ "config", required_argument, NULL, CMD_OPT_CONFIG },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "records", required_argument, NULL, OPT_RECORDS },
	{ "keylog", required_argument, NULL, OPT_KEYLOG },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "set", required_argument, NULL, OPT_SET },
	{ "allow-core", no_argument, NULL, OPT_CORE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, CMD_OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* The status to end with, or -1 to go on. */
static int
parse(struct options *o, int argc, char **argv)
{
	const struct cmd_options options = {
		"replay", usage_text, ":c:q", long_options, take_option, o,
	};
	const char *file;
	int status = cmd_options_read(&options, argc, argv, &o->config, &file);

	if (status >= 0)
		return status;
	if (optind == argc) {
		log_err("replay: no capture file given: see weir replay --help");
		return CMD_USAGE;
	}
	return -1;
}

static void
progress(void *arg)
{
	static uint64_t last;
	uint64_t done, total;

	pcap_source_progress(arg, &done, &total);
	if (!isatty(STDERR_FILENO) || total == 0 || done - last < total / 100)
		return;
	last = done;
	fprintf(stderr, "\rweir: %3u %%", (unsigned)(done * 100 / total));
}

static void
print_nonzero(void *arg, const char *name, uint64_t value)
{
	const char *prefix = arg;

	if (value != 0 && strncmp(name, prefix, strlen(prefix)) == 0)
		fprintf(stderr, "  %-32s %12" PRIu64 "\n", name, value);
}

static void
pick_late(void *arg, const char *name, uint64_t value)
{
	uint64_t *late = arg;

	if (strcmp(name, "merge_late") == 0)
		*late = value;
}

/* Records in the order of their time are a promise; see flow_table_reschedule for how it breaks. */
static int
check_order(const struct pipeline *p)
{
	uint64_t late = 0;

	pipeline_put_counters(p, pick_late, &late);
	if (late == 0)
		return 0;
	log_err("order: %" PRIu64 " records came behind later ones: this is a defect of weir",
		late);
	return -EIO;
}

/* The ledger: every frame has one fate, and the sums agree. */
static int
print_ledger(const struct pipeline *p, bool quiet)
{
	struct worker_counters c;
	uint64_t fates;

	pipeline_counters(p, &c);
	fates = worker_counters_fates(&c);
	if (fates != c.rx_packets)
		log_err("ledger: %" PRIu64 " frames received, %" PRIu64 " accounted for",
			c.rx_packets, fates);
	if (quiet)
		return fates == c.rx_packets ? 0 : -EIO;
	if (isatty(STDERR_FILENO))
		fputc('\r', stderr);
	fprintf(stderr,
		"weir: %" PRIu64 " received = %" PRIu64 " used + %" PRIu64 " held + %" PRIu64
		" dropped\n",
		c.rx_packets, c.used_packets, c.held_packets,
		fates - c.used_packets - c.held_packets);
	worker_counters_put(&c, print_nonzero, "drop_");
	fprintf(stderr, "  %-32s %12" PRIu64 "\n", "payload_bytes", c.payload_bytes);
	pipeline_put_counters(p, print_nonzero, "delivered_bytes");
	pipeline_put_counters(p, print_nonzero, "missed_bytes");
	pipeline_put_counters(p, print_nonzero, "inspected_bytes");
	pipeline_put_counters(p, print_nonzero, "not_inspected_");
	pipeline_put_counters(p, print_nonzero, "flows_opened");
	pipeline_put_counters(p, print_nonzero, "records_");
	return fates == c.rx_packets ? 0 : -EIO;
}

static int
run(const struct options *o, const char *const *files, unsigned nr)
{
	struct pipeline_options po = {
		.config = &o->config,
		.replay = true,
		.nr_sources = 1,
		.captures = files,
		.nr_captures = nr,
	};
	struct pcap_source *source = NULL;
	struct pipeline *p = NULL;
	int status = CMD_FAILED;

	if (pipeline_create(&po, &p) != 0)
		return CMD_FAILED;
	if (pcap_source_create(files, nr, pipeline_pool(p), o->pace, &source) != 0)
		goto out;
	pipeline_add_source(p, pcap_source_source(source), -1);
	if (pipeline_start(p) != 0)
		goto out;
	pipeline_wait(p, progress, source);
	pipeline_put_stats(p, pcap_source_time(source));
	status = pipeline_finish(p) != 0 || pcap_source_status(source) != 0 ? CMD_FAILED : CMD_OK;
	if (print_ledger(p, o->quiet) != 0 || check_order(p) != 0)
		status = CMD_FAILED;
out:
	pcap_source_destroy(source);
	pipeline_destroy(p);
	return status;
}

int
cmd_replay(int argc, char **argv)
{
	static struct options o;
	struct eal_options eal;
	int status;

	config_defaults(&o.config);
	if (cmd_options_set(&o.config, "memory.mbufs", "8192") != 0)
		return CMD_FAILED;
	status = parse(&o, argc, argv);
	if (status >= 0) {
		config_free(&o.config);
		return status;
	}
	log_set_level((enum log_level)o.config.log_level);
	eal = (struct eal_options) {
		.nr_workers = (unsigned)o.config.workers,
		.memory_mb = pipeline_memory_mb(&o.config),
		.huge = "off", /* a replay must not take what a live run was given */
	};
	if (eal_start(&eal) != 0)
		return CMD_FAILED;
	status = run(&o, (const char *const *)argv + optind, (unsigned)(argc - optind));
	eal_stop();
	config_free(&o.config);
	return status;
}
