"""BatchGetSecretValue: by list and by filters; what is wrong with one secret
is said in its place."""

import base64
import json
import time
import uuid

import pytest

from conftest import put, refused


@pytest.fixture
def family(keyturn):
    """Five secrets, the third without a value; the prefix."""
    prefix = f"b{uuid.uuid4().hex}"
    for i in range(5):
        keyturn.create(f"value {i}" if i != 2 else None, name=f"{prefix}/{i}")
    return prefix


def batch(keyturn, **body):
    return keyturn.call("BatchGetSecretValue", body)


def values(reply):
    return {s["Name"]: s["SecretString"] for s in reply["SecretValues"]}


NO_SECRET = "Secrets Manager can't find the specified secret."
NO_VALUE = (
    "Secrets Manager can't find the specified secret value for staging label: "
    "AWSCURRENT"
)
DELETED = (
    "You can't perform this operation on the secret because it was marked for "
    "deletion."
)


def test_by_list_in_its_order(keyturn, family):
    arn = keyturn.call("DescribeSecret", {"SecretId": f"{family}/3"})["ARN"]
    reply = batch(keyturn, SecretIdList=[f"{family}/4", arn, f"{family}/0"])
    assert list(values(reply).items()) == [
        (f"{family}/{i}", f"value {i}") for i in (4, 3, 0)
    ]
    assert reply["Errors"] == []
    assert "NextToken" not in reply


def test_each_value_is_what_get_says(keyturn, family):
    put(keyturn, f"{family}/1", "newer", "AWSCURRENT", "MINE")
    raw = bytes(range(256))
    name = keyturn.create(SecretBinary=base64.b64encode(raw).decode())
    reply = batch(keyturn, SecretIdList=[f"{family}/1", name])
    for got in reply["SecretValues"]:
        assert got == keyturn.call("GetSecretValue", {"SecretId": got["ARN"]})
    assert base64.b64decode(reply["SecretValues"][1]["SecretBinary"]) == raw
    assert sorted(reply["SecretValues"][0]["VersionStages"]) == ["AWSCURRENT", "MINE"]


def test_what_is_wrong_with_one_is_said_in_its_place(keyturn, family):
    keyturn.call("DeleteSecret", {"SecretId": f"{family}/1"})
    ids = [f"{family}/{x}" for x in ("none", 0, 1, 2, 3)] + ["not a name"]
    reply = batch(keyturn, SecretIdList=ids)
    assert set(values(reply)) == {f"{family}/0", f"{family}/3"}
    assert reply["Errors"][:3] == [
        {
            "SecretId": f"{family}/none",
            "ErrorCode": "ResourceNotFoundException",
            "Message": NO_SECRET,
        },
        {
            "SecretId": f"{family}/1",
            "ErrorCode": "InvalidRequestException",
            "Message": DELETED,
        },
        {
            "SecretId": f"{family}/2",
            "ErrorCode": "ResourceNotFoundException",
            "Message": NO_VALUE,
        },
    ]


def test_nothing_but_errors_is_a_reply_too(keyturn):
    reply = batch(keyturn, SecretIdList=["none/1", "none/2"])
    assert reply["SecretValues"] == []
    assert [e["SecretId"] for e in reply["Errors"]] == ["none/1", "none/2"]


def test_by_filters_in_pages(keyturn, family):
    keyturn.call("DeleteSecret", {"SecretId": f"{family}/3"})  # is left out
    body = {"Filters": [{"Key": "name", "Values": [family]}], "MaxResults": 2}
    first = batch(keyturn, **body)
    assert values(first) == {f"{family}/0": "value 0", f"{family}/1": "value 1"}
    second = batch(keyturn, **body, NextToken=first["NextToken"])
    assert values(second) == {f"{family}/4": "value 4"}
    (error,) = second["Errors"]
    assert error["SecretId"].startswith("arn:") and f"{family}/2-" in error["SecretId"]
    assert error["Message"] == NO_VALUE
    assert "NextToken" not in second
    with refused("InvalidNextTokenException"):
        body["Filters"][0]["Values"] = ["x"]
        batch(keyturn, **body, NextToken=first["NextToken"])


def test_twenty_are_a_page_where_none_is_asked_for(keyturn):
    prefix = f"t{uuid.uuid4().hex}"
    for i in range(21):
        keyturn.create("v", name=f"{prefix}/{i:02}")
    mine = [{"Key": "name", "Values": [prefix]}]
    reply = batch(keyturn, Filters=mine)
    assert len(reply["SecretValues"]) == 20
    reply = batch(keyturn, Filters=mine, NextToken=reply["NextToken"])
    assert list(values(reply)) == [f"{prefix}/20"]
    twenty = [f"{prefix}/{i:02}" for i in range(20)]
    assert len(batch(keyturn, SecretIdList=twenty)["SecretValues"]) == 20
    with refused("ValidationException"):
        batch(keyturn, SecretIdList=twenty + [f"{prefix}/20"])


# The model: "You must include Filters or SecretIdList, but not both"; "To use
# this parameter [MaxResults], you must also use the Filters parameter".
@pytest.mark.parametrize(
    "body, text",
    [
        ({}, "Either 'SecretIdList' or 'Filters' must be provided, but not both."),
        (
            {"SecretIdList": ["a"], "Filters": [{"Key": "name", "Values": ["a"]}]},
            "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
        ),
        (
            {"SecretIdList": ["a"], "MaxResults": 1},
            "'Filters' must also be specified when 'MaxResults' is provided.",
        ),
    ],
)
def test_list_or_filters(keyturn, body, text):
    with refused("InvalidParameterException", text):
        batch(keyturn, **body)


@pytest.mark.parametrize("size", [0, 21, -1])
def test_pages_have_1_to_20(keyturn, size):
    with pytest.raises(Exception) as caught:
        batch(
            keyturn, Filters=[{"Key": "name", "Values": ["x"]}], MaxResults=size
        )
    assert caught.value.type in ("ValidationException", "InvalidParameterException")


def test_the_day_of_access_is_noted(keyturn, family):
    batch(keyturn, SecretIdList=[f"{family}/0"])
    said = keyturn.call("DescribeSecret", {"SecretId": f"{family}/0"})
    assert said["LastAccessedDate"] == time.time() // 86400 * 86400
    said = keyturn.call("DescribeSecret", {"SecretId": f"{family}/2"})
    assert "LastAccessedDate" not in said


def test_twenty_of_the_largest_values_fit(keyturn):
    prefix = f"l{uuid.uuid4().hex}"
    large = '"\\' * (65536 // 2)  # each escaped in JSON
    for i in range(20):
        keyturn.create(large, name=f"{prefix}/{i}")
    reply = batch(keyturn, Filters=[{"Key": "name", "Values": [prefix]}])
    assert [s["SecretString"] for s in reply["SecretValues"]] == [large] * 20


# "Secrets Manager generates CloudTrail GetSecretValue log entries for each
# secret you request when you call this action" (the service model).


def told(keyturn, mine):
    """The audit trail's lines about these secrets, and about batches."""
    lines = []
    for path in sorted((keyturn.data / "audit").glob("*.jsonl")):
        lines += [json.loads(line) for line in path.read_text().splitlines()]
    return [r for r in lines if r.get("eventName") in (
        "GetSecretValue", "BatchGetSecretValue") and mine in json.dumps(r)]


def test_each_secret_is_told_in_the_audit_trail(keyturn, family):
    ids = [f"{family}/0", f"{family}/2", f"{family}/none"]
    batch(keyturn, SecretIdList=ids)
    *each, whole = told(keyturn, family)
    assert [r["eventName"] for r in each] == ["GetSecretValue"] * 3
    assert [r["requestParameters"]["secretId"] for r in each] == ids
    assert [r.get("errorCode") for r in each] == [
        None,
        "ResourceNotFoundException",
        "ResourceNotFoundException",
    ]
    arn = keyturn.call("DescribeSecret", {"SecretId": ids[0]})["ARN"]
    assert arn in json.dumps(each[0]["resources"])
    assert whole["eventName"] == "BatchGetSecretValue"
    assert {r["requestID"] for r in each} == {whole["requestID"]}
    assert len({r["eventID"] for r in [*each, whole]}) == 4


def test_what_a_filter_finds_is_told_too(keyturn, family):
    batch(keyturn, Filters=[{"Key": "name", "Values": [f"{family}/4"]}])
    (one,) = told(keyturn, f"{family}/4")
    assert one["eventName"] == "GetSecretValue"
    assert "value 4" not in json.dumps(one)
