/* pgvector: which statements look up, write or index vectors, in whatever pieces they come. */
#include "tests/support/unit.h"

#include "classify/ai/pgvector.h"
#include "classify/proto/sql_class.h"
#include "tests/support/guard.h"

#define QUERY  "vector_query"
#define UPSERT "vector_upsert"
#define DELETE "vector_delete"
#define INDEX  "vector_index"
/* Names longer than what is kept of a statement. */
#define MANY                                                                                   \
	"langchain_pg_embedding.collection_id AS langchain_pg_embedding_collection_id, "       \
	"langchain_pg_embedding.document AS langchain_pg_embedding_document, "                 \
	"langchain_pg_embedding.cmetadata AS langchain_pg_embedding_cmetadata, "               \
	"langchain_pg_embedding.custom_id AS langchain_pg_embedding_custom_id, "               \
	"langchain_pg_embedding.collection_id AS langchain_pg_embedding_collection_id_again, " \
	"langchain_pg_embedding.uuid AS langchain_pg_embedding_uuid, "

static const struct row {
	const char *in;
	const char *name; /* NULL: nothing to do with vectors */
	uint32_t limit, count;
} rows[] = {
	/* as clients write them */
	{ "SELECT * FROM items ORDER BY embedding <-> '[3,1,2]' LIMIT 5", QUERY, 5 },
	{ "SELECT id FROM items ORDER BY embedding<=>'[3.5,-1e-3, 2]' LIMIT 5;", QUERY, 5 },
	{ "select id from items order by embedding <#> $1 limit $2", QUERY },
	{ "SELECT id FROM items ORDER BY embedding <+> $1 DESC LIMIT 10", QUERY, 10 },
	{ "SELECT id FROM items ORDER BY v <=> $1 LIMIT 10", QUERY, 10 },
	{ "SELECT id FROM items ORDER BY v <-> $1::vector LIMIT 10", QUERY, 10 },
	{ "SELECT id FROM items ORDER BY v <-> CAST($1 AS vector(3)) LIMIT 10", QUERY, 10 },
	{ "SELECT id FROM items ORDER BY v <-> $1::public.vector(1536) LIMIT 10", QUERY, 10 },
	{ "SELECT id FROM items ORDER BY v::halfvec(3) <-> $1::halfvec(3)", QUERY },
	{ "SELECT id FROM items ORDER BY v <-> ARRAY[1,2,3]::vector LIMIT 3", QUERY, 3 },
	{ "SELECT id FROM items ORDER BY v <-> vector '[1,2,3]'", QUERY },
	{ "SELECT 1 - (embedding <=> $1) AS similarity FROM items ORDER BY 1 LIMIT 4", QUERY, 4 },
	{ "SELECT (embedding <#> '[3,1,2]') * -1 AS inner_product FROM items", QUERY },
	{ "SELECT * FROM items WHERE embedding <-> '[3,1,2]' < 5", QUERY },
	{ "SELECT * FROM items WHERE id <> 1 ORDER BY embedding <-> (SELECT embedding FROM items "
	  "WHERE id = 1) LIMIT 5",
	  QUERY, 5 },
	{ "SELECT \"items\".\"id\" FROM \"items\" ORDER BY \"items\".\"item_vec\" <-> $1 LIMIT 6",
	  QUERY, 6 },
	{ "WITH q AS (SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 20) SELECT * FROM q",
	  QUERY, 20 },
	{ "SELECT a.id, b.id FROM items a JOIN items b ON a.embedding <=> b.embedding < 0.1",
	  QUERY },
	{ "EXPLAIN ANALYZE SELECT * FROM items ORDER BY embedding <-> '[3,1,2]' LIMIT 5", QUERY,
	  5 },
	{ "SELECT " MANY "langchain_pg_embedding.embedding <=> $1 AS distance FROM "
	  "langchain_pg_embedding ORDER BY distance ASC LIMIT 4",
	  QUERY, 4 },
	{ "SELECT id FROM items ORDER BY (meta->>'embedding')::vector <=> $1", QUERY },
	{ "INSERT INTO items (embedding) VALUES ('[1,2,3]'), ('[4,5,6]')", UPSERT, 0, 2 },
	{ "INSERT INTO items (id, text, embedding) VALUES (1, 'x', '[1,2,3]')", UPSERT, 0, 1 },
	{ "INSERT INTO items (id, v) VALUES ($1, $2::vector), ($3, $4::vector)", UPSERT, 0, 2 },
	{ "INSERT INTO items (id, embedding) VALUES (1, '[1,2,3]') ON CONFLICT (id) DO UPDATE SET "
	  "embedding = EXCLUDED.embedding",
	  UPSERT, 0, 1 },
	{ "UPDATE items SET embedding = '[1,2,3]' WHERE id = 1", UPSERT, 0, 1 },
	{ "UPDATE items SET v = CAST($1 AS halfvec) WHERE id = $2", UPSERT, 0, 1 },
	{ "DELETE FROM items WHERE embedding <-> '[3,1,2]' < 0.5", DELETE },
	{ "CREATE INDEX ON items USING hnsw (embedding vector_l2_ops)", INDEX },
	{ "CREATE INDEX CONCURRENTLY i ON items USING ivfflat (v vector_cosine_ops) WITH (lists = "
	  "100)",
	  INDEX },
	/* distances of others */
	{ "SELECT * FROM places ORDER BY location <-> point '(101,456)' LIMIT 10" },
	{ "SELECT * FROM places ORDER BY location <-> $1 LIMIT 10" },
	{ "SELECT * FROM geo ORDER BY geom <-> ST_SetSRID(ST_MakePoint($1, $2), 4326) LIMIT 10" },
	{ "SELECT * FROM geo ORDER BY geom <#> 'SRID=4326;POINT(1 2)'::geometry LIMIT 10" },
	{ "SELECT * FROM geo ORDER BY geom <#> $1 LIMIT 10" },
	{ "SELECT t, t <-> 'word' AS dist FROM words ORDER BY dist LIMIT 10" },
	{ "SELECT t FROM words ORDER BY t <->> $1 LIMIT 10" },
	{ "SELECT t FROM words ORDER BY embedding <<-> $1 LIMIT 10" },
	{ "SELECT phraseto_tsquery('fat') <-> phraseto_tsquery('rat')" },
	{ "SELECT to_tsvector('x') @@ to_tsquery('fat <-> rat')" },
	{ "SELECT id FROM docs ORDER BY search_vector <=> to_tsquery($1) LIMIT 10" },
	{ "SELECT id FROM docs ORDER BY body_vector <=> to_tsquery('a') LIMIT 10" },
	{ "SELECT c FROM t ORDER BY c <=> '(0,0,0)'::cube LIMIT 10" },
	{ "SELECT c FROM t ORDER BY c <=> '(0,0,0)' LIMIT 10" },
	{ "SELECT c FROM t ORDER BY c <-> cube(array[1,2,3]) LIMIT 10" },
	{ "SELECT d FROM t ORDER BY d <-> date '2026-01-01' LIMIT 10" },
	{ "SELECT n FROM t ORDER BY n <-> 42 LIMIT 1" },
	/* operators of JSON, ranges and arrays */
	{ "SELECT data->'embedding', data->>'vector', data#>'{a,b}', data#>>'{a}' FROM t" },
	{ "SELECT * FROM t WHERE data @> '[1,2,3]' ORDER BY data->'embedding' LIMIT 5" },
	{ "SELECT * FROM t WHERE data ? 'embedding' AND data ?| array['a'] AND data <@ '{}'" },
	{ "SELECT * FROM t WHERE r && '[1,5]'::int4range AND r -|- $1" },
	{ "INSERT INTO t (embedding) VALUES ('[1,2,3]'::jsonb)" },
	{ "INSERT INTO t (tags) VALUES ('[1,2,3]')" },
	{ "INSERT INTO embeddings (tags) VALUES ('[1,2,3]')" },
	{ "UPDATE t SET data = jsonb_set(data, '{embedding}', '[1,2]') WHERE id = 1" },
	{ "DELETE FROM embeddings WHERE id = $1" },
	{ "SELECT * FROM t WHERE a < -1 AND b <- 1 AND c >= d AND a <> b" },
	/* within comments, strings and names */
	{ "SELECT 1 -- ORDER BY embedding <-> '[1,2,3]'\n FROM t" },
	{ "SELECT /* embedding <=> '[1,2]'::vector */ a FROM t ORDER BY a" },
	{ "SELECT 'ORDER BY embedding <-> ''[1,2,3]''::vector' FROM t" },
	{ "SELECT $$embedding <=> '[1,2]'::vector$$ FROM t" },
	{ "SELECT \"embedding <=> '[1,2]'\" FROM t ORDER BY \"a <-> b\"" },
	{ "INSERT INTO log (line) VALUES (E'embedding <-> \\'[1,2]\\'::vector')" },
	/* the words alone */
	{ "SELECT embedding, vector FROM items WHERE id = $1 ORDER BY vector LIMIT 5" },
	{ "SELECT '[1,2,3]'::vector" },
	{ "CREATE TABLE items (id bigserial PRIMARY KEY, embedding vector(3))" },
	{ "CREATE EXTENSION IF NOT EXISTS vector" },
	{ "CREATE INDEX hnsw ON items USING gin (embedding)" },
	{ "CREATE INDEX ON ivfflat USING btree (hnsw)" },
	{ "SET hnsw.ef_search = 100" },
	{ "DROP INDEX hnsw" },
	{ "DELETE FROM items USING hnsw WHERE items.id = hnsw.id" },
};

static void
check(const struct row *t, size_t first, size_t step)
{
	struct pgvector p = { 0 };
	struct pgvector_operation got;
	struct sql_text s;
	struct span target;
	size_t len = strlen(t->in);

	sql_text_init(&s);
	s.token = pgvector_token;
	s.token_arg = &p;
	for (size_t at = 0; at < len && !s.over;) {
		size_t n = at == 0 ? first : step;

		n = n < len - at ? n : len - at;
		sql_text_push(&s, SQL_STANDARD, guard_copy(t->in + at, n), n);
		at += n;
	}
	sql_text_end(&s);
	got = pgvector_end(&p, sql_classify(sql_text_so_far(&s), &target));
	if (t->name == NULL)
		assert_null(got.name);
	else
		assert_string_equal(got.name == NULL ? "none" : got.name, t->name);
	assert_int_equal(got.limit, t->limit);
	assert_int_equal(got.count, t->count);
}

static void
test_statements(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].in);

		print_message("%s\n", rows[i].in);
		check(&rows[i], len, len);
		check(&rows[i], 1, 1);
		for (size_t cut = 1; cut < len; cut++)
			check(&rows[i], cut, len);
	}
}

/* What one statement was says nothing of the next. */
static void
test_starts_anew(void **state)
{
	(void)state;
	for (size_t i = 0; i + 1 < ARRAY_LEN(rows); i++) {
		struct pgvector p = { 0 };

		for (size_t k = i; k < i + 2; k++) {
			struct sql_text s;
			struct span target;

			sql_text_init(&s);
			s.token = pgvector_token;
			s.token_arg = &p;
			sql_text_push(&s, SQL_STANDARD, (const uint8_t *)rows[k].in,
				      strlen(rows[k].in));
			sql_text_end(&s);
			assert_int_equal(pgvector_end(&p,
						      sql_classify(sql_text_so_far(&s), &target))
						 .name != NULL,
					 rows[k].name != NULL);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
