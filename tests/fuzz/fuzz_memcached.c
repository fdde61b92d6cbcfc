#include "classify/proto/memcached.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(memcached)
