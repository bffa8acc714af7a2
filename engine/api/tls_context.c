/* An SSL_CTX behind a lock.  What is read from files is read by us: the key
 * into secret memory, after its mode was looked at.
 */
#include "api/tls_context.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define KEY_FILE_MAX (64 * 1024)
/* TLS 1.2: only what has forward secrecy and authenticates what it encrypts. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls_context {
  pthread_mutex_t lock; /* guards current */
  SSL_CTX *current;
};

/* OpenSSL's first word on what went wrong in this thread. */
static const char *reason(void)
{
  unsigned long code = ERR_peek_error();
  const char *text = ERR_reason_error_string(code);

  if (ERR_GET_LIB(code) == ERR_LIB_SYS)
    text = strerror(ERR_GET_REASON(code));
  return text == NULL ? "it is not in PEM format" : text;
}

/* ---- the key -------------------------------------------------------------
 */

static int key_file_check(int fd, const char *path, struct err *e)
{
  struct stat st;

  if (fstat(fd, &st) != 0)
    return err_set(e, ERR_CONFIG, "tls_key %s: %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return err_set(e, ERR_CONFIG, "tls_key %s is not a regular file", path);
  if ((st.st_mode & 027) != 0)
    return err_set(e, ERR_CONFIG,
                   "tls_key %s is open to others (mode %04o); run: chmod 600 "
                   "%s",
                   path, (unsigned)st.st_mode & 07777, path);
  return 0;
}

static EVP_PKEY *key_parse(const struct buf *text)
{
  BIO *bio = BIO_new_mem_buf(text->data, (int)text->len);
  unsigned char *der = NULL;
  EVP_PKEY *key = NULL;
  const unsigned char *at;
  char *name = NULL;
  long len = 0;

  if (bio != NULL &&
      PEM_bytes_read_bio_secmem(&der, &len, &name, PEM_STRING_EVP_PKEY, bio,
                                NULL, NULL) == 1) {
    at = der;
    if (strcmp(name, PEM_STRING_PKCS8) != 0) /* an encrypted one */
      key = d2i_AutoPrivateKey(NULL, &at, len);
  }
  OPENSSL_secure_clear_free(der, (size_t)len);
  OPENSSL_secure_free(name);
  (void)BIO_free(bio); /* its memory is ours */
  return key;
}

static int key_read(const char *path, EVP_PKEY **out, struct err *e)
{
  CLEANUP_BUF struct buf text;
  CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  int rc;

  buf_init(&text, KEY_FILE_MAX, true);
  if (fd < 0)
    return err_set(e, ERR_CONFIG, "tls_key %s: %s", path, strerror(errno));
  if ((rc = key_file_check(fd, path, e)) != 0)
    return rc;
  if (buf_read(&text, fd, e) != 0)
    return err_wrap(e, "tls_key %s", path);
  if (text.len == 0 || (*out = key_parse(&text)) == NULL)
    return err_set(e, ERR_CONFIG,
                   "tls_key %s: there is no private key in PEM format that is "
                   "not encrypted",
                   path);
  return 0;
}

/* ---- a context -----------------------------------------------------------
 */

static int cert_use(SSL_CTX *ctx, const struct tls_settings *s, struct err *e)
{
  EVP_PKEY *key = NULL;
  int rc;

  if (SSL_CTX_use_certificate_chain_file(ctx, s->cert) != 1)
    return err_set(e, ERR_CONFIG, "tls_cert %s: %s", s->cert, reason());
  rc = key_read(s->key, &key, e);
  if (rc != 0)
    return rc;
  if (X509_check_private_key(SSL_CTX_get0_certificate(ctx), key) != 1)
    rc = err_set(e, ERR_CONFIG,
                 "tls_key %s is not the key of the certificate in %s", s->key,
                 s->cert);
  else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
    rc = err_set(e, ERR_CONFIG, "tls_key %s: %s", s->key, reason());
  EVP_PKEY_free(key);
  return rc;
}

static int clients_use(SSL_CTX *ctx, const struct tls_settings *s,
                       struct err *e)
{
  STACK_OF(X509_NAME) * names;

  if (s->client_auth == TLS_CLIENT_OFF)
    return 0;
  if (SSL_CTX_load_verify_file(ctx, s->client_ca) != 1 ||
      (names = SSL_load_client_CA_file(s->client_ca)) == NULL)
    return err_set(e, ERR_CONFIG, "tls_client_ca %s: %s", s->client_ca,
                   reason());
  SSL_CTX_set_client_CA_list(ctx, names); /* transferred */
  SSL_CTX_set_verify(ctx,
                     s->client_auth == TLS_CLIENT_REQUIRED
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER,
                     NULL);
  return 0;
}

/* HTTP/1.1 is all we speak; who names others and not it, is told so. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *ctx)
{
  static const unsigned char ours[] = "\x08http/1.1";
  unsigned char *chosen;

  (void)ssl;
  (void)ctx;
  if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in,
                            in_len) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

static bool rules_set(SSL_CTX *ctx, bool only_1_3)
{
  static const unsigned char name[] = "keyturn";

  (void)SSL_CTX_set_options(
      ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
               SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_SINGLE_ECDH_USE);
  (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_security_level(ctx, 2);
  SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
  return SSL_CTX_set_min_proto_version(ctx, only_1_3 ? TLS1_3_VERSION
                                                     : TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1 &&
         SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
         SSL_CTX_set_session_id_context(ctx, name, sizeof name - 1) == 1;
}

static int context_make(const struct tls_settings *s, SSL_CTX **out,
                        struct err *e)
{
  SSL_CTX *ctx;
  int rc;

  ERR_clear_error();
  ctx = SSL_CTX_new(TLS_server_method());
  if (ctx == NULL || !rules_set(ctx, s->only_1_3))
    rc = err_set(e, ERR_INTERNAL, "OpenSSL cannot do what TLS needs: %s",
                 reason());
  else if ((rc = cert_use(ctx, s, e)) == 0)
    rc = clients_use(ctx, s, e);
  ERR_clear_error();
  if (rc != 0)
    SSL_CTX_free(ctx);
  else
    *out = ctx;
  return rc;
}

static void about(const SSL_CTX *ctx, struct tls_about *out)
{
  X509 *cert = SSL_CTX_get0_certificate(ctx);
  const ASN1_TIME *end = X509_get0_notAfter(cert);
  int days = 0, seconds = 0;
  struct tm tm = {0};

  (void)X509_NAME_oneline(X509_get_subject_name(cert), out->subject,
                          sizeof out->subject);
  (void)ASN1_TIME_to_tm(end, &tm); /* it was parsed */
  out->expires_us = (int64_t)timegm(&tm) * US_PER_S;
  (void)ASN1_TIME_diff(&days, &seconds, NULL, end);
  out->has_expired = days < 0 || seconds < 0;
}

/* ---- the one that is used -------------------------------------------------
 */

int tls_context_new(const struct tls_settings *s, struct tls_context **out,
                    struct err *e)
{
  struct tls_context *x = calloc(1, sizeof *x);
  int rc;

  if (x == NULL || pthread_mutex_init(&x->lock, NULL) != 0) {
    free(x);
    return err_set(e, ERR_NOMEM, "no memory for TLS");
  }
  rc = context_make(s, &x->current, e);
  if (rc != 0)
    tls_context_free(x);
  else
    *out = x;
  return rc;
}

void tls_context_free(struct tls_context *x)
{
  if (x == NULL)
    return;
  SSL_CTX_free(x->current);
  (void)pthread_mutex_destroy(&x->lock); /* nobody holds it */
  free(x);
}

int tls_context_reload(struct tls_context *x, const struct tls_settings *s,
                       struct err *e)
{
  SSL_CTX *fresh, *old;
  struct tls_about what;
  int rc = context_make(s, &fresh, e);

  if (rc != 0)
    return rc;
  about(fresh, &what);
  if (what.has_expired) {
    SSL_CTX_free(fresh);
    return err_set(e, ERR_CONFIG, "tls_cert %s has expired", s->cert);
  }
  (void)pthread_mutex_lock(&x->lock); /* it is ours */
  old = x->current;
  x->current = fresh;
  (void)pthread_mutex_unlock(&x->lock);
  SSL_CTX_free(old); /* its connections hold it */
  return 0;
}

void tls_context_about(struct tls_context *x, struct tls_about *out)
{
  (void)pthread_mutex_lock(&x->lock);
  about(x->current, out);
  (void)pthread_mutex_unlock(&x->lock);
}

struct ssl_st *tls_context_connection(struct tls_context *x)
{
  SSL *ssl;

  (void)pthread_mutex_lock(&x->lock);
  ssl = SSL_new(x->current);
  (void)pthread_mutex_unlock(&x->lock);
  return ssl;
}
