"""RotateSecret and CancelRotateSecret as AWS's clients see them."""

import time

import pytest

from conftest import put, refused
from keyturn_server import MemoryTarget

ROTATOR = "memory-single-user"
ARN = f"arn:aws:lambda:us-east-1:000000000000:function:{ROTATOR}"


@pytest.fixture
def target(keyturn):
    return MemoryTarget(keyturn)


@pytest.fixture
def secret(keyturn, target):
    return keyturn.create(target.value())


def rotate(keyturn, name, **more):
    return keyturn.call("RotateSecret", {"SecretId": name, **more})


def describe(keyturn, name):
    return keyturn.call("DescribeSecret", {"SecretId": name})


def done(keyturn, name):
    rotation = keyturn.wait_rotation(name)
    assert rotation["LastOutcome"] == "succeeded", rotation
    return rotation


def test_first_rotation_moves_the_labels(keyturn, target, secret, token):
    first = next(iter(keyturn.stages(secret)))
    before = describe(keyturn, secret)
    assert not [k for k in before if "Rotat" in k]
    reply = rotate(
        keyturn,
        secret,
        RotationLambdaARN=ARN,
        RotationRules={"AutomaticallyAfterDays": 30},
        ClientRequestToken=token,
    )
    assert reply == {"ARN": before["ARN"], "Name": secret, "VersionId": token}
    done(keyturn, secret)
    assert keyturn.stages(secret) == {first: ["AWSPREVIOUS"], token: ["AWSCURRENT"]}
    assert target.accepts(keyturn.secret(secret)["password"])
    assert keyturn.secret(secret, "AWSPREVIOUS")["password"] == target.password
    said = describe(keyturn, secret)
    assert said["RotationEnabled"] is True and said["RotationLambdaARN"] == ARN
    assert said["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert abs(said["LastRotatedDate"] - time.time()) < 60
    assert said["NextRotationDate"] > time.time() + 28 * 86400


def test_without_a_rotator_nothing_is_stored(keyturn, secret):
    before = describe(keyturn, secret)
    with refused(
        "InvalidRequestException",
        "No Lambda rotation function ARN is associated with this secret.",
    ):
        rotate(keyturn, secret, RotationRules={"AutomaticallyAfterDays": 3})
    assert describe(keyturn, secret) == before


def test_pending_that_a_client_put_blocks_a_rotation(keyturn, target, secret, token):
    """And nothing is stored.  On the current version it does not."""
    put(keyturn, secret, target.value(), "AWSPENDING", token=token)
    before = describe(keyturn, secret)
    with refused(
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
    ):
        rotate(keyturn, secret, RotationLambdaARN=ROTATOR)
    assert describe(keyturn, secret) == before
    current = next(
        v for v, labels in keyturn.stages(secret).items() if "AWSCURRENT" in labels
    )
    keyturn.call(
        "UpdateSecretVersionStage",
        {
            "SecretId": secret,
            "VersionStage": "AWSPENDING",
            "RemoveFromVersionId": token,
            "MoveToVersionId": current,
        },
    )
    rotate(keyturn, secret, RotationLambdaARN=ROTATOR)
    done(keyturn, secret)
    assert "AWSPENDING" not in str(keyturn.stages(secret))


@pytest.mark.parametrize(
    "rules",
    [
        {"ScheduleExpression": "rate(3 hours)"},
        {"ScheduleExpression": "rate(300 minutes)"},
        {"ScheduleExpression": "cron(30 8 1 * ? *)"},
        {"ScheduleExpression": "cron(0 8 1 * ? 2100)"},
        {"ScheduleExpression": "cron(0 8 15W * ? *)"},
    ],
)
def test_aws_takes_no_schedules_but_its_own(keyturn, secret, rules):
    """Ours are welcome with our members, and in PutRotationRules."""
    with refused("InvalidParameterException"):
        rotate(keyturn, secret, RotationLambdaARN=ROTATOR, RotationRules=rules)
    assert "RotationEnabled" not in describe(keyturn, secret)
    rotate(
        keyturn,
        secret,
        RotationLambdaARN=ROTATOR,
        RotationRules={**rules, "TimeZone": "UTC"},
    )
    done(keyturn, secret)
    told = describe(keyturn, secret)["RotationRules"]["ScheduleExpression"]
    assert told == rules["ScheduleExpression"]


def test_both_rules_at_once_are_refused(keyturn, secret):
    with refused(
        "InvalidParameterException",
        "You cannot specify both rotation frequency and schedule expression together.",
    ):
        rotate(
            keyturn,
            secret,
            RotationLambdaARN=ROTATOR,
            RotationRules={
                "AutomaticallyAfterDays": 3,
                "ScheduleExpression": "rate(3 days)",
            },
        )
    assert "RotationEnabled" not in describe(keyturn, secret)


def test_stored_rules_serve_the_next_rotation(keyturn, target, secret):
    rules = {"ScheduleExpression": "rate(10 hours)", "Duration": "2h"}
    rotate(keyturn, secret, RotationLambdaARN=ROTATOR, RotationRules=rules)
    done(keyturn, secret)
    first = keyturn.secret(secret)
    rotate(keyturn, secret)
    done(keyturn, secret)
    assert keyturn.secret(secret) != first
    said = describe(keyturn, secret)
    # The days are computed beside an expression.
    assert said["RotationRules"] == {**rules, "AutomaticallyAfterDays": 1}
    assert said["RotationLambdaARN"] == ARN


def test_same_token_is_the_same_rotation(keyturn, target, secret, token):
    body = {"RotationLambdaARN": ROTATOR, "ClientRequestToken": token}
    first = rotate(keyturn, secret, **body)
    assert rotate(keyturn, secret, **body) == first
    done(keyturn, secret)
    assert rotate(keyturn, secret, **body) == first
    assert target.read()["calls"]["set"] == 1


def hold(keyturn, target, secret, token):
    """A rotation that is held up before its set step."""
    target.change(fail={"set": "BUSY"})
    rotate(keyturn, secret, RotationLambdaARN=ROTATOR, ClientRequestToken=token)
    keyturn.wait_for(lambda: keyturn.rotation(secret)["State"] == "waiting")


def test_a_rotation_under_way_blocks_the_next(keyturn, target, secret, token):
    first = next(iter(keyturn.stages(secret)))
    hold(keyturn, target, secret, token)
    assert keyturn.stages(secret) == {first: ["AWSCURRENT"], token: ["AWSPENDING"]}
    with refused("InvalidRequestException", "A previous rotation isn't complete."):
        rotate(keyturn, secret)
    with refused("InvalidRequestException", "A rotation of this secret is under way"):
        keyturn.call("DeleteSecret", {"SecretId": secret})
    assert keyturn.secret(secret)["password"] == target.password
    target.change(fail={})


def test_pending_has_no_value_before_create(keyturn, target, secret, token):
    target.change(fail={"create": "BUSY"})
    rotate(keyturn, secret, RotationLambdaARN=ROTATOR, ClientRequestToken=token)
    keyturn.wait_for(lambda: keyturn.rotation(secret)["State"] == "waiting")
    assert keyturn.stages(secret)[token] == ["AWSPENDING"]
    for which in ({"VersionStage": "AWSPENDING"}, {"VersionId": token}):
        with refused("ResourceNotFoundException", "specified secret value"):
            keyturn.call("GetSecretValue", {"SecretId": secret, **which})
    listed = keyturn.call("ListSecretVersionIds", {"SecretId": secret})
    assert token in [v["VersionId"] for v in listed["Versions"]]
    target.change(fail={})


def test_rotate_immediately_false_only_tests(keyturn, target, secret, token):
    before = keyturn.stages(secret)
    reply = rotate(
        keyturn,
        secret,
        RotationLambdaARN=ARN,
        RotationRules={"AutomaticallyAfterDays": 9},
        RotateImmediately=False,
        ClientRequestToken=token,
    )
    assert reply["VersionId"] == token
    done(keyturn, secret)
    job = keyturn.rotation(secret)["Job"]
    assert job["Kind"] == "test"
    # createSecret is the engine's own: it puts the current value there.
    assert {s["Step"] for s in job["Steps"]} <= {"createSecret", "testSecret"}
    # The version it ran with is gone, the password is the one it was.
    assert keyturn.stages(secret) == before
    assert target.read()["calls"] == {"test": 1}
    said = describe(keyturn, secret)
    assert said["RotationEnabled"] is True and "LastRotatedDate" not in said
    assert said["NextRotationDate"] > time.time()


def test_rotate_immediately_false_with_a_wrong_password(keyturn, target):
    name = keyturn.create(target.value(password="wrong"))
    rotate(keyturn, name, RotationLambdaARN=ROTATOR, RotateImmediately=False)
    rotation = keyturn.wait_for(
        lambda: keyturn.rest(name, ("idle", "failed", "stuck", "waiting"))
    )
    assert (rotation["LastStep"], rotation["LastClass"]) == ("testSecret", "AUTH")
    assert target.read()["calls"].get("set") is None


def test_cancel_keeps_the_rules(keyturn, target, secret):
    rotate(
        keyturn,
        secret,
        RotationLambdaARN=ROTATOR,
        RotationRules={"ScheduleExpression": "rate(3 days)"},
    )
    done(keyturn, secret)
    current = keyturn.stages(secret)
    reply = keyturn.call("CancelRotateSecret", {"SecretId": secret})
    assert reply["Name"] == secret
    said = describe(keyturn, secret)
    assert said["RotationEnabled"] is False
    assert said["RotationLambdaARN"] == ARN
    assert said["RotationRules"]["ScheduleExpression"] == "rate(3 days)"
    assert "NextRotationDate" not in said and "LastRotatedDate" not in said
    assert keyturn.stages(secret) == current
    rotate(keyturn, secret)
    done(keyturn, secret)
    assert describe(keyturn, secret)["RotationEnabled"] is True


def test_cancel_stops_a_rotation(keyturn, target, secret, token):
    hold(keyturn, target, secret, token)
    target.change(fail={})
    reply = keyturn.call("CancelRotateSecret", {"SecretId": secret})
    assert reply["VersionId"] == token
    rotation = keyturn.wait_rotation(secret)
    assert rotation["LastOutcome"] in ("aborted", "succeeded"), rotation
    assert target.accepts(keyturn.secret(secret)["password"])
    assert describe(keyturn, secret)["RotationEnabled"] is False


def test_cancel_of_what_was_never_configured(keyturn, secret):
    with refused("InvalidRequestException", "never configured for rotation"):
        keyturn.call("CancelRotateSecret", {"SecretId": secret})
    with refused("ResourceNotFoundException"):
        keyturn.call("CancelRotateSecret", {"SecretId": "nobody"})
    with refused("ResourceNotFoundException"):
        rotate(keyturn, "nobody", RotationLambdaARN=ROTATOR)


def test_a_value_put_by_hand_starts_the_days_anew(keyturn, target, secret, token):
    keyturn.call(
        "keyturn.PutRotationRules",
        {
            "SecretId": secret,
            "RotationLambdaARN": ROTATOR,
            "RotationRules": {"AutomaticallyAfterDays": 5},
        },
    )
    first = keyturn.rotation(secret)["NextRotationDate"]
    put(keyturn, secret, target.value(), token=token)
    assert keyturn.rotation(secret)["NextRotationDate"] >= first
    again = keyturn.rotation(secret)
    put(keyturn, secret, target.value(), token=token)  # a repeat is none
    assert keyturn.rotation(secret) == again


def test_deletion_stops_the_schedule_and_restore_brings_it_back(keyturn, secret):
    rotate(
        keyturn,
        secret,
        RotationLambdaARN=ROTATOR,
        RotationRules={"AutomaticallyAfterDays": 5},
    )
    done(keyturn, secret)
    before = describe(keyturn, secret)
    scheduled = keyturn.call("keyturn.Status")["Scheduled"]
    keyturn.call("DeleteSecret", {"SecretId": secret})
    assert "NextRotationDate" not in describe(keyturn, secret)
    assert keyturn.call("keyturn.Status")["Scheduled"] == scheduled - 1
    keyturn.call("RestoreSecret", {"SecretId": secret})
    assert describe(keyturn, secret) == before
    assert keyturn.call("keyturn.Status")["Scheduled"] == scheduled


@pytest.mark.parametrize(
    "body, kind",
    [
        ({"RotateImmediately": "no"}, "SerializationException"),
        ({"RotationRules": "x"}, "SerializationException"),
        ({"RotationLambdaARN": 5}, "SerializationException"),
        ({"RotationLambdaARN": "x" * 2049}, "ValidationException"),
        ({"ClientRequestToken": "short"}, "ValidationException"),
    ],
)
def test_members_of_the_wrong_kind(keyturn, secret, body, kind):
    before = describe(keyturn, secret)
    with refused(kind):
        rotate(keyturn, secret, **{"RotationLambdaARN": ROTATOR, **body})
    assert describe(keyturn, secret) == before


def test_a_version_that_exists_cannot_be_rotated_into(keyturn, target, secret):
    """A token that names a version with a value."""
    version = next(iter(keyturn.stages(secret)))
    before = describe(keyturn, secret)
    with refused("InvalidRequestException", f"ClientRequestToken {version} because"):
        rotate(
            keyturn, secret, RotationLambdaARN=ROTATOR, ClientRequestToken=version
        )
    assert describe(keyturn, secret) == before
    assert keyturn.secret(secret)["password"] == target.password
