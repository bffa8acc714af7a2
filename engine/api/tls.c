/* OpenSSL between two pieces of memory: its BIO reads from what was given
 * last, without a copy, and appends to the wire.
 *
 * OpenSSL decrypts in a buffer of its own, which it wipes once the bytes are
 * ours (SSL_OP_CLEANSE_PLAINTEXT) and gives back while it is empty
 * (SSL_MODE_RELEASE_BUFFERS), so that an idle connection has none.
 */
#include "api/tls.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define RECORD_MAX ((size_t)SSL3_RT_MAX_PLAIN_LENGTH)

struct tls {
  SSL *ssl;
  struct tls_io *io;
  const char *given;
  size_t n_given;
  bool has_begun; /* bytes came */
  bool has_failed;
};

/* ---- the BIO --------------------------------------------------------------
 */

static int on_bio_read(BIO *bio, char *out, int size)
{
  struct tls *t = BIO_get_data(bio);
  size_t n = t->n_given < (size_t)size ? t->n_given : (size_t)size;

  BIO_clear_retry_flags(bio);
  if (n == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  memcpy(out, t->given, n);
  t->given += n;
  t->n_given -= n;
  return (int)n;
}

static int on_bio_write(BIO *bio, const char *data, int len)
{
  struct buf *wire = &((struct tls *)BIO_get_data(bio))->io->wire;

  BIO_clear_retry_flags(bio);
  buf_put(wire, data, (size_t)len);
  return wire->failed ? -1 : len;
}

static long on_bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH; /* done: there is nothing to flush */
}

int tls_io_init(struct tls_io *io, size_t wire_max, struct err *e)
{
  BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "keyturn");

  memset(io, 0, sizeof *io);
  buf_init(&io->wire, wire_max, false);
  io->method = m;
  io->plain = secret_malloc(RECORD_MAX);
  io->record = secret_malloc(RECORD_MAX);
  if (m != NULL && io->plain != NULL && io->record != NULL &&
      BIO_meth_set_read(m, on_bio_read) &&
      BIO_meth_set_write(m, on_bio_write) && BIO_meth_set_ctrl(m, on_bio_ctrl))
    return 0;
  tls_io_release(io);
  return err_set(e, ERR_NOMEM, "no memory for TLS");
}

void tls_io_release(struct tls_io *io)
{
  buf_release(&io->wire);
  secret_free(io->plain);
  secret_free(io->record);
  io->plain = io->record = NULL;
  BIO_meth_free(io->method);
  io->method = NULL;
}

/* ---- a connection ---------------------------------------------------------
 */

struct tls *tls_new(struct tls_context *x, struct tls_io *io)
{
  struct tls *t = calloc(1, sizeof *t);
  BIO *bio;

  if (t == NULL)
    return NULL;
  t->io = io;
  t->ssl = tls_context_connection(x);
  bio = BIO_new(io->method);
  if (t->ssl == NULL || bio == NULL) {
    (void)BIO_free(bio); /* it does nothing yet */
    tls_free(t);
    return NULL;
  }
  BIO_set_data(bio, t);
  BIO_set_init(bio, 1);
  SSL_set_bio(t->ssl, bio, bio); /* transferred */
  SSL_set_accept_state(t->ssl);
  return t;
}

void tls_free(struct tls *t)
{
  if (t == NULL)
    return;
  SSL_free(t->ssl);
  free(t);
}

void tls_give(struct tls *t, const char *data, size_t len)
{
  t->given = data;
  t->n_given = len;
}

/* A TLS record of a handshake begins with 22, an HTTP request with a method. */
static bool is_plain(const struct tls *t)
{
  return t->n_given > 0 && isupper((unsigned char)t->given[0]);
}

enum tls_state tls_read(struct tls *t, size_t *out_n)
{
  int n;

  if (!t->has_begun && is_plain(t))
    return TLS_IS_PLAIN;
  t->has_begun = t->has_begun || t->n_given > 0;
  ERR_clear_error();
  n = SSL_read(t->ssl, t->io->plain, (int)RECORD_MAX);
  if (n > 0) {
    *out_n = (size_t)n;
    return TLS_DATA;
  }
  switch (SSL_get_error(t->ssl, n)) {
  case SSL_ERROR_WANT_READ:
    return TLS_MORE;
  case SSL_ERROR_ZERO_RETURN:
    return TLS_ENDED;
  default:
    t->has_failed = true; /* SSL_shutdown must not be called any more */
    return TLS_FAILED;
  }
}

static bool put(struct tls *t, const char *data, size_t len)
{
  size_t n;

  if (len == 0)
    return true;
  ERR_clear_error();
  if (!t->has_failed && SSL_write_ex(t->ssl, data, len, &n) == 1)
    return true;
  t->has_failed = true;
  return false;
}

/* What fits goes into one record: each has its own cost. */
bool tls_write(struct tls *t, const char *head, size_t head_len,
               const char *body, size_t body_len)
{
  char *record = t->io->record;
  bool is_good;

  if (body_len == 0 || body_len > RECORD_MAX ||
      head_len > RECORD_MAX - body_len)
    return put(t, head, head_len) && put(t, body, body_len);
  memcpy(record, head, head_len);
  memcpy(record + head_len, body, body_len);
  is_good = put(t, record, head_len + body_len);
  secret_wipe(record, head_len + body_len);
  return is_good;
}

void tls_end(struct tls *t)
{
  if (t->has_failed || !tls_is_up(t) ||
      (SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN) != 0)
    return;
  ERR_clear_error();
  (void)SSL_shutdown(t->ssl); /* 0: said, and not answered yet */
}

bool tls_is_up(const struct tls *t)
{
  return SSL_is_init_finished(t->ssl);
}

const char *tls_version(const struct tls *t)
{
  return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
  return SSL_CIPHER_get_name(SSL_get_current_cipher(t->ssl));
}
