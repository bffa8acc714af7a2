/* Drawing what cli/watch.c follows: redrawn in place on a terminal, one line
 * for each step that ended elsewhere.
 */
#ifndef CLI_WATCH_DRAW_H
#define CLI_WATCH_DRAW_H

#include "cli/watch.h"

struct watch_draw {
  struct cli *cli;         /* borrowed */
  const struct runs *runs; /* borrowed */
  enum watch_mode mode;
  size_t n_drawn; /* lines on the screen that are ours */
};

void watch_draw_init(struct watch_draw *d, struct cli *cli, struct runs *runs,
                     enum watch_mode mode);
void watch_draw_update(struct watch_draw *d);

/* "[######----------]  3/8": of `width` cells; in plain characters. */
void watch_bar(size_t done, size_t of, size_t width, char *out, size_t size);

#endif
