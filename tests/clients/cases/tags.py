"""TagResource, UntagResource."""

from table import (
    MARKED,
    NOT_FOUND,
    case,
    constraint,
    create,
    delete,
    do,
    missing,
    refused,
    stages_are,
)

CURRENT = {"$t1": ["AWSCURRENT"]}


def tag(key, value):
    return {"Key": key, "Value": value}


def tagged(*tags):
    return do("TagResource", {"SecretId": "$name", "Tags": list(tags)}, {})


def untagged(*keys):
    return do("UntagResource", {"SecretId": "$name", "TagKeys": list(keys)}, {})


def bad(title, given, expected):
    return case(
        f"TagResource refuses {title}",
        create(),
        do("TagResource", {"SecretId": "$name", **given}, expected),
        stages_are(CURRENT),
    )


CASES = [
    case(
        "TagResource: adds, and overwrites in place",
        create(Tags=[tag("a", "1"), tag("b", "2")]),
        tagged(tag("c", "3"), tag("a", "4")),
        stages_are(CURRENT, Tags=[tag("a", "4"), tag("b", "2"), tag("c", "3")]),
    ),
    case(
        "TagResource: keys differ by case",
        create(),
        tagged(tag("abc", "1"), tag("ABC", "2")),
        stages_are(CURRENT, Tags=[tag("abc", "1"), tag("ABC", "2")]),
    ),
    case(
        "TagResource: by ARN, with the longest key and value",
        create(),
        do(
            "TagResource",
            {"SecretId": "$arn", "Tags": [tag("k" * 128, "v" * 256)]},
            {},
        ),
        stages_are(CURRENT, Tags=[tag("k" * 128, "v" * 256)]),
    ),
    case(
        "TagResource: 50 tags, and no more",
        create(),
        tagged(*(tag(f"k{i}", "v") for i in range(50))),
        tagged(tag("k7", "again")),
        do(
            "TagResource",
            {"SecretId": "$name", "Tags": [tag("one more", "v")]},
            refused(("InvalidParameterException", "InvalidRequestException")),
        ),
    ),
    case(
        "UntagResource: takes away what is there, and is silent of the rest",
        create(Tags=[tag("a", "1"), tag("b", "2")]),
        untagged("a", "never"),
        stages_are(CURRENT, Tags=[tag("b", "2")]),
        untagged("b"),
        stages_are(CURRENT, Tags=[]),
    ),
    bad(
        "an unknown secret",
        {"SecretId": "$name2", "Tags": [tag("k", "v")]},
        NOT_FOUND,
    ),
    bad(
        "a key of 129 characters",
        {"Tags": [tag("k", "v"), tag("k" * 129, "v")]},
        constraint(
            "tags.2.member.key", "have length less than or equal to 128"
        ),
    ),
    bad(
        "an empty key",
        {"Tags": [tag("", "v")]},
        constraint(
            "tags.1.member.key", "have length greater than or equal to 1"
        ),
    ),
    bad(
        "a value of 257 characters",
        {"Tags": [tag("k", "v" * 257)]},
        constraint(
            "tags.1.member.value", "have length less than or equal to 256"
        ),
    ),
    bad(
        "a key that is AWS's own",
        {"Tags": [tag("aws:k", "v")]},
        refused("InvalidParameterException"),
    ),
    bad("no tags", {}, missing("tags")),
    case(
        "TagResource refuses no SecretId",
        do("TagResource", {"Tags": [tag("k", "v")]}, missing("secretId")),
    ),
    case(
        "TagResource and UntagResource refuse a secret that awaits deletion",
        create(Tags=[tag("a", "1")]),
        delete(),
        do(
            "TagResource",
            {"SecretId": "$name", "Tags": [tag("k", "v")]},
            MARKED,
        ),
        do("UntagResource", {"SecretId": "$name", "TagKeys": ["a"]}, MARKED),
    ),
    case(
        "UntagResource refuses an unknown secret",
        do("UntagResource", {"SecretId": "$name", "TagKeys": ["k"]}, NOT_FOUND),
    ),
    case(
        "UntagResource refuses an empty key",
        create(),
        do(
            "UntagResource",
            {"SecretId": "$name", "TagKeys": [""]},
            constraint("tagKeys", ".*have length greater than or equal to 1"),
        ),
    ),
    case(
        "UntagResource refuses no keys",
        create(),
        do("UntagResource", {"SecretId": "$name"}, missing("tagKeys")),
    ),
]
