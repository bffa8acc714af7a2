/* introspect.c - one POST; the client authenticates as it does for tokens. */
#include "introspect.h"

#include <string.h>

#include "form.h"
#include "http.h"
#include "reply.h"

int introspect(struct kt_step *step, const struct client *client,
               const char *token, const char *hint, bool *out_active)
{
  struct http_request request = {.name = "introspection_endpoint",
                                 .url = client->introspection_endpoint,
                                 .cafile = client->cafile};
  struct http_reply reply = {0};
  struct form form;
  int r;

  form_init(&form, step,
            strlen(token) + strlen(hint) + form_client_room(client) + 64);
  form_add(&form, "token", token);
  form_add(&form, "token_type_hint", hint);
  r = form_authenticate(&form, step, client, &request.header);
  request.form = form.text;
  if (r == KT_OK && form.failed)
    r = KT_BUSY;
  if (r == KT_OK)
    r = http_ask(step, &request, &reply);
  if (r != KT_OK)
    return r;
  if (reply.status != 200) {
    r = reply_refusal(step, request.name, &reply).class;
    /* Nothing was spent, and no grant was asked for. */
    if (r == KT_AMBIGUOUS)
      return KT_BUSY;
    return r == KT_REAUTH_REQUIRED ? KT_CONFIG : r;
  }
  return reply_is_active(step, &reply, out_active);
}
