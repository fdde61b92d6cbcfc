#include "classify/proto/mongodb.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(mongodb)
