/* From rows and documents to a principal whose policies are parsed. */
#include "iam/principal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iam/directory.h"
#include "iam/principal_make.h"

#define COPY(array, text) (void)snprintf(array, sizeof(array), "%s", text)

struct held *held_get(struct held *h)
{
  atomic_fetch_add(&h->references, 1);
  return h;
}

void principal_put(const struct principal *p)
{
  struct held *h = (struct held *)(uintptr_t)p; /* its first member */

  if (h == NULL || atomic_fetch_sub(&h->references, 1) > 1)
    return;
  for (size_t i = 0; i < p->n_identity; i++) {
    policy_free((struct policy *)(uintptr_t)p->identity[i]);
    free((char *)(uintptr_t)p->identity_names[i]);
  }
  free((void *)(uintptr_t)p->identity);
  free((void *)(uintptr_t)p->identity_names);
  policy_free((struct policy *)(uintptr_t)p->boundary);
  policy_free((struct policy *)(uintptr_t)p->session);
  free((struct tag *)(uintptr_t)p->tags);
  free(h);
}

static int held_new(const char *account, enum principal_kind kind,
                    struct held **out, struct err *e)
{
  struct held *h = calloc(1, sizeof *h);

  if (h == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  atomic_init(&h->references, 1);
  h->p.kind = kind;
  COPY(h->p.account, account);
  *out = h;
  return 0;
}

/* It was parsed before it was stored: that it does not parse now is a fault of
 * ours, which refuses the request. */
static int parse(const char *name, const char *text, enum policy_kind kind,
                 const struct policy **out, struct err *e)
{
  struct policy *p;
  struct err inner = {0};

  if (policy_parse(text, strlen(text), kind, &p, &inner) != 0)
    return err_set(e, inner.code == ERR_NOMEM ? ERR_NOMEM : ERR_CORRUPT,
                   "policy %.300s: %.600s", name, inner.text);
  *out = p;
  return 0;
}

static int identity_take(struct principal *p, const struct iam_documents *from,
                         struct err *e)
{
  const struct policy **policies = calloc(from->n + 1, sizeof(void *));
  const char **names = calloc(from->n + 1, sizeof *names);
  int rc = 0;

  p->identity = policies; /* owned from here on, whatever comes */
  p->identity_names = names;
  if (policies == NULL || names == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  for (size_t i = 0; rc == 0 && i < from->n; i++) {
    const struct iam_document *d = &from->list[i];

    rc = parse(d->name, d->text, POLICY_IDENTITY, &policies[i], e);
    if (rc != 0)
      return rc;
    p->n_identity = i + 1;
    names[i] = strdup(d->name);
    if (names[i] == NULL)
      rc = err_set(e, ERR_NOMEM, "out of memory");
  }
  return rc;
}

/* The entity's tags, under those of the session. */
static int tags_take(struct principal *p, const struct iam_rights *rights,
                     const struct session *session, struct err *e)
{
  size_t n_over = session == NULL ? 0 : session->n_tags, n = 0;
  struct tag *tags = calloc(n_over + rights->n_tags + 1, sizeof *tags);

  if (tags == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  p->tags = tags;
  for (; n < n_over; n++)
    tags[n] = session->tags[n];
  for (size_t i = 0; i < rights->n_tags; i++) {
    bool is_over = false;

    for (size_t j = 0; j < n_over; j++) /* keys differ by more than case */
      is_over |= strcasecmp(tags[j].key, rights->tags[i].key) == 0;
    if (!is_over)
      tags[n++] = rights->tags[i];
  }
  p->n_tags = n;
  return 0;
}

static int rights_take(struct principal *p, const struct iam_rights *rights,
                       const struct session *session, struct err *e)
{
  int rc = identity_take(p, &rights->identity, e);

  if (rc == 0 && rights->boundary != NULL)
    rc = parse(rights->entity.boundary, rights->boundary, POLICY_BOUNDARY,
               &p->boundary, e);
  return rc == 0 ? tags_take(p, rights, session, e) : rc;
}

int principal_make_root(const char *account, const char *access_key_id,
                        struct held **out, struct err *e)
{
  int rc = held_new(account, PRINCIPAL_ROOT, out, e);

  if (rc != 0)
    return rc;
  (void)snprintf((*out)->p.arn, sizeof(*out)->p.arn, "arn:aws:iam::%s:root",
                 account);
  COPY((*out)->p.id, account);
  COPY((*out)->p.name, "root");
  COPY((*out)->p.access_key_id, access_key_id);
  return 0;
}

int principal_make_user(const char *account, const struct iam_rights *rights,
                        const char *access_key_id, struct held **out,
                        struct err *e)
{
  struct held *h;
  int rc = held_new(account, PRINCIPAL_USER, &h, e);

  if (rc != 0)
    return rc;
  COPY(h->p.arn, rights->entity.arn);
  COPY(h->p.id, rights->entity.entity_id);
  COPY(h->p.name, rights->entity.name);
  COPY(h->p.access_key_id, access_key_id);
  rc = rights_take(&h->p, rights, NULL, e);
  if (rc != 0) {
    principal_put(&h->p);
    return rc;
  }
  *out = h;
  return 0;
}

int principal_make_session(const char *account, const struct iam_rights *rights,
                           const struct session *session, const char *policy,
                           struct held **out, struct err *e)
{
  struct held *h;
  int rc = held_new(account, PRINCIPAL_SESSION, &h, e);

  if (rc != 0)
    return rc;
  (void)snprintf(h->p.arn, sizeof h->p.arn,
                 "arn:aws:sts::%s:assumed-role/%s/%s", account,
                 rights->entity.name, session->name);
  COPY(h->p.role_arn, rights->entity.arn);
  (void)snprintf(h->p.id, sizeof h->p.id, "%s:%s", rights->entity.entity_id,
                 session->name);
  COPY(h->p.name, rights->entity.name);
  COPY(h->p.session_name, session->name);
  COPY(h->p.source_identity, session->source_identity);
  COPY(h->p.access_key_id, session->access_key_id);
  h->p.issued_us = session->issued_us;
  h->p.expires_us = session->expires_us;
  rc = rights_take(&h->p, rights, session, e);
  if (rc == 0 && policy != NULL)
    rc = parse(h->p.arn, policy, POLICY_SESSION, &h->p.session, e);
  if (rc != 0) {
    principal_put(&h->p);
    return rc;
  }
  *out = h;
  return 0;
}
