/* One run of the kit: what the rules share.  Internal to sdk/kit. */
#ifndef KIT_RUN_H
#define KIT_RUN_H

#include "kit/child.h"
#include "kit/kit.h"
#include "kit/redact.h"
#include "kit/secret_file.h"

struct run {
  const char *plugin, *name; /* borrowed */
  const struct kit_options *options;
  struct kit_report *report; /* borrowed */
  struct secret_file file;
  json_t *description;   /* of the plugin; owned */
  const json_t *rotator; /* in description */
  json_t *schema;        /* of the secret's value; owned; NULL: none */
  json_t *state;         /* the real one; owned */
  struct redact secrets; /* whatever may not show, in several spellings */
  char leak[KIT_TEXT_MAX];
  struct child_result last; /* of the latest step */
  bool has_last;
  bool done[KIT_RULES];
  bool touched;        /* the pending value may be live on the target */
  bool journaled;      /* mutating was called in this rotation */
  bool provider_made;  /* create changed the target: the value is its own */
  bool test_is_blind;  /* test-before-set failed: settling cannot trust it */
  const char *stopped; /* why later rules are not run */
  struct err broken;   /* the kit itself failed; code 0: it did not */
};

#define CLASS(c) (1u << (c))

bool run_has_step(const struct run *r, enum local_step step);
/* A step over the real state, or over a copy (`state` NULL: the real one,
 * and then what becomes durable is journaled).  The class, or -1 when the
 * step gave no answer; r->last has the rest until the next step. */
int run_step(struct run *r, json_t *state, struct local_call call);
/* The same for the real state, killed as it announces its change: true when
 * it came that far. */
bool run_step_to_death(struct run *r, struct local_call call);
/* The step must answer one of `classes`; otherwise the rule fails. */
bool run_want(struct run *r, enum kit_rule rule, json_t *state,
              struct local_call call, unsigned classes);
/* test_secret over the real state. */
int run_test(struct run *r, const char *stage);
bool run_want_test(struct run *r, enum kit_rule rule, const char *stage,
                   unsigned classes);

/* The first verdict on a rule counts. */
void run_pass(struct run *r, enum kit_rule rule);
void run_skip(struct run *r, enum kit_rule rule, const char *why);
bool run_fail(struct run *r, enum kit_rule rule, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))); /* always false */

/* The rules, in run order; false: the rotation cannot go on. */
void rule_descriptor(struct run *r);
bool rule_schema(struct run *r);
bool rules_first_rotation(struct run *r);
void rules_second_rotation(struct run *r);
void rule_canary(struct run *r);
/* Those with a lying or silent target; they leave the real one alone. */
void rule_wrong_password(struct run *r);
void rule_unreachable(struct run *r);
void rule_deadline(struct run *r);
/* With a wrong admin value, against the real one. */
void rule_wrong_admin(struct run *r);

#endif
