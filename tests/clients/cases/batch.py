"""BatchGetSecretValue."""

from table import (
    NOW,
    TOKEN,
    any_order,
    arn,
    case,
    constraint,
    create,
    delete,
    do,
    maybe,
    put,
    refused,
    save,
)

THREE = (
    create("one", "name1", "t1", Tags=[{"Key": "team", "Value": "a"}]),
    create("two", "name2", "t2", Tags=[{"Key": "team", "Value": "b"}]),
    create("three", "name3", "t3"),
)
NOTHING = maybe([])


def value(name, token, text):
    return {
        "ARN": arn(name),
        "Name": f"${name}",
        "VersionId": f"${token}",
        "SecretString": text,
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": NOW,
    }


ONE, TWO, LAST = (
    value("name1", "t1", "one"),
    value("name2", "t2", "two"),
    value("name3", "t3", "three"),
)


def batch(given, *values, errors=NOTHING, **more):
    return do(
        "BatchGetSecretValue",
        given,
        {"SecretValues": any_order(*values), "Errors": errors, **more},
    )


def failure(secret_id, code, message):
    return {"SecretId": secret_id, "ErrorCode": code, "Message": message}


def bad(title, given, expected):
    return case(
        f"BatchGetSecretValue refuses {title}",
        do("BatchGetSecretValue", given, expected),
    )


EITHER = refused("InvalidParameterException")

CASES = [
    case(
        "BatchGetSecretValue: by name, by ARN, and without its suffix",
        *THREE,
        batch({"SecretIdList": ["$name1", "$arn2", "$arn3"]}, ONE, TWO, LAST),
    ),
    case(
        "BatchGetSecretValue: bytes",
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretBinary": "AAEC",
                "ClientRequestToken": "$t1",
            },
            {"ARN": arn(), "Name": "$name", "VersionId": "$t1"},
        ),
        batch(
            {"SecretIdList": ["$name"]},
            {
                "ARN": arn(),
                "Name": "$name",
                "VersionId": "$t1",
                "SecretBinary": "AAEC",
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": NOW,
            },
        ),
    ),
    case(
        "BatchGetSecretValue: the current version",
        create("old", "name", "t8"),
        put("new", "t9"),
        batch(
            {"SecretIdList": ["$name"]},
            value("name", "t9", "new"),
        ),
    ),
    case(
        "BatchGetSecretValue: by filters",
        *THREE,
        batch(
            {"Filters": [{"Key": "name", "Values": ["$prefix"]}]},
            ONE,
            TWO,
            LAST,
        ),
        batch(
            {
                "Filters": [
                    {"Key": "name", "Values": ["$prefix"]},
                    {"Key": "tag-value", "Values": ["b"]},
                ]
            },
            TWO,
        ),
        batch({"Filters": [{"Key": "name", "Values": ["$prefix/none"]}]}),
    ),
    case(
        "BatchGetSecretValue: filters, page by page",
        *THREE,
        do(
            "BatchGetSecretValue",
            {
                "Filters": [{"Key": "name", "Values": ["$prefix"]}],
                "MaxResults": 2,
            },
            {
                "SecretValues": [ONE, TWO],
                "Errors": NOTHING,
                "NextToken": save("next", TOKEN),
            },
        ),
        batch(
            {
                "Filters": [{"Key": "name", "Values": ["$prefix"]}],
                "MaxResults": 2,
                "NextToken": "$next",
            },
            LAST,
            NextToken=maybe(TOKEN),
        ),
    ),
    case(
        "BatchGetSecretValue: what fails is among the errors, the rest is "
        "given",
        *THREE,
        create("s", "name", "t5"),
        delete(),
        create(None, "name6"),
        batch(
            {"SecretIdList": ["$name1", "$name", "$name6", "$name9"]},
            ONE,
            errors=any_order(
                failure(
                    "$name",
                    "InvalidRequestException",
                    "You can't perform this operation on the secret because "
                    "it was marked for deletion.",
                ),
                failure(
                    "$name6",
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret value "
                    "for staging label: AWSCURRENT",
                ),
                failure(
                    "$name9",
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret.",
                ),
            ),
        ),
    ),
    case(
        "BatchGetSecretValue: 20 secrets",
        create("one", "name1", "t1"),
        batch(
            {
                "SecretIdList": [
                    "$name1",
                    *(f"$prefix/none{i}" for i in range(19)),
                ]
            },
            ONE,
            errors=any_order(
                *(
                    failure(
                        f"$prefix/none{i}",
                        "ResourceNotFoundException",
                        "Secrets Manager can't find the specified secret.",
                    )
                    for i in range(19)
                )
            ),
        ),
    ),
    bad("neither a list nor filters", {}, EITHER),
    bad(
        "a list and filters",
        {
            "SecretIdList": ["$name"],
            "Filters": [{"Key": "name", "Values": ["$name"]}],
        },
        EITHER,
    ),
    bad(
        "pages without filters",
        {"SecretIdList": ["$name"], "MaxResults": 2},
        EITHER,
    ),
    bad(
        "an empty list",
        {"SecretIdList": []},
        constraint("secretIdList", "have length greater than or equal to 1"),
    ),
    bad(
        "21 secrets",
        {"SecretIdList": [f"n{i}" for i in range(21)]},
        constraint("secretIdList", "have length less than or equal to 20"),
    ),
    bad(
        "pages of 21",
        {
            "Filters": [{"Key": "name", "Values": ["$name"]}],
            "MaxResults": 21,
        },
        constraint("maxResults", "have value less than or equal to 20"),
    ),
    bad(
        "a filter key that there is not",
        {"Filters": [{"Key": "colour", "Values": ["x"]}]},
        constraint(
            "filters.1.member.key",
            r"satisfy enum value set: \[.*\]",
            "'colour'",
        ),
    ),
    bad(
        "a token that it has not given",
        {
            "Filters": [{"Key": "name", "Values": ["$name"]}],
            "NextToken": "forged",
        },
        refused("InvalidNextTokenException"),
    ),
]
