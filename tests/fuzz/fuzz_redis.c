#include "classify/proto/redis.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(redis)
