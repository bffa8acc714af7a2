/* Looks for contradictions by trial: what one condition asks for is put to the
 * others that ask for the same key.
 */
#include "policy/impossible.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/match.h"

#define SERVICE "secretsmanager"

/* In lower case, as patterns are. */
static const char *const actions[] = {
    SERVICE ":batchgetsecretvalue",
    SERVICE ":cancelrotatesecret",
    SERVICE ":createsecret",
    SERVICE ":deleteresourcepolicy",
    SERVICE ":deletesecret",
    SERVICE ":describesecret",
    SERVICE ":getrandompassword",
    SERVICE ":getresourcepolicy",
    SERVICE ":getsecretvalue",
    SERVICE ":listsecrets",
    SERVICE ":listsecretversionids",
    SERVICE ":putresourcepolicy",
    SERVICE ":putsecretvalue",
    SERVICE ":removeregionsfromreplication",
    SERVICE ":replicatesecrettoregions",
    SERVICE ":restoresecret",
    SERVICE ":rotatesecret",
    SERVICE ":stopreplicationtoreplica",
    SERVICE ":tagresource",
    SERVICE ":untagresource",
    SERVICE ":updatesecret",
    SERVICE ":updatesecretversionstage",
    SERVICE ":validateresourcepolicy",
};

static struct slice slice(const char *text)
{
  return (struct slice){text, strlen(text)};
}

bool action_is_foreign(const struct pattern *p)
{
  if (strncmp(p->s.text, "keyturn:", strlen("keyturn:")) == 0)
    return false; /* our own ones */
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
    if (text_matches(p->s, slice(actions[i]), false))
      return false;
  return true;
}

bool actions_are_exhausted(const struct patterns *p)
{
  if (!p->negated)
    return false;
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
    bool excluded = false;

    for (size_t j = 0; j < p->n && !excluded; j++)
      excluded = text_matches(p->list[j].s, slice(actions[i]), false);
    if (!excluded)
      return false;
  }
  return true;
}

/* Can it be a secret at all?  Its third segment says the service. */
static bool is_of_service(struct slice s)
{
  const char *at = s.text, *end = s.text + s.len;

  for (int i = 0; i < 2; i++) {
    const char *colon = memchr(at, ':', (size_t)(end - at));

    if (colon == NULL)
      return true; /* it ends with `*` before that */
    at = colon + 1;
  }
  s = (struct slice){at, (size_t)(end - at)};
  at = memchr(s.text, ':', s.len);
  if (at != NULL)
    s.len = (size_t)(at - s.text);
  return text_matches(s, slice(SERVICE), false);
}

static bool pattern_is_secret(const struct pattern *p, const char *arn)
{
  return p->all || p->variable ||
         (arn == NULL ? is_of_service(p->s)
                      : resource_matches(p->s, slice(arn)));
}

bool resources_are_foreign(const struct patterns *p, const char *arn)
{
  bool named = false;

  if (p->negated && arn == NULL)
    return false;
  for (size_t i = 0; i < p->n && !named; i++)
    named = pattern_is_secret(&p->list[i], arn) &&
            !(p->negated && p->list[i].variable);
  return p->negated ? named : !named;
}

/* A request whose one key has one value. */
struct trial {
  const char *key, *value;
};

static int trial_find(void *ctx, const char *name, struct policy_values *out,
                      struct err *e)
{
  struct trial *t = ctx;

  (void)e;
  if (strcasecmp(name, t->key) != 0)
    return 0;
  out->values = &t->value;
  out->n = 1;
  return 1;
}

/* Can a value of `c` be put to `other`?  Only where they read it alike, and
 * nothing else is needed to know. */
static bool is_comparable(const struct condition *c,
                          const struct condition *other)
{
  bool comparable = strcasecmp(c->key, other->key) == 0 &&
                    c->operation->type == other->operation->type;

  for (size_t i = 0; i < other->n_values && comparable; i++)
    comparable = !other->values[i].pattern.variable;
  return comparable;
}

/* Do all conditions about the key of `c` hold when it has this value? */
static bool value_passes(const struct statement *s, const struct condition *c,
                         const char *value)
{
  struct trial t = {c->key, value};
  const struct policy_request r = {.find_key = trial_find, .find_ctx = &t};

  for (size_t i = 0; i < s->n_conditions; i++) {
    enum truth truth;

    if (is_comparable(c, &s->conditions[i]) &&
        (condition_hold(&s->conditions[i], &r, &truth, NULL) != 0 ||
         truth == TRUTH_NO))
      return false;
  }
  return true;
}

/* Does it hold only for values that it names itself, or, of dates, for some
 * that stand beside them?  Then trying those is enough. */
static bool names_its_values(const struct condition *c)
{
  enum operand_type type = c->operation->type;
  bool named = type == OPERAND_DATE || type == OPERAND_BOOL ||
               ((type == OPERAND_STRING || type == OPERAND_NUMBER) &&
                c->operation->relation == RELATION_EQUAL);

  for (size_t i = 0; i < c->n_values && named; i++)
    named = !c->values[i].pattern.variable;
  return named && !c->operation->negated && !c->if_exists &&
         c->quantifier == SINGLE_VALUE;
}

static bool date_passes(const struct statement *s, const struct condition *c,
                        int64_t us)
{
  char text[40];

  if (us < 0)
    return true; /* not to be written in seconds; let it be */
  (void)snprintf(text, sizeof text, "%012lld.%06lld", (long long)us / 1000000,
                 (long long)us % 1000000); /* it fits */
  return value_passes(s, c, text);
}

/* Ranges that have an instant in common have one at the end of one of them, or
 * beside it. */
static bool some_date_passes(const struct statement *s,
                             const struct condition *c)
{
  for (size_t i = 0; i < s->n_conditions; i++) {
    const struct condition *other = &s->conditions[i];

    for (size_t j = 0; j < other->n_values && is_comparable(c, other); j++) {
      int64_t us = other->values[j].time_us;

      if (date_passes(s, c, us) || date_passes(s, c, us - 1) ||
          date_passes(s, c, us + 1))
        return true;
    }
  }
  return false;
}

static bool some_value_passes(const struct statement *s,
                              const struct condition *c)
{
  if (c->operation->type == OPERAND_DATE)
    return some_date_passes(s, c);
  for (size_t i = 0; i < c->n_values; i++)
    if (value_passes(s, c, c->values[i].pattern.s.text))
      return true;
  return false;
}

/* It does not hold when the key is not there. */
static bool needs_its_key(const struct condition *c)
{
  if (c->operation->type == OPERAND_NULL)
    return false;
  return c->quantifier == FOR_ANY_VALUE ||
         (c->quantifier == SINGLE_VALUE && !c->if_exists &&
          !c->operation->negated);
}

/* The key must not be there, and must. */
static bool contradicts_null(const struct statement *s,
                             const struct condition *null)
{
  bool absent = true, present = true;

  for (size_t i = 0; i < null->n_values; i++) {
    absent = absent && null->values[i].truth;
    present = present && !null->values[i].truth;
  }
  for (size_t i = 0; i < s->n_conditions && absent; i++) {
    const struct condition *c = &s->conditions[i];

    if (c == null || strcasecmp(c->key, null->key) != 0)
      continue;
    if (needs_its_key(c))
      return true;
    if (c->operation->type == OPERAND_NULL && c->n_values == 1 &&
        !c->values[0].truth)
      return true;
  }
  return absent && present; /* without values neither is wanted */
}

static bool never_holds(const struct statement *s, const struct condition *c)
{
  if (c->operation->type == OPERAND_NULL)
    return contradicts_null(s, c);
  if (c->n_values == 0)
    return needs_its_key(c) && !c->operation->negated;
  return names_its_values(c) && !some_value_passes(s, c);
}

const char *condition_impossible(const struct statement *s)
{
  for (size_t i = 0; i < s->n_conditions; i++)
    if (never_holds(s, &s->conditions[i]))
      return s->conditions[i].key;
  return NULL;
}
