"""Secrets over the API, as AWS answers: names, tokens, dates, tags, deletion,
passwords."""

import base64
import re
import time
import uuid

import pytest

from conftest import put, refused

NOT_FOUND = "Secrets Manager can't find the specified secret."
NO_TOKEN = (
    "You must provide a ClientRequestToken value. We recommend a UUID-type value."
)
BAD_NAME = (
    "Invalid name. Must be a valid name containing alphanumeric characters, or "
    "any of the following: -/_+=.@!"
)


def without_token(keyturn, operation, body):
    """call() adds a ClientRequestToken; null is as good as none."""
    return keyturn.call(operation, {**body, "ClientRequestToken": None})


# ---- names and ARNs ----------------------------------------------------------


def test_arn_has_name_and_six_random_characters(keyturn):
    name = keyturn.create("v")
    first = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    assert re.fullmatch(
        r"arn:aws:secretsmanager:us-east-1:0{12}:secret:"
        + re.escape(name)
        + r"-[A-Za-z0-9]{6}",
        first,
    )
    keyturn.call(
        "DeleteSecret", {"SecretId": name, "ForceDeleteWithoutRecovery": True}
    )
    keyturn.create("v", name=name)
    again = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    assert again != first and again[:-6] == first[:-6]


def test_secret_is_found_by_name_arn_and_partial_arn(keyturn):
    name = keyturn.create("v")
    arn = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    for spelling in (name, arn, arn[:-7]):
        reply = keyturn.call("GetSecretValue", {"SecretId": spelling})
        assert (reply["ARN"], reply["Name"]) == (arn, name)


@pytest.mark.parametrize(
    "ending, found", [("a1b2c3-", True), ("-a1b2", True), ("-a1b2c3", False)]
)
def test_partial_arn_of_a_name_that_ends_like_a_suffix(keyturn, ending, found):
    name = keyturn.create("v", name=f"e{uuid.uuid4().hex}{ending}")
    arn = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    if found:
        assert keyturn.call("DescribeSecret", {"SecretId": arn[:-7]})["Name"] == name
    else:
        with refused("ResourceNotFoundException", NOT_FOUND):
            keyturn.call("DescribeSecret", {"SecretId": arn[:-7]})


@pytest.mark.parametrize("name", ["a b", "a!b", "a:b", "ä", "a\tb", "a\\b", "a*"])
def test_bad_name_is_refused_by_every_operation(keyturn, name):
    with refused("ValidationException", BAD_NAME):
        keyturn.create("v", name=name)
    for operation in (
        "GetSecretValue",
        "DescribeSecret",
        "DeleteSecret",
        "RestoreSecret",
        "ListSecretVersionIds",
        "CancelRotateSecret",
        "RotateSecret",
        "UpdateSecret",
    ):
        with refused("ValidationException", BAD_NAME):
            keyturn.call(operation, {"SecretId": name})


def test_length_of_names(keyturn):
    longest = ("n" + uuid.uuid4().hex) * 20
    longest = longest[:512]
    keyturn.create("v", name=longest)
    assert keyturn.secret(longest) == "v"
    with refused("ValidationException", "less than or equal to 512"):
        keyturn.create("v", name=longest + "x")
    with refused("ValidationException", "greater than or equal to 1"):
        keyturn.call("CreateSecret", {"Name": ""})
    with refused("ValidationException", "Value null at 'name'"):
        keyturn.call("CreateSecret", {})
    with refused("ValidationException", "Value null at 'secretId'"):
        keyturn.call("GetSecretValue", {})


@pytest.mark.parametrize(
    "arn",
    [
        "arn:",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:none-abcdef",
        "arn:aws:lambda:us-east-1:000000000000:function:none",
        "arn:" + "x" * 2000,
    ],
)
def test_unknown_arn_is_not_found(keyturn, arn):
    with refused("ResourceNotFoundException", NOT_FOUND):
        keyturn.call("GetSecretValue", {"SecretId": arn})


def test_same_name_twice(keyturn):
    name = keyturn.create("v")
    with refused(
        "ResourceExistsException",
        f"The operation failed because the secret {name} already exists.",
    ):
        keyturn.create("other", name=name)
    assert keyturn.secret(name) == "v"


# ---- ClientRequestToken ------------------------------------------------------


@pytest.mark.parametrize(
    "operation, kind",
    [
        ("CreateSecret", "InvalidRequestException"),
        ("PutSecretValue", "InvalidRequestException"),
        ("UpdateSecret", "InvalidRequestException"),
        ("RotateSecret", "InvalidParameterException"),
    ],
)
def test_token_is_asked_for_before_the_lookup(keyturn, operation, kind):
    with refused(kind, NO_TOKEN):
        without_token(
            keyturn,
            operation,
            {"SecretId": "nobody", "Name": "nobody", "SecretString": "v"},
        )


@pytest.mark.parametrize("bad", ["x" * 31, "x" * 65])
def test_token_has_32_to_64_characters(keyturn, bad):
    with refused("ValidationException", "at 'clientRequestToken'"):
        keyturn.call("CreateSecret", {"Name": "n", "ClientRequestToken": bad})
    for good in ("y" * 32, "y" * 64):
        name = keyturn.create("v", ClientRequestToken=good)
        assert keyturn.stages(name) == {good: ["AWSCURRENT"]}


def test_create_is_idempotent_by_its_token(keyturn, token):
    body = {
        "Name": f"i-{token}",
        "SecretString": "v",
        "ClientRequestToken": token,
    }
    first = keyturn.call("CreateSecret", body)
    assert first["VersionId"] == token
    assert keyturn.call("CreateSecret", body) == first
    with refused(
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already "
        f"in use for a version of secret {first['ARN']}.",
    ):
        keyturn.call("CreateSecret", {**body, "SecretString": "w"})
    assert keyturn.secret(body["Name"]) == "v"


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecret"])
def test_put_and_update_are_idempotent_by_their_token(keyturn, token, operation):
    name = keyturn.create("v")
    arn = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    body = {"SecretId": name, "SecretString": "w", "ClientRequestToken": token}
    first = keyturn.call(operation, body)
    assert first["VersionId"] == token
    put(keyturn, name, "x")
    before = keyturn.call("DescribeSecret", {"SecretId": name})
    assert keyturn.call(operation, body)["VersionId"] == token
    after = keyturn.call("DescribeSecret", {"SecretId": name})
    assert after == before and keyturn.secret(name) == "x"
    with refused(
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already "
        f"in use for a version of secret {arn}.",
    ):
        keyturn.call(operation, {**body, "SecretString": "other"})
    # The same bytes as binary are another value.
    binary = {**body, "SecretBinary": base64.b64encode(b"w").decode()}
    del binary["SecretString"]
    with refused("ResourceExistsException"):
        keyturn.call(operation, binary)


def test_refused_update_changes_nothing(keyturn, token):
    name = keyturn.create("v", Description="before")
    put(keyturn, name, "w", token=token)
    with refused("ResourceExistsException"):
        keyturn.call(
            "UpdateSecret",
            {
                "SecretId": name,
                "Description": "after",
                "SecretString": "x",
                "ClientRequestToken": token,
            },
        )
    reply = keyturn.call("DescribeSecret", {"SecretId": name})
    assert reply["Description"] == "before"


# ---- what is said about a secret ---------------------------------------------


def test_update_changes_what_it_is_given(keyturn):
    name = keyturn.create("1", Description="first")
    before = keyturn.stages(name)
    reply = keyturn.call("UpdateSecret", {"SecretId": name, "Description": "second"})
    assert set(reply) == {"ARN", "Name"}
    assert set(keyturn.call("UpdateSecret", {"SecretId": name})) == {"ARN", "Name"}
    assert keyturn.stages(name) == before
    reply = keyturn.call("UpdateSecret", {"SecretId": name, "SecretString": "2"})
    assert keyturn.stages(name)[reply["VersionId"]] == ["AWSCURRENT"]
    reply = keyturn.call("DescribeSecret", {"SecretId": name})
    assert reply["Description"] == "second"
    keyturn.call("UpdateSecret", {"SecretId": name, "Description": ""})
    assert "Description" not in keyturn.call("DescribeSecret", {"SecretId": name})


def test_dates(keyturn):
    start = time.time() - 1
    name = keyturn.create("1")
    reply = keyturn.call("DescribeSecret", {"SecretId": name})
    assert start <= reply["CreatedDate"] <= time.time() + 1
    assert reply["LastChangedDate"] >= reply["CreatedDate"]
    assert "LastAccessedDate" not in reply and "DeletedDate" not in reply
    assert reply["CreatedDate"] == round(reply["CreatedDate"], 3)
    keyturn.secret(name)
    reply = keyturn.call("DescribeSecret", {"SecretId": name})
    day = reply["LastAccessedDate"]
    assert day % 86400 == 0 and start - 86400 <= day <= time.time()
    for value in ("2", "3", "4"):
        put(keyturn, name, value)
    listed = keyturn.call(
        "ListSecretVersionIds", {"SecretId": name, "IncludeDeprecated": True}
    )
    created = [v["CreatedDate"] for v in listed["Versions"]]
    assert len(set(created)) == 4
    accessed = [v for v in listed["Versions"] if "LastAccessedDate" in v]
    assert [v["LastAccessedDate"] for v in accessed] == [day]
    assert all(v["KmsKeyIds"] == ["DefaultEncryptionKey"] for v in listed["Versions"])


def test_tags(keyturn):
    name = keyturn.create("v", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a"}])
    tag = {"SecretId": name, "Tags": [{"Key": "b", "Value": "2"}]}
    keyturn.call("TagResource", tag)
    reply = keyturn.call("DescribeSecret", {"SecretId": name})
    assert [(t["Key"], t["Value"]) for t in reply["Tags"]] == [("b", "2"), ("a", "")]
    keyturn.call("UntagResource", {"SecretId": name, "TagKeys": ["a", "b", "c"]})
    assert keyturn.call("DescribeSecret", {"SecretId": name})["Tags"] == []
    with refused("InvalidParameterException", "aws:"):
        keyturn.call("TagResource", {**tag, "Tags": [{"Key": "aws:x"}]})
    assert "Tags" not in keyturn.call(
        "DescribeSecret", {"SecretId": keyturn.create("v")}
    )


def test_texts_have_as_many_characters_as_the_model_says(keyturn):
    """Not bytes: these have two, three and four."""
    for c in ("\u00fc", "\u20ac", "\U0001f511"):
        tags = [{"Key": c * 128, "Value": c * 256}]
        name = keyturn.create("v", Description=c * 2048, Tags=tags)
        reply = keyturn.call("DescribeSecret", {"SecretId": name})
        assert reply["Description"] == c * 2048 and reply["Tags"] == tags
        (listed,) = keyturn.call(
            "ListSecrets", {"Filters": [{"Key": "name", "Values": [name]}]}
        )["SecretList"]
        assert listed["Description"] == c * 2048 and listed["Tags"] == tags
        keyturn.call("UntagResource", {"SecretId": name, "TagKeys": [c * 128]})
        assert keyturn.call("DescribeSecret", {"SecretId": name})["Tags"] == []
        with refused("ValidationException", "at 'description'"):
            keyturn.call("UpdateSecret", {"SecretId": name, "Description": c * 2049})
        with refused("ValidationException", "at 'tags.1.member.key'"):
            keyturn.call("TagResource", {"SecretId": name, "Tags": [{"Key": c * 129}]})


@pytest.mark.parametrize("key", ["aws:x", "AWS:x", "aWs:", "aws:"])
def test_tags_of_aws_are_reserved(keyturn, key):
    tags = [{"Key": "good", "Value": "v"}, {"Key": key, "Value": "v"}]
    with refused("InvalidParameterException", "aws: are reserved"):
        keyturn.create("v", name=f"never-{key[:3]}", Tags=tags)
    name = keyturn.create("v")
    with refused("InvalidParameterException", "aws: are reserved"):
        keyturn.call("TagResource", {"SecretId": name, "Tags": tags})
    assert "Tags" not in keyturn.call("DescribeSecret", {"SecretId": name})
    keyturn.call("TagResource", {"SecretId": name, "Tags": [{"Key": "awsx"}]})


def test_untagging_takes_any_number_of_keys(keyturn):
    name = keyturn.create("v", Tags=[{"Key": f"k{i}"} for i in range(50)])
    keyturn.call(
        "UntagResource", {"SecretId": name, "TagKeys": [f"k{i}" for i in range(200)]}
    )
    assert keyturn.call("DescribeSecret", {"SecretId": name})["Tags"] == []


def test_too_many_tags(keyturn):
    tags = [{"Key": f"k{i}", "Value": "v"} for i in range(51)]
    name = keyturn.create("v", Tags=tags[:50])
    for body in ({"Tags": tags[50:]}, {"Tags": tags}):
        with refused("InvalidParameterException", "50"):
            keyturn.call("TagResource", {"SecretId": name, **body})
    assert len(keyturn.call("DescribeSecret", {"SecretId": name})["Tags"]) == 50


# ---- deletion ----------------------------------------------------------------

MARKED = (
    "You can't perform this operation on the secret because it was marked for "
    "deletion."
)


@pytest.mark.parametrize("days", [None, 7, 30])
def test_deleted_secret_comes_back_whole(keyturn, token, days):
    name = keyturn.create("v", ClientRequestToken=token, Description="d")
    second = put(keyturn, name, "w")
    before = keyturn.call("DescribeSecret", {"SecretId": name})
    body = {"SecretId": name}
    if days:
        body["RecoveryWindowInDays"] = days
    reply = keyturn.call("DeleteSecret", body)
    assert abs(reply["DeletionDate"] - time.time() - (days or 30) * 86400) < 60
    assert "DeletedDate" in keyturn.call("DescribeSecret", {"SecretId": name})
    keyturn.call("RestoreSecret", {"SecretId": name})
    assert keyturn.call("DescribeSecret", {"SecretId": name}) == before
    assert keyturn.secret(name) == "w"
    assert keyturn.secret(name, "AWSPREVIOUS") == "v"
    assert set(keyturn.stages(name)) == {token, second}


def test_scheduled_secret_refuses_reads_and_writes(keyturn):
    name = keyturn.create("v")
    version = next(iter(keyturn.stages(name)))
    keyturn.call("DeleteSecret", {"SecretId": name})
    for operation, more in (
        ("GetSecretValue", {}),
        ("PutSecretValue", {"SecretString": "w"}),
        ("UpdateSecret", {"Description": "d"}),
        ("UpdateSecretVersionStage",
         {"VersionStage": "x", "MoveToVersionId": version}),
        ("RotateSecret", {}),
        ("CancelRotateSecret", {}),
        ("TagResource", {"Tags": [{"Key": "k", "Value": "v"}]}),
        ("UntagResource", {"TagKeys": ["k"]}),
        ("DeleteSecret", {}),
    ):
        with refused("InvalidRequestException", MARKED):
            keyturn.call(operation, {"SecretId": name, **more})
    with refused(
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already "
        "scheduled for deletion.",
    ):
        keyturn.create("v", name=name)
    keyturn.call("ListSecretVersionIds", {"SecretId": name})
    keyturn.call(
        "DeleteSecret", {"SecretId": name, "ForceDeleteWithoutRecovery": True}
    )
    with refused("ResourceNotFoundException", NOT_FOUND):
        keyturn.call("DescribeSecret", {"SecretId": name})
    keyturn.create("w", name=name)
    assert keyturn.secret(name) == "w"


def test_forcing_away_what_is_not_there_succeeds(keyturn, token):
    name = f"none-{token}"
    reply = keyturn.call(
        "DeleteSecret", {"SecretId": name, "ForceDeleteWithoutRecovery": True}
    )
    assert reply["Name"] == name and f":secret:{name}-" in reply["ARN"]
    for arn in (reply["ARN"], reply["ARN"][:-7]):
        again = keyturn.call(
            "DeleteSecret", {"SecretId": arn, "ForceDeleteWithoutRecovery": True}
        )
        assert again["Name"] == name
    with refused("ResourceNotFoundException", NOT_FOUND):  # not ours to say
        keyturn.call(
            "DeleteSecret",
            {
                "SecretId": reply["ARN"].replace(":secretsmanager:", ":s3:"),
                "ForceDeleteWithoutRecovery": True,
            },
        )
    with refused("ResourceNotFoundException", NOT_FOUND):
        keyturn.call("DeleteSecret", {"SecretId": name})


@pytest.mark.parametrize(
    "more",
    [
        {"RecoveryWindowInDays": 6},
        {"RecoveryWindowInDays": 31},
        {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
    ],
)
def test_bad_windows_are_refused(keyturn, more):
    name = keyturn.create("v")
    with refused("InvalidParameterException", "RecoveryWindowInDays"):
        keyturn.call("DeleteSecret", {"SecretId": name, **more})
    assert keyturn.secret(name) == "v"


def test_restoring_a_live_secret_succeeds(keyturn):
    name = keyturn.create("v")
    assert keyturn.call("RestoreSecret", {"SecretId": name})["Name"] == name


# ---- passwords ---------------------------------------------------------------


def password(keyturn, **wishes):
    return keyturn.call("GetRandomPassword", wishes)["RandomPassword"]


def test_random_passwords(keyturn):
    drawn = {password(keyturn) for _ in range(50)}
    assert len(drawn) == 50 and {len(p) for p in drawn} == {32}
    for p in drawn:
        assert all(
            any(test(c) for c in p)
            for test in (
                str.islower,
                str.isupper,
                str.isdigit,
                lambda c: not c.isalnum(),
            )
        )
        assert " " not in p
    assert len(password(keyturn, PasswordLength=4096)) == 4096
    digits = password(
        keyturn,
        ExcludeLowercase=True,
        ExcludeUppercase=True,
        ExcludePunctuation=True,
        ExcludeCharacters="01",
        PasswordLength=500,
    )
    assert set(digits) == set("23456789")
    assert " " in password(keyturn, IncludeSpace=True)


@pytest.mark.parametrize(
    "wishes, text",
    [
        (
            {"PasswordLength": 3},
            "Password length is too short based on the required types",
        ),
        ({"PasswordLength": 4, "IncludeSpace": True}, "too short"),
        ({"PasswordLength": 1, "ExcludePunctuation": True}, "too short"),
        ({"ExcludeCharacters": "0123456789"}, "no numbers"),
        ({"ExcludeCharacters": " ", "IncludeSpace": True}, "no spaces"),
        (
            {
                "ExcludeLowercase": True,
                "ExcludeUppercase": True,
                "ExcludeNumbers": True,
                "ExcludePunctuation": True,
            },
            "no character",
        ),
    ],
)
def test_impossible_passwords_are_refused(keyturn, wishes, text):
    with refused("InvalidParameterException", text):
        password(keyturn, **wishes)


@pytest.mark.parametrize("length", [-1, 0, 4097])
def test_a_password_has_1_to_4096_characters(keyturn, length):
    with refused("ValidationException", f"Value '{length}' at 'passwordLength'"):
        password(keyturn, PasswordLength=length)
    assert len(password(keyturn, PasswordLength=4096)) == 4096


@pytest.mark.parametrize(
    "wishes",
    [
        {"PasswordLength": "32"},
        {"ExcludeNumbers": "yes"},
        {"ExcludeNumbers": 1},
        {"ExcludeCharacters": 5},
        {"RequireEachIncludedType": "no"},
        {"IncludeSpace": []},
    ],
)
def test_wishes_of_the_wrong_type_are_refused(keyturn, wishes):
    with refused("SerializationException", next(iter(wishes))):
        password(keyturn, **wishes)


KINDS = {
    "ExcludeLowercase": "abcdefghijklmnopqrstuvwxyz",
    "ExcludeUppercase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ExcludeNumbers": "0123456789",
    "ExcludePunctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "IncludeSpace": " ",
}


@pytest.mark.parametrize("bits", range(32))
def test_every_combination_of_flags(keyturn, bits):
    """4096 characters have all of those that are allowed; each type is there
    even where there is room for no more."""
    flags = {name: bool(bits >> i & 1) for i, name in enumerate(KINDS)}
    allowed = [
        chars
        for name, chars in KINDS.items()
        if flags[name] == (name == "IncludeSpace")
    ]
    if not allowed:
        with refused("InvalidParameterException", "no character"):
            password(keyturn, **flags)
        return
    assert set(password(keyturn, **flags, PasswordLength=4096)) == set(
        "".join(allowed)
    )
    short = password(keyturn, **flags, PasswordLength=len(allowed))
    assert all(set(short) & set(chars) for chars in allowed)


def test_a_type_without_characters_is_left_out_where_none_is_required(keyturn):
    drawn = password(
        keyturn,
        ExcludeCharacters="0123456789",
        RequireEachIncludedType=False,
        PasswordLength=500,
    )
    assert not set(drawn) & set("0123456789")


def test_short_password_when_types_are_not_required(keyturn):
    assert len(password(keyturn, PasswordLength=1, RequireEachIncludedType=False)) == 1
