"""PutSecretValue."""

import base64

from table import (
    ARN,
    BAD_NAME,
    MARKED,
    NOT_FOUND,
    NOW,
    RAW,
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


def bad(title, given, expected, **more):
    return case(
        f"PutSecretValue refuses {title}",
        create("one"),
        do(
            "PutSecretValue",
            {"SecretId": "$name", "ClientRequestToken": "$t2", **given},
            expected,
        ),
        value_is("one"),
        **more,
    )


CASES = [
    case(
        "PutSecretValue: AWSCURRENT moves here, AWSPREVIOUS to what had it",
        create("one"),
        put("two", "t2"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}),
        put("three", "t3"),
        stages_are({"$t2": ["AWSPREVIOUS"], "$t3": ["AWSCURRENT"]}),
        value_is("three", "$t3"),
        value_is("two", "$t2", ["AWSPREVIOUS"], VersionStage="AWSPREVIOUS"),
    ),
    case(
        "PutSecretValue: a version without stages is still read by its id",
        create("one"),
        put("two", "t2"),
        put("three", "t3"),
        do(
            "GetSecretValue",
            {"SecretId": "$name", "VersionId": "$t1"},
            {
                "ARN": ARN,
                "Name": "$name",
                "VersionId": "$t1",
                "SecretString": "one",
                "CreatedDate": NOW,
            },
        ),
    ),
    case(
        "PutSecretValue: the first version is AWSCURRENT",
        create(None),
        put("one", "t1"),
        value_is("one"),
        stages_are({"$t1": ["AWSCURRENT"]}),
    ),
    case(
        "PutSecretValue: named stages move, AWSCURRENT stays",
        create("one"),
        put("two", "t2", "AWSPENDING", "mine"),
        put("three", "t3", "mine"),
        stages_are(
            {
                "$t1": ["AWSCURRENT"],
                "$t2": ["AWSPENDING"],
                "$t3": ["mine"],
            }
        ),
        value_is("three", "$t3", ["mine"], VersionStage="mine"),
    ),
    case(
        "PutSecretValue: AWSCURRENT by name moves AWSPREVIOUS, too",
        create("one"),
        put("two", "t2", "AWSCURRENT", "mine"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT", "mine"]}),
    ),
    # Of a version that loses AWSCURRENT.
    case(
        "PutSecretValue: AWSPENDING goes with AWSCURRENT, own stages stay",
        create("one"),
        put("two", "t2", "AWSCURRENT", "AWSPENDING", "mine"),
        put("three", "t3"),
        stages_are({"$t2": ["AWSPREVIOUS", "mine"], "$t3": ["AWSCURRENT"]}),
    ),
    case(
        "PutSecretValue: again with the same token and value does nothing",
        create("one"),
        put("two", "t2"),
        put("two", "t2"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}),
    ),
    case(
        "PutSecretValue: bytes in place of a string",
        create("one"),
        do(
            "PutSecretValue",
            {
                "SecretId": "$arn",
                "SecretBinary": "/+8=",
                "ClientRequestToken": "$t2",
            },
            {
                "ARN": ARN,
                "Name": "$name",
                "VersionId": "$t2",
                "VersionStages": ["AWSCURRENT"],
            },
        ),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            {
                "ARN": ARN,
                "Name": "$name",
                "VersionId": "$t2",
                "SecretBinary": "/+8=",
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": NOW,
            },
        ),
    ),
    case(
        "PutSecretValue refuses the token of another value",
        create("one"),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "two",
                "ClientRequestToken": "$t1",
            },
            refused(
                "ResourceExistsException",
                "You can't use ClientRequestToken $t1 because that value is "
                "already in use for a version of secret $arn.",
            ),
        ),
        value_is("one"),
    ),
    bad(
        "no value",
        {},
        refused(
            "InvalidRequestException",
            "You must provide either SecretString or SecretBinary.",
        ),
    ),
    bad(
        "a string and bytes",
        {"SecretString": "s", "SecretBinary": "AAEC"},
        refused(
            "InvalidParameterException",
            "You can't specify both a binary secret value and a string "
            "secret value in the same secret.",
        ),
    ),
    bad(
        "a value of 65537 bytes",
        {"SecretString": "v" * 65537},
        constraint(
            "secretString",
            "have length less than or equal to 65536",
            value=None,
        ),
    ),
    case(
        "PutSecretValue: 65536 bytes, of letters of two",
        create("one"),
        put("é" * 32768, "t2"),
        value_is("é" * 32768, "$t2"),
    ),
    bad(
        "65538 bytes, of letters of two",
        {"SecretString": "é" * 32769},
        refused(("ValidationException", "InvalidParameterException")),
    ),
    bad(
        "65537 bytes",
        {"SecretBinary": base64.b64encode(bytes(65537)).decode()},
        constraint(
            "secretBinary",
            "have length less than or equal to 65536",
            value=None,
        ),
    ),
    bad(
        "an unknown secret",
        {"SecretId": "$name2", "SecretString": "s"},
        NOT_FOUND,
    ),
    bad(
        "a name that cannot be one",
        {"SecretId": "a b", "SecretString": "s"},
        BAD_NAME,
    ),
    bad(
        "no stages",
        {"SecretString": "s", "VersionStages": []},
        constraint("versionStages", "have length greater than or equal to 1"),
    ),
    bad(
        "21 stages",
        {
            "SecretString": "s",
            "VersionStages": [f"s{i}" for i in range(21)],
        },
        constraint("versionStages", "have length less than or equal to 20"),
    ),
    bad(
        "a stage of 257 characters",
        {"SecretString": "s", "VersionStages": ["s" * 257]},
        constraint("versionStages", r".*have length less than or equal to 256"),
    ),
    bad(
        "a token of 31 characters",
        {"SecretString": "s", "ClientRequestToken": "t" * 31},
        constraint(
            "clientRequestToken", "have length greater than or equal to 32"
        ),
    ),
    case(
        "PutSecretValue refuses no token, before it looks for the secret",
        do(
            "PutSecretValue",
            {"SecretId": "$name", "SecretString": "s"},
            refused(
                "InvalidRequestException",
                "You must provide a ClientRequestToken value. We recommend a "
                "UUID-type value.",
            ),
        ),
        only=RAW,
    ),
    case(
        "PutSecretValue refuses no SecretId",
        do(
            "PutSecretValue",
            {"SecretString": "s", "ClientRequestToken": "$t1"},
            missing("secretId"),
        ),
    ),
    case(
        "PutSecretValue refuses a secret that awaits deletion",
        create("one"),
        delete(),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "two",
                "ClientRequestToken": "$t2",
            },
            MARKED,
        ),
    ),
]
