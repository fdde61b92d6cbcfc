#include "tests/support/unit.h"

#include "dataplane/publish/schema.h"

/* The field reference that people read is the table that the writer uses. */
static void
test_tables_of_the_manual(void **state)
{
	static char manual[1 << 20];
	char *tables, *line, *rest;
	size_t len;
	FILE *f = fopen("docs/records.md", "r"), *to = open_memstream(&tables, &len);

	(void)state;
	assert_non_null(f);
	assert_non_null(to);
	len = fread(manual, 1, sizeof(manual) - 1, f);
	assert_in_range(len, 1, sizeof(manual) - 2);
	manual[len] = '\0';
	schema_write_tables(to);
	fclose(to);
	if (strstr(manual, tables) == NULL) {
		for (line = strtok_r(tables, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest)) {
			if (strstr(manual, line) == NULL)
				print_error("docs/records.md lacks: %s\n", line);
		}
		fail_msg("docs/records.md does not have the tables of the fields in their order");
	}
	free(tables);
	fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_tables_of_the_manual) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
