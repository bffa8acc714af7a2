"""What only time does: ends of recovery windows, days of access, the age that
versions have before they go. Its wall clock is moved, never waited for."""

import json

import pytest

from conftest import ModelServer, new_token, put, refused
from keyturn_server import ApiError, MemoryTarget

DAY = 86400


@pytest.fixture(scope="module")
def keyturn():
    with ModelServer(clock=True) as server:
        yield server
        assert server.process.poll() is None, server.log_text()[-4000:]


def describe(keyturn, name):
    return keyturn.call("DescribeSecret", {"SecretId": name})


def is_gone(keyturn, name):
    try:
        describe(keyturn, name)
    except ApiError as error:
        assert error.type == "ResourceNotFoundException", error
        return True
    return False


def trail(keyturn, event, arn):
    """The lines of the audit trail that tell this of the secret."""
    return [
        line
        for path in sorted((keyturn.data / "audit").glob("audit-*.jsonl"))
        for line in map(json.loads, path.read_text().splitlines())
        if line["eventName"] == event and arn in json.dumps(line)
    ]


@pytest.mark.parametrize("days", [7, 30])
def test_a_secret_goes_when_its_window_ends(keyturn, days):
    name = keyturn.create("v", Tags=[{"Key": "k", "Value": "v"}])
    arn = describe(keyturn, name)["ARN"]
    keyturn.call("DeleteSecret", {"SecretId": name, "RecoveryWindowInDays": days})
    keyturn.advance(days * DAY - 60)
    assert "DeletedDate" in describe(keyturn, name)
    with refused("InvalidRequestException", "already scheduled for deletion"):
        keyturn.create("w", name=name)
    keyturn.advance(61)
    keyturn.wait_for(lambda: is_gone(keyturn, name))
    with refused("ResourceNotFoundException"):
        keyturn.call("RestoreSecret", {"SecretId": name})
    (line,) = keyturn.wait_for(
        lambda: trail(keyturn, "EndSecretVersionDelete", arn)
    )
    assert line["eventType"] == "AwsServiceEvent"
    # The name is free, for another secret.
    keyturn.create("w", name=name)
    fresh = describe(keyturn, name)
    assert fresh["ARN"] != arn and "Tags" not in fresh
    with refused("ResourceNotFoundException"):
        describe(keyturn, arn)
    assert keyturn.secret(name) == "w"


def test_a_window_that_ended_while_the_daemon_was_away(keyturn):
    name = keyturn.create("v")
    keyturn.call("DeleteSecret", {"SecretId": name, "RecoveryWindowInDays": 7})
    keyturn.stop()
    keyturn.advance(8 * DAY)
    keyturn.start()
    keyturn.wait_for(lambda: is_gone(keyturn, name))


def test_a_restored_secret_stays(keyturn):
    name = keyturn.create("v")
    keyturn.call("DeleteSecret", {"SecretId": name, "RecoveryWindowInDays": 7})
    keyturn.advance(6 * DAY)
    keyturn.call("RestoreSecret", {"SecretId": name})
    keyturn.advance(30 * DAY)
    keyturn.create("marker")
    assert keyturn.secret(name) == "v"


def test_access_is_told_by_the_day(keyturn):
    name = keyturn.create("v")
    version = next(iter(keyturn.stages(name)))

    def told():
        (listed,) = keyturn.call("ListSecretVersionIds", {"SecretId": name})[
            "Versions"
        ]
        assert listed["VersionId"] == version
        days = describe(keyturn, name), listed
        first, second = (x.get("LastAccessedDate") for x in days)
        assert first == second
        return first

    assert told() is None
    keyturn.secret(name)
    first = told()
    assert first % DAY == 0 and 0 <= keyturn.now() - first < DAY + 60
    keyturn.secret(name)
    assert told() == first
    keyturn.advance(DAY)
    assert told() == first
    keyturn.secret(name)
    assert told() == first + DAY


def test_each_change_is_told_by_its_time(keyturn):
    """And no reading is one."""
    name = keyturn.create("v", Tags=[{"Key": "a", "Value": "b"}])
    version = next(iter(keyturn.stages(name)))
    target = MemoryTarget(keyturn)

    def changed():
        return describe(keyturn, name)["LastChangedDate"]

    created = describe(keyturn, name)["CreatedDate"]
    last = changed()
    assert last == created
    for operation, body in (
        ("UpdateSecret", {"Description": "d"}),
        ("UpdateSecret", {"SecretString": target.value()}),
        ("PutSecretValue", {"SecretString": target.value(), "VersionStages": ["x"]}),
        (
            "UpdateSecretVersionStage",
            {"VersionStage": "y", "MoveToVersionId": version},
        ),
        ("TagResource", {"Tags": [{"Key": "a", "Value": "c"}]}),
        ("UntagResource", {"TagKeys": ["a"]}),
    ):
        keyturn.advance(10)
        keyturn.call(operation, {"SecretId": name, **body})
        now = changed()
        assert now >= last + 10, operation
        last = now
    keyturn.advance(10)
    for operation in ("GetSecretValue", "DescribeSecret", "ListSecretVersionIds"):
        keyturn.call(operation, {"SecretId": name})
    # Nothing to change, and nothing that is new.
    keyturn.call("UpdateSecret", {"SecretId": name})
    token = new_token()
    put(keyturn, name, "v", token=token)
    last = changed()
    keyturn.advance(10)
    put(keyturn, name, "v", token=token)
    assert changed() == last
    assert describe(keyturn, name)["CreatedDate"] == created


def versions(keyturn, name):
    found, token = [], None
    while True:
        body = {"SecretId": name, "IncludeDeprecated": True}
        if token:
            body["NextToken"] = token
        reply = keyturn.call("ListSecretVersionIds", body)
        found += [v["VersionId"] for v in reply["Versions"]]
        token = reply.get("NextToken")
        if token is None:
            return found


def test_old_versions_without_a_label_go_beyond_a_hundred(keyturn):
    """The oldest first, none that is younger than a day, none with a label."""
    name = keyturn.create("0")
    kept = put(keyturn, name, "kept", "mine")
    old = [put(keyturn, name, str(i)) for i in range(110)]
    assert len(versions(keyturn, name)) == 112  # all of them young
    keyturn.advance(DAY + 60)
    young = [put(keyturn, name, f"young {i}") for i in range(5)]
    left = versions(keyturn, name)
    assert len(left) == 100
    assert kept in left and set(young) <= set(left)
    # Those that went are the oldest.
    there = [v in left for v in old]
    assert there == sorted(there)
    with refused("ResourceNotFoundException", f"for VersionId: {old[0]}"):
        keyturn.call("GetSecretValue", {"SecretId": name, "VersionId": old[0]})
    assert keyturn.secret(name, "mine") == "kept"
    assert keyturn.secret(name) == "young 4"


def test_days_count_from_the_last_value(keyturn):
    """By rotation, and by hand."""
    target = MemoryTarget(keyturn)
    name = keyturn.create(target.value())
    keyturn.call(
        "RotateSecret",
        {
            "SecretId": name,
            "RotationLambdaARN": "memory-single-user",
            "RotationRules": {"AutomaticallyAfterDays": 10},
        },
    )
    assert keyturn.wait_rotation(name)["LastOutcome"] == "succeeded"
    first = describe(keyturn, name)
    assert first["LastRotatedDate"] <= keyturn.now()
    due = first["NextRotationDate"]
    assert 9 * DAY < due - keyturn.now() < 12 * DAY
    keyturn.advance(4 * DAY)
    value = keyturn.secret(name)
    put(keyturn, name, json.dumps(value))
    later = describe(keyturn, name)
    assert later["NextRotationDate"] == due + 4 * DAY
    assert later["LastRotatedDate"] == first["LastRotatedDate"]
