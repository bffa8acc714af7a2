/* A rotator that is right, over a file that holds one password: what the
 * plugins here are, but for the one sin that each is named after.
 */
#ifndef PLUGINS_SIMPLE_H
#define PLUGINS_SIMPLE_H

#include <keyturn/rotator.h>
#include <stdio.h>
#include <string.h>

#define SIMPLE_SCHEMA                                                     \
  "{\"type\":\"object\",\"required\":[\"target\",\"password\"],"          \
  "\"properties\":{\"target\":{\"type\":\"string\"},"                     \
  "\"password\":{\"type\":\"string\",\"minLength\":8,\"writeOnly\":true}" \
  "}}"

static inline int simple_field(struct kt_step *s, const char *stage,
                               const char *name, const char **out)
{
  return s->host->get_field(s, KT_SECRET, stage, name, out);
}

/* KT_OK: the file accepts the stage's password. */
static inline int simple_login(struct kt_step *s, const char *stage)
{
  char line[512] = "";
  const char *path, *password;
  FILE *f;

  if (simple_field(s, NULL, "target", &path) != KT_OK ||
      simple_field(s, stage, "password", &password) != KT_OK)
    return KT_MISSING;
  f = fopen(path, "r");
  if (f == NULL)
    return KT_UNREACHABLE;
  if (fgets(line, sizeof line, f) == NULL)
    line[0] = '\0';
  (void)fclose(f);
  return strcmp(line, password) == 0 ? KT_OK : KT_AUTH;
}

static inline int simple_write(struct kt_step *s, const char *stage)
{
  const char *path, *password;
  FILE *f;

  if (simple_field(s, NULL, "target", &path) != KT_OK ||
      simple_field(s, stage, "password", &password) != KT_OK)
    return KT_MISSING;
  f = fopen(path, "w");
  if (f == NULL)
    return KT_UNREACHABLE;
  (void)fputs(password, f);
  return fclose(f) == 0 ? KT_OK : KT_AMBIGUOUS;
}

static inline int simple_create(struct kt_step *s)
{
  struct kt_field field = {"password", NULL};
  int rc = s->host->random_password(s, NULL, &field.value);

  return rc == KT_OK ? s->host->put_pending_fields(s, &field, 1) : rc;
}

static inline int simple_set(struct kt_step *s)
{
  int rc;

  if (s->maybe_set && simple_login(s, "AWSPENDING") == KT_OK)
    return KT_OK;
  rc = simple_login(s, "AWSCURRENT");
  if (rc == KT_OK)
    rc = s->host->mutating(s);
  return rc == KT_OK ? simple_write(s, "AWSPENDING") : rc;
}

static inline int simple_test(struct kt_step *s)
{
  return simple_login(s, s->stage);
}

static inline int simple_revert(struct kt_step *s)
{
  int rc = simple_login(s, "AWSCURRENT");

  if (rc == KT_OK)
    return KT_OK;
  rc = simple_login(s, "AWSPENDING");
  if (rc == KT_OK)
    rc = s->host->mutating(s);
  return rc == KT_OK ? simple_write(s, "AWSCURRENT") : rc;
}

/* The members that every plugin here has. */
#define SIMPLE(rotator_name)                                                 \
  .size = sizeof(struct kt_rotator), .name = (rotator_name), .version = "1", \
  .summary = "for tests", .secret_schema = SIMPLE_SCHEMA,                    \
  .test_secret = simple_test, .revert_secret = simple_revert

#endif
