/* The setting `replica_regions`: regions with commas or blanks between. */
#ifndef SERVER_REGION_LIST_H
#define SERVER_REGION_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "api/target.h"
#include "store/rows.h"

#define REGION_LIST_MAX (API_REGIONS_MAX - 1) /* home is one more */
#define REGION_LIST_GRAMMAR                                          \
  "up to 31 regions of 1 to 32 of a-z, 0-9 and - each, with commas " \
  "between, as in eu-central-1, eu-west-1"

bool is_region(const char *text);

struct region_list {
  char names[REGION_LIST_MAX][STORE_REGION_MAX];
  size_t n;
};

/* false: it is none, or one region is there twice. */
bool region_list_parse(const char *text, struct region_list *out);

#endif
