#include "classify/proto/amqp.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(amqp)
