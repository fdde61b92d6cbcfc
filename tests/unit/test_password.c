/* Passwords by their name: every notation, and what stands behind the name without being one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classify/detect/validators.h"
#include "tests/support/guard.h"

static const struct password_case {
	const char *name;
	const char *in;	  /* the match is what stands between two ~ */
	const char *want; /* NULL: none */
} cases[] = {
	/* notations */
	{ "form", "~passwd=hunt~er2222&x=1", "hunter2222" },
	{ "form, decoded", "user=ann&~password=4s&G~0ZoLQ9", "4s&G0ZoLQ9" },
	{ "JSON", "{\"~password\":\"Zx9k~Q2pLm7\",\"a\":1}", "Zx9kQ2pLm7" },
	{ "JSON in a log", "{\\\"~password\\\":\\\"Zx9k~Q2\\\",\\\"a\\\":1}", "Zx9kQ2" },
	{ "JSON in CSV", "\"{\"\"~password\"\":\"\"Zx9k~Q2\"\"}\"", "Zx9kQ2" },
	{ "quote inside, undone", "\"~password\":\"Zx9k~\"Q2\"}", "Zx9k\"Q2" },
	{ "quotes in quotes", "~password = \"'Zx9~kQ2'\"", "Zx9kQ2" },
	{ "no end in sight", "\"~password\":\"Zx9k~Q2pLm7", "Zx9kQ2pLm7" },
	{ "environment, from the name", "DB_~PASSWORD=Zx9k~Q2\n", "Zx9kQ2" },
	{ "YAML", "  ~password: Zx9k~Q2pLm7\n", "Zx9kQ2pLm7" },
	{ "connection string", "Uid=sa;~Pwd=Zx9k~Q2p;", "Zx9kQ2p" },
	{ "arrow", ":~password   => '4ian~1234',", "4ian1234" },
	{ "in a list", "DB_~PASSWORD\", \"value\": \"tr0u~b4dor-3\"}", "tr0ub4dor-3" },
	{ "in a list, YAML", "- name: DB_~PASSWORD\n    value: Zx9k~Q2\n", "Zx9kQ2" },
	{ "attribute", "key=\"Email~Password\" value=\"Zx9k~Q2\"/>", "Zx9kQ2" },
	{ "element", "<~password>Zx9k~Q2pLm7</password>", "Zx9kQ2pLm7" },
	{ "element over lines", "<~password>\n  Zx9k~Q2\n</password>", "Zx9kQ2" },
	{ "element, CDATA", "<~password><![CDATA[Zx9k~Q2]]></password>", "Zx9kQ2" },
	{ "element of settings", "name=\"db.~password\">Zx9k~Q2</property>", "Zx9kQ2" },
	{ "element of WS-Security", "1.0#~PasswordText\">Zx9k~Q2</wsse:Password>", "Zx9kQ2" },
	{ "name and value elements", "<name>db.~password</name>\n<value>Zx9k~Q2</value>",
	  "Zx9kQ2" },
	{ "form, of an object", "user[name]=ann&user[~password]=Zx9k~Q2", "Zx9kQ2" },
	{ "form, of an object, one word", "user[~password]=hunt~er", "hunter" },
	{ "PHP array", "    [~password] => Zx9k~Q2\n", "Zx9kQ2" },
	{ "PHP, serialised", "s:8:\"~password\";s:6:\"Zx9k~Q2\";}", "Zx9kQ2" },
	{ "element with a type", "<a:~password xsi:type=\"xsd:string\">Zx9k~Q2</a:password>",
	  "Zx9kQ2" },
	{ "element of a field", "<field name=\"~password\">Zx9k~Q2</field>", "Zx9kQ2" },
	{ "array of a program", "row[\"~password\"] = get_~password(user, 2)", NULL },
	{ "block of YAML", "~password: |-\n  Zx9k~Q2\n", "Zx9kQ2" },
	{ "block of YAML, prose", "~password: >\n  Your~ password has eight letters\n", NULL },
	{ "PHP constant", "~define('DB_PASSWORD', 'Zx9k~Q2p');", "Zx9kQ2p" },
	{ "SQL", "CREATE USER app ~PASSWORD 'Zx9k~Q2'", "Zx9kQ2" },
	{ "Oracle", "ALTER USER app ~IDENTIFIED BY 'Zx9k~Q2'", "Zx9kQ2" },
	{ "SQL of MySQL", "~IDENTIFIED WITH native BY 'Zx9k~Q2'", "Zx9kQ2" },
	{ "Markdown", "**~Password:** Zx9k~Q2\n", "Zx9kQ2" },
	{ "Markdown, code", "**~Password**: `Zx9k~Q2`\n", "Zx9kQ2" },
	{ "command line", "mysql ~--password Zx9k~Q2 app", "Zx9kQ2" },
	{ "option with a name", "tool ~--db-password Zx9k~Q2 app", "Zx9kQ2" },
	{ "subscript", "config['~password'] = 'Zx9k~Q2'", "Zx9kQ2" },
	{ "typed", "let ~password: Option<String> = \"Zx9k~Q2\";", "Zx9kQ2" },
	{ "type, no value", "let ~password: Stri~ng = name2;", NULL },
	{ "literal with a mark", "~password = b\"Zx9k~Q2\"", "Zx9kQ2" },
	{ "default in Make", "DB_~PASSWORD ?= \"Zx9k~Q2\"", "Zx9kQ2" },
	{ "else", "env.DB_~PASSWORD || \"Zx9k~Q2\"", "Zx9kQ2" },
	{ "setter", "user.set~Password(\"Zx9k~Q2\");", "Zx9kQ2" },
	{ "argument", "put(\"~password\", \"Zx9k~Q2\")", "Zx9kQ2" },
	{ "columns", "(\"name\", \"~password\", \"addr~ess2\")", NULL },
	{ "list", "[\"~password\", \"addr~ess2\"]", NULL },
	{ "attribute in between", "<~password encrypted=\"no\">Zx9k~Q2</password>", "Zx9kQ2" },
	{ "setting of .NET", "name=\"~Password\" serializeAs=\"String\"><value>Zx9k~Q2</value>",
	  "Zx9kQ2" },
	{ "XML-RPC", "<name>~password</name><value><string>Zx9k~Q2</string>", "Zx9kQ2" },
	{ "sentence", "my ~password is Zx9kQ~2pLm7, thanks", "Zx9kQ2pLm7" },
	{ "sentence, its end", "my ~password is hunte~r22.", "hunter22" },
	{ "sentence, quoted", "the ~password for ann is 'Zx9k~Q2p'", "Zx9kQ2p" },
	{ "sentence, a word", "the ~password is stale~2 by now", NULL },
	{ "sentence, a term", "the ~password is SHA25~6-hashed", NULL },
	{ "sentence, a rule", "the ~password is 8-20 ~characters", NULL },
	{ "compared", "if (~secret != \"open~-sesame\") {", "open-sesame" },
	/* names */
	{ "db_pass", "db_~pass=Zx9k~Q2\n", "Zx9kQ2" },
	{ "dbPass", "\"db~Pass\":\"Zx9k~Q2\"", "Zx9kQ2" },
	{ "MYSQLPASS", "MYSQL~PASS=Zx9k~Q2\n", "Zx9kQ2" },
	{ "bypass", "by~pass = \"Zx9k~Q2\"", NULL },
	{ "compass", "com~pass: Zx9k~Q2\n", NULL },
	{ "forgotPassword", "\"forgot~Password\":\"Step~2\"", NULL },
	{ "Test::Pass", "Test::~Pass = Zx9k~Q2", NULL },
	{ "PASS: of a test", "~PASS: test~2 of it", NULL },
	/* names of other languages */
	{ "German", "daten~passwort: Zx9k~Q2\n", "Zx9kQ2" },
	{ "French", "~Mot de passe : Zx9k~Q2\n", "Zx9kQ2" },
	{ "French, joined", "\"~mot_de_passe\":\"Zx9k~Q2\"", "Zx9kQ2" },
	{ "Spanish", "\"~contrase\xc3\xb1\x61\":\"Zx9k~Q2\"", "Zx9kQ2" },
	{ "Russian", "~\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c: Zx9k~Q2\n", "Zx9kQ2" },
	{ "Portuguese", "\"nova~Senha\":\"Zx9k~Q2\"", "Zx9kQ2" },
	{ "the end of another word", "\"re~senha\":\"Zx9k~Q2\"", NULL },
	{ "Polish, in an element", "<~has\xc5\x82o>Zx9k~Q2</has\xc5\x82o>", "Zx9kQ2" },
	{ "label, German", "\"login\":\"anmelden\",\"~passwort\":\"kenn~wort\"", NULL },
	{ "rule, German", "~Passwort: mind~estens 8 Zeichen", NULL },
	{ "key of a text, German", "\"~passwort\":\"erro~rs.passwort.min8\"", NULL },
	/* values */
	{ "of Secrets Manager", "\"~password\":\",rP=~bEbv-HSl?B8<R0iC\"", ",rP=bEbv-HSl?B8<R0iC" },
	{ "begins with $", "\"~password\":\"$upe~rS3cret\"", "$uperS3cret" },
	{ "begins with %", "\"~password\":\"%Tg7~!kk29\"", "%Tg7!kk29" },
	{ "begins with !", "~password:!Dd5~G4s9\n", "!Dd5G4s9" },
	{ "a bracket", "\"~password\":\"[Zx9~]kQ2\"", "[Zx9]kQ2" },
	{ "a word and a year", "\"~password\":\"Somm~er2024!\"", "Sommer2024!" },
	{ "a sign in a word", "~password = \"supe~r$ecret\"", "super$ecret" },
	{ "a mark behind a word", "~pwd = \"cack~le!\"", "cackle!" },
	{ "umlauts", "\"~password\":\"m\xc3\xbcn~chen2026\"", "m\xc3\xbcnchen2026" },
	{ "euro", "\"~password\":\"Geld~2024\xe2\x82\xac\"", "Geld2024\xe2\x82\xac" },
	{ "digits", "\"~password\":\"4711~0815\"", "47110815" },
	{ "letters alone, by chance", "\"~password\":\"kJhG~fDsXpQu\"", "kJhGfDsXpQu" },
	{ "a word behind a user", "user = 'Aladdin'\n~password = 'open~ sesame'\n", "open sesame" },
	{ "a word behind a user, JSON", "{\"user\":\"ann\",\"~password\":\"letm~ein\"}",
	  "letmein" },
	{ "a word in a form", "?user=ann&~password=letm~ein", "letmein" },
	{ "a word in the environment", "APP_~PASSWORD=whit~educke # x\n", "whiteducke" },
	{ "words run together", "Admin~Password\": \"this~ismypassword\"", "thisismypassword" },
	/* texts for people */
	{ "phrase", "\"~password\":\"Forg~ot your password?\"", NULL },
	{ "label", "\"~password\":\"Cont~rase\xc3\xb1\x61\"", NULL },
	{ "label of ideographs", "\"~password\":\"8\xe6\x96\x87~\xe5\xad\x97\"", NULL },
	{ "label in lower case", "\"~password\":\"wach~twoord\"", NULL },
	{ "labels of a form", "{\"username\":\"Utilisateur\",\"~password\":\"Mot ~de passe\"}",
	  NULL },
	{ "labels in one word", "{\"user\":\"Benutzer\",\"~password\":\"kenn~wort\"}", NULL },
	{ "rule", "\"~password\":\"At l~east 8 characters\"", NULL },
	{ "required", "~Password: must~ be at least 8 characters", NULL },
	{ "verdict", "~pass: 1532~, fail: 3", NULL },
	{ "share", "~pass: 99.7~%", NULL },
	{ "element of a page", "for=\"~password\">Pass~wort2</label>", NULL },
	/* programs */
	{ "member", "{~password:e.ta~rget.value}", NULL },
	{ "member with a digit", "~password:n2.v~alue,", NULL },
	{ "alternative", "~password:r2.p~assword||\"\"", NULL },
	{ "argument", "~password=auth~_password2,", NULL },
	{ "type", "~password: Opti~onal[str] = None", NULL },
	{ "type, GraphQL", "~password: Stri~ng!", NULL },
	{ "type of an array", "{ ~password: Uint~8Array }", NULL },
	{ "resource", "~password = var.~db_password\n", NULL },
	{ "call", "~password = getp~ass.getpass()", NULL },
	{ "call with digits", "~password = sha2~56(x1)", NULL },
	{ "index", "~password = os.e~nviron[\"X1\"]", NULL },
	{ "anchor of YAML", "~password: *pw_a~nchor1\n", NULL },
	{ "constant", "~pass = 0x1F~2E\n", NULL },
	{ "route", "\"~password\":\"/res~et-password2\"", NULL },
	{ "key of a text", "\"~password\":\"erro~rs.password.min8\"", NULL },
	{ "pattern", "\"~password\":\"^(?=~.*[A-Z]).{8,}$\"", NULL },
	/* stand-ins */
	{ "bullets", "\"~password\":\"\xe2\x80\xa2\xe2~\x80\xa2\xe2\x80\xa2\"", NULL },
	{ "stars", "\"~password\":\"****~****\"", NULL },
	{ "underscores", "\"~password\":\"__DB~_PASSWORD__\"", NULL },
	{ "REPLACE_ME", "~password: REPL~ACE_ME\n", NULL },
	{ "of YAML", "~password: !vau~lt |\n", NULL },
	{ "of a vault", "\"~password\":\"@Mic~rosoft.KeyVault(SecretUri=https://k9/)\"", NULL },
	{ "of Amazon", "\"~password\":\"arn:~aws:secretsmanager:eu-west-1:123:x1\"", NULL },
	{ "template", "\"~password\":\"${DB~1_PASSWORD}\"", NULL },
	{ "variable in quotes", "PG~PASSWORD=\"$app~_db_password\"", NULL },
	{ "null", "\"user\":\"ann\",\"~pwd\": \"null~\"", NULL },
	{ "nothing", "\"~password\":\"\",\"b\":~\"Zx9kQ2\"", NULL },
	{ "working directory", "~PWD=/srv~/app1\n", NULL },
	{ "name of a hash", "\"~password\":\"sha2~56\"", NULL },
};

static void
test_password(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct password_case *t = &cases[i];
		size_t from = (size_t)(strchr(t->in, '~') - t->in);
		size_t to = (size_t)(strrchr(t->in, '~') - t->in) - 1, len = strlen(t->in) - 2;
		char text[256];
		struct value v;

		memcpy(text, t->in, from);
		memcpy(text + from, t->in + from + 1, to - from);
		memcpy(text + to, t->in + to + 2, len - to);
		value_init(&v, guard_copy(text, len), len, from, to);

		bool valid = validate_password(&v) != 0;

		if (valid != (t->want != NULL) || (valid && !span_is(value_span(&v), t->want))) {
			print_message("%s: %s: %.*s\n", t->name, t->in, (int)(v.end - v.start),
				      (const char *)v.window + v.start);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* Each row cut off behind every byte: nobody reads outside. */
static void
test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].in);

		for (size_t cut = 1; cut <= len; cut++) {
			uint8_t *copy = malloc(cut);
			struct value v;

			memcpy(copy, cases[i].in, cut);
			for (size_t from = 0; from < cut; from++) {
				value_init(&v, copy, cut, from, cut);
				validate_password(&v);
				assert_true(v.start <= v.end && v.end <= v.len);
			}
			free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
