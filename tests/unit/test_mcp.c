/*
 * mcp: one exchange a row; the messages that are told are compared as lines of text, and the texts
 * as the hook saw them, for every split of both bodies.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "classify/ai/mcp.h"
#include "tests/support/guard.h"
#include "tests/support/line.h"

struct seen {
	struct line messages, texts;
};

static const struct mcp_case {
	const char *name;
	const char *method; /* POST when NULL */
	const char *path;   /* /mcp when NULL */
	const char *request_header[2];
	const char *request;
	unsigned status;
	const char *type;
	const char *response_header[2];
	const char *response;
	const char *want; /* "" : nothing is told */
	const char *texts;
} mcp_cases[] = {
	{ .name = "initialize",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
		     "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{"
		     "\"version\":\"1\",\"name\":\"c\"}}}",
	  .response_header = { "Mcp-Session-Id", "s1" },
	  .response =
	      "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"2025-03-26\","
	      "\"serverInfo\":{\"name\":\"s\",\"version\":\"2\"},\"instructions\":\"be kind\"}}",
	  .want =
	      "mcp request client initialize id=0 v=2025-03-26 c=c/1 s=s/2 answered session=s1\n",
	  .texts = "2025-06-18\n1\nc\n|2025-03-26\ns\n2\nbe kind\n|" },
	{ .name = "method behind params, a tool's arguments with their keys",
	  .request = "{\"params\":{\"arguments\":{\"city\":\"B\\u006fnn\",\"n\":7,\"deep\":{\"a\":["
		     "\"x\"]}},"
		     "\"name\":\"w\"},\"method\":\"tools/call\",\"id\":\"a\",\"jsonrpc\":\"2.0\"}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"content\":[{\"type\":"
		      "\"text\",\"text\":"
		      "\"rain\"},{\"type\":\"image\",\"data\":\"AAAA\"}],\"isError\":true}}",
	  .want = "mcp request client tools/call id=a tool=w error=tool answered\n",
	  .texts = "city: Bonn\nn: 7\ndeep: a: x\nw\n|text\nrain\nimage\n|" },
	{ .name = "batch, answered in another order, one not at all",
	  .request = "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"},"
		     "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"prompts/"
		     "get\",\"params\":{\"name\":\"p\"}},"
		     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"},"
		     "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}]",
	  .response =
	      "[{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32602,\"message\":\"no\"}},"
	      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[],\"nextCursor\":\"x\"}}]",
	  .want = "mcp notification client notifications/initialized\n"
		  "mcp request client prompts/get id=2 prompt=p error=-32602 answered\n"
		  "mcp request client tools/list id=1 digest tools=0 paged answered\n"
		  "mcp request client ping id=3\n",
	  .texts = "|p\n|||no\n|x\n|" },
	{ .name = "a stream of events with what the server asks",
	  .request_header = { "Mcp-Session-Id", "s" },
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/"
		     "call\",\"params\":{\"name\":\"t\"}}",
	  .type = "text/event-stream",
	  .response = ": hello\n\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":9,\"method\":"
		      "\"roots/list\"}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":5,\ndata: "
		      "\"result\":{}}\n\n",
	  .want = "mcp request server roots/list id=9 session=s\n"
		  "mcp request client tools/call id=5 tool=t answered session=s\n",
	  .texts = "t\n|||" },
	{ .name = "2024-11-05, the stream of answers",
	  .method = "GET",
	  .path = "/sse",
	  .request_header = { "Accept", "text/event-stream" },
	  .type = "text/event-stream",
	  .response = "event: endpoint\ndata: /messages?id=1\n\nevent: message\ndata: {\"jsonrpc\":"
		      "\"2.0\",\"id\":1,\"result\":{\"contents\":[{\"uri\":\"a:b\"}]}}\n\n",
	  .want = "mcp response server resources/read id=1 answered-by-shape\n",
	  .texts = "a:b\n|" },
	{ .name = "2026-07-28, the body unseen",
	  .request_header = { "Mcp-Method", "resources/read" },
	  .status = 404,
	  .response = "",
	  .want = "mcp request client resources/read error=http_404\n",
	  .texts = "" },
	{ .name = "2026-07-28, metadata alone",
	  .request =
	      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{\"_meta\":{"
	      "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	      "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":[]}}",
	  .want = "mcp request client server/discover id=1 v=2026-07-28 c=c/1 answered\n",
	  .texts = "||" },
	{ .name = "a2a",
	  .request =
	      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SendMessage\",\"params\":{\"message\":{"
	      "\"parts\":[{\"text\":\"hi\"}]}}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
	  .want = "a2a request client SendMessage id=1 answered\n",
	  .texts = "hi\n||" },
	{ .name = "tasks are both's",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tasks/"
		     "get\",\"params\":{\"taskId\":\"t\"}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
	  .want = "mcp request client tasks/get id=1 answered\n",
	  .texts = "t\n||" },
	{ .name = "a tool called with no more than its name",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
		     "call\",\"params\":{\"name\":\"t\"}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}",
	  .want = "mcp request client tools/call id=1 tool=t answered\n" },
	{ .name = "a list that a server does not have",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/list\"}",
	  .response =
	      "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no\"}}",
	  .want = "mcp request client prompts/list id=1 error=-32601 answered\n" },
	{ .name = "answered on a stream of its own",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
		     "call\",\"params\":{\"name\":\"t\"}}",
	  .response = "",
	  .want = "mcp request client tools/call id=1 tool=t\n" },
	{ .name = "accepted with a word, answered on a stream of its own",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
		     "\"name\":\"t\"}}",
	  .status = 202,
	  .type = "text/plain",
	  .response = "Accepted",
	  .want = "mcp request client tools/call id=1 tool=t\n" },
	{ .name = "the same, by a server that says 200",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
	  .type = "text/plain",
	  .response = "ok",
	  .want = "mcp request client tools/list id=1\n" },
	{ .name = "a workshop's tools, called in other words",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
		     "call\",\"params\":{\"tool\":\"saw\"}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}",
	  .want = "" },
	{ .name = "a workshop's tools, called by their name",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
		     "call\",\"params\":{\"name\":\"saw\"}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"queued\":4}}",
	  .want = "" },
	{ .name = "a workshop's tools, by place",
	  .request =
	      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":[\"saw\"]}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"ok\"}",
	  .want = "" },
	{ .name = "a workshop's tools, of a shelf",
	  .request =
	      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"shelf\":4}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[]}}",
	  .want = "" },
	{ .name = "a workshop's tools, as names",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[\"saw\"]}}",
	  .want = "" },
	{ .name = "a workshop's tools, with prices",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"saw\","
		      "\"price\":3}]}}",
	  .want = "" },
	{ .name = "a workshop's answer is no json-rpc",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
	  .response = "{\"tools\":[]}",
	  .want = "" },
	{ .name = "resources of a game",
	  .request =
	      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"id\":7}}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"contents\":[]}}",
	  .want = "" },
	{ .name = "an editor's handshake",
	  .request =
	      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"processId\":1,"
	      "\"rootUri\":\"file:///\",\"clientInfo\":{\"name\":\"e\"},\"capabilities\":{}}}",
	  .response =
	      "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"capabilities\":{},\"serverInfo\":{"
	      "\"name\":\"clangd\"}}}",
	  .want = "" },
	{ .name = "a wallet",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":[]}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x1\"}",
	  .want = "" },
	{ .name = "json-rpc 1.0",
	  .request = "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"tools/list\",\"params\":[]}",
	  .response = "{\"result\":{\"tools\":[]},\"id\":1}",
	  .want = "" },
	{ .name = "json-rpc 1.0 with arguments",
	  .request = "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
		     "\"arguments\":{\"q\":\"x\"}}}",
	  .response = "{\"result\":{},\"id\":1}",
	  .want = "",
	  .texts = "" },
	{ .name = "any other body",
	  .request = "{\"method\":\"tools/list\",\"colour\":\"red\"}",
	  .response = "{\"tools\":[]}",
	  .want = "" },
	{ .name = "events of something else",
	  .method = "GET",
	  .request_header = { "Accept", "text/event-stream" },
	  .type = "text/event-stream",
	  .response = "event: endpoint\ndata: eu-west\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,"
		      "\"result\":{\"tools\":[]}}\n\n",
	  .want = "" },
};

static void
put_text(struct line *l, const char *name, const char *text)
{
	if (text[0] != '\0')
		put(l, " %s=%s", name, text);
}

static void
on_message(void *arg, struct mcp *m, struct mcp_message *message)
{
	static const char *const kinds[] = { "request", "notification", "response" };
	struct line *l = &((struct seen *)arg)->messages;

	put(l, "%s %s %s %s", mcp_family_name(message->family), kinds[message->kind],
	    message->from_server ? "server" : "client", message->method);
	put_text(l, "id", message->id);
	put_text(l, "tool", message->tool);
	put_text(l, "prompt", message->prompt);
	put_text(l, "resource", message->resource);
	put_text(l, "v", message->version);
	put_text(l, "c", message->client);
	put_text(l, "s", message->server);
	put_text(l, "error", message->error);
	if (message->has_digest)
		put(l, " digest tools=%u%s", message->nr_tools, message->paged ? " paged" : "");
	if (message->answered)
		put(l, " answered");
	else if (message->kind == MCP_ANSWER)
		put(l, " answered-by-shape");
	put_text(l, "session", m->session);
	put(l, "\n");
}

static void
on_text(void *arg, bool from_server, const uint8_t *text, size_t len)
{
	struct line *l = &((struct seen *)arg)->texts;

	(void)from_server;
	if (len == 0)
		put(l, "|");
	else
		put(l, "%.*s", (int)len, (const char *)text);
}

enum { WINDOW_LEN = 8192 };
static uint8_t *window; /* ends where a page ends */

static struct span
text_span(const char *text)
{
	return span_of(text, strlen(text));
}

static void
feed(struct mcp *m, bool from_server, const char *body, size_t first, size_t step)
{
	size_t len = strlen(body);

	for (size_t at = 0; at < len && mcp_worth_watching(m);) {
		size_t n = at == 0 ? first : step;

		if (n > len - at)
			n = len - at;
		memcpy(window + WINDOW_LEN - n, body + at, n);
		mcp_body(m, from_server, window + WINDOW_LEN - n, n, 1);
		at += n;
	}
}

static void
header(struct mcp *m, bool from_server, const char *const pair[2])
{
	struct http_field f;

	if (pair[0] == NULL)
		return;
	f = http_field_of(text_span(pair[0]), text_span(pair[1]));
	mcp_header(m, from_server, &f);
}

static void
check(const struct mcp_case *t, size_t first, size_t step)
{
	static const char *const json_type[2] = { "Content-Type", "application/json" };
	const char *const type[2] = { "Content-Type", t->type == NULL ? json_type[1] : t->type };
	static struct mcp m;
	static struct seen seen;

	memset(&m, 0xa5, sizeof(m)); /* as a slab hands it out */
	seen.messages.len = seen.texts.len = 0;
	seen.messages.text[0] = seen.texts.text[0] = '\0';
	mcp_begin(&m, on_message, on_text, &seen);
	mcp_request_line(&m, text_span(t->method == NULL ? "POST" : t->method),
			 text_span(t->path == NULL ? "/mcp" : t->path));
	header(&m, false, json_type);
	header(&m, false, t->request_header);
	feed(&m, false, t->request == NULL ? "" : t->request, first, step);
	mcp_end(&m, false, true, 2);
	mcp_status(&m, t->status == 0 ? 200 : t->status);
	header(&m, true, type);
	header(&m, true, t->response_header);
	feed(&m, true, t->response, first, step);
	mcp_end(&m, true, true, 3);
	assert_string_equal(seen.messages.text, t->want);
	if (t->texts != NULL)
		assert_string_equal(seen.texts.text, t->texts);
	if (t->want[0] == '\0' && t->method == NULL)
		assert_false(m.sure);
}

static void
test_exchanges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mcp_cases) / sizeof(mcp_cases[0]); i++) {
		const struct mcp_case *t = &mcp_cases[i];
		size_t a = t->request == NULL ? 0 : strlen(t->request);
		size_t b = strlen(t->response);

		print_message("%s\n", t->name);
		check(t, SIZE_MAX, 1);
		check(t, 1, 1);
		for (size_t cut = 1; cut < (a > b ? a : b); cut++)
			check(t, cut, SIZE_MAX);
	}
}

/* More requests than may wait: the oldest is told without an answer, and is counted. */
static void
test_limits(void **state)
{
	static const char *const json_type[2] = { "content-type", "application/json" };
	static struct mcp m;
	static struct seen seen;
	char body[4096];
	size_t n = 1;

	(void)state;
	body[0] = '[';
	for (int i = 0; i < MCP_OPEN + 1; i++)
		n += (size_t)
		    snprintf(body + n, sizeof(body) - n,
			     "%s{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"prompts/list\"}",
			     i == 0 ? "" : ",", i);
	body[n++] = ']';
	mcp_begin(&m, on_message, NULL, &seen);
	mcp_request_line(&m, text_span("POST"), text_span("/"));
	header(&m, false, json_type);
	mcp_body(&m, false, (const uint8_t *)body, n, 1);
	assert_int_equal(m.nr_open, MCP_OPEN);
	assert_int_equal(m.dropped, 1);
	assert_string_equal(seen.messages.text, "mcp request client prompts/list id=0\n");
	seen.messages.len = 0;
	mcp_end(&m, false, true, 2);
	mcp_end(&m, true, true, 2);
	assert_int_equal(m.nr_open, 0);
}

static void
test_more_tools_than_are_named(void **state)
{
	static const char *const session[2] = { "mcp-session-id", "s" };
	static struct mcp m;
	static struct seen seen;
	static char body[16384];
	size_t n = 0;

	(void)state;
	n += (size_t)snprintf(body, sizeof(body),
			      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[");
	for (int i = 0; i < MCP_TOOLS + 6; i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n, "%s{\"name\":\"tool_%d\"}",
				      i == 0 ? "" : ",", i);
	n += (size_t)snprintf(body + n, sizeof(body) - n, "]}}");
	seen.messages.len = 0;
	mcp_begin(&m, on_message, NULL, &seen);
	mcp_request_line(&m, text_span("POST"), text_span("/"));
	header(&m, false, session);
	mcp_end(&m, false, true, 1);
	mcp_body(&m, true, (const uint8_t *)body, n, 1);
	mcp_end(&m, true, true, 1);
	assert_int_equal(m.nr_tools, MCP_TOOLS);
	assert_int_equal(m.dropped, 6);
	assert_non_null(strstr(seen.messages.text, "tools=70"));
}

static int
make_window(void **state)
{
	static const uint8_t blank[WINDOW_LEN];

	(void)state;
	window = guard_copy(blank, sizeof(blank));
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_more_tools_than_are_named),
	};

	return cmocka_run_group_tests(tests, make_window, NULL);
}
