"""DescribeSecret: what it shows beside stages (which every file looks at)."""

from table import (
    ANYTHING,
    ARN,
    BAD_NAME,
    NOT_FOUND,
    NOW,
    TEXT,
    TIME,
    after,
    any_order,
    around,
    case,
    constraint,
    create,
    delete,
    do,
    maybe,
    missing,
    put,
    save,
    stages_are,
    value_is,
)

BARE = {
    "ARN": ARN,
    "Name": "$name",
    "LastChangedDate": NOW,
    "CreatedDate": NOW,
    "VersionIdsToStages": {"$t1": ["AWSCURRENT"]},
}

CHANGES = [
    put("two", "t2"),
    do(
        "UpdateSecret",
        {
            "SecretId": "$name",
            "Description": "d",
            "ClientRequestToken": "$t3",
        },
        {"ARN": ARN, "Name": "$name"},
    ),
    do(
        "TagResource",
        {"SecretId": "$name", "Tags": [{"Key": "k", "Value": "v"}]},
        {},
    ),
    do("UntagResource", {"SecretId": "$name", "TagKeys": ["k"]}, {}),
    do(
        "UpdateSecretVersionStage",
        {
            "SecretId": "$name",
            "VersionStage": "mine",
            "MoveToVersionId": "$t1",
        },
        {"ARN": ARN, "Name": "$name"},
    ),
]


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
    case(
        "DescribeSecret: LastChangedDate is of any change, CreatedDate never",
        create("one"),
        do(
            "DescribeSecret",
            {"SecretId": "$name"},
            {
                **BARE,
                "CreatedDate": save("made", NOW),
                "LastChangedDate": save("changed0", NOW),
            },
        ),
        *(
            step
            for n, change in enumerate(CHANGES, 1)
            for step in (
                change,
                do(
                    "DescribeSecret",
                    {"SecretId": "$name"},
                    {
                        **BARE,
                        "CreatedDate": save("made", TIME),
                        "LastChangedDate": save(
                            f"changed{n}", after(f"changed{n - 1}")
                        ),
                        "Tags": maybe(ANYTHING),
                        "Description": maybe("d"),
                        "VersionIdsToStages": ANYTHING,
                    },
                ),
            )
        ),
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
        "KmsKeyId: a key of one's own, and back to the default one",
        create("one", KmsKeyId="$kms_key"),
        stages_are({"$t1": ["AWSCURRENT"]}, KmsKeyId="$kms_key"),
        do(
            "ListSecretVersionIds",
            {"SecretId": "$name"},
            {
                "ARN": ARN,
                "Name": "$name",
                "Versions": [
                    {
                        "VersionId": "$t1",
                        "VersionStages": ["AWSCURRENT"],
                        "CreatedDate": NOW,
                        "KmsKeyIds": [TEXT],  # its id or its ARN
                    }
                ],
            },
        ),
        value_is("one"),
        do(
            "UpdateSecret",
            {"SecretId": "$name", "KmsKeyId": "", "ClientRequestToken": "$t2"},
            {"ARN": ARN, "Name": "$name"},
        ),
        stages_are({"$t1": ["AWSCURRENT"]}),
        value_is("one"),
    ),
    case(
        "KmsKeyId: by alias, from the default key",
        create("one"),
        put("two", "t2"),
        do(
            "UpdateSecret",
            {
                "SecretId": "$name",
                "KmsKeyId": "alias/clients",
                "ClientRequestToken": "$t3",
            },
            {"ARN": ARN, "Name": "$name"},
        ),
        stages_are(
            {"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]},
            KmsKeyId="alias/clients",
        ),
        # Both are sealed anew, and can be read.
        value_is("two", "$t2"),
        value_is("one", "$t1", ["AWSPREVIOUS"], VersionId="$t1"),
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
