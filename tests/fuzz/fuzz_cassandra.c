#include "classify/proto/cassandra.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(cassandra)
