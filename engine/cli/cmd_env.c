/* keyturn env: what a client of AWS's must be told to find this keyturnd, in
 * the form that the client reads: variables for a shell, a provider for
 * Terraform, a container's variables for the External Secrets Operator.  Keys
 * are not among it: `keyturn iam key create` prints them, once.
 */
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/report.h"

#define ENDPOINT     "AWS_ENDPOINT_URL_SECRETS_MANAGER"
#define STS_ENDPOINT "AWS_ENDPOINT_URL_STS"
/* The store must not be read without its password, or it is empty to Java. */
#define JAVA_STORE                 \
  "-Djavax.net.ssl.trustStore=%s " \
  "-Djavax.net.ssl.trustStorePassword=changeit"

enum form { FORM_SHELL, FORM_TERRAFORM, FORM_CONTAINER };

struct variable {
  const char *name;
  enum { IS_URL, IS_REGION, IS_CA, IS_JAVA_STORE } value;
};

enum { VARIABLES_MAX = 6 };

static const struct target {
  const char *name;
  enum form form;
  struct variable variables[VARIABLES_MAX + 1]; /* ended by a NULL name */
} targets[] = {
    {"all",
     FORM_SHELL,
     {{ENDPOINT, IS_URL},
      {STS_ENDPOINT, IS_URL},
      {"AWS_REGION", IS_REGION},
      {"AWS_DEFAULT_REGION", IS_REGION},
      {"AWS_CA_BUNDLE", IS_CA},
      {"NODE_EXTRA_CA_CERTS", IS_CA}}},
    {"cli",
     FORM_SHELL,
     {{ENDPOINT, IS_URL},
      {STS_ENDPOINT, IS_URL},
      {"AWS_DEFAULT_REGION", IS_REGION},
      {"AWS_CA_BUNDLE", IS_CA}}},
    {"boto3",
     FORM_SHELL,
     {{ENDPOINT, IS_URL},
      {STS_ENDPOINT, IS_URL},
      {"AWS_DEFAULT_REGION", IS_REGION},
      {"AWS_CA_BUNDLE", IS_CA}}},
    {"js",
     FORM_SHELL,
     {{ENDPOINT, IS_URL},
      {STS_ENDPOINT, IS_URL},
      {"AWS_REGION", IS_REGION},
      {"NODE_EXTRA_CA_CERTS", IS_CA}}},
    {"go",
     FORM_SHELL,
     {{ENDPOINT, IS_URL},
      {STS_ENDPOINT, IS_URL},
      {"AWS_REGION", IS_REGION},
      {"AWS_CA_BUNDLE", IS_CA}}},
    {"java",
     FORM_SHELL,
     {{ENDPOINT, IS_URL},
      {STS_ENDPOINT, IS_URL},
      {"AWS_REGION", IS_REGION},
      {"JAVA_TOOL_OPTIONS", IS_JAVA_STORE}}},
    {"terraform", FORM_TERRAFORM, {{NULL, IS_URL}}},
    {"eso",
     FORM_CONTAINER,
     {{"AWS_SECRETSMANAGER_ENDPOINT", IS_URL},
      {"AWS_STS_ENDPOINT", IS_URL},
      {"SSL_CERT_FILE", IS_CA}}},
};

static const struct target *target_find(const char *name)
{
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
    if (strcmp(targets[i].name, name) == 0)
      return &targets[i];
  return NULL;
}

/* Needs no escapes in any of the forms. */
static bool is_plain(const char *text)
{
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < ' ' || strchr("\"'\\$%`\177", *text) != NULL)
      return false;
  return true;
}

static bool is_url(const char *text)
{
  const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
                     : strncmp(text, "http://", 7) == 0 ? text + 7
                                                        : "";

  return *host != '\0' && *host != '/' && strchr(host, ' ') == NULL &&
         is_plain(text);
}

struct told {
  const char *url, *region, *ca; /* ca: NULL for none */
};

/* "": this variable has no value. */
static void value_of(const struct variable *v, const struct told *t, char *out,
                     size_t size)
{
  const char *value = v->value == IS_URL      ? t->url
                      : v->value == IS_REGION ? t->region
                                              : t->ca;

  if (value == NULL)
    out[0] = '\0';
  else if (v->value == IS_JAVA_STORE)
    (void)snprintf(out, size, JAVA_STORE, value); /* it fits */
  else
    (void)snprintf(out, size, "%s", value); /* it fits */
}

enum { VALUE_MAX = 4096 };

static void print_terraform(FILE *to, const struct told *t)
{
  (void)fprintf(to,
                "provider \"aws\" {\n"
                "  region = \"%s\"\n"
                "  endpoints {\n"
                "    secretsmanager = \"%s\"\n"
                "    sts            = \"%s\"\n"
                "  }\n"
                "  skip_metadata_api_check = true\n",
                t->region, t->url, t->url);
  if (t->ca != NULL)
    (void)fprintf(to, "  custom_ca_bundle        = \"%s\"\n", t->ca);
  (void)fprintf(to, "}\n");
}

/* The same for programs: what Terraform reads from a file *.tf.json. */
static json_t *terraform_json(const struct told *t)
{
  json_t *aws = json_pack("{s:s, s:[{s:s, s:s}], s:b}", "region", t->region,
                          "endpoints", "secretsmanager", t->url, "sts", t->url,
                          "skip_metadata_api_check", 1);

  if (aws != NULL && t->ca != NULL)
    (void)json_object_set_new(aws, "custom_ca_bundle", json_string(t->ca));
  return json_pack("{s:{s:o}}", "provider", "aws", aws);
}

static json_t *variables_json(const struct target *target, const struct told *t)
{
  json_t *all = json_object();
  char value[VALUE_MAX];

  for (const struct variable *v = target->variables; v->name != NULL; v++) {
    value_of(v, t, value, sizeof value);
    if (value[0] != '\0')
      (void)json_object_set_new(all, v->name, json_string(value));
  }
  return all;
}

static void print_variables(FILE *to, const struct target *target,
                            const struct told *t)
{
  char value[VALUE_MAX];

  if (target->form == FORM_CONTAINER)
    (void)fprintf(to, "env:\n");
  for (const struct variable *v = target->variables; v->name != NULL; v++) {
    value_of(v, t, value, sizeof value);
    if (value[0] == '\0')
      continue;
    if (target->form == FORM_CONTAINER)
      (void)fprintf(to, "- name: %s\n  value: \"%s\"\n", v->name, value);
    else
      (void)fprintf(to, "export %s='%s'\n", v->name, value);
  }
}

static int print(struct cli *cli, const struct target *target,
                 const struct told *t, struct err *e)
{
  CLEANUP_JSON json_t *all = NULL;

  if (cli->json) {
    all = target->form == FORM_TERRAFORM ? terraform_json(t)
                                         : variables_json(target, t);
    return report_json(cli, all, e);
  }
  if (target->form == FORM_TERRAFORM)
    print_terraform(cli->out, t);
  else
    print_variables(cli->out, target, t);
  return 0;
}

int cmd_env(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *reply = NULL;
  const char *name = args_get(args, "for");
  const struct target *target = target_find(name == NULL ? "all" : name);
  struct told t = {.url = args->words[0], .ca = args_get(args, "ca")};
  int rc;

  if (target == NULL)
    return args_refuse(cli, args,
                       "'%s' is none of cli, boto3, js, go, java, terraform, "
                       "eso",
                       name);
  if (!is_url(t.url) || strlen(t.url) > 2000)
    return args_refuse(cli, args,
                       "'%s' is no endpoint, as https://keyturn.example:8443",
                       t.url);
  if (t.ca != NULL &&
      (t.ca[0] != '/' || !is_plain(t.ca) || strlen(t.ca) > 2000))
    return args_refuse(cli, args,
                       "--ca must be a path from /, without quotes and $");
  rc = client_call(cli->client, "keyturn.Status", in, &reply, e);
  if (rc != 0)
    return rc;
  t.region = json_str(reply, "Region");
  if (t.region == NULL)
    return err_set(e, ERR_INTERNAL, "keyturnd did not say its region");
  return print(cli, target, &t, e);
}
