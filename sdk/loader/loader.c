/* What a plugin must be before its code may run, and what its descriptor must
 * say before a step may be called.
 */
#include "loader/loader.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEP_OPEN 1 /* reports of leaks and races need the symbols */
#else
#define KEEP_OPEN 0
#endif

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#elif defined(__riscv)
#define OWN_MACHINE EM_RISCV
#else
#define OWN_MACHINE EM_NONE /* unknown here: left to dlopen */
#endif

#if __SIZEOF_POINTER__ == 8
#define OWN_CLASS ELFCLASS64
#else
#define OWN_CLASS ELFCLASS32
#endif

/* The smallest descriptor of ABI 1: it ends before the optional steps. */
#define ROTATOR_SIZE_MIN offsetof(struct kt_rotator, check)

struct loader {
  void *handle;
  char *path;
  size_t n_rotators;
  struct kt_rotator rotators[]; /* of this host's size */
};

/* Could somebody else than root and us have changed what is there? */
static int owner_check(const char *path, bool folder, struct err *e)
{
  const char *what = folder ? "folder" : "file";
  struct stat st;

  if (stat(path, &st) != 0)
    return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
  if (st.st_uid != 0 && st.st_uid != geteuid())
    return err_set(e, ERR_CONFIG,
                   "%s: the %s belongs to user %u, who could change the "
                   "plugin; chown it to root",
                   path, what, (unsigned)st.st_uid);
  /* In a sticky folder (/tmp) only owners rename and remove. */
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
      !(folder && (st.st_mode & S_ISVTX) != 0))
    return err_set(e, ERR_CONFIG,
                   "%s: the %s can be written by %s; chmod go-w it", path, what,
                   (st.st_mode & S_IWOTH) != 0 ? "everybody" : "its group");
  return 0;
}

/* `path` is absolute and has no links in it; so are all its parents. */
static int owners_check(const char *path, struct err *e)
{
  CLEANUP_FREE char *p = strdup(path);
  bool folder = false;
  char *slash;

  if (p == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  for (;;) {
    int rc = owner_check(p, folder, e);

    if (rc != 0)
      return rc;
    if (strcmp(p, "/") == 0)
      return 0;
    slash = strrchr(p, '/');
    slash[slash == p ? 1 : 0] = '\0';
    folder = true;
  }
}

static int elf_check(const char *path, struct err *e)
{
  CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  /* The members read here are at the same place in both ELF classes. */
  Elf32_Ehdr h;
  struct stat st;

  if (fd < 0)
    return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
    return err_set(e, ERR_CONFIG, "%s: not a file; name the plugin's .so",
                   path);
  if (read(fd, &h, sizeof h) != (ssize_t)sizeof h ||
      memcmp(h.e_ident, ELFMAG, SELFMAG) != 0)
    return err_set(e, ERR_CONFIG,
                   "%s: not an ELF file; name the plugin's .so, as the "
                   "compiler made it",
                   path);
  if (h.e_ident[EI_CLASS] != OWN_CLASS ||
      (OWN_MACHINE != EM_NONE && h.e_machine != OWN_MACHINE))
    return err_set(e, ERR_CONFIG,
                   "%s: built for another kind of processor; build it on "
                   "this machine",
                   path);
  if (h.e_type != ET_DYN)
    return err_set(e, ERR_CONFIG,
                   "%s: not a shared object; link it with -shared", path);
  return 0;
}

/* [a-z0-9-]{1,64} */
static bool name_is_good(const char *name)
{
  size_t n = name == NULL ? 0 : strnlen(name, 65);

  return n >= 1 && n <= 64 &&
         strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int rotator_check(const struct loader *l, const struct kt_rotator *r,
                         struct err *e)
{
  if (!name_is_good(r->name))
    return err_set(e, ERR_CONFIG,
                   "%s: rotator %zu has a bad name; use 1 to 64 of a-z 0-9 -",
                   l->path, l->n_rotators);
  if (loader_find(l, r->name) != NULL)
    return err_set(e, ERR_CONFIG, "%s: two rotators are named %s; rename one",
                   l->path, r->name);
  if (r->version == NULL || r->summary == NULL ||
      strchr(r->summary, '\n') != NULL)
    return err_set(e, ERR_CONFIG,
                   "%s: rotator %s needs a version and a summary of one line",
                   l->path, r->name);
  if (r->create_secret == NULL || r->set_secret == NULL ||
      r->test_secret == NULL)
    return err_set(e, ERR_CONFIG,
                   "%s: rotator %s needs create_secret, set_secret and "
                   "test_secret; one is NULL",
                   l->path, r->name);
  return 0;
}

/* The one place that reads a foreign descriptor: by the size that the plugin
 * was built with, never beyond. */
static int rotator_copy(struct loader *l, const struct kt_rotator *theirs,
                        struct err *e)
{
  struct kt_rotator *r = &l->rotators[l->n_rotators];
  size_t size = theirs == NULL ? 0 : theirs->size;
  int rc;

  if (size < ROTATOR_SIZE_MIN)
    return err_set(e, ERR_CONFIG,
                   "%s: rotator %zu says its descriptor has %zu bytes, fewer "
                   "than the %zu that ABI %d began with; set .size = "
                   "sizeof(struct kt_rotator)",
                   l->path, l->n_rotators, size, ROTATOR_SIZE_MIN, KT_ABI);
  memset(r, 0, sizeof *r);
  memcpy(r, theirs, size < sizeof *r ? size : sizeof *r);
  r->size = sizeof *r;
  rc = rotator_check(l, r, e);
  if (rc == 0)
    l->n_rotators++;
  return rc;
}

static int module_read(struct loader **l, struct err *e)
{
  const struct kt_module *(*module)(void);
  const struct kt_module *m;
  struct loader *grown;
  void *symbol = dlsym((*l)->handle, "kt_module");
  const char *path = (*l)->path;
  int rc = 0;

  if (symbol == NULL)
    return err_set(e, ERR_CONFIG,
                   "%s: exports no kt_module; add KT_MODULE(&your_rotator); "
                   "to one source file",
                   path);
  memcpy(&module, &symbol, sizeof module); /* as POSIX asks */
  m = module();
  if (m == NULL)
    return err_set(e, ERR_CONFIG, "%s: kt_module returned NULL", path);
  if (m->abi > KT_ABI)
    return err_set(e, ERR_NEWER,
                   "%s: built for plugin ABI %u, and this Keyturn speaks %d; "
                   "upgrade Keyturn, or rebuild the plugin with its header",
                   path, (unsigned)m->abi, KT_ABI);
  if (m->abi != KT_ABI)
    return err_set(e, ERR_CONFIG,
                   "%s: built for plugin ABI %u, and this Keyturn speaks %d; "
                   "rebuild the plugin with its header",
                   path, (unsigned)m->abi, KT_ABI);
  if (m->n_rotators < 1 || m->n_rotators > LOADER_ROTATORS_MAX ||
      m->rotators == NULL)
    return err_set(e, ERR_CONFIG, "%s: holds %u rotators; 1 to %d are allowed",
                   path, (unsigned)m->n_rotators, LOADER_ROTATORS_MAX);
  grown = realloc(*l, sizeof **l + m->n_rotators * sizeof(struct kt_rotator));
  if (grown == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  *l = grown;
  for (uint32_t i = 0; i < m->n_rotators && rc == 0; i++)
    rc = rotator_copy(grown, m->rotators[i], e);
  return rc;
}

static int file_open(struct loader *l, const char *path, unsigned flags,
                     struct err *e)
{
  int rc;

  l->path = realpath(path, NULL);
  if (l->path == NULL)
    return errno == ENOENT
               ? err_set(e, ERR_NOT_FOUND, "%s: no such plugin", path)
               : err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
  if ((flags & LOADER_ANY_OWNER) == 0) {
    rc = owners_check(l->path, e);
    if (rc != 0)
      return rc;
  }
  rc = elf_check(l->path, e);
  if (rc != 0)
    return rc;
  l->handle = dlopen(l->path, RTLD_NOW | RTLD_LOCAL);
  if (l->handle == NULL)
    return err_set(e, ERR_CONFIG, "cannot load the plugin: %s", dlerror());
  return 0;
}

int loader_open(const char *path, unsigned flags, struct loader **out,
                struct err *e)
{
  struct loader *l = calloc(1, sizeof *l);
  int rc;

  if (l == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = file_open(l, path, flags, e);
  if (rc == 0)
    rc = module_read(&l, e);
  if (rc != 0) {
    loader_close(l);
    return rc;
  }
  *out = l;
  return 0;
}

void loader_close(struct loader *l)
{
  if (l == NULL)
    return;
  if (l->handle != NULL && !KEEP_OPEN)
    (void)dlclose(l->handle); /* nothing to do about it */
  free(l->path);
  free(l);
}

const char *loader_path(const struct loader *l)
{
  return l->path;
}

size_t loader_count(const struct loader *l)
{
  return l->n_rotators;
}

const struct kt_rotator *loader_at(const struct loader *l, size_t i)
{
  return i < l->n_rotators ? &l->rotators[i] : NULL;
}

const struct kt_rotator *loader_find(const struct loader *l, const char *name)
{
  for (size_t i = 0; i < l->n_rotators; i++)
    if (strcmp(l->rotators[i].name, name) == 0)
      return &l->rotators[i];
  return NULL;
}
