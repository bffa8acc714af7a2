/* Peer credentials, as the kernel vouches for them; signatures by sigv4. */
#include "api/authenticate.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/verifiers.h"
#include "iam/directory.h"

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

/* What sigv4_verify's callback works with. */
struct lookup {
  const struct api *api;
  const char *token; /* x-amz-security-token, or NULL */
  struct caller *caller;
};

static int key_find(void *ctx, const char *access_key_id, struct sigv4_key *out,
                    struct err *e)
{
  struct lookup *l = ctx;
  struct caller *caller = l->caller;
  int rc;

  (void)snprintf(caller->access_key_id, sizeof caller->access_key_id, "%s",
                 access_key_id);
  rc = directory_find(l->api->directory, access_key_id, l->token,
                      &out->secret_access_key, &caller->who, e);
  /* The directory has opened the token: it is the one that was sent. */
  if (rc == 0 && caller->who->kind == PRINCIPAL_SESSION)
    rc = secret_copy(l->token, strlen(l->token), &out->session_token, e);
  return rc;
}

/* A key that nobody has is looked for in the store, one that is in use is at
 * hand: so that no stranger sees the difference, a wrong signature under a key
 * that exists looks for one that does not. */
static void look_in_vain(const struct api *api, const struct caller *caller)
{
  char id[ACCESS_KEY_ID_MAX + 1];
  struct secret key = {0};
  const struct principal *who = NULL;
  struct err e = {0};

  (void)snprintf(id, sizeof id, "%s", caller->access_key_id);
  id[0] = '-'; /* as no id begins */
  if (directory_find(api->directory, id, NULL, &key, &who, &e) == 0) {
    secret_release(&key);
    principal_put(who);
  }
}

static int by_signature(const struct api *api,
                        const struct http_request *request, const char *service,
                        struct caller *out, struct err *e)
{
  struct lookup lookup = {
      .api = api,
      .token = http_header(request, "x-amz-security-token"),
      .caller = out,
  };
  const struct sigv4_rules rules = {
      .regions = api->regions,
      .n_regions = api->n_regions,
      .service = service,
      .now_us = clock_now_us(api->clock),
      .skew_us = SIGV4_SKEW_US,
      .find = key_find,
      .find_ctx = &lookup,
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
  rc = verifiers_take(api->verifiers, &v, e);
  if (rc == 0)
    rc = sigv4_verify(v, &r, &rules, &who, e);
  verifiers_give(api->verifiers, v);
  if (rc != 0) { /* he is not who he says */
    if (rc == -ERR_AUTH_SIGNATURE && out->who != NULL)
      look_in_vain(api, out);
    caller_release(out);
    return rc;
  }
  memcpy(out->region, who.region, sizeof out->region);
  return directory_used(api->directory, out->who, e);
}

static int by_peer(const struct api *api, const struct http_peer *peer,
                   struct caller *out, struct err *e)
{
  if (peer->uid == (uid_t)-1)
    return err_set(e, ERR_ACCESS, "The kernel does not say who you are.");
  if (peer->uid != 0 && peer->uid != geteuid() &&
      !(api->has_admin_gid && in_group(peer, api->admin_gid)))
    return err_set(e, ERR_ACCESS,
                   "User id %ld is no administrator of this keyturnd: be root, "
                   "its own user, or a member of its admin_group; or sign the "
                   "request with an access key.",
                   (long)peer->uid);
  out->who = directory_root(api->directory);
  return 0;
}

/* A signature says for which region; without one a header may. */
static int peer_region(const struct api *api,
                       const struct http_request *request, struct caller *out,
                       struct err *e)
{
  const char *wanted = http_header(request, "x-keyturn-region");

  if (wanted == NULL)
    wanted = api->region;
  for (size_t i = 0; i < api->n_regions; i++)
    if (strcmp(wanted, api->regions[i]) == 0) {
      (void)snprintf(out->region, sizeof out->region, "%s", wanted);
      return 0;
    }
  return err_set(e, ERR_PARAMETER,
                 "X-Keyturn-Region: %.64s is not configured; keyturnd's "
                 "setting replica_regions names the regions that are.",
                 wanted);
}

int authenticate(const struct api *api, const struct http_request *request,
                 const char *service, struct caller *out, struct err *e)
{
  memset(out, 0, sizeof *out);
  if (request->peer->is_unix && http_header(request, "authorization") == NULL) {
    int rc = by_peer(api, request->peer, out, e);

    return rc == 0 ? peer_region(api, request, out, e) : rc;
  }
  return by_signature(api, request, service, out, e);
}

void caller_release(struct caller *c)
{
  principal_put(c->who);
  c->who = NULL;
}
