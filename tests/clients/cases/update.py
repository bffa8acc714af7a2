"""UpdateSecret."""

from table import (
    ARN,
    MARKED,
    NOT_FOUND,
    RAW,
    case,
    constraint,
    create,
    delete,
    do,
    missing,
    refused,
    stages_are,
    value_is,
)


def update(given, **answer):
    return do(
        "UpdateSecret",
        {"SecretId": "$name", "ClientRequestToken": "$t2", **given},
        {"ARN": ARN, "Name": "$name", **answer},
    )


def bad(title, given, expected, **more):
    return case(
        f"UpdateSecret refuses {title}",
        create("one", Description="before"),
        do(
            "UpdateSecret",
            {"SecretId": "$name", "ClientRequestToken": "$t2", **given},
            expected,
        ),
        stages_are({"$t1": ["AWSCURRENT"]}, Description="before"),
        **more,
    )


CASES = [
    case(
        "UpdateSecret: a value makes a version, and moves the stages",
        create("one"),
        update({"SecretString": "two"}, VersionId="$t2"),
        value_is("two", "$t2"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}),
    ),
    case(
        "UpdateSecret: a description alone makes no version",
        create("one", Description="before"),
        update({"Description": "after"}),
        stages_are({"$t1": ["AWSCURRENT"]}, Description="after"),
    ),
    case(
        "UpdateSecret: a value leaves the description as it is",
        create("one", Description="before"),
        update({"SecretString": "two"}, VersionId="$t2"),
        stages_are(
            {"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]},
            Description="before",
        ),
    ),
    case(
        "UpdateSecret: an empty description takes it away",
        create("one", Description="before"),
        update({"Description": ""}),
        stages_are({"$t1": ["AWSCURRENT"]}),
    ),
    case(
        "UpdateSecret: nothing to change is no fault",
        create("one"),
        update({}),
        stages_are({"$t1": ["AWSCURRENT"]}),
    ),
    case(
        "UpdateSecret: bytes",
        create("one"),
        update({"SecretBinary": "AAEC"}, VersionId="$t2"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}),
    ),
    case(
        "UpdateSecret: again with the same token and value does nothing",
        create("one"),
        update({"SecretString": "two"}, VersionId="$t2"),
        update({"SecretString": "two"}, VersionId="$t2"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}),
    ),
    case(
        "UpdateSecret: gives a secret without a value its first",
        create(None),
        update({"SecretString": "one"}, VersionId="$t2"),
        value_is("one", "$t2"),
    ),
    case(
        "UpdateSecret: an empty key id is the default key",
        create("one"),
        update({"KmsKeyId": ""}),
        stages_are({"$t1": ["AWSCURRENT"]}),
    ),
    bad(
        "the token of another value",
        {"SecretString": "two", "ClientRequestToken": "$t1"},
        refused(
            "ResourceExistsException",
            "You can't use ClientRequestToken $t1 because that value is "
            "already in use for a version of secret $arn.",
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
    bad("an unknown secret", {"SecretId": "$name2"}, NOT_FOUND),
    bad(
        "a description of 2049 characters",
        {"Description": "d" * 2049},
        constraint("description", "have length less than or equal to 2048"),
    ),
    bad(
        "a key that does not exist",
        {"KmsKeyId": "alias/no-such-key"},
        refused("EncryptionFailure"),
    ),
    case(
        "UpdateSecret refuses no SecretId",
        do(
            "UpdateSecret",
            {"Description": "d", "ClientRequestToken": "$t1"},
            missing("secretId"),
        ),
    ),
    case(
        "UpdateSecret refuses no token, before it looks for the secret",
        do(
            "UpdateSecret",
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
        "UpdateSecret refuses a secret that awaits deletion",
        create("one"),
        delete(),
        do(
            "UpdateSecret",
            {
                "SecretId": "$name",
                "Description": "d",
                "ClientRequestToken": "$t2",
            },
            MARKED,
        ),
    ),
]
