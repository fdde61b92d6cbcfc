/* weir rules COMMAND: options, and the commands that only look at a set. */
#include "dataplane/cmd_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classify/rules/rule_db.h"
#include "classify/rules/rule_lex.h"
#include "dataplane/cmd.h"
#include "dataplane/cmd_options.h"
#include "dataplane/log.h"
#include "dataplane/publish/encode.h"

static const char usage_text[] =
    "usage: weir rules COMMAND [OPTION]... [ARGUMENT]...\n"
    "\n"
    "  list                  every rule; --json for programs, --validators for those there are\n"
    "  test                  loads the set with all its rules on, and so runs every sample\n"
    "  lint                  the same, and what is allowed but unwise: --strict makes it an error\n"
    "  try [ID] WHAT         what the set finds in a text, a file or - (standard input), and why\n"
    "  explain ID            what a rule does, in words, and what it costs\n"
    "  profile FILE...       runs captures, tells what each rule cost and found\n"
    "  import                --gitleaks FILE or --suricata FILE: rules of others in this "
    "language,\n"
    "                        on standard output; what does not translate is told\n"
    "\n"
    "  -c, --config FILE     configuration; without it the built-in defaults\n"
    "      --rules DIR       rule files; without it those of the configuration, else the shipped\n"
    "      --local FILE      one more rule file, read last\n"
    "      --in BUFFER       try: only rules for it\n"
    "      --set KEY=VALUE   any setting of the configuration, by its dotted name\n"
    "      --help\n"
    "\n"
    "docs/rules.md has the language. Exit status: 0 good, 1 something is wrong, 2 usage.\n";

enum {
	OPT_RULES = 256,
	OPT_LOCAL,
	OPT_JSON,
	OPT_VALIDATORS,
	OPT_STRICT,
	OPT_IN,
	OPT_GITLEAKS,
	OPT_SURICATA,
	OPT_SET,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, CMD_OPT_CONFIG },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ "local", required_argument, NULL, OPT_LOCAL },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "validators", no_argument, NULL, OPT_VALIDATORS },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "in", required_argument, NULL, OPT_IN },
	{ "gitleaks", required_argument, NULL, OPT_GITLEAKS },
	{ "suricata", required_argument, NULL, OPT_SURICATA },
	{ "set", required_argument, NULL, OPT_SET },
	{ "help", no_argument, NULL, CMD_OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static int
take_option(void *arg, int opt)
{
	struct rules_options *o = arg;

	switch (opt) {
	case OPT_RULES:
		return cmd_options_set(&o->config, "rules.dir", optarg);
	case OPT_LOCAL:
		return cmd_options_set(&o->config, "rules.local", optarg);
	case OPT_SET:
		return config_set(&o->config, optarg);
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_VALIDATORS:
		o->validators = true;
		return 0;
	case OPT_STRICT:
		o->strict = true;
		return 0;
	case OPT_IN:
		o->buffer = optarg;
		return 0;
	case OPT_GITLEAKS:
		o->gitleaks = optarg;
		return 0;
	case OPT_SURICATA:
		o->suricata = optarg;
		return 0;
	default:
		return -EINVAL;
	}
}

/* The status to end with, or -1 to go on. */
static int
parse(struct rules_options *o, int argc, char **argv)
{
	const struct cmd_options options = {
		"rules", usage_text, ":c:", long_options, take_option, o,
	};
	const char *file;
	int status = cmd_options_read(&options, argc, argv, &o->config, &file);

	if (status >= 0)
		return status;
	o->nr_args = argc - optind;
	o->args = argv + optind;
	o->source = rule_files_source(&o->config, o->dir);
	return -1;
}

static const struct {
	const char *name;
	int (*run)(const struct rules_options *o);
	int min_args, max_args;
} commands[] = {
	{ "list", rules_list, 0, 0 },	    { "test", rules_test, 0, 0 },
	{ "lint", rules_lint, 0, 0 },	    { "try", rules_try, 1, 2 },
	{ "explain", rules_explain, 1, 1 }, { "import", rules_import, 0, 0 },
};

/* An option of another command: who gave it expects something of it. NULL: none. */
static const char *
option_of_another(const struct rules_options *o, const char *name)
{
	const struct {
		bool given;
		const char *option, *command;
	} options[] = {
		{ o->json, "--json", "list" },
		{ o->validators, "--validators", "list" },
		{ o->strict, "--strict", "lint" },
		{ o->buffer != NULL, "--in", "try" },
		{ o->gitleaks != NULL, "--gitleaks", "import" },
		{ o->suricata != NULL, "--suricata", "import" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].given && strcmp(name, options[i].command) != 0)
			return options[i].option;
	}
	return NULL;
}

static int
run(struct rules_options *o, const char *name)
{
	const char *option = option_of_another(o, name);

	if (option != NULL) {
		log_err("rules: %s: not an option of %s: see weir rules --help", option, name);
		return CMD_USAGE;
	}
	if (strcmp(name, "profile") == 0 && o->nr_args > 0)
		return rules_profile(o);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		if (o->nr_args >= commands[i].min_args && o->nr_args <= commands[i].max_args)
			return commands[i].run(o);
	}
	log_err("rules: %s: no such command, or not with %d arguments: see weir rules --help", name,
		o->nr_args);
	return CMD_USAGE;
}

int
cmd_rules(int argc, char **argv)
{
	static struct rules_options o;
	int status;

	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, argc < 2 ? stderr : stdout);
		return argc < 2 ? CMD_USAGE : CMD_OK;
	}
	config_defaults(&o.config);
	status = parse(&o, argc - 1, argv + 1);
	if (status < 0)
		status = run(&o, argv[1]);
	config_free(&o.config);
	return status;
}

/* ------------------------------------------------------------------ list */

static void
put_json(const char *text)
{
	static char quoted[6 * RULE_FILES_PATH_BYTES + 3]; /* no text is longer than a path */

	fwrite(quoted, 1, encode_string(text, quoted, sizeof(quoted)), stdout);
}

static void
put_buffers(const struct rule *r, const char *between)
{
	bool first = true;

	for (unsigned b = 0; b < NR_BUFFERS; b++) {
		if ((r->buffers & 1u << b) == 0)
			continue;
		printf("%s%s", first ? "" : between, buffer_name((enum buffer)b));
		first = false;
	}
}

static void
list_json(const struct rule *r)
{
	fputs("{\"id\":", stdout);
	put_json(r->id);
	fputs(",\"title\":", stdout);
	put_json(r->title);
	fputs(",\"data_type\":", stdout);
	put_json(r->data_type);
	printf(",\"severity\":\"%s\",\"rev\":%u,\"enabled\":%s,\"masked\":%s,\"in\":[\"",
	       severity_name(r->severity), r->rev, r->enabled ? "true" : "false",
	       r->hides ? "true" : "false");
	put_buffers(r, "\",\"");
	fputs("\"],\"tags\":[", stdout);
	for (unsigned i = 0; i < r->nr_tags; i++) {
		fputs(i == 0 ? "" : ",", stdout);
		put_json(r->tags[i]);
	}
	fputs("],\"file\":", stdout);
	put_json(r->file);
	printf(",\"line\":%u}\n", r->line);
}

static void
put_last_day(const struct rule_suppression *s, char *text, size_t cap)
{
	time_t last = (time_t)(s->until_us / 1000000u) - 1;
	struct tm day;

	gmtime_r(&last, &day);
	strftime(text, cap, "%Y-%m-%d", &day);
}

static void
list_suppressions(const struct ruleset *set)
{
	for (const struct rule_suppression *s = ruleset_suppressions(set); s != NULL; s = s->next) {
		char text[16];

		put_last_day(s, text, sizeof(text));
		printf("suppressed until %s: %.*s, by %s%s%s\n", text, (int)s->rules.len,
		       (const char *)s->rules.p, s->owner, s->reason == NULL ? "" : ": ",
		       s->reason == NULL ? "" : s->reason);
	}
}

static void
list_validators(bool json)
{
	const struct validator *v;

	for (size_t i = 0; (v = validator_at(i)) != NULL; i++) {
		if (!json) {
			printf("%-18s %s\n", v->name, v->what);
			continue;
		}
		fputs("{\"name\":", stdout);
		put_json(v->name);
		fputs(",\"what\":", stdout);
		put_json(v->what);
		puts("}");
	}
}

int
rules_list(const struct rules_options *o)
{
	struct ruleset *rules;

	if (o->validators) {
		list_validators(o->json);
		return CMD_OK;
	}
	if (ruleset_load_from(&o->source, &rules, stderr) != 0)
		return CMD_FAILED;
	for (size_t i = 0; i < ruleset_nr(rules); i++) {
		const struct rule *r = ruleset_rule(rules, i);

		if (o->json)
			list_json(r);
		else
			printf("%-32s %-8s %-3s %-28s %s\n", r->id, severity_name(r->severity),
			       r->enabled ? "on" : "off", r->data_type, r->title);
	}
	if (!o->json)
		list_suppressions(rules);
	ruleset_free(rules);
	return CMD_OK;
}

/* ------------------------------------------------------------------ test */

int
rules_test(const struct rules_options *o)
{
	struct ruleset_source source = o->source;
	size_t positive = 0, negative = 0, without = 0;
	struct ruleset *rules;

	source.all = true;
	if (ruleset_load_from(&source, &rules, stderr) != 0)
		return CMD_FAILED;
	for (size_t i = 0; i < ruleset_nr(rules); i++) {
		const struct rule *r = ruleset_rule(rules, i);

		without += r->nr_samples == 0;
		for (unsigned k = 0; k < r->nr_samples; k++) {
			positive += r->samples[k].positive;
			negative += !r->samples[k].positive;
		}
	}
	printf("%s: %zu rules, set %s: all of %zu samples are found, none of %zu that must not be",
	       source.dir, ruleset_nr(rules), ruleset_hash(rules), positive, negative);
	if (without != 0)
		printf("; %zu rules have no sample", without);
	putchar('\n');
	ruleset_free(rules);
	return CMD_OK;
}

/* ------------------------------------------------------------------ explain */

static void
explain_words(const char *what, const struct rule_words *w)
{
	unsigned nr = 0, shown = 0;

	if (w->list.nr == 0)
		return;
	for (unsigned i = 0; i < w->list.nr; i++)
		nr += !w->list.words[i].lead;
	printf("  %s within %u words, of %u:", what, w->within, nr);
	for (unsigned i = 0; i < w->list.nr && shown < 12; i++) {
		if (w->list.words[i].lead)
			continue;
		printf(" %s", w->list.words[i].text);
		shown++;
	}
	puts(nr > shown ? " ..." : "");
}

static void
explain_cost(const struct db_pattern *p)
{
	struct rule_cost cost;
	size_t len;
	const unsigned char *traffic = rules_sample_traffic(&len);

	printf("    in Hyperscan's %s\n", (p->rule->buffers & buffers_streamed()) == 0
					      ? "database for short fields only"
					      : "databases for streams and for short fields");
	if (!rule_db_cost(p, traffic, len, &cost))
		return;
	printf("    alone: %.2f cycles a byte of made-up traffic, %" PRIu64
	       " matches in %zu KiB; database %zu KiB, %zu bytes a stream\n",
	       cost.cycles_per_byte, cost.matches, len / 1024, cost.database_bytes / 1024,
	       cost.stream_bytes);
}

/* As a rule file has it. */
static void
put_quoted(struct span text)
{
	putchar('"');
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c < ' ' || c >= 0x7f)
			printf("\\x%02x", c);
		else
			printf("%s%c", c == '"' || c == '\\' ? "\\" : "", c);
	}
	putchar('"');
}

static void
explain_digits(const struct rule_pattern *at)
{
	if (at->min_digits == at->max_digits)
		printf("  finds %u digits, in one run", at->min_digits);
	else
		printf("  finds %u to %u digits, in one run", at->min_digits, at->max_digits);
	if (at->separators.len != 0)
		printf(" or in groups joined by %s of \"%.*s\"", at->mixed ? "any" : "one kind",
		       (int)at->separators.len, (const char *)at->separators.p);
	puts("\n    by the digit finder: no part in Hyperscan's cost");
}

static void
explain_pattern(const struct db_pattern *p)
{
	const struct rule_pattern *at = p->pattern;
	struct rule_text memory = { 0 };
	const struct regex *re;

	switch (at->kind) {
	case PATTERN_DIGITS:
		explain_digits(at);
		return;
	case PATTERN_IBAN:
		puts("  finds two letters and two digits that may begin an IBAN\n"
		     "    by the digit finder: no part in Hyperscan's cost");
		return;
	case PATTERN_LITERAL:
		fputs("  matches the text ", stdout);
		put_quoted(at->text);
		puts(at->nocase ? " in any case" : "");
		break;
	case PATTERN_REGEX:
		re = regex_parse(&memory, at->text, at->nocase ? REGEX_NOCASE : 0);
		fputs("  matches ", stdout);
		if (re != NULL)
			regex_explain(re, stdout);
		else
			printf("/%.*s/", (int)at->text.len, (const char *)at->text.p);
		puts(at->nocase ? ", in any case" : "");
		if (p->cut && !rule_db_has_lead(p))
			printf("    searched for without its front: /%.*s/\n",
			       (int)(at->text.len - p->cut_bytes),
			       (const char *)at->text.p + p->cut_bytes);
		rule_text_fini(&memory);
		if (!rule_db_has_lead(p))
			break;
		if (p->mark.byte != 0)
			printf("    by each `%c`, from which it is read both ways", p->mark.byte);
		else
			printf("    by the digit finder, behind %u letters", p->lead.letters);
		puts(": no part in Hyperscan's cost");
		return;
	}
	explain_cost(p);
}

static void
explain_suppression(const struct rule_suppression *s)
{
	bool everywhere = s->nr_nets[0] == 0 && s->nr_nets[1] == 0 && s->nr_hosts == 0;
	char last[16];

	put_last_day(s, last, sizeof(last));
	printf("  is suppressed %s until %s%s, by %s\n    %s:%u\n",
	       everywhere ? "everywhere" : "in places", last,
	       s->until_us <= (uint64_t)time(NULL) * 1000000u ? ", which has passed" : "", s->owner,
	       s->file, s->line);
}

static void
explain_judging(const struct rule *r)
{
	static const char *const forms[] = { "nothing",	      "the first six and last four digits",
					     "the last four", "country and last four",
					     "the domain",    "the country code" };

	if (r->validator != NULL)
		printf("  is judged by %s: %s\n", r->validator->name, r->validator->what);
	if (r->bounded)
		puts("  must be no part of a longer word");
	if (r->generic)
		puts("  gives way to a rule that knows the value's kind");
	if (r->context.list.nr != 0)
		printf("  a word of its context%s is worth %d points%s\n",
		       r->weak || r->context.own ? ", no key of another member," : "",
		       r->context.points,
		       r->weak || r->context.needed ? "; without one it is nothing" : "");
	explain_words("context", &r->context);
	explain_words("veto", &r->veto);
	if (r->threshold.least > 1)
		printf("  is published from %u %s on one edge and window on\n", r->threshold.least,
		       r->threshold.values ? "distinct values" : "findings");
	if (r->hides && r->show == SHOW_PREFIX)
		printf("  is masked wherever records quote it; shown are its first %u bytes\n",
		       r->show_prefix);
	else if (r->hides)
		printf("  is masked wherever records quote it; shown is %s\n", forms[r->show]);
	else
		puts("  is not masked: it has nothing to hide");
	for (unsigned i = 0; i < r->nr_suppressions; i++)
		explain_suppression(r->suppressions[i]);
}

int
rules_explain(const struct rules_options *o)
{
	struct ruleset_source source = o->source;
	const struct rule *r;
	struct ruleset *rules;

	source.all = true;
	if (ruleset_load_from(&source, &rules, stderr) != 0)
		return CMD_FAILED;
	r = ruleset_find(rules, o->args[0]);
	if (r == NULL) {
		log_err("rules: %s: no rule has this id: see weir rules list", o->args[0]);
		ruleset_free(rules);
		return CMD_FAILED;
	}
	printf("%s, revision %u: %s\n  %s:%u\n  is %s, %s at most, %s\n  looks in: ", r->id, r->rev,
	       r->title, r->file, r->line, r->data_type, severity_name(r->severity),
	       r->switched_off ? "off" : "on");
	put_buffers(r, " ");
	putchar('\n');
	for (unsigned i = 0; i < ruleset_db(rules)->nr_patterns; i++) {
		if (ruleset_db(rules)->patterns[i].rule == r)
			explain_pattern(&ruleset_db(rules)->patterns[i]);
	}
	explain_judging(r);
	ruleset_free(rules);
	return CMD_OK;
}
