"""DescribeSecret: what it shows beside stages (which every file looks at)."""

from table import (
    ARN,
    BAD_NAME,
    NOT_FOUND,
    NOW,
    any_order,
    around,
    case,
    constraint,
    create,
    delete,
    do,
    maybe,
    missing,
    stages_are,
)

BARE = {
    "ARN": ARN,
    "Name": "$name",
    "LastChangedDate": NOW,
    "CreatedDate": NOW,
    "VersionIdsToStages": {"$t1": ["AWSCURRENT"]},
}


def bad(title, given, expected):
    return case(
        f"DescribeSecret refuses {title}",
        create(),
        do("DescribeSecret", {"SecretId": "$name", **given}, expected),
    )


CASES = [
    case(
        "DescribeSecret: only members that have a value",
        create(),
        do("DescribeSecret", {"SecretId": "$name"}, BARE),
        do("DescribeSecret", {"SecretId": "$arn"}, BARE),
        do("DescribeSecret", {"SecretId": "$partial"}, BARE),
    ),
    # alias/aws/secretsmanager is the default key, which is not shown.
    case(
        "DescribeSecret: the default key by its alias",
        create(KmsKeyId="alias/aws/secretsmanager"),
        stages_are(
            {"$t1": ["AWSCURRENT"]},
            KmsKeyId=maybe("alias/aws/secretsmanager"),
        ),
    ),
    case(
        "DescribeSecret: a secret that awaits deletion has its DeletedDate",
        create(Description="d", Tags=[{"Key": "k", "Value": "v"}]),
        delete(7, RecoveryWindowInDays=7),
        do(
            "DescribeSecret",
            {"SecretId": "$name"},
            {
                **BARE,
                "Description": "d",
                "Tags": any_order({"Key": "k", "Value": "v"}),
                # AWS does not say whether this is the day of the call or of
                # the end.
                "DeletedDate": around(3.5 * 86400, 3.5 * 86400 + 90),
            },
        ),
    ),
    bad("an unknown secret", {"SecretId": "$name2"}, NOT_FOUND),
    bad("a name that cannot be one", {"SecretId": "a b"}, BAD_NAME),
    bad(
        "an empty SecretId",
        {"SecretId": ""},
        constraint("secretId", "have length greater than or equal to 1"),
    ),
    case(
        "DescribeSecret refuses no SecretId",
        do("DescribeSecret", {}, missing("secretId")),
    ),
]
