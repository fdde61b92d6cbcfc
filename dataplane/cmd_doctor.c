/* weir doctor [OPTION]... [FILE...]: what is wrong with the machine and with the feed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "dataplane/cmd.h"
#include "dataplane/cmd_options.h"
#include "dataplane/config.h"
#include "dataplane/doctor_feed.h"
#include "dataplane/doctor_machine.h"
#include "dataplane/eal.h"
#include "dataplane/log.h"
#include "dataplane/metrics.h"
#include "dataplane/pipeline.h"
#include "dataplane/port/pcap_source.h"

static const char usage_text[] =
    "usage: weir doctor [OPTION]... [FILE...]\n"
    "\n"
    "Tells what is wrong with the machine, and with the feed: of captures, of a running weir, or\n"
    "of the stats records that one left. Changes nothing; needs no root.\n"
    "\n"
    "  -c, --config FILE     configuration: its ports and limits are looked at, and the weir that\n"
    "                        runs with it is asked (metrics.listen); without it the defaults\n"
    "      --stats FILE      judge the feed by the last stats record in FILE (- is standard "
    "input)\n"
    "      --metrics ADDR    judge the feed of the weir whose metrics are at ADDRESS:PORT\n"
    "      --root DIR        look at the machine whose /proc, /sys and /dev are below DIR\n"
    "      --set KEY=VALUE   any setting of the configuration, by its dotted name\n"
    "      --help\n"
    "\n"
    "With FILEs, captures, the machine is not looked at. Exit status: 0 nothing has to be done, 1\n"
    "something is bad or could not be looked at, 2 usage.\n";

#define ASK_TIMEOUT_S 3

enum { OPT_STATS = 256, OPT_METRICS, OPT_ROOT, OPT_SET };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, CMD_OPT_CONFIG },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "metrics", required_argument, NULL, OPT_METRICS },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "set", required_argument, NULL, OPT_SET },
	{ "help", no_argument, NULL, CMD_OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

struct options {
	struct config config;
	const char *stats, *metrics, *root; /* NULL: not given */
	unsigned nr_bad;
};

static void
print_told(void *arg, enum doctor_level level, const char *what, const char *found,
	   const char *todo)
{
	static const char *const levels[] = { "ok", "note", "warn", "BAD" };
	struct options *o = arg;

	printf("  %-5s %s: %s\n", levels[level], what, found);
	if (todo[0] != '\0')
		printf("        -> %s\n", todo);
	o->nr_bad += level == DOCTOR_BAD;
}

static int
take_option(void *arg, int opt)
{
	struct options *o = arg;

	switch (opt) {
	case OPT_STATS:
		o->stats = optarg;
		return 0;
	case OPT_METRICS:
		o->metrics = optarg;
		return 0;
	case OPT_ROOT:
		o->root = optarg;
		return 0;
	case OPT_SET:
		return config_set(&o->config, optarg);
	default:
		return -EINVAL;
	}
}

static int
run_captures(const struct config *config, const char *const *files, unsigned nr,
	     struct doctor_stats *s)
{
	struct pipeline_options po = { .config = config, .replay = true, .nr_sources = 1 };
	struct pcap_source *source = NULL;
	struct pipeline *p = NULL;
	int r = pipeline_create(&po, &p);

	if (r == 0)
		r = pcap_source_create(files, nr, pipeline_pool(p), 0, &source);
	if (r == 0) {
		pipeline_add_source(p, pcap_source_source(source), -1);
		r = pipeline_start(p);
	}
	if (r == 0) {
		pipeline_wait(p, NULL, NULL);
		r = pipeline_finish(p);
		if (pcap_source_status(source) != 0)
			r = -EIO;
		pipeline_put_counters(p, doctor_stats_put, s);
	}
	pcap_source_destroy(source);
	pipeline_destroy(p);
	return r;
}

/* A replay whose records nobody wants. */
static int
judge_captures(struct options *o, const char *const *files, unsigned nr)
{
	const struct doctor d = { print_told, o };
	struct doctor_stats s = { 0 };
	struct eal_options eal;
	int r;

	if (config_set(&o->config, "records.types=none") != 0 ||
	    config_set(&o->config, "output=/dev/null") != 0 ||
	    config_set(&o->config, "memory.mbufs=8192") != 0)
		return CMD_FAILED;
	eal = (struct eal_options) { .nr_workers = (unsigned)o->config.workers,
				     .memory_mb = pipeline_memory_mb(&o->config),
				     .huge = "off" };
	if (eal_start(&eal) != 0)
		return CMD_FAILED;
	r = run_captures(&o->config, files, nr, &s);
	eal_stop();
	if (r != 0)
		return CMD_FAILED;
	printf("feed of %s%s\n", files[0], nr > 1 ? " and the other captures" : "");
	doctor_feed(&d, &s);
	return o->nr_bad == 0 ? CMD_OK : CMD_FAILED;
}

/* The metrics of a running weir as a stream, or NULL with errno. */
static FILE *
ask(const struct sockaddr_storage *address, socklen_t len)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	const struct timeval patience = { .tv_sec = ASK_TIMEOUT_S };
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f = NULL;

	if (fd < 0)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)address, len) == 0 &&
	    send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == sizeof(request) - 1)
		f = fdopen(fd, "r");
	if (f == NULL)
		close(fd);
	return f;
}

/* must: that nobody answers is an error, and not only told. */
static int
judge_running(struct options *o, const char *listen, bool must)
{
	const struct doctor d = { print_told, o };
	struct sockaddr_storage address;
	struct doctor_stats s;
	socklen_t len;
	FILE *from;
	int r;

	if (metrics_address(listen, &address, &len) != 0)
		return CMD_USAGE;
	from = ask(&address, len);
	r = from != NULL ? doctor_stats_read_metrics(from, &s) : -errno;
	if (from != NULL)
		fclose(from);
	printf("feed of the weir at %s\n", listen);
	if (r == 0)
		doctor_feed(&d, &s);
	else
		doctor_tell(&d, must ? DOCTOR_BAD : DOCTOR_NOTE, "feed",
			    "give captures (weir doctor FILE...), or --stats", "%s",
			    r == -ENOENT ? "what answers is no weir" : "nobody answers");
	return CMD_OK;
}

static int
judge_stats(struct options *o, const char *file)
{
	const struct doctor d = { print_told, o };
	FILE *from = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	struct doctor_stats s;
	int r;

	if (from == NULL) {
		log_err("doctor: %s: %s: must be a file of records", file, strerror(errno));
		return CMD_FAILED;
	}
	r = doctor_stats_read_records(from, &s);
	if (from != stdin)
		fclose(from);
	if (r != 0) {
		log_err("doctor: %s: holds no stats record: must be what weir wrote, with "
			"records.types all or stats",
			file);
		return CMD_FAILED;
	}
	printf("feed of the last stats record in %s\n", file);
	doctor_feed(&d, &s);
	return CMD_OK;
}

static void
judge_machine(struct options *o)
{
	const struct doctor d = { print_told, o };
	const struct doctor_machine m = {
		.root = o->root != NULL ? o->root : "",
		.config = &o->config,
		.eal_mb = pipeline_memory_mb(&o->config),
		.total_mb = pipeline_least_mb(&o->config),
	};

	printf("machine\n");
	doctor_machine(&d, &m);
}

static int
examine(struct options *o)
{
	int status = CMD_OK;

	/* Whoever asks about a feed only, or about another machine only, gets that. */
	if ((o->stats == NULL && o->metrics == NULL) || o->root != NULL)
		judge_machine(o);
	if (o->stats != NULL)
		status = judge_stats(o, o->stats);
	else if (o->metrics != NULL)
		status = judge_running(o, o->metrics, true);
	else if (o->root == NULL && o->config.metrics_listen[0] != '\0')
		status = judge_running(o, o->config.metrics_listen, false);
	return status != CMD_OK ? status : o->nr_bad == 0 ? CMD_OK : CMD_FAILED;
}

int
cmd_doctor(int argc, char **argv)
{
	static struct options o;
	const struct cmd_options options = {
		"doctor", usage_text, ":c:", long_options, take_option, &o,
	};
	const char *file;
	int status;

	config_defaults(&o.config);
	status = cmd_options_read(&options, argc, argv, &o.config, &file);
	if (status < 0 && optind < argc)
		status = judge_captures(&o, (const char *const *)argv + optind,
					(unsigned)(argc - optind));
	else if (status < 0)
		status = examine(&o);
	config_free(&o.config);
	return status;
}
