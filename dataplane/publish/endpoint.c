#include "dataplane/publish/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
to_sixteen(const uint8_t *addr, size_t len, uint8_t out[16])
{
	memcpy(out, v4_prefix, sizeof(v4_prefix));
	memcpy(len == 4 ? out + sizeof(v4_prefix) : out, addr, len);
}

/* The number behind the slash, at most max; -EINVAL for anything else. */
static int
prefix_bits(const char *text, unsigned max)
{
	unsigned bits = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		bits = bits * 10 + (unsigned)(*text - '0');
		if (bits > max)
			return -EINVAL;
	}
	return (int)bits;
}

static void
clear_host_bits(struct network *net)
{
	for (unsigned bit = net->bits; bit < 128; bit++)
		net->addr[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
}

int
networks_add(struct networks *n, const char *cidr)
{
	char text[ENDPOINT_ADDRESS_BYTES];
	uint8_t addr[16];
	const char *slash = strchr(cidr, '/');
	size_t len = slash == NULL ? strlen(cidr) : (size_t)(slash - cidr);
	struct network *net = &n->list[n->nr];
	size_t addr_len;
	int bits;

	if (n->nr == NETWORKS_MAX)
		return -ENOSPC;
	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, cidr, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, addr) == 1)
		addr_len = 4;
	else if (inet_pton(AF_INET6, text, addr) == 1)
		addr_len = 16;
	else
		return -EINVAL;
	bits = slash == NULL ? (int)addr_len * 8 : prefix_bits(slash + 1, (unsigned)addr_len * 8);
	if (bits < 0)
		return bits;
	to_sixteen(addr, addr_len, net->addr);
	net->bits = (uint8_t)(addr_len == 4 ? bits + 96 : bits);
	clear_host_bits(net);
	n->nr++;
	return 0;
}

void
networks_set_defaults(struct networks *n)
{
	static const char *const inside[] = {
		"10.0.0.0/8",	  "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
		"169.254.0.0/16", "::1/128",	   "fe80::/10",	     "fc00::/7",
	};

	n->nr = 0;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		networks_add(n, inside[i]);
}

static bool
network_holds(const struct network *net, const uint8_t addr[16])
{
	unsigned bytes = net->bits / 8;
	unsigned rest = net->bits % 8;

	if (memcmp(net->addr, addr, bytes) != 0)
		return false;
	return rest == 0 || ((net->addr[bytes] ^ addr[bytes]) >> (8 - rest)) == 0;
}

bool
networks_contain(const struct networks *n, const uint8_t *addr, size_t len)
{
	uint8_t full[16];

	to_sixteen(addr, len, full);
	for (unsigned i = 0; i < n->nr; i++) {
		if (network_holds(&n->list[i], full))
			return true;
	}
	return false;
}

/* Most addresses are these, every record has two, and inet_ntop goes through printf. */
static size_t
four_numbers(const uint8_t addr[4], char *out)
{
	char *p = out;

	for (unsigned i = 0; i < 4; i++) {
		if (i != 0)
			*p++ = '.';
		if (addr[i] >= 100)
			*p++ = (char)('0' + addr[i] / 100);
		if (addr[i] >= 10)
			*p++ = (char)('0' + addr[i] / 10 % 10);
		*p++ = (char)('0' + addr[i] % 10);
	}
	*p = '\0';
	return (size_t)(p - out);
}

size_t
endpoint_address(const uint8_t *addr, size_t len, char out[ENDPOINT_ADDRESS_BYTES])
{
	if (len == 4)
		return four_numbers(addr, out);
	if (inet_ntop(AF_INET6, addr, out, ENDPOINT_ADDRESS_BYTES) == NULL)
		out[0] = '\0';
	return strlen(out);
}

size_t
endpoint_copy_masked(void *arg, const uint8_t *in, size_t len, char *out, size_t cap)
{
	(void)arg;
	if (len > cap) {
		len = cap;
		while (len > 0 && cap - len < 3 && (in[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(out, in, len);
	return len;
}

/* What endpoint_fill looks at, found in one walk. len 0: not in the record. */
struct ends {
	struct record_value src_ip, dst_ip, name, name_source;
	uint64_t start_us;
	uint16_t domain;
	bool src_identity, dst_identity, direction;
	const char *source; /* of the name, when the record does not say */
};

static void
look(const struct record_head *in, struct ends *e)
{
	struct record_iter it = record_iter_of(in);
	struct record_value v;

	*e = (struct ends) { .source = NULL, .start_us = in->time_us };
	while (record_next(&it, &v)) {
		switch (v.field) {
		case RF_SRC_IP:
			e->src_ip = v;
			break;
		case RF_DST_IP:
			e->dst_ip = v;
			break;
		case RF_SERVER_NAME:
			e->name = v;
			break;
		case RF_URL_HOST:
			e->name = v;
			e->source = "http_host";
			break;
		case RF_TLS_SERVER_NAME:
			e->name = v;
			e->source = "sni";
			break;
		case RF_START_TIME:
			e->start_us = record_value_uint(&v);
			break;
		case RF_DOMAIN:
			e->domain = (uint16_t)record_value_uint(&v);
			break;
		case RF_SERVER_NAME_SOURCE:
			e->name_source = v;
			break;
		case RF_SRC_IDENTITY:
			e->src_identity = true;
			break;
		case RF_DST_IDENTITY:
			e->dst_identity = true;
			break;
		case RF_DIRECTION:
			e->direction = true;
			break;
		default:
			break;
		}
	}
}

struct identity_fields {
	enum record_field identity, confidence, source;
};

static void
put_address(struct record *out, const struct identity_fields *f, const struct record_value *ip)
{
	char text[ENDPOINT_ADDRESS_BYTES];

	record_put_text(out, f->identity, text, endpoint_address(ip->data, ip->len, text));
	record_put_string(out, f->confidence, "none");
	record_put_string(out, f->source, "address");
}

static void
put_name(struct record *out, const struct identity_fields *f, const struct ends *e)
{
	char text[5 + 512] = "fqdn:";
	size_t len = e->name.len < sizeof(text) - 5 ? e->name.len : sizeof(text) - 5;

	memcpy(text + 5, e->name.data, len);
	record_put_text(out, f->identity, text, 5 + len);
	record_put_string(out, f->confidence, "exact");
	if (e->name_source.len != 0)
		record_put_text(out, f->source, e->name_source.data, e->name_source.len);
	else
		record_put_string(out, f->source, e->source);
}

/* A Host header may hold an address; that is not a name. */
static bool
is_name(const struct record_value *v)
{
	char text[ENDPOINT_ADDRESS_BYTES];
	uint8_t addr[16];

	if (v->len == 0 || v->data[0] == '[')
		return false;
	if (v->len >= sizeof(text))
		return true;
	memcpy(text, v->data, v->len);
	text[v->len] = '\0';
	return inet_pton(AF_INET, text, addr) != 1 && inet_pton(AF_INET6, text, addr) != 1;
}

static const char *
direction(bool src_inside, bool dst_inside)
{
	if (src_inside)
		return dst_inside ? "east_west" : "egress";
	return dst_inside ? "ingress" : "unknown";
}

/* A record that could carry a name and has none: what DNS knew when its flow began. */
static void
fill_name(struct dns_names *names, enum record_type type, struct ends *e, struct record *out)
{
	struct span name;

	if (e->name.len != 0 || (record_field_infos[RF_SERVER_NAME].types & (1u << type)) == 0 ||
	    !dns_names_find(names, e->domain, span_of(e->src_ip.data, e->src_ip.len),
			    span_of(e->dst_ip.data, e->dst_ip.len), e->start_us, &name))
		return;
	e->name = (struct record_value) { RF_SERVER_NAME, (uint16_t)name.len, name.p };
	e->source = "dns";
	record_put_text(out, RF_SERVER_NAME, name.p, name.len);
	if ((record_field_infos[RF_SERVER_NAME_SOURCE].types & (1u << type)) != 0)
		record_put_string(out, RF_SERVER_NAME_SOURCE, e->source);
}

void
endpoint_fill(const struct networks *n, struct dns_names *names, const struct record_head *in,
	      struct record *out)
{
	static const struct identity_fields src = { RF_SRC_IDENTITY, RF_SRC_IDENTITY_CONFIDENCE,
						    RF_SRC_IDENTITY_SOURCE };
	static const struct identity_fields dst = { RF_DST_IDENTITY, RF_DST_IDENTITY_CONFIDENCE,
						    RF_DST_IDENTITY_SOURCE };
	bool src_inside, dst_inside;
	struct ends e;

	memcpy(out->bytes, in, in->len);
	look(in, &e);
	if (e.src_ip.len == 0 || e.dst_ip.len == 0)
		return;
	src_inside = networks_contain(n, e.src_ip.data, e.src_ip.len);
	dst_inside = networks_contain(n, e.dst_ip.data, e.dst_ip.len);
	if (names != NULL)
		fill_name(names, (enum record_type)in->type, &e, out);
	if (!e.src_identity)
		put_address(out, &src, &e.src_ip);
	if (!e.dst_identity && !dst_inside && is_name(&e.name))
		put_name(out, &dst, &e);
	else if (!e.dst_identity)
		put_address(out, &dst, &e.dst_ip);
	if (!e.direction && (record_field_infos[RF_DIRECTION].types & (1u << in->type)) != 0)
		record_put_string(out, RF_DIRECTION, direction(src_inside, dst_inside));
}
