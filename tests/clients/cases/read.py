"""GetSecretValue, and the spellings of SecretId that every action takes."""

import re

from table import (
    ARN,
    BAD_NAME,
    MARKED,
    NOT_FOUND,
    NOW,
    TODAY,
    case,
    constraint,
    create,
    delete,
    do,
    missing,
    put,
    refused,
    stages_are,
    value_is,
)


def bad(title, given, expected):
    return case(
        f"GetSecretValue refuses {title}",
        create(),
        do("GetSecretValue", {"SecretId": "$name", **given}, expected),
    )


CASES = [
    case(
        "GetSecretValue: by name, by ARN, and by ARN without its suffix",
        create(),
        value_is("s3cret"),
        value_is("s3cret", SecretId="$arn"),
        value_is("s3cret", SecretId="$partial"),
    ),
    # A name that looks as if it were an ARN's end.
    case(
        "GetSecretValue: a partial ARN whose end looks like a suffix finds "
        "nothing",
        create(),
        value_is("s3cret"),
        value_is("s3cret", SecretId="$arn"),
        do("GetSecretValue", {"SecretId": "$partial"}, NOT_FOUND),
        name="$prefix/name-a1b2c3",
    ),
    case(
        "GetSecretValue: a partial ARN that nearly looks so is found",
        create(),
        value_is("s3cret", SecretId="$partial"),
        name="$prefix/name-a1b2c3-",
    ),
    case(
        "GetSecretValue: by version, by stage, and by both",
        create("one"),
        put("two", "t2"),
        value_is("two", "$t2"),
        value_is("one", "$t1", ["AWSPREVIOUS"], VersionId="$t1"),
        value_is("one", "$t1", ["AWSPREVIOUS"], VersionStage="AWSPREVIOUS"),
        value_is("two", "$t2", VersionId="$t2", VersionStage="AWSCURRENT"),
    ),
    case(
        "GetSecretValue: LastAccessedDate is the day, and absent before",
        create(),
        do(
            "DescribeSecret",
            {"SecretId": "$name"},
            {
                "ARN": ARN,
                "Name": "$name",
                "LastChangedDate": NOW,
                "CreatedDate": NOW,
                "VersionIdsToStages": {"$t1": ["AWSCURRENT"]},
            },
        ),
        value_is("s3cret"),
        stages_are({"$t1": ["AWSCURRENT"]}, LastAccessedDate=TODAY),
    ),
    bad("an unknown name", {"SecretId": "$name2"}, NOT_FOUND),
    bad(
        "an unknown ARN",
        {
            "SecretId": "arn:aws:secretsmanager:$region:$account:secret:"
            "$name2-AbCdEf"
        },
        NOT_FOUND,
    ),
    bad("a name that cannot be one", {"SecretId": "a b"}, BAD_NAME),
    bad(
        "an empty SecretId",
        {"SecretId": ""},
        constraint("secretId", "have length greater than or equal to 1"),
    ),
    bad(
        "a SecretId of 2049 characters",
        {"SecretId": "n" * 2049},
        constraint("secretId", "have length less than or equal to 2048"),
    ),
    case(
        "GetSecretValue refuses no SecretId",
        do("GetSecretValue", {}, missing("secretId")),
    ),
    bad(
        "an unknown version",
        {"VersionId": "$t9"},
        refused(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for "
            "VersionId: $t9",
        ),
    ),
    bad(
        "an unknown stage",
        {"VersionStage": "AWSPENDING"},
        refused(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for "
            "staging label: AWSPENDING",
        ),
    ),
    case(
        "GetSecretValue refuses a version and the stage of another",
        create("one"),
        put("two", "t2"),
        do(
            "GetSecretValue",
            {
                "SecretId": "$name",
                "VersionId": "$t1",
                "VersionStage": "AWSCURRENT",
            },
            refused(
                "InvalidRequestException",
                "You provided a VersionStage that is not associated to the "
                "provided VersionId.",
            ),
        ),
    ),
    bad(
        "a version id of 31 characters",
        {"VersionId": "v" * 31},
        constraint("versionId", "have length greater than or equal to 32"),
    ),
    bad(
        "a version id of 65 characters",
        {"VersionId": "v" * 65},
        constraint("versionId", "have length less than or equal to 64"),
    ),
    bad(
        "an empty stage",
        {"VersionStage": ""},
        constraint("versionStage", "have length greater than or equal to 1"),
    ),
    bad(
        "a stage of 257 characters",
        {"VersionStage": "s" * 257},
        constraint("versionStage", "have length less than or equal to 256"),
    ),
    case(
        "GetSecretValue refuses a secret that awaits deletion",
        create(),
        delete(),
        do("GetSecretValue", {"SecretId": "$name"}, MARKED),
    ),
    case(
        "GetSecretValue refuses two faults at once, and names both",
        do(
            "GetSecretValue",
            {"SecretId": "$name", "VersionId": "v", "VersionStage": ""},
            refused(
                "ValidationException",
                re.compile(
                    r"^2 validation errors detected: Value .*'versionId'.*; "
                    r"Value .*'versionStage'|"
                    r"^2 validation errors detected: Value .*'versionStage'"
                    r".*; Value .*'versionId'"
                ),
            ),
        ),
    ),
]
