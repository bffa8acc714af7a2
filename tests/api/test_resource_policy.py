"""Resource policies over the API: put, got back as given, deleted, validated."""

import json
import uuid

import pytest

from conftest import refused

ACTION = "secretsmanager:GetSecretValue"
SYNTAX = "This policy has invalid syntax."
PRINCIPAL = "This resource policy contains an unsupported principal"
DELETED = (
    "You can't perform this operation on the secret because it was marked for "
    "deletion."
)


def policy(principal=None, **more):
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": ACTION,
        "Resource": "*",
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def put(keyturn, name, text, **more):
    return keyturn.call(
        "PutResourcePolicy", {"SecretId": name, "ResourcePolicy": text, **more}
    )


def get(keyturn, name):
    return keyturn.call("GetResourcePolicy", {"SecretId": name})


@pytest.fixture
def name(keyturn):
    return keyturn.create("v")


@pytest.fixture
def account(keyturn):
    return keyturn.call("keyturn.Status")["Account"]


def test_a_policy_comes_back_as_it_was_given(keyturn, name):
    text = " \n" + policy().replace(",", " ,\t") + "\n"
    reply = put(keyturn, name, text)
    assert set(reply) == {"ARN", "Name"} and reply["Name"] == name
    assert get(keyturn, name) == {**reply, "ResourcePolicy": text}
    put(keyturn, name, policy(Sid="second"))
    assert get(keyturn, name)["ResourcePolicy"] == policy(Sid="second")


def test_without_one_the_member_is_left_out(keyturn, name):
    assert set(get(keyturn, name)) == {"ARN", "Name"}
    for _ in range(2):  # twice is no error
        reply = keyturn.call("DeleteResourcePolicy", {"SecretId": name})
        assert reply == get(keyturn, name)
    put(keyturn, name, policy())
    keyturn.call("DeleteResourcePolicy", {"SecretId": name})
    assert "ResourcePolicy" not in get(keyturn, name)


def test_a_change_of_the_policy_is_a_change_of_the_secret(keyturn, name):
    def changed():
        return keyturn.call("DescribeSecret", {"SecretId": name})["LastChangedDate"]

    before = changed()
    keyturn.call("DeleteResourcePolicy", {"SecretId": name})  # there is none
    assert changed() == before
    put(keyturn, name, policy())
    assert changed() > before


def test_unknown_and_deleted_secrets(keyturn, name):
    calls = [
        ("PutResourcePolicy", {"ResourcePolicy": policy()}),
        ("GetResourcePolicy", {}),
        ("DeleteResourcePolicy", {}),
        ("ValidateResourcePolicy", {"ResourcePolicy": policy()}),
    ]
    keyturn.call("DeleteSecret", {"SecretId": name})
    for operation, more in calls:
        with refused("InvalidRequestException", DELETED):
            keyturn.call(operation, {"SecretId": name, **more})
        with refused("ResourceNotFoundException", "can't find the specified secret."):
            keyturn.call(operation, {"SecretId": "none", **more})


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        '{"Version":"2012-10-17"}',
        policy().replace("2012", "2013"),
        policy().replace('"Effect"', '"Affect"'),
        policy().replace("Allow", "allow"),
        policy()[:-1],
        policy() + "x",
        policy().replace(ACTION, "GetSecretValue"),
        policy(Principal=None),
        policy(Condition={"StringAlmost": {"aws:username": "x"}}),
    ],
)
def test_what_is_no_policy_is_refused(keyturn, name, text):
    with refused("MalformedPolicyDocumentException", SYNTAX):
        put(keyturn, name, text)
    assert "ResourcePolicy" not in get(keyturn, name)
    with refused("MalformedPolicyDocumentException", SYNTAX + " "):  # and why
        keyturn.call("ValidateResourcePolicy", {"ResourcePolicy": text})


def test_policies_have_at_most_20480_characters(keyturn, name):
    longest = policy() + " " * (20480 - len(policy()))
    put(keyturn, name, longest)
    assert get(keyturn, name)["ResourcePolicy"] == longest
    for text in (longest + " ", ""):
        with refused("ValidationException", "resourcePolicy"):
            put(keyturn, name, text)


def test_principals_of_our_account_must_be_there(keyturn, name, account):
    user = f"u{uuid.uuid4().hex[:12]}"
    theirs = policy({"AWS": f"arn:aws:iam::{account}:user/{user}"})
    role = policy({"AWS": f"arn:aws:iam::{account}:role/{user}"})
    for text in (theirs, role, policy({"AWS": "not-an-arn"})):
        with refused("MalformedPolicyDocumentException", PRINCIPAL):
            put(keyturn, name, text)
    keyturn.call("keyturn.CreateUser", {"UserName": user})
    put(keyturn, name, theirs)
    with refused("MalformedPolicyDocumentException", PRINCIPAL):
        put(keyturn, name, role)  # a user is no role
    # The account itself, and those of other accounts, are taken as they are.
    put(keyturn, name, policy({"AWS": f"arn:aws:iam::{account}:root"}))
    put(keyturn, name, policy({"AWS": account}))
    put(keyturn, name, policy({"AWS": "arn:aws:iam::210987654321:user/x"}))


PUBLIC = (
    "The BlockPublicPolicy parameter is set to true, and the resource policy did "
    "not prevent broad access to the secret."
)


@pytest.mark.parametrize(
    "text, is_public",
    [
        (policy("*"), True),
        (policy({"AWS": "*"}), True),
        (policy("*", Condition={"StringLike": {"aws:PrincipalArn": "*"}}), True),
        (policy("*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/24"}}), False),
        (policy("*", Effect="Deny"), False),
        (policy(), False),
    ],
)
def test_public_policies_are_blocked_when_asked(keyturn, name, text, is_public):
    if is_public:
        with refused("PublicPolicyException", PUBLIC):
            put(keyturn, name, text, BlockPublicPolicy=True)
        assert "ResourcePolicy" not in get(keyturn, name)
    else:
        put(keyturn, name, text, BlockPublicPolicy=True)
    put(keyturn, name, text)  # by default they are kept as given
    assert get(keyturn, name)["ResourcePolicy"] == text
    reply = keyturn.call("ValidateResourcePolicy", {"ResourcePolicy": text})
    found = [e["CheckName"] for e in reply["ValidationErrors"]]
    assert found == (["PublicAccess"] if is_public else [])


def test_a_good_policy_passes(keyturn, name):
    for body in ({}, {"SecretId": name}):
        reply = keyturn.call(
            "ValidateResourcePolicy", {"ResourcePolicy": policy(), **body}
        )
        assert reply == {"PolicyValidationPassed": True, "ValidationErrors": []}
    assert "ResourcePolicy" not in get(keyturn, name)  # looks, puts nothing


def test_what_can_never_match_this_secret_is_found(keyturn, name):
    other = "arn:aws:secretsmanager:us-east-1:000000000000:secret:other-AbCdEf"
    reply = keyturn.call(
        "ValidateResourcePolicy",
        {"SecretId": name, "ResourcePolicy": policy(Resource=other)},
    )
    assert [e["CheckName"] for e in reply["ValidationErrors"]] == [
        "ImpossibleResource"
    ]
