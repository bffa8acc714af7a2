"""Who may do what: AccessDeniedException, and what each kind of policy gives
and takes.  The principals are those of principals.py."""

import json
import re

from table import (
    ARN,
    NOW,
    NOT_FOUND,
    case,
    create,
    do,
    matches,
    refused,
    stages_are,
    value_is,
)

SM = "secretsmanager"


def as_who(step, who):
    step.who = who
    return step


def denied(action, resource, user="nobody", why=None):
    """In AWS's words."""
    told = why or f"because no identity-based policy allows the {action} action"
    return refused(
        "AccessDeniedException",
        f"User: arn:aws:iam::$account:user/{user} is not authorized to "
        f"perform: {action} on resource: {resource} {told}",
    )


def of_any_resource(action, user="nobody"):
    return refused(
        "AccessDeniedException",
        re.compile(
            f"^User: arn:aws:iam::$account:user/{user} is not authorized to "
            f"perform: {action} on resource: \\S+ because no identity-based "
            f"policy allows the {action} action$"
        ),
    )


POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::$account:user/nobody"},
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
            }
        ],
    }
)
DENY_READER = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "arn:aws:iam::$account:user/reader"},
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
            }
        ],
    }
)
SECRET = {"SecretId": "$name"}
TOKEN = {"ClientRequestToken": "$t2"}
# Every action, with an input that nothing else is wrong with.
INPUTS = {
    "BatchGetSecretValue": {"SecretIdList": ["$name"]},
    "CancelRotateSecret": SECRET,
    "CreateSecret": {"Name": "$name2", "SecretString": "s", **TOKEN},
    "DeleteResourcePolicy": SECRET,
    "DeleteSecret": SECRET,
    "DescribeSecret": SECRET,
    "GetRandomPassword": {},
    "GetResourcePolicy": SECRET,
    "GetSecretValue": SECRET,
    "ListSecretVersionIds": SECRET,
    "ListSecrets": {},
    "PutResourcePolicy": {**SECRET, "ResourcePolicy": POLICY},
    "PutSecretValue": {**SECRET, "SecretString": "s", **TOKEN},
    "RemoveRegionsFromReplication": {
        **SECRET,
        "RemoveReplicaRegions": ["$region2"],
    },
    "ReplicateSecretToRegions": {
        **SECRET,
        "AddReplicaRegions": [{"Region": "$region2"}],
    },
    "RestoreSecret": SECRET,
    "RotateSecret": {**SECRET, **TOKEN},
    "StopReplicationToReplica": SECRET,
    "TagResource": {**SECRET, "Tags": [{"Key": "k", "Value": "v"}]},
    "UntagResource": {**SECRET, "TagKeys": ["k"]},
    "UpdateSecret": {**SECRET, "Description": "d", **TOKEN},
    "UpdateSecretVersionStage": {
        **SECRET,
        "VersionStage": "mine",
        "MoveToVersionId": "$t1",
    },
    "ValidateResourcePolicy": {"ResourcePolicy": POLICY},
}
assert len(INPUTS) == 23

CASES = [
    *(
        case(
            f"{action}: who has no policy is denied",
            create(),
            do(action, given, of_any_resource(f"{SM}:{action}"), who="nobody"),
            value_is("s3cret"),
        )
        for action, given in INPUTS.items()
    ),
    case(
        "Access: the resource is called as the client called it",
        create(),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            denied(f"{SM}:GetSecretValue", "$name"),
            who="nobody",
        ),
        do(
            "GetSecretValue",
            {"SecretId": "$arn"},
            denied(f"{SM}:GetSecretValue", "$arn"),
            who="nobody",
        ),
    ),
    case(
        "Access: who may not read does not learn what is there",
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            denied(f"{SM}:GetSecretValue", "$name"),
            who="nobody",
        ),
        do("GetSecretValue", {"SecretId": "$name"}, NOT_FOUND),
    ),
    case(
        "Access: a reader reads, and writes nothing",
        create(),
        as_who(value_is("s3cret"), "reader"),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "s",
                "ClientRequestToken": "$t2",
            },
            denied(f"{SM}:PutSecretValue", "$name", "reader"),
            who="reader",
        ),
        value_is("s3cret"),
    ),
    case(
        "Access: an explicit deny wins",
        create(),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            denied(
                f"{SM}:GetSecretValue",
                "$name",
                "denied",
                "with an explicit deny in an identity-based policy",
            ),
            who="denied",
        ),
        do(
            "DeleteSecret",
            {"SecretId": "$name", "ForceDeleteWithoutRecovery": True},
            {"ARN": ARN, "Name": "$name", "DeletionDate": NOW},
            who="denied",
        ),
    ),
    case(
        "Access: by the tags of the secret",
        create(Tags=[{"Key": "team", "Value": "payments"}]),
        create("other", "name2", "t2", Tags=[{"Key": "team", "Value": "shop"}]),
        as_who(value_is("s3cret"), "payments"),
        do(
            "GetSecretValue",
            {"SecretId": "$name2"},
            denied(f"{SM}:GetSecretValue", "$name2", "payments"),
            who="payments",
        ),
    ),
    case(
        "Access: the policy of the secret lets one in",
        create(),
        do(
            "PutResourcePolicy",
            {"SecretId": "$name", "ResourcePolicy": POLICY},
            {"ARN": ARN, "Name": "$name"},
        ),
        as_who(value_is("s3cret"), "nobody"),
        do(
            "DescribeSecret",
            {"SecretId": "$name"},
            denied(f"{SM}:DescribeSecret", "$name"),
            who="nobody",
        ),
    ),
    case(
        "Access: the policy of the secret keeps one out",
        create(),
        as_who(value_is("s3cret"), "reader"),
        do(
            "PutResourcePolicy",
            {"SecretId": "$name", "ResourcePolicy": DENY_READER},
            {"ARN": ARN, "Name": "$name"},
        ),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            denied(
                f"{SM}:GetSecretValue",
                "$name",
                "reader",
                "with an explicit deny in a resource-based policy",
            ),
            who="reader",
        ),
    ),
    case(
        "Access: of a batch, what one may read is given",
        create(
            "one", "name1", "t1", Tags=[{"Key": "team", "Value": "payments"}]
        ),
        create("two", "name2", "t2"),
        do(
            "BatchGetSecretValue",
            {"SecretIdList": ["$name1", "$name2"]},
            {
                "SecretValues": [
                    {
                        "ARN": "$arn1",
                        "Name": "$name1",
                        "VersionId": "$t1",
                        "SecretString": "one",
                        "VersionStages": ["AWSCURRENT"],
                        "CreatedDate": NOW,
                    }
                ],
                "Errors": [
                    {
                        "SecretId": "$name2",
                        "ErrorCode": "AccessDeniedException",
                        "Message": matches(
                            r"User: \S+:user/payments is not authorized to "
                            r"perform: secretsmanager:GetSecretValue on "
                            r"resource: \S+ because no identity-based policy "
                            r"allows the secretsmanager:GetSecretValue action"
                        ),
                    }
                ],
            },
            who="payments",
        ),
    ),
    case(
        "Access: a session of a role has the rights of the role",
        create(),
        as_who(value_is("s3cret"), "session"),
        do(
            "DeleteSecret",
            {"SecretId": "$name"},
            refused(
                "AccessDeniedException",
                "User: arn:aws:sts::$account:assumed-role/deployer/session "
                "is not authorized to perform: secretsmanager:DeleteSecret "
                "on resource: $name because no identity-based policy allows "
                "the secretsmanager:DeleteSecret action",
            ),
            who="session",
        ),
    ),
    case(
        "Access: a session has no more than its own policy allows",
        create(),
        as_who(stages_are({"$t1": ["AWSCURRENT"]}), "narrowed"),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            refused(
                "AccessDeniedException",
                "User: arn:aws:sts::$account:assumed-role/deployer/narrowed "
                "is not authorized to perform: secretsmanager:GetSecretValue "
                "on resource: $name because no session policy allows the "
                "secretsmanager:GetSecretValue action",
            ),
            who="narrowed",
        ),
    ),
    case(
        "Access: a key of one's own needs rights to it",
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretString": "s",
                "ClientRequestToken": "$t1",
                "KmsKeyId": "$kms_key",
            },
            refused("AccessDeniedException", "Access to KMS is not allowed"),
            who="denied",
        ),
        do("DescribeSecret", {"SecretId": "$name"}, NOT_FOUND),
    ),
]
