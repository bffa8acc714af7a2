"""Users, groups, roles, policies and access keys through the socket, as
engine/api/OPERATIONS.md writes them down."""

import json
import re
import urllib.error
import urllib.request
import uuid

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import ModelServer, refused
from keyturn_server import ApiError

ACCOUNT = "000000000000"


def policy(*actions, resource="*", effect="Allow"):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource}],
    })


READ = policy("secretsmanager:GetSecretValue")
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                   "Action": "sts:AssumeRole"}],
})


@pytest.fixture
def call(keyturn):
    return lambda op, **body: keyturn.call(f"keyturn.{op}", body)


@pytest.fixture
def name():
    return "n" + uuid.uuid4().hex[:12]


@pytest.fixture
def user(call, name):
    call("CreateUser", UserName=name)
    return name


def test_a_user_has_arn_id_path_and_tags(call, name):
    reply = call("CreateUser", UserName=name, Path="/team/web/", Tags=[{"Key": "a", "Value": ""}])
    assert reply["Entity"] == f"user/{name}"
    assert reply["ARN"] == f"arn:aws:iam::{ACCOUNT}:user/team/web/{name}"
    assert re.fullmatch("AIDA[A-Z2-7]{17}", reply["Id"])
    got = call("GetEntity", Entity=f"user/{name}")
    assert reply.items() <= got.items()
    assert got["Tags"] == [{"Key": "a", "Value": ""}]
    assert got["Groups"] == got["Policies"] == got["AttachedPolicies"] == []
    assert call("GetEntity", Entity=reply["ARN"]) == got


@pytest.mark.parametrize("op, member, prefix", [
    ("CreateUser", "UserName", "AIDA"),
    ("CreateGroup", "GroupName", "AGPA"),
    ("CreateRole", "RoleName", "AROA"),
    ("CreatePolicy", "PolicyName", "ANPA"),
])
def test_each_kind_is_made_listed_and_deleted(call, name, op, member, prefix):
    more = {"CreateRole": {"AssumeRolePolicyDocument": TRUST},
            "CreatePolicy": {"PolicyDocument": READ}}.get(op, {})
    kind = op[6:].lower()
    reply = call(op, **{member: name}, **more)
    assert reply["Id"].startswith(prefix)
    with refused("EntityAlreadyExistsException", "already exists"):
        call(op, **{member: name.upper()}, **more)
    assert name in [e["Name"] for e in call("ListEntities", Kind=kind)["Entities"]]
    assert call("DeleteEntity", Entity=f"{kind}/{name}") == {}
    with refused("NoSuchEntityException", f"The {kind} with name {name} cannot be found."):
        call("GetEntity", Entity=f"{kind}/{name}")


def test_lists_come_in_pages(call, name):
    for i in range(3):
        call("CreateGroup", GroupName=f"{name}{i}")
    seen, token = [], {}
    while True:
        page = call("ListEntities", Kind="group", MaxResults=1, **token)
        seen += [e["Name"] for e in page["Entities"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [n for n in seen if n.startswith(name)] == [f"{name}{i}" for i in range(3)]


@pytest.mark.parametrize("bad", ["", "a b", "a/b", "a" * 65, "ü"])
def test_names_are_of_iams_letters(call, bad):
    with refused("ValidationException", None):
        call("CreateUser", UserName=bad)


@pytest.mark.parametrize("bad", ["a", "/a", "a/", "/ä/", "/" + "a" * 512 + "/"])
def test_paths_begin_and_end_with_a_slash(call, name, bad):
    with refused("ValidationException"):
        call("CreateUser", UserName=name, Path=bad)


@pytest.mark.parametrize("bad, text", [
    ([{"Key": "aws:x", "Value": ""}], "reserved"),
    ([{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}], "Duplicate"),
    ([{"Key": "", "Value": ""}], "Key of 1 to 128"),
    ([{"Key": "a"}], "Value of 0 to 256"),
    ([{"Key": f"k{i}", "Value": ""} for i in range(51)], "50"),
])
def test_tags_have_iams_limits(call, name, bad, text):
    with refused("ValidationException", text):
        call("CreateUser", UserName=name, Tags=bad)


def test_tags_are_put_and_taken_away(call, user):
    call("TagEntity", Entity=f"user/{user}", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    call("UntagEntity", Entity=f"user/{user}", TagKeys=["a"])
    assert call("GetEntity", Entity=f"user/{user}")["Tags"] == [{"Key": "b", "Value": "2"}]


# ---- access keys -------------------------------------------------------------

def test_a_key_tells_its_secret_once(call, user):
    key = call("CreateAccessKey", UserName=user)
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert re.fullmatch("[A-Za-z0-9+/]{40}", key["SecretAccessKey"])
    [listed] = call("ListAccessKeys", UserName=user)["AccessKeys"]
    assert listed == {k: v for k, v in key.items() if k != "SecretAccessKey"}
    assert listed["Status"] == "Active" and "LastUsedDate" not in listed


def test_no_file_of_the_store_has_the_secret(keyturn, call, user):
    key = call("CreateAccessKey", UserName=user)
    for path in keyturn.data.iterdir():
        if path.is_file():
            assert key["SecretAccessKey"].encode() not in path.read_bytes()
    assert key["SecretAccessKey"] not in keyturn.log_text()


def test_a_user_has_two_keys_so_that_they_can_rotate(call, user):
    first = call("CreateAccessKey", UserName=user)["AccessKeyId"]
    call("CreateAccessKey", UserName=user)
    with refused("LimitExceededException", "Cannot exceed quota for AccessKeysPerUser: 2"):
        call("CreateAccessKey", UserName=user)
    call("UpdateAccessKey", UserName=user, AccessKeyId=first, Status="Inactive")
    assert [k["Status"] for k in call("ListAccessKeys", UserName=user)["AccessKeys"]] == ["Inactive", "Active"]
    call("DeleteAccessKey", UserName=user, AccessKeyId=first)
    call("CreateAccessKey", UserName=user)


def test_a_key_is_its_users(call, user, name):
    key = call("CreateAccessKey", UserName=user)["AccessKeyId"]
    call("CreateUser", UserName=name + "x")
    with refused("NoSuchEntityException", f"The Access Key with id {key} cannot be found."):
        call("DeleteAccessKey", UserName=name + "x", AccessKeyId=key)
    with refused("ValidationException", "[Active, Inactive]"):
        call("UpdateAccessKey", UserName=user, AccessKeyId=key, Status="Sleeping")


# ---- policies ----------------------------------------------------------------

def test_inline_policies_come_back_as_they_were_written(call, user):
    text = READ.replace("{", "{ \n", 1)
    call("PutEntityPolicy", Entity=f"user/{user}", PolicyName="read", PolicyDocument=text)
    assert call("GetEntityPolicy", Entity=f"user/{user}", PolicyName="read")["PolicyDocument"] == text
    assert call("GetEntity", Entity=f"user/{user}")["Policies"] == [
        {"PolicyName": "read", "PolicyDocument": text}]
    call("DeleteEntityPolicy", Entity=f"user/{user}", PolicyName="read")
    with refused("NoSuchEntityException", "The user policy with name read cannot be found."):
        call("GetEntityPolicy", Entity=f"user/{user}", PolicyName="read")


@pytest.mark.parametrize("text", [
    "{", "[]", '{"Version":"2012-10-17"}',
    policy("secretsmanager:*", effect="Maybe"),
    TRUST,
])
def test_what_is_no_policy_is_not_stored(call, user, text):
    with refused("MalformedPolicyDocumentException") as caught:
        call("PutEntityPolicy", Entity=f"user/{user}", PolicyName="p", PolicyDocument=text)
    assert len(caught.value.message) > 20  # says what and where
    assert call("GetEntity", Entity=f"user/{user}")["Policies"] == []
    with refused("MalformedPolicyDocumentException"):
        call("CreatePolicy", PolicyName="no" + user, PolicyDocument=text)


def test_an_error_names_the_statement(call, user):
    text = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "a:b", "Resource": "*"},
        {"Effect": "Allow", "Action": "a:b"}]})
    with refused("MalformedPolicyDocumentException", "2") as caught:
        call("PutEntityPolicy", Entity=f"user/{user}", PolicyName="p", PolicyDocument=text)
    assert "Resource" in caught.value.message


@pytest.mark.parametrize("kind, limit", [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_have_iams_sizes(call, name, kind, limit):
    more = {"role": {"AssumeRolePolicyDocument": TRUST}}.get(kind, {})
    call(f"Create{kind.title()}", **{f"{kind.title()}Name": name}, **more)

    def sized(n):
        base = len(policy("").replace(" ", ""))
        return policy("s:" + "a" * (n - base - 2))

    call("PutEntityPolicy", Entity=f"{kind}/{name}", PolicyName="p", PolicyDocument=sized(limit))
    with refused("LimitExceededException", f"Maximum policy size of {limit} bytes exceeded for {kind} {name}"):
        call("PutEntityPolicy", Entity=f"{kind}/{name}", PolicyName="p", PolicyDocument=sized(limit + 1))


def test_managed_policies_are_attached_and_detached(call, user):
    made = call("CreatePolicy", PolicyName="m" + user, PolicyDocument=READ, Description="reads")
    assert made["ARN"] == f"arn:aws:iam::{ACCOUNT}:policy/m{user}"
    call("AttachEntityPolicy", Entity=f"user/{user}", Policy=made["ARN"])
    call("AttachEntityPolicy", Entity=f"user/{user}", Policy=f"policy/m{user}")
    assert call("GetEntity", Entity=f"user/{user}")["AttachedPolicies"] == [
        {"PolicyName": "m" + user, "ARN": made["ARN"], "PolicyDocument": READ}]
    got = call("GetEntity", Entity=made["ARN"])
    assert got["AttachedTo"] == [f"user/{user}"] and got["PolicyDocument"] == READ
    with refused("DeleteConflictException", "Cannot delete a policy attached to entities."):
        call("DeleteEntity", Entity=made["ARN"])
    call("DetachEntityPolicy", Entity=f"user/{user}", Policy=made["ARN"])
    with refused("NoSuchEntityException", "was not found."):
        call("DetachEntityPolicy", Entity=f"user/{user}", Policy=made["ARN"])
    other = policy("secretsmanager:ListSecrets")
    call("UpdatePolicy", PolicyName="m" + user, PolicyDocument=other)
    got = call("GetEntity", Entity=made["ARN"])
    assert got["PolicyDocument"] == other and got["Description"] == "reads"
    call("DeleteEntity", Entity=made["ARN"])


def test_a_managed_policy_has_6144_bytes_at_most(call, name):
    with refused("LimitExceededException", "PolicySize: 6144"):
        call("CreatePolicy", PolicyName=name, PolicyDocument=policy("s:" + "a" * 6144))


def test_a_boundary_is_set_and_not_lost(call, user):
    call("CreatePolicy", PolicyName="b" + user, PolicyDocument=READ)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/b{user}"
    call("PutPermissionsBoundary", Entity=f"user/{user}", Policy=arn)
    assert call("GetEntity", Entity=f"user/{user}")["PermissionsBoundary"] == arn
    for force in (False, True):
        with refused("DeleteConflictException", "permissions boundary"):
            call("DeleteEntity", Entity=arn, Force=force)
    call("DeletePermissionsBoundary", Entity=f"user/{user}")
    assert "PermissionsBoundary" not in call("GetEntity", Entity=f"user/{user}")
    call("DeleteEntity", Entity=arn)


def test_groups_have_no_boundary(call, user):
    call("CreatePolicy", PolicyName="b" + user, PolicyDocument=READ)
    with refused("InvalidParameterException", "write user/NAME, role/NAME"):
        call("PutPermissionsBoundary", Entity="group/x", Policy=f"policy/b{user}")


# ---- groups, roles -----------------------------------------------------------

def test_groups_have_members(call, user):
    call("CreateGroup", GroupName="g" + user)
    call("AddUserToGroup", GroupName="g" + user, UserName=user)
    assert call("GetEntity", Entity=f"group/g{user}")["Users"] == [f"user/{user}"]
    assert call("GetEntity", Entity=f"user/{user}")["Groups"] == [f"group/g{user}"]
    with refused("DeleteConflictException"):
        call("DeleteEntity", Entity=f"group/g{user}")
    call("RemoveUserFromGroup", GroupName="g" + user, UserName=user)
    with refused("NoSuchEntityException", f"User {user} not in group g{user}"):
        call("RemoveUserFromGroup", GroupName="g" + user, UserName=user)


def test_a_role_has_a_trust_policy_and_a_longest_session(call, name):
    with refused("ValidationException", "'assumeRolePolicyDocument'"):
        call("CreateRole", RoleName=name)
    with refused("MalformedPolicyDocumentException"):
        call("CreateRole", RoleName=name, AssumeRolePolicyDocument=READ)
    role = call("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert role["MaxSessionDuration"] == 3600
    with refused("InvalidParameterException", "between 3600 and 43200"):
        call("UpdateRole", RoleName=name, MaxSessionDuration=43201)
    call("UpdateRole", RoleName=name, MaxSessionDuration=43200, Description="for ci")
    got = call("GetEntity", Entity=f"role/{name}")
    assert got["MaxSessionDuration"] == 43200 and got["Description"] == "for ci"
    assert got["AssumeRolePolicyDocument"] == TRUST


def test_force_takes_along_all_that_hangs_on_a_user(call, user):
    call("CreateGroup", GroupName="f" + user)
    call("AddUserToGroup", GroupName="f" + user, UserName=user)
    call("PutEntityPolicy", Entity=f"user/{user}", PolicyName="p", PolicyDocument=READ)
    call("CreateAccessKey", UserName=user)
    with refused("DeleteConflictException"):
        call("DeleteEntity", Entity=f"user/{user}")
    call("DeleteEntity", Entity=f"user/{user}", Force=True)
    assert call("GetEntity", Entity=f"group/f{user}")["Users"] == []


@pytest.mark.parametrize("text", ["nobody", "users/x", "", "arn:aws:iam::111111111111:user/x"])
def test_whom_it_is_about_must_be_said(call, text):
    with refused("ValidationException" if text == "" else "InvalidParameterException"):
        call("GetEntity", Entity=text)


def test_all_of_it_is_there_after_a_restart(keyturn, call, user):
    call("PutEntityPolicy", Entity=f"user/{user}", PolicyName="p", PolicyDocument=READ)
    before = call("GetEntity", Entity=f"user/{user}")
    keyturn.stop()
    keyturn.start()
    assert call("GetEntity", Entity=f"user/{user}") == before


# ---- why ---------------------------------------------------------------------

@pytest.fixture
def explain(keyturn, call, user):
    secret = keyturn.create("v")
    call("PutEntityPolicy", Entity=f"user/{user}", PolicyName="mine", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:Describe*", "Resource": "*"},
            {"Sid": "Read", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
            {"Sid": "Office", "Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}]}))

    def ask(action, **more):
        return call("ExplainPolicy", **{"As": f"user/{user}", "Action": action, "SecretId": secret, **more})

    return ask


def test_the_statement_that_allows_is_named(explain, user):
    reply = explain("GetSecretValue")
    assert reply["Effect"] == "allowed"
    assert reply["Action"] == "secretsmanager:GetSecretValue"
    assert reply["As"] == f"arn:aws:iam::{ACCOUNT}:user/{user}"
    assert reply["Resource"].startswith("arn:aws:secretsmanager:us-east-1:")
    assert (reply["PolicyType"], reply["Policy"]) == ("identity", f"user/{user}: mine")
    assert (reply["Statement"], reply["Sid"]) == (2, "Read")
    assert "Reason" not in reply


def test_the_statement_that_denies_is_named(explain, user):
    reply = explain("GetSecretValue", Context={"aws:SourceIp": "192.0.2.7"})
    assert (reply["Effect"], reply["Statement"], reply["Sid"]) == ("denied", 3, "Office")
    assert reply["Reason"] == "with an explicit deny in an identity-based policy"


def test_what_had_to_allow_is_named(explain, call, user):
    reply = explain("secretsmanager:PutSecretValue")
    assert reply["Effect"] == "not allowed" and "Statement" not in reply
    assert reply["Reason"] == "because no identity-based policy allows the secretsmanager:PutSecretValue action"
    call("CreatePolicy", PolicyName="e" + user, PolicyDocument=policy("secretsmanager:ListSecrets"))
    call("PutPermissionsBoundary", Entity=f"user/{user}", Policy=f"policy/e{user}")
    reply = explain("GetSecretValue")
    assert (reply["Effect"], reply["PolicyType"]) == ("not allowed", "boundary")


def test_root_may_everything_and_explains_itself(explain):
    reply = explain("DeleteSecret", As="root")
    assert reply["Effect"] == "allowed" and "Policy" not in reply


def test_what_is_no_question_is_refused(explain):
    with refused("NoSuchEntityException"):
        explain("GetSecretValue", As="user/nobody")
    with refused("InvalidParameterException", "write one action"):
        explain("secretsmanager:*")
    with refused("InvalidParameterException", "not both"):
        explain("GetSecretValue", Resource="*")
    with refused("SerializationException"):
        explain("GetSecretValue", Context=[])


# ---- the trail ---------------------------------------------------------------

def trail(keyturn):
    return [json.loads(line) for path in keyturn.data.rglob("*.jsonl")
            for line in path.read_text().splitlines()]


def test_the_trail_tells_whom_a_change_was_about_and_no_secret(keyturn, call, user):
    key = call("CreateAccessKey", UserName=user)
    call("PutEntityPolicy", Entity=f"user/{user}", PolicyName="mine", PolicyDocument=READ)
    call("DeleteEntity", Entity=f"user/{user}", Force=True)
    events = {e["eventName"]: e for e in trail(keyturn)
              if user in json.dumps(e.get("requestParameters") or {})}
    assert events["CreateAccessKey"]["requestParameters"] == {"userName": user}
    assert events["CreateAccessKey"]["eventSource"] == "keyturn"
    assert events["PutEntityPolicy"]["requestParameters"] == {"policyName": "mine", "entity": f"user/{user}"}
    assert events["DeleteEntity"]["requestParameters"] == {"entity": f"user/{user}", "force": True}
    assert key["SecretAccessKey"] not in json.dumps(trail(keyturn))


def test_the_trail_tells_what_was_refused(keyturn, call, name):
    with refused("NoSuchEntityException"):
        call("CreateAccessKey", UserName=name)
    [event] = [e for e in trail(keyturn) if (e.get("requestParameters") or {}).get("userName") == name]
    assert event["errorCode"] == "NoSuchEntityException"
    assert event["errorMessage"] == f"The user with name {name} cannot be found."


# ---- who may -----------------------------------------------------------------

def signed(server, key, target, **body):
    """The same over TCP, as the owner of the key."""
    text = json.dumps(body).encode()
    request = botocore.awsrequest.AWSRequest(
        "POST", server.url, data=text, headers={
            "X-Amz-Target": f"keyturn.{target}", "Content-Type": "application/x-amz-json-1.1"})
    botocore.auth.SigV4Auth(
        botocore.credentials.Credentials(key["AccessKeyId"], key["SecretAccessKey"]),
        "secretsmanager", "us-east-1").add_auth(request)
    prepared = request.prepare()
    try:
        with urllib.request.urlopen(urllib.request.Request(
                server.url, text, dict(prepared.headers.items()))) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as error:
        told = json.loads(error.read())
        raise ApiError(error.code, told["__type"], told["Message"]) from None


@pytest.fixture(scope="module")
def tcp():
    with ModelServer(settings={"listen": "127.0.0.1:0"}) as server:
        server.url = f"http://127.0.0.1:{server.events('ready')[-1]['port']}/"
        yield server


@pytest.fixture
def clerk(tcp, name):
    tcp.call("keyturn.CreateUser", {"UserName": name})
    return tcp.call("keyturn.CreateAccessKey", {"UserName": name})


CHANGES = [
    ("CreateUser", {"UserName": "x"}),
    ("CreateAccessKey", {"UserName": "x"}),
    ("PutEntityPolicy", {"Entity": "user/x", "PolicyName": "p", "PolicyDocument": READ}),
    ("AttachEntityPolicy", {"Entity": "user/x", "Policy": "policy/p"}),
    ("AddUserToGroup", {"UserName": "x", "GroupName": "g"}),
    ("DeletePermissionsBoundary", {"Entity": "user/x"}),
    ("UpdateRole", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}),
    ("UpdateAccessKey", {"UserName": "x", "AccessKeyId": "a", "Status": "Active"}),
    ("GetEntity", {"Entity": "user/x"}),
    ("ExplainPolicy", {"As": "root", "Action": "GetSecretValue"}),
]


@pytest.mark.parametrize("op, body", CHANGES)
def test_nobody_gives_himself_rights(tcp, clerk, name, op, body):
    """All of Secrets Manager is not the right to say who has it."""
    tcp.call("keyturn.PutEntityPolicy", {"Entity": f"user/{name}", "PolicyName": "all",
                                         "PolicyDocument": policy("secretsmanager:*", "iam:*", "sts:*")})
    with refused("AccessDeniedException", f"is not authorized to perform: keyturn:{op} on resource: *"):
        signed(tcp, clerk, op, **body)


def test_who_may_is_said_by_policies(tcp, clerk, name):
    tcp.call("keyturn.PutEntityPolicy", {"Entity": f"user/{name}", "PolicyName": "look",
                                         "PolicyDocument": policy("keyturn:GetEntity", "keyturn:List*")})
    assert signed(tcp, clerk, "GetEntity", Entity=f"user/{name}")["Name"] == name
    assert name in [e["Name"] for e in signed(tcp, clerk, "ListEntities", Kind="user")["Entities"]]
    with refused("AccessDeniedException"):
        signed(tcp, clerk, "CreateUser", UserName="y")
    tcp.call("keyturn.DeleteEntityPolicy", {"Entity": f"user/{name}", "PolicyName": "look"})
    with refused("AccessDeniedException"):
        signed(tcp, clerk, "GetEntity", Entity=f"user/{name}")


@pytest.mark.parametrize("action", ["GetSecretValu", "secretsmanager:nonsense", "keyturn:Nothing"])
def test_an_action_that_there_is_not_is_not_explained(call, action):
    with refused("InvalidParameterException", "There is no action"):
        call("ExplainPolicy", As="root", Action=action, SecretId="s")


def test_actions_are_explained_in_any_case(call):
    said = call("ExplainPolicy", As="root", Action="secretsmanager:GETSECRETVALUE", SecretId="s")
    assert said["Effect"] == "allowed"
