"""Secrets in more than one region: replicas that show their primary, and what
a replica becomes on its own.

Regions are chosen as clients choose them, by what a request is signed for, and
on the Unix socket by X-Keyturn-Region."""

import base64
import json
import time
import uuid

import boto3
import botocore.config
import pytest

from conftest import SHAPES, ModelServer, check, put, refused
from keyturn_server import ApiError, MemoryTarget

HOME, AWAY, THIRD = "us-east-1", "eu-west-1", "ap-southeast-2"

READ_ONLY = (
    "Operation not permitted on a replica secret. Call must be made in primary "
    "secret's region."
)
NAME_TAKEN = "Secret with this name already exists in this region"


class Regions(ModelServer):
    """One keyturnd; call_in() asks it in a region."""

    def call_in(self, region, operation, body=None):
        target = operation if "." in operation else f"secretsmanager.{operation}"
        body = dict(body or {})
        if operation in ("CreateSecret", "PutSecretValue", "UpdateSecret", "RotateSecret"):
            body.setdefault("ClientRequestToken", str(uuid.uuid4()))
        status, text = self.post(
            json.dumps(body), {"X-Amz-Target": target, "X-Keyturn-Region": region}
        )
        reply = json.loads(text)
        if status != 200:
            shape = SHAPES.get(operation)
            assert shape is None or reply["__type"] in shape["errors"] + [
                "AccessDeniedException",
                "ValidationException",
            ]
            raise ApiError(status, reply["__type"], reply["Message"])
        if operation in SHAPES:
            check(reply, SHAPES[operation]["reply"], operation)
        return reply

    def describe(self, region, name):
        return self.call_in(region, "DescribeSecret", {"SecretId": name})

    def value(self, region, name, **more):
        reply = self.call_in(region, "GetSecretValue", {"SecretId": name, **more})
        return reply["SecretString"]

    def replicate(self, name, *regions, **more):
        return self.call(
            "ReplicateSecretToRegions",
            {
                "SecretId": name,
                "AddReplicaRegions": [{"Region": r} for r in regions],
                **more,
            },
        )


@pytest.fixture(scope="module")
def keyturn():
    server = Regions()
    server.write_settings(
        replica_regions=f"{AWAY}, {THIRD}", listen=f"127.0.0.1:{server.port}"
    )
    with server:
        yield server
        assert server.process.poll() is None, server.log_text()[-4000:]
        assert "Sanitizer" not in server.log_text()


@pytest.fixture
def name(keyturn):
    return keyturn.create(
        "v1", Description="of two regions", Tags=[{"Key": "k", "Value": "v"}]
    )


def arn_in(region, arn):
    return ":".join([*arn.split(":")[:3], region, *arn.split(":")[4:]])


IN_SYNC = {
    "Region": AWAY,
    "KmsKeyId": "alias/aws/secretsmanager",
    "Status": "InSync",
    "StatusMessage": "Replication succeeded",
}


def test_a_replica_shows_its_primary(keyturn, name):
    arn = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    reply = keyturn.replicate(name, AWAY)
    assert reply == {"ARN": arn, "ReplicationStatus": [IN_SYNC]}
    here, there = keyturn.describe(HOME, name), keyturn.describe(AWAY, name)
    assert here["ReplicationStatus"] == [IN_SYNC]
    assert "ReplicationStatus" not in there
    assert here["PrimaryRegion"] == there["PrimaryRegion"] == HOME
    assert there["ARN"] == arn_in(AWAY, arn)
    for member in ("Name", "Description", "Tags", "VersionIdsToStages", "LastChangedDate"):
        assert there[member] == here[member], member
    for spelled in (name, there["ARN"], there["ARN"][:-7]):
        assert keyturn.value(AWAY, spelled) == "v1"


def test_a_region_sees_its_own_secrets_alone(keyturn, name):
    here = keyturn.describe(HOME, name)
    with refused("ResourceNotFoundException", "can't find the specified secret."):
        keyturn.describe(AWAY, name)
    keyturn.replicate(name, AWAY)
    with refused("ResourceNotFoundException"):
        keyturn.describe(THIRD, name)
    with refused("ResourceNotFoundException"):  # an ARN is of its region
        keyturn.describe(AWAY, here["ARN"])
    mine = {"Filters": [{"Key": "name", "Values": [name]}]}
    for region, found in ((HOME, [here["ARN"]]), (AWAY, [arn_in(AWAY, here["ARN"])]), (THIRD, [])):
        reply = keyturn.call_in(region, "ListSecrets", mine)
        assert [s["ARN"] for s in reply["SecretList"]] == found
        batch = keyturn.call_in(region, "BatchGetSecretValue", mine)
        assert [s["ARN"] for s in batch["SecretValues"]] == found


def test_lists_find_replicas_by_where_they_come_from(keyturn, name):
    keyturn.replicate(name, AWAY)
    own = str(uuid.uuid4())
    keyturn.call_in(AWAY, "CreateSecret", {"Name": own, "SecretString": "x"})
    for primary, found in ((HOME, name), (AWAY, own)):
        body = {
            "Filters": [
                {"Key": "primary-region", "Values": [primary]},
                {"Key": "name", "Values": [name, own]},
            ]
        }
        (listed,) = keyturn.call_in(AWAY, "ListSecrets", body)["SecretList"]
        assert listed["Name"] == found
        assert listed.get("PrimaryRegion") == (HOME if found == name else None)


def test_a_change_of_the_primary_is_seen_at_once(keyturn, name):
    keyturn.replicate(name, AWAY)
    put(keyturn, name, "v2")
    assert keyturn.value(AWAY, name) == "v2"
    assert keyturn.value(AWAY, name, VersionStage="AWSPREVIOUS") == "v1"
    keyturn.call("UpdateSecret", {"SecretId": name, "Description": "other"})
    keyturn.call("TagResource", {"SecretId": name, "Tags": [{"Key": "new", "Value": ""}]})
    policy = json.dumps({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:PutSecretValue",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:username": "nobody"}},
        }],
    })
    keyturn.call("PutResourcePolicy", {"SecretId": name, "ResourcePolicy": policy})
    there = keyturn.describe(AWAY, name)
    assert there["Description"] == "other"
    assert [t["Key"] for t in there["Tags"]] == ["k", "new"]
    got = keyturn.call_in(AWAY, "GetResourcePolicy", {"SecretId": name})
    assert got["ResourcePolicy"] == policy
    versions = [
        keyturn.call_in(region, "ListSecretVersionIds", {"SecretId": name})["Versions"]
        for region in (HOME, AWAY)
    ]
    assert versions[0] == versions[1] and len(versions[0]) == 2


def test_tags_put_first_after_replication_are_seen(keyturn):
    name = keyturn.create("v")
    keyturn.replicate(name, AWAY)
    assert "Tags" not in keyturn.describe(AWAY, name)
    keyturn.call("TagResource", {"SecretId": name, "Tags": [{"Key": "a", "Value": "b"}]})
    assert keyturn.describe(AWAY, name)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_days_of_access_are_of_each_region(keyturn, name):
    keyturn.replicate(name, AWAY)
    keyturn.value(AWAY, name)
    today = time.time() // 86400 * 86400
    assert keyturn.describe(AWAY, name)["LastAccessedDate"] == today
    here = keyturn.describe(HOME, name)
    assert "LastAccessedDate" not in here
    assert here["ReplicationStatus"][0]["LastAccessedDate"] == today
    keyturn.value(HOME, name)
    assert keyturn.describe(HOME, name)["LastAccessedDate"] == today


@pytest.mark.parametrize(
    "operation, body",
    [
        ("PutSecretValue", {"SecretString": "x"}),
        ("UpdateSecret", {"Description": "x"}),
        ("DeleteSecret", {}),
        ("DeleteSecret", {"ForceDeleteWithoutRecovery": True}),
        ("RestoreSecret", {}),
        ("RotateSecret", {}),
        ("CancelRotateSecret", {}),
        ("TagResource", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("UntagResource", {"TagKeys": ["k"]}),
        ("UpdateSecretVersionStage", {"VersionStage": "X", "MoveToVersionId": "0" * 32}),
        ("PutResourcePolicy", {"ResourcePolicy": "{}"}),
        ("DeleteResourcePolicy", {}),
        ("ReplicateSecretToRegions", {"AddReplicaRegions": [{"Region": THIRD}]}),
        ("RemoveRegionsFromReplication", {"RemoveReplicaRegions": [AWAY]}),
    ],
)
def test_a_replica_is_not_written(keyturn, name, operation, body):
    keyturn.replicate(name, AWAY)
    before = keyturn.describe(AWAY, name)
    with refused("InvalidParameterException", READ_ONLY):
        keyturn.call_in(AWAY, operation, {"SecretId": name, **body})
    assert keyturn.describe(AWAY, name) == before


def test_a_primary_with_replicas_is_not_deleted(keyturn, name):
    arn = keyturn.replicate(name, THIRD, AWAY)["ARN"]
    for more in ({}, {"ForceDeleteWithoutRecovery": True}):
        with refused(
            "InvalidParameterException",
            f"You can't delete secret {arn} that still has replica regions "
            f"[{THIRD}, {AWAY}].",
        ):
            keyturn.call("DeleteSecret", {"SecretId": name, **more})
    reply = keyturn.call(
        "RemoveRegionsFromReplication",
        {"SecretId": name, "RemoveReplicaRegions": [THIRD]},
    )
    assert reply == {"ARN": arn, "ReplicationStatus": [IN_SYNC]}
    keyturn.call(
        "RemoveRegionsFromReplication",
        {"SecretId": name, "RemoveReplicaRegions": [AWAY]},
    )
    said = keyturn.describe(HOME, name)
    assert "ReplicationStatus" not in said and "PrimaryRegion" not in said
    for region in (AWAY, THIRD):
        with refused("ResourceNotFoundException"):
            keyturn.value(region, name)
    keyturn.call("DeleteSecret", {"SecretId": name})


def test_regions_are_removed_all_or_none(keyturn, name):
    keyturn.replicate(name, AWAY)
    with refused("InvalidParameterException", THIRD):
        keyturn.call(
            "RemoveRegionsFromReplication",
            {"SecretId": name, "RemoveReplicaRegions": [AWAY, THIRD]},
        )
    assert keyturn.value(AWAY, name) == "v1"


@pytest.mark.parametrize(
    "regions, kind",
    [
        ([HOME], "InvalidParameterException"),
        (["eu-central-1"], "InvalidParameterException"),  # not configured
        ([AWAY, AWAY], "InvalidParameterException"),
        (["EU"], "ValidationException"),
        ([], "ValidationException"),
    ],
)
def test_regions_that_cannot_be(keyturn, name, regions, kind):
    with refused(kind):
        keyturn.replicate(name, *regions)
    assert "ReplicationStatus" not in keyturn.describe(HOME, name)


def test_again_is_the_same(keyturn, name):
    keyturn.replicate(name, AWAY)
    there = keyturn.describe(AWAY, name)
    assert keyturn.replicate(name, AWAY)["ReplicationStatus"] == [IN_SYNC]
    assert keyturn.describe(AWAY, name) == there


def test_a_taken_name_fails_until_it_is_free(keyturn, name):
    keyturn.call_in(AWAY, "CreateSecret", {"Name": name, "SecretString": "theirs"})
    (status,) = keyturn.replicate(name, AWAY)["ReplicationStatus"]
    failed = {**IN_SYNC, "Status": "Failed", "StatusMessage": NAME_TAKEN}
    assert status == failed
    assert keyturn.describe(HOME, name)["ReplicationStatus"] == [failed]
    assert keyturn.value(AWAY, name) == "theirs"
    keyturn.call_in(AWAY, "DeleteSecret", {"SecretId": name})
    assert keyturn.replicate(name, AWAY)["ReplicationStatus"] == [failed]
    reply = keyturn.replicate(name, AWAY, ForceOverwriteReplicaSecret=True)
    assert reply["ReplicationStatus"] == [IN_SYNC]
    assert keyturn.value(AWAY, name) == "v1"


def test_what_is_replicated_itself_is_not_overwritten(keyturn, name):
    keyturn.call_in(AWAY, "CreateSecret", {"Name": name, "SecretString": "theirs"})
    keyturn.call_in(
        AWAY,
        "ReplicateSecretToRegions",
        {"SecretId": name, "AddReplicaRegions": [{"Region": THIRD}]},
    )
    for region in (AWAY, THIRD):
        (status,) = [
            s
            for s in keyturn.replicate(
                name, region, ForceOverwriteReplicaSecret=True
            )["ReplicationStatus"]
            if s["Region"] == region
        ]
        assert status["Status"] == "Failed"
        assert keyturn.value(region, name) == "theirs"


def test_created_with_replicas(keyturn):
    name = str(uuid.uuid4())
    token = str(uuid.uuid4())
    body = {
        "Name": name,
        "SecretString": "v",
        "ClientRequestToken": token,
        "AddReplicaRegions": [{"Region": AWAY}, {"Region": THIRD}],
    }
    for _ in range(2):  # the same token: the same answer
        reply = keyturn.call("CreateSecret", body)
        assert [s["Region"] for s in reply["ReplicationStatus"]] == [AWAY, THIRD]
        assert {s["Status"] for s in reply["ReplicationStatus"]} == {"InSync"}
        assert reply["VersionId"] == token
    assert keyturn.value(THIRD, name) == "v"
    with refused("InvalidParameterException", "mars-1"):
        keyturn.create("v", name=name + "x", AddReplicaRegions=[{"Region": "mars-1"}])
    with refused("ResourceNotFoundException"):  # nothing was made
        keyturn.describe(HOME, name + "x")


def test_names_are_of_their_region(keyturn, name):
    made = keyturn.call_in(AWAY, "CreateSecret", {"Name": name, "SecretString": "b"})
    assert made["ARN"].split(":")[3] == AWAY
    assert keyturn.value(HOME, name) == "v1" and keyturn.value(AWAY, name) == "b"
    with refused("ResourceExistsException", f"the secret {name} already exists."):
        keyturn.call_in(AWAY, "CreateSecret", {"Name": name, "SecretString": "c"})
    with refused("ResourceExistsException"):  # a replica has its name, too
        keyturn.replicate(name, THIRD)
        keyturn.call_in(THIRD, "CreateSecret", {"Name": name, "SecretString": "c"})


# ---- promotion -----------------------------------------------------------------


def stop(keyturn, region, name):
    return keyturn.call_in(region, "StopReplicationToReplica", {"SecretId": name})


def test_a_promoted_replica_is_a_secret_of_its_own(keyturn, name):
    put(keyturn, name, "v2")
    put(keyturn, name, "v3", "MINE")
    old = put(keyturn, name, "v4")
    put(keyturn, name, "v5"), put(keyturn, name, "v6")  # v4 has no label now
    arn = keyturn.replicate(name, AWAY)["ARN"]
    before = keyturn.describe(AWAY, name)
    assert stop(keyturn, AWAY, name) == {"ARN": arn_in(AWAY, arn)}
    after = keyturn.describe(AWAY, name)
    assert after.pop("LastChangedDate") >= before.pop("LastChangedDate")
    assert before.pop("PrimaryRegion") == HOME
    assert after == before
    assert "ReplicationStatus" not in keyturn.describe(HOME, name)
    for stage, value in (("AWSCURRENT", "v6"), ("AWSPREVIOUS", "v5"), ("MINE", "v3")):
        assert keyturn.value(AWAY, name, VersionStage=stage) == value
    assert keyturn.value(AWAY, name, VersionId=old) == "v4"
    # Each goes on alone.
    put(keyturn, name, "home")
    keyturn.call_in(AWAY, "PutSecretValue", {"SecretId": name, "SecretString": "away"})
    keyturn.call_in(AWAY, "UntagResource", {"SecretId": name, "TagKeys": ["k"]})
    assert keyturn.value(HOME, name) == "home" and keyturn.value(AWAY, name) == "away"
    assert keyturn.describe(HOME, name)["Tags"] == [{"Key": "k", "Value": "v"}]
    keyturn.call("DeleteSecret", {"SecretId": name, "ForceDeleteWithoutRecovery": True})
    assert keyturn.value(AWAY, name) == "away"
    keyturn.call_in(AWAY, "DeleteSecret", {"SecretId": name})


def test_a_promoted_replica_keeps_the_policy(keyturn, name):
    text = json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "210987654321"},
                       "Action": "secretsmanager:GetSecretValue", "Resource": "*"}],
    })
    keyturn.call("PutResourcePolicy", {"SecretId": name, "ResourcePolicy": text})
    keyturn.replicate(name, AWAY)
    stop(keyturn, AWAY, name)
    keyturn.call("DeleteResourcePolicy", {"SecretId": name})
    got = keyturn.call_in(AWAY, "GetResourcePolicy", {"SecretId": name})
    assert got["ResourcePolicy"] == text
    keyturn.call_in(AWAY, "DeleteResourcePolicy", {"SecretId": name})
    assert "ResourcePolicy" not in keyturn.call_in(
        AWAY, "GetResourcePolicy", {"SecretId": name}
    )


def test_a_secret_without_a_value_can_be_promoted(keyturn):
    name = keyturn.create()
    keyturn.replicate(name, AWAY)
    stop(keyturn, AWAY, name)
    assert "VersionIdsToStages" not in keyturn.describe(AWAY, name)
    keyturn.call_in(AWAY, "PutSecretValue", {"SecretId": name, "SecretString": "x"})
    assert keyturn.value(AWAY, name) == "x"


def test_only_replicas_are_promoted(keyturn, name):
    keyturn.replicate(name, AWAY)
    with refused("InvalidParameterException"):
        stop(keyturn, HOME, name)
    with refused("ResourceNotFoundException"):
        stop(keyturn, THIRD, name)
    stop(keyturn, AWAY, name)
    with refused("InvalidParameterException"):
        stop(keyturn, AWAY, name)


def test_a_promoted_secret_can_be_replicated_and_stands_in_the_way(keyturn, name):
    keyturn.replicate(name, AWAY)
    stop(keyturn, AWAY, name)
    (status,) = keyturn.replicate(name, AWAY)["ReplicationStatus"]
    assert status["Status"] == "Failed"
    keyturn.call_in(
        AWAY,
        "ReplicateSecretToRegions",
        {"SecretId": name, "AddReplicaRegions": [{"Region": THIRD}]},
    )
    assert keyturn.describe(THIRD, name)["PrimaryRegion"] == AWAY


def test_binary_values_are_promoted(keyturn):
    raw = bytes(range(256)) * 256
    name = keyturn.create(SecretBinary=base64.b64encode(raw).decode())
    keyturn.replicate(name, AWAY)
    for _ in range(2):
        got = keyturn.call_in(AWAY, "GetSecretValue", {"SecretId": name})
        assert base64.b64decode(got["SecretBinary"]) == raw
        if _ == 0:
            stop(keyturn, AWAY, name)


# ---- rotation --------------------------------------------------------------------


def lambda_arn(region, rotator="memory-single-user"):
    return f"arn:aws:lambda:{region}:000000000000:function:{rotator}"


def rotate(keyturn, region, name, **more):
    body = {"SecretId": name, "RotationRules": {"AutomaticallyAfterDays": 30}, **more}
    keyturn.call_in(region, "RotateSecret", body)


def wait_rotated(keyturn, region, name, since):
    def look():
        said = keyturn.describe(region, name)
        return said if said.get("LastRotatedDate", 0) > since else None

    return keyturn.wait_for(look)


def test_a_replica_shows_a_rotation_of_its_primary(keyturn):
    target = MemoryTarget(keyturn)
    name = keyturn.create(target.value())
    keyturn.replicate(name, AWAY)
    rotate(keyturn, HOME, name, RotationLambdaARN=lambda_arn(HOME))
    there = wait_rotated(keyturn, AWAY, name, 0)
    assert target.accepts(json.loads(keyturn.value(AWAY, name))["password"])
    here = keyturn.describe(HOME, name)
    for member in ("RotationEnabled", "LastRotatedDate", "NextRotationDate"):
        assert there[member] == here[member], member


def test_a_promoted_replica_rotates_by_itself_once_it_is_told_to(keyturn):
    target = MemoryTarget(keyturn)
    name = keyturn.create(target.value())
    keyturn.replicate(name, AWAY)
    rotate(keyturn, HOME, name, RotationLambdaARN=lambda_arn(HOME))
    rotated = wait_rotated(keyturn, AWAY, name, 0)["LastRotatedDate"]
    stop(keyturn, AWAY, name)
    assert "RotationEnabled" not in keyturn.describe(AWAY, name)
    assert target.accepts(json.loads(keyturn.value(AWAY, name))["password"])
    rotate(keyturn, AWAY, name, RotationLambdaARN=lambda_arn(AWAY))
    there = wait_rotated(keyturn, AWAY, name, rotated)
    assert there["RotationLambdaARN"] == lambda_arn(AWAY)
    assert target.accepts(json.loads(keyturn.value(AWAY, name))["password"])
    assert keyturn.describe(HOME, name)["LastRotatedDate"] == rotated


# ---- by signature ----------------------------------------------------------------


def client(keyturn, region, key):
    return boto3.client(
        "secretsmanager",
        endpoint_url=f"http://127.0.0.1:{keyturn.port}",
        region_name=region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def user_of(keyturn, *statements):
    """The key of a user with these rights."""
    user = "u" + uuid.uuid4().hex[:12]
    keyturn.call("keyturn.CreateUser", {"UserName": user})
    keyturn.call(
        "keyturn.PutEntityPolicy",
        {
            "Entity": f"user/{user}",
            "PolicyName": "p",
            "PolicyDocument": json.dumps(
                {"Version": "2012-10-17", "Statement": list(statements)}
            ),
        },
    )
    return keyturn.call("keyturn.CreateAccessKey", {"UserName": user})


def allow(*actions, resource="*"):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def test_the_region_that_is_signed_for_decides(keyturn, name):
    arn = keyturn.replicate(name, AWAY)["ARN"]
    key = user_of(keyturn, allow("secretsmanager:*", resource=arn_in(AWAY, arn)))
    away = client(keyturn, AWAY, key)
    assert away.get_secret_value(SecretId=name)["ARN"] == arn_in(AWAY, arn)
    with pytest.raises(away.exceptions.ClientError) as failure:
        client(keyturn, HOME, key).get_secret_value(SecretId=name)
    assert failure.value.response["Error"]["Code"] == "AccessDeniedException"
    with pytest.raises(away.exceptions.InvalidParameterException, match="replica secret"):
        away.put_secret_value(SecretId=name, SecretString="x")
    with pytest.raises(away.exceptions.ClientError) as failure:
        client(keyturn, "eu-central-1", key).get_secret_value(SecretId=name)
    assert failure.value.response["Error"]["Code"] == "InvalidSignatureException"
    away.stop_replication_to_replica(SecretId=name)
    away.put_secret_value(SecretId=name, SecretString="x")


# Service Authorization Reference: "Filters access by primary region in which the
# secret is created".
def test_policies_see_the_primary_region(keyturn, name):
    keyturn.replicate(name, AWAY)
    own = name + "/own"
    keyturn.call_in(AWAY, "CreateSecret", {"Name": own, "SecretString": "x"})
    for region, may, may_not in ((HOME, name, own), (AWAY, own, name)):
        condition = {"StringEquals": {"secretsmanager:SecretPrimaryRegion": region}}
        key = user_of(
            keyturn, {**allow("secretsmanager:GetSecretValue"), "Condition": condition}
        )
        aws = client(keyturn, AWAY, key)
        assert aws.get_secret_value(SecretId=may)["Name"] == may
        with pytest.raises(aws.exceptions.ClientError, match="not authorized"):
            aws.get_secret_value(SecretId=may_not)


def test_a_replica_has_a_key_of_its_own(keyturn, name):
    made = keyturn.call("keyturn.CreateKey", {"Alias": f"alias/{uuid.uuid4()}"})["Key"]
    away_key = arn_in(AWAY, made["ARN"])
    keyturn.call(
        "ReplicateSecretToRegions",
        {
            "SecretId": name,
            "AddReplicaRegions": [{"Region": AWAY, "KmsKeyId": made["Alias"]}],
        },
    )
    here, there = keyturn.describe(HOME, name), keyturn.describe(AWAY, name)
    assert "KmsKeyId" not in here
    assert there["KmsKeyId"] == here["ReplicationStatus"][0]["KmsKeyId"] == made["Alias"]
    every = allow("secretsmanager:*")
    without = client(keyturn, AWAY, user_of(keyturn, every))
    with pytest.raises(without.exceptions.ClientError, match="KMS is not allowed"):
        without.get_secret_value(SecretId=name)
    key = user_of(keyturn, every, allow("kms:Decrypt", resource=away_key))
    assert client(keyturn, AWAY, key).get_secret_value(SecretId=name)["SecretString"] == "v1"
    stop(keyturn, AWAY, name)
    assert keyturn.describe(AWAY, name)["KmsKeyId"] == made["Alias"]
    assert client(keyturn, AWAY, key).get_secret_value(SecretId=name)["SecretString"] == "v1"
    with pytest.raises(without.exceptions.ClientError, match="KMS is not allowed"):
        without.get_secret_value(SecretId=name)


# "To encrypt the replicated secret with a KMS key other than aws/secretsmanager,
# you need kms:GenerateDataKey and kms:Encrypt to the key" (the service model).
def test_to_replicate_takes_the_right_to_the_key(keyturn, name):
    made = keyturn.call("keyturn.CreateKey", {"Alias": f"alias/{uuid.uuid4()}"})["Key"]
    away_key = arn_in(AWAY, made["ARN"])
    regions = [{"Region": AWAY, "KmsKeyId": away_key}]
    every = allow("secretsmanager:*")
    for actions in (["kms:GenerateDataKey"], ["kms:Encrypt"]):
        half = client(
            keyturn, HOME, user_of(keyturn, every, allow(*actions, resource=away_key))
        )
        with pytest.raises(half.exceptions.ClientError, match="KMS is not allowed"):
            half.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=regions)
        with pytest.raises(half.exceptions.ClientError, match="KMS is not allowed"):
            half.create_secret(Name=name + "x", AddReplicaRegions=regions)
    with refused("ResourceNotFoundException"):
        keyturn.describe(HOME, name + "x")
    rights = allow("kms:GenerateDataKey", "kms:Encrypt", resource=away_key)
    both = client(keyturn, HOME, user_of(keyturn, every, rights))
    (status,) = both.replicate_secret_to_regions(
        SecretId=name, AddReplicaRegions=regions
    )["ReplicationStatus"]
    assert status["Status"] == "InSync" and status["KmsKeyId"] == away_key


def test_a_key_that_is_not_there_is_refused(keyturn, name):
    with refused("InvalidParameterException", "alias/none is not found"):
        keyturn.call(
            "ReplicateSecretToRegions",
            {
                "SecretId": name,
                "AddReplicaRegions": [{"Region": AWAY, "KmsKeyId": "alias/none"}],
            },
        )


def test_the_socket_takes_configured_regions_alone(keyturn):
    with refused("InvalidParameterException", "replica_regions"):
        keyturn.call_in("eu-central-1", "keyturn.Status")
