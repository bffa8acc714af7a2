"""Every case of the table through curl --aws-sigv4, and what no SDK can be
made to send."""

import re

import pytest

from client_curl import TYPE, Curl
from endpoint import REGION

CLIENT = Curl.name


@pytest.fixture(scope="module")
def client(endpoint):
    client = Curl(endpoint)
    yield client
    client.close()


def test_answers_as_aws_does(case, play):
    play(case)


def target(name):
    return [("Content-Type", TYPE), ("X-Amz-Target", name)]


def refusal(client, body, headers, region=REGION, **more):
    """An error, and that it is told as AWS tells it."""
    status, headers, text = client.request(body, headers, region, **more)
    answer = client.answer(status, headers, text)
    assert status == 400 and answer.message, text
    assert headers["x-amzn-errortype"] == answer.kind
    return answer


DESCRIBE = target("secretsmanager.DescribeSecret")


@pytest.mark.parametrize(
    "name",
    [
        "secretsmanager.DescribeSecrets",
        "secretsmanager.describesecret",
        "dynamodb.ListTables",
        "DescribeSecret",
    ],
)
def test_an_unknown_target_is_refused(client, name):
    answer = refusal(client, "{}", target(name))
    assert answer.kind == "UnknownOperationException"


def test_no_target_is_refused(client):
    answer = refusal(client, "{}", [("Content-Type", TYPE)])
    assert answer.kind == "UnknownOperationException"


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "null", '"SecretId"', "{'SecretId': 'a'}", '{"SecretId": 1}',
     '{"SecretId": ["a"]}', '{"SecretId": "a", "SecretId": "b"}', "\x00"],
)  # fmt: skip
def test_a_body_that_is_no_such_object_is_refused(client, body):
    answer = refusal(client, body, DESCRIBE)
    assert answer.kind == "SerializationException"


def test_a_member_that_the_model_does_not_have_is_passed_over(client):
    status, headers, text = client.request(
        '{"PasswordLength": 8, "Colour": {"of": ["no", "matter"]}}',
        target("secretsmanager.GetRandomPassword"),
        REGION,
    )
    assert status == 200, text


def test_null_is_as_good_as_left_out(client):
    status, headers, text = client.request(
        '{"PasswordLength": null, "ExcludeNumbers": null}',
        target("secretsmanager.GetRandomPassword"),
        REGION,
    )
    answer = client.answer(status, headers, text)
    assert status == 200 and len(answer.fields["RandomPassword"]) == 32


def test_an_unsigned_request_is_refused(client):
    answer = refusal(client, "{}", DESCRIBE, sign=False)
    assert answer.kind == "MissingAuthenticationTokenException"


def test_an_unknown_access_key_is_refused(client):
    answer = refusal(client, "{}", DESCRIBE, who="stranger")
    assert (answer.kind, answer.message) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_another_secret_key_is_refused(client):
    answer = refusal(client, "{}", DESCRIBE, who="forger")
    assert answer.kind == "InvalidSignatureException"
    assert answer.message.startswith(
        "The request signature we calculated does not match the signature "
        "you provided. Check your AWS Secret Access Key and signing method."
    )


def test_a_region_that_is_not_served_is_refused(client):
    answer = refusal(client, "{}", DESCRIBE, region="ap-south-1")
    assert answer.kind == "InvalidSignatureException"
    assert answer.message.startswith("Credential should be scoped to a valid")


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (-6, r"Signature expired: \S+Z is now earlier than \S+Z "
         r"\(\S+Z - 5 min\.\)"),
        (6, r"Signature not yet current: \S+Z is still later than \S+Z "
         r"\(\S+Z \+ 5 min\.\)"),
    ],
)  # fmt: skip
def test_a_clock_that_is_off_by_more_than_5_minutes_is_told(
    client, minutes, told
):
    answer = refusal(client, "{}", DESCRIBE, ahead=minutes * 60)
    assert answer.kind == "InvalidSignatureException"
    assert re.fullmatch(told, answer.message), answer.message


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_that_is_off_by_4_minutes_is_none_the_worse(client, minutes):
    status, _, text = client.request(
        "{}",
        target("secretsmanager.GetRandomPassword"),
        REGION,
        ahead=minutes * 60,
    )
    assert status == 200, text


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256 Credential=AKID",
        "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256",
    ],
)
def test_half_an_authorization_is_refused(client, authorization):
    answer = refusal(
        client,
        "{}",
        [*DESCRIBE, ("Authorization", authorization)],
        sign=False,
    )
    assert answer.kind == "IncompleteSignatureException"


def test_the_value_of_a_refused_request_is_in_no_answer(client):
    """Of one that breaks a constraint, and of one that cannot be read."""
    secret = "never-shown-" * 6000
    put = target("secretsmanager.PutSecretValue")
    for body in (
        f'{{"SecretId": "a", "SecretString": "{secret}"}}',
        f'{{"SecretId": "a", "SecretString": "{secret[:99]}"',
        f'{{"SecretId": "a", "SecretString": ["{secret[:99]}"]}}',
    ):
        _, _, text = client.request(body, put, REGION)
        assert "never-shown" not in text
