/* TLS of one connection, as bytes in and bytes out: no sockets.
 *
 * What came from the socket is given by tls_give; tls_read decrypts it, and
 * does the handshake while it lasts.  Whatever is to be sent (of the handshake,
 * of tls_write, an alert) is appended to the wire: look there after each call.
 */
#ifndef API_TLS_H
#define API_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "api/tls_context.h"
#include "base/buf.h"

enum tls_state {
  TLS_DATA,    /* bytes came; ask again */
  TLS_MORE,    /* what was given is used up */
  TLS_ENDED,   /* the client says that it sends no more */
  TLS_FAILED,  /* no TLS, or not as we want it; an alert may be on the wire */
  TLS_IS_PLAIN /* no TLS, but what HTTP begins with */
};

struct bio_method_st;

/* What the connections of one thread share, because no call keeps it. */
struct tls_io {
  struct buf wire; /* what is to be sent: ciphertext */
  char *plain;     /* what was decrypted; secret memory */
  char *record;    /* what goes into one record; secret memory */
  struct bio_method_st *method;
};

int tls_io_init(struct tls_io *io, size_t wire_max, struct err *e);
/* After all of its connections. */
void tls_io_release(struct tls_io *io);

struct tls;

/* `io`: borrowed until tls_free.  NULL: no memory.  Returned, freed by
 * tls_free. */
struct tls *tls_new(struct tls_context *x, struct tls_io *io);
void tls_free(struct tls *t);

/* `data`: borrowed until tls_read gave anything but TLS_DATA. */
void tls_give(struct tls *t, const char *data, size_t len);
/* The bytes are in io->plain, whose reader wipes them. */
enum tls_state tls_read(struct tls *t, size_t *out_n);
/* Two texts, one behind the other, of which the second may be empty.  false:
 * they cannot be sent, and the connection is of no use any more. */
bool tls_write(struct tls *t, const char *head, size_t head_len,
               const char *body, size_t body_len);
/* Says that nothing more comes, if something could. */
void tls_end(struct tls *t);

/* The handshake is done; the others only then, and while `t` lives. */
bool tls_is_up(const struct tls *t);
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);

#endif
