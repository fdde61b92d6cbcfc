/* Validators against published test numbers and numbers made up to pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classify/detect/validators.h"
#include "tests/support/guard.h"

static const struct validator_case {
	const char *validator;
	const char *in; /* the value is what stands between < and > */
	bool valid;
	const char *norm; /* NULL: not looked at */
} cases[] = {
	{ "card", "<4111111111111111>", true, "4111111111111111" },
	{ "card", "<4111 1111 1111 1111>", true, "4111111111111111" },
	{ "card", "<3782-822463-10005>", true, "378282246310005" },
	{ "card", "<4111111111111112>", false, NULL },
	{ "card", "<41 11 11 11 11 11 11 11>", false, NULL },
	{ "card", "<9111111111111111>", false, NULL },
	{ "card", "<30569309025904>", true, NULL },
	{ "card", "<6205500000000000004>", true, NULL },
	{ "card", "<3593156708213738>", false, NULL },
	{ "card_unlisted", "<3593156708213738>", true, NULL },
	{ "card_unlisted", "<4111111111111111>", false, NULL },
	{ "luhn", "<79927398713>", true, NULL },
	{ "luhn", "<79927398710>", false, NULL },
	{ "track", "<;4111111111111111=2812>101", true, "4111111111111111" },
	{ "track", "<;4111111111111111=2813>101", false, NULL },
	{ "iban", "<DE89>370400440532013000", true, "DE89370400440532013000" },
	{ "iban", "<GB29> NWBK 6016 1331 9268 19", true, "GB29NWBK60161331926819" },
	{ "iban", "<DE88>370400440532013000", false, NULL },
	{ "iban", "<DE89>3704004405320130", false, NULL },
	{ "iban", "<de89>370400440532013000", true, "DE89370400440532013000" },
	{ "iban", "<De89>370400440532013000", false, NULL },
	{ "iban", "<GB93>123460161331926819", false, NULL },
	{ "iban", "<XX89>370400440532013000", false, NULL },
	{ "aba", "<021000021>", true, NULL },
	{ "aba", "<021000022>", false, NULL },
	{ "ssn", "<536-22-8726>", true, "536228726" },
	{ "ssn", "<000-22-8726>", false, NULL },
	{ "ssn", "<536-22 8726>", false, NULL },
	{ "ssn_bare", "<536228726>", true, NULL },
	{ "itin", "<912-70-1234>", true, NULL },
	{ "itin", "<912-93-1234>", false, NULL },
	{ "email", "to: Ann.Lee<@mail.ex>ample.com.", true, "ann.lee@mail.example.com" },
	{ "email", "\\nann<@mail.ex>ample", true, "ann@mail.example" },
	{ "email", "git<@github.co>m:a/b", false, NULL },
	{ "email", "a/logo<@big.png>", false, NULL },
	{ "email", "redis://u:pw<@host.ex>ample", false, NULL },
	{ "phone", "+<49 30 901820>", true, "4930901820" },
	{ "phone", "<11111111>", false, NULL },
	{ "aws_key", "<AKIAIOSFODNN7EXAMPLE>", true, NULL },
	{ "aws_key", "<AKIAAAAAAAAAAAAAAAAA>", true, NULL },
	{ "aws_key", "<AKIA1111111111111111>", false, NULL },
	{ "aws_key", "<A3T0ABCDEFGHIJKLMNOP>", true, NULL },
	{ "aws_secret", "key=<wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY>", true, NULL },
	{ "aws_secret", "sha=<da39a3ee5e6b4b0d3255bfef95601890afd80709>", false, NULL },
	{ "basic", "<Basic QWxhZGRp>bjpvcGVuIHNlc2FtZQ==", true, "Aladdin:open sesame" },
	{ "basic", "<Basic AAAAAAAA>", false, NULL },
	{ "jwt", "<eyJhbGciOiJub25lIn0.eyJzdWIiOiIx>Iiwi", true, NULL },
	{ "jwt", "<eyJmb28iOiJub25lIn0.eyJzdWIiOiIx>Iiwi", false, NULL },
	{ "url_password", "db<://u:pass-w0rd@>h", true, "pass-w0rd" },
	{ "url_password", "db<://u:${PW}@>h", false, NULL },
	{ "token", "<q8Zk3Lw0Pm7Yt5Rv>", true, NULL },
	{ "token", "<your_token_goes_here>", true, NULL },
	{ "named_key", "<clarifai: { \"api_key\": \"dkHL49dId5skLfBjsf342RJkdskdpD54>\"", true,
	  "dkHL49dId5skLfBjsf342RJkdskdpD54" },
	{ "named_key", "<CLARIFAI dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "<clarifai-secret-dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "<clarifai_md5: dkHL49dId5skLfBjsf342RJkdskdpD54>", false, NULL },
	{ "named_key", "<clarifai\", \"other\": \"dkHL49dId5skLfBjsf342RJkdskdpD54>", false, NULL },
	{ "named_key", "<clarifai abcdefghijklmnopqrstuvwxyzabcdef>", false, NULL },
	{ "named_key", "<CLARIFAI_KEY\", \"value\": \"dkHL49dId5skLfBjsf342RJkdskdpD54>", true,
	  NULL },
	{ "last_word", "<login ann password hunt>er2222 x", true, "hunter2222" },
	{ "last_word", "<login ann password ${P}>", false, NULL },
	{ "assigned_text", "<jwt secret: \"7`D'}/vY>R)\" x", true, "7`D'}/vYR)" },
	{ "assigned_text", "<jwt secret: \"${JWT_S>}\"", false, NULL },
	{ "assigned", "<password=hunt>er2222&x", true, "hunter2222" },
	{ "assigned", "<\"pwd\": \"nul>l\"", false, NULL },
	{ "aadhaar", "<234123412346>", true, NULL },
	{ "aadhaar", "<234123412347>", false, NULL },
	{ "cpf", "<390.533.447-05>", true, NULL },
	{ "cpf", "<390.533.447-06>", false, NULL },
	{ "cnpj", "<16.727.230/0001-97>", true, NULL },
	{ "cnpj", "<16.727.230/0001-98>", false, NULL },
	{ "cn_id", "<360426199101010071>", true, NULL },
	{ "cn_id", "<360426199113010071>", false, NULL },
	{ "dni", "<54362315K>", true, NULL },
	{ "dni", "<54362315Z>", false, NULL },
	{ "nie", "<X2482300W>", true, NULL },
	{ "nir", "<295109912611193>", true, NULL },
	{ "nir", "<295109912611199>", false, NULL },
	{ "steuer_id", "<36574261809>", true, NULL },
	{ "steuer_id", "<36574261890>", false, NULL },
	{ "nhs", "<943 476 5870>", true, NULL },
	{ "nhs", "<943 476 5871>", false, NULL },
	{ "nino", "<AB123456C>", true, NULL },
	{ "nino", "<GB123456C>", false, NULL },
	{ "bsn", "<111222333>", true, NULL },
	{ "bsn", "<111252333>", false, NULL },
	{ "pesel", "<44051401359>", true, NULL },
	{ "pesel", "<44051401358>", false, NULL },
	{ "personnummer", "<880320-0016>", true, NULL },
	{ "personnummer", "<880320-0018>", false, NULL },
	{ "tckn", "<17291716060>", true, NULL },
	{ "tckn", "<17291716050>", false, NULL },
	{ "curp", "<BOXW310820HNERXN09>", true, NULL },
	{ "curp", "<BOXW310820HNERXN08>", false, NULL },
	{ "rut", "<12.531.909-2>", true, NULL },
	{ "rut", "<12.531.909-3>", false, NULL },
	{ "za_id", "<7503305044089>", true, NULL },
	{ "za_id", "<8503305044089>", false, NULL },
	{ "rrn", "<971013-9019902>", false, NULL },
	{ "rrn", "<971013-1019902>", true, NULL },
	{ "my_number", "<614694236284>", true, NULL },
	{ "my_number", "<614694236285>", false, NULL },
	{ "nric", "<S1234567D>", true, NULL },
	{ "nric", "<S1234567E>", false, NULL },
	{ "tfn", "<123 456 782>", true, NULL },
	{ "tfn", "<999 999 999>", false, NULL },
	{ "sin", "<123-456-782>", true, NULL },
	{ "sin", "<123-456-783>", false, NULL },
	{ "be_nn", "<85.07.30-033.28>", true, NULL },
	{ "be_nn", "<85.07.30-033.29>", false, NULL },
	{ "hetu", "<131052-308T>", true, NULL },
	{ "hetu", "<131052-308U>", false, NULL },
	{ "fnr", "<15108695088>", true, NULL },
	{ "fnr", "<15108695077>", false, NULL },
	{ "in_pan", "<ACUPA7085R>", true, NULL },
	{ "in_pan", "<ACUZA7085R>", false, NULL },
	{ "codice_fiscale", "<RCCMNL83S18D969H>", true, NULL },
	{ "codice_fiscale", "<RCCMNL83S18D969A>", false, NULL },
	{ "npi", "<1234567893>", true, NULL },
	{ "npi", "<1234567894>", false, NULL },
	{ "dea", "<AB1234563>", true, NULL },
	{ "dea", "<AB1234564>", false, NULL },
	{ "mbi", "<1EG4-TE5-MK73>", true, NULL },
	{ "mbi", "<1SG4-TE5-MK73>", false, NULL },
};

static void
test_validators(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct validator_case *t = &cases[i];
		const struct validator *check =
		    validator_find(span_of(t->validator, strlen(t->validator)));
		size_t from = (size_t)(strchr(t->in, '<') - t->in);
		size_t to = (size_t)(strchr(t->in, '>') - t->in) - 1, len = strlen(t->in) - 2;
		char text[256];
		struct value v;

		memcpy(text, t->in, from);
		memcpy(text + from, t->in + from + 1, to - from);
		memcpy(text + to, t->in + to + 2, len - to);
		assert_non_null(check);
		value_init(&v, guard_copy(text, len), len, from, to);

		bool valid = check->check(&v) != 0;

		if (valid != t->valid ||
		    (valid && t->norm != NULL && !span_is(span_of(v.norm, v.norm_len), t->norm))) {
			print_message("%s %s: %s\n", t->validator, t->in, valid ? "yes" : "no");
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* Anything of any length: nobody reads outside or fails. */
static void
test_any_bytes(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		uint8_t text[80];
		size_t len = 1 + round % 79;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525u + 1013904223u;
			text[i] = (uint8_t) "0123456789ABCxyz@.:=-/ eyJ\\n%\"+_"[seed >> 27];
		}
		for (size_t i = 0; validator_at(i) != NULL; i++) {
			struct value v;
			uint8_t *copy = malloc(len);

			memcpy(copy, text, len);
			value_init(&v, copy, len, len / 4, len);
			validator_at(i)->check(&v);
			assert_true(v.start <= v.end && v.end <= v.len);
			assert_true(v.norm_len <= VALUE_NORM_CAP);
			free(copy);
		}
	}
}

static void
test_names_in_order(void **state)
{
	(void)state;
	for (size_t i = 1; validator_at(i) != NULL; i++)
		assert_true(strcmp(validator_at(i - 1)->name, validator_at(i)->name) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_validators),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_names_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
