/* What a service manager is told, by the protocol of sd_notify(3): a datagram
 * to the socket that $NOTIFY_SOCKET names.  Nothing without it.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

/* "READY=1", "STOPPING=1" … */
void notify(const char *state);

#endif
