"""CreateSecret."""

import re

from table import (
    ARN,
    BAD_NAME,
    NOW,
    RAW,
    SDKS,
    UUID,
    any_order,
    case,
    constraint,
    create,
    delete,
    do,
    missing,
    refused,
    save,
    stages_are,
    value_is,
)

ODD_TEXT = '{"user": "añ€\U0001f600", "password": "\\"\\\\/\\n\\t\u0001"}'
TAGS = [{"Key": "team", "Value": "payments"}, {"Key": "empty", "Value": ""}]


def bad(title, given, expected, **more):
    return case(
        f"CreateSecret refuses {title}",
        do(
            "CreateSecret",
            {"Name": "$name", "ClientRequestToken": "$t1", **given},
            expected,
        ),
        **more,
    )


def bad_tag(title, tag, expected):
    return bad(title, {"SecretString": "s", "Tags": [tag]}, expected)


GOOD = [
    case("CreateSecret: a string", create("s3cret"), value_is("s3cret")),
    case(
        "CreateSecret: a string of odd characters",
        create(ODD_TEXT),
        value_is(ODD_TEXT),
    ),
    case(
        "CreateSecret: bytes",
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretBinary": "AAEC/f7/",
                "ClientRequestToken": "$t1",
            },
            {"ARN": ARN, "Name": "$name", "VersionId": "$t1"},
        ),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            {
                "ARN": ARN,
                "Name": "$name",
                "VersionId": "$t1",
                "SecretBinary": "AAEC/f7/",
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": NOW,
            },
        ),
    ),
    case(
        "CreateSecret: without a value",
        create(None, Description="filled later"),
        do(
            "DescribeSecret",
            {"SecretId": "$name"},
            {
                "ARN": ARN,
                "Name": "$name",
                "Description": "filled later",
                "LastChangedDate": NOW,
                "CreatedDate": NOW,
            },
        ),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            refused(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret value for "
                "staging label: AWSCURRENT",
            ),
        ),
    ),
    case(
        "CreateSecret: description and tags",
        create(Description="of the café", Tags=TAGS),
        stages_are(
            {"$t1": ["AWSCURRENT"]},
            Description="of the café",
            Tags=any_order(*TAGS),
        ),
    ),
    # Terraform sends one when none is configured.
    case(
        "CreateSecret: an empty description is none",
        create(Description=""),
        stages_are({"$t1": ["AWSCURRENT"]}),
    ),
    case(
        "CreateSecret: a name of every allowed character",
        create(),
        value_is("s3cret"),
        name="$prefix/az_AZ09+=.@-x",
    ),
    case(
        "CreateSecret: the longest name, value and description",
        create("v" * 65536, Description="d" * 2048),
        stages_are({"$t1": ["AWSCURRENT"]}, Description="d" * 2048),
        name="$prefix/" + "n" * (512 - 35),
    ),
    case(
        "CreateSecret: again with the same token and value is the same answer",
        create("s3cret"),
        create("s3cret"),
        value_is("s3cret"),
    ),
    case(
        "CreateSecret: AWS's clients make the token themselves",
        do(
            "CreateSecret",
            {"Name": "$name", "SecretString": "s"},
            {"ARN": ARN, "Name": "$name", "VersionId": save("made", UUID)},
        ),
        value_is("s", version="$made"),
        only=SDKS,
    ),
]

BAD = [
    case(
        "CreateSecret refuses the token of another value",
        create("s3cret"),
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretString": "other",
                "ClientRequestToken": "$t1",
            },
            refused(
                "ResourceExistsException",
                "You can't use ClientRequestToken $t1 because that value is "
                "already in use for a version of secret $arn.",
            ),
        ),
        value_is("s3cret"),
    ),
    case(
        "CreateSecret refuses a name that is taken",
        create("s3cret"),
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretString": "s3cret",
                "ClientRequestToken": "$t2",
            },
            refused(
                "ResourceExistsException",
                "The operation failed because the secret $name already "
                "exists.",
            ),
        ),
    ),
    case(
        "CreateSecret refuses the name of a secret that awaits deletion",
        create("s3cret"),
        delete(),
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretString": "s3cret",
                "ClientRequestToken": "$t2",
            },
            refused(
                "InvalidRequestException",
                "You can't create this secret because a secret with this "
                "name is already scheduled for deletion.",
            ),
        ),
    ),
    bad("a name with a blank", {"Name": "a b"}, BAD_NAME),
    bad("a name with an exclamation mark", {"Name": "a!b"}, BAD_NAME),
    bad("a name with a letter outside ASCII", {"Name": "caf\u00e9"}, BAD_NAME),
    bad(
        "an empty name",
        {"Name": ""},
        constraint("name", "have length greater than or equal to 1"),
    ),
    bad(
        "a name of 513 characters",
        {"Name": "n" * 513},
        constraint("name", "have length less than or equal to 512"),
    ),
    case(
        "CreateSecret refuses no name",
        do(
            "CreateSecret",
            {"SecretString": "s", "ClientRequestToken": "$t1"},
            missing("name"),
        ),
    ),
    case(
        "CreateSecret refuses no token",
        do(
            "CreateSecret",
            {"Name": "$name", "SecretString": "s"},
            refused(
                "InvalidRequestException",
                "You must provide a ClientRequestToken value. We recommend a "
                "UUID-type value.",
            ),
        ),
        only=RAW,
    ),
    bad(
        "a token of 31 characters",
        {"SecretString": "s", "ClientRequestToken": "t" * 31},
        constraint(
            "clientRequestToken", "have length greater than or equal to 32"
        ),
    ),
    bad(
        "a token of 65 characters",
        {"SecretString": "s", "ClientRequestToken": "t" * 65},
        constraint(
            "clientRequestToken", "have length less than or equal to 64"
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
    bad(
        "a description of 2049 characters",
        {"Description": "d" * 2049},
        constraint("description", "have length less than or equal to 2048"),
    ),
    bad(
        "a key id of 2049 characters",
        {"KmsKeyId": "k" * 2049},
        constraint("kmsKeyId", "have length less than or equal to 2048"),
    ),
    bad(
        "a key that does not exist",
        {
            "SecretString": "s",
            "KmsKeyId": "arn:aws:kms:$region:$account:key/"
            "00000000-0000-0000-0000-000000000000",
        },
        refused(
            "EncryptionFailure",
            re.compile(
                "^Secrets Manager can't encrypt the secret value: Key "
                "'arn:aws:kms:$region:$account:key/"
                "00000000-0000-0000-0000-000000000000' does not exist "
                r"\(Service: AWSKMS; Status Code: 400; Error Code: "
                "NotFoundException"
            ),
        ),
    ),
    bad_tag(
        "a tag key of 129 characters",
        {"Key": "k" * 129, "Value": "v"},
        constraint(
            "tags.1.member.key", "have length less than or equal to 128"
        ),
    ),
    bad_tag(
        "an empty tag key",
        {"Key": "", "Value": "v"},
        constraint(
            "tags.1.member.key", "have length greater than or equal to 1"
        ),
    ),
    bad_tag(
        "a tag value of 257 characters",
        {"Key": "k", "Value": "v" * 257},
        constraint(
            "tags.1.member.value", "have length less than or equal to 256"
        ),
    ),
    bad_tag(
        "a tag key that is AWS's own",
        {"Key": "aws:team", "Value": "v"},
        refused("InvalidParameterException"),
    ),
    bad(
        "an empty list of replica regions",
        {"AddReplicaRegions": []},
        constraint(
            "addReplicaRegions", "have length greater than or equal to 1"
        ),
    ),
]
CASES = GOOD + BAD
