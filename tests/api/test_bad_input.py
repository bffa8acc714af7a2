"""What a person gets wrong: each gets one line with what, where and what is
expected, and nothing is changed."""

import json
import uuid

import pytest

from conftest import refused
from keyturn_server import ApiError, MemoryTarget

ROTATOR = "memory-single-user"


@pytest.fixture(scope="module")
def target(keyturn):
    return MemoryTarget(keyturn)


@pytest.fixture
def secret(keyturn, target):
    """A secret with rules of its own, which have to survive."""
    name = keyturn.create(target.value())
    rules(keyturn, name, {"ScheduleExpression": "rate(10 days)"})
    before = keyturn.rotation(name)
    yield name
    assert keyturn.rotation(name) == before


def rules(keyturn, name, given, rotator=ROTATOR):
    body = {"SecretId": name, "RotationRules": given}
    if rotator is not None:
        body["RotationLambdaARN"] = rotator
    return keyturn.call("keyturn.PutRotationRules", body)


# ---- schedules ---------------------------------------------------------------

FORM = "not of the form rate(N unit), such as rate(4 hours) or rate(10 days)"
KINDS = "a schedule expression is rate(...) or cron(...)"
LETTERS = "is none of 0-9 A-Z a-z ( ) # ? * - / , and space"
ONE = "of day-of-month and day-of-week, exactly one must be ?"
SIX = "not the six: minutes hours day-of-month month day-of-week year"
NEVER = "this date never comes"


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("cron(61 * * * ? *)", "minute field: 61 is not in 0-59"),
        ("cron(60 0 * * ? *)", "minute field: 60 is not in 0-59"),
        ("cron(99999999999 * * * ? *)", "minute field: 99999999999 is not in 0-59"),
        ("cron(a * * * ? *)", 'minute field: "a" is not understood; allowed are 0-59'),
        ("cron(? * * * ? *)", 'minute field: "?" is not understood'),
        ("cron(0/0 * * * ? *)", "minute field: 0/0: the step after / is not in 1-59"),
        ("cron(*/60 * * * ? *)", "minute field: */60: the step after / is not in"),
        ("cron(5-1 * * * ? *)", "minute field: 5-1: a range goes from low to high"),
        ("cron(1-2-3 * * * ? *)", 'minute field: "1-2-3" is not understood'),
        ("cron(1,,2 * * * ? *)", "minute field: there is nothing before or after a"),
        ("cron(, * * * ? *)", "minute field: there is nothing before or after a comma"),
        ("cron(0 24 * * ? *)", "hour field: 24 is not in 0-23"),
        ("cron(0 25/2 * * ? *)", "hour field: 25 is not in 0-23"),
        ("cron(0 ? * * ? *)", 'hour field: "?" is not understood'),
        ("cron(0 0 0 * ? *)", "day-of-month field: 0 is not in 1-31"),
        ("cron(0 0 32 * ? *)", "day-of-month field: 32 is not in 1-31"),
        ("cron(0 0 L-3 * ? *)", 'day-of-month field: "L-3" is not understood'),
        ("cron(0 0 W * ? *)", 'day-of-month field: "W" is not understood'),
        ("cron(0 0 1 0 ? *)", "month field: 0 is not in 1-12 or JAN-DEC"),
        ("cron(0 0 1 13 ? *)", "month field: 13 is not in 1-12 or JAN-DEC"),
        ("cron(0 0 1 FOO ? *)", 'month field: "FOO" is not understood'),
        ("cron(0 0 * ? ? *)", 'month field: "?" is not understood'),
        ("cron(0 0 ? * 0 *)", "day-of-week field: 0 is not in 1-7 or SUN-SAT"),
        ("cron(0 0 ? * 8 *)", "day-of-week field: 8 is not in 1-7 or SUN-SAT"),
        ("cron(0 0 ? * MONDAY *)", 'day-of-week field: "MONDAY" is not understood'),
        ("cron(0 0 ? * MON#6 *)", "day-of-week field: MON#6: the number after # is"),
        ("cron(0 0 ? * MON#1,TUE *)", "MON#1,TUE: # stands alone, not in a list"),
        ("cron(0 0 * * ? 1969)", "year field: 1969 is not in 1970-2199"),
        ("cron(0 0 * * ? 2200)", "year field: 2200 is not in 1970-2199"),
        ("cron(0 0 1 * 1 *)", ONE),
        ("cron(0 0 * * * *)", ONE),
        ("cron(0 0 ? * ? *)", ONE),
        ("cron(0 0 30 2 ? *)", NEVER),
        ("cron(0 0 31 2,4,6 ? *)", NEVER),
        ("cron(0 0 * * ? 2020)", "no rotation would ever come"),
        ("cron(0 0 * * ?)", f"there are 5 fields, {SIX}"),
        ("cron(0 0 * * ? * *)", f"there are 7 fields, {SIX}"),
        ("cron()", f"there are 0 fields, {SIX}"),
        ("cron(", KINDS),
        ("cron", KINDS),
        ("Rate(1 day)", KINDS),
        ("every day", KINDS),
        (" cron(0 0 * * ? *)", KINDS),
        ("cron(0 0 * * ? *)\n", LETTERS),
        ("cron(0 0 * * ü *)", LETTERS),
        ("rate(1.5 days)", LETTERS),
        ("rate()", FORM),
        ("rate(days)", FORM),
        ("rate(-1 days)", FORM),
        ("rate(5days)", FORM),
        ("rate(0 days)", "the number of days is not in 1-1000"),
        ("rate(1001 days)", "the number of days is not in 1-1000"),
        ("rate(99999999999999999999 days)", "the number of days is not in 1-1000"),
        ("rate(1 days)", 'the unit of 1 is "day"'),
        ("rate(2 day)", 'the unit of 2 is "days"'),
        ("rate(5 weeks)", 'the unit "weeks" is none of minute, minutes, hour'),
        ("x" * 257, "longer than 256 characters"),
    ],
)
def test_bad_schedules(keyturn, secret, expression, expected):
    given = {"ScheduleExpression": expression}
    with refused("InvalidParameterException", expected):
        rules(keyturn, secret, given)
    with refused("InvalidParameterException", expected):
        keyturn.call("keyturn.PreviewSchedule", {"RotationRules": given})
    kind = "InvalidParameterException"
    if expected == LETTERS or len(expression) > 256:  # the model says so itself
        kind, expected = "ValidationException", "at 'rotationRules.scheduleExpr"
    given["TimeZone"] = "UTC"  # a member of ours, which allows our schedules
    with refused(kind, expected):
        keyturn.call("RotateSecret", {"SecretId": secret, "RotationRules": given})


REFUSALS = (
    "InvalidParameterException",
    "InvalidRequestException",
    "SerializationException",
)
ALLOWED_SPAN = {"Start": "2026-12-20T00:00:00Z", "End": "2026-12-21T00:00:00Z"}


def with_rate(**more):
    return {"ScheduleExpression": "rate(1 day)", **more}


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"AutomaticallyAfterDays": 0}, "AutomaticallyAfterDays must be a whole"),
        ({"AutomaticallyAfterDays": 1001}, "a whole number from 1 to 1000"),
        ({"AutomaticallyAfterDays": "30"}, "a whole number from 1 to 1000"),
        ({"AutomaticallyAfterDays": 1.5}, "a whole number from 1 to 1000"),
        (
            with_rate(AutomaticallyAfterDays=3),
            "You cannot specify both rotation frequency and schedule expression "
            "together.",
        ),
        ({"ScheduleExpression": 5}, "ScheduleExpression must be a string"),
        (with_rate(Duration="25h"), "a rotation window is 1h to 24h"),
        (with_rate(Duration="0h"), "a rotation window is 1h to 24h"),
        (with_rate(Duration="h"), "a rotation window is 1h to 24h"),
        (with_rate(Duration="3 hours"), "a rotation window is 1h to 24h"),
        (
            {"ScheduleExpression": "rate(4 hours)", "Duration": "5h"},
            "Duration 5h: the window would reach into the next window",
        ),
        (
            {"ScheduleExpression": "cron(0 23 * * ? *)", "Duration": "3h"},
            "this schedule has room for 1h",
        ),
        (with_rate(TimeZone="Mars/Olympus"), 'there is no time zone "Mars/Olympus"'),
        (with_rate(TimeZone="../../etc/passwd"), "not a name such as Europe/Berlin"),
        (with_rate(Blackouts={}), "Blackouts must be an array"),
        (with_rate(Blackouts=[{}]), "blackout: '' is not a Start or End"),
        (with_rate(Blackouts=[5]), "blackout: each one is an object with Start"),
        (
            with_rate(Blackouts=[{"Start": "yesterday", "End": "x"}]),
            "'yesterday' is not a Start or End; write it in UTC as in 2026-12-20T",
        ),
        (
            with_rate(Blackouts=[{**ALLOWED_SPAN, "End": ALLOWED_SPAN["Start"]}]),
            "a blackout is a start and a later end",
        ),
        (
            with_rate(Blackouts=[{**ALLOWED_SPAN, "Strat": 1}]),
            "blackout: there is no member 'Strat'",
        ),
        (
            with_rate(Blackouts=[{"Expression": "cron(0 0 * * ? *)"}]),
            "a recurring blackout needs a duration, such as 8h",
        ),
        (
            with_rate(
                Blackouts=[{"Expression": "cron(61 0 * * ? *)", "Duration": "1h"}]
            ),
            "blackout: cron(61 0 * * ? *): minute field: 61 is not in 0-59",
        ),
        (
            with_rate(
                Blackouts=[{"Expression": "cron(0 0 * * ? *)", "Duration": "32d"}]
            ),
            "at most 31 days",
        ),
        (
            with_rate(
                Blackouts=[{"Expression": "cron(0 0 * * ? *)", "Duration": "24h"}]
            ),
            "no rotation would ever come",
        ),
        ({"JitterSeconds": -1}, "JitterSeconds must be a whole number from 0 to"),
        ({"JitterSeconds": 86401}, "a whole number from 0 to 86400"),
        ({"GraceSeconds": -2}, "GraceSeconds must be a whole number from -1 to"),
        ({"Enabled": "yes"}, "Enabled must be true or false"),
        ({"Options": []}, "Options must be an object"),
        ({"Options": {"pasword": {}}}, "does not fit the rotator: /pasword"),
        ({"Options": {"password": 5}}, "does not fit the rotator: /password"),
        (
            {"Options": {"password": {"PasswordLength": 0}}},
            "PasswordLength is 0; it must be between 1 and 4096.",
        ),
        (
            {"Options": {"password": {"PasswordLength": "long"}}},
            "PasswordLength must be a whole number",
        ),
        (
            {"Options": {"password": {"Length": 12}}},
            "'Length' is no member of GetRandomPassword",
        ),
        (
            {"Options": {"password": {"PasswordLength": 2}}},
            "Password length is too short based on the required types",
        ),
        ({"Foo": 1}, "RotationRules has no member 'Foo'"),
        ({"scheduleExpression": "rate(1 day)"}, "no member 'scheduleExpression'"),
        ("rate(1 day)", "RotationRules must be an object"),
        ([], "RotationRules must be an object"),
    ],
)
def test_bad_rules(keyturn, secret, given, expected):
    with pytest.raises(ApiError) as caught:
        rules(keyturn, secret, given)
    assert caught.value.type in REFUSALS
    assert expected in caught.value.message
    with pytest.raises(ApiError) as caught:
        keyturn.call("RotateSecret", {"SecretId": secret, "RotationRules": given})
    error = caught.value
    if error.type == "ValidationException":  # the model says so itself
        expected = " at 'rotationRules."
    elif error.type == "SerializationException":
        expected = " must be "
    else:
        assert error.type in REFUSALS
    assert expected in error.message


# ---- rotators ----------------------------------------------------------------


def test_a_rotator_that_is_not_installed(keyturn, secret):
    for name in ("postgres-multi-user", "", "memory", "x" * 300):
        with refused("InvalidParameterException", "keyturn rotator list"):
            rules(keyturn, secret, {}, rotator=name)
    arn = "arn:aws:lambda:us-east-1:000000000000:function:nope"
    with refused(
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that "
        "the function policy grants access to the principal "
        "secretsmanager.amazonaws.com. (No rotator 'nope' is installed here",
    ):
        rules(keyturn, secret, {}, rotator=arn)
    with refused("SerializationException", "RotationLambdaARN must be a string"):
        rules(keyturn, secret, {}, rotator=5)


def test_nothing_is_stored_for_a_rotator_that_is_not_installed(keyturn, target):
    name = keyturn.create(target.value())
    with refused("AccessDeniedException"):
        keyturn.call(
            "RotateSecret",
            {
                "SecretId": name,
                "RotationLambdaARN": "arn:aws:lambda:us-east-1:0:function:nope",
                "RotationRules": {"AutomaticallyAfterDays": 3},
            },
        )
    reply = keyturn.call("DescribeSecret", {"SecretId": name})
    assert not [k for k in reply if "Rotat" in k], reply


@pytest.mark.parametrize(
    "value, expected",
    [
        ("hunter2-not-json", ": this is not JSON"),
        ("", None),
        ("{}", 'expected a member "target"'),
        ("[]", "expected type object"),
        ('{"target": 5, "username": "a", "password": "b"}', "/target: expected type"),
        ('{"target": "/x", "username": "a"}', 'expected a member "password"'),
        ('{"username": "a", "username": "b"}', "a key stands twice in one object"),
        ("[" * 17 + "]" * 17, "nested deeper than 16 levels"),
    ],
)
def test_a_value_that_does_not_fit_the_rotator(keyturn, value, expected):
    if expected is None:
        name, expected = keyturn.create(), "no value yet; put the current credential"
    else:
        name = keyturn.create(value)
    before = keyturn.call("DescribeSecret", {"SecretId": name})
    for operation in ("RotateSecret", "keyturn.PutRotationRules"):
        with refused("InvalidRequestException", expected) as caught:
            keyturn.call(operation, {"SecretId": name, "RotationLambdaARN": ROTATOR})
        assert "hunter2" not in caught.value.message
    assert keyturn.call("DescribeSecret", {"SecretId": name}) == before


def test_a_binary_value_does_not_fit(keyturn):
    name = keyturn.create(SecretBinary="AAEC/w==")
    with refused("InvalidRequestException", "this is not JSON"):
        keyturn.call("RotateSecret", {"SecretId": name, "RotationLambdaARN": ROTATOR})


def test_messages_never_repeat_a_value(keyturn):
    """Not even one that stands where a number should."""
    hidden = "hunter2" + uuid.uuid4().hex
    bodies = [
        {"SecretString": {"password": hidden}},
        {"SecretString": [hidden]},
        {"SecretBinary": hidden + "!"},
        {"SecretString": hidden, "Tags": hidden},
        {"SecretString": hidden, "Description": 5},
        {"SecretString": hidden * 2000},
        {"SecretString": hidden, "SecretBinary": hidden},
    ]
    for body in bodies:
        with pytest.raises(Exception) as caught:
            keyturn.create(**body)
        assert "hunter2" not in caught.value.message
    status, text = keyturn.post(
        json.dumps({"Name": "n", "SecretString": hidden})[:-2],
        {"X-Amz-Target": "secretsmanager.CreateSecret"},
    )
    assert status == 400 and "hunter2" not in text
    assert "hunter2" not in keyturn.log_text()
