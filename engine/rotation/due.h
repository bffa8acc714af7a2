/* When a secret's next rotation is due: its rules, as stored, asked of the
 * calendar.  Pure but for the zone files that the calendar reads.
 */
#ifndef ROTATION_DUE_H
#define ROTATION_DUE_H

#include "calendar/schedule.h"
#include "store/rows.h"

/* ERR_NOT_FOUND: the rules have no schedule (manual only).  ERR_PARAMETER: a
 * text for the person.  *out: returned, schedule_free. */
int due_schedule(const struct rules_row *rules, bool aws_strict,
                 struct schedule **out, struct err *e);

/* Sets rules->next_due_us and window_end_us to the first start after
 * `after_us`, jitter and blackouts counted in; both 0 when nothing is due
 * ever (manual only, disabled, paused).  due_in_s > 0: the value itself asks
 * for its next rotation no later than that after `after_us`. */
int due_next(struct rules_row *rules, const char *secret_arn, int64_t after_us,
             int64_t due_in_s, struct err *e);

/* The same for a due time that passed unused (we were down): the one catch-up
 * inside the window that is open now or comes next. */
int due_resume(struct rules_row *rules, const char *secret_arn, int64_t now_us,
               struct err *e);

#endif
