"""RotateSecret, CancelRotateSecret.  $memory: the value of a secret whose
target is a file; $busy: of one whose target never comes to the set step."""

import re

from table import (
    ARN,
    MARKED,
    NOT_FOUND,
    NOW,
    RAW,
    TIME,
    any_order,
    around,
    between,
    case,
    constraint,
    create,
    delete,
    do,
    maybe,
    missing,
    put,
    refused,
    stages_are,
)

LAMBDA = "arn:aws:lambda:$region:$account:function:memory-single-user"
STARTED = {"ARN": ARN, "Name": "$name", "VersionId": "$t2"}
DAY = 86400


def rotate(given, expected=STARTED, token="$t2"):
    return do(
        "RotateSecret",
        {"SecretId": "$name", "ClientRequestToken": token, **given},
        expected,
    )


def described(stages, until=True, **rotation):
    return do(
        "DescribeSecret",
        {"SecretId": "$name"},
        {
            "ARN": ARN,
            "Name": "$name",
            "LastChangedDate": NOW,
            "LastAccessedDate": maybe(TIME),
            "CreatedDate": NOW,
            "VersionIdsToStages": {
                version: any_order(*labels)
                for version, labels in stages.items()
            },
            **rotation,
        },
        until=until,
    )


ROTATED = {"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}


def bad(title, given, expected, **more):
    return case(
        f"RotateSecret refuses {title}",
        create("$memory"),
        rotate(given, expected),
        stages_are({"$t1": ["AWSCURRENT"]}),
        **more,
    )


def bad_rules(title, rules, expected):
    return bad(
        title, {"RotationLambdaARN": LAMBDA, "RotationRules": rules}, expected
    )


SCHEDULE = refused("InvalidParameterException")

CASES = [
    case(
        "RotateSecret: the first rotation, with days",
        create("$memory"),
        rotate(
            {
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {"AutomaticallyAfterDays": 30},
            }
        ),
        described(
            ROTATED,
            RotationEnabled=True,
            RotationLambdaARN=LAMBDA,
            RotationRules={"AutomaticallyAfterDays": 30},
            LastRotatedDate=NOW,
            # By the end of that day.
            NextRotationDate=around(30.5 * DAY, DAY),
        ),
    ),
    case(
        "RotateSecret: with an expression, beside which the days are computed",
        create("$memory"),
        rotate(
            {
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {
                    "ScheduleExpression": "rate(10 hours)",
                    "Duration": "2h",
                },
            }
        ),
        described(
            ROTATED,
            RotationEnabled=True,
            RotationLambdaARN=LAMBDA,
            RotationRules={
                "ScheduleExpression": "rate(10 hours)",
                "Duration": "2h",
                "AutomaticallyAfterDays": 1,
            },
            LastRotatedDate=NOW,
            NextRotationDate=around(0.5 * DAY, 0.5 * DAY + 90),
        ),
    ),
    case(
        "RotateSecret: with a cron expression",
        create("$memory"),
        rotate(
            {
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {"ScheduleExpression": "cron(0 8 1 * ? *)"},
            }
        ),
        described(
            ROTATED,
            RotationEnabled=True,
            RotationLambdaARN=LAMBDA,
            RotationRules={
                "ScheduleExpression": "cron(0 8 1 * ? *)",
                "AutomaticallyAfterDays": maybe(between(28, 31)),
            },
            LastRotatedDate=NOW,
            NextRotationDate=around(16 * DAY, 17 * DAY),
        ),
    ),
    case(
        "RotateSecret: again, with what is stored",
        create("$memory"),
        rotate(
            {
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {"AutomaticallyAfterDays": 7},
            }
        ),
        described(
            ROTATED,
            RotationEnabled=True,
            RotationLambdaARN=LAMBDA,
            RotationRules={"AutomaticallyAfterDays": 7},
            LastRotatedDate=NOW,
            NextRotationDate=around(7.5 * DAY, DAY),
        ),
        rotate({}, {**STARTED, "VersionId": "$t3"}, token="$t3"),
        described(
            {"$t2": ["AWSPREVIOUS"], "$t3": ["AWSCURRENT"]},
            RotationEnabled=True,
            RotationLambdaARN=LAMBDA,
            RotationRules={"AutomaticallyAfterDays": 7},
            LastRotatedDate=NOW,
            NextRotationDate=around(7.5 * DAY, DAY),
        ),
    ),
    case(
        "RotateSecret: not at once, only tested",
        create("$memory"),
        rotate(
            {
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {"AutomaticallyAfterDays": 30},
                "RotateImmediately": False,
            },
            {"ARN": ARN, "Name": "$name", "VersionId": maybe("$t2")},
        ),
        described(
            {"$t1": ["AWSCURRENT"]},
            RotationEnabled=True,
            RotationLambdaARN=LAMBDA,
            RotationRules={"AutomaticallyAfterDays": 30},
            NextRotationDate=around(30.5 * DAY, DAY),
        ),
    ),
    case(
        "RotateSecret: AWSPENDING is there before it has a value, and in the "
        "way of the next",
        create("$busy"),
        rotate({"RotationLambdaARN": LAMBDA}),
        do(
            "DescribeSecret",
            {"SecretId": "$name"},
            {
                "ARN": ARN,
                "Name": "$name",
                "LastChangedDate": NOW,
                "CreatedDate": NOW,
                "VersionIdsToStages": {
                    "$t1": ["AWSCURRENT"],
                    "$t2": ["AWSPENDING"],
                },
                "RotationEnabled": True,
                "RotationLambdaARN": LAMBDA,
                "RotationRules": maybe({}),
                "LastAccessedDate": maybe(TIME),
                "NextRotationDate": maybe(TIME),
            },
        ),
        do(
            "GetSecretValue",
            {"SecretId": "$name", "VersionStage": "AWSPENDING"},
            refused(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret value for "
                "staging label: AWSPENDING",
            ),
        ),
        rotate(
            {},
            refused(
                "InvalidRequestException",
                re.compile("^A previous rotation isn't complete"),
            ),
            token="$t3",
        ),
        do(
            "CancelRotateSecret",
            {"SecretId": "$name"},
            {"ARN": ARN, "Name": "$name", "VersionId": "$t2"},
        ),
    ),
    case(
        "CancelRotateSecret: keeps the function and the rules, enables nothing",
        create("$memory"),
        rotate(
            {
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {"AutomaticallyAfterDays": 30},
            }
        ),
        described(
            ROTATED,
            RotationEnabled=True,
            RotationLambdaARN=LAMBDA,
            RotationRules={"AutomaticallyAfterDays": 30},
            LastRotatedDate=NOW,
            NextRotationDate=around(30.5 * DAY, DAY),
        ),
        do(
            "CancelRotateSecret",
            {"SecretId": "$arn"},
            {"ARN": ARN, "Name": "$name", "VersionId": maybe("$t2")},
        ),
        described(
            ROTATED,
            RotationEnabled=False,
            RotationLambdaARN=LAMBDA,
            RotationRules={"AutomaticallyAfterDays": 30},
            LastRotatedDate=maybe(NOW),
            until=False,
        ),
    ),
    bad(
        "a first rotation without a function",
        {"RotationRules": {"AutomaticallyAfterDays": 30}},
        refused(
            "InvalidRequestException",
            "No Lambda rotation function ARN is associated with this secret.",
        ),
    ),
    bad(
        "a function that there is not",
        {
            "RotationLambdaARN": "arn:aws:lambda:$region:$account:function:"
            "no-such-function"
        },
        refused(
            "AccessDeniedException",
            re.compile(
                "^Secrets Manager cannot invoke the specified Lambda function"
            ),
        ),
    ),
    bad_rules(
        "days and an expression",
        {
            "AutomaticallyAfterDays": 30,
            "ScheduleExpression": "rate(10 days)",
        },
        refused(
            "InvalidParameterException",
            "You cannot specify both rotation frequency and schedule "
            "expression together.",
        ),
    ),
    bad_rules(
        "0 days",
        {"AutomaticallyAfterDays": 0},
        constraint(
            "rotationRules.automaticallyAfterDays",
            "have value greater than or equal to 1",
        ),
    ),
    bad_rules(
        "1001 days",
        {"AutomaticallyAfterDays": 1001},
        constraint(
            "rotationRules.automaticallyAfterDays",
            "have value less than or equal to 1000",
        ),
    ),
    bad_rules(
        "a rate of 3 hours",
        {"ScheduleExpression": "rate(3 hours)"},
        SCHEDULE,
    ),
    bad_rules(
        "a rate of minutes",
        {"ScheduleExpression": "rate(300 minutes)"},
        SCHEDULE,
    ),
    bad_rules(
        "a cron expression of other minutes than 0",
        {"ScheduleExpression": "cron(30 8 1 * ? *)"},
        SCHEDULE,
    ),
    bad_rules(
        "what is no expression",
        {"ScheduleExpression": "every monday"},
        SCHEDULE,
    ),
    bad_rules(
        "a window that crosses midnight",
        {"ScheduleExpression": "cron(0 23 1 * ? *)", "Duration": "3h"},
        SCHEDULE,
    ),
    bad_rules(
        "a duration that is none",
        {"ScheduleExpression": "rate(10 days)", "Duration": "2d"},
        refused(
            "ValidationException",
            re.compile(
                "'rotationRules.duration' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: "
                r"\[0-9\]\+h"
            ),
        ),
    ),
    bad(
        "a token of 31 characters",
        {"ClientRequestToken": "t" * 31, "RotationLambdaARN": LAMBDA},
        constraint(
            "clientRequestToken", "have length greater than or equal to 32"
        ),
    ),
    case(
        "RotateSecret refuses no token, before it looks for the secret",
        do(
            "RotateSecret",
            {"SecretId": "$name"},
            refused(
                "InvalidParameterException",
                "You must provide a ClientRequestToken value. We recommend a "
                "UUID-type value.",
            ),
        ),
        only=RAW,
    ),
    case(
        "RotateSecret and CancelRotateSecret refuse an unknown secret",
        rotate({"RotationLambdaARN": LAMBDA}, NOT_FOUND),
        do("CancelRotateSecret", {"SecretId": "$name"}, NOT_FOUND),
    ),
    case(
        "RotateSecret and CancelRotateSecret refuse no SecretId",
        do("RotateSecret", {"ClientRequestToken": "$t1"}, missing("secretId")),
        do("CancelRotateSecret", {}, missing("secretId")),
    ),
    case(
        "RotateSecret and CancelRotateSecret refuse a secret that awaits "
        "deletion",
        create("$memory"),
        delete(),
        rotate({"RotationLambdaARN": LAMBDA}, MARKED),
        do("CancelRotateSecret", {"SecretId": "$name"}, MARKED),
    ),
    # By hand, as a rotation function does it.
    case(
        "RotateSecret refuses while AWSPENDING is on another version",
        create("$memory"),
        put("{}", "t3", "AWSPENDING"),
        rotate(
            {"RotationLambdaARN": LAMBDA},
            refused(
                "InvalidRequestException",
                re.compile("^A previous rotation isn't complete"),
            ),
        ),
    ),
]
