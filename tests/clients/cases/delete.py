"""DeleteSecret, RestoreSecret."""

from table import (
    ARN,
    BAD_NAME,
    MARKED,
    NOT_FOUND,
    NOW,
    arn,
    case,
    create,
    delete,
    do,
    force_delete,
    missing,
    refused,
    stages_are,
    value_is,
)

RESTORED = do(
    "RestoreSecret", {"SecretId": "$name"}, {"ARN": ARN, "Name": "$name"}
)


def bad(title, given, expected):
    return case(
        f"DeleteSecret refuses {title}",
        create(),
        do("DeleteSecret", {"SecretId": "$name", **given}, expected),
        value_is("s3cret"),
    )


CASES = [
    case(
        "DeleteSecret: 30 days by default, and RestoreSecret undoes it",
        create(),
        delete(),
        do("GetSecretValue", {"SecretId": "$name"}, MARKED),
        RESTORED,
        value_is("s3cret"),
        stages_are({"$t1": ["AWSCURRENT"]}),
    ),
    case(
        "DeleteSecret: by ARN, with a window",
        create(),
        do(
            "DeleteSecret",
            {"SecretId": "$arn", "RecoveryWindowInDays": 7},
            delete(7).expected,
        ),
    ),
    case(
        "DeleteSecret: without recovery it is gone, and its name is free",
        create("old"),
        force_delete(),
        do("DescribeSecret", {"SecretId": "$name"}, NOT_FOUND),
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretString": "new",
                "ClientRequestToken": "$t2",
            },
            {"ARN": arn("name_again"), "Name": "$name", "VersionId": "$t2"},
        ),
        # Six other characters: what was granted on the old reaches no new.
        do("DescribeSecret", {"SecretId": "$arn"}, NOT_FOUND),
        name_again="$name",
    ),
    case(
        "DeleteSecret: without recovery, of one that awaits deletion",
        create(),
        delete(),
        force_delete(),
        do("DescribeSecret", {"SecretId": "$name"}, NOT_FOUND),
    ),
    case(
        "DeleteSecret: without recovery, of one that is not there",
        force_delete(),
        do("DescribeSecret", {"SecretId": "$name"}, NOT_FOUND),
    ),
    case(
        "DeleteSecret: a window, and false for without recovery",
        create(),
        delete(8, RecoveryWindowInDays=8, ForceDeleteWithoutRecovery=False),
    ),
    bad(
        "a window and without recovery",
        {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
        refused("InvalidParameterException"),
    ),
    bad(
        "a window of 6 days",
        {"RecoveryWindowInDays": 6},
        refused("InvalidParameterException"),
    ),
    bad(
        "a window of 31 days",
        {"RecoveryWindowInDays": 31},
        refused("InvalidParameterException"),
    ),
    bad("an unknown secret", {"SecretId": "$name2"}, NOT_FOUND),
    bad("a name that cannot be one", {"SecretId": "a b"}, BAD_NAME),
    case(
        "DeleteSecret refuses a secret that awaits deletion",
        create(),
        delete(),
        do("DeleteSecret", {"SecretId": "$name"}, MARKED),
    ),
    case(
        "DeleteSecret refuses no SecretId",
        do("DeleteSecret", {}, missing("secretId")),
    ),
    case(
        "RestoreSecret: a secret that is not deleted stays as it is",
        create(),
        RESTORED,
        value_is("s3cret"),
    ),
    case(
        "RestoreSecret refuses an unknown secret",
        do("RestoreSecret", {"SecretId": "$name"}, NOT_FOUND),
    ),
    case(
        "RestoreSecret refuses a secret that is gone",
        create(),
        force_delete(),
        do("RestoreSecret", {"SecretId": "$arn"}, NOT_FOUND),
    ),
    case(
        "RestoreSecret refuses no SecretId",
        do("RestoreSecret", {}, missing("secretId")),
    ),
]
