"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy,
ValidateResourcePolicy."""

import json
import re

from table import (
    ARN,
    MARKED,
    NOT_FOUND,
    TEXT,
    any_order,
    case,
    constraint,
    create,
    delete,
    do,
    json_text,
    missing,
    refused,
)

ALLOWED = {"ARN": ARN, "Name": "$name"}


def policy(
    principal, effect="Allow", action="secretsmanager:GetSecretValue", **more
):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": effect,
                "Principal": principal,
                "Action": action,
                "Resource": "*",
                **more,
            }
        ],
    }


OWN = policy({"AWS": "arn:aws:iam::$account:root"})
PUBLIC = policy("*")


def put_policy(document, expected=None, **more):
    text = document if isinstance(document, str) else json.dumps(document)
    return do(
        "PutResourcePolicy",
        {"SecretId": "$name", "ResourcePolicy": text, **more},
        ALLOWED if expected is None else expected,
    )


def policy_is(document):
    return do(
        "GetResourcePolicy",
        {"SecretId": "$name"},
        {**ALLOWED, "ResourcePolicy": json_text(document)},
    )


NO_POLICY = do("GetResourcePolicy", {"SecretId": "$name"}, ALLOWED)


def bad(title, document, expected, **more):
    return case(
        f"PutResourcePolicy refuses {title}",
        create(),
        put_policy(document, expected, **more),
        NO_POLICY,
    )


def validate(document, passed, errors, **given):
    text = document if isinstance(document, str) else json.dumps(document)
    return do(
        "ValidateResourcePolicy",
        {"ResourcePolicy": text, **given},
        {"PolicyValidationPassed": passed, "ValidationErrors": errors},
    )


MALFORMED = refused(
    "MalformedPolicyDocumentException", "This policy has invalid syntax."
)
FINDING = {"CheckName": TEXT, "ErrorMessage": TEXT}
LONG = policy({"AWS": "arn:aws:iam::$account:root"}, Sid="s" * 20480)

CASES = [
    case(
        "PutResourcePolicy: put, read, replaced, deleted",
        create(),
        NO_POLICY,
        put_policy(OWN),
        policy_is(OWN),
        put_policy({**OWN, "Id": "second"}),
        policy_is({**OWN, "Id": "second"}),
        do("DeleteResourcePolicy", {"SecretId": "$name"}, ALLOWED),
        NO_POLICY,
    ),
    case(
        "PutResourcePolicy: by ARN, and without its suffix",
        create(),
        put_policy(OWN, SecretId="$arn"),
        do(
            "GetResourcePolicy",
            {"SecretId": "$partial"},
            {**ALLOWED, "ResourcePolicy": json_text(OWN)},
        ),
        do("DeleteResourcePolicy", {"SecretId": "$arn"}, ALLOWED),
        NO_POLICY,
    ),
    case(
        "PutResourcePolicy: a public one is kept when nothing forbids it",
        create(),
        put_policy(PUBLIC),
        policy_is(PUBLIC),
        put_policy(PUBLIC, BlockPublicPolicy=False),
    ),
    case(
        "PutResourcePolicy: BlockPublicPolicy lets a narrow one pass",
        create(),
        put_policy(OWN, BlockPublicPolicy=True),
        policy_is(OWN),
    ),
    case(
        "DeleteResourcePolicy: that there is none is no fault",
        create(),
        do("DeleteResourcePolicy", {"SecretId": "$name"}, ALLOWED),
    ),
    bad(
        "a public one under BlockPublicPolicy",
        PUBLIC,
        refused("PublicPolicyException"),
        BlockPublicPolicy=True,
    ),
    bad(
        "any AWS principal under BlockPublicPolicy",
        policy({"AWS": "*"}),
        refused("PublicPolicyException"),
        BlockPublicPolicy=True,
    ),
    bad("what is not JSON", "{not json", MALFORMED),
    bad("JSON that is no policy", {"a": 1}, MALFORMED),
    bad("another version", {**OWN, "Version": "2020-01-01"}, MALFORMED),
    bad(
        "an effect that there is not",
        policy({"AWS": "arn:aws:iam::$account:root"}, effect="Maybe"),
        MALFORMED,
    ),
    bad(
        "a statement without a principal",
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        },
        MALFORMED,
    ),
    # Which Terraform waits for: a principal may be new.
    bad(
        "a principal that does not exist",
        policy({"AWS": "arn:aws:iam::$account:user/nobody-has-this-name"}),
        refused(
            "MalformedPolicyDocumentException",
            re.compile(
                "This resource policy contains an unsupported principal"
            ),
        ),
    ),
    bad(
        "an empty one",
        "",
        constraint("resourcePolicy", "have length greater than or equal to 1"),
    ),
    bad(
        "one of more than 20480 characters",
        LONG,
        constraint("resourcePolicy", "have length less than or equal to 20480"),
    ),
    case(
        "PutResourcePolicy refuses no policy",
        create(),
        do(
            "PutResourcePolicy",
            {"SecretId": "$name"},
            missing("resourcePolicy"),
        ),
    ),
    case(
        "PutResourcePolicy refuses no SecretId",
        do(
            "PutResourcePolicy",
            {"ResourcePolicy": json.dumps(OWN)},
            missing("secretId"),
        ),
    ),
    case(
        "The policy operations refuse an unknown secret",
        put_policy(OWN, NOT_FOUND),
        do("GetResourcePolicy", {"SecretId": "$name"}, NOT_FOUND),
        do("DeleteResourcePolicy", {"SecretId": "$name"}, NOT_FOUND),
        do(
            "ValidateResourcePolicy",
            {"SecretId": "$name", "ResourcePolicy": json.dumps(OWN)},
            NOT_FOUND,
        ),
    ),
    case(
        "The policy operations refuse a secret that awaits deletion",
        create(),
        put_policy(OWN),
        delete(),
        put_policy(OWN, MARKED),
        do("GetResourcePolicy", {"SecretId": "$name"}, MARKED),
        do("DeleteResourcePolicy", {"SecretId": "$name"}, MARKED),
    ),
    case(
        "GetResourcePolicy and DeleteResourcePolicy refuse no SecretId",
        do("GetResourcePolicy", {}, missing("secretId")),
        do("DeleteResourcePolicy", {}, missing("secretId")),
    ),
    case(
        "ValidateResourcePolicy: a narrow one passes, with and without a "
        "secret",
        create(),
        validate(OWN, True, []),
        validate(OWN, True, [], SecretId="$name"),
        validate(OWN, True, [], SecretId="$arn"),
    ),
    case(
        "ValidateResourcePolicy: a public one does not",
        validate(PUBLIC, False, [FINDING]),
        validate(policy({"AWS": "*"}), False, [FINDING]),
    ),
    case(
        "ValidateResourcePolicy: one that locks out its caller does not",
        create(),
        validate(
            policy("*", effect="Deny", action="secretsmanager:*"),
            False,
            any_order(FINDING),
            SecretId="$name",
        ),
    ),
    case(
        "ValidateResourcePolicy refuses what is not JSON",
        do(
            "ValidateResourcePolicy",
            {"ResourcePolicy": "{not json"},
            # It may say where.
            refused(
                "MalformedPolicyDocumentException",
                re.compile("^This policy has invalid syntax\\."),
            ),
        ),
    ),
    case(
        "ValidateResourcePolicy refuses no policy",
        do("ValidateResourcePolicy", {}, missing("resourcePolicy")),
    ),
]
