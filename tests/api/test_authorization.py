"""Who may do what: users with access keys and policies, through boto3 on TCP.

The evaluator has its own tests (tests/unit/policy, tests/authorization); here
is what the API makes of a request: which resource, which condition keys, which
answer."""

import http.client
import json
import uuid

import pytest

from aws_client import client, refusal, sign
from certificates import Authority
from keyturn_server import KeyturnServer

ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:"


def statement(action="secretsmanager:GetSecretValue", resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


class Door(KeyturnServer):
    def __init__(self, **more):
        super().__init__(**more)
        self.write_settings(listen=f"127.0.0.1:{self.port}")
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, operation, **body):
        return self.call(f"keyturn.{operation}", body)

    def make_user(self, *statements, tags=()):
        """A user of these rights; his name and his key."""
        name = "u" + uuid.uuid4().hex[:12]
        self.ask("CreateUser", UserName=name, **({"Tags": list(tags)} if tags else {}))
        self.allow(name, *statements)
        made = self.ask("CreateAccessKey", UserName=name)
        return name, (made["AccessKeyId"], made["SecretAccessKey"])

    def allow(self, name, *statements):
        if statements:
            self.ask("PutEntityPolicy", Entity=f"user/{name}", PolicyName="p",
                     PolicyDocument=json.dumps({"Version": "2012-10-17",
                                                "Statement": list(statements)}))

    def aws(self, *statements, tags=(), **more):
        return client(self.url, self.make_user(*statements, tags=tags)[1], **more)

    def secret(self, value="the value", **more):
        name = f"t/{uuid.uuid4().hex}"
        made = self.call("CreateSecret", {"Name": name, "SecretString": value,
                                          "ClientRequestToken": str(uuid.uuid4()), **more})
        return name, made["ARN"]

    def call_signed(self, key, target, body, unix=False):
        """Status and reply, of what botocore would not send by itself."""
        if "." not in target:
            target = f"secretsmanager.{target}"
        headers, text = sign(self.url, key, target, body)
        if unix:
            status, reply = self.post(text, headers)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("POST", "/", text, headers)
            answer = connection.getresponse()
            status, reply = answer.status, answer.read().decode()
            connection.close()
        return status, json.loads(reply)

    def records(self):
        lines = []
        for file in sorted((self.data / "audit").glob("audit-*.jsonl")):
            lines += [json.loads(line) for line in file.read_text().splitlines()]
        return lines


@pytest.fixture(scope="module")
def door():
    with Door() as d:
        yield d
        assert "Sanitizer" not in d.log_text()


def denied(got, action, user=None):
    code, text = got
    assert code == "AccessDeniedException", got
    assert f"is not authorized to perform: {action} on resource: " in text
    assert user is None or f"user/{user} " in text


def test_without_a_policy_nothing_is_allowed(door):
    name, _ = door.secret()
    user, key = door.make_user()
    got = refusal(client(door.url, key).get_secret_value, SecretId=name)
    denied(got, "secretsmanager:GetSecretValue", user)
    assert got[1].endswith(
        "because no identity-based policy allows the secretsmanager:GetSecretValue action")


def test_a_policy_for_one_secret_opens_that_one_by_each_of_its_names(door):
    name, arn = door.secret("open")
    other, other_arn = door.secret("closed")
    aws = door.aws(statement(resource=arn))
    for spelled in name, arn, arn[:-7]:
        assert aws.get_secret_value(SecretId=spelled)["SecretString"] == "open"
    for spelled in other, other_arn, other_arn[:-7]:
        denied(refusal(aws.get_secret_value, SecretId=spelled), "secretsmanager:GetSecretValue")
    denied(refusal(aws.describe_secret, SecretId=name), "secretsmanager:DescribeSecret")


def test_a_deny_holds_for_each_spelling(door):
    name, arn = door.secret()
    aws = door.aws(
        statement("secretsmanager:*"),
        statement("secretsmanager:*", effect="Deny",
                  Condition={"StringEquals": {"secretsmanager:SecretId": arn}}))
    for spelled in name, arn, arn[:-7]:
        got = refusal(aws.get_secret_value, SecretId=spelled)
        denied(got, "secretsmanager:GetSecretValue")
        assert got[1].endswith("with an explicit deny in an identity-based policy")


def test_only_who_may_ask_learns_that_there_is_no_such_secret(door):
    _, arn = door.secret()
    aws = door.aws(statement(resource=arn), statement(resource=ARN + "free/*"))
    denied(refusal(aws.get_secret_value, SecretId="closed/none"), "secretsmanager:GetSecretValue")
    assert refusal(aws.get_secret_value, SecretId="free/none")[0] == "ResourceNotFoundException"


def test_what_is_to_be_created_is_asked_about_by_its_name(door):
    aws = door.aws(statement("secretsmanager:CreateSecret", ARN + "team/*"))
    made = aws.create_secret(Name=f"team/{uuid.uuid4().hex}", SecretString="x")
    assert made["ARN"].startswith(ARN + "team/")
    denied(refusal(aws.create_secret, Name=f"else/{uuid.uuid4().hex}", SecretString="x"),
           "secretsmanager:CreateSecret")


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "secretsmanager:ResourceTag/team",
                                 "SecretsManager:resourcetag/team"])
def test_tags_of_the_secret_decide(door, key):
    ours, _ = door.secret(Tags=[{"Key": "team", "Value": "web"}])
    theirs, _ = door.secret(Tags=[{"Key": "team", "Value": "db"}])
    plain, _ = door.secret()
    aws = door.aws(statement(Condition={"StringEquals": {key: "web"}}))
    assert aws.get_secret_value(SecretId=ours)["SecretString"]
    for name in theirs, plain:
        denied(refusal(aws.get_secret_value, SecretId=name), "secretsmanager:GetSecretValue")


def test_a_tag_of_the_user_can_be_asked_of_the_secret(door):
    ours, _ = door.secret(Tags=[{"Key": "team", "Value": "web"}])
    theirs, _ = door.secret(Tags=[{"Key": "team", "Value": "db"}])
    same = statement(Condition={
        "StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}})
    aws = door.aws(same, tags=[{"Key": "team", "Value": "web"}])
    assert aws.get_secret_value(SecretId=ours)["SecretString"]
    denied(refusal(aws.get_secret_value, SecretId=theirs), "secretsmanager:GetSecretValue")


def test_stage_and_version_are_seen_and_AWSCURRENT_is_meant_when_nothing_is_said(door):
    name, arn = door.secret("new")
    old = door.call("DescribeSecret", {"SecretId": name})["VersionIdsToStages"]
    aws = door.aws(statement(resource=arn, Condition={
        "ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}))
    assert aws.get_secret_value(SecretId=name)["SecretString"] == "new"
    assert aws.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
    for more in {"VersionStage": "AWSPREVIOUS"}, {"VersionId": next(iter(old))}:
        denied(refusal(aws.get_secret_value, SecretId=name, **more),
               "secretsmanager:GetSecretValue")


def test_a_member_that_an_operation_ignores_decides_nothing(door):
    name, arn = door.secret()
    user, key = door.make_user(statement("secretsmanager:*", Condition={
        "StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}))
    aws = client(door.url, key)
    assert aws.get_secret_value(SecretId=name)
    # botocore does not send what the model lacks: as curl would.
    got = door.call_signed(key, "DeleteSecret", {"SecretId": name, "VersionStage": "AWSCURRENT"})
    assert got[1]["__type"] == "AccessDeniedException", got


@pytest.mark.parametrize("operation, members, key, good, bad", [
    ("CreateSecret", {"Name": "{new}", "SecretString": "x"}, "secretsmanager:Name", "{new}", "no"),
    ("CreateSecret", {"Name": "{new}", "Description": "d"}, "secretsmanager:Description", "d", "e"),
    ("CreateSecret", {"Name": "{new}", "Tags": [{"Key": "a", "Value": "b"}]},
     "aws:RequestTag/a", "b", "c"),
    ("CreateSecret", {"Name": "{new}", "Tags": [{"Key": "a", "Value": "b"}]},
     "aws:TagKeys", "a", "b"),
    ("UntagResource", {"SecretId": "{old}", "TagKeys": ["a"]}, "aws:TagKeys", "a", "b"),
    ("DeleteSecret", {"SecretId": "{old}", "RecoveryWindowInDays": 7},
     "secretsmanager:RecoveryWindowInDays", "7", "8"),
    ("DeleteSecret", {"SecretId": "{old}"}, "secretsmanager:ForceDeleteWithoutRecovery",
     "false", "true"),
    ("RotateSecret", {"SecretId": "{old}", "RotateImmediately": False,
                      "RotationRules": {"AutomaticallyAfterDays": 3},
                      "RotationLambdaARN": "memory"},
     "secretsmanager:RotateImmediately", "false", "true"),
    ("UpdateSecretVersionStage", {"SecretId": "{old}", "VersionStage": "X",
                                  "MoveToVersionId": "{version}"},
     "secretsmanager:VersionStage", "X", "Y"),
    ("DescribeSecret", {"SecretId": "{old}"}, "aws:SourceIp", "127.0.0.1", "127.0.0.2"),
    ("DescribeSecret", {"SecretId": "{old}"}, "aws:SecureTransport", "false", "true"),
    ("DescribeSecret", {"SecretId": "{old}"}, "aws:PrincipalType", "User", "Account"),
    ("DescribeSecret", {"SecretId": "{old}"}, "aws:PrincipalAccount", "000000000000", "1"),
    ("DescribeSecret", {"SecretId": "{old}"}, "aws:ResourceAccount", "000000000000", "1"),
    ("DescribeSecret", {"SecretId": "{old}"}, "aws:RequestedRegion", "us-east-1", "eu-west-1"),
    ("DescribeSecret", {"SecretId": "{old}"}, "aws:ViaAWSService", "false", "true"),
])
def test_what_the_request_says_is_there_for_conditions(door, operation, members, key, good, bad):
    old, _ = door.secret()
    version = next(iter(door.call("DescribeSecret", {"SecretId": old})["VersionIdsToStages"]))
    texts = {"{new}": f"n/{uuid.uuid4().hex}", "{old}": old, "{version}": version}
    fill = lambda v: texts.get(v, v) if isinstance(v, str) else v
    members = {k: fill(v) for k, v in members.items()}
    kind = "IpAddress" if key == "aws:SourceIp" else "ForAnyValue:StringEquals"
    user, access = door.make_user(statement("secretsmanager:*", Condition={kind: {key: fill(bad)}}))
    aws = client(door.url, access)
    call = getattr(aws, "".join("_" + c.lower() if c.isupper() else c for c in operation)[1:])
    denied(refusal(call, **members), f"secretsmanager:{operation}", user)
    door.allow(user, statement("secretsmanager:*", Condition={kind: {key: fill(good)}}))
    if operation == "RotateSecret":  # of a secret that has no target
        assert refusal(call, **members)[0] != "AccessDeniedException"
    else:
        call(**members)


def test_every_secret_of_a_batch_is_asked_about(door):
    ours, arn = door.secret("mine")
    theirs, _ = door.secret("not mine")
    _, key = door.make_user(statement("secretsmanager:BatchGetSecretValue"), statement(resource=arn))
    status, got = door.call_signed(key, "BatchGetSecretValue",
                                   {"SecretIdList": [ours, theirs, "closed/none"]})
    assert status == 200
    assert [v["SecretString"] for v in got["SecretValues"]] == ["mine"]
    assert [(e["SecretId"], e["ErrorCode"]) for e in got["Errors"]] == [
        (theirs, "AccessDeniedException"), ("closed/none", "AccessDeniedException")]
    assert arn not in json.dumps(got["Errors"]) and f"{theirs}-" not in json.dumps(got["Errors"])


@pytest.mark.parametrize("operation, members, besides", [
    ("CreateSecret", {"Name": "{new}", "Tags": [{"Key": "a", "Value": "b"}]}, "TagResource"),
    ("BatchGetSecretValue", {"Filters": [{"Key": "name", "Values": ["no/"]}]}, "ListSecrets"),
])
def test_a_request_that_does_more_than_its_name_says_needs_that_right_too(
        door, operation, members, besides):
    if "Name" in members:
        members = {**members, "Name": f"n/{uuid.uuid4().hex}",
                   "ClientRequestToken": str(uuid.uuid4())}
    user, key = door.make_user(statement(f"secretsmanager:{operation}"))
    _, got = door.call_signed(key, operation, members)
    denied((got["__type"], got["Message"]), f"secretsmanager:{besides}", user)
    door.allow(user, statement([f"secretsmanager:{operation}", f"secretsmanager:{besides}"]))
    assert door.call_signed(key, operation, members)[0] == 200


def test_a_key_of_the_customers_own_is_asked_about_as_KMS_is(door):
    key = door.ask("CreateKey")["Key"]
    name, arn = door.secret("sealed", KmsKeyId=key["KeyId"])
    free, free_arn = door.secret("free")
    mine = statement("secretsmanager:*", [arn, free_arn])
    user, access = door.make_user(mine)
    aws = client(door.url, access)
    assert aws.get_secret_value(SecretId=free)["SecretString"] == "free"
    no = ("AccessDeniedException", "Access to KMS is not allowed")
    assert refusal(aws.get_secret_value, SecretId=name) == no
    assert refusal(aws.put_secret_value, SecretId=name, SecretString="new") == no
    assert refusal(aws.update_secret, SecretId=free, KmsKeyId=key["KeyId"]) == no
    door.allow(user, mine, statement("kms:Decrypt", key["ARN"], Condition={"StringEquals": {
        "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",
        "kms:EncryptionContext:SecretARN": arn}}))
    assert aws.get_secret_value(SecretId=name)["SecretString"] == "sealed"
    assert refusal(aws.put_secret_value, SecretId=name, SecretString="new") == no
    door.allow(user, mine, statement(["kms:Decrypt", "kms:GenerateDataKey"], key["ARN"]))
    aws.put_secret_value(SecretId=name, SecretString="new")
    aws.update_secret(SecretId=free, KmsKeyId=key["KeyId"])
    assert aws.get_secret_value(SecretId=free)["SecretString"] == "free"


def test_our_own_operations_are_asked_about_as_keyturn_actions(door):
    user, key = door.make_user(statement("keyturn:ListRotations"))
    assert door.call_signed(key, "keyturn.ListRotations", {})[0] == 200
    status, got = door.call_signed(key, "keyturn.CreateUser", {"UserName": "x"})
    assert (status, got["__type"]) == (400, "AccessDeniedException")
    denied((got["__type"], got["Message"]), "keyturn:CreateUser", user)


def test_a_policy_of_now_holds_now(door):
    name, arn = door.secret()
    user, key = door.make_user(statement(resource=arn))
    aws = client(door.url, key)
    assert aws.get_secret_value(SecretId=name)
    door.allow(user, statement(effect="Deny"))
    denied(refusal(aws.get_secret_value, SecretId=name), "secretsmanager:GetSecretValue", user)


def test_keys_that_are_inactive_or_deleted_are_unknown(door):
    name, arn = door.secret()
    user, key = door.make_user(statement(resource=arn))
    second = door.ask("CreateAccessKey", UserName=user)
    aws = client(door.url, key)
    assert aws.get_secret_value(SecretId=name)
    door.ask("UpdateAccessKey", UserName=user, AccessKeyId=key[0], Status="Inactive")
    assert refusal(aws.get_secret_value, SecretId=name)[0] == "UnrecognizedClientException"
    other = client(door.url, (second["AccessKeyId"], second["SecretAccessKey"]))
    assert other.get_secret_value(SecretId=name)
    door.ask("UpdateAccessKey", UserName=user, AccessKeyId=key[0], Status="Active")
    assert aws.get_secret_value(SecretId=name)
    door.ask("DeleteAccessKey", UserName=user, AccessKeyId=key[0])
    assert refusal(aws.get_secret_value, SecretId=name)[0] == "UnrecognizedClientException"


def test_wrong_signatures_have_AWS_names(door):
    name, arn = door.secret()
    _, key = door.make_user(statement(resource=arn))
    wrong = client(door.url, (key[0], key[1][:-1] + ("y" if key[1][-1] == "x" else "x")))
    code, text = refusal(wrong.get_secret_value, SecretId=name)
    assert code == "InvalidSignatureException" and "does not match" in text
    elsewhere = client(door.url, key, region="ap-south-1")
    assert refusal(elsewhere.get_secret_value, SecretId=name)[0] == "InvalidSignatureException"
    token = client(door.url, (*key, "a token that nobody made"))
    assert refusal(token.get_secret_value, SecretId=name)[0] == "UnrecognizedClientException"


def test_a_signed_request_on_the_unix_socket_is_its_signers(door, root):
    name, arn = door.secret()
    user, key = door.make_user()
    status, got = door.call_signed(key, "GetSecretValue", {"SecretId": name}, unix=True)
    denied((got["__type"], got["Message"]), "secretsmanager:GetSecretValue", user)


def test_the_trail_has_who_what_and_how_and_never_the_value(door):
    value = "canary-" + uuid.uuid4().hex
    name, arn = door.secret(value)
    user, key = door.make_user(statement(resource=arn))
    aws = client(door.url, key)
    ok = aws.get_secret_value(SecretId=name)
    refusal(aws.put_secret_value, SecretId=name, SecretString=value + "2")
    mine = [r for r in door.records() if r["userIdentity"].get("userName") == user]
    assert [(r["eventName"], r.get("errorCode")) for r in mine] == [
        ("GetSecretValue", None), ("PutSecretValue", "AccessDeniedException")]
    assert mine[0]["requestID"] == ok["ResponseMetadata"]["RequestId"]
    assert mine[0]["userIdentity"]["type"] == "IAMUser"
    assert mine[0]["userIdentity"]["accessKeyId"] == key[0]
    assert mine[0]["sourceIPAddress"] == "127.0.0.1"
    assert mine[0]["requestParameters"]["secretId"] == name
    assert mine[0]["readOnly"] is True and mine[1]["readOnly"] is False
    assert value not in json.dumps(door.records())
    assert value not in door.log_text()


def test_who_is_not_known_is_written_down_as_well(door):
    refusal(client(door.url, ("AKIAIOSFODNN7EXAMPLE", "x" * 40)).list_secrets)
    last = door.records()[-1]
    assert last["userIdentity"]["type"] == "Unknown"
    assert last["userIdentity"]["accessKeyId"] == "AKIAIOSFODNN7EXAMPLE"
    assert last["errorCode"] == "UnrecognizedClientException"


def test_the_listener_is_a_condition():
    """Its endpoint's name, and whether it speaks TLS."""
    with Door() as d:
        d.stop()
        ca = Authority(d.dir)
        cert, key = ca.issue("server")
        d.write_settings(
            listen="127.0.0.1:0 endpoint=vpce-a, 127.0.0.1:0, 127.0.0.1:0 tls endpoint=vpce-b",
            tls_cert=cert, tls_key=key)
        d.start()
        ports = [e["port"] for e in d.events("listening")][-3:]
        plain, nameless, tls = (f"http://127.0.0.1:{p}" for p in ports)
        tls = tls.replace("http:", "https:")
        name, arn = d.secret()
        only = lambda key, value: d.make_user(  # noqa: E731
            statement(resource=arn, Condition={"StringEquals": {key: value}}))[1]
        for access, open_at in (
            (only("aws:SourceVpce", "vpce-a"), {plain}),
            (only("aws:SourceVpce", "vpce-b"), {tls}),
            (only("aws:SecureTransport", "true"), {tls}),
            (only("aws:SecureTransport", "false"), {plain, nameless}),
        ):
            for url in plain, nameless, tls:
                aws = client(url, access, verify=str(ca.path))
                if url in open_at:
                    assert aws.get_secret_value(SecretId=name)
                else:
                    denied(refusal(aws.get_secret_value, SecretId=name),
                           "secretsmanager:GetSecretValue")
        assert {r.get("vpcEndpointId") for r in d.records()
                if r["eventName"] == "GetSecretValue"} == {"vpce-a", None, "vpce-b"}


def test_time_is_a_condition():
    with Door(clock=True) as d:
        name, arn = d.secret()
        aws = d.aws(statement(resource=arn, Condition={
            "DateLessThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"}}))
        assert aws.get_secret_value(SecretId=name)
        late = d.aws(statement(resource=arn, Condition={
            "DateGreaterThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"}}))
        denied(refusal(late.get_secret_value, SecretId=name), "secretsmanager:GetSecretValue")
