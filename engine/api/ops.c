/* The table itself, and finding in it: by length first, which tells most of
 * the names apart. */
#include "api/ops.h"

#include <string.h>
#include <strings.h>

/* AWS's have theirs in the model. */
#define SHAPE_secretsmanager(name) &shape_##name
#define SHAPE_keyturn(name)        NULL

/* What the audit trail calls them. */
#define SOURCE_secretsmanager "secretsmanager.amazonaws.com"
#define SOURCE_keyturn        "keyturn"

static const struct op ops[] = {
#define X(service, name, function, reads, resource) \
  {#service "." #name,                              \
   #service ":" #name,                              \
   #name,                                           \
   SOURCE_##service,                                \
   sizeof #service "." #name - 1,                   \
   function,                                        \
   reads,                                           \
   resource,                                        \
   SHAPE_##service(name)},
    OPS_TABLE(X)
#undef X
};

const struct op *op_find(const char *target)
{
  size_t len = strlen(target);

  for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
    if (ops[i].target_len == len && memcmp(ops[i].target, target, len) == 0)
      return &ops[i];
  return NULL;
}

size_t op_count(void)
{
  return sizeof ops / sizeof ops[0];
}

bool op_has_action(const char *action)
{
  for (size_t i = 0; i < op_count(); i++)
    if (strcasecmp(ops[i].action, action) == 0)
      return true;
  return false;
}

size_t op_index(const struct op *op)
{
  for (size_t i = 0; i < op_count(); i++)
    if (op == &ops[i])
      return i;
  return op_count();
}

const char *const *op_targets(void)
{
  static const char *const targets[] = {
#define X(service, name, function, reads, resource) #service "." #name,
      OPS_TABLE(X)
#undef X
  };

  return targets;
}
