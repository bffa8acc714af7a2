/* Calls handed on to who can answer them from any thread. */
#include "server/port.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static struct port *of(struct engine_port *engine)
{
  return (struct port *)((char *)engine - offsetof(struct port, engine));
}

static void port_wake(struct engine_port *p)
{
  scheduler_wake(of(p)->scheduler);
}

static int port_find(struct engine_port *p, const char *rotator,
                     struct rotator_info *out, struct err *e)
{
  struct runner *r = supervisor_runner(of(p)->supervisor);

  return r->find(r, rotator, out, e);
}

static int by_name(const void *a, const void *b)
{
  const struct rotator_info *one = a, *other = b;

  return strcmp(one->name, other->name);
}

/* Plugins may come between counting and copying: then it is done again. */
static int rotators(struct supervisor *s, struct rotator_info **out,
                    size_t *out_n, struct err *e)
{
  size_t room = 0, n = supervisor_rotators(s, NULL, 0);
  CLEANUP_FREE struct rotator_info *all = NULL;

  do {
    free(all);
    room = n + 1; /* never 0 */
    all = calloc(room, sizeof *all);
    if (all == NULL)
      return err_set(e, ERR_NOMEM, "no memory for the list of rotators");
    n = supervisor_rotators(s, all, room);
  } while (n > room);
  qsort(all, n, sizeof *all, by_name);
  *out = all;
  all = NULL; /* transferred */
  *out_n = n;
  return 0;
}

static int problems(struct supervisor *s, struct port_problem **out,
                    size_t *out_n, struct err *e)
{
  size_t room, n = supervisor_problems(s, NULL, 0);
  CLEANUP_FREE struct plugin_problem *all = NULL;
  CLEANUP_FREE struct port_problem *copy = NULL;

  room = n + 1;
  all = calloc(room, sizeof *all);
  copy = calloc(room, sizeof *copy);
  if (all == NULL || copy == NULL)
    return err_set(e, ERR_NOMEM, "no memory for the list of problems");
  n = supervisor_problems(s, all, room);
  if (n > room)
    n = room;
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(copy[i].plugin, sizeof copy[i].plugin, "%s", all[i].plugin);
    (void)snprintf(copy[i].text, sizeof copy[i].text, "%.*s",
                   (int)sizeof copy[i].text - 1, all[i].text);
  }
  *out = copy;
  copy = NULL; /* transferred */
  *out_n = n;
  return 0;
}

static int port_list(struct engine_port *p, struct rotator_info **out,
                     size_t *out_n, struct port_problem **out_problems,
                     size_t *out_n_problems, struct err *e)
{
  struct supervisor *s = of(p)->supervisor;
  CLEANUP_FREE struct rotator_info *all = NULL;
  size_t n;
  int rc = rotators(s, &all, &n, e);

  if (rc == 0)
    rc = problems(s, out_problems, out_n_problems, e);
  if (rc != 0)
    return rc;
  *out = all;
  all = NULL; /* transferred */
  *out_n = n;
  return 0;
}

static int port_check(struct engine_port *p, int64_t secret_id,
                      struct port_check *out, struct err *e)
{
  return scheduler_check(of(p)->scheduler, secret_id, out, e);
}

static bool port_is_running(struct engine_port *p)
{
  return scheduler_is_running(of(p)->scheduler);
}

void port_init(struct port *p, struct scheduler *scheduler,
               struct supervisor *supervisor)
{
  *p = (struct port){
      .engine = {port_wake, port_find, port_list, port_check, port_is_running},
      .scheduler = scheduler,
      .supervisor = supervisor};
}
