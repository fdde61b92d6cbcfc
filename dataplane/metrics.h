/*
 * The door for whoever watches weir: GET /metrics (Prometheus' text format, see exposition.h) and
 * GET /healthz (200, or 503 with a line for each thing that stands still).
 *
 * The control thread hands over a finished text about once a second; a thread of the HTTP library
 * gives copies of it away. So nobody who asks, however slowly or often, touches anything that
 * packets depend on: what a client can hold is one of METRICS_MAX_CLIENTS connections, for
 * METRICS_IDLE_S. A text that has not been renewed for METRICS_STALE_S says that the control
 * thread itself stands still, and /healthz says so.
 *
 * No encryption and no password: for loopback, which is the default, or a network of its own. Only
 * metrics.c knows libmicrohttpd. No DPDK here.
 */
#ifndef WEIR_METRICS_H
#define WEIR_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define METRICS_MAX_CLIENTS 32
#define METRICS_IDLE_S	    5
#define METRICS_STALE_S	    10

struct metrics;

/*
 * "127.0.0.1:9464", "[::1]:9464"; a port alone is on loopback. 0, or -EINVAL with one line logged.
 */
int metrics_address(const char *listen, struct sockaddr_storage *out, socklen_t *len);

/* 0, or a negative errno with one line logged. */
int metrics_create(const char *listen, struct metrics **out);
void metrics_destroy(struct metrics *m);

/* text: of /metrics, from malloc, given. health: of /healthz; copied. */
void metrics_publish(struct metrics *m, char *text, size_t len, bool healthy, const char *health);

#endif
