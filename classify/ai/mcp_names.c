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

/*
 * Of all five revisions. What it wants of its params makes a method MCP's own, since others call
 * tools, read resources and list prompts of theirs; without it a method counts only where
 * something else has shown what this is. shared: what other protocols are known to have.
 */
static const struct {
	const char *name;
	enum mcp_family family;
	uint16_t wants; /* enum mcp_param */
} methods[] = {
	{ "initialize", MCP_FAMILY_MCP, MCP_PARAM_CLIENT },
	{ "ping", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "tools/list", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "tools/call", MCP_FAMILY_MCP, MCP_PARAM_NAME },
	{ "resources/list", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "resources/read", MCP_FAMILY_MCP, MCP_PARAM_URI },
	{ "resources/templates/list", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "resources/subscribe", MCP_FAMILY_MCP, MCP_PARAM_URI },
	{ "resources/unsubscribe", MCP_FAMILY_MCP, MCP_PARAM_URI },
	{ "prompts/list", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "prompts/get", MCP_FAMILY_MCP, MCP_PARAM_NAME },
	{ "completion/complete", MCP_FAMILY_MCP, MCP_PARAM_REF },
	{ "sampling/createMessage", MCP_FAMILY_MCP, MCP_PARAM_MESSAGES },
	{ "elicitation/create", MCP_FAMILY_MCP, MCP_PARAM_MESSAGE },
	{ "roots/list", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "logging/setLevel", MCP_FAMILY_MCP, MCP_PARAM_LEVEL },
	{ "server/discover", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "subscriptions/listen", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "tasks/get", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "tasks/result", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "tasks/list", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "tasks/cancel", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "tasks/update", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "notifications/initialized", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "notifications/cancelled", MCP_FAMILY_MCP, MCP_PARAM_REQUEST_ID },
	{ "notifications/progress", MCP_FAMILY_MCP, MCP_PARAM_PROGRESS_TOKEN },
	{ "notifications/message", MCP_FAMILY_MCP, MCP_PARAM_TASK_ID },
	{ "notifications/tools/list_changed", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "notifications/prompts/list_changed", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "notifications/resources/list_changed", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "notifications/resources/updated", MCP_FAMILY_MCP, MCP_PARAM_URI },
	{ "notifications/roots/list_changed", MCP_FAMILY_MCP, MCP_PARAM_NO_OTHER },
	{ "notifications/tasks/status", MCP_FAMILY_MCP, 0 },
	{ "notifications/elicitation/complete", MCP_FAMILY_MCP, 0 },
	{ "notifications/subscriptions/acknowledged", MCP_FAMILY_MCP, 0 },
	/* A2A 0.x */
	{ "message/send", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "message/stream", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "tasks/resubscribe", MCP_FAMILY_A2A, 0 },
	{ "tasks/pushNotificationConfig/set", MCP_FAMILY_A2A, 0 },
	{ "tasks/pushNotificationConfig/get", MCP_FAMILY_A2A, 0 },
	{ "tasks/pushNotificationConfig/list", MCP_FAMILY_A2A, 0 },
	{ "tasks/pushNotificationConfig/delete", MCP_FAMILY_A2A, 0 },
	{ "agent/getAuthenticatedExtendedCard", MCP_FAMILY_A2A, 0 },
	/* A2A 1.0 */
	{ "SendMessage", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "SendStreamingMessage", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "GetTask", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "ListTasks", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "CancelTask", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "SubscribeToTask", MCP_FAMILY_A2A, MCP_PARAM_PARTS },
	{ "CreateTaskPushNotificationConfig", MCP_FAMILY_A2A, 0 },
	{ "GetTaskPushNotificationConfig", MCP_FAMILY_A2A, 0 },
	{ "ListTaskPushNotificationConfigs", MCP_FAMILY_A2A, 0 },
	{ "DeleteTaskPushNotificationConfig", MCP_FAMILY_A2A, 0 },
	{ "GetExtendedAgentCard", MCP_FAMILY_A2A, 0 },
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

static bool
has_own_params(const struct mcp_side *side, uint16_t wants)
{
	const struct mcp_message *message = side->message;

	if (wants == MCP_PARAM_CLIENT &&
	    !mcp_is_date(span_of(message->version, strlen(message->version))))
		return false;
	if (wants == MCP_PARAM_NO_OTHER)
		return (side->params & MCP_PARAM_OTHER) == 0;
	return (side->params & wants) == wants;
}

enum mcp_certainty
mcp_method_known(const struct mcp_side *side, struct span method, enum mcp_family *family)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!span_is(method, methods[i].name))
			continue;
		*family = methods[i].family;
		return has_own_params(side, methods[i].wants) ? MCP_OWN_METHOD : MCP_SHARED_METHOD;
	}
	return MCP_UNKNOWN_METHOD;
}

/* What a method is answered with, where that is known; a task may stand for a result. */
static const struct {
	const char *method;
	uint32_t shape;
} results[] = {
	{ "tools/list", MCP_HAS_TOOLS },
	{ "tools/call",
	  MCP_HAS_CONTENT | MCP_HAS_STRUCTURED | MCP_HAS_TASK | MCP_HAS_INPUT_REQUESTS },
	{ "resources/list", MCP_HAS_RESOURCES },
	{ "resources/read", MCP_HAS_CONTENTS | MCP_HAS_INPUT_REQUESTS },
	{ "resources/templates/list", MCP_HAS_TEMPLATES },
	{ "prompts/list", MCP_HAS_PROMPTS },
	{ "prompts/get", MCP_HAS_MESSAGES | MCP_HAS_INPUT_REQUESTS },
	{ "completion/complete", MCP_HAS_COMPLETION },
};

bool
mcp_may_answer(const char *method, uint32_t shape)
{
	if ((shape & MCP_HAS_A_TOOL) != 0 && (shape & MCP_HAS_SCHEMA) == 0)
		return false;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (strcmp(method, results[i].method) == 0)
			return (shape & results[i].shape) != 0;
	}
	return true;
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
