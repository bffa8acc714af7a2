/* The calls that make a secret what its plan says.  Each may be repeated: a
 * change that was cut short is found again by change_find, less what worked.
 */
#include <string.h>

#include "base/cleanup.h"
#include "cli/change.h"
#include "cli/plan_value.h"
#include "cli/prompt.h"
#include "cli/rules.h"

static json_t *request_for(const struct change *ch)
{
  return json_pack("{s:s}", ch->is_new ? "Name" : "SecretId", ch->item->name);
}

static int call(struct change *ch, struct client *c, const char *target,
                const json_t *in, struct err *e)
{
  CLEANUP_JSON json_t *reply = NULL;
  int rc = client_call(c, target, in, &reply, e);

  ch->n_done += rc == 0;
  return rc;
}

static int put_value_into(json_t *in, const struct change *ch,
                          const struct change_options *o, struct client *c,
                          struct err *e)
{
  CLEANUP_SECRET struct secret value = {0};
  int rc = plan_value_get(ch->item, o->values_dir, c, &value, e);

  return rc == 0 ? prompt_set_value(in, &value, false, e) : rc;
}

static int create(struct change *ch, const struct change_options *o,
                  struct client *c, struct err *e)
{
  CLEANUP_JSON json_t *in = request_for(ch);
  json_t *description = json_object_get(ch->item->json, "description");
  int rc = 0;

  if (description != NULL)
    (void)json_object_set(in, "Description", description);
  if (json_array_size(ch->tags_put) > 0)
    (void)json_object_set(in, "Tags", ch->tags_put);
  client_token(in);
  if (ch->sets_value)
    rc = put_value_into(in, ch, o, c, e);
  return rc == 0 ? call(ch, c, "secretsmanager.CreateSecret", in, e) : rc;
}

static int describe(struct change *ch, struct client *c, struct err *e)
{
  CLEANUP_JSON json_t *in = request_for(ch);

  (void)json_object_set(in, "Description",
                        json_object_get(ch->item->json, "description"));
  client_token(in);
  return call(ch, c, "secretsmanager.UpdateSecret", in, e);
}

static int tag(struct change *ch, struct client *c, const char *target,
               const char *member, json_t *list, struct err *e)
{
  CLEANUP_JSON json_t *in = NULL;

  if (json_array_size(list) == 0)
    return 0;
  in = request_for(ch);
  (void)json_object_set(in, member, list);
  return call(ch, c, target, in, e);
}

static int put_value(struct change *ch, const struct change_options *o,
                     struct client *c, struct err *e)
{
  CLEANUP_JSON json_t *in = request_for(ch);
  int rc;

  client_token(in);
  rc = put_value_into(in, ch, o, c, e);
  return rc == 0 ? call(ch, c, "secretsmanager.PutSecretValue", in, e) : rc;
}

/* Rules first: they may say what AWS's RotateSecret does not take, and what is
 * wrong with them starts nothing. */
static int rotate(struct change *ch, struct client *c, struct err *e)
{
  const json_t *rotation = ch->item->rotation;
  bool starts =
      ch->is_first_rotation && json_bool(rotation, "rotateImmediately", false);
  CLEANUP_JSON json_t *start = json_pack("{s:s}", "SecretId", ch->item->name);
  CLEANUP_JSON json_t *in = json_pack(
      "{s:s, s:s, s:o}", "SecretId", ch->item->name, "RotationLambdaARN",
      json_str(rotation, "rotator"), "RotationRules", rules_request(rotation));
  int rc = call(ch, c, "keyturn.PutRotationRules", in, e);

  if (rc != 0 || !starts)
    return rc;
  client_token(start);
  return call(ch, c, "secretsmanager.RotateSecret", start, e);
}

/* Removing comes first: a secret can have its fill of tags. */
static int change_there(struct change *ch, const struct change_options *o,
                        struct client *c, struct err *e)
{
  int rc = 0;

  if (ch->sets_description)
    rc = describe(ch, c, e);
  if (rc == 0)
    rc = tag(ch, c, "secretsmanager.UntagResource", "TagKeys", ch->tags_remove,
             e);
  if (rc == 0)
    rc = tag(ch, c, "secretsmanager.TagResource", "Tags", ch->tags_put, e);
  if (rc == 0 && ch->sets_value)
    rc = put_value(ch, o, c, e);
  return rc;
}

int change_apply(struct change *change, const struct change_options *o,
                 struct client *c, struct err *e)
{
  int rc =
      change->is_new ? create(change, o, c, e) : change_there(change, o, c, e);

  if (rc == 0 && change->sets_rotation)
    rc = rotate(change, c, e);
  return rc;
}
