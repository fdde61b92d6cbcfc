/*
 * Properties of MQTT 5 (section 2.2.2): what an application says beside a message.
 *
 *   length, a varint | id 1, value | ...
 *
 * Told are texts and data that applications set: user properties as "name: value", content type,
 * topic and correlation data of an answer. Numbers, and what logs in, are passed over, and so is
 * all behind an id that nobody knows.
 *
 * Part of mqtt.c, which reads the length.
 */
#ifndef WEIR_MQTT_PROPERTIES_H
#define WEIR_MQTT_PROPERTIES_H

#include "classify/proto/mqtt.h"

/* All states from here on are of properties. */
#define MQTT_PROPERTIES 64u
/* The caller's, which comes behind them. */
#define MQTT_BEHIND_PROPERTIES 63u

/* side.number bytes of them come next. */
void mqtt_properties_begin(struct mqtt_side *side);
void mqtt_properties_step(struct mqtt_side *side, const struct db_out *o);

#endif
