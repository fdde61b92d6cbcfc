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
	{ "ru_inn", "<500100732259>", true, NULL },
	{ "ru_inn", "<500100732258>", false, NULL },
	{ "ru_inn", "<006928718187>", false, NULL },
	{ "snils", "<112-233-445 95>", true, "11223344595" },
	{ "snils", "<112-233-445 96>", false, NULL },
	{ "snils", "<000-000-001 01>", false, NULL },
	{ "ua_rntrc", "<3653473820>", true, NULL },
	{ "ua_rntrc", "<3653473821>", false, NULL },
	{ "ua_rntrc", "<9653473820>", false, NULL },
	{ "kz_iin", "<681012358486>", true, NULL },
	{ "kz_iin", "<681012358487>", false, NULL },
	{ "kz_iin", "<681312358486>", false, NULL },
	{ "lv_pk", "<160475-18023>", true, NULL },
	{ "lv_pk", "<160475-18024>", false, NULL },
	{ "hu_taj", "<766 500 116>", true, NULL },
	{ "hu_taj", "<766 500 117>", false, NULL },
	{ "sa_id", "<1216335925>", true, NULL },
	{ "sa_id", "<1216335926>", false, NULL },
	{ "ae_eid", "<784-1965-6322484-7>", true, NULL },
	{ "ae_eid", "<784-1965-6322484-8>", false, NULL },
	{ "ir_melli", "<1988405505>", true, NULL },
	{ "ir_melli", "<1988405506>", false, NULL },
	{ "ir_melli", "<1111111111>", false, NULL },
	{ "pk_cnic", "<35202-4040875-4>", true, NULL },
	{ "pk_cnic", "<95202-4040875-4>", false, NULL },
	{ "do_cedula", "<225-3108135-8>", true, NULL },
	{ "do_cedula", "<225-3108135-9>", false, NULL },
	{ "luhn", "<79927398713>", true, NULL },
	{ "luhn", "<79927398710>", false, NULL },
	{ "track", "<;4111111111111111=2812>101", true, "4111111111111111" },
	{ "track", "<;4111111111111111=2813>101", false, NULL },
	{ "track", "<track2: 4111111111111111D2812201>1234F", true, "4111111111111111" },
	{ "track", "<track2: 4111111111111111-2812201>1234F", false, NULL },
	{ "track", "<track2: 4111111111111111D28>", false, NULL },
	{ "track", "<B4111111111111111^LEE/ANN^2812>101", true, "4111111111111111" },
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
	{ "ssn", "1129 <701 16 1131> 12", false, NULL },
	{ "ssn", "<701 16 1131> 1120", false, NULL },
	{ "ssn", "0 0 <701 16 1131> -", false, NULL },
	{ "ssn", "ssn <536 22 8726> ok", true, "536228726" },
	{ "ssn_bare", "<536228726>", true, NULL },
	{ "itin", "<912-70-1234>", true, NULL },
	{ "itin", "<912-93-1234>", false, NULL },
	{ "email", "to: Ann.Lee<@mail.ex>ample.com.", true, "ann.lee@mail.example.com" },
	{ "email", "\\nann<@mail.ex>ample", true, "ann@mail.example" },
	{ "email", "git<@github.co>m:a/b", false, NULL },
	{ "email", "a/logo<@big.png>", false, NULL },
	{ "email", "redis://u:pw<@host.ex>ample", false, NULL },
	{ "email", "//host/users/ann<@mail.ex>ample", true, "ann@mail.example" },
	{ "email", "//host?u:ann<@mail.ex>ample", true, "ann@mail.example" },
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
	{ "jwt_head", "<eyJhbGciOiJub25lIn0.eyJzdWIiOiIx>Iiwi", true,
	  "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwi" },
	{ "jwt_head", "<eyJmb28iOiJub25lIn0.eyJzdWIiOiIx>Iiwi", false, NULL },
	{ "jwt", "<eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.>x-1 ", true,
	  "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.x-1" },
	{ "jwt", "<eyJmb28iOiJub25lIn0.eyJzdWIiOiIxIn0.>x", false, NULL },
	{ "url_password", "db<://u:pass-w0rd@>h", true, "pass-w0rd" },
	{ "url_password", "db<://u:${PW}@>h", false, NULL },
	{ "url_password", "redis<://:Zx9kQ2pLm7@>cache:6379/0", true, "Zx9kQ2pLm7" },
	{ "url_password", "db<://app:%23Zx9kQ2p@>db", true, "%23Zx9kQ2p" },
	{ "url_password", "db<://app:$Zx9kQ2p@>db", true, "$Zx9kQ2p" },
	{ "url_password", "db<://app:$DB_PW@>db", false, NULL },
	{ "url_password", "db<://app:%(password)s@>db", false, NULL },
	{ "url_password", "db<://app:****@>db", false, NULL },
	{ "url_password", "http<://[user[:pass]]@>host", false, NULL },
	{ "url_password", "http<://&lt;u&gt;:&lt;p&gt;@>host", false, NULL },
	{ "token", "<q8Zk3Lw0Pm7Yt5Rv>", true, NULL },
	{ "token", "<{SSHA}q8Zk3Lw0Pm7Yt5Rv>", true, NULL },
	{ "token", "<sk-{API_KEY_OF_MINE_12}>", false, NULL },
	{ "token", "<your_token_goes_here>", true, NULL },
	{ "azure_key", "=q8Zk3Lw0Pm7Yt5RvB2nC6dF9gH1jKa4Xe<AIoTz9x2LA=>", true,
	  "q8Zk3Lw0Pm7Yt5RvB2nC6dF9gH1jKa4XeAIoTz9x2LA=" },
	{ "azure_key", "=q8Zk3Lw0Pm7Yt5RvB2nC6dF9gH1jKa4Xe2<AIoTz9x2LA=>", false, NULL },
	{ "path_key", "</services/T01/B02/q8Zk3Lw0Pm7>/", true, "q8Zk3Lw0Pm7" },
	{ "path_key", "<key=abc&token=q8Zk3Lw0Pm7>&x", true, "q8Zk3Lw0Pm7" },
	{ "path_key", "<services/>", false, NULL },
	{ "token_head", "x <q8Zk3Lw0>Pm7Yt5Rv==.", true, "q8Zk3Lw0Pm7Yt5Rv==" },
	{ "token_head", "<q8Zk3Lw0>", true, "q8Zk3Lw0" },
	{ "named_key", "<clarifai: { \"api_key\": \"dkHL49dId5skLfBjsf342RJkdskdpD54>\"", true,
	  "dkHL49dId5skLfBjsf342RJkdskdpD54" },
	{ "named_key", "<CLARIFAI dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "<clarifai-secret-dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "my_<clarifai_key: dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "my<ClarifaiKey: dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "\\n<clarifai_key: dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "java -D<clarifai.key=dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "my-D<clarifai.key=dkHL49dId5skLfBjsf342RJkdskdpD54>", false, NULL },
	{ "named_key", "tog<ether_api_key: dkHL49dId5skLfBjsf342RJkdskdpD54>", false, NULL },
	{ "named_key", "tog<ether, eth_key: dkHL49dId5skLfBjsf342RJkdskdpD54>", true, NULL },
	{ "named_key", "z<ip_api_key: dkHL49dId5skLfBjsf342RJkdskdpD54>", false, NULL },
	{ "named_key", "<clarifai_md5: dkHL49dId5skLfBjsf342RJkdskdpD54>", false, NULL },
	{ "named_key", "<clarifai\", \"other\": \"dkHL49dId5skLfBjsf342RJkdskdpD54>", false, NULL },
	{ "named_key", "<clarifai abcdefghijklmnopqrstuvwxyzabcdef>", false, NULL },
	{ "named_key", "<CLARIFAI_KEY\", \"value\": \"dkHL49dId5skLfBjsf342RJkdskdpD54>", true,
	  NULL },
	{ "pem_key", "<-----BEGIN EC PRIVATE KEY----->\\nMHcCAQEEIIGf8x", true, NULL },
	{ "pem_key", "<-----BEGIN EC PRIVATE KEY----->\nProc-Type: 4", true, NULL },
	{ "pem_key", "<-----BEGIN EC PRIVATE KEY----->\" in text or nothing", false, NULL },
	{ "last_word", "<login ann password hunt>er2222 x", true, "hunter2222" },
	{ "last_word", "<login ann password ${P}>", false, NULL },
	{ "assigned_text", "<jwt secret: \"7`D'}/vY>R)\" x", true, "7`D'}/vYR)" },
	{ "assigned_text", "<jwt secret: \"${JWT_S>}\"", false, NULL },
	{ "assigned", "<password=hunt>er2222&x", true, "hunter2222" },
	{ "assigned", "<AccountKey=/abc/DEF+0>1==;x", true, "/abc/DEF+01==" },
	{ "assigned", "<code=${KEY>}", false, NULL },
	{ "assigned", "<pass: hunt>er2222", true, "hunter2222" },
	{ "assigned", "<password = \"abcd>(efg\"", true, "abcd(efg" },
	{ "assigned_key", "<auth_token = base64.b64encode>(value)", false, NULL },
	{ "assigned_key", "<api_key = px-api-a1b2c3d4-e5f6>-g7h8-i8j0-k0l3", false, NULL },
	{ "assigned_key", "<secret_key = 'abcdefg12346+FJQCK>'", false, NULL },
	{ "assigned_key", "<api_key: \"Nk0KgNCMDiy9uG9r>dCy0eVQb\"", true,
	  "Nk0KgNCMDiy9uG9rdCy0eVQb" },
	{ "assigned_key", "<apiKey', '\"Nk0KgNCMDiy9uG9r>\"'", true, "Nk0KgNCMDiy9uG9r" },
	{ "assigned_key", "bot_<token=Nk0KgNCMDiy9uG9r>dCy0eVQb&x=1", true,
	  "Nk0KgNCMDiy9uG9rdCy0eVQb" },
	{ "assigned_key", "\"<token\":\"1c5b5588c5d475e3123ac055ae>35d642\"", true, NULL },
	{ "assigned_key", "DD-<APPLICATION-KEY: 1c5b5588c5d475e3123ac055ae>35d642", true, NULL },
	{ "assigned_key", "HMAC_<KEY\n  value: Nk0KgNCMDiy9uG9r>dCy0eVQb\n", true, NULL },
	{ "assigned_key", "next<Token\":\"Nk0KgNCMDiy9uG9r>dCy0eVQb\"", false, NULL },
	{ "assigned_key", "csrf_<token: Nk0KgNCMDiy9uG9r>dCy0eVQb", false, NULL },
	{ "assigned_key", "<token\":\"123e4567-e89b-12>d3-a456-426614174000\"", false, NULL },
	{ "assigned_key", "<token\":\"Nk0KgNCMDiy9uG9r>\"", false, NULL },
	{ "assigned_key", "client_<secret=client_secret_20>24.json", false, NULL },
	{ "assigned_key", "api_<key: gpt-4o-mini-2024>-07-18", false, NULL },
	{ "assigned_key", "refresh_<token=RefreshTokenRepo>sitory2.findByUser", false, NULL },
	{ "assigned_key", "<secret: projects/acme/se>crets/db-pass/versions/3", false, NULL },
	{ "assigned_key", "api_<key: pk_live_Nk0KgNC>MDiy9uG9rdCy0eVQb", false, NULL },
	{ "cuit", "<27311999384>", true, NULL },
	{ "cuit", "<27511825903>", false, NULL },
	{ "cuit", "<20603389329>", true, NULL },
	{ "cuit", "<58636662893>", false, NULL },
	{ "nif", "<240317685>", false, NULL },
	{ "nif", "<296028584>", true, NULL },
	{ "nif", "<292657285>", true, NULL },
	{ "nif", "<772885087>", true, NULL },
	{ "nif", "<497586770>", false, NULL },
	{ "svnr", "<3375060285>", false, NULL },
	{ "svnr", "<5651010985>", true, NULL },
	{ "svnr", "<3718020186>", true, NULL },
	{ "ahv", "<7567287742226>", false, NULL },
	{ "ahv", "<7566582395345>", true, NULL },
	{ "ahv", "<7562063733590>", true, NULL },
	{ "rodne_cislo", "<6907176335>", false, NULL },
	{ "rodne_cislo", "<8701268686>", true, NULL },
	{ "rodne_cislo", "<8301141310>", true, NULL },
	{ "rodne_cislo", "<9512145050>", false, NULL },
	{ "rodne_cislo", "<5095160763>", false, NULL },
	{ "cnp", "<2990824051662>", false, NULL },
	{ "cnp", "<2970712059729>", true, NULL },
	{ "cnp", "<1820918030597>", true, NULL },
	{ "egn", "<7702287869>", false, NULL },
	{ "egn", "<8204283678>", true, NULL },
	{ "egn", "<5706113230>", true, NULL },
	{ "egn", "<1089138161>", false, NULL },
	{ "amka", "<18079963520>", false, NULL },
	{ "amka", "<17038647883>", true, NULL },
	{ "amka", "<25056836858>", true, NULL },
	{ "oib", "<81446457582>", false, NULL },
	{ "oib", "<08812774568>", true, NULL },
	{ "oib", "<53269107842>", true, NULL },
	{ "isikukood", "<37909170296>", true, NULL },
	{ "isikukood", "<48108295745>", false, NULL },
	{ "isikukood", "<49809217045>", true, NULL },
	{ "isikukood", "<47804136605>", false, NULL },
	{ "isikukood", "<49001227751>", true, NULL },
	{ "isikukood", "<46602189188>", true, NULL },
	{ "kennitala", "<0702612789>", true, NULL },
	{ "kennitala", "<1902985439>", false, NULL },
	{ "kennitala", "<1801813509>", true, NULL },
	{ "kennitala", "<9605385600>", false, NULL },
	{ "jmbg", "<2208974507548>", false, NULL },
	{ "jmbg", "<1401975508658>", true, NULL },
	{ "jmbg", "<2404999500731>", true, NULL },
	{ "pps", "<7495551K>", false, NULL },
	{ "pps", "<0339652L>", true, NULL },
	{ "pps", "<0140652E>", true, NULL },
	{ "pps", "<1703402QA>", false, NULL },
	{ "pps", "<6934642NA>", true, NULL },
	{ "pps", "<4850769GA>", true, NULL },
	{ "pps", "<4603076GT>", true, NULL },
	{ "pps", "<4753367JR>", false, NULL },
	{ "il_id", "<316927424>", false, NULL },
	{ "il_id", "<345843528>", true, NULL },
	{ "il_id", "<129968137>", true, NULL },
	{ "ec_ci", "<1748813110>", false, NULL },
	{ "ec_ci", "<1010157350>", true, NULL },
	{ "ec_ci", "<1021369168>", true, NULL },
	{ "ec_ci", "<5001855831>", true, NULL },
	{ "ec_ci", "<0961646569>", true, NULL },
	{ "th_pin", "<6426069823454>", false, NULL },
	{ "th_pin", "<3248090205758>", true, NULL },
	{ "th_pin", "<1763293540050>", true, NULL },
	{ "abn", "<13698795104>", false, NULL },
	{ "abn", "<97732263411>", true, NULL },
	{ "abn", "<18945156490>", true, NULL },
	{ "abn", "<10073990977>", false, NULL },
	{ "ird", "<10103955>", false, NULL },
	{ "ird", "<21268887>", true, NULL },
	{ "ird", "<36894873>", true, NULL },
	{ "nip", "<1197160949>", false, NULL },
	{ "nip", "<3739029120>", true, NULL },
	{ "nip", "<8900548803>", true, NULL },
	{ "utr", "<2613431290>", false, NULL },
	{ "utr", "<3482828207>", true, NULL },
	{ "utr", "<6584183329>", true, NULL },
	{ "gstin", "<27AAPFU0939F1Z3>", false, NULL },
	{ "gstin", "<27AAPFU0939F1ZV>", true, NULL },
	{ "gstin", "<89OMNPI6863OGZ2>", false, NULL },
	{ "gstin", "<27AAPFU0939F1ZV>", true, NULL },
	{ "cbu", "<9918441897602552798731>", false, NULL },
	{ "cbu", "<3231423046860723662716>", true, NULL },
	{ "cbu", "<7713558071262386487347>", true, NULL },
	{ "curp", "<BOXW310820HNERXN02>", false, NULL },
	{ "curp", "<BOXW310820HNERXN09>", true, NULL },
	{ "curp", "<BOXW310820HNERXN09>", true, NULL },
	{ "rut", "<17053058K>", false, NULL },
	{ "rut", "<212066583>", true, NULL },
	{ "rut", "<214105365>", true, NULL },
	{ "be_nn", "<69052584568>", false, NULL },
	{ "be_nn", "<50041484606>", true, NULL },
	{ "be_nn", "<56062703186>", true, NULL },
	{ "fnr", "<26017718713>", false, NULL },
	{ "fnr", "<08038994396>", true, NULL },
	{ "fnr", "<29065769733>", true, NULL },
	{ "tfn", "<279305703>", false, NULL },
	{ "tfn", "<264491400>", true, NULL },
	{ "tfn", "<887622580>", true, NULL },
	{ "tckn", "<64265482558>", false, NULL },
	{ "tckn", "<82433005296>", true, NULL },
	{ "tckn", "<92276481010>", true, NULL },
	{ "tw_id", "<A123456789>", true, NULL },
	{ "tw_id", "<A123456788>", false, NULL },
	{ "hkid", "<A123456(3)>", true, NULL },
	{ "hkid", "<A123456(4)>", false, NULL },
	{ "hkid", "<hkid: AB987654(3)>", true, "AB9876543" },
	{ "au_medicare", "<2123 45670 1>", true, NULL },
	{ "au_medicare", "<2123 45671 1>", false, NULL },
	{ "kvnr", "<A123456780>", true, NULL },
	{ "kvnr", "<A123456781>", false, NULL },
	{ "personalausweis", "<T220001293>", true, NULL },
	{ "personalausweis", "<T220001294>", false, NULL },
	{ "rvnr", "<15 070649 C103>", true, NULL },
	{ "rvnr", "<15 070649 C104>", false, NULL },
	{ "clabe", "<032180000118359719>", true, NULL },
	{ "clabe", "<032180000118359718>", false, NULL },
	{ "ein", "<12-3456789>", true, NULL },
	{ "ein", "<00-3456789>", false, NULL },
	{ "cpr", "<211062-5629>", true, NULL },
	{ "cpr", "<311362-5629>", false, NULL },
	{ "my_nric", "<850312-14-5521>", true, NULL },
	{ "my_nric", "<851312-14-5521>", false, NULL },
	{ "my_nric", "<241119995065>", true, NULL },
	{ "my_nric", "<890829954691>", false, NULL },
	{ "nik", "<3171011708450001>", true, NULL },
	{ "nik", "<3171013208450001>", false, NULL },
	{ "nik", "<5668532310099586>", false, NULL },
	{ "dni", "<dni: 54362315K>", true, "54362315K" },
	{ "hetu", "<hetu 131052-308T>", true, "131052-308T" },
	{ "rut", "<rut 1.009.005-3>", false, NULL },
	{ "mrz", "<L898902C36UTO7408122F1204159>", true, "L898902C36" },
	{ "mrz", "<L898902C37UTO7408122F1204159>", false, NULL },
	{ "vin", "<VIN 1M8GDM9AXKP042788>", true, "1M8GDM9AXKP042788" },
	{ "vin", "<VIN 1M8GDM9A1KP042788>", false, NULL },
	{ "bic", "<BIC DEUTDEFF500>", true, "DEUTDEFF500" },
	{ "bic", "<BIC RESPONSE>", false, NULL },
	{ "birth_date", "<born 1984-03-12>", true, "1984-03-12" },
	{ "birth_date", "<born 12.03.1984>", true, NULL },
	{ "birth_date", "<born 1984-13-32>", false, NULL },
	{ "birth_date", "<born 1784-03-12>", false, NULL },
	{ "document", "<passport C01X00T47>", true, "C01X00T47" },
	{ "document", "<passport CONTROL>", false, NULL },
	{ "base58_address", "<btc 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa>", true, NULL },
	{ "base58_address", "<btc 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb>", false, NULL },
	{ "base58_address", "<T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb>", true, NULL },
	{ "wif", "<5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ>", true, NULL },
	{ "wif", "<5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK>", false, NULL },
	{ "bech32", "<bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq>", true, NULL },
	{ "bech32", "<bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0>", true,
	  NULL },
	{ "bech32", "<bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdr>", false, NULL },
	{ "eth", "<0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed>", true, NULL },
	{ "eth", "<0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD>", false, NULL },
	{ "eth", "<0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed>", true, NULL },
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
	{ "curp", "<IPEH769137HXGYFN61>", false, NULL },
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
	{ "sin", "<12 34 56 782>", false, NULL },
	{ "be_nn", "<85.07.30-033.28>", true, NULL },
	{ "be_nn", "<85.07.30-033.29>", false, NULL },
	{ "hetu", "<131052-308T>", true, NULL },
	{ "hetu", "<131052-308U>", false, NULL },
	{ "fnr", "<15108695088>", true, NULL },
	{ "fnr", "<15108695077>", false, NULL },
	{ "fnr", "<81044838826>", false, NULL },
	{ "in_pan", "<ACUPA7085R>", true, NULL },
	{ "in_pan", "<ACUZA7085R>", false, NULL },
	{ "in_pan", "<HVAKM5109D>", true, NULL },
	{ "codice_fiscale", "<RCCMNL83S18D969H>", true, NULL },
	{ "codice_fiscale", "<RCCMNL83S18D969A>", false, NULL },
	{ "codice_fiscale", "<WYQSOR16M73F177J>", false, NULL },
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
