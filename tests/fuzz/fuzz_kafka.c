#include "classify/proto/kafka.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(kafka)
