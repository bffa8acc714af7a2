"""The members of managed external secrets, which the model of 2025 has:
Type, ExternalSecretRotationMetadata, ExternalSecretRotationRoleArn."""

from table import (
    ARN,
    case,
    constraint,
    create,
    do,
    stages_are,
)

# The only form AWS documents: a role of the account.
ROLE = "arn:aws:iam::$account:role/rotate-external"
LAMBDA = "arn:aws:lambda:$region:$account:function:memory-single-user"


def bad_rotate(title, given, expected):
    return case(
        f"RotateSecret refuses {title}",
        create("$memory"),
        do(
            "RotateSecret",
            {
                "SecretId": "$name",
                "ClientRequestToken": "$t2",
                "RotationLambdaARN": LAMBDA,
                **given,
            },
            expected,
        ),
        stages_are({"$t1": ["AWSCURRENT"]}),
    )


CASES = [
    case(
        "CreateSecret: the type of an external secret is shown",
        create(Type="Salesforce"),
        stages_are({"$t1": ["AWSCURRENT"]}, Type="Salesforce"),
        do(
            "UpdateSecret",
            {
                "SecretId": "$name",
                "ClientRequestToken": "$t2",
                "Type": "Snowflake",
            },
            {"ARN": ARN, "Name": "$name"},
        ),
        stages_are({"$t1": ["AWSCURRENT"]}, Type="Snowflake"),
    ),
    case(
        "CreateSecret refuses a type of 257 characters",
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "ClientRequestToken": "$t1",
                "Type": "t" * 257,
            },
            constraint("type", "have length less than or equal to 256"),
        ),
    ),
    bad_rotate(
        "rotation metadata with an empty key",
        {
            "ExternalSecretRotationMetadata": [{"Key": "", "Value": "v"}],
            "ExternalSecretRotationRoleArn": ROLE,
        },
        constraint(
            "externalSecretRotationMetadata.1.member.key",
            "have length greater than or equal to 1",
        ),
    ),
    bad_rotate(
        "a role ARN of 19 characters",
        {"ExternalSecretRotationRoleArn": "r" * 19},
        constraint(
            "externalSecretRotationRoleArn",
            "have length greater than or equal to 20",
        ),
    ),
    case(
        "PutSecretValue refuses a rotation token of other characters",
        create(),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "x",
                "ClientRequestToken": "$t2",
                "RotationToken": "_" * 36,
            },
            constraint(
                "rotationToken",
                "satisfy regular expression pattern: .*",
                value=None,
            ),
        ),
    ),
    case(
        "PutSecretValue refuses a rotation token of 35 characters",
        create(),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "x",
                "ClientRequestToken": "$t2",
                "RotationToken": "t" * 35,
            },
            constraint(
                "rotationToken",
                "have length greater than or equal to 36",
                value=None,
            ),
        ),
    ),
]
