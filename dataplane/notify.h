/*
 * What a service manager wants to know (sd_notify(3), Type=notify): that weir is ready, ends, reads
 * its rules anew, and, with WatchdogSec, that it still moves.
 *
 * One datagram to the socket that $NOTIFY_SOCKET names, with the credentials of this process; no
 * library. Without the variable, or when nobody listens, nothing happens: nothing that weir does
 * depends on it.
 */
#ifndef WEIR_NOTIFY_H
#define WEIR_NOTIFY_H

#include <stdbool.h>

/* Lines of NAME=VALUE, such as "READY=1\nSTATUS=4 ports". True when it was sent. */
bool notify_send(const char *lines);

#endif
