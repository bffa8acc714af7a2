/* The service model's patterns, each as its text and a test of a whole text.
 */
#ifndef API_PATTERN_H
#define API_PATTERN_H

#include <stdbool.h>

struct pattern {
  const char *text; /* as the model has it */
  bool (*matches)(const char *text);
};

extern const struct pattern pattern_duration;     /* 3h */
extern const struct pattern pattern_expression;   /* rate(10 days) */
extern const struct pattern pattern_filter_value; /* !prod/db */
extern const struct pattern pattern_region;       /* eu-central-1 */
extern const struct pattern pattern_rotation_token;

#endif
