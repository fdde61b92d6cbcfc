/* weir run -c FILE: live, on the ports of the configuration. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/cmd.h"
#include "dataplane/config.h"
#include "dataplane/eal.h"
#include "dataplane/log.h"
#include "dataplane/pipeline.h"
#include "dataplane/port/port.h"

static const char usage_text[] =
    "usage: weir run -c FILE [OPTION]...\n"
    "\n"
    "  -c, --config FILE     configuration; names the ports\n"
    "      --set KEY=VALUE   any setting of the configuration, by its dotted name\n"
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
	struct port *ports[CONFIG_MAX_PORTS];
	char *vdevs[CONFIG_MAX_PORTS];
	const char *pci[CONFIG_MAX_PORTS];
	unsigned nr_vdevs, nr_pci;
	struct pipeline *pipeline;
	uint64_t next_stats_us;
	bool stopping;
};

static int
parse(struct run *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "set", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *config = NULL;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
		if (opt == 'c')
			config = optarg;
		if (opt == 'h') {
			fputs(usage_text, stdout);
			return CMD_OK;
		}
		if (opt == '?' || opt == ':') {
			log_err("run: %s: %s: see weir run --help", argv[optind - 1],
				opt == '?' ? "unknown option" : "needs a value");
			return CMD_USAGE;
		}
	}
	if (config == NULL || optind != argc) {
		log_err("run: %s: see weir run --help",
			config == NULL ? "no configuration given (-c FILE)" : argv[optind]);
		return CMD_USAGE;
	}
	if (config_load(&r->config, config) != 0)
		return CMD_USAGE;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
		if (opt == 's' && config_set(&r->config, optarg) != 0)
			return CMD_USAGE;
	}
	if (r->config.nr_ports == 0) {
		log_err("ports: none configured: must be at least one, such as ( { device = "
			"\"iface:eth1\"; } )");
		return CMD_USAGE;
	}
	return -1;
}

static int
name_devices(struct run *r)
{
	for (unsigned i = 0; i < r->config.nr_ports; i++) {
		const char *pci;
		char *vdev;

		if (port_eal_device(r->config.ports[i].device, i, &vdev, &pci) != 0)
			return -EINVAL;
		if (vdev != NULL)
			r->vdevs[r->nr_vdevs++] = vdev;
		else
			r->pci[r->nr_pci++] = pci;
	}
	return 0;
}

static int
open_ports(struct run *r)
{
	for (unsigned i = 0; i < r->config.nr_ports; i++) {
		const struct port_config *c = &r->config.ports[i];
		struct port_options o = {
			.device = c->device,
			.nr_queues = (unsigned)c->queues,
			.nr_descriptors = 1024,
			.domain = (uint16_t)c->domain,
			.tap = c->tap,
			.promiscuous = c->promiscuous,
		};
		int e = port_open(&o, i, pipeline_pool(r->pipeline), &r->ports[i]);

		if (e != 0)
			return e;
		for (unsigned q = 0; q < o.nr_queues; q++)
			pipeline_add_source(r->pipeline, port_source(r->ports[i], q));
	}
	return 0;
}

static uint64_t
realtime_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void
tick(void *arg)
{
	struct run *r = arg;
	uint64_t now_us = realtime_us();

	if ((stop_wanted || pipeline_output_failed(r->pipeline)) && !r->stopping) {
		r->stopping = true;
		pipeline_stop(r->pipeline);
	}
	if (reload_wanted) {
		reload_wanted = 0;
		pipeline_reload_rules(r->pipeline);
	}
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

/* What was lost before weir could see it, over all ports. */
static struct port_losses
all_losses(const struct run *r)
{
	struct port_losses sum = { 0 };
	struct worker_counters c;

	pipeline_counters(r->pipeline, &c);
	for (unsigned i = 0; i < r->config.nr_ports; i++) {
		struct port_losses l;

		if (r->ports[i] == NULL)
			continue;
		/* Frames are counted by worker, so only a port that is alone can be compared. */
		port_losses(r->ports[i], r->config.nr_ports == 1 ? c.rx_packets : UINT64_MAX, &l);
		sum.missed += l.missed;
		sum.nombuf += l.nombuf;
		sum.errors += l.errors;
		sum.unseen += l.unseen;
	}
	return sum;
}

static void
put_losses(void *arg, counter_put_fn *put, void *to)
{
	struct port_losses l = all_losses(arg);

	put(to, "nic_missed", l.missed);
	put(to, "nic_nombuf", l.nombuf);
	put(to, "nic_errors", l.errors);
	put(to, "nic_unseen", l.unseen);
}

static void
tell_end(const struct run *r)
{
	struct port_losses l = all_losses(r);
	struct worker_counters c;

	pipeline_counters(r->pipeline, &c);
	if (l.missed + l.nombuf + l.errors + l.unseen != 0)
		log_warning("ports: lost before weir saw them: %" PRIu64 " missed, %" PRIu64
			    " without buffer, %" PRIu64 " errors, %" PRIu64
			    " counted by the interface only",
			    l.missed, l.nombuf, l.errors, l.unseen);
	log_notice("%" PRIu64 " received = %" PRIu64 " used + %" PRIu64 " held + %" PRIu64
		   " dropped",
		   c.rx_packets, c.used_packets, c.held_packets,
		   worker_counters_fates(&c) - c.used_packets - c.held_packets);
}

static unsigned
nr_sources(const struct config *c)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < c->nr_ports; i++)
		nr += (unsigned)c->ports[i].queues;
	return nr;
}

static int
run(struct run *r)
{
	struct pipeline_options po = { .config = &r->config, .nr_sources = nr_sources(&r->config) };
	int status = CMD_FAILED;

	if (pipeline_create(&po, &r->pipeline) != 0)
		return CMD_FAILED;
	pipeline_more_counters(r->pipeline, put_losses, r);
	if (open_ports(r) == 0 && pipeline_start(r->pipeline) == 0) {
		log_notice("running on %u ports with %u workers", r->config.nr_ports,
			   (unsigned)r->config.workers);
		pipeline_wait(r->pipeline, tick, r);
		pipeline_put_stats(r->pipeline, realtime_us());
		status = pipeline_finish(r->pipeline) == 0 ? CMD_OK : CMD_FAILED;
		tell_end(r);
	}
	for (unsigned i = 0; i < r->config.nr_ports; i++)
		port_close(r->ports[i]);
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
	if (status < 0 && name_devices(&r) != 0)
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
		.pci = r.nr_pci != 0,
		.pci_allow = r.pci,
		.nr_pci_allow = r.nr_pci,
		.vdevs = (const char *const *)r.vdevs,
		.nr_vdevs = r.nr_vdevs,
		.pin = !r.config.poll_backoff,
	};
	status = eal_start(&eal) == 0 ? run(&r) : CMD_FAILED;
	eal_stop();
	for (unsigned i = 0; i < r.nr_vdevs; i++)
		free(r.vdevs[i]);
	config_free(&r.config);
	return status;
}
