"""UpdateSecretVersionStage, ListSecretVersionIds."""

from table import (
    ANYTHING,
    ARN,
    MARKED,
    NOT_FOUND,
    NOW,
    TODAY,
    TOKEN,
    UUID,
    any_order,
    case,
    constraint,
    create,
    delete,
    do,
    maybe,
    missing,
    put,
    refused,
    save,
    stages_are,
    value_is,
)

TWO = (create("one"), put("two", "t2"))
THREE = (*TWO, put("three", "t3", "AWSPENDING"))
AS_TWO = {"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}


def move(stage, remove=None, to=None):
    given = {"SecretId": "$name", "VersionStage": stage}
    if remove:
        given["RemoveFromVersionId"] = remove
    if to:
        given["MoveToVersionId"] = to
    return do("UpdateSecretVersionStage", given, {"ARN": ARN, "Name": "$name"})


def bad(title, given, expected):
    return case(
        f"UpdateSecretVersionStage refuses {title}",
        *TWO,
        do(
            "UpdateSecretVersionStage",
            {"SecretId": "$name", "VersionStage": "AWSCURRENT", **given},
            expected,
        ),
        stages_are(AS_TWO),
    )


def version(token, *stages, **more):
    shown = {
        "VersionId": f"${token}",
        "CreatedDate": NOW,
        "KmsKeyIds": ["DefaultEncryptionKey"],
        **more,
    }
    if stages:
        shown["VersionStages"] = any_order(*stages)
    return shown


def versions(*members, **given):
    return do(
        "ListSecretVersionIds",
        {"SecretId": "$name", **given},
        {"ARN": ARN, "Name": "$name", "Versions": any_order(*members)},
    )


def bad_list(title, given, expected):
    return case(
        f"ListSecretVersionIds refuses {title}",
        create("one"),
        do("ListSecretVersionIds", {"SecretId": "$name", **given}, expected),
    )


NEEDS_REMOVE = refused(
    "InvalidParameterException",
    "The parameter RemoveFromVersionId can't be empty. Staging label "
    "AWSCURRENT is currently attached to version $t2, so you must explicitly "
    "reference that version in RemoveFromVersionId.",
)

CASES = [
    # Going back to the version before.
    case(
        "UpdateSecretVersionStage: AWSCURRENT moves, AWSPREVIOUS follows",
        *TWO,
        move("AWSCURRENT", remove="$t2", to="$t1"),
        stages_are({"$t1": ["AWSCURRENT"], "$t2": ["AWSPREVIOUS"]}),
        value_is("one"),
    ),
    case(
        "UpdateSecretVersionStage: finishing a rotation by hand",
        *THREE,
        move("AWSCURRENT", remove="$t2", to="$t3"),
        stages_are(
            {"$t2": ["AWSPREVIOUS"], "$t3": ["AWSCURRENT", "AWSPENDING"]}
        ),
        move("AWSPENDING", remove="$t3"),
        stages_are({"$t2": ["AWSPREVIOUS"], "$t3": ["AWSCURRENT"]}),
    ),
    case(
        "UpdateSecretVersionStage: a new label needs nothing to remove",
        *TWO,
        move("mine", to="$t1"),
        stages_are({"$t1": ["AWSPREVIOUS", "mine"], "$t2": ["AWSCURRENT"]}),
        value_is("one", "$t1", ["AWSPREVIOUS", "mine"], VersionStage="mine"),
    ),
    case(
        "UpdateSecretVersionStage: an own label moves, AWSPREVIOUS stays",
        *TWO,
        move("mine", to="$t1"),
        move("mine", remove="$t1", to="$t2"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT", "mine"]}),
    ),
    case(
        "UpdateSecretVersionStage: the last label gone, a version is "
        "deprecated",
        *THREE,
        move("AWSPENDING", remove="$t3"),
        stages_are(AS_TWO),
        versions(version("t1", "AWSPREVIOUS"), version("t2", "AWSCURRENT")),
        versions(
            version("t1", "AWSPREVIOUS"),
            version("t2", "AWSCURRENT"),
            version("t3"),
            IncludeDeprecated=True,
        ),
    ),
    case(
        "UpdateSecretVersionStage, PutSecretValue: 20 labels, and no more",
        create("one"),
        put("two", "t2", *(f"label{i}" for i in range(19))),
        do(
            "UpdateSecretVersionStage",
            {
                "SecretId": "$name",
                "VersionStage": "one more",
                "MoveToVersionId": "$t1",
            },
            refused("LimitExceededException"),
        ),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "three",
                "VersionStages": ["one more"],
                "ClientRequestToken": "$t3",
            },
            refused("LimitExceededException"),
        ),
        # One that is there may move.
        move("label3", remove="$t2", to="$t1"),
    ),
    bad(
        "to move AWSCURRENT without where from",
        {"MoveToVersionId": "$t1"},
        NEEDS_REMOVE,
    ),
    bad(
        "where from that does not have the label",
        {"MoveToVersionId": "$t1", "RemoveFromVersionId": "$t1"},
        refused("InvalidParameterException"),
    ),
    bad(
        "an unknown version",
        {"MoveToVersionId": "$t9", "RemoveFromVersionId": "$t2"},
        refused(("InvalidParameterException", "ResourceNotFoundException")),
    ),
    bad(
        "an unknown secret",
        {"SecretId": "$name2", "MoveToVersionId": "$t1"},
        NOT_FOUND,
    ),
    bad(
        "a version id of 31 characters",
        {"MoveToVersionId": "v" * 31},
        constraint(
            "moveToVersionId", "have length greater than or equal to 32"
        ),
    ),
    bad(
        "a label of 257 characters",
        {"VersionStage": "s" * 257, "MoveToVersionId": "$t1"},
        constraint("versionStage", "have length less than or equal to 256"),
    ),
    case(
        "UpdateSecretVersionStage refuses no label",
        create(),
        do(
            "UpdateSecretVersionStage",
            {"SecretId": "$name", "MoveToVersionId": "$t1"},
            missing("versionStage"),
        ),
    ),
    case(
        "UpdateSecretVersionStage refuses a secret that awaits deletion",
        *TWO,
        delete(),
        do(
            "UpdateSecretVersionStage",
            {
                "SecretId": "$name",
                "VersionStage": "AWSCURRENT",
                "RemoveFromVersionId": "$t2",
                "MoveToVersionId": "$t1",
            },
            MARKED,
        ),
    ),
    case(
        "ListSecretVersionIds: every version with its stages",
        *THREE,
        value_is("two", "$t2"),
        versions(
            version("t1", "AWSPREVIOUS"),
            version("t2", "AWSCURRENT", LastAccessedDate=TODAY),
            version("t3", "AWSPENDING"),
        ),
        versions(
            version("t1", "AWSPREVIOUS"),
            version("t2", "AWSCURRENT", LastAccessedDate=TODAY),
            version("t3", "AWSPENDING"),
            SecretId="$arn",
        ),
    ),
    case(
        "ListSecretVersionIds: a secret without a value has none",
        create(None),
        versions(),
    ),
    case(
        "ListSecretVersionIds: page by page",
        *THREE,
        do(
            "ListSecretVersionIds",
            {"SecretId": "$name", "MaxResults": 2},
            {
                "ARN": ARN,
                "Name": "$name",
                "Versions": [
                    {
                        **version("t"),
                        "VersionId": UUID,
                        "VersionStages": ANYTHING,
                    },
                    {
                        **version("t"),
                        "VersionId": UUID,
                        "VersionStages": ANYTHING,
                    },
                ],
                "NextToken": save("next", TOKEN),
            },
        ),
        do(
            "ListSecretVersionIds",
            {"SecretId": "$name", "MaxResults": 2, "NextToken": "$next"},
            {
                "ARN": ARN,
                "Name": "$name",
                "Versions": [
                    {
                        **version("t"),
                        "VersionId": UUID,
                        "VersionStages": ANYTHING,
                    },
                ],
                # An empty page may follow.
                "NextToken": maybe(TOKEN),
            },
        ),
    ),
    case(
        "ListSecretVersionIds: of a secret that awaits deletion",
        create("one"),
        delete(),
        versions(version("t1", "AWSCURRENT")),
    ),
    bad_list("an unknown secret", {"SecretId": "$name2"}, NOT_FOUND),
    bad_list(
        "pages of 0",
        {"MaxResults": 0},
        constraint("maxResults", "have value greater than or equal to 1"),
    ),
    bad_list(
        "pages of 101",
        {"MaxResults": 101},
        constraint("maxResults", "have value less than or equal to 100"),
    ),
    bad_list(
        "a token that it has not given",
        {"NextToken": "forged"},
        refused("InvalidNextTokenException"),
    ),
    case(
        "ListSecretVersionIds refuses no SecretId",
        do("ListSecretVersionIds", {}, missing("secretId")),
    ),
]
