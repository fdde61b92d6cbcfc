#include "classify/wrapped_text.h"

#include "classify/proto/content_decode.h"

/* One layer at work. */
struct at_layer {
	const struct wrapped_in *in;
	unsigned layer;
};

static void push_layer(const struct wrapped_in *in, unsigned layer, const uint8_t *data,
		       size_t len);
static void end_layer(const struct wrapped_in *in, unsigned layer);

/* Text that has come out: searched, and looked into. */
static void
search(const struct at_layer *at, const uint8_t *data, size_t len)
{
	const struct wrapped_in *in = at->in;
	struct wrapped_layer *l = &in->w->layers[at->layer];

	if (len == 0)
		return;
	if (l->scan == NULL) {
		l->scan = scan_open(in->env->scanner, in->buffer);
		in->env->counters.scan_refused += l->scan == NULL;
	}
	if (l->scan != NULL)
		scan_push(l->scan, data, len, in->found, in->arg);
	if (at->layer + 1 < WRAPPED_LAYERS)
		push_layer(in, at->layer + 1, data, len);
}

/* ------------------------------------------------------------------ compressed */

static void
decoded(void *arg, const uint8_t *data, size_t len)
{
	const struct at_layer *at = arg;
	struct wrapped_layer *l = &at->in->w->layers[at->layer];
	uint64_t most = WRAPPED_LEAST + WRAPPED_RATIO * l->coded;

	if (l->failed || len > most - l->decoded) {
		at->in->env->counters.wrapped_cut += !l->failed;
		l->failed = true;
		return;
	}
	l->decoded += len;
	search(at, data, len);
}

/* What is in something compressed is not decompressed again, or a bomb would hold many. */
static bool
is_inside_compressed(const struct at_layer *at)
{
	return at->layer != 0 &&
	       at->in->w->layers[at->layer - 1].base64.kind == BASE64_TEXT_COMPRESSED;
}

static void
decompress(const struct at_layer *at, const uint8_t *data, size_t len)
{
	struct conn_env *env = at->in->env;
	struct wrapped_layer *l = &at->in->w->layers[at->layer];

	if (l->coded == 0 && !is_inside_compressed(at)) {
		decode_take(env->decoders, compression_name(l->base64.compression), &l->decode);
		env->counters.wrapped_refused += l->decode == NULL;
	}
	l->coded += len;
	if (l->decode == NULL || l->failed)
		return;
	if (decode_push(l->decode, data, len, decoded, (void *)at) != DECODE_OK)
		l->failed = true;
}

/* ------------------------------------------------------------------ texts */

/* UTF-16, of which ASCII is what rules speak of. */
static void
narrow(const struct at_layer *at, const uint8_t *data, size_t len)
{
	uint8_t out[256];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (data[i] != 0)
			out[n++] = data[i];
		if (n == sizeof(out) || i + 1 == len) {
			search(at, out, n);
			n = 0;
		}
	}
}

static void
text(void *arg, const uint8_t *data, size_t len)
{
	const struct at_layer *at = arg;

	switch (at->in->w->layers[at->layer].base64.kind) {
	case BASE64_TEXT_PLAIN:
		search(at, data, len);
		break;
	case BASE64_TEXT_UTF16:
		narrow(at, data, len);
		break;
	default:
		decompress(at, data, len);
		break;
	}
}

static void
text_end(void *arg)
{
	const struct at_layer *at = arg;
	const struct wrapped_in *in = at->in;
	struct wrapped_layer *l = &in->w->layers[at->layer];

	if (l->decode != NULL && !l->failed)
		decode_finish(l->decode, decoded, arg);
	if (l->decode != NULL)
		decode_give(in->env->decoders, l->decode);
	if (at->layer + 1 < WRAPPED_LAYERS)
		end_layer(in, at->layer + 1);
	if (l->scan != NULL)
		scan_close(l->scan, in->found, in->arg);
	l->decode = NULL;
	l->scan = NULL;
	l->failed = false;
	l->coded = l->decoded = 0;
}

static const struct base64_text_handler texts = { text, text_end };

static void
push_layer(const struct wrapped_in *in, unsigned layer, const uint8_t *data, size_t len)
{
	struct at_layer at = { in, layer };

	base64_text_push(&in->w->layers[layer].base64, data, len, &texts, &at);
}

static void
end_layer(const struct wrapped_in *in, unsigned layer)
{
	struct at_layer at = { in, layer };

	base64_text_end(&in->w->layers[layer].base64, &texts, &at);
}

void
wrapped_text_push(const struct wrapped_in *in, const uint8_t *data, size_t len)
{
	push_layer(in, 0, data, len);
}

void
wrapped_text_compressed(const struct wrapped_in *in, enum compression c, struct span s)
{
	struct wrapped_layer *l = &in->w->layers[0];
	struct at_layer at = { in, 0 };

	if (l->coded == 0) {
		l->base64.kind = BASE64_TEXT_COMPRESSED;
		l->base64.compression = (uint8_t)c;
	}
	decompress(&at, s.p, s.len);
}

void
wrapped_text_end(const struct wrapped_in *in)
{
	struct at_layer at = { in, 0 };

	end_layer(in, 0);
	if (in->w->layers[0].coded != 0)
		text_end(&at);
}
