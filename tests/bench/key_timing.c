/* Does the time of a refusal tell whether an access key exists?  Verifies
 * requests under a known key with a wrong signature, and under keys that
 * nobody has, in an order that is drawn, and compares the times.
 *
 *     key_timing [COUNT]
 *
 * prints for each of them the median and the mean without the slowest tenth,
 * in ns, and Welch's t of the difference.  With no network and no other work in
 * between a t far beyond 4.5 can be a matter of 0.3 %; deriving a signing key,
 * which once told known keys, is 40 %.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "sigv4/verify.h"

#define KNOWN   "AKIDEXAMPLE00000"
#define UNKNOWN "AKIDNOBODY000000"
#define KEY     "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define BODY    "{\"SecretId\":\"db/app\"}"

enum { COUNT_FIRST = 200000, WARM = 1000 };

static _Noreturn void fail(const char *why)
{
  (void)fprintf(stderr, "key_timing: %s\n", why);
  exit(1);
}

static int key_find(void *ctx, const char *id, struct sigv4_key *out,
                    struct err *e)
{
  (void)ctx;
  if (strcmp(id, KNOWN) != 0)
    return err_set(e, ERR_NOT_FOUND, "no such key");
  return secret_copy(KEY, strlen(KEY), &out->secret_access_key, e);
}

static double verify_ns(struct sigv4 *v, const char *id,
                        const struct sigv4_rules *rules, const char *stamp)
{
  char authorization[512];
  const struct sigv4_header headers[] = {
      {"host", "127.0.0.1"},
      {"x-amz-date", stamp},
      {"x-amz-target", "secretsmanager.GetSecretValue"},
      {"authorization", authorization},
  };
  const struct sigv4_request r = {.method = "POST",
                                  .path = "/",
                                  .headers = headers,
                                  .n_headers = 4,
                                  .body = BODY,
                                  .body_len = strlen(BODY)};
  struct timespec a, b;
  struct sigv4_identity who;
  struct err e = {0};
  int rc;

  (void)snprintf(authorization, sizeof authorization,
                 "AWS4-HMAC-SHA256 Credential=%s/%.8s/us-east-1/"
                 "secretsmanager/aws4_request, SignedHeaders=host;x-amz-date;"
                 "x-amz-target, Signature=%064d",
                 id, stamp, 0);
  (void)clock_gettime(CLOCK_MONOTONIC, &a); /* cannot fail */
  rc = sigv4_verify(v, &r, rules, &who, &e);
  (void)clock_gettime(CLOCK_MONOTONIC, &b);
  if (rc != -ERR_AUTH_SIGNATURE && rc != -ERR_AUTH_UNRECOGNIZED)
    fail(rc == 0 ? "a wrong signature was accepted" : e.text);
  return (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
}

static int by_size(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

struct sample {
  double *ns, mean, variance;
  size_t n;
};

/* The slowest tenth is what else the machine did. */
static void sample_sum(struct sample *s)
{
  size_t kept = s->n - s->n / 10;

  qsort(s->ns, s->n, sizeof s->ns[0], by_size);
  for (size_t i = 0; i < kept; i++)
    s->mean += s->ns[i] / (double)kept;
  for (size_t i = 0; i < kept; i++)
    s->variance +=
        (s->ns[i] - s->mean) * (s->ns[i] - s->mean) / (double)(kept - 1);
  s->variance /= (double)kept; /* of the mean */
}

int main(int argc, char **argv)
{
  size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : COUNT_FIRST;
  static const char *const ids[] = {KNOWN, UNKNOWN};
  static const char *const regions[] = {"us-east-1"};
  struct sample samples[2] = {{0}};
  struct sigv4_rules rules = {.regions = regions,
                              .n_regions = 1,
                              .service = "secretsmanager",
                              .now_us = clock_now_us(clock_system()),
                              .skew_us = SIGV4_SKEW_US,
                              .find = key_find};
  char stamp[STAMP_LEN + 1];
  struct sigv4 *v = NULL;
  struct err e = {0};

  if (count < WARM || sigv4_new(8, &v, &e) != 0)
    fail(count < WARM ? "COUNT is at least 1000" : e.text);
  stamp_format(rules.now_us, stamp);
  for (size_t i = 0; i < 2; i++)
    if ((samples[i].ns = malloc(count * sizeof(double))) == NULL)
      fail("out of memory");
  for (size_t i = 0; i < count; i++) {
    size_t which = random_below(random_system(), 2);
    double ns = verify_ns(v, ids[which], &rules, stamp);

    if (i >= WARM)
      samples[which].ns[samples[which].n++] = ns;
  }
  for (size_t i = 0; i < 2; i++) {
    sample_sum(&samples[i]);
    (void)printf("%-8s %.0f %.1f\n", i == 0 ? "known" : "unknown",
                 samples[i].ns[samples[i].n / 2], samples[i].mean);
    free(samples[i].ns);
  }
  (void)printf("t %.2f\n", (samples[1].mean - samples[0].mean) /
                               sqrt(samples[0].variance + samples[1].variance));
  sigv4_free(v);
  return 0;
}
