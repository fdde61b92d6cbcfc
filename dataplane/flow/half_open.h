/*
 * The first packet of what may become a flow, while it is the only one (struct half_open).
 *
 * A SYN flood or a scan opens nothing but these; they have a pool of their own, so that it costs no
 * real flow its place. The flow is made, when there is more, by giving it its first packet again.
 */
#ifndef WEIR_HALF_OPEN_H
#define WEIR_HALF_OPEN_H

#include <stdbool.h>

#include "dataplane/flow/flow.h"

/* Has the packet nothing that would have to be looked at now? */
bool half_open_can_hold(const struct packet *p);

/* Takes the packet; sets the head too, but for its lists. */
void half_open_init(struct half_open *h, const struct packet *p);

/* Can p, of the same key, belong to the same flow as the packet that is held? */
bool half_open_fits(const struct half_open *h, const struct packet *p);

/* The packet that is held, sent again. */
bool half_open_is_repeat(const struct half_open *h, const struct packet *p);
/* True when it is the mirror's second copy, as far as can be told (feed.h). */
bool half_open_repeat(struct half_open *h, const struct packet *p);

/* The packet as it was, less its tunnels; repetitions count as more frames of it. */
void half_open_packet(const struct half_open *h, struct packet *p);

#endif
