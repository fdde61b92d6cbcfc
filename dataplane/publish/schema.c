#include "dataplane/publish/schema.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "dataplane/publish/encode.h"

#define UINT_SCHEMA "\"type\":\"integer\",\"minimum\":0,\"maximum\":9007199254740991"

/* The fields that the writer makes itself. */
static const struct envelope_field {
	const char *name, *schema, *kind, *meaning;
	bool required;
} envelope[] = {
	{ "schema", "", "text", "what this record is", true },
	{ "time", UINT_SCHEMA, "integer",
	  "when the thing happened, packet time, us since the epoch", true },
	{ "event_id", "\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"", "hex",
	  "the same for the same event in every replay of the same input", true },
	{ "seq", UINT_SCHEMA, "integer", "counts up per topic, from 1, in the order of publication",
	  true },
	{ "boot", UINT_SCHEMA, "integer",
	  "when this sensor started, us; scopes seq; absent in a replay", false },
	{ "sensor", "\"type\":\"string\"", "text", "who saw it", true },
	{ "cluster", "\"type\":\"string\"", "text", "cluster whose traffic is mirrored", false },
	{ "tap", "\"type\":\"string\"", "text", "port or feed it was seen on", false },
	{ "ruleset", "\"type\":\"string\"", "text", "short hash of the rule set in force", false },
};

#define NR_ENVELOPE (sizeof(envelope) / sizeof(envelope[0]))

static bool
in_envelope(enum record_field f)
{
	return f == RF_SENSOR || f == RF_CLUSTER || f == RF_TAP || f == RF_RULESET;
}

static bool
has_field(enum record_type type, enum record_field f)
{
	const struct record_field_info *info = &record_field_infos[f];

	return (info->types & (1u << type)) != 0 && (info->flags & RECORD_FLAG_INTERNAL) == 0 &&
	       info->kind != RECORD_KIND_COUNTER && !in_envelope(f);
}

enum record_type
schema_type_of(const char *name)
{
	unsigned type = 0;

	while (type < NR_RECORD_TYPES && strcmp(record_type_names[type], name) != 0)
		type++;
	return (enum record_type)type;
}

/* max_bytes is a bound in characters as well: none is shorter than a byte. */
static void
write_text(FILE *to, const struct record_field_info *info)
{
	fprintf(to, "\"type\":\"string\",\"maxLength\":%" PRIu32, info->max_bytes);
}

static void
write_kind(FILE *to, const struct record_field_info *info)
{
	switch (info->kind) {
	case RECORD_KIND_UINT:
	case RECORD_KIND_COUNTER:
		fputs(UINT_SCHEMA, to);
		break;
	case RECORD_KIND_BOOL:
		fputs("\"type\":\"boolean\"", to);
		break;
	case RECORD_KIND_TEXT:
		write_text(to, info);
		break;
	case RECORD_KIND_TEXTS:
		fputs("\"type\":\"array\",\"minItems\":1,\"items\":{", to);
		write_text(to, info);
		fputs("}", to);
		break;
	case RECORD_KIND_UINTS:
		fputs("\"type\":\"array\",\"minItems\":1,\"items\":{" UINT_SCHEMA "}", to);
		break;
	case RECORD_KIND_IP:
		fputs("\"type\":\"string\",\"pattern\":\"^[0-9a-f.:]{2,45}$\"", to);
		break;
	case RECORD_KIND_MAC:
		fputs("\"type\":\"string\",\"pattern\":\"^([0-9a-f]{2}:){5}[0-9a-f]{2}$\"", to);
		break;
	case RECORD_KIND_HEX:
		fprintf(to, "\"type\":\"string\",\"pattern\":\"^[0-9a-f]{%" PRIu32 "}$\"",
			2 * info->max_bytes);
		break;
	}
}

static void
write_envelope(FILE *to, enum record_type type)
{
	for (size_t i = 0; i < NR_ENVELOPE; i++) {
		fprintf(to, "%s\n    \"%s\": {", i == 0 ? "" : ",", envelope[i].name);
		if (i == 0)
			fprintf(to, "\"const\":\"weir.%s/%d\"", record_type_names[type],
				ENCODE_MAJOR);
		else
			fputs(envelope[i].schema, to);
		fprintf(to, ",\"description\":\"%s\"}", envelope[i].meaning);
	}
}

void
schema_write(FILE *to, enum record_type type)
{
	const char *name = record_type_names[type];

	fprintf(to,
		"{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
		"  \"$id\": \"weir.%s/%d\",\n  \"type\": \"object\",\n  \"properties\": {",
		name, ENCODE_MAJOR);
	write_envelope(to, type);
	for (unsigned f = 0; f < NR_RECORD_FIELDS; f++) {
		if (!has_field(type, (enum record_field)f))
			continue;
		fprintf(to, ",\n    \"%s\": {", record_field_infos[f].name);
		write_kind(to, &record_field_infos[f]);
		fprintf(to, ",\"description\":\"%s\"}", record_field_infos[f].meaning);
	}
	fputs("\n  },\n", to);
	if (type == RECORD_STATS)
		fputs("  \"additionalProperties\": {" UINT_SCHEMA "},\n", to);
	fputs("  \"required\": [", to);
	for (size_t i = 0; i < NR_ENVELOPE; i++) {
		if (envelope[i].required)
			fprintf(to, "%s\"%s\"", i == 0 ? "" : ", ", envelope[i].name);
	}
	fputs("]\n}\n", to);
}

static const char *
kind_word(const struct record_field_info *info)
{
	static const char *const words[] = {
		[RECORD_KIND_UINT] = "integer",
		[RECORD_KIND_BOOL] = "boolean",
		[RECORD_KIND_TEXT] = "text",
		[RECORD_KIND_TEXTS] = "array of text",
		[RECORD_KIND_UINTS] = "array of integer",
		[RECORD_KIND_IP] = "IP address",
		[RECORD_KIND_MAC] = "MAC address",
		[RECORD_KIND_HEX] = "hex",
		[RECORD_KIND_COUNTER] = "integer",
	};

	return words[info->kind];
}

void
schema_write_tables(FILE *to)
{
	fputs("### Every record\n\n| field | kind | meaning |\n|---|---|---|\n", to);
	for (size_t i = 0; i < NR_ENVELOPE; i++)
		fprintf(to, "| `%s` | %s | %s |\n", envelope[i].name, envelope[i].kind,
			envelope[i].meaning);
	for (unsigned type = 0; type < NR_RECORD_TYPES; type++) {
		if (type == RECORD_STATS)
			continue;
		fprintf(to, "\n### %s\n\n| field | kind | meaning |\n|---|---|---|\n",
			record_type_names[type]);
		for (unsigned f = 0; f < NR_RECORD_FIELDS; f++) {
			const struct record_field_info *info = &record_field_infos[f];

			if (!has_field((enum record_type)type, (enum record_field)f))
				continue;
			fprintf(to, "| `%s` | %s%s | %s |\n", info->name, kind_word(info),
				(info->flags & RECORD_FLAG_APPDATA) != 0 ? ", masked" : "",
				info->meaning);
		}
	}
}
