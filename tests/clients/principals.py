"""Who the cases are played as: users with a policy and an access key each,
made over the socket as `keyturn iam` makes them; and sessions of a role."""

import json

import boto3


def statement(effect, *actions, resource="*", **more):
    return {
        "Effect": effect,
        "Action": list(actions),
        "Resource": resource,
        **more,
    }


# User, statements of the policy.
USERS = {
    "root": [statement("Allow", "secretsmanager:*", "kms:*", "sts:*")],
    "nobody": [],
    "reader": [
        statement(
            "Allow",
            "secretsmanager:GetSecretValue",
            resource="arn:aws:secretsmanager:*:*:secret:c/*",
        )
    ],
    "denied": [
        statement("Allow", "secretsmanager:*"),
        statement("Deny", "secretsmanager:Get*"),
    ],
    "payments": [
        statement("Allow", "secretsmanager:BatchGetSecretValue"),
        statement(
            "Allow",
            "secretsmanager:GetSecretValue",
            Condition={
                "StringEquals": {"secretsmanager:ResourceTag/team": "payments"}
            },
        ),
    ],
}

ROLE = "deployer"
ROLE_ARN = f"arn:aws:iam::000000000000:role/{ROLE}"
# Session, its own policy.
SESSIONS = {
    "session": None,
    "narrowed": [statement("Allow", "secretsmanager:DescribeSecret")],
}


def document(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def give(keyturn, entity, statements):
    keyturn.call(
        "keyturn.PutEntityPolicy",
        {
            "Entity": entity,
            "PolicyName": "own",
            "PolicyDocument": document(statements),
        },
    )


def make_users(keyturn):
    """{user: (access key id, secret access key, no session token)}"""
    keys = {}
    for user, statements in USERS.items():
        keyturn.call("keyturn.CreateUser", {"UserName": user})
        if statements:
            give(keyturn, f"user/{user}", statements)
        key = keyturn.call("keyturn.CreateAccessKey", {"UserName": user})
        keys[user] = (key["AccessKeyId"], key["SecretAccessKey"], None)
    return keys


def make_role(keyturn):
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:user/root"},
        "Action": "sts:AssumeRole",
    }
    keyturn.call(
        "keyturn.CreateRole",
        {"RoleName": ROLE, "AssumeRolePolicyDocument": document([trust])},
    )
    give(
        keyturn,
        f"role/{ROLE}",
        [
            statement(
                "Allow",
                "secretsmanager:GetSecretValue",
                "secretsmanager:DescribeSecret",
            )
        ],
    )


def sts(url, ca, key):
    return boto3.Session().client(
        "sts",
        endpoint_url=url,
        region_name="us-east-1",
        verify=str(ca),
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        aws_session_token=key[2],
    )


def make_sessions(client):
    """{session: (access key id, secret access key, session token)}"""
    keys = {}
    for name, statements in SESSIONS.items():
        more = {"Policy": document(statements)} if statements else {}
        reply = client.assume_role(
            RoleArn=ROLE_ARN, RoleSessionName=name, **more
        )
        key = reply["Credentials"]
        keys[name] = (
            key["AccessKeyId"],
            key["SecretAccessKey"],
            key["SessionToken"],
        )
    return keys
