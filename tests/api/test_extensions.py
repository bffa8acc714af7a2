"""The keyturn.* operations, as engine/api/OPERATIONS.md writes them down."""

import pathlib
import re
import time

import pytest

from conftest import refused
from keyturn_server import MemoryTarget
from server import SOURCE

ROTATOR = "memory-single-user"
ARN = f"arn:aws:lambda:us-east-1:000000000000:function:{ROTATOR}"
API = pathlib.Path(SOURCE / "engine" / "api")
MANUAL = (API / "OPERATIONS.md").read_text()

STATES = {"idle", "waiting", "running", "retiring", "failed", "stuck"}
ROTATION = {
    "ARN", "Name", "Rotator", "RotationLambdaARN", "RotationEnabled", "Paused",
    "Schedule", "RotationRules", "Late", "State",
}
ROTATION_MAYBE = {
    "LastRotatedDate", "NextRotationDate", "WindowEndDate", "LastOutcome",
    "LastStep", "LastClass", "LastCode", "LastMessage", "LastAttemptDate",
}
JOB = {
    "JobId", "VersionId", "Kind", "Outcome", "Phase", "Attempt", "CreatedDate",
    "Steps",
}
ATTEMPT = {
    "AttemptId", "JobId", "SecretARN", "SecretName", "VersionId", "Step", "Attempt",
    "StartedDate", "DurationMs", "Class",
}


@pytest.fixture
def target(keyturn):
    return MemoryTarget(keyturn)


@pytest.fixture
def secret(keyturn, target):
    name = keyturn.create(target.value())
    put_rules(keyturn, name, {"ScheduleExpression": "rate(10 days)"}, ROTATOR)
    return name


def put_rules(keyturn, name, rules, rotator=None):
    body = {"SecretId": name, "RotationRules": rules}
    if rotator:
        body["RotationLambdaARN"] = rotator
    return keyturn.call("keyturn.PutRotationRules", body)


def rotate(keyturn, name):
    keyturn.call("RotateSecret", {"SecretId": name})
    rotation = keyturn.wait_rotation(name)
    assert rotation["LastOutcome"] == "succeeded", rotation


def check_attempt(attempt):
    assert ATTEMPT <= set(attempt) <= ATTEMPT | {"Code", "Message"}
    assert attempt["DurationMs"] >= 0


def check_rotation(rotation):
    assert ROTATION <= set(rotation) <= ROTATION | ROTATION_MAYBE | {"Job"}
    assert rotation["State"] in STATES
    if "Job" in rotation:
        job = rotation["Job"]
        assert JOB <= set(job) <= JOB | {"EndedDate", "RetryDate"}
        for attempt in job["Steps"]:
            check_attempt(attempt)


def test_every_operation_is_in_the_manual_and_the_other_way(keyturn):
    table = "".join(x for x in MANUAL.splitlines(True) if x.startswith("| `"))
    written = set(re.findall(r"`([A-Z]\w+)`", "".join(
        x.split("|")[1] for x in table.splitlines()
    )))
    tables = "".join(p.read_text() for p in API.glob("ops*.h"))
    assert written == set(re.findall(r"X\(keyturn, (\w+),", tables))
    for name in written:
        try:
            keyturn.call(f"keyturn.{name}")
        except Exception as error:
            assert error.type != "UnknownOperationException"


def test_status(keyturn, secret):
    reply = keyturn.call("keyturn.Status")
    assert set(reply) == {
        "Version", "Region", "Account", "StoreId", "StartedDate", "Secrets", "Deleted",
        "Scheduled", "Paused", "Running", "Failed", "Stuck", "Late", "Rotators",
        "Problems", "EngineRunning", "Dev", "NextRotationDate",
    }
    assert reply["EngineRunning"] is True and reply["Dev"] is False
    assert (reply["Region"], reply["Account"]) == ("us-east-1", "0" * 12)
    assert reply["Problems"] == [] and reply["Rotators"] >= 2
    assert abs(reply["StartedDate"] - time.time()) < 600
    keyturn.create("v")
    keyturn.call("keyturn.PauseRotation", {"SecretId": secret})
    again = keyturn.call("keyturn.Status")
    assert again["Secrets"] == reply["Secrets"] + 1
    assert again["Paused"] == reply["Paused"] + 1


def test_list_rotators(keyturn):
    reply = keyturn.call("keyturn.ListRotators")
    by_name = {r["Name"]: r for r in reply["Rotators"]}
    assert list(by_name) == sorted(by_name)
    one = by_name[ROTATOR]
    assert one["ARN"] == ARN and one["Plugin"] == "memory.so"
    assert one["Overlap"] is False and by_name["memory-overlap"]["Overlap"] is True
    assert one["Steps"][:3] == ["createSecret", "setSecret", "testSecret"]
    assert "retireSecret" in by_name["memory-overlap"]["Steps"]
    assert set(one["SecretSchema"]["required"]) == {"target", "username", "password"}
    assert "password" in one["OptionsSchema"]["properties"]


# ---- rules -------------------------------------------------------------------


def test_put_rules_changes_what_it_is_given_and_starts_nothing(keyturn, secret):
    reply = put_rules(
        keyturn,
        secret,
        {
            "TimeZone": "Europe/Berlin",
            "JitterSeconds": 600,
            "GraceSeconds": 5,
            "Blackouts": [
                {"Start": "2026-12-20T00:00:00Z", "End": "2027-01-04T00:00:00Z"}
            ],
            "Options": {"password": {"PasswordLength": 40}},
        },
    )
    assert set(reply) == {"ARN", "Name", "NextRotationDate"}
    rotation = keyturn.rotation(secret)
    check_rotation(rotation)
    rules = rotation["RotationRules"]
    assert rules["ScheduleExpression"] == "rate(10 days)"
    assert rules["TimeZone"] == "Europe/Berlin"
    assert (rules["JitterSeconds"], rules["GraceSeconds"]) == (600, 5)
    assert rules["Options"] == {"password": {"PasswordLength": 40}}
    assert len(rules["Blackouts"]) == 1
    assert rotation["State"] == "idle" and "Job" not in rotation
    rotate(keyturn, secret)
    assert len(keyturn.secret(secret)["password"]) == 40
    put_rules(keyturn, secret, {"AutomaticallyAfterDays": 3})
    rules = keyturn.rotation(secret)["RotationRules"]
    assert rules["AutomaticallyAfterDays"] == 3 and "ScheduleExpression" not in rules
    assert rules["TimeZone"] == "Europe/Berlin"


def test_neither_days_nor_expression_is_by_hand(keyturn, target):
    name = keyturn.create(target.value())
    reply = put_rules(keyturn, name, {}, ARN)
    assert "NextRotationDate" not in reply
    rotation = keyturn.rotation(name)
    assert rotation["Schedule"] == "by hand" and rotation["RotationEnabled"] is True
    assert "NextRotationDate" not in rotation and rotation["Late"] is False
    rotate(keyturn, name)
    assert target.accepts(keyturn.secret(name)["password"])


def test_disabled_by_rules(keyturn, secret):
    put_rules(keyturn, secret, {"Enabled": False})
    rotation = keyturn.rotation(secret)
    assert rotation["RotationEnabled"] is False
    assert "NextRotationDate" not in rotation


def test_pause_and_resume(keyturn, secret):
    due = keyturn.rotation(secret)["NextRotationDate"]
    for _ in range(2):
        reply = keyturn.call("keyturn.PauseRotation", {"SecretId": secret})
        assert set(reply) == {"ARN", "Name"}
    rotation = keyturn.rotation(secret)
    assert rotation["Paused"] is True and "NextRotationDate" not in rotation
    for _ in range(2):
        reply = keyturn.call("keyturn.ResumeRotation", {"SecretId": secret})
        assert set(reply) == {"ARN", "Name", "NextRotationDate"}
    rotation = keyturn.rotation(secret)
    assert rotation["Paused"] is False
    assert rotation["NextRotationDate"] >= due


# ---- what a DBA looks at -----------------------------------------------------


def test_a_rotation_in_full(keyturn, target, secret):
    rotate(keyturn, secret)
    rotation = keyturn.rotation(secret)
    check_rotation(rotation)
    job = rotation["Job"]
    assert (job["Kind"], job["Outcome"]) == ("manual", "succeeded")
    steps = [s["Step"] for s in job["Steps"]]
    assert [s for s in steps if s != "retireSecret"] == [
        "createSecret", "setSecret", "testSecret", "finishSecret",
    ]
    assert {s["Class"] for s in job["Steps"]} == {"OK"}
    assert (rotation["LastOutcome"], rotation["LastClass"]) == ("succeeded", "OK")
    version = job["VersionId"]
    assert keyturn.stages(secret)[version] == ["AWSCURRENT"]


def test_a_failure_is_told(keyturn, target, secret):
    target.change(fail={"set": "DENIED"})
    keyturn.call("RotateSecret", {"SecretId": secret})
    rotation = keyturn.wait_for(lambda: keyturn.rest(secret, ("failed", "stuck")))
    check_rotation(rotation)
    assert rotation["State"] == "failed" and rotation["LastOutcome"] == "failed"
    assert "LastMessage" in rotation
    attempts = keyturn.call("keyturn.ListRotationAttempts", {"SecretId": secret})
    assert "DENIED" in [a["Class"] for a in attempts["Attempts"]]
    assert keyturn.call("keyturn.Status")["Failed"] >= 1
    assert keyturn.secret(secret)["password"] == target.password
    target.change(fail={})
    rotate(keyturn, secret)


def test_attempts_in_pages_newest_first(keyturn, secret):
    for _ in range(3):
        rotate(keyturn, secret)
    body = {"SecretId": secret}
    whole = keyturn.call("keyturn.ListRotationAttempts", body)["Attempts"]
    for attempt in whole:
        check_attempt(attempt)
        assert attempt["SecretName"] == secret
    ids = [a["AttemptId"] for a in whole]
    assert ids == sorted(ids, reverse=True) and len(ids) >= 12
    found, more = [], {}
    while True:
        reply = keyturn.call(
            "keyturn.ListRotationAttempts", {**body, **more, "MaxResults": 5}
        )
        found += [a["AttemptId"] for a in reply["Attempts"]]
        if "NextToken" not in reply:
            break
        more = {"NextToken": reply["NextToken"]}
    assert found == ids
    job = whole[0]["JobId"]
    one = keyturn.call("keyturn.ListRotationAttempts", {**body, "JobId": job})
    assert {a["JobId"] for a in one["Attempts"]} == {job}
    everyones = keyturn.call("keyturn.ListRotationAttempts")["Attempts"]
    assert everyones[0]["AttemptId"] >= ids[0]


def test_rotations_in_pages(keyturn, secret, target):
    keyturn.create("v")  # was never configured, and is not listed
    others = [keyturn.create(target.value()) for _ in range(4)]
    for name in others:
        put_rules(keyturn, name, {}, ROTATOR)
    keyturn.call("DeleteSecret", {"SecretId": others[0]})
    whole = keyturn.call("keyturn.ListRotations")["Rotations"]
    names = [r["Name"] for r in whole]
    assert {secret, *others[1:]} <= set(names) and others[0] not in names
    for rotation in whole:
        check_rotation(rotation)
    found, more = [], {}
    while True:
        reply = keyturn.call("keyturn.ListRotations", {**more, "MaxResults": 2})
        assert len(reply["Rotations"]) <= 2
        found += [r["Name"] for r in reply["Rotations"]]
        if "NextToken" not in reply:
            break
        more = {"NextToken": reply["NextToken"]}
    assert found == names


def test_check(keyturn, target, secret):
    reply = keyturn.call("keyturn.CheckRotation", {"SecretId": secret})
    assert reply["Class"] == "OK" and isinstance(reply["Lines"], list)
    assert reply["DurationMs"] >= 0
    target.change(fail={"check": "DENIED"})
    reply = keyturn.call("keyturn.CheckRotation", {"SecretId": secret})
    assert reply["Class"] == "DENIED"
    assert "set" not in target.read()["calls"]
    with refused("InvalidRequestException", "never configured"):
        keyturn.call("keyturn.CheckRotation", {"SecretId": keyturn.create("v")})


def test_abort(keyturn, target, secret):
    with refused("InvalidRequestException", "No rotation of"):
        keyturn.call("keyturn.AbortRotation", {"SecretId": secret})
    target.change(fail={"set": "BUSY"})
    keyturn.call("RotateSecret", {"SecretId": secret})
    keyturn.wait_for(lambda: keyturn.rotation(secret)["State"] == "waiting")
    job = keyturn.rotation(secret)["Job"]
    assert job["RetryDate"] > time.time() - 60
    target.change(fail={})
    reply = keyturn.call("keyturn.AbortRotation", {"SecretId": secret})
    assert reply["VersionId"] == job["VersionId"]
    rotation = keyturn.wait_rotation(secret)
    assert rotation["LastOutcome"] == "aborted"
    assert keyturn.secret(secret)["password"] == target.password
    assert target.accepts(target.password)
    assert rotation["RotationEnabled"] is True
    rotate(keyturn, secret)


# ---- previews ----------------------------------------------------------------


def test_preview_of_rules(keyturn):
    start = 1800000000  # 2027-01-15T08:00:00Z
    reply = keyturn.call(
        "keyturn.PreviewSchedule",
        {
            "RotationRules": {
                "ScheduleExpression": "cron(30 2 ? * SUN *)",
                "Duration": "1h",
                "TimeZone": "Europe/Berlin",
            },
            "Count": 3,
            "From": start,
        },
    )
    assert set(reply) == {"Description", "TimeZone", "Occurrences"}
    assert reply["TimeZone"] == "Europe/Berlin" and "02:30" in reply["Description"]
    first = 1800149400  # Sunday 2027-01-17, 02:30 in Berlin
    assert [o["StartDate"] for o in reply["Occurrences"]] == [
        first + i * 604800 for i in range(3)
    ]
    for occurrence in reply["Occurrences"]:
        assert occurrence["EndDate"] - occurrence["OpensDate"] <= 3600


def test_preview_of_a_secret(keyturn, secret):
    reply = keyturn.call("keyturn.PreviewSchedule", {"SecretId": secret})
    assert len(reply["Occurrences"]) == 5
    due = keyturn.rotation(secret)["NextRotationDate"]
    assert reply["Occurrences"][0]["StartDate"] == due


def test_preview_of_what_has_none(keyturn, target):
    name = keyturn.create(target.value())
    with refused("InvalidRequestException", "never configured"):
        keyturn.call("keyturn.PreviewSchedule", {"SecretId": name})
    put_rules(keyturn, name, {}, ROTATOR)
    for body in ({"SecretId": name}, {}, {"RotationRules": {}}):
        with refused("InvalidRequestException", "There is no schedule"):
            keyturn.call("keyturn.PreviewSchedule", body)
    with refused("ResourceNotFoundException"):
        keyturn.call("keyturn.PreviewSchedule", {"SecretId": "nobody"})
    rules = {"RotationRules": {"ScheduleExpression": "rate(1 day)"}}
    for bad in ("x", -5, 1e300, True):
        with refused("InvalidParameterException", "From must be a time"):
            keyturn.call("keyturn.PreviewSchedule", {**rules, "From": bad})
    for count in (0, 101):
        with refused("InvalidParameterException", "between 1 and 100"):
            keyturn.call("keyturn.PreviewSchedule", {**rules, "Count": count})


# ---- what is common to all ---------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeRotation", "CheckRotation", "PutRotationRules", "PauseRotation",
        "ResumeRotation", "AbortRotation",
    ],
)
def test_unknown_deleted_and_missing_secrets(keyturn, operation):
    target = f"keyturn.{operation}"
    with refused("ResourceNotFoundException", "can't find the specified secret"):
        keyturn.call(target, {"SecretId": "nobody"})
    with refused("ValidationException", "Value null at 'secretId'"):
        keyturn.call(target)
    name = keyturn.create("v")
    with refused("InvalidRequestException"):
        keyturn.call(target, {"SecretId": name})
    keyturn.call("DeleteSecret", {"SecretId": name})
    with refused("InvalidRequestException"):
        keyturn.call(target, {"SecretId": name})
