"""Requests and policies of all kinds, the same ones in every run.

A case is what decide.c reads.  Values that policies ask for and values that
requests have come from the same small pools, so that they often meet.
"""

import random

HERE, THERE = "111122223333", "444455556666"
SERVICE = "secretsmanager:"
ACTIONS = [
    "BatchGetSecretValue",
    "CancelRotateSecret",
    "CreateSecret",
    "DeleteResourcePolicy",
    "DeleteSecret",
    "DescribeSecret",
    "GetRandomPassword",
    "GetResourcePolicy",
    "GetSecretValue",
    "ListSecrets",
    "ListSecretVersionIds",
    "PutResourcePolicy",
    "PutSecretValue",
    "RemoveRegionsFromReplication",
    "ReplicateSecretToRegions",
    "RestoreSecret",
    "RotateSecret",
    "StopReplicationToReplica",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
    "UpdateSecretVersionStage",
    "ValidateResourcePolicy",
]
# They are about no one secret.
WITHOUT_RESOURCE = {"BatchGetSecretValue", "GetRandomPassword", "ListSecrets"}


def secret(name, region="eu-west-1", account=HERE):
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{name}"


SECRETS = [
    secret("app/db-AbCdEf"),
    secret("app/web-GhIjKl"),
    secret("bob/mail-MnOpQr"),
    secret("red/key-StUvWx"),
    secret("red/key-StUvWx", "us-east-1"),
    secret("a-YzAbCd"),
]


class Principal:
    """Who asks.  A session: `arns` are its own and its role's."""

    def __init__(self, account, name, session=None):
        self.account = account
        self.root = name == "root"
        self.context = {"aws:PrincipalAccount": account}
        iam = f"arn:aws:iam::{account}:"
        if session:
            role = f"{iam}role/{name}"
            self.arns = [
                f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
                role,
            ]
            self.context["aws:PrincipalArn"] = role
            self.context["aws:userid"] = f"AROA{name.upper()}:{session}"
            self.context["aws:TokenIssueTime"] = "2026-03-01T11:30:00Z"
            self.context["aws:PrincipalType"] = "AssumedRole"
        elif self.root:
            self.arns = [f"{iam}root"]
            self.context["aws:PrincipalArn"] = self.arns[0]
            self.context["aws:userid"] = account
            self.context["aws:PrincipalType"] = "Account"
        else:
            self.arns = [f"{iam}user/{name}"]
            self.context["aws:PrincipalArn"] = self.arns[0]
            self.context["aws:username"] = name.rsplit("/", 1)[-1]
            self.context["aws:userid"] = f"AIDA{name.upper()}"
            self.context["aws:PrincipalType"] = "User"


# Some more often than others.
PRINCIPALS = [
    *[Principal(HERE, "bob")] * 5,
    *[Principal(HERE, "team/alice")] * 2,
    *[Principal(HERE, "app", "work")] * 5,
    *[Principal(HERE, "app", "play")] * 2,
    Principal(HERE, "deploy", "work"),
    Principal(HERE, "root"),
    *[Principal(THERE, "carol")] * 2,
    *[Principal(THERE, "remote", "work")] * 2,
    Principal(THERE, "root"),
]
NAMES = sorted({arn for p in PRINCIPALS for arn in p.arns} | {HERE, THERE})

TAGS = ["red", "blue", "Red", "re", "*", "bob", ""]
ADDRESSES = ["192.0.2.7", "198.51.100.9", "10.1.2.3", "2001:db8::5"]
RANGES = [
    "192.0.2.0/24",
    "192.0.2.7",
    "198.51.100.0/30",
    "10.0.0.0/8",
    "2001:db8::/32",
    "0.0.0.0/0",
]
TIMES = [
    "2026-03-01T12:00:00Z",
    "2026-03-01T11:30:00Z",
    "2025-12-31T23:59:59Z",
    "2026-03-02T00:00:00Z",
]
POLICY_TIMES = TIMES + [
    "2026-03-01T13:00:00+01:00",
    "2026-03-01",
    "2026-03",
    "2026",
    "1772366400",
]
LAMBDA = f"arn:aws:lambda:eu-west-1:{HERE}:function:"
# key: (type, values of requests, values of policies)
KEYS = {
    "aws:PrincipalTag/team": ("string", TAGS, TAGS),
    "aws:RequestTag/team": ("string", TAGS, TAGS),
    "aws:ResourceTag/team": ("string", TAGS, TAGS),
    "aws:username": ("string", None, ["bob", "alice", "carol", "BOB", "b*"]),
    "aws:userid": ("string", None, ["AIDABOB", "AROAAPP:*", "AROAAPP:work"]),
    "aws:PrincipalAccount": ("string", None, [HERE, THERE, "1111*"]),
    "aws:PrincipalType": ("string", None, ["User", "AssumedRole", "A*"]),
    "aws:SourceVpce": ("string", ["vpce-1", "vpce-2"], ["vpce-1", "vpce-?"]),
    "secretsmanager:VersionStage": (
        "string",
        ["AWSCURRENT", "AWSPENDING"],
        ["AWSCURRENT", "AWSPREVIOUS", "AWS*"],
    ),
    "secretsmanager:Name": ("string", ["app/db", "bob/x"], ["app/*", "bob/x"]),
    "secretsmanager:RecoveryWindowInDays": (
        "number",
        ["7", "14", "30", "7.5"],
        ["7", "30", "14.0", "7.25"],
    ),
    "aws:MultiFactorAuthAge": ("number", ["0", "300", "x"], ["300", "0.5", "0"]),
    "aws:CurrentTime": ("date", TIMES, POLICY_TIMES),
    "aws:TokenIssueTime": ("date", None, POLICY_TIMES),
    "aws:SecureTransport": ("bool", ["true", "false"], ["true", "false", "True"]),
    "secretsmanager:ForceDeleteWithoutRecovery": (
        "bool",
        ["true", "false"],
        ["true", "false"],
    ),
    "aws:SourceIp": ("address", ADDRESSES, RANGES),
    "aws:PrincipalArn": (
        "arn",
        None,
        [
            f"arn:aws:iam::{HERE}:user/bob",
            f"arn:aws:iam::{HERE}:role/*",
            "arn:aws:iam::*:user/*",
            f"arn:aws:iam::{THERE}:*",
            f"arn:aws:iam::{HERE}:role/ap?",
        ],
    ),
    "secretsmanager:SecretId": (
        "arn",
        SECRETS,
        [SECRETS[0], secret("app/*"), secret("*", "*"), "arn:aws:s3:::b"],
    ),
    "aws:SourceArn": (
        "arn",
        ["arn:aws:s3:::bucket", "bucket"],
        ["arn:aws:s3:::buck*", "arn:aws:s3:*:*:*"],
    ),
    "secretsmanager:RotationLambdaARN": (
        "arn",
        [LAMBDA + "postgres", LAMBDA + "mysql"],
        [LAMBDA + "post*", LAMBDA + "mysql"],
    ),
    "aws:TagKeys": (
        "strings",
        ["team", "cost", "Team", "", "owner"],
        ["team", "cost", "t*", "owner", ""],
    ),
    "aws:PrincipalOrgPaths": (
        "strings",
        ["o-1/r-1/ou-1/", "o-1/r-1/ou-2/", "o-2/r-1/"],
        ["o-1/*", "o-1/r-1/ou-1/", "o-2/*"],
    ),
}
OPERATORS = {
    "string": [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ],
    "number": [
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ],
    "date": [
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ],
    "bool": ["Bool"],
    "binary": ["BinaryEquals"],
    "address": ["IpAddress", "NotIpAddress"],
    "arn": [
        "ArnEquals",
        "ArnNotEquals",
        "ArnLike",
        "ArnNotLike",
        "StringLike",
        "StringEquals",
        "StringNotLike",
    ],
}
OPERATORS["strings"] = OPERATORS["string"]
BYTES = ["QUJD", "QQ==", "/+8="]
VARIABLES = [
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/none}",
    "${aws:PrincipalTag/none, 'red'}",
    "${aws:username, 'bob'}",
    "${*}",
    "${?}${$}",
]


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def chance(self, share):
        return self.r.random() < share

    def some(self, pool, most=3):
        return self.r.sample(pool, self.r.randint(1, min(most, len(pool))))

    def one_or_list(self, values):
        return values[0] if len(values) == 1 and self.chance(0.7) else values

    # --- a request

    def context(self, principal):
        context = dict(principal.context)
        for key, (kind, values, _) in KEYS.items():
            if values is None or self.chance(0.35):
                continue
            if kind == "strings":
                n = self.r.choice([0, 1, 1, 2, 2, 3])
                context[key] = self.r.sample(values, n)
            else:
                context[key] = self.r.choice(values)
        if self.chance(0.1):
            context["aws:PrincipalTag/bytes"] = self.r.choice(BYTES)
        return context

    # --- a statement

    def actions(self, action, near):
        """Patterns; near: the request's action is among what they mean."""
        service, name = action.split(":")
        meant = [
            action,
            action.lower(),
            action[:-3] + "*",
            service + ":*",
            "*",
            f"{service}:{name[:5]}?{name[6:]}",
            f"{service.title()}:{name}",
        ]
        other = ["s3:*", SERVICE + "Get*", SERVICE + "*Policy", "kms:Decrypt"]
        other += [SERVICE + a for a in self.r.sample(ACTIONS, 2)]
        patterns = [self.r.choice(meant)] if near else []
        patterns += self.some(other, 2) if not near or self.chance(0.4) else []
        self.r.shuffle(patterns)
        return self.one_or_list(patterns)

    def resources(self, resource, near):
        service = ":".join(resource.split(":")[:3])
        meant = ["*", "*", resource]
        if resource != "*":
            meant += [
                resource[:-6] + "??????",
                resource.replace("eu-west-1", "*"),
                resource[:-4] + "*",
                f"{service}:*",
                f"{service}:*:*:*",
            ]
        other = SECRETS + [
            secret("app/*"),
            secret("*", "us-*"),
            secret("*", "*", THERE),
            secret("${aws:username}/*"),
            secret("${aws:PrincipalTag/team}/*", "*"),
            secret("${aws:PrincipalTag/none}*", "*"),
            secret("${aws:PrincipalTag/none, 'app'}/*"),
            secret("${*}"),
            "arn:aws:s3:::bucket/*",
        ]
        patterns = [self.r.choice(meant)] if near else []
        patterns += self.some(other, 2) if not near or self.chance(0.3) else []
        self.r.shuffle(patterns)
        return self.one_or_list(patterns)

    def values(self, kind, pool):
        if kind in ("string", "strings") and self.chance(0.2):
            pool = VARIABLES
        values = self.some(pool, 2)
        if kind == "bool" and self.chance(0.3):
            values = [values[0].lower() == "true"]
        if kind == "number" and self.chance(0.3):
            values = [float(v) if "." in v else int(v) for v in values]
        return self.one_or_list(values)

    def condition(self):
        block = {}
        for key in self.r.sample(list(KEYS), self.r.choice([1, 1, 2])):
            kind, _, pool = KEYS[key]
            if self.chance(0.08):
                block.setdefault("Null", {})[key] = self.r.choice(
                    ["true", "false", True, False]
                )
                continue
            if self.chance(0.03):
                key, kind, pool = "aws:PrincipalTag/bytes", "binary", BYTES
            name = self.r.choice(OPERATORS[kind])
            if self.chance(0.25):
                name += "IfExists"
            if self.chance(0.85 if kind == "strings" else 0.06):
                name = self.r.choice(["ForAllValues:", "ForAnyValue:"]) + name
            if self.chance(0.1):
                key = key.upper() if self.chance(0.5) else key.lower()
            block.setdefault(name, {})[key] = self.values(kind, pool)
        return block

    def principal(self, asking):
        """The element and its value."""
        element = "NotPrincipal" if self.chance(0.15) else "Principal"
        own = asking.arns + [asking.account, f"arn:aws:iam::{asking.account}:root"]
        if element == "Principal" and self.chance(0.2):
            return element, self.r.choice(["*", {"AWS": "*"}])
        names = [self.r.choice(own)] if self.chance(0.65) else []
        names += self.some(NAMES, 2) if not names or self.chance(0.3) else []
        value = {"AWS": self.one_or_list(names)}
        if self.chance(0.1):
            value["Service"] = "lambda.amazonaws.com"
        return element, value

    def statement(self, case, asking=None, deny=0.22, conditions=0.45):
        near = self.chance(0.85)
        effect = "Deny" if self.chance(deny) else "Allow"
        out = {"Effect": effect}
        if asking:
            element, value = self.principal(asking)
            out[element] = value
        negated = self.chance(0.1)
        out["NotAction" if negated else "Action"] = self.actions(
            case["action"], near != negated
        )
        near = self.chance(0.85)
        negated = case["resource"] != "*" and self.chance(0.1)
        out["NotResource" if negated else "Resource"] = self.resources(
            case["resource"], near != negated
        )
        if self.chance(conditions if effect == "Allow" else 0.75):
            out["Condition"] = self.condition()
        return out

    def policy(self, case, asking=None, **how):
        n = self.r.choice([1, 1, 2, 2, 3])
        statements = [self.statement(case, asking, **how) for _ in range(n)]
        out = {"Version": "2012-10-17"}
        if self.chance(0.1):
            out["Version"] = "2008-10-17"
            if self.chance(0.4):
                del out["Version"]
        out["Statement"] = self.one_or_list(statements)
        return out

    def case(self, number):
        action = ACTIONS[number % len(ACTIONS)]
        asking = self.r.choice(PRINCIPALS)
        bare = action in WITHOUT_RESOURCE
        case = {
            "action": SERVICE + action,
            "resource": "*" if bare else self.r.choice(SECRETS),
            "arns": asking.arns,
            "account": asking.account,
            "owner": asking.account if bare else HERE,
            "root": asking.root,
            "context": self.context(asking),
        }
        some = 0 if asking.root else self.r.choice([0, 1, 1, 1, 2])
        case["identity"] = [self.policy(case) for _ in range(some)]
        if not bare and self.chance(0.6 if asking.account == HERE else 0.9):
            case["resource_policy"] = self.policy(case, asking)
        if not asking.root and self.chance(0.2):
            case["boundary"] = self.policy(case, deny=0.1, conditions=0.2)
        if len(asking.arns) == 2 and self.chance(0.35):
            case["session"] = self.policy(case, deny=0.1, conditions=0.2)
        return case


    # --- who may become a role

    def trust(self, case, asking):
        """What hangs on the role; it says nothing of a resource."""
        policy = self.policy(case, asking)
        for statement in policy["Statement"] if isinstance(
            policy["Statement"], list
        ) else [policy["Statement"]]:
            statement.pop("Resource", None)
            statement.pop("NotResource", None)
        return policy

    def assume(self):
        asking = self.r.choice([p for p in PRINCIPALS if not p.root])
        case = {
            "action": "sts:AssumeRole",
            "resource": f"arn:aws:iam::{HERE}:role/deploy",
            "arns": asking.arns,
            "account": asking.account,
            "owner": HERE,
            "root": False,
            "context": self.context(asking),
        }
        some = self.r.choice([0, 1, 1, 2])
        case["identity"] = [self.policy(case) for _ in range(some)]
        case["trust"] = self.trust(case, asking)
        if self.chance(0.2):
            case["boundary"] = self.policy(case, deny=0.1, conditions=0.2)
        return case


def generate(count, trusts, seed):
    generator = Generator(seed)
    cases = [generator.case(number) for number in range(count)]
    return cases + [generator.assume() for _ in range(trusts)]
