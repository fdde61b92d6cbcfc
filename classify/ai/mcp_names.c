/* Methods of MCP and A2A, and what a result answers. */
#include "classify/ai/mcp_read.h"

#include "classify/ai/mcp_words.h"

#define X(id, word) word,
static const char *const words[] = { MCP_WORDS(X) };
#undef X

static struct json_lookup lookup;
const struct json_vocabulary mcp_vocabulary = { words, sizeof(words) / sizeof(words[0]), &lookup };

__attribute__((constructor)) static void
fill_lookup(void)
{
	json_lookup_fill(&lookup, &mcp_vocabulary);
}

/* Of all five revisions; shared: what other protocols on JSON-RPC have, too. */
static const struct {
	const char *name;
	enum mcp_family family;
	enum mcp_certainty certainty;
} methods[] = {
	{ "initialize", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "ping", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "tools/list", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "tools/call", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "resources/list", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "resources/read", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "resources/templates/list", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "resources/subscribe", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "resources/unsubscribe", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "prompts/list", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "prompts/get", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "completion/complete", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "sampling/createMessage", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "elicitation/create", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "roots/list", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "logging/setLevel", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "server/discover", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "subscriptions/listen", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "tasks/get", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "tasks/result", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "tasks/list", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "tasks/cancel", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "tasks/update", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "notifications/initialized", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/cancelled", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/progress", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/message", MCP_FAMILY_MCP, MCP_SHARED_METHOD },
	{ "notifications/tools/list_changed", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/prompts/list_changed", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/resources/list_changed", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/resources/updated", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/roots/list_changed", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/tasks/status", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/elicitation/complete", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	{ "notifications/subscriptions/acknowledged", MCP_FAMILY_MCP, MCP_OWN_METHOD },
	/* A2A 0.x */
	{ "message/send", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "message/stream", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "tasks/resubscribe", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "tasks/pushNotificationConfig/set", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "tasks/pushNotificationConfig/get", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "tasks/pushNotificationConfig/list", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "tasks/pushNotificationConfig/delete", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "agent/getAuthenticatedExtendedCard", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	/* A2A 1.0 */
	{ "SendMessage", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "SendStreamingMessage", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "GetTask", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "ListTasks", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "CancelTask", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "SubscribeToTask", MCP_FAMILY_A2A, MCP_SHARED_METHOD },
	{ "CreateTaskPushNotificationConfig", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "GetTaskPushNotificationConfig", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "ListTaskPushNotificationConfigs", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "DeleteTaskPushNotificationConfig", MCP_FAMILY_A2A, MCP_OWN_METHOD },
	{ "GetExtendedAgentCard", MCP_FAMILY_A2A, MCP_OWN_METHOD },
};

/* The first that fits; what has more members stands before what has fewer. */
static const struct {
	uint32_t shape;
	const char *method;
} answers[] = {
	{ MCP_HAS_SERVER_INFO, "initialize" },
	{ MCP_HAS_VERSIONS, "server/discover" },
	{ MCP_HAS_TOOLS, "tools/list" },
	{ MCP_HAS_CONTENTS, "resources/read" },
	{ MCP_HAS_TEMPLATES, "resources/templates/list" },
	{ MCP_HAS_RESOURCES, "resources/list" },
	{ MCP_HAS_PROMPTS, "prompts/list" },
	{ MCP_HAS_MESSAGES, "prompts/get" },
	{ MCP_HAS_COMPLETION, "completion/complete" },
	{ MCP_HAS_ROOTS, "roots/list" },
	{ MCP_HAS_ACTION, "elicitation/create" },
	{ MCP_HAS_ROLE | MCP_HAS_MODEL | MCP_HAS_CONTENT, "sampling/createMessage" },
	{ MCP_HAS_CONTENT, "tools/call" },
	{ MCP_HAS_STRUCTURED, "tools/call" },
};

const char *
mcp_family_name(enum mcp_family family)
{
	return family == MCP_FAMILY_A2A ? "a2a" : "mcp";
}

bool
mcp_is_date(struct span text)
{
	if (text.len != 10)
		return false;
	for (size_t i = 0; i < 10; i++) {
		bool dash = i == 4 || i == 7;

		if (dash ? text.p[i] != '-' : text.p[i] < '0' || text.p[i] > '9')
			return false;
	}
	return true;
}

/* What a method that others have as well needs beside its name. */
static bool
has_own_members(const struct mcp_side *side, struct span method, enum mcp_family family)
{
	const struct mcp_message *message = side->message;

	if (span_is(method, "initialize"))
		return side->has_client &&
		       mcp_is_date(span_of(message->version, strlen(message->version)));
	if (family == MCP_FAMILY_A2A)
		return side->has_parts;
	return side->has_task_id;
}

enum mcp_certainty
mcp_method_known(const struct mcp_side *side, struct span method, enum mcp_family *family)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!span_is(method, methods[i].name))
			continue;
		*family = methods[i].family;
		if (methods[i].certainty == MCP_SHARED_METHOD &&
		    has_own_members(side, method, *family))
			return MCP_OWN_METHOD;
		return methods[i].certainty;
	}
	return MCP_UNKNOWN_METHOD;
}

const char *
mcp_method_of(uint32_t shape)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if ((shape & answers[i].shape) == answers[i].shape)
			return answers[i].method;
	}
	return NULL;
}
