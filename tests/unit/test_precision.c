/*
 * How often the shipped rules take a number for a payment card, and how often they see one.
 *
 *   test_precision [--seed N] [--count N] [--cards N]
 *
 * count values of each kind that a card is mistaken for stand under names that programs use, alone,
 * and in prose: not one finding of a card may be medium or worse. cards valid numbers of every
 * issuer range stand in the shapes that cards travel in: 98 of 100 must be. Everything is made from
 * the seed. In the suite a short form runs; a million of each takes some minutes.
 */
#include <inttypes.h>
#include <unistd.h>

#include "classify/detect/validators.h"
#include "classify/rules/rule.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"
#include "tests/support/unit.h"

enum { TEXT_CAP = 1024, CARD_CAP = 20, ISSUER_MAX = 8, SHOWN = 8 };

static struct ruleset *rules;
static struct scanner *scanner;
static uint64_t seed = 1;
static unsigned count = 10000, cards = 2000;

/* ------------------------------------------------------------------ chance */

static uint64_t
any(void)
{
	return test_random(&seed);
}

static unsigned
below(unsigned n)
{
	return (unsigned)(any() % n);
}

#define PICK(list) ((list)[below(ARRAY_LEN(list))])

/* ------------------------------------------------------------------ what a card is mistaken for */

static const char *const names[] = {
	/* clang-format off */
	"id", "user_id", "userId", "account_id", "accountId", "customer_id", "order_id",
	"orderId", "order_number", "invoice_no", "invoice_id", "payment_id", "paymentId",
	"charge_id", "refund_id", "payout_id", "transfer_id", "transaction_id", "txn_id", "txid",
	"ref", "reference", "reference_no", "correlation_id", "request_id", "requestId",
	"trace_id", "traceId", "span_id", "spanId", "parent_span_id", "session_id", "sessionId",
	"token_id", "device_id", "deviceId", "sensor_id", "meter_id", "serial", "serial_number",
	"serialNo", "imei", "imsi", "iccid", "mac", "asset_id", "asset_tag", "tracking_number",
	"trackingId", "parcel_id", "shipment_id", "consignment", "waybill", "sku", "ean", "upc",
	"gtin", "isbn", "barcode", "batch_no", "lot_no", "part_number", "model_no", "article_id",
	"product_id", "item_id", "variant_id", "catalog_id", "price_id", "plan_id",
	"subscription_id", "contract_no", "policy_no", "claim_no", "case_id", "ticket_id",
	"ticketNo", "issue_id", "bug_id", "task_id", "job_id", "run_id", "build_id",
	"build_number", "pipeline_id", "commit_id", "revision", "version", "build_ts", "created",
	"created_at", "createdAt", "updated_at", "updatedAt", "deleted_at", "expires_at",
	"expiresAt", "issued_at", "iat", "nbf", "exp", "timestamp", "ts", "time", "time_ms",
	"epoch_ms", "start_time", "end_time", "startTimeUnixNano", "endTimeUnixNano",
	"observed_at", "last_seen", "lastSeen", "duration", "duration_ns", "latency_us",
	"elapsed", "uptime", "offset", "log_offset", "cursor", "next_cursor", "prev_cursor",
	"page_token", "seq", "sequence", "seq_no", "sequence_number", "generation",
	"resource_version", "resourceVersion", "observedGeneration", "uid", "uuid", "guid",
	"object_id", "blob_id", "file_id", "inode", "size", "bytes", "total_bytes", "length",
	"content_length", "count", "total", "sum", "amount", "amount_micros", "balance",
	"quantity", "value", "metric", "gauge", "counter", "sample_id", "bucket_id", "shard_id",
	"partition_key", "row_id", "record_id", "entity_id", "node_id", "edge_id", "vertex_id",
	"group_id", "team_id", "org_id", "organization_id", "tenant_id", "project_id",
	"workspace_id", "channel_id", "chat_id", "thread_id", "message_id", "msg_id", "msgId",
	"mail_id", "post_id", "tweet_id", "status_id", "comment_id", "media_id", "image_id",
	"video_id", "album_id", "playlist_id", "track_id", "artist_id", "event_id", "eventId",
	"alert_id", "incident_id", "rule_id", "policy_id", "role_id", "permission_id", "grant_id",
	"client_id", "app_id", "application_id", "installation_id", "license_no", "licence_id",
	"activation_code", "voucher_code", "coupon_code", "promo_code", "gift_code",
	"campaign_id", "ad_id", "adset_id", "creative_id", "impression_id", "click_id",
	"visitor_id", "cookie_id", "fingerprint", "hash", "checksum", "crc", "digest", "etag",
	"nonce", "salt", "seed", "random", "key", "key_id", "kid", "cache_key", "lock_id",
	"lease_id", "worker_id", "queue_id", "stream_id", "consumer_id", "producer_id",
	"connection_id", "conn_id", "flow_id", "packet_id", "port_id", "vlan_id", "route_id",
	"zone_id", "region_id", "location_id", "place_id", "store_id", "branch_id",
	"warehouse_id", "bin_id", "shelf_id", "pallet_id", "container_no", "vessel_id",
	"flight_no", "booking_ref", "reservation_id", "room_id", "guest_id", "patient_ref",
	"visit_id", "sample_no", "study_id", "series_uid", "member_no", "loyalty_no", "points_id",
	"card_id", "cardId", "card_ref", "payment_ref", "credit_note_no", "debit_note_no",
	"bank_ref", "ledger_id", "journal_id", "entry_no", "posting_id", "fiscal_id", "phone",
	"phone_number", "msisdn", "contact_no", "fax", "employee_no", "staff_id", "student_no",
	"exam_id", "score_id", "grade_id", "survey_id", "answer_id", "question_id", "vote_id",
	"ballot_id", "parcel_no", "meter_reading", "reading", "counter_value", "clock", "tick",
	"frame_id", "snapshot_id", "backup_id", "volume_id", "disk_serial", "wwn",
	/* clang-format on */
};

static const char *const words[] = {
	"the",	  "request", "took",	 "ms",	   "for",     "user",	 "after",    "retry",
	"with",	  "value",   "of",	 "stored", "in",      "bucket",	 "returned", "and",
	"worker", "job",     "finished", "queue",  "message", "offset",	 "from",     "to",
	"at",	  "node",    "pod",	 "was",	   "evicted", "because", "memory",   "number",
	"count",  "is",	     "now",	 "older",  "than",    "the",	 "last",     "sync"
};

static void
epoch_ms(char *out, size_t cap)
{
	uint64_t ms = 1500000000000u + any() % 400000000000u;

	snprintf(out, cap, "%" PRIu64, ms);
}

static void
uuid(char *out, size_t cap)
{
	uint64_t a = any(), b = any(), node = b & 0xffffffffffffu;

	snprintf(out, cap, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(a >> 32),
		 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
		 ((unsigned)(b >> 48) & 0x3fff) | 0x8000, node);
}

static void
id64(char *out, size_t cap)
{
	snprintf(out, cap, "%" PRIu64, any());
}

static void
sixteen(char *out, size_t cap)
{
	uint64_t n = 1000000000000000u + any() % 9000000000000000u;

	snprintf(out, cap, "%" PRIu64, n);
}

/* A table of code points, as fonts and collations have them, or of memory in base sixteen. */
static void
code_points(char *out, size_t cap)
{
	unsigned base = 0x4000 + below(0x3000), len = 0;

	for (unsigned i = 0, n = 5 + below(6); i < n && len < cap; i++)
		len += (unsigned)snprintf(out + len, cap - len, "%s%04X", i == 0 ? "" : " ",
					  base + below(0x800));
}

/* Up to four members of an object, a number alone, a line of prose, a line of a log. */
static size_t
surround(char *text, void (*make)(char *, size_t))
{
	char v[64];
	size_t len = 0;

#define ADD(...) len += (size_t)snprintf(text + len, TEXT_CAP - len, __VA_ARGS__)
	switch (below(8)) {
	case 0:
		make(v, sizeof(v));
		ADD("%s", v);
		break;
	case 1:
		for (unsigned i = 0; i < 12; i++) {
			if (i == 6)
				make(v, sizeof(v));
			ADD("%s%s", i == 0 ? "" : " ", i == 6 ? v : PICK(words));
		}
		break;
	case 2:
		make(v, sizeof(v));
		ADD("level=info %s=%s msg=\"%s %s\"", PICK(names), v, PICK(words), PICK(words));
		break;
	case 3:
		ADD("[");
		for (unsigned i = 0; i < 4; i++) {
			make(v, sizeof(v));
			ADD("%s%s", i == 0 ? "" : ",", v);
		}
		ADD("]");
		break;
	default:
		ADD("{");
		for (unsigned i = 0, n = 1 + below(4); i < n; i++) {
			bool quoted = below(2) == 0 || make == uuid;

			make(v, sizeof(v));
			ADD("%s\"%s\":%s%s%s", i == 0 ? "" : ",", PICK(names), quoted ? "\"" : "",
			    v, quoted ? "\"" : "");
		}
		ADD("}");
	}
#undef ADD
	return len;
}

struct seen {
	unsigned cards;
	unsigned low;
};

static void
found(void *arg, const struct finding *f)
{
	struct seen *s = arg;

	if (strncmp(f->rule->data_type, "pci.", 4) != 0)
		return;
	if (f->severity >= SEVERITY_MEDIUM)
		s->cards++;
	else
		s->low++;
}

static struct seen
scan(enum buffer buffer, const char *text, size_t len)
{
	struct scan_stream *st = scan_open(scanner, buffer);
	struct seen s = { 0 };

	assert_non_null(st);
	scan_push(st, (const uint8_t *)text, len, found, &s);
	scan_close(st, found, &s);
	return s;
}

static void
test_no_card(void **state)
{
	static const struct {
		const char *name;
		void (*make)(char *, size_t);
	} kinds[] = { { "epoch milliseconds", epoch_ms },
		      { "UUIDs", uuid },
		      { "64-bit ids", id64 },
		      { "16-digit numbers", sixteen },
		      { "code points", code_points } };
	char text[TEXT_CAP];
	unsigned wrong = 0;

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		unsigned here = 0, low = 0;

		for (unsigned i = 0; i < count; i++) {
			size_t len = surround(text, kinds[k].make);
			struct seen s = scan(BUFFER_HTTP_BODY, text, len);

			if (s.cards != 0 && wrong + here < SHOWN)
				print_message("  taken for a card: %s\n", text);
			here += s.cards;
			low += s.low;
		}
		print_message("%s: %u texts, %u cards, %u of low severity\n", kinds[k].name, count,
			      here, low);
		wrong += here;
	}
	assert_int_equal(wrong, 0);
}

/* ------------------------------------------------------------------ cards */

static const struct {
	const char *prefix; /* of the range; two of a kind are its ends */
	unsigned len;
} issuers[] = {
	{ "4", 13 },	  { "4", 16 },	    { "4", 18 },      { "4", 19 },	{ "51", 16 },
	{ "52", 16 },	  { "53", 16 },	    { "54", 16 },     { "55", 16 },	{ "2221", 16 },
	{ "2300", 16 },	  { "2500", 16 },   { "2720", 16 },   { "34", 15 },	{ "37", 15 },
	{ "6011", 16 },	  { "6011", 19 },   { "644", 16 },    { "649", 16 },	{ "65", 16 },
	{ "65", 19 },	  { "300", 14 },    { "305", 14 },    { "36", 14 },	{ "36", 16 },
	{ "38", 14 },	  { "39", 19 },	    { "3528", 16 },   { "3589", 16 },	{ "3540", 19 },
	{ "2131", 15 },	  { "1800", 15 },   { "620", 16 },    { "625", 17 },	{ "626", 18 },
	{ "6282", 19 },	  { "8110", 16 },   { "8171", 19 },   { "493698", 16 }, { "5018", 12 },
	{ "5020", 13 },	  { "5038", 14 },   { "5060", 15 },   { "5089", 16 },	{ "56", 16 },
	{ "58", 18 },	  { "63", 19 },	    { "67", 16 },     { "67", 19 },	{ "2200", 16 },
	{ "2204", 19 },	  { "506699", 16 }, { "509000", 16 }, { "627780", 16 }, { "636297", 16 },
	{ "606282", 16 }, { "60", 16 },	    { "81", 16 },     { "82", 16 },	{ "9792", 16 },
	{ "506099", 19 }, { "507865", 16 }, { "8600", 16 },   { "9860", 16 },	{ "2205", 16 },
	{ "1", 15 },
};

static size_t
make_card(char *out)
{
	size_t i = below(ARRAY_LEN(issuers));
	size_t len = issuers[i].len, at = strlen(issuers[i].prefix);

	do {
		memcpy(out, issuers[i].prefix, at);
		for (size_t k = at; k < len; k++)
			out[k] = (char)('0' + below(10));
		while (!luhn_ok((const uint8_t *)out, len))
			out[len - 1] = out[len - 1] == '9' ? '0' : (char)(out[len - 1] + 1);
		out[len] = '\0';
	} while (looks_made_up(span_of(out, len)));
	return len;
}

/* As it is printed: 4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3; other lengths have no printing of their own.
 */
static bool
group(const char *card, size_t len, char sep, char *out)
{
	static const unsigned char by[][5] = { [14] = { 4, 6, 4 },
					       [15] = { 4, 6, 5 },
					       [16] = { 4, 4, 4, 4 },
					       [19] = { 4, 4, 4, 4, 3 } };

	if (len >= ARRAY_LEN(by) || by[len][0] == 0)
		return false;
	for (unsigned g = 0; g < 5 && by[len][g] != 0; g++) {
		if (g != 0)
			*out++ = sep;
		memcpy(out, card, by[len][g]);
		out += by[len][g];
		card += by[len][g];
	}
	*out = '\0';
	return true;
}

/* %s is the number. 'g' wants it grouped with the separator that follows, 'p' plain. */
static const struct shape {
	char kind, sep;
	enum buffer buffer;
	const char *text;
} shapes[] = {
	{ 'p', 0, BUFFER_FORM, "name=Ann+Lee&card_number=%s&exp=1229&cvv=123" },
	{ 'p', 0, BUFFER_FORM, "card%%5Bnumber%%5D=%s&card%%5Bexp_month%%5D=12" },
	{ 'g', '+', BUFFER_FORM, "cc=%s&amount=12" },
	{ 'p', 0, BUFFER_JSON, "{\"card_number\":\"%s\",\"exp\":\"12/29\"}" },
	{ 'p', 0, BUFFER_JSON, "{\"cardNumber\": %s}" },
	{ 'p', 0, BUFFER_JSON,
	  "{\"card\":{\"number\":\"%s\",\"exp_month\":12,\"exp_year\":2029}}" },
	{ 'p', 0, BUFFER_JSON,
	  "{\"customer\":{\"number\":\"%s\",\"exp_month\":12,\"exp_year\":2029}}" },
	{ 'p', 0, BUFFER_JSON, "{\"primaryAccountNumber\":\"%s\"}" },
	{ 'p', 0, BUFFER_JSON, "{\"amount\":1200,\"source\":{\"pan\":\"%s\"}}" },
	{ 'g', ' ', BUFFER_JSON, "{\"text\":\"mine is %s, thanks\"}" },
	{ 'g', '-', BUFFER_JSON, "{\"text\":\"it is %s\"}" },
	{ 'p', 0, BUFFER_HTTP_BODY, "<Payment><CardNumber>%s</CardNumber></Payment>" },
	{ 'p', 0, BUFFER_HTTP_BODY, "<cc:Number xmlns:cc=\"urn:creditcard\">%s</cc:Number>" },
	{ 'p', 0, BUFFER_HTTP_BODY, "name,card_number,expiry\nAnn Lee,%s,12/29\n" },
	{ 'p', 0, BUFFER_HTTP_BODY, "Ann Lee,%s,12/29,123\n" },
	{ 'p', 0, BUFFER_HTTP_BODY, "id\tname\tpan\n17\tAnn Lee\t%s\n" },
	{ 'p', 0, BUFFER_HTTP_BODY, "2026-01-05T09:00:00Z INFO charge card %s amount 12.00 EUR" },
	{ 'p', 0, BUFFER_HTTP_BODY, "level=info msg=\"authorised\" pan=%s mcc=5411" },
	{ 'p', 0, BUFFER_HTTP_BODY, "PAN: %s" },
	{ 'p', 0, BUFFER_HTTP_QUERY, "cc=%s&step=2" },
	{ 'p', 0, BUFFER_DB_TEXT,
	  "INSERT INTO payments (name, card_number, expiry) VALUES ('Ann', '%s', '12/29')" },
	{ 'p', 0, BUFFER_DB_TEXT, "UPDATE cards SET pan = '%s' WHERE id = 7" },
	{ 'p', 0, BUFFER_HTTP_BODY, ";%s=29121010000012300000?" },
	{ 'p', 0, BUFFER_HTTP_BODY, "%%B%s^LEE/ANN^2912101000000000000?" },
	{ 'p', 0, BUFFER_HTTP_BODY, "visa/mastercard: %s" },
	{ 'p', 0, BUFFER_HTTP_BODY, "ccnum:%s cvv2:123" },
	{ 'p', 0, BUFFER_HTTP_BODY, "card_no: %s\nexpiry: 12/29\n" },
	{ 'p', 0, BUFFER_HTTP_HEADER, "x-card-number: %s" },
	{ 'p', 0, BUFFER_HTTP_BODY, "<input name=\"cardnumber\" value=\"%s\">" },
	{ 'p', 0, BUFFER_HTTP_BODY,
	  "Content-Disposition: form-data; name=\"card_number\"\r\n\r\n%s\r\n--b--" },
	{ 'p', 0, BUFFER_HTTP_BODY, "Kreditkarte %s gesperrt" },
	{ 'p', 0, BUFFER_HTTP_BODY, "mi tarjeta es %s" },
	{ 'p', 0, BUFFER_HTTP_BODY, "ma carte est le %s" },
	{ 'p', 0, BUFFER_HTTP_BODY, "meu cartao %s" },
	{ 'p', 0, BUFFER_HTTP_BODY, "\u5361\u53f7\uff1a%s" },
	{ 'g', ' ', BUFFER_HTTP_BODY, "%s" },
	{ 'g', '-', BUFFER_HTTP_BODY, "number %s exp 12/29" },
	{ 'p', 0, BUFFER_LLM_PROMPT, "Please cancel my credit card %s, it was stolen." },
};

static void
test_cards(void **state)
{
	char text[TEXT_CAP], card[CARD_CAP], grouped[CARD_CAP + 8];
	unsigned hits = 0, shown = 0;

	(void)state;
	for (unsigned i = 0; i < cards; i++) {
		size_t len = make_card(card);
		const struct shape *s = &PICK(shapes);

		while (s->kind == 'g' && !group(card, len, s->sep, grouped))
			s = &PICK(shapes);

		int n = snprintf(text, sizeof(text), s->text, s->kind == 'g' ? grouped : card);

		if (scan(s->buffer, text, (size_t)n).cards != 0)
			hits++;
		else if (shown++ < SHOWN)
			print_message("  not found: %s\n", text);
	}
	print_message("cards: %u of %u found\n", hits, cards);
	assert_true(hits * 100ull >= cards * 98ull);
}

/* ------------------------------------------------------------------ set-up */

static int
load(void **state)
{
	static const uint64_t key[2] = { 3, 4 };
	const char *dir = getenv("WEIR_SOURCE_DIR");

	(void)state;
	if (dir != NULL && chdir(dir) != 0)
		return -1;
	if (ruleset_load("rules", &rules, stderr) != 0)
		return -1;
	scanner = scanner_create(rules, 1, key);
	if (scanner != NULL)
		scanner_test_values_live(scanner, true);
	return scanner == NULL ? -1 : 0;
}

static int
unload(void **state)
{
	(void)state;
	scanner_destroy(scanner);
	ruleset_free(rules);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_card),
		cmocka_unit_test(test_cards),
	};

	for (int i = 1; i + 1 < argc; i += 2) {
		unsigned long n = strtoul(argv[i + 1], NULL, 10);

		if (strcmp(argv[i], "--seed") == 0)
			seed = n;
		else if (strcmp(argv[i], "--count") == 0)
			count = (unsigned)n;
		else if (strcmp(argv[i], "--cards") == 0)
			cards = (unsigned)n;
	}
	return cmocka_run_group_tests(tests, load, unload);
}
