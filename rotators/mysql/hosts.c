/* hosts.c - reads the member "hosts": ["10.0.0.%", "localhost"], or
 * "10.0.0.%, localhost".
 *
 * The array comes as JSON text.  Of its escapes only \" \\ and \/ are taken: no
 * host name needs another.
 */
#include "hosts.h"

#include <string.h>
#include <strings.h>

static int refuse(struct kt_step *step)
{
  step->host->error(step, "hosts",
                    "\"hosts\" must be an array of strings, or a list with "
                    "commas, of at most %d",
                    HOSTS_MAX);
  return KT_CONFIG;
}

static bool add(struct hosts *hosts, const char *host)
{
  if (host[0] == '\0' || hosts->n == HOSTS_MAX)
    return false;
  hosts->item[hosts->n++] = host;
  return true;
}

/* Ends the strings where they lie: what is read is never written over. */
static bool read_array(char *text, struct hosts *hosts)
{
  char *from = text + 1;
  for (;;) {
    from += strspn(from, " \t\r\n,");
    if (*from == ']')
      return from[1] == '\0';
    if (*from++ != '"')
      return false;
    char *host = from, *to = from;
    for (; *from && *from != '"'; from++) {
      if (*from == '\\' && !strchr("\"\\/", *++from))
        return false;
      if (!*from)
        return false;
      *to++ = *from;
    }
    if (*from != '"')
      return false;
    from++;
    *to = '\0';
    if (!add(hosts, host))
      return false;
  }
}

static bool read_list(char *text, struct hosts *hosts)
{
  while (text) {
    char *comma = strchr(text, ',');
    char *end = comma ? comma : text + strlen(text);
    text += strspn(text, " ");
    while (end > text && end[-1] == ' ')
      end--;
    *end = '\0';
    if (!add(hosts, text))
      return false;
    text = comma ? comma + 1 : NULL;
  }
  return true;
}

int hosts_read(struct kt_step *step, const char *text, struct hosts *out)
{
  struct hosts hosts = {0};
  if (!text) {
    *out = hosts;
    return KT_OK;
  }
  size_t size = strlen(text) + 1;
  char *copy = step->host->scratch(step, size);
  if (!copy) {
    step->host->error(step, "no-memory", "no memory for a list of hosts");
    return KT_BUSY;
  }
  memcpy(copy, text, size);
  if (!(copy[0] == '[' ? read_array(copy, &hosts) : read_list(copy, &hosts)) ||
      hosts.n == 0)
    return refuse(step);
  *out = hosts;
  return KT_OK;
}

bool hosts_declare(const struct hosts *hosts, const char *host)
{
  for (size_t i = 0; i < hosts->n; i++)
    if (strcasecmp(hosts->item[i], host) == 0)
      return true;
  return hosts->n == 0;
}
