/* The slots that are taken, counted when one is asked for. */
#include "scheduler/limits.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void slot_init(struct slot *s, const char *rotator, const char *host)
{
  memset(s, 0, sizeof *s);
  (void)snprintf(s->rotator, sizeof s->rotator, "%s", rotator); /* cut */
  (void)snprintf(s->host, sizeof s->host, "%s", host);          /* cut */
}

bool slots_fit(const struct slots *all, const struct slot *s)
{
  unsigned rotator = 0, host = 0;

  if (slots_room(all) == 0)
    return false;
  for (const struct slot *t = all->taken; t != NULL; t = t->next) {
    rotator += strcmp(t->rotator, s->rotator) == 0;
    host += strcasecmp(t->host, s->host) == 0;
  }
  return rotator < all->limits.per_rotator &&
         (s->host[0] == '\0' || host < all->limits.per_host);
}

void slots_force(struct slots *all, struct slot *s)
{
  if (s->is_taken)
    return;
  s->is_taken = true;
  s->next = all->taken;
  all->taken = s;
  all->n++;
}

bool slots_take(struct slots *all, struct slot *s)
{
  if (!s->is_taken && !slots_fit(all, s))
    return false;
  slots_force(all, s);
  return true;
}

bool slots_give(struct slots *all, struct slot *s)
{
  struct slot **at = &all->taken;

  if (!s->is_taken)
    return false;
  while (*at != s)
    at = &(*at)->next;
  *at = s->next;
  s->next = NULL;
  s->is_taken = false;
  all->n--;
  return true;
}

size_t slots_room(const struct slots *all)
{
  return all->n < all->limits.in_all ? all->limits.in_all - all->n : 0;
}
