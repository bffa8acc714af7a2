"""KMS keys: made, listed, named by secrets in each spelling, and used."""

import uuid

import pytest

from conftest import ModelServer, new_token, put, refused
from keyturn_server import MemoryTarget

NOT_THERE = (
    " (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException)"
)


def make_key(keyturn, **members):
    return keyturn.call("keyturn.CreateKey", members)["Key"]


@pytest.fixture(scope="module")
def key(keyturn):
    """A key with an alias of its own."""
    return make_key(keyturn, Alias=f"alias/{uuid.uuid4().hex}", Description="mine")


def region(keyturn):
    return keyturn.call("keyturn.Status")["Region"]


def account(keyturn):
    return keyturn.call("keyturn.Status")["Account"]


def keys_of(keyturn, name):
    """{version: its key}"""
    reply = keyturn.call(
        "ListSecretVersionIds", {"SecretId": name, "IncludeDeprecated": True}
    )
    return {v["VersionId"]: v["KmsKeyIds"] for v in reply["Versions"]}


def described_key(keyturn, name):
    return keyturn.call("DescribeSecret", {"SecretId": name}).get("KmsKeyId")


def test_a_key_is_made_and_listed(keyturn, key):
    assert key["ARN"] == (
        f"arn:aws:kms:{region(keyturn)}:{account(keyturn)}:key/{key['KeyId']}"
    )
    assert key["Description"] == "mine"
    assert key["Default"] is False
    keys = keyturn.call("keyturn.ListKeys")["Keys"]
    assert key in keys
    assert [k["Default"] for k in keys].count(True) == 1
    assert keys[0]["Default"] is True


def test_a_key_needs_neither_alias_nor_description(keyturn):
    key = make_key(keyturn)
    assert "Alias" not in key and "Description" not in key
    assert make_key(keyturn)["KeyId"] != key["KeyId"]


def test_an_alias_is_one_keys(keyturn, key):
    with refused("ResourceExistsException", f"the alias of key {key['KeyId']}"):
        make_key(keyturn, Alias=key["Alias"])


@pytest.mark.parametrize(
    "alias", ["x", "alias/", "alias/a b", "alias/aws/x", "alias/ü", "Alias/x"]
)
def test_bad_aliases_are_refused(keyturn, alias):
    with refused("ValidationException", "alias/NAME"):
        make_key(keyturn, Alias=alias)


@pytest.mark.parametrize("how", ["id", "arn", "alias", "alias arn"])
def test_a_secret_names_its_key_in_each_way(keyturn, key, how):
    prefix = key["ARN"].rsplit(":", 1)[0]
    spelled = {
        "id": key["KeyId"],
        "arn": key["ARN"],
        "alias": key["Alias"],
        "alias arn": f"{prefix}:{key['Alias']}",
    }[how]
    name = keyturn.create("v", KmsKeyId=spelled)
    assert described_key(keyturn, name) == spelled
    assert list(keys_of(keyturn, name).values()) == [[key["KeyId"]]]
    assert keyturn.secret(name) == "v"


def default_spellings(keyturn):
    place = f"arn:aws:kms:{region(keyturn)}:{account(keyturn)}"
    default = keyturn.call("keyturn.ListKeys")["Keys"][0]
    return [
        "",
        "aws/secretsmanager",
        "alias/aws/secretsmanager",
        f"{place}:alias/aws/secretsmanager",
        default["KeyId"],
        default["ARN"],
    ]


def test_the_default_key_is_not_told(keyturn):
    for spelled in default_spellings(keyturn):
        name = keyturn.create("v", KmsKeyId=spelled)
        assert described_key(keyturn, name) is None, spelled
        assert list(keys_of(keyturn, name).values()) == [["DefaultEncryptionKey"]]


def test_a_key_that_is_not_there_is_refused(keyturn):
    place = f"arn:aws:kms:{region(keyturn)}:{account(keyturn)}"
    nobody = str(uuid.uuid4())
    words = "Secrets Manager can't encrypt the secret value: "
    for spelled, expected in (
        (nobody, f"Key '{place}:key/{nobody}' does not exist"),
        (f"{place}:key/{nobody}", f"Key '{place}:key/{nobody}' does not exist"),
        ("alias/nobody", f"Alias {place}:alias/nobody is not found."),
        (f"{place}:alias/nobody", f"Alias {place}:alias/nobody is not found."),
        (
            f"arn:aws:kms:mars-north-1:{account(keyturn)}:key/{nobody}",
            f"Key 'arn:aws:kms:mars-north-1:{account(keyturn)}:key/{nobody}' does "
            "not exist",
        ),
        ("nonsense", f"Key '{place}:key/nonsense' does not exist"),
        ("a\n\x1b[2Jb", f"Key '{place}:key/a??[2Jb' does not exist"),
    ):
        name = f"t/{uuid.uuid4().hex}"
        with refused("EncryptionFailure") as caught:
            keyturn.create("v", name=name, KmsKeyId=spelled)
        assert caught.value.message == words + expected + NOT_THERE
        with refused("ResourceNotFoundException"):
            keyturn.call("DescribeSecret", {"SecretId": name})


def test_a_refused_key_changes_nothing(keyturn, key):
    name = keyturn.create("v", KmsKeyId=key["Alias"])
    before = keyturn.call("DescribeSecret", {"SecretId": name})
    with refused("EncryptionFailure"):
        keyturn.call(
            "UpdateSecret",
            {
                "SecretId": name,
                "SecretString": "new",
                "Description": "new",
                "KmsKeyId": "alias/nobody",
            },
        )
    after = keyturn.call("DescribeSecret", {"SecretId": name})
    before.pop("LastAccessedDate", None), after.pop("LastAccessedDate", None)
    assert after == before


def test_a_new_key_takes_the_labelled_versions_along(keyturn, key):
    """AWSCURRENT, AWSPENDING, AWSPREVIOUS; no other label, no deprecated one."""
    name = keyturn.create()
    labels = {
        "deprecated": put(keyturn, name, "v1"),
        "custom": put(keyturn, name, "v2", "mine"),
        "previous": put(keyturn, name, "v3"),
        "current": put(keyturn, name, "v4"),
        "pending": put(keyturn, name, "v5", "AWSPENDING"),
    }
    reply = keyturn.call(
        "UpdateSecret", {"SecretId": name, "KmsKeyId": key["KeyId"]}
    )
    assert "VersionId" not in reply
    keys = keys_of(keyturn, name)
    for label in ("previous", "current", "pending"):
        assert keys[labels[label]] == [key["KeyId"]], label
    for label in ("deprecated", "custom"):
        assert keys[labels[label]] == ["DefaultEncryptionKey"], label
    for i, version in enumerate(labels.values(), 1):
        value = keyturn.call(
            "GetSecretValue", {"SecretId": name, "VersionId": version}
        )
        assert value["SecretString"] == f"v{i}"

    keyturn.call("UpdateSecret", {"SecretId": name, "KmsKeyId": ""})
    assert described_key(keyturn, name) is None
    assert set(map(tuple, keys_of(keyturn, name).values())) == {
        ("DefaultEncryptionKey",)
    }
    assert keyturn.secret(name) == "v4"


def test_a_value_and_a_key_at_once(keyturn, key):
    name = keyturn.create("old")
    token = new_token()
    keyturn.call(
        "UpdateSecret",
        {
            "SecretId": name,
            "SecretString": "new",
            "KmsKeyId": key["Alias"],
            "ClientRequestToken": token,
        },
    )
    keys = keys_of(keyturn, name)
    assert len(keys) == 2
    assert set(map(tuple, keys.values())) == {(key["KeyId"],)}
    assert keyturn.secret(name) == "new"
    assert keyturn.secret(name, "AWSPREVIOUS") == "old"


def test_every_later_value_is_under_the_secrets_key(keyturn, key):
    name = keyturn.create("v1", KmsKeyId=key["ARN"])
    put(keyturn, name, "v2")
    keyturn.call("UpdateSecret", {"SecretId": name, "SecretString": "v3"})
    assert set(map(tuple, keys_of(keyturn, name).values())) == {(key["KeyId"],)}


def test_a_rotations_value_is_under_the_secrets_key(keyturn, key):
    target = MemoryTarget(keyturn)
    name = keyturn.create(target.value(), KmsKeyId=key["Alias"])
    keyturn.call(
        "RotateSecret", {"SecretId": name, "RotationLambdaARN": "memory-single-user"}
    )
    assert keyturn.wait_rotation(name)["LastOutcome"] == "succeeded"
    keys = keys_of(keyturn, name)
    assert len(keys) == 2
    assert set(map(tuple, keys.values())) == {(key["KeyId"],)}
    assert target.accepts(keyturn.secret(name)["password"])


def test_keys_are_there_after_a_restart():
    with ModelServer() as keyturn:
        key = make_key(keyturn, Alias="alias/a")
        later = make_key(keyturn)
        keyturn.create("v", name="mine", KmsKeyId="alias/a")
        keyturn.create("v", name="default")
        keyturn.stop()
        keyturn.start()
        keys = keyturn.call("keyturn.ListKeys")["Keys"]
        assert keys[1:] == [key, later]
        assert keyturn.secret("mine") == "v"
        assert keyturn.secret("default") == "v"
        # The default is the one it was, not the youngest.
        put(keyturn, "default", "w")
        assert set(map(tuple, keys_of(keyturn, "default").values())) == {
            ("DefaultEncryptionKey",)
        }
