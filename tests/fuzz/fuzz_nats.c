#include "classify/proto/nats.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(nats)
