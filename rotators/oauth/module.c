/* module.c - describes oauth-refresh-token to the host.
 *
 * The provider makes the value, so create_secret does the exchange and
 * set_secret has nothing left to do.  There is no revert_secret: nothing
 * brings a spent refresh token back, so the engine must keep the new one.
 * There is no retire_secret: the old refresh token died when it was spent,
 * and revoking the old access token ends the grant at many servers.
 */
#include "steps.h"

extern const char oauth_secret_schema[], oauth_options_schema[];

static int set_secret(struct kt_step *step)
{
  (void)step; /* the server has known the value since create_secret */
  return KT_OK;
}

static const struct kt_rotator refresh_token_rotator = {
    .size = sizeof(struct kt_rotator),
    .name = "oauth-refresh-token",
    .version = "1",
    .summary = "OAuth 2.0: exchanges a refresh token for new tokens",
    .secret_schema = oauth_secret_schema,
    .options_schema = oauth_options_schema,
    .create_secret = refresh_create,
    .set_secret = set_secret,
    .test_secret = probe_test,
    .finish_secret = refresh_finish,
    .check = probe_check,
};

KT_MODULE(&refresh_token_rotator)
