"""STS for AWS's own clients: who am I, and sessions of roles, which then ask
for secrets."""

import json
import subprocess
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import ModelServer

ACCOUNT = "000000000000"
REGION = "us-east-1"
QUIET = botocore.config.Config(retries={"total_max_attempts": 1})


def policy(*actions, **more):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(principal, *actions, **more):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal},
                 "Action": list(actions) or "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def k():
    with ModelServer(settings={"listen": "127.0.0.1:0"}) as server:
        server.url = f"http://127.0.0.1:{server.events('ready')[-1]['port']}"
        yield server
        assert "Sanitizer" not in server.log_text()


def client(k, service, key, **more):
    return boto3.client(
        service, endpoint_url=k.url, region_name=more.pop("region", REGION),
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"), config=QUIET)


def make(k, op, **body):
    return k.call(f"keyturn.{op}", body)


def refused(call, **kwargs):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(**kwargs)
    reply = failure.value.response
    return (reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"],
            reply["Error"]["Message"])


@pytest.fixture(scope="module")
def user(k):
    make(k, "CreateUser", UserName="app")
    return make(k, "CreateAccessKey", UserName="app")


@pytest.fixture(scope="module")
def role(k, user):
    make(k, "CreateRole", RoleName="deploy", MaxSessionDuration=7200,
         AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:user/app", "sts:AssumeRole", "sts:TagSession"))
    make(k, "PutEntityPolicy", Entity="role/deploy", PolicyName="read",
         PolicyDocument=policy("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"))
    k.create("v", name="db/app")
    return f"arn:aws:iam::{ACCOUNT}:role/deploy"


def assume(k, user, role, **more):
    more = {"RoleArn": role, "RoleSessionName": "ci", **more}
    return client(k, "sts", user).assume_role(**more)["Credentials"]


def test_a_user_learns_who_he_is(k, user):
    got = client(k, "sts", user).get_caller_identity()
    assert got["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/app"
    assert got["Account"] == ACCOUNT
    assert got["UserId"] == make(k, "GetEntity", Entity="user/app")["Id"]
    assert len(got["ResponseMetadata"]["RequestId"]) == 36


def test_a_session_has_what_its_role_may(k, user, role):
    reply = client(k, "sts", user).assume_role(RoleArn=role, RoleSessionName="ci")
    session = reply["Credentials"]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"
    role_id = make(k, "GetEntity", Entity="role/deploy")["Id"]
    assert reply["AssumedRoleUser"] == {"AssumedRoleId": f"{role_id}:ci", "Arn": arn}
    assert session["AccessKeyId"].startswith("ASIA")
    assert 3500 < session["Expiration"].timestamp() - k.now() <= 3601
    who = client(k, "sts", session).get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (arn, f"{role_id}:ci")
    secrets = client(k, "secretsmanager", session)
    assert secrets.get_secret_value(SecretId="db/app")["SecretString"] == "v"
    code, status, text = refused(secrets.put_secret_value, SecretId="db/app", SecretString="w")
    assert (code, status) == ("AccessDeniedException", 400)
    assert f"User: {arn} is not authorized to perform: secretsmanager:PutSecretValue" in text


def test_the_user_himself_still_may_not(k, user, role):
    assert refused(client(k, "secretsmanager", user).get_secret_value, SecretId="db/app")[0] == "AccessDeniedException"


def test_a_session_policy_takes_away(k, user, role):
    session = assume(k, user, role, Policy=policy("secretsmanager:DescribeSecret"))
    secrets = client(k, "secretsmanager", session)
    secrets.describe_secret(SecretId="db/app")
    assert refused(secrets.get_secret_value, SecretId="db/app")[0] == "AccessDeniedException"


def test_tags_of_the_session_are_the_principals(k, user, role):
    make(k, "PutEntityPolicy", Entity="role/deploy", PolicyName="tagged",
         PolicyDocument=policy("secretsmanager:ListSecrets", Condition={
             "StringEquals": {"aws:PrincipalTag/team": "web"}}))
    one = assume(k, user, role, Tags=[{"Key": "team", "Value": "web"}])
    other = assume(k, user, role, Tags=[{"Key": "team", "Value": "db"}])
    client(k, "secretsmanager", one).list_secrets()
    assert refused(client(k, "secretsmanager", other).list_secrets)[0] == "AccessDeniedException"


def test_a_token_is_good_for_its_key_alone(k, user, role):
    one, two = assume(k, user, role), assume(k, user, role)
    mixed = {**one, "SessionToken": two["SessionToken"]}
    assert refused(client(k, "sts", mixed).get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
    bare = {**one, "SessionToken": None}
    assert refused(client(k, "sts", bare).get_caller_identity)[0] == "InvalidClientTokenId"
    changed = {**one, "SessionToken": one["SessionToken"][:-8] + "AAAAAAA="}
    assert refused(client(k, "secretsmanager", changed).list_secrets)[0] == "UnrecognizedClientException"
    extra = {**user, "SessionToken": one["SessionToken"]}
    assert refused(client(k, "sts", extra).get_caller_identity)[0] == "InvalidClientTokenId"


def test_signatures_are_verified(k, user):
    wrong = {**user, "SecretAccessKey": "x" * 40}
    assert refused(client(k, "sts", wrong).get_caller_identity)[:2] == ("SignatureDoesNotMatch", 403)
    nobody = {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "SecretAccessKey": "x"}
    assert refused(client(k, "sts", nobody).get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
    request = urllib.request.Request(
        k.url, b"Action=GetCallerIdentity&Version=2011-06-15",
        {"Content-Type": "application/x-www-form-urlencoded"})
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(request)
    assert failure.value.code == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in failure.value.read()


def test_a_key_that_is_switched_off_is_nobodys_at_once(k):
    make(k, "CreateUser", UserName="off")
    key = make(k, "CreateAccessKey", UserName="off")
    sts = client(k, "sts", key)
    sts.get_caller_identity()
    assert "LastUsedDate" in make(k, "ListAccessKeys", UserName="off")["AccessKeys"][0]
    make(k, "UpdateAccessKey", UserName="off", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    make(k, "UpdateAccessKey", UserName="off", AccessKeyId=key["AccessKeyId"], Status="Active")
    sts.get_caller_identity()
    make(k, "DeleteEntity", Entity="user/off", Force=True)
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_ends_with_its_role(k, user):
    document = trust(f"arn:aws:iam::{ACCOUNT}:user/app")
    make(k, "CreateRole", RoleName="brief", AssumeRolePolicyDocument=document)
    sts = client(k, "sts", assume(k, user, f"arn:aws:iam::{ACCOUNT}:role/brief"))
    sts.get_caller_identity()
    make(k, "DeleteEntity", Entity="role/brief")
    make(k, "CreateRole", RoleName="brief", AssumeRolePolicyDocument=document)
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"


@pytest.mark.parametrize("more, code, text", [
    ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"}, "AccessDenied", "is not authorized to perform: sts:AssumeRole"),
    ({"DurationSeconds": 43200}, "ValidationError", "exceeds the MaxSessionDuration set for this role."),
    ({"Policy": "{}"}, "MalformedPolicyDocument", ""),
    ({"SourceIdentity": "anna"}, "AccessDenied", "sts:SetSourceIdentity"),
    ({"RoleSessionName": "a b"}, "ValidationError", "'a b' at 'roleSessionName'"),
    ({"Tags": [{"Key": f"{i:0128}", "Value": "v" * 256} for i in range(50)]}, "PackedPolicyTooLarge", "too large"),
])
def test_refusals_are_awss(k, user, role, more, code, text):
    sts = client(k, "sts", user)
    got = refused(sts.assume_role, **{"RoleArn": role, "RoleSessionName": "ci", **more})
    assert got[0] == code and text in got[2], got


def test_the_trail_has_it_without_tokens_and_keys(k, user, role):
    session = assume(k, user, role, RoleSessionName="audited")
    lines = [json.loads(line) for f in k.data.rglob("*") if f.is_file() and f.suffix in (".jsonl", ".json", ".log")
             for line in f.read_text().splitlines() if line.startswith("{")]
    [event] = [x for x in lines if x.get("eventName") == "AssumeRole"
               and (x.get("requestParameters") or {}).get("roleSessionName") == "audited"]
    assert event["eventSource"] == "sts.amazonaws.com"
    assert event["userIdentity"]["userName"] == "app"
    assert event["requestParameters"]["roleArn"] == role
    whole = json.dumps(lines)
    assert session["SecretAccessKey"] not in whole and session["SessionToken"] not in whole


def test_debians_command_line_assumes_a_role(k, user, role):
    aws = "/usr/bin/aws"
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_PAGER": "",
           "AWS_ACCESS_KEY_ID": user["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": user["SecretAccessKey"],
           "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}

    def run(*words, **more):
        try:
            return json.loads(subprocess.run(
                [aws, "--endpoint-url", k.url, "--output", "json", *words], env={**env, **more},
                check=True, capture_output=True, text=True, timeout=60).stdout)
        except FileNotFoundError:
            pytest.skip(f"needs {aws}")

    assert run("sts", "get-caller-identity")["Arn"].endswith(":user/app")
    session = run("sts", "assume-role", "--role-arn", role, "--role-session-name", "cli",
                  "--tags", "Key=team,Value=web")["Credentials"]
    got = run("secretsmanager", "get-secret-value", "--secret-id", "db/app",
              AWS_ACCESS_KEY_ID=session["AccessKeyId"],
              AWS_SECRET_ACCESS_KEY=session["SecretAccessKey"],
              AWS_SESSION_TOKEN=session["SessionToken"])
    assert got["SecretString"] == "v"
