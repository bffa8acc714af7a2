/* Disks that are full or broken: SQLite on a shim over its own VFS, which
 * fails the Nth write, or every fsync, as it is told.
 */
#include "temp_store.h"

#include <sqlite3.h>

static struct {
  int writes_left; /* this many succeed; -1: all */
  int syncs_left;
  int syncs; /* that were asked for */
  int rc;    /* what fails fails with this */
} disk = {-1, -1, 0, 0};

struct shim_file {
  sqlite3_file base;
  sqlite3_file *real; /* right behind */
};

static sqlite3_vfs shim;
static sqlite3_vfs *real_vfs;

static sqlite3_file *real(sqlite3_file *f)
{
  return ((struct shim_file *)f)->real;
}

static int shim_close(sqlite3_file *f)
{
  return real(f)->pMethods->xClose(real(f));
}

static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
  return real(f)->pMethods->xRead(real(f), p, n, at);
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
  if (disk.writes_left == 0)
    return disk.rc;
  if (disk.writes_left > 0)
    disk.writes_left--;
  return real(f)->pMethods->xWrite(real(f), p, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
  return real(f)->pMethods->xTruncate(real(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
  disk.syncs++;
  if (disk.syncs_left == 0)
    return SQLITE_IOERR_FSYNC;
  if (disk.syncs_left > 0)
    disk.syncs_left--;
  return real(f)->pMethods->xSync(real(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *out)
{
  return real(f)->pMethods->xFileSize(real(f), out);
}

static int shim_lock(sqlite3_file *f, int how)
{
  return real(f)->pMethods->xLock(real(f), how);
}

static int shim_unlock(sqlite3_file *f, int how)
{
  return real(f)->pMethods->xUnlock(real(f), how);
}

static int shim_check_lock(sqlite3_file *f, int *out)
{
  return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
  return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
  return real(f)->pMethods->xSectorSize(real(f));
}

static int shim_traits(sqlite3_file *f)
{
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend,
                        void volatile **out)
{
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
  return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
  real(f)->pMethods->xShmBarrier(real(f));
}

static int shim_shm_unmap(sqlite3_file *f, int delete)
{
  return real(f)->pMethods->xShmUnmap(real(f), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_lock,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_traits,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
                     int flags, int *out_flags)
{
  struct shim_file *file = (struct shim_file *)f;
  int rc;

  (void)vfs;
  file->real = (sqlite3_file *)(file + 1);
  rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
  f->pMethods = rc == SQLITE_OK ? &methods : NULL;
  return rc;
}

static void shim_install(void)
{
  real_vfs = sqlite3_vfs_find(NULL);
  shim = *real_vfs;
  shim.zName = "shim";
  shim.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
  shim.xOpen = shim_open;
  (void)sqlite3_vfs_register(&shim, 1);
}

static void heal(void)
{
  disk.writes_left = disk.syncs_left = -1;
}

static int rotate(struct temp *t, struct err *e)
{
  struct version_put put = temp_put(V(2), "sealed", NULL, 0);
  struct job_row job = temp_job(t, V(2)), claimed[1];
  int64_t id;
  size_t n;
  bool kept;
  int rc;

  if ((rc = store_job_start(t->s, &job, NULL, &id, e)) != 0 ||
      (rc = store_job_claim(t->s, "e", NOW, SEC, claimed, 1, &n, e)) != 0 ||
      (rc = store_job_put_pending(t->s, &claimed[0], &put, &kept, e)) != 0)
    return rc;
  claimed[0].outcome = JOB_SUCCEEDED;
  return store_job_finish(t->s, &claimed[0], NULL, NULL, NOW, e);
}

/* Fails the 1st, 2nd, 3rd … write until a rotation goes through.  Each time
 * the store is whole, and AWSCURRENT is one or the other. */
static void fail_each_write(void **state, int rc, enum err_code want,
                            const char *text)
{
  struct temp *t = *state;
  int n = 0;

  temp_value(t, V(1), NULL);
  for (;; n++) {
    struct err e = {0};
    struct job_row job;
    int got;

    disk.rc = rc;
    disk.writes_left = n;
    got = rotate(t, &e);
    heal();
    OK(store_check(t->s, e_));
    if (got == 0)
      break;
    assert_int_equal(got, -(int)want);
    assert_non_null(strstr(e.text, text));
    HOLDS(t, "AWSCURRENT", V(1));
    /* What was begun is undone, by hand, for the next round. */
    if (store_job_of_secret(t->s, t->id, &job, NULL) == 0 &&
        job.outcome == JOB_ACTIVE) {
      job.outcome = JOB_FAILED;
      OK(store_job_end(t->s, &job, NULL, false, NULL, e_));
      temp_close(t);
      temp_open(t);
      OK(store_secret_purge(t->s, t->id, e_));
      t->id = temp_secret(t, "db/app");
      temp_value(t, V(1), NULL);
    }
  }
  HOLDS(t, "AWSCURRENT", V(2));
  assert_true(n >= 8); /* it did fail on the way */
}

static void a_full_disk_changes_nothing_at_any_write(void **state)
{
  fail_each_write(state, SQLITE_FULL, ERR_FULL,
                  "is full; nothing was changed; free space and repeat");
}

static void a_failed_write_changes_nothing_at_any_write(void **state)
{
  fail_each_write(state, SQLITE_IOERR_WRITE, ERR_IO, "");
}

static void after_a_failed_fsync_nothing_is_written(void **state)
{
  struct temp *t = *state;
  struct version_put put = temp_put(V(2), "x", NULL, 0);

  temp_value(t, V(1), NULL);
  disk.syncs_left = 0;
  FAILS(ERR_IO, "durable", store_version_put(t->s, t->id, &put, NOW, e_));
  heal();
  FAILS(ERR_IO, "start keyturnd again",
        store_version_put(t->s, t->id, &put, NOW, e_));
  FAILS(ERR_IO, "start keyturnd again", store_secret_purge(t->s, t->id, e_));
  HOLDS(t, "AWSCURRENT", V(1)); /* reading goes on */
  temp_close(t);
  temp_open(t); /* a restart reads what is on the disk */
  OK(store_check(t->s, e_));
  (void)store_version_put(t->s, t->id, &put, NOW, NULL); /* or it is there */
  HOLDS(t, "AWSCURRENT", V(2));
}

static void a_full_disk_at_init_leaves_no_store(void **state)
{
  struct temp *t = temp_new();

  (void)state;
  for (int n = 0; n < 40; n += 3) {
    struct err e = {0};
    int rc;

    disk.rc = SQLITE_FULL;
    disk.writes_left = n;
    rc = store_create(t->path, &temp_meta, &e);
    heal();
    if (rc == 0)
      break;
    assert_int_equal(rc, -ERR_FULL);
    FAILS(ERR_NOT_FOUND, "", store_open(t->path, &t->s, e_));
  }
  if (access(t->path, F_OK) != 0)
    OK(store_create(t->path, &temp_meta, e_));
  temp_open(t);
  OK(store_check(t->s, e_));
  temp_close(t);
  temp_remove(t);
  free(t);
}

/* What may be lost waits for no disk; what comes after it waits for both. */
static void
a_save_that_may_wait_does_and_is_made_durable_by_the_next(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_running(t, V(2)), got;
  int before = disk.syncs;

  job.phase = 1;
  OK(store_job_save_soon(t->s, &job, NULL, e_));
  job.phase = 2;
  OK(store_job_save_soon(t->s, &job, NULL, e_));
  assert_int_equal(disk.syncs, before);
  OK(store_job_by_id(t->s, job.id, &got, e_));
  assert_int_equal(got.phase, 2);
  OK(store_job_save(t->s, &job, NULL, e_));
  assert_int_equal(disk.syncs, before + 1);
  OK(store_job_save(t->s, &job, NULL, e_));
  assert_int_equal(disk.syncs, before + 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_save_that_may_wait_does_and_is_made_durable_by_the_next),
      TEST(a_full_disk_changes_nothing_at_any_write),
      TEST(a_failed_write_changes_nothing_at_any_write),
      TEST(after_a_failed_fsync_nothing_is_written),
      cmocka_unit_test(a_full_disk_at_init_leaves_no_store),
  };

  shim_install();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
