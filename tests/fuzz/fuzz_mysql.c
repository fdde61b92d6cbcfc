#include "classify/proto/mysql.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(mysql)
