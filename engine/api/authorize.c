/* Peer credentials, as the kernel vouches for them. */
#include "api/authorize.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#define GROUPS_MAX 256

static bool in_group(const struct http_peer *peer, gid_t gid)
{
  gid_t groups[GROUPS_MAX];
  int n = GROUPS_MAX;
  struct passwd pw, *found = NULL;
  char text[4096];

  if (peer->gid == gid)
    return true;
  if (getpwuid_r(peer->uid, &pw, text, sizeof text, &found) != 0 ||
      found == NULL || getgrouplist(pw.pw_name, pw.pw_gid, groups, &n) < 0)
    return false;
  for (int i = 0; i < n; i++)
    if (groups[i] == gid)
      return true;
  return false;
}

int authorize(const struct api *api, const struct http_peer *peer,
              struct err *e)
{
  if (!peer->is_unix)
    return err_set(e, ERR_ACCESS,
                   "This listener takes no unsigned requests; use keyturnd's "
                   "Unix socket.");
  if (peer->uid == (uid_t)-1)
    return err_set(e, ERR_ACCESS, "The kernel does not say who you are.");
  if (peer->uid == 0 || peer->uid == geteuid() ||
      (api->has_admin_gid && in_group(peer, api->admin_gid)))
    return 0;
  return err_set(e, ERR_ACCESS,
                 "User id %ld is no administrator of this keyturnd: be root, "
                 "its own user, or a member of its admin_group.",
                 (long)peer->uid);
}
