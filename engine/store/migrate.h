/* The numbered changes of the schema, each in a transaction of its own. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include <stdint.h>

#include "base/err.h"
#include "store/driver.h"

struct migration {
  const char *name, *sql; /* @ID@ in it stands for driver->id_column */
};

/* migrations[0] leads to version 1.  Made of migrations/ by CMake. */
extern const struct migration migrations[];
extern const long migrations_count;

/* Brings the schema from `from` (0: nothing there) to `to`. */
int migrate(const struct driver *driver, struct db *db, int64_t from,
            int64_t to, struct err *e);

#endif
