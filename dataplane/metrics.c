#include "dataplane/metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/log.h"

#define HEALTH_BYTES 2048
#define CLIENT_BYTES (32u * 1024) /* of memory for each connection */
#define TEXT_TYPE    "text/plain; version=0.0.4; charset=utf-8"
#define SEND_BUFFER  (256 * 1024)

struct metrics {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	/* what the control thread handed over last */
	char *text; /* owned; NULL before the first */
	size_t len;
	bool healthy;
	time_t renewed_s;
	char health[HEALTH_BYTES];
};

static time_t
clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int
parse_port(const char *text, uint16_t *port)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long v = strtoul(text, NULL, 10);

	if (digits == 0 || digits > 5 || text[digits] != '\0' || v == 0 || v > 65535)
		return -EINVAL;
	*port = (uint16_t)v;
	return 0;
}

static int
address_v6(const char *listen, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };
	const char *end = strstr(listen, "]:");
	char host[INET6_ADDRSTRLEN];
	uint16_t port;

	if (end == NULL || (size_t)(end - listen) > sizeof(host))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)(end - listen - 1), listen + 1);
	if (inet_pton(AF_INET6, host, &a.sin6_addr) != 1 || parse_port(end + 2, &port) != 0)
		return -EINVAL;
	a.sin6_port = htons(port);
	memcpy(out, &a, sizeof(a));
	*len = sizeof(a);
	return 0;
}

static int
parse_address(const char *listen, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	const char *colon = strrchr(listen, ':');
	char host[INET_ADDRSTRLEN] = "127.0.0.1";
	uint16_t port;

	memset(out, 0, sizeof(*out));
	if (listen[0] == '[')
		return address_v6(listen, out, len);
	if (colon != NULL && colon != listen) {
		if ((size_t)(colon - listen) >= sizeof(host))
			return -EINVAL;
		snprintf(host, sizeof(host), "%.*s", (int)(colon - listen), listen);
	}
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1 ||
	    parse_port(colon != NULL ? colon + 1 : listen, &port) != 0)
		return -EINVAL;
	a.sin_port = htons(port);
	memcpy(out, &a, sizeof(a));
	*len = sizeof(a);
	return 0;
}

int
metrics_address(const char *listen, struct sockaddr_storage *out, socklen_t *len)
{
	int r = parse_address(listen, out, len);

	if (r != 0)
		log_err("metrics.listen = \"%.100s\": must be ADDRESS:PORT, such as "
			"127.0.0.1:9464, or \"\"",
			listen);
	return r;
}

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, const char *text, size_t len)
{
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result
answer_line(struct MHD_Connection *c, unsigned status, const char *line)
{
	return answer(c, status, "text/plain; charset=utf-8", line, strlen(line));
}

static enum MHD_Result
answer_metrics(struct metrics *m, struct MHD_Connection *c)
{
	enum MHD_Result r;

	pthread_mutex_lock(&m->lock);
	if (m->text == NULL)
		r = answer_line(c, MHD_HTTP_SERVICE_UNAVAILABLE, "starting\n");
	else
		r = answer(c, MHD_HTTP_OK, TEXT_TYPE, m->text, m->len);
	pthread_mutex_unlock(&m->lock);
	return r;
}

static enum MHD_Result
answer_health(struct metrics *m, struct MHD_Connection *c)
{
	enum MHD_Result r;

	pthread_mutex_lock(&m->lock);
	if (m->text == NULL)
		r = answer_line(c, MHD_HTTP_SERVICE_UNAVAILABLE, "starting\n");
	else if (clock_s() - m->renewed_s > METRICS_STALE_S)
		r = answer_line(c, MHD_HTTP_SERVICE_UNAVAILABLE,
				"the control thread stands still\n");
	else if (!m->healthy)
		r = answer_line(c, MHD_HTTP_SERVICE_UNAVAILABLE, m->health);
	else
		r = answer_line(c, MHD_HTTP_OK, "ok\n");
	pthread_mutex_unlock(&m->lock);
	return r;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
	   const char *version, const char *upload, size_t *upload_len, void **state)
{
	struct metrics *m = arg;

	(void)version, (void)upload;
	/* The first call has the headers only; answering then would close the connection. */
	if (*state == NULL) {
		*state = m;
		return MHD_YES;
	}
	if (*upload_len != 0) {
		*upload_len = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_line(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(m, c);
	if (strcmp(url, "/healthz") == 0)
		return answer_health(m, c);
	if (strcmp(url, "/") == 0)
		return answer_line(c, MHD_HTTP_OK, "weir: /metrics /healthz\n");
	return answer_line(c, MHD_HTTP_NOT_FOUND, "no such page: /metrics or /healthz\n");
}

/* What the library says of itself, mostly of clients that went away, is of no interest. */
static void
no_log(void *arg, const char *format, va_list va)
{
	(void)arg, (void)format, (void)va;
}

/* A socket of our own, so that a failure has a reason. */
static int
open_socket(const struct sockaddr_storage *address, socklen_t len, int *out)
{
	int one = 1, size = SEND_BUFFER;
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)address, len) != 0 ||
	    listen(fd, METRICS_MAX_CLIENTS) != 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	*out = fd;
	return 0;
}

static int
start(struct metrics *m, const char *text)
{
	struct sockaddr_storage address;
	socklen_t len;
	int fd = -1, r;

	r = metrics_address(text, &address, &len);
	if (r != 0)
		return r;
	r = open_socket(&address, len, &fd);
	if (r != 0) {
		log_err("metrics.listen = \"%s\": %s: no metrics, no health check", text,
			strerror(-r));
		return r;
	}
	m->daemon =
	    MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ERROR_LOG, 0,
			     NULL, NULL, on_request, m, MHD_OPTION_EXTERNAL_LOGGER, no_log, NULL,
			     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
			     (unsigned)METRICS_MAX_CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT,
			     (unsigned)METRICS_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
			     (size_t)CLIENT_BYTES, MHD_OPTION_END);
	if (m->daemon != NULL)
		return 0;
	close(fd);
	log_err("metrics.listen = \"%s\": the HTTP server did not start: no metrics, no health "
		"check",
		text);
	return -EIO;
}

int
metrics_create(const char *listen, struct metrics **out)
{
	struct metrics *m = calloc(1, sizeof(*m));
	int r;

	if (m == NULL)
		return -ENOMEM;
	pthread_mutex_init(&m->lock, NULL);
	r = start(m, listen);
	if (r != 0) {
		metrics_destroy(m);
		return r;
	}
	*out = m;
	return 0;
}

void
metrics_destroy(struct metrics *m)
{
	if (m == NULL)
		return;
	if (m->daemon != NULL)
		MHD_stop_daemon(m->daemon);
	pthread_mutex_destroy(&m->lock);
	free(m->text);
	free(m);
}

void
metrics_publish(struct metrics *m, char *text, size_t len, bool healthy, const char *health)
{
	char *old;

	pthread_mutex_lock(&m->lock);
	old = m->text;
	m->text = text;
	m->len = len;
	m->healthy = healthy;
	m->renewed_s = clock_s();
	snprintf(m->health, sizeof(m->health), "%s", health);
	pthread_mutex_unlock(&m->lock);
	free(old);
}
