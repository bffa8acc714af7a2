/* The log: one event a line, with typed fields.
 *
 * JSON lines on stderr, or journald when stderr is connected to it.  Only
 * the field types below exist, so a struct secret cannot get in.  A line
 * names ARN, version and rotation where it has them; a warning says what
 * happens next.  Lower levels return errors; api, scheduler, server and cli
 * log them, once.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };
enum log_type { LOG_TYPE_STR, LOG_TYPE_INT };

struct log_field {
  const char *key; /* lower case, [a-z_]+ */
  enum log_type type;
  const char *str; /* borrowed until the call returns; NULL: left out */
  int64_t num;
};

static inline struct log_field log_str(const char *key, const char *value)
{
  return (struct log_field){key, LOG_TYPE_STR, value, 0};
}

static inline struct log_field log_int(const char *key, int64_t value)
{
  return (struct log_field){key, LOG_TYPE_INT, NULL, value};
}

void log_set_level(enum log_level least);
/* "debug", "info", "warn", "error"; -1 for anything else. */
int log_level_parse(const char *name);

void log_write(enum log_level level, const char *event,
               const struct log_field *fields, size_t n_fields);

#define log_event(level, event, ...)                               \
  log_write(level, event, (const struct log_field[]){__VA_ARGS__}, \
            sizeof((const struct log_field[]){__VA_ARGS__}) /      \
                sizeof(struct log_field))
#define log_debug(event, ...) log_event(LOG_DEBUG_, event, __VA_ARGS__)
#define log_info(event, ...)  log_event(LOG_INFO_, event, __VA_ARGS__)
#define log_warn(event, ...)  log_event(LOG_WARN_, event, __VA_ARGS__)
#define log_error(event, ...) log_event(LOG_ERROR_, event, __VA_ARGS__)

#endif
