/* Regions in a setting. */
#include "server/region_list.h"

#include <string.h>

#define BETWEEN ", \t"

bool is_region(const char *text)
{
  size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

  return len > 0 && len < STORE_REGION_MAX && text[len] == '\0';
}

static bool add(struct region_list *list, const char *text, size_t len)
{
  char *name;

  if (list->n == REGION_LIST_MAX || len >= STORE_REGION_MAX)
    return false;
  name = list->names[list->n];
  memcpy(name, text, len);
  name[len] = '\0';
  for (size_t i = 0; i < list->n; i++)
    if (strcmp(list->names[i], name) == 0)
      return false;
  list->n++;
  return is_region(name);
}

bool region_list_parse(const char *text, struct region_list *out)
{
  size_t len;

  out->n = 0;
  for (text += strspn(text, BETWEEN); *text != '\0';
       text += len, text += strspn(text, BETWEEN)) {
    len = strcspn(text, BETWEEN);
    if (!add(out, text, len))
      return false;
  }
  return true;
}
