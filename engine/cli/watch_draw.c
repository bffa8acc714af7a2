/* Live views.  At most LIVE_MOST rotations are shown step by step; beyond, a
 * bar and what runs.
 */
#include "cli/watch_draw.h"

#include <string.h>
#include <sys/ioctl.h>

#include "cli/client.h"
#include "cli/format.h"
#include "cli/report.h"
#include "cli/stepper.h"
#include "cli/table_out.h"

#define LIVE_MOST 5
#define BAR_CELLS 24

void watch_draw_init(struct watch_draw *d, struct cli *cli, struct runs *runs,
                     enum watch_mode mode)
{
  *d = (struct watch_draw){cli, runs, mode, 0};
}

/* Lines of one rotation, with a step or two besides the four. */
#define LINES_EACH 7

/* What does not fit on the screen cannot be drawn over. */
static bool is_many(const struct watch_draw *d)
{
  struct winsize w;

  if (d->runs->n > LIVE_MOST)
    return true;
  return d->runs->n > 1 && ioctl(fileno(d->cli->out), TIOCGWINSZ, &w) == 0 &&
         w.ws_row > 0 && d->runs->n * LINES_EACH >= w.ws_row;
}

static size_t terminal_width(const struct cli *cli)
{
  struct winsize w;

  return ioctl(fileno(cli->out), TIOCGWINSZ, &w) == 0 && w.ws_col >= 20
             ? w.ws_col
             : 80;
}

void watch_bar(size_t done, size_t of, size_t width, char *out, size_t size)
{
  size_t full = of == 0 ? width : done * width / of, n = 0;

  if (size < 3)
    return;
  out[n++] = '[';
  for (size_t i = 0; i < width && n + 2 < size; i++)
    out[n++] = i < full ? '#' : '-';
  (void)snprintf(out + n, size - n, "] %zu/%zu", done, of);
}

static size_t count(const struct runs *runs, enum run_state state)
{
  size_t n = 0;

  for (size_t i = 0; i < runs->n; i++)
    n += runs->list[i].state == state;
  return n;
}

/* One screen line, cut so that it cannot wrap. */
static void screen_line(struct watch_draw *d, char *text)
{
  stepper_cut(text, terminal_width(d->cli) - 1);
  (void)fprintf(d->cli->out, "%s\n", text);
  d->n_drawn++;
}

static void draw_bar(struct watch_draw *d)
{
  size_t good = count(d->runs, RUN_GOOD), bad = count(d->runs, RUN_BAD), n;
  char text[1024];

  watch_bar(good + bad, d->runs->n, BAR_CELLS, text, sizeof text);
  n = strlen(text);
  if (bad > 0)
    (void)snprintf(text + n, sizeof text - n, "  %zu failed", bad);
  for (size_t i = 0; i < d->runs->n; i++) {
    n = strlen(text);
    if (d->runs->list[i].state == RUN_ACTIVE && n + 1 < sizeof text)
      (void)snprintf(text + n, sizeof text - n, "  %s", d->runs->list[i].name);
  }
  screen_line(d, text);
}

static void draw_steps(struct watch_draw *d, const struct run *run)
{
  const char *rotator = json_str(run->rotation, "Rotator");
  int64_t now_us = report_now_us();
  char text[1024], took[FORMAT_MAX];

  format_duration((run->ended_us != 0 ? run->ended_us : now_us) -
                      run->started_us,
                  took, sizeof took);
  (void)snprintf(text, sizeof text, "%s  %s  %s", run->name,
                 rotator == NULL ? "" : rotator,
                 run->state == RUN_QUEUED ? "waits for its turn" : took);
  screen_line(d, text);
  if (run->rotation != NULL &&
      json_object_get(json_object_get(run->rotation, "Job"), "VersionId") &&
      strcmp(json_str(json_object_get(run->rotation, "Job"), "VersionId"),
             run->token) == 0)
    d->n_drawn += stepper_print(d->cli, run->rotation, now_us, 2,
                                terminal_width(d->cli) - 1);
}

static void draw_in_place(struct watch_draw *d)
{
  /* Up over what is ours, then clear to the end of the screen. */
  if (d->n_drawn > 0)
    (void)fprintf(d->cli->out, "\033[%zuF\033[J", d->n_drawn);
  d->n_drawn = 0;
  if (is_many(d))
    draw_bar(d);
  else
    for (size_t i = 0; i < d->runs->n; i++)
      draw_steps(d, &d->runs->list[i]);
}

/* A line for each attempt that has ended since the last look. */
static void draw_lines(struct watch_draw *d, struct run *run)
{
  const json_t *job = json_object_get(run->rotation, "Job");
  const json_t *steps = json_object_get(job, "Steps");

  if (json_str(job, "VersionId") == NULL ||
      strcmp(json_str(job, "VersionId"), run->token) != 0)
    return;
  for (; run->n_said < json_array_size(steps); run->n_said++) {
    const json_t *a = json_array_get(steps, run->n_said);
    const char *text = json_str(a, "Message");
    char took[FORMAT_MAX], line[1024];

    format_duration(
        (int64_t)(json_number_value(json_object_get(a, "DurationMs")) * 1000),
        took, sizeof took);
    (void)snprintf(line, sizeof line, "%s  %-13s %s  %s%s%s", run->name,
                   json_str(a, "Step"), json_str(a, "Class"), took,
                   text == NULL ? "" : "  ", text == NULL ? "" : text);
    text_tame(line);
    (void)fprintf(d->cli->out, "%s\n", line);
  }
}

void watch_draw_update(struct watch_draw *d)
{
  if (d->cli->json)
    return;
  if (d->cli->is_tty && (d->mode == WATCH_LIVE || is_many(d))) {
    draw_in_place(d);
  } else if (d->mode == WATCH_LIVE) {
    for (size_t i = 0; i < d->runs->n; i++)
      draw_lines(d, &d->runs->list[i]);
  }
  (void)fflush(d->cli->out); /* main reports a broken stream */
}
