"""ListSecrets.  A case sees its own secrets only, by a filter on the name."""

import re

from table import (
    ANYTHING,
    NOW,
    TOKEN,
    any_order,
    arn,
    around,
    case,
    constraint,
    create,
    delete,
    do,
    maybe,
    refused,
    save,
)


def row(name, token, **more):
    """What ListSecrets shows of a secret of create()."""
    return {
        "ARN": arn(name),
        "Name": f"${name}",
        "LastChangedDate": NOW,
        "CreatedDate": NOW,
        "SecretVersionsToStages": {f"${token}": ["AWSCURRENT"]},
        **more,
    }


def tag(key, value):
    return {"Key": key, "Value": value}


def listed(filters, *rows, ordered=False, **given):
    """ListSecrets with filters {key: values}, and those of the case."""
    return do(
        "ListSecrets",
        {
            "Filters": [
                {"Key": "name", "Values": ["$prefix"]},
                *({"Key": k, "Values": v} for k, v in filters),
            ],
            **given,
        },
        {"SecretList": list(rows) if ordered else any_order(*rows)},
    )


def names(filters, *wanted, **given):
    """As listed(), of the secrets of THREE."""
    return listed(filters, *(THREE_ROWS[w] for w in wanted), **given)


THREE = (
    create(
        "1",
        "name1",
        "t1",
        Description="Database of the COMPANYThings shop",
        Tags=[tag("Team", "payments"), tag("stage", "prod-eu")],
    ),
    create(
        "2",
        "name2",
        "t2",
        Description="database, second",
        Tags=[tag("team", "Payments")],
    ),
    create("3", "name3", "t3"),
)
THREE_ROWS = {
    1: row(
        "name1",
        "t1",
        Description="Database of the COMPANYThings shop",
        Tags=[tag("Team", "payments"), tag("stage", "prod-eu")],
    ),
    2: row(
        "name2",
        "t2",
        Description="database, second",
        Tags=[tag("team", "Payments")],
    ),
    3: row("name3", "t3"),
}


def bad(title, given, expected, **more):
    return case(
        f"ListSecrets refuses {title}",
        do("ListSecrets", given, expected),
        **more,
    )


def bad_filter(title, filters, expected, **more):
    return bad(title, {"Filters": filters}, expected, **more)


ONE = {"Key": "name", "Values": ["x"]}

CASES = [
    case(
        "ListSecrets: each secret as DescribeSecret shows it",
        *THREE,
        names([], 1, 2, 3),
    ),
    case(
        "ListSecrets: without filters it is all there is",
        create("1", "name1", "t1"),
        do(
            "ListSecrets",
            {"MaxResults": 1, "SortBy": "created-date", "SortOrder": "desc"},
            {"SecretList": [row("name1", "t1")], "NextToken": maybe(TOKEN)},
        ),
    ),
    case(
        "ListSecrets: an unknown name is no fault",
        do(
            "ListSecrets",
            {"Filters": [{"Key": "name", "Values": ["$prefix"]}]},
            {"SecretList": []},
        ),
    ),
    case(
        "ListSecrets: by name, a prefix, with its case",
        *THREE,
        names([("name", ["$name2"])], 2),
        names([("name", ["$name2", "$name3"])], 2, 3),
        names([("name", ["C/"])]),
        names([("name", ["!$name2"])], 1, 3),
    ),
    case(
        "ListSecrets: by description, each word a prefix of a word, without "
        "its case",
        *THREE,
        names([("description", ["DATA"])], 1, 2),
        names([("description", ["shop data"])], 1),
        names([("description", ["base"])]),
        names([("description", ["seco", "shop"])], 1, 2),
        names([("description", ["!second"])], 1, 3),
    ),
    case(
        "ListSecrets: by tag key and value, a prefix, with its case",
        *THREE,
        names([("tag-key", ["Te"])], 1),
        names([("tag-key", ["te"])], 2),
        names([("tag-value", ["pay"])], 1),
        names([("tag-value", ["Pay", "prod"])], 1, 2),
        names([("tag-key", ["!Te"])], 2, 3),
    ),
    case(
        "ListSecrets: several filters must all hold",
        *THREE,
        names([("description", ["database"]), ("tag-key", ["stage"])], 1),
        names([("tag-key", ["Team"]), ("tag-key", ["stage"])], 1),
        names([("tag-key", ["Team"]), ("tag-key", ["team"])]),
    ),
    case(
        "ListSecrets: all looks everywhere, word by word",
        *THREE,
        names([("all", ["payments"])], 1, 2),
        names([("all", ["SECOND"])], 2),
        names([("all", ["second pay"])], 2),
        # Words end at signs and where the case changes.
        names([("all", ["things"])]),
        names([("all", ["ythings"])], 1),
        names([("all", ["compan"])], 1),
        names([("all", ["eu"])], 1),
        names([("all", ["name3"])], 3),
    ),
    case(
        "ListSecrets: no secret is another service's",
        *THREE,
        names([("owning-service", ["rds"])]),
    ),
    case(
        "ListSecrets: sorted by name",
        *THREE,
        names([], 1, 2, 3, ordered=True, SortBy="name", SortOrder="asc"),
        names([], 3, 2, 1, ordered=True, SortBy="name", SortOrder="desc"),
    ),
    case(
        "ListSecrets: sorted by the day it was made, the oldest first",
        *THREE,
        names([], 1, 2, 3, ordered=True, SortOrder="asc"),
        names([], 3, 2, 1, ordered=True, SortOrder="desc"),
        names(
            [], 3, 2, 1, ordered=True, SortBy="created-date", SortOrder="desc"
        ),
    ),
    case(
        "ListSecrets: page by page",
        *THREE,
        do(
            "ListSecrets",
            {
                "Filters": [{"Key": "name", "Values": ["$prefix"]}],
                "SortOrder": "asc",
                "MaxResults": 2,
            },
            {
                "SecretList": [THREE_ROWS[1], THREE_ROWS[2]],
                "NextToken": save("next", TOKEN),
            },
        ),
        do(
            "ListSecrets",
            {
                "Filters": [{"Key": "name", "Values": ["$prefix"]}],
                "SortOrder": "asc",
                "MaxResults": 2,
                "NextToken": "$next",
            },
            {"SecretList": [THREE_ROWS[3]], "NextToken": maybe(TOKEN)},
        ),
    ),
    case(
        "ListSecrets: pages go on though secrets come and go",
        *THREE,
        do(
            "ListSecrets",
            {
                "Filters": [{"Key": "name", "Values": ["$prefix"]}],
                "SortOrder": "asc",
                "MaxResults": 1,
            },
            {
                "SecretList": [THREE_ROWS[1]],
                "NextToken": save("next", TOKEN),
            },
        ),
        create("4", "name4", "t4"),
        do(
            "DeleteSecret",
            {"SecretId": "$name1", "ForceDeleteWithoutRecovery": True},
            {"ARN": arn("name1"), "Name": "$name1", "DeletionDate": NOW},
        ),
        do(
            "ListSecrets",
            {
                "Filters": [{"Key": "name", "Values": ["$prefix"]}],
                "SortOrder": "asc",
                "MaxResults": 100,
                "NextToken": "$next",
            },
            {
                "SecretList": [
                    THREE_ROWS[2],
                    THREE_ROWS[3],
                    row("name4", "t4"),
                ],
                "NextToken": maybe(TOKEN),
            },
        ),
    ),
    case(
        "ListSecrets: sorted by the day of the last change",
        *THREE,
        do(
            "TagResource",
            {"SecretId": "$name3", "Tags": [tag("k", "v")]},
            {},
        ),
        do(
            "UpdateSecret",
            {
                "SecretId": "$name1",
                "Description": "changed",
                "ClientRequestToken": "$t9",
            },
            {"ARN": arn("name1"), "Name": "$name1"},
        ),
        listed(
            [],
            THREE_ROWS[2],
            {**THREE_ROWS[3], "Tags": [tag("k", "v")]},
            {**THREE_ROWS[1], "Description": "changed"},
            ordered=True,
            SortBy="last-changed-date",
            SortOrder="asc",
        ),
    ),
    case(
        "ListSecrets refuses a token that was changed",
        *THREE,
        do(
            "ListSecrets",
            {"MaxResults": 1},
            {"SecretList": ANYTHING, "NextToken": save("next", TOKEN)},
        ),
        do(
            "ListSecrets",
            {"MaxResults": 1, "NextToken": "A$next"},
            refused("InvalidNextTokenException"),
        ),
    ),
    case(
        "ListSecrets: what awaits deletion only when asked",
        create("1", "name", "t1"),
        create("2", "name2", "t2"),
        delete(),
        listed([], row("name2", "t2")),
        listed(
            [],
            row("name2", "t2"),
            row("name", "t1", DeletedDate=around(15 * 86400, 15 * 86400 + 90)),
            IncludePlannedDeletion=True,
        ),
    ),
    bad(
        "pages of 0",
        {"MaxResults": 0},
        constraint("maxResults", "have value greater than or equal to 1"),
    ),
    bad(
        "pages of 101",
        {"MaxResults": 101},
        constraint("maxResults", "have value less than or equal to 100"),
    ),
    bad(
        "a token that it has not given",
        {"NextToken": "forged"},
        refused("InvalidNextTokenException"),
    ),
    bad(
        "an order that there is not",
        {"SortOrder": "up"},
        constraint("sortOrder", r"satisfy enum value set: \[.*\]", "'up'"),
    ),
    bad_filter(
        "a filter key that there is not",
        [{"Key": "colour", "Values": ["x"]}],
        constraint(
            "filters.1.member.key",
            r"satisfy enum value set: \[.*\]",
            "'colour'",
        ),
    ),
    bad_filter(
        "a filter without a key",
        [{"Values": ["x"]}],
        refused("InvalidParameterException", re.compile("[Ff]ilter")),
    ),
    bad_filter(
        "a filter without values",
        [{"Key": "name"}],
        refused("InvalidParameterException", re.compile("[Ff]ilter")),
    ),
    bad_filter(
        "a filter of no values",
        [{"Key": "name", "Values": []}],
        constraint(
            "filters.1.member.values", "have length greater than or equal to 1"
        ),
    ),
    bad_filter(
        "a filter of 11 values",
        [{"Key": "name", "Values": [f"v{i}" for i in range(11)]}],
        constraint(
            "filters.1.member.values", "have length less than or equal to 10"
        ),
    ),
    bad_filter(
        "11 filters",
        [ONE] * 11,
        constraint("filters", "have length less than or equal to 10"),
    ),
    bad_filter(
        "a filter value of other characters",
        [{"Key": "name", "Values": ["a;b"]}],
        refused(
            "ValidationException",
            re.compile(
                "^1 validation error detected: Value .* at "
                "'filters.1.member.values' failed to satisfy constraint: "
                "Member must satisfy .*regular expression pattern: "
            ),
        ),
    ),
    bad_filter(
        "a filter value of 513 characters",
        [{"Key": "name", "Values": ["v" * 513]}],
        constraint(
            "filters.1.member.values",
            ".*have length less than or equal to 512.*",
        ),
    ),
]
