"""Values, versions and labels over the API, as AWS answers."""

import base64

import pytest

from conftest import new_token, put, refused

NOT_FOUND = "Secrets Manager can't find the specified secret."


# ---- values ------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["v", " ", '"\\/\b\f\n\r\t\x01\x7f', "ü€😀\u2028", "x" * 65536, "{}"],
    ids=["one", "blank", "escapes", "unicode", "longest", "json"],
)
def test_string_comes_back_as_it_went_in(keyturn, value):
    name = keyturn.create(value)
    reply = keyturn.call("GetSecretValue", {"SecretId": name})
    assert reply["SecretString"] == value
    assert "SecretBinary" not in reply


@pytest.mark.parametrize("size", [1, 2, 3, 4, 255, 65536])
def test_binary_comes_back_as_it_went_in(keyturn, size):
    value = bytes(i * 7 % 256 for i in range(size))
    name = keyturn.create(SecretBinary=base64.b64encode(value).decode())
    reply = keyturn.call("GetSecretValue", {"SecretId": name})
    assert base64.b64decode(reply["SecretBinary"], validate=True) == value
    assert "SecretString" not in reply


@pytest.mark.parametrize("text", ["!", "YQ", "YQ===", "Y Q=", "====", "YQ=a", "=YQ="])
def test_binary_that_is_not_base64_is_refused(keyturn, text):
    with refused("SerializationException", "SecretBinary"):
        keyturn.create(SecretBinary=text)


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecret"])
@pytest.mark.parametrize("size", [0, 65537, 200000])
def test_value_outside_of_1_to_65536_bytes_is_refused(keyturn, operation, size):
    name = keyturn.create("v")
    with refused("ValidationException", "at 'secretString'"):
        keyturn.call(operation, {"SecretId": name, "SecretString": "x" * size})
    text = base64.b64encode(b"x" * size).decode()
    with refused("ValidationException", "at 'secretBinary'"):
        keyturn.call(operation, {"SecretId": name, "SecretBinary": text})
    # The limit is in bytes.
    if size > 65536:
        with refused("ValidationException", "65536"):
            keyturn.call(operation, {"SecretId": name, "SecretString": "ü" * 32769})
    assert keyturn.secret(name) == "v"


def test_both_kinds_or_neither_are_refused(keyturn):
    name = keyturn.create("v")
    both = {"SecretId": name, "SecretString": "w", "SecretBinary": "dw=="}
    with refused("InvalidParameterException", "both"):
        keyturn.call("PutSecretValue", both)
    with refused(
        "InvalidRequestException",
        "You must provide either SecretString or SecretBinary.",
    ):
        keyturn.call("PutSecretValue", {"SecretId": name})
    assert keyturn.secret(name) == "v"


def test_secret_without_a_value(keyturn, token):
    name = f"empty-{token}"
    assert "VersionId" not in keyturn.call("CreateSecret", {"Name": name})
    reply = keyturn.call("DescribeSecret", {"SecretId": name})
    assert "VersionIdsToStages" not in reply
    assert "LastAccessedDate" not in reply and "RotationEnabled" not in reply
    with refused(
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging "
        "label: AWSCURRENT",
    ):
        keyturn.call("GetSecretValue", {"SecretId": name})
    # The first value becomes current, whatever else it is called.
    version = put(keyturn, name, "v", "blue")
    assert keyturn.stages(name) == {version: ["AWSCURRENT", "blue"]}


# ---- labels ------------------------------------------------------------------


def test_put_moves_current_and_previous(keyturn, token):
    name = keyturn.create("1", ClientRequestToken=token)
    second = put(keyturn, name, "2")
    assert keyturn.stages(name) == {token: ["AWSPREVIOUS"], second: ["AWSCURRENT"]}
    third = put(keyturn, name, "3")
    assert keyturn.stages(name) == {second: ["AWSPREVIOUS"], third: ["AWSCURRENT"]}
    # Without labels it is readable by its id, and only listed when asked for.
    reply = keyturn.call("GetSecretValue", {"SecretId": name, "VersionId": token})
    assert reply["SecretString"] == "1" and "VersionStages" not in reply
    listed = keyturn.call("ListSecretVersionIds", {"SecretId": name})
    assert {v["VersionId"] for v in listed["Versions"]} == {second, third}
    listed = keyturn.call(
        "ListSecretVersionIds", {"SecretId": name, "IncludeDeprecated": True}
    )
    old = [v for v in listed["Versions"] if v["VersionId"] == token]
    assert len(old) == 1 and "VersionStages" not in old[0]


def test_put_with_labels_leaves_current_alone(keyturn, token):
    name = keyturn.create("1", ClientRequestToken=token)
    blue = put(keyturn, name, "2", "blue", "green")
    assert keyturn.stages(name) == {token: ["AWSCURRENT"], blue: ["blue", "green"]}
    green = put(keyturn, name, "3", "green")
    assert keyturn.stages(name) == {
        token: ["AWSCURRENT"],
        blue: ["blue"],
        green: ["green"],
    }
    assert keyturn.secret(name, "green") == 3


def test_who_loses_current_loses_pending_and_keeps_its_own(keyturn, token):
    name = keyturn.create("1", ClientRequestToken=token)
    second = put(keyturn, name, "2", "AWSCURRENT", "AWSPENDING", "mine")
    third = put(keyturn, name, "3")
    assert keyturn.stages(name) == {
        second: ["AWSPREVIOUS", "mine"],
        third: ["AWSCURRENT"],
    }


def test_get_by_version_and_stage(keyturn, token):
    name = keyturn.create("1", ClientRequestToken=token)
    second = put(keyturn, name, "2")
    get = {"SecretId": name, "VersionId": token, "VersionStage": "AWSPREVIOUS"}
    assert keyturn.call("GetSecretValue", get)["SecretString"] == "1"
    with refused(
        "InvalidRequestException",
        "You provided a VersionStage that is not associated to the provided "
        "VersionId.",
    ):
        keyturn.call("GetSecretValue", {**get, "VersionId": second})
    none = new_token()
    with refused("ResourceNotFoundException", f"value for VersionId: {none}"):
        keyturn.call("GetSecretValue", {"SecretId": name, "VersionId": none})
    with refused("ResourceNotFoundException", "value for staging label: nope"):
        keyturn.call("GetSecretValue", {"SecretId": name, "VersionStage": "nope"})
    with refused("ResourceNotFoundException", NOT_FOUND):
        keyturn.call("GetSecretValue", {"SecretId": "nobody"})


def move(keyturn, name, stage, source=None, to=None):
    body = {"SecretId": name, "VersionStage": stage}
    if source:
        body["RemoveFromVersionId"] = source
    if to:
        body["MoveToVersionId"] = to
    return keyturn.call("UpdateSecretVersionStage", body)


def test_an_attached_label_moves_only_from_where_it_is(keyturn, token):
    name = keyturn.create("1", ClientRequestToken=token)
    second = put(keyturn, name, "2", "blue")
    must = (
        "The parameter RemoveFromVersionId can't be empty. Staging label "
        f"AWSCURRENT is currently attached to version {token}, so you must "
        "explicitly reference that version in RemoveFromVersionId."
    )
    before = keyturn.stages(name)
    with refused("InvalidParameterException", must):
        move(keyturn, name, "AWSCURRENT", to=second)
    with refused("InvalidParameterException", must):
        move(keyturn, name, "AWSCURRENT", source=second, to=second)
    with refused("InvalidParameterException"):
        move(keyturn, name, "AWSCURRENT", source=token)
    with refused("InvalidParameterException"):
        move(keyturn, name, "blue")
    with refused("ResourceNotFoundException"):
        move(keyturn, name, "blue", source=second, to=new_token())
    assert keyturn.stages(name) == before
    reply = move(keyturn, name, "AWSCURRENT", source=token, to=second)
    assert set(reply) == {"ARN", "Name"}
    assert keyturn.stages(name) == {
        token: ["AWSPREVIOUS"],
        second: ["AWSCURRENT", "blue"],
    }
    move(keyturn, name, "blue", source=second, to=token)
    assert keyturn.stages(name)[token] == ["AWSPREVIOUS", "blue"]
    move(keyturn, name, "blue", source=token)
    assert keyturn.stages(name)[token] == ["AWSPREVIOUS"]
    move(keyturn, name, "fresh", to=token)
    assert keyturn.stages(name)[token] == ["AWSPREVIOUS", "fresh"]


def test_moving_current_leaves_pending_on_the_new_one(keyturn, token):
    name = keyturn.create("1", ClientRequestToken=token)
    second = put(keyturn, name, "2", "AWSPENDING")
    move(keyturn, name, "AWSCURRENT", source=token, to=second)
    assert keyturn.stages(name) == {
        token: ["AWSPREVIOUS"],
        second: ["AWSCURRENT", "AWSPENDING"],
    }


def test_twenty_labels_and_no_more(keyturn):
    name = keyturn.create("1")
    put(keyturn, name, "2", *[f"l{i}" for i in range(19)])
    before = keyturn.stages(name)
    with refused("LimitExceededException", "20"):
        put(keyturn, name, "3", "one-more")
    with refused("LimitExceededException"):
        move(keyturn, name, "one-more", to=next(iter(before)))
    with refused("ValidationException"):
        put(keyturn, name, "3", *[f"l{i}" for i in range(21)])
    for bad in ("", "x" * 257):
        with refused("ValidationException", "256"):
            put(keyturn, name, "3", bad)
    assert keyturn.stages(name) == before
