"""Every case of the table through Debian's awscli, and the program as a
person starts it."""

import json
import os
import subprocess

import pytest

from client_cli import Cli

CLIENT = Cli.name


@pytest.fixture(scope="module")
def client(endpoint):
    client = Cli(endpoint)
    yield client
    client.close()


def test_answers_as_aws_does(case, play):
    play(case)


@pytest.fixture
def aws(client):
    """aws secretsmanager …: exit code, output, errors."""

    def run(*arguments):
        done = subprocess.run(
            ["/usr/bin/aws", "secretsmanager", *arguments,
             "--endpoint-url", client.endpoint.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env={
                **os.environ,
                **client.environment,
                **client.credentials("root"),
                "AWS_CONFIG_FILE": "/nonexistent",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_program_prints_a_value(aws, endpoint):
    endpoint.keyturn.call(
        "CreateSecret", {"Name": "cli/value", "SecretString": "s3cret"}
    )
    code, out, err = aws(
        "get-secret-value", "--secret-id", "cli/value",
        "--query", "SecretString", "--output", "text",
    )  # fmt: skip
    assert (code, out, err) == (0, "s3cret\n", "")


def test_the_program_reads_a_value_from_a_file(aws, endpoint, tmp_path):
    value = tmp_path / "value.bin"
    value.write_bytes(bytes(range(256)))
    code, out, err = aws(
        "create-secret", "--name", "cli/file",
        "--secret-binary", f"fileb://{value}",
    )  # fmt: skip
    assert code == 0, err
    assert endpoint.keyturn.secret("cli/file") == bytes(range(256))


def test_the_program_tells_an_error_and_exits_254(aws):
    code, out, err = aws("describe-secret", "--secret-id", "cli/none")
    assert (code, out) == (254, "")
    assert err.strip() == (
        "An error occurred (ResourceNotFoundException) when calling the "
        "DescribeSecret operation: Secrets Manager can't find the specified "
        "secret."
    )


def test_the_program_follows_the_pages_by_itself(aws, endpoint):
    names = [f"cli/page/{i}" for i in range(7)]
    for name in names:
        endpoint.keyturn.call("CreateSecret", {"Name": name})
    code, out, err = aws(
        "list-secrets", "--filters", "Key=name,Values=cli/page/",
        "--page-size", "3", "--query", "SecretList[].Name",
    )  # fmt: skip
    assert code == 0, err
    assert sorted(json.loads(out)) == names
