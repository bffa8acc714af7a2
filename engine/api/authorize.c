/* Peer credentials, as the kernel vouches for them; signatures by sigv4. */
#include "api/authorize.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "sigv4/verify.h"

#define GROUPS_MAX 256
#define KEYS_MAX   4
#define SERVICE    "secretsmanager"

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

static int dev_key_find(void *ctx, const char *access_key_id,
                        struct sigv4_key *out, struct err *e)
{
  (void)ctx;
  if (strcmp(access_key_id, DEV_ACCESS_KEY_ID) != 0)
    return err_set(e, ERR_NOT_FOUND, "there is no such access key");
  return secret_copy(DEV_SECRET_ACCESS_KEY, strlen(DEV_SECRET_ACCESS_KEY),
                     &out->secret_access_key, e);
}

/* Sets up its algorithms for each request: development can wait the few
 * microseconds. */
static int authorize_signed(const struct api *api,
                            const struct http_request *request, struct err *e)
{
  const char *const regions[] = {api->region};
  const struct sigv4_rules rules = {
      .regions = regions,
      .n_regions = 1,
      .service = SERVICE,
      .now_us = clock_now_us(api->clock),
      .skew_us = SIGV4_SKEW_US,
      .find = dev_key_find,
  };
  struct sigv4_header headers[HTTP_HEADERS_MAX];
  const struct sigv4_request r = {
      .method = request->method,
      .path = request->path,
      .headers = headers,
      .n_headers = request->n_headers,
      .body = request->body,
      .body_len = request->body_len,
  };
  struct sigv4_identity who;
  struct sigv4 *v = NULL;
  int rc;

  for (size_t i = 0; i < request->n_headers; i++)
    headers[i] = (struct sigv4_header){request->headers[i].name,
                                       request->headers[i].value};
  rc = sigv4_new(KEYS_MAX, &v, e);
  if (rc == 0)
    rc = sigv4_verify(v, &r, &rules, &who, e);
  sigv4_free(v);
  return rc;
}

int authorize(const struct api *api, const struct http_request *request,
              struct err *e)
{
  const struct http_peer *peer = request->peer;

  if (!peer->is_unix && api->dev)
    return authorize_signed(api, request, e);
  if (!peer->is_unix)
    return err_set(e, ERR_ACCESS,
                   "This listener takes no requests yet; use keyturnd's Unix "
                   "socket.");
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
