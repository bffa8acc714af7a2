/* form.h - what is sent: application/x-www-form-urlencoded bodies and the
 * Authorization header, built in the host's scratch memory because secrets
 * are in them. */
#ifndef OAUTH_FORM_H
#define OAUTH_FORM_H
#include <stdbool.h>

#include <keyturn/rotator.h>

#include "fields.h"

struct form {
  char *text; /* NUL-terminated */
  size_t len, size;
  bool failed; /* no memory */
};

/* `room`: the bytes of all names and values that will be added. */
void form_init(struct form *f, struct kt_step *step, size_t room);
void form_add(struct form *f, const char *name, const char *value);

/* Adds client_id and client_secret to the form, or makes the Authorization
 * header, as the client authenticates.  *out_header: NULL if there is none. */
int form_authenticate(struct form *f, struct kt_step *step,
                      const struct client *client, const char **out_header);
size_t form_client_room(const struct client *client);

#endif
