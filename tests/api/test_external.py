"""Managed external secrets: Type, and what their rotation is told."""

import pytest

from conftest import refused
from keyturn_server import MemoryTarget

ROTATOR = "memory-single-user"
ROLE = "arn:aws:iam::123456789012:role/rotates-at-the-partner"
METADATA = [
    {"Key": "adminSecretArn", "Value": "arn:x"},
    {"Key": "apiVersion", "Value": "v1 \u00fc"},
]


@pytest.fixture
def external(keyturn):
    return keyturn.create(MemoryTarget(keyturn).value(), Type="PartnerCredential")


def describe(keyturn, name):
    return keyturn.call("DescribeSecret", {"SecretId": name})


def listed(keyturn, name):
    (one,) = keyturn.call(
        "ListSecrets", {"Filters": [{"Key": "name", "Values": [name]}]}
    )["SecretList"]
    return one


def test_the_type_is_kept_and_told(keyturn, external):
    assert describe(keyturn, external)["Type"] == "PartnerCredential"
    assert listed(keyturn, external)["Type"] == "PartnerCredential"
    assert "Type" not in describe(keyturn, keyturn.create("v"))


def test_the_type_has_256_characters(keyturn):
    name = keyturn.create("v", Type="\u00fc" * 256)
    assert describe(keyturn, name)["Type"] == "\u00fc" * 256
    with refused("ValidationException", "at 'type'"):
        keyturn.create("v", Type="\u00fc" * 257)


def test_the_type_can_be_changed(keyturn, external):
    before = describe(keyturn, external)["LastChangedDate"]
    reply = keyturn.call("UpdateSecret", {"SecretId": external, "Type": "Other"})
    assert "VersionId" not in reply
    after = describe(keyturn, external)
    assert after["Type"] == "Other"
    assert after["LastChangedDate"] > before


def test_what_the_rotation_is_told_is_kept(keyturn, external):
    keyturn.call(
        "RotateSecret",
        {
            "SecretId": external,
            "RotationLambdaARN": ROTATOR,
            "ExternalSecretRotationMetadata": METADATA,
            "ExternalSecretRotationRoleArn": ROLE,
        },
    )
    keyturn.wait_rotation(external)
    for told in (describe(keyturn, external), listed(keyturn, external)):
        assert told["ExternalSecretRotationMetadata"] == METADATA
        assert told["ExternalSecretRotationRoleArn"] == ROLE
    # Each is changed by itself, and stays when it is not named.
    keyturn.call(
        "RotateSecret",
        {"SecretId": external, "ExternalSecretRotationMetadata": METADATA[:1]},
    )
    keyturn.wait_rotation(external)
    keyturn.call("RotateSecret", {"SecretId": external})
    told = describe(keyturn, external)
    assert told["ExternalSecretRotationMetadata"] == METADATA[:1]
    assert told["ExternalSecretRotationRoleArn"] == ROLE
    keyturn.wait_rotation(external)


def test_a_secret_without_a_type_has_none_of_it(keyturn):
    name = keyturn.create(MemoryTarget(keyturn).value())
    for member in (
        {"ExternalSecretRotationMetadata": METADATA},
        {"ExternalSecretRotationRoleArn": ROLE},
    ):
        with refused("InvalidParameterException", "managed external"):
            keyturn.call(
                "RotateSecret",
                {"SecretId": name, "RotationLambdaARN": ROTATOR, **member},
            )
    assert "RotationEnabled" not in describe(keyturn, name)


def test_metadata_has_a_limit(keyturn, external):
    with refused("InvalidParameterException", "larger than 65536 bytes"):
        keyturn.call(
            "RotateSecret",
            {
                "SecretId": external,
                "RotationLambdaARN": ROTATOR,
                "ExternalSecretRotationMetadata": [
                    {"Key": "k", "Value": "v" * 2048}
                ]
                * 33,
            },
        )
    assert "RotationEnabled" not in describe(keyturn, external)
