/* Looks at names only.  Whether a file may be trusted is asked by the loader
 * in the child, before it runs any of it. */
#include "host/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_plugin(const char *name)
{
  size_t n = strlen(name);

  return name[0] != '.' && n > 3 && strcmp(name + n - 3, ".so") == 0;
}

static int by_name(const void *a, const void *b)
{
  const struct scan_file *x = a, *y = b;

  return strcmp(x->name, y->name);
}

static void identity_read(int dir, struct scan_file *f)
{
  struct stat st;

  if (fstatat(dir, f->name, &st, 0) != 0)
    return; /* a dangling link: the loader will say so */
  f->dev = st.st_dev;
  f->ino = st.st_ino;
  f->size = st.st_size;
  f->mtime = st.st_mtim;
}

int scan_folder(const char *path, struct scan *out, struct err *e)
{
  DIR *dir = opendir(path);
  struct dirent *d;
  int rc = 0;

  if (dir == NULL)
    return err_set(e, ERR_CONFIG,
                   "plugin_dir %s: %s; set it to the folder of the rotator "
                   "plugins",
                   path, strerror(errno));
  memset(out, 0, sizeof *out);
  while (rc == 0 && (d = readdir(dir)) != NULL) {
    struct scan_file *f = &out->files[out->n];

    if (!is_plugin(d->d_name))
      continue;
    if (out->n == SCAN_FILES_MAX) {
      rc = err_set(e, ERR_CONFIG,
                   "the plugin folder %s has more than %d "
                   "plugins",
                   path, SCAN_FILES_MAX);
      continue;
    }
    (void)snprintf(f->name, sizeof f->name, "%s", d->d_name); /* it fits */
    identity_read(dirfd(dir), f);
    out->n++;
  }
  (void)closedir(dir); /* it was only read */
  if (rc == 0)
    qsort(out->files, out->n, sizeof out->files[0], by_name);
  return rc;
}

bool scan_file_same(const struct scan_file *a, const struct scan_file *b)
{
  return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
         a->mtime.tv_sec == b->mtime.tv_sec &&
         a->mtime.tv_nsec == b->mtime.tv_nsec;
}
