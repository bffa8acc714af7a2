/* schema.c - the JSON Schemas of the secrets and the options.  README.md says
 * the same in words. */
#include "rotators.h"

#define CONNECTION                                                             \
  "\"engine\": {\"enum\": [\"mysql\", \"mariadb\", \"aurora-mysql\","          \
  "  \"aurora\"]},"                                                            \
  "\"host\": {\"type\": \"string\", \"minLength\": 1, \"description\":"        \
  "  \"the primary: a name, an address, or a Unix socket's path\"},"           \
  "\"port\": {\"type\": [\"integer\", \"string\"], \"default\": 3306},"        \
  "\"username\": {\"type\": \"string\", \"minLength\": 1},"                    \
  "\"password\": {\"type\": \"string\", \"minLength\": 1,"                     \
  "  \"writeOnly\": true},"                                                    \
  "\"dbname\": {\"type\": \"string\", \"description\":"                        \
  "  \"where test_secret logs in to\"},"                                       \
  "\"hosts\": {\"type\": [\"array\", \"string\"],"                             \
  "  \"items\": {\"type\": \"string\"}, \"description\":"                      \
  "  \"the host parts of the accounts to rotate; default: all of the user\"}," \
  "\"masterarn\": {\"type\": \"string\", \"description\":"                     \
  "  \"the secret of the admin who changes the password\"},"                   \
  "\"ssl\": {\"type\": [\"boolean\", \"string\"], \"description\":"            \
  "  \"AWS's: true is sslmode verify-full, false is disable\"},"               \
  "\"sslmode\": {\"enum\": [\"disable\", \"require\", \"verify-ca\","          \
  "  \"verify-full\"], \"description\": \"default: verify-full with"           \
  "  sslrootcert; else require, and disable on loopback\"},"                   \
  "\"sslrootcert\": {\"type\": \"string\", \"description\":"                   \
  "  \"PEM, or a path; default: the system's authorities\"},"                  \
  "\"sslcert\": {\"type\": \"string\", \"description\": \"PEM, or a path\"},"  \
  "\"sslkey\": {\"type\": \"string\", \"writeOnly\": true,"                    \
  "  \"description\": \"PEM, or a path\"}"

#define SECRET(MORE)                                       \
  "{\"type\": \"object\","                                 \
  " \"required\": [\"host\", \"username\", \"password\"]," \
  " \"properties\": {" CONNECTION MORE "}}"

const char account_schema[] = SECRET("");

const char alternating_schema[] =
    SECRET(", \"role\": {\"type\": \"string\", \"description\":"
           "  \"the role with the grants; default: username less _a or _b\"},"
           "\"login_a\": {\"type\": \"string\", \"description\":"
           "  \"default: the role's name and _a\"},"
           "\"login_b\": {\"type\": \"string\", \"description\":"
           "  \"default: the role's name and _b\"}");

const char options_schema[] =
    "{\"type\": \"object\", \"additionalProperties\": false,"
    " \"properties\": {"
    "\"password\": {\"type\": \"object\", \"description\":"
    "  \"as the request of AWS's GetRandomPassword\"},"
    "\"repair\": {\"type\": \"boolean\", \"default\": false, \"description\":"
    "  \"let the admin set the password when no stored one works\"},"
    "\"admin_any_host\": {\"type\": \"boolean\", \"default\": false,"
    "  \"description\": \"the admin secret may name another host, or none\"}}}";
