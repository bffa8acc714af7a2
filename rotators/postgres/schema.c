/* schema.c - the JSON Schemas of the secrets and the options.  README.md says
 * the same in words. */
#include "rotators.h"

#define CONNECTION                                                            \
  "\"engine\": {\"enum\": [\"postgres\", \"postgresql\","                     \
  "  \"aurora-postgresql\"]},"                                                \
  "\"host\": {\"type\": \"string\", \"minLength\": 1, \"description\":"       \
  "  \"the primary: a name, an address, or a Unix socket's folder\"},"        \
  "\"port\": {\"type\": [\"integer\", \"string\"], \"default\": 5432},"       \
  "\"username\": {\"type\": \"string\", \"minLength\": 1, \"description\":"   \
  "  \"the role that logs in; at most 63 bytes\"},"                           \
  "\"password\": {\"type\": \"string\", \"minLength\": 1,"                    \
  "  \"writeOnly\": true},"                                                   \
  "\"dbname\": {\"type\": \"string\", \"default\": \"postgres\"},"            \
  "\"masterarn\": {\"type\": \"string\", \"description\":"                    \
  "  \"the secret of the admin who changes the password\"},"                  \
  "\"ssl\": {\"type\": [\"boolean\", \"string\"], \"description\":"           \
  "  \"AWS's: true is sslmode verify-full, false is disable\"},"              \
  "\"sslmode\": {\"enum\": [\"disable\", \"require\", \"verify-ca\","         \
  "  \"verify-full\"], \"description\": \"default: verify-full with"          \
  "  sslrootcert; else require, and disable on loopback\"},"                  \
  "\"sslrootcert\": {\"type\": \"string\", \"description\":"                  \
  "  \"PEM, or a path; default: the system's authorities\"},"                 \
  "\"sslcert\": {\"type\": \"string\", \"description\": \"PEM, or a path\"}," \
  "\"sslkey\": {\"type\": \"string\", \"writeOnly\": true,"                   \
  "  \"description\": \"PEM, or a path\"}"

#define SECRET(MORE)                                       \
  "{\"type\": \"object\","                                 \
  " \"required\": [\"host\", \"username\", \"password\"]," \
  " \"properties\": {" CONNECTION MORE "}}"

#define COMMON_OPTIONS                                                       \
  "\"password\": {\"type\": \"object\", \"description\":"                    \
  "  \"as the request of AWS's GetRandomPassword\"},"                        \
  "\"valid_for_days\": {\"type\": \"integer\", \"minimum\": 1,"              \
  "  \"maximum\": 36500, \"default\": 90, \"description\":"                  \
  "  \"how far VALID UNTIL is moved, where a role has one\"},"               \
  "\"repair\": {\"type\": \"boolean\", \"default\": false, \"description\":" \
  "  \"let the admin set the password when no stored one works\"},"          \
  "\"admin_any_host\": {\"type\": \"boolean\", \"default\": false,"          \
  "  \"description\": \"the admin secret may name another host, or none\"}"

#define OPTIONS(MORE)                                       \
  "{\"type\": \"object\", \"additionalProperties\": false," \
  " \"properties\": {" COMMON_OPTIONS MORE "}}"

const char single_user_schema[] = SECRET("");

const char alternating_schema[] =
    SECRET(", \"owner\": {\"type\": \"string\", \"description\":"
           "  \"the NOLOGIN role; default: username less _a or _b\"},"
           "\"login_a\": {\"type\": \"string\", \"description\":"
           "  \"default: the owner's name and _a\"},"
           "\"login_b\": {\"type\": \"string\", \"description\":"
           "  \"default: the owner's name and _b\"}");

const char single_user_options[] = OPTIONS("");

const char alternating_options[] = OPTIONS(
    ", \"adopt\": {\"type\": \"boolean\", \"default\": false,"
    "  \"description\": \"turn a plain user into the owner of two logins\"}");
