"""`keyturn env`: what it prints is enough for a client, and is what
keyturn-clients(7) shows."""

import json
import re
import subprocess

import pytest

from client_javascript import SDK
from endpoint import Endpoint
from server import BUILD, SOURCE

KEYTURN = BUILD / "bin" / "keyturn"
PAGE = (SOURCE / "engine" / "man" / "keyturn-clients.7.scd").read_text()
EXAMPLE = ("https://keyturn.example:8443", "--ca", "/etc/keyturn/tls/ca.pem")

PYTHON = """
import boto3, os
client = boto3.client(
    "secretsmanager", endpoint_url=os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"])
print(client.get_secret_value(SecretId="env")["SecretString"])
"""
JAVASCRIPT = f"""
const {{ SecretsManager }} = await import({str(SDK / "dist-cjs/index.js")!r});
const reply = await new SecretsManager().getSecretValue({{ SecretId: "env" }});
console.log(reply.SecretString);
"""
CLI = """
aws --endpoint-url "$AWS_ENDPOINT_URL_SECRETS_MANAGER" secretsmanager \\
  get-secret-value --secret-id env --query SecretString --output text
"""
PROGRAMS = {
    "boto3": ["/usr/bin/python3", "-c", PYTHON],
    "js": ["node", "--input-type=module", "-e", JAVASCRIPT],
    "cli": ["bash", "-c", CLI],
}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    with Endpoint(tmp_path_factory.mktemp("env")) as endpoint:
        endpoint.keyturn.call(
            "CreateSecret", {"Name": "env", "SecretString": "found"}
        )
        yield endpoint


@pytest.fixture
def env(endpoint):
    """keyturn env …: exit code, output, errors."""

    def run(*arguments):
        done = subprocess.run(
            [KEYTURN, "env", *arguments],
            env={"KEYTURN_SOCKET": str(endpoint.keyturn.socket)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def client_environment(endpoint, told):
    """A client's: keys, and what a shell made of that."""
    exported = subprocess.run(
        ["bash", "-c", f"{told}\nenv -0"],
        env={},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.split("\0")
    variables = dict(line.split("=", 1) for line in exported if "=" in line)
    key_id, key, _ = endpoint.credentials("root")
    return {
        **{k: v for k, v in variables.items() if k.isupper()},
        "PATH": "/usr/bin:/bin",
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NODE_NO_WARNINGS": "1",
    }


@pytest.mark.parametrize(
    ("program", "form"),
    [(p, f) for p in PROGRAMS for f in (["--for", p], [])],
    ids=lambda v: v if isinstance(v, str) else " ".join(v) or "all",
)
def test_a_client_needs_nothing_else(endpoint, env, program, form):
    code, told, err = env(endpoint.url, "--ca", str(endpoint.ca), *form)
    assert (code, err) == (0, "")
    done = subprocess.run(
        PROGRAMS[program],
        env=client_environment(endpoint, told),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.stdout == "found\n"


@pytest.mark.parametrize("form", ["terraform", "eso"])
def test_the_page_shows_what_is_printed(env, form):
    code, told, err = env(*EXAMPLE, "--for", form)
    assert (code, err) == (0, "")
    assert f"\n```\n{told}```\n" in PAGE


def test_without_an_authority_nothing_is_said_of_one(env):
    code, told, err = env("http://127.0.0.1:8200")
    assert (code, err) == (0, "")
    assert set(re.findall(r"^export (\w+)=", told, re.M)) == {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_ENDPOINT_URL_STS",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    }


def test_json_is_for_programs(env):
    _, told, _ = env(*EXAMPLE, "--for", "java", "--json")
    assert json.loads(told) == {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": EXAMPLE[0],
        "AWS_ENDPOINT_URL_STS": EXAMPLE[0],
        "AWS_REGION": "us-east-1",
        "JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStore="
        "/etc/keyturn/tls/ca.pem -Djavax.net.ssl.trustStorePassword=changeit",
    }
    _, told, _ = env(*EXAMPLE, "--for", "terraform", "--json")
    assert json.loads(told)["provider"]["aws"] == {
        "region": "us-east-1",
        "endpoints": [{"secretsmanager": EXAMPLE[0], "sts": EXAMPLE[0]}],
        "skip_metadata_api_check": True,
        "custom_ca_bundle": "/etc/keyturn/tls/ca.pem",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["keyturn.example:8443"],
        ["https://"],
        ["ftp://keyturn.example"],
        ["https://keyturn.example:8443 --insecure"],
        ["https://keyturn.example:8443';rm -rf /;'"],
        ["https://keyturn.example/$HOME"],
        [EXAMPLE[0], "--for", "cobol"],
        [EXAMPLE[0], "--ca", "ca.pem"],
        [EXAMPLE[0], "--ca", "/etc/$(id).pem"],
    ],
)
def test_what_a_shell_could_stumble_over_is_refused(env, arguments):
    code, told, err = env(*arguments)
    assert (code, told) == (2, "") and err.startswith("keyturn env: ")
