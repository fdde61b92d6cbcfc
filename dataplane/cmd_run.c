/* weir run -c FILE: live, on the ports of the configuration. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "dataplane/cmd.h"
#include "dataplane/cmd_options.h"
#include "dataplane/config.h"
#include "dataplane/core_dump.h"
#include "dataplane/eal.h"
#include "dataplane/exposition.h"
#include "dataplane/log.h"
#include "dataplane/metrics.h"
#include "dataplane/notify.h"
#include "dataplane/pipeline.h"
#include "dataplane/port/ports.h"

#define SECOND_US 1000000u /* metrics are renewed, and systemd is told, this often */

static const char usage_text[] =
    "usage: weir run -c FILE [OPTION]...\n"
    "\n"
    "  -c, --config FILE     configuration; names the ports\n"
    "      --set KEY=VALUE   any setting of the configuration, by its dotted name\n"
    "      --allow-core      write a core file when weir crashes, without any memory in it\n"
    "      --help\n"
    "\n"
    "SIGTERM and SIGINT end it with all records delivered; SIGHUP reads the rules anew.\n";

static volatile sig_atomic_t stop_wanted, reload_wanted;

static void
on_signal(int sig)
{
	if (sig == SIGHUP)
		reload_wanted = 1;
	else
		stop_wanted = 1;
}

struct run {
	struct config config;
	struct ports *ports;
	struct pipeline *pipeline;
	struct watchdog watchdog;
	struct metrics *metrics; /* NULL: none */
	struct exposition exposition;
	uint64_t next_stats_us, next_second_us, start_us;
	bool stopping;
};

enum { OPT_SET = 256, OPT_CORE };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, CMD_OPT_CONFIG },
	{ "set", required_argument, NULL, OPT_SET },
	{ "allow-core", no_argument, NULL, OPT_CORE },
	{ "help", no_argument, NULL, CMD_OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static int
take_option(void *arg, int opt)
{
	struct run *r = arg;

	if (opt == OPT_CORE)
		return core_dump_allow() != 0 ? CMD_FAILED : 0;
	return config_set(&r->config, optarg);
}

/* The status to end with, or -1 to go on. */
static int
parse(struct run *r, int argc, char **argv)
{
	const struct cmd_options options = {
		"run", usage_text, ":c:", long_options, take_option, r,
	};
	struct sockaddr_storage address;
	const char *file;
	socklen_t len;
	int status = cmd_options_read(&options, argc, argv, &r->config, &file);

	if (status >= 0)
		return status;
	if (file == NULL || optind != argc) {
		log_err("run: %s: see weir run --help",
			file == NULL ? "no configuration given (-c FILE)" : argv[optind]);
		return CMD_USAGE;
	}
	if (r->config.nr_ports == 0) {
		log_err("ports: none configured: must be at least one, such as ( { device = "
			"\"iface:eth1\"; } )");
		return CMD_USAGE;
	}
	if (r->config.metrics_listen[0] != '\0' &&
	    metrics_address(r->config.metrics_listen, &address, &len) != 0)
		return CMD_USAGE;
	return -1;
}

static uint64_t
clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void
publish_metrics(struct run *r)
{
	const struct exposition_about about = {
		.version = WEIR_VERSION,
		.ruleset = pipeline_ruleset(r->pipeline),
		.start_s = r->start_us / 1000000u,
	};
	char *text = NULL;
	char why[1024];
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	bool healthy;

	if (to == NULL)
		return;
	exposition_begin(&r->exposition, &r->config);
	pipeline_put_counters(r->pipeline, exposition_put, &r->exposition);
	pipeline_put_calls(r->pipeline, exposition_put, &r->exposition);
	exposition_write(&r->exposition, to, &about);
	healthy = watchdog_healthy(&r->watchdog, why, sizeof(why));
	if (fclose(to) == 0)
		metrics_publish(r->metrics, text, len, healthy, why);
	else
		free(text);
}

/* With WatchdogSec, systemd starts weir anew when it does not hear this. */
static void
tell_manager(const struct run *r)
{
	struct worker_counters c;
	char text[256], why[128];

	pipeline_counters(r->pipeline, &c);
	watchdog_healthy(&r->watchdog, why, sizeof(why));
	why[strcspn(why, "\n")] = '\0';
	snprintf(text, sizeof(text), "STATUS=%" PRIu64 " frames received, %" PRIu64 " used%s%s%s",
		 c.rx_packets, c.used_packets, why[0] != '\0' ? ": " : "", why,
		 watchdog_moving(&r->watchdog) ? "\nWATCHDOG=1" : "");
	notify_send(text);
}

static void
watch(struct run *r, uint64_t now_us)
{
	uint64_t mono_us = clock_us(CLOCK_MONOTONIC);
	struct watchdog_pulse pulse;

	ports_watch(r->ports, now_us);
	pipeline_pulse(r->pipeline, &pulse);
	/* While it ends, workers leave one by one. */
	if (!r->stopping)
		watchdog_look(&r->watchdog, &pulse, mono_us);
	if (mono_us < r->next_second_us)
		return;
	r->next_second_us = mono_us + SECOND_US;
	if (r->metrics != NULL)
		publish_metrics(r);
	tell_manager(r);
}

static void
tick(void *arg)
{
	struct run *r = arg;
	uint64_t now_us = clock_us(CLOCK_REALTIME);

	if ((stop_wanted || pipeline_output_failed(r->pipeline)) && !r->stopping) {
		r->stopping = true;
		notify_send("STOPPING=1");
		pipeline_stop(r->pipeline);
	}
	if (reload_wanted) {
		reload_wanted = 0;
		pipeline_reload_rules(r->pipeline);
	}
	watch(r, now_us);
	if (now_us >= r->next_stats_us) {
		r->next_stats_us = now_us + r->config.stats_interval_s * 1000000u;
		pipeline_put_stats(r->pipeline, now_us);
	}
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
put_ports(void *arg, counter_put_fn *put, void *to)
{
	const struct run *r = arg;

	ports_put_counters(r->ports, put, to);
	watchdog_put_counters(&r->watchdog, put, to);
}

static void
give_to_worker(void *arg, struct source *source, int socket)
{
	pipeline_add_source(arg, source, socket);
}

static void
check_nodes(const struct run *r)
{
	int nodes[CONFIG_MAX_WORKERS];
	unsigned nr = pipeline_worker_nodes(r->pipeline, nodes, CONFIG_MAX_WORKERS);

	ports_check_nodes(r->ports, nodes, nr);
}

static void
tell_end(const struct run *r)
{
	struct worker_counters c;

	pipeline_counters(r->pipeline, &c);
	ports_tell_losses(r->ports);
	log_notice("%" PRIu64 " received = %" PRIu64 " used + %" PRIu64 " held + %" PRIu64
		   " dropped",
		   c.rx_packets, c.used_packets, c.held_packets,
		   worker_counters_fates(&c) - c.used_packets - c.held_packets);
}

/* A page that is made while packets run costs the time of hundreds of them. */
static int
lock_memory(const struct config *config)
{
	if (!config->memory_lock || mlockall(MCL_CURRENT) == 0)
		return 0;
	log_err("memory.lock: %s: it takes root, or LimitMEMLOCK=infinity, and as much memory as "
		"is told above",
		strerror(errno));
	return -1;
}

static int
run(struct run *r)
{
	struct pipeline_options po = {
		.config = &r->config,
		.nr_sources = ports_nr_sources(r->ports),
	};
	int status = CMD_FAILED;

	r->start_us = clock_us(CLOCK_REALTIME);
	r->watchdog.config = (struct watchdog_config) {
		.nr_workers = (unsigned)r->config.workers,
		.stall_us = r->config.watchdog_stall_ms * 1000u,
		.output_us = r->config.watchdog_output_s * 1000000u,
	};
	if (pipeline_create(&po, &r->pipeline) != 0)
		return CMD_FAILED;
	/* Without it weir goes on: it is there to watch the traffic, not to be watched. */
	if (r->config.metrics_listen[0] != '\0')
		metrics_create(r->config.metrics_listen, &r->metrics);
	pipeline_more_counters(r->pipeline, put_ports, r);
	if (ports_open(r->ports, pipeline_pool(r->pipeline)) == 0) {
		ports_each_source(r->ports, give_to_worker, r->pipeline);
		check_nodes(r);
		pipeline_tell_memory(r->pipeline);
		if (lock_memory(&r->config) == 0 && pipeline_start(r->pipeline) == 0) {
			log_notice("running on %u ports with %u workers", r->config.nr_ports,
				   (unsigned)r->config.workers);
			notify_send("READY=1");
			pipeline_wait(r->pipeline, tick, r);
			pipeline_put_stats(r->pipeline, clock_us(CLOCK_REALTIME));
			status = pipeline_finish(r->pipeline) == 0 ? CMD_OK : CMD_FAILED;
			tell_end(r);
		}
	}
	metrics_destroy(r->metrics);
	r->metrics = NULL;
	/* Mbufs in the devices' rings belong to the pipeline's pool. */
	ports_destroy(r->ports);
	r->ports = NULL;
	pipeline_destroy(r->pipeline);
	return status;
}

int
cmd_run(int argc, char **argv)
{
	static struct run r;
	struct eal_options eal;
	int status;

	log_set_level(LOG_LEVEL_NOTICE);
	config_defaults(&r.config);
	status = parse(&r, argc, argv);
	if (status < 0 && ports_create(&r.config, &r.ports) != 0)
		status = CMD_USAGE;
	if (status >= 0) {
		config_free(&r.config);
		return status;
	}
	if (r.config.log_level > LOG_LEVEL_NOTICE)
		log_set_level((enum log_level)r.config.log_level);
	catch_signals();
	eal = (struct eal_options) {
		.nr_workers = (unsigned)r.config.workers,
		.memory_mb = pipeline_memory_mb(&r.config),
		.huge = r.config.memory_huge,
		.pin = !r.config.poll_backoff,
	};
	ports_add_to_eal(r.ports, &eal);
	status = eal_start(&eal) == 0 ? run(&r) : CMD_FAILED;
	ports_destroy(r.ports);
	eal_stop();
	config_free(&r.config);
	return status;
}
