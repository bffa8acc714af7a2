"""Who the cases are played as: users with a policy and an access key each,
made over the socket as `keyturn iam` makes them."""

import json


def statement(effect, *actions, resource="*", **more):
    return {
        "Effect": effect,
        "Action": list(actions),
        "Resource": resource,
        **more,
    }


# User, statements of the policy.
USERS = {
    "root": [statement("Allow", "secretsmanager:*", "sts:*")],
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


def make(keyturn):
    """{user: (access key id, secret access key, no session token)}"""
    keys = {}
    for user, statements in USERS.items():
        keyturn.call("keyturn.CreateUser", {"UserName": user})
        if statements:
            document = {"Version": "2012-10-17", "Statement": statements}
            keyturn.call(
                "keyturn.PutEntityPolicy",
                {
                    "Entity": f"user/{user}",
                    "PolicyName": "own",
                    "PolicyDocument": json.dumps(document),
                },
            )
        key = keyturn.call("keyturn.CreateAccessKey", {"UserName": user})
        keys[user] = (key["AccessKeyId"], key["SecretAccessKey"], None)
    return keys
