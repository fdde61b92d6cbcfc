#include "classify/proto/mqtt.h"
#include "tests/support/db_fuzz.h"

DB_FUZZ(mqtt)
