/* One setting's value: read from a text, said, shown.  Which settings there
 * are is config.h's table; where texts come from is config.c's.
 */
#ifndef SERVER_CONFIG_VALUE_H
#define SERVER_CONFIG_VALUE_H

#include <stddef.h>

#include "server/config.h"

struct setting {
  const char *name;
  enum config_type type;
  const char *initial;
  int64_t least, most;
  bool reloads;
  const char *help;
};

/* Is in union config_value's text. */
bool setting_is_text(const struct setting *s);
/* false: `text` is none of this setting; *out may be half written then. */
bool setting_parse(const struct setting *s, const char *text,
                   union config_value *out);
/* What a value has to look like; in CONFIG_EXPECTED_MAX bytes. */
#define CONFIG_EXPECTED_MAX 192
void setting_expected(const struct setting *s, char *out, size_t size);
/* As it could be written in the file. */
void setting_show(const struct setting *s, const union config_value *v,
                  char *out, size_t size);

#endif
