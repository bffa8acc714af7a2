/* Settings read: by libinih from the file, then from the environment. */
#include "server/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/config_check.h"
#include "server/config_value.h"
#include "store/rows.h"

#define SECTION "keyturnd"

static const struct setting settings[CONFIG_KEYS] = {
#define X(name, type, initial, least, most, reloads, help) \
  {#name, type, initial, least, most, reloads, help},
    CONFIG_TABLE(X)
#undef X
};

/* ---- names --------------------------------------------------------------- */

#define NAME_MAX_LEN 32 /* longer ones resemble nothing of ours */

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* How many letters to change, add or take away. */
static size_t distance(const char *a, const char *b)
{
  size_t row[NAME_MAX_LEN + 1], la = strlen(a), lb = strlen(b);

  if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
    return NAME_MAX_LEN;
  for (size_t j = 0; j <= lb; j++)
    row[j] = j;
  for (size_t i = 1; i <= la; i++) {
    size_t diagonal = row[0];

    row[0] = i;
    for (size_t j = 1; j <= lb; j++) {
      size_t above = row[j];

      row[j] = smaller(smaller(above, row[j - 1]) + 1,
                       diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[lb];
}

static const struct setting *nearest(const char *name)
{
  const struct setting *best = &settings[0];
  size_t least = SIZE_MAX;

  for (size_t i = 0; i < CONFIG_KEYS; i++) {
    size_t d = distance(name, settings[i].name);

    if (d < least) {
      least = d;
      best = &settings[i];
    }
  }
  return best;
}

static const struct setting *find(const char *name)
{
  for (size_t i = 0; i < CONFIG_KEYS; i++)
    if (strcmp(settings[i].name, name) == 0)
      return &settings[i];
  return NULL;
}

/* ---- the file -------------------------------------------------------------
 */

struct reading {
  const char *path;
  FILE *file;
  int line; /* that was read last */
  bool is_indented;
  int set_at[CONFIG_KEYS];
  struct config *config;
  struct err *e;
  bool has_failed;
};

/* A line that does not fit comes in two reads and would be taken for two. */
static char *read_line(char *out, int size, void *ctx)
{
  struct reading *r = ctx;

  if (r->has_failed || fgets(out, size, r->file) == NULL)
    return NULL;
  r->line++;
  r->is_indented = out[0] == ' ' || out[0] == '\t';
  if (strchr(out, '\n') == NULL && !feof(r->file)) {
    r->has_failed = true;
    (void)err_set(r->e, ERR_CONFIG, "%s:%d: the line is longer than %d bytes",
                  r->path, r->line, size - 2);
    return NULL;
  }
  return out;
}

/* A list goes on in lines that are indented. */
static bool list_put(struct reading *r, const struct setting *s,
                     const char *text, union config_value *value)
{
  char all[CONFIG_TEXT_MAX];
  int n;

  if (r->set_at[s - settings] == 0)
    return setting_parse(s, text, value);
  n = snprintf(all, sizeof all, "%s, %s", value->text, text);
  return n > 0 && n < CONFIG_TEXT_MAX && setting_parse(s, all, value);
}

static int setting_put(struct reading *r, const struct setting *s,
                       const char *text)
{
  size_t key = (size_t)(s - settings);
  union config_value *value = &r->config->values[key];
  bool goes_on = r->is_indented && s->type == CONFIG_LISTEN;
  char want[CONFIG_EXPECTED_MAX];

  if (r->set_at[key] != 0 && !goes_on)
    return err_set(r->e, ERR_CONFIG, "%s:%d: %s was set in line %d already",
                   r->path, r->line, s->name, r->set_at[key]);
  if (list_put(r, s, text, value)) {
    r->set_at[key] = r->line;
    return 0;
  }
  setting_expected(s, want, sizeof want);
  return err_set(r->e, ERR_CONFIG, "%s:%d: %s = %.60s: expected %s", r->path,
                 r->line, s->name, text, want);
}

/* libinih's: 1 is good. */
static int on_setting(void *ctx, const char *section, const char *name,
                      const char *text)
{
  struct reading *r = ctx;
  const struct setting *s = find(name);
  int rc;

  if (r->has_failed)
    return 0;
  if (section[0] != '\0' && strcmp(section, SECTION) != 0)
    rc =
        err_set(r->e, ERR_CONFIG,
                "%s:%d: unknown section [%.60s]; settings are in [" SECTION "]",
                r->path, r->line, section);
  else if (s == NULL)
    rc = err_set(r->e, ERR_CONFIG,
                 "%s:%d: unknown setting %.60s; the nearest is %s", r->path,
                 r->line, name, nearest(name)->name);
  else
    rc = setting_put(r, s, text);
  r->has_failed = rc != 0;
  return rc == 0;
}

static int file_read(const char *path, bool is_required, struct config *config,
                     struct err *e)
{
  struct reading r = {.path = path, .config = config, .e = e};
  int bad_line, why;

  r.file = fopen(path, "re");
  if (r.file == NULL && errno == ENOENT && !is_required)
    return 0;
  if (r.file == NULL)
    return err_set(
        e, ERR_CONFIG,
        "cannot read the settings in %s: %s; name their file by --config", path,
        strerror(errno));
  errno = 0;
  bad_line = ini_parse_stream(read_line, &r, on_setting, &r);
  why = errno;
  if (!r.has_failed && ferror(r.file))
    bad_line = -1;
  (void)fclose(r.file); /* it was only read */
  if (r.has_failed)
    return -ERR_CONFIG;
  if (bad_line > 0)
    return err_set(e, ERR_CONFIG,
                   "%s:%d: expected NAME = VALUE, [" SECTION
                   "] or # and a comment",
                   path, bad_line);
  return bad_line == 0
             ? 0
             : err_set(e, ERR_CONFIG, "cannot read the settings in %s: %s",
                       path, strerror(why));
}

/* ---- the environment --------------------------------------------------------
 */

#define VARIABLE     "KEYTURN_"
#define VARIABLE_MAX 64

static void variable_of(const struct setting *s, char out[VARIABLE_MAX])
{
  size_t n = strlen(VARIABLE);

  memcpy(out, VARIABLE, n);
  for (const char *p = s->name; *p != '\0'; p++)
    out[n++] = (char)toupper((unsigned char)*p);
  out[n] = '\0';
}

/* Kubernetes and Docker make these of the name of a service, "keyturn"; tests
 * have a variable for fault points. */
static bool is_foreign(const char *name)
{
#ifdef KEYTURN_FAULTS
  if (strcmp(name, "FAULT") == 0)
    return true;
#endif
  return strcmp(name, "PORT") == 0 || strncmp(name, "PORT_", 5) == 0 ||
         strncmp(name, "SERVICE_", 8) == 0;
}

/* `entry`: NAME=VALUE, behind VARIABLE. */
static int variable_check(const char *entry, struct err *e)
{
  char name[VARIABLE_MAX], variable[VARIABLE_MAX];
  size_t len = strcspn(entry, "=");

  (void)snprintf(name, sizeof name, "%.*s", (int)len, entry); /* cut */
  if (is_foreign(name))
    return 0;
  for (char *p = name; *p != '\0'; p++)
    *p = (char)tolower((unsigned char)*p);
  variable_of(nearest(name), variable);
  if (strncmp(variable + strlen(VARIABLE), entry, len) == 0 &&
      variable[strlen(VARIABLE) + len] == '\0')
    return 0;
  return err_set(e, ERR_CONFIG,
                 "environment: unknown setting " VARIABLE
                 "%.*s; the nearest is %s",
                 (int)len, entry, variable);
}

static int environment_read(struct config *config, struct err *e)
{
  char variable[VARIABLE_MAX], want[CONFIG_EXPECTED_MAX];

  for (char **entry = environ; *entry != NULL; entry++)
    if (strncmp(*entry, VARIABLE, strlen(VARIABLE)) == 0 &&
        variable_check(*entry + strlen(VARIABLE), e) != 0)
      return -ERR_CONFIG;
  for (size_t i = 0; i < CONFIG_KEYS; i++) {
    const struct setting *s = &settings[i];
    const char *text;

    variable_of(s, variable);
    text = getenv(variable);
    if (text == NULL || setting_parse(s, text, &config->values[i]))
      continue;
    setting_expected(s, want, sizeof want);
    return err_set(e, ERR_CONFIG, "environment: %s = %.60s: expected %s",
                   variable, text, want);
  }
  return 0;
}

/* ---- both
 * -------------------------------------------------------------------- */

static int defaults_fill(struct config *c, struct err *e)
{
  const char *dir = config_text(c, data_dir);
  char *store = config_text(c, store), *key = config_text(c, root_key_file);
  char *node = config_text(c, node), *audit = config_text(c, audit_dir);
  int n = 0;

  if (store[0] == '\0')
    n = snprintf(store, CONFIG_TEXT_MAX, "%s/keyturn.db", dir);
  if (n < CONFIG_TEXT_MAX && key[0] == '\0')
    n = snprintf(key, CONFIG_TEXT_MAX, "%s/root.key", dir);
  if (n < CONFIG_TEXT_MAX && audit[0] == '\0')
    n = snprintf(audit, CONFIG_TEXT_MAX, "%s/audit", dir);
  if (n >= CONFIG_TEXT_MAX)
    return err_set(e, ERR_CONFIG, "data_dir is too long");
  if (node[0] == '\0' && gethostname(node, STORE_OWNER_MAX - 1) != 0)
    return err_set(e, ERR_CONFIG,
                   "the host's name cannot be had (%s): set node",
                   strerror(errno));
  if (node[0] == '\0')
    return err_set(e, ERR_CONFIG, "the host has no name: set node");
  return 0;
}

int config_load(const char *path, struct config *out, struct err *e)
{
  struct config *c = calloc(1, sizeof *c);
  int rc;

  if (c == NULL)
    return err_set(e, ERR_NOMEM, "no memory for the settings");
  for (size_t i = 0; i < CONFIG_KEYS; i++)
    (void)setting_parse(&settings[i], settings[i].initial, &c->values[i]);
  rc = file_read(path == NULL ? CONFIG_FILE : path, path != NULL, c, e);
  if (rc == 0)
    rc = environment_read(c, e);
  if (rc == 0)
    rc = defaults_fill(c, e);
  if (rc == 0)
    rc = config_check(c, e);
  if (rc == 0)
    *out = *c;
  free(c);
  return rc;
}

void config_help(FILE *to)
{
  char want[CONFIG_EXPECTED_MAX];

  (void)fprintf(to,
                "Settings of keyturnd, in %s or as KEYTURN_NAME in the\n"
                "environment. * takes effect on SIGHUP, without a "
                "restart.\n",
                CONFIG_FILE);
  for (size_t i = 0; i < CONFIG_KEYS; i++) {
    const struct setting *s = &settings[i];

    setting_expected(s, want, sizeof want);
    (void)fprintf(to, "\n%s = %s%s\n    %s.\n    %s.\n", s->name, s->initial,
                  s->reloads ? "  *" : "", s->help, want);
  }
}

const char *config_name(enum config_key key)
{
  return settings[key].name;
}

bool config_reloads(enum config_key key)
{
  return settings[key].reloads;
}

bool config_same(enum config_key key, const struct config *a,
                 const struct config *b)
{
  if (setting_is_text(&settings[key]))
    return strcmp(a->values[key].text, b->values[key].text) == 0;
  return a->values[key].number == b->values[key].number;
}

void config_show(enum config_key key, const struct config *c, char *out,
                 size_t size)
{
  setting_show(&settings[key], &c->values[key], out, size);
}
