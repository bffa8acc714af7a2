"""What programs do with a secret from its first day to its last: the calls
of Terraform's provider, of chamber, of the External Secrets Operator, and of
AWS's caching libraries, in their order."""

import json

from table import (
    ARN,
    MARKED,
    NOT_FOUND,
    NOW,
    TIME,
    any_order,
    arn,
    around,
    case,
    create,
    delete,
    do,
    json_text,
    maybe,
    put,
    refused,
    stages_are,
    value_is,
)

LAMBDA = "arn:aws:lambda:$region:$account:function:memory-single-user"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "read",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::$account:root"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}
PUT_POLICY = do(
    "PutResourcePolicy",
    {
        "SecretId": "$arn",
        "ResourcePolicy": json.dumps(POLICY),
        "BlockPublicPolicy": True,
    },
    {"ARN": ARN, "Name": "$name"},
)


def policy_is(*document):
    answer = {"ARN": ARN, "Name": "$name"}
    if document:
        answer["ResourcePolicy"] = json_text(document[0])
    return do("GetResourcePolicy", {"SecretId": "$arn"}, answer)


CASES = [
    case(
        "Terraform: aws_secretsmanager_secret, from apply to destroy",
        create(None, Description="", Tags=[{"Key": "env", "Value": "dev"}]),
        do(
            "DescribeSecret",
            {"SecretId": "$arn"},
            {
                "ARN": ARN,
                "Name": "$name",
                "Tags": [{"Key": "env", "Value": "dev"}],
                "CreatedDate": NOW,
                "LastChangedDate": NOW,
            },
        ),
        policy_is(),  # on every read; none is no error
        PUT_POLICY,
        policy_is(POLICY),
        do(
            "DeleteResourcePolicy",
            {"SecretId": "$arn"},
            {"ARN": ARN, "Name": "$name"},
        ),
        policy_is(),
        do(
            "UpdateSecret",
            {
                "SecretId": "$arn",
                "ClientRequestToken": "$t8",
                "Description": "changed",
            },
            {"ARN": ARN, "Name": "$name"},
        ),
        do("UntagResource", {"SecretId": "$arn", "TagKeys": ["env"]}, {}),
        do(
            "TagResource",
            {"SecretId": "$arn", "Tags": [{"Key": "env", "Value": "prod"}]},
            {},
        ),
        delete(30, RecoveryWindowInDays=30),
        # Until DeletedDate is there.
        do(
            "DescribeSecret",
            {"SecretId": "$arn"},
            {
                "ARN": ARN,
                "Name": "$name",
                "Description": "changed",
                "Tags": [{"Key": "env", "Value": "prod"}],
                "CreatedDate": NOW,
                "LastChangedDate": NOW,
                "DeletedDate": around(15 * 86400, 15 * 86400 + 90),
            },
            until=True,
        ),
        # It waits while this says "scheduled for deletion".
        do(
            "CreateSecret",
            {"Name": "$name", "ClientRequestToken": "$t9"},
            refused(
                "InvalidRequestException",
                "You can't create this secret because a secret with this "
                "name is already scheduled for deletion.",
            ),
        ),
        do("GetResourcePolicy", {"SecretId": "$arn"}, MARKED),
    ),
    case(
        "Terraform: aws_secretsmanager_secret_version",
        create(None),
        do(
            "PutSecretValue",
            {
                "SecretId": "$arn",
                "ClientRequestToken": "$t1",
                "SecretString": "one",
            },
            {
                "ARN": ARN,
                "Name": "$name",
                "VersionId": "$t1",
                "VersionStages": ["AWSCURRENT"],
            },
        ),
        value_is("one", SecretId="$arn", VersionId="$t1"),
        put("two", "t2", "AWSCURRENT", "blue"),
        do(
            "UpdateSecretVersionStage",
            {
                "SecretId": "$arn",
                "VersionStage": "blue",
                "RemoveFromVersionId": "$t2",
                "MoveToVersionId": "$t1",
            },
            {"ARN": ARN, "Name": "$name"},
        ),
        # On destroy, for each stage but AWSCURRENT.
        do(
            "UpdateSecretVersionStage",
            {
                "SecretId": "$arn",
                "VersionStage": "blue",
                "RemoveFromVersionId": "$t1",
            },
            {"ARN": ARN, "Name": "$name"},
        ),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}),
        do(
            "ListSecretVersionIds",
            {"SecretId": "$arn", "IncludeDeprecated": True},
            {
                "ARN": ARN,
                "Name": "$name",
                "Versions": any_order(
                    {
                        "VersionId": "$t1",
                        "VersionStages": ["AWSPREVIOUS"],
                        "CreatedDate": NOW,
                        "LastAccessedDate": maybe(TIME),
                        "KmsKeyIds": ["DefaultEncryptionKey"],
                    },
                    {
                        "VersionId": "$t2",
                        "VersionStages": ["AWSCURRENT"],
                        "CreatedDate": NOW,
                        "KmsKeyIds": ["DefaultEncryptionKey"],
                    },
                ),
            },
        ),
    ),
    case(
        "Terraform: aws_secretsmanager_secret_rotation",
        create("$memory"),
        do(
            "RotateSecret",
            {
                "SecretId": "$arn",
                "ClientRequestToken": "$t2",
                "RotateImmediately": True,
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {"AutomaticallyAfterDays": 30},
            },
            {"ARN": ARN, "Name": "$name", "VersionId": "$t2"},
        ),
        do(
            "DescribeSecret",
            {"SecretId": "$arn"},
            {
                "ARN": ARN,
                "Name": "$name",
                "CreatedDate": NOW,
                "LastChangedDate": NOW,
                "LastAccessedDate": maybe(TIME),
                "VersionIdsToStages": {
                    "$t1": ["AWSPREVIOUS"],
                    "$t2": ["AWSCURRENT"],
                },
                "RotationEnabled": True,
                "RotationLambdaARN": LAMBDA,
                "RotationRules": {"AutomaticallyAfterDays": 30},
                "LastRotatedDate": NOW,
                "NextRotationDate": TIME,
            },
            until=True,
        ),
        do(
            "CancelRotateSecret",
            {"SecretId": "$arn"},
            {"ARN": ARN, "Name": "$name", "VersionId": maybe("$t2")},
        ),
    ),
    case(
        "chamber: write, read, history",
        do("DescribeSecret", {"SecretId": "$name"}, NOT_FOUND),
        create('{"db": "1"}'),
        value_is('{"db": "1"}'),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": '{"db": "2"}',
                "VersionStages": ["AWSCURRENT", "CHAMBER2"],
                "ClientRequestToken": "$t2",
            },
            {
                "ARN": ARN,
                "Name": "$name",
                "VersionId": "$t2",
                "VersionStages": any_order("AWSCURRENT", "CHAMBER2"),
            },
        ),
        do(
            "ListSecretVersionIds",
            {"SecretId": "$name", "IncludeDeprecated": False},
            {
                "ARN": ARN,
                "Name": "$name",
                "Versions": any_order(
                    {
                        "VersionId": "$t1",
                        "VersionStages": ["AWSPREVIOUS"],
                        "CreatedDate": NOW,
                        "LastAccessedDate": TIME,
                        "KmsKeyIds": ["DefaultEncryptionKey"],
                    },
                    {
                        "VersionId": "$t2",
                        "VersionStages": any_order("AWSCURRENT", "CHAMBER2"),
                        "CreatedDate": NOW,
                        "KmsKeyIds": ["DefaultEncryptionKey"],
                    },
                ),
            },
        ),
        value_is('{"db": "1"}', "$t1", ["AWSPREVIOUS"], VersionId="$t1"),
    ),
    case(
        "External Secrets Operator: find by name and tag, then PushSecret",
        create(
            '{"k": "v"}', "name1", "t1", Tags=[{"Key": "app", "Value": "shop"}]
        ),
        create("plain", "name2", "t2"),
        do(
            "BatchGetSecretValue",
            {
                "Filters": [
                    {"Key": "name", "Values": ["$prefix"]},
                    {"Key": "tag-key", "Values": ["app"]},
                    {"Key": "tag-value", "Values": ["shop"]},
                ]
            },
            {
                "SecretValues": [
                    {
                        "ARN": arn("name1"),
                        "Name": "$name1",
                        "VersionId": "$t1",
                        "SecretString": '{"k": "v"}',
                        "VersionStages": ["AWSCURRENT"],
                        "CreatedDate": NOW,
                    }
                ],
                "Errors": maybe([]),
            },
        ),
        do("GetSecretValue", {"SecretId": "$name"}, NOT_FOUND),
        create(
            "pushed", Tags=[{"Key": "managed-by", "Value": "external-secrets"}]
        ),
        do(
            "DescribeSecret",
            {"SecretId": "$name"},
            stages_are(
                {"$t1": ["AWSCURRENT"]},
                Tags=[{"Key": "managed-by", "Value": "external-secrets"}],
            ).expected,
        ),
        put("pushed again", "t5"),
        value_is("pushed again", "$t5"),
    ),
    case(
        "AWS's caching libraries: Describe, then Get by version",
        create("one"),
        stages_are({"$t1": ["AWSCURRENT"]}),
        value_is("one", VersionId="$t1"),
        put("two", "t2"),
        stages_are({"$t1": ["AWSPREVIOUS"], "$t2": ["AWSCURRENT"]}),
        value_is("two", "$t2", VersionId="$t2"),
        value_is("one", "$t1", ["AWSPREVIOUS"], VersionId="$t1"),
    ),
]
