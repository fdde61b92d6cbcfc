#include "classify/proto/postgresql.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(postgresql)
