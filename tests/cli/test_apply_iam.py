"""keyturn apply: users, groups, roles and policies of plans."""

import json

import pytest

from cli_case import Cli
from keyturn_server import KeyturnServer


def policy(*actions):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


READ = policy("secretsmanager:GetSecretValue")
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
     "Action": "sts:AssumeRole"}]}
PLAN = {
    "policies": [{"name": "read", "description": "reads", "document": READ},
                 {"name": "fence", "document": policy("secretsmanager:*")}],
    "groups": [{"name": "readers", "policies": {"own": READ}, "attached": ["read"]}],
    "roles": [{"name": "ci", "trust": TRUST, "maxSessionSeconds": 7200, "description": "builds",
               "policies": {"own": READ}, "boundary": "fence", "tags": {"team": "web"}}],
    "users": [{"name": "app", "path": "/web/", "groups": ["readers"], "policies": {"own": READ},
               "attached": ["read"], "boundary": "fence", "tags": {"team": "web", "stage": "prod"}}],
    "secrets": [{"name": "one", "value": {"generate": {}}}],
}


@pytest.fixture
def server():
    with KeyturnServer(plugins=["memory"]) as k:
        yield k


@pytest.fixture
def apply(server, tmp_path):
    cli = Cli(server)

    def run(plan, *words, code=0):
        (tmp_path / "plan.json").write_text(json.dumps(plan, indent=1))
        done = cli.run("apply", tmp_path / "plan.json", *words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + (done.stderr if code else "")

    return run


def entity(server, name):
    return server.call("keyturn.GetEntity", {"Entity": name})


def plan_without(**changes):
    plan = json.loads(json.dumps(PLAN))
    plan["users"][0].update(changes)
    return {"users": plan["users"]}


def test_all_is_made_and_nothing_changes_again(server, apply):
    said = apply(PLAN, "--dry-run")
    assert "+ user/app" in said and "To create 6," in said
    with pytest.raises(Exception, match="cannot be found"):
        entity(server, "user/app")
    said = apply(PLAN)
    assert "Created 6, changed 0, unchanged 0." in said
    user = entity(server, "user/app")
    assert user["Path"] == "/web/" and user["Groups"] == ["group/readers"]
    assert {t["Key"]: t["Value"] for t in user["Tags"]} == PLAN["users"][0]["tags"]
    assert json.loads(user["Policies"][0]["PolicyDocument"]) == READ
    assert [p["PolicyName"] for p in user["AttachedPolicies"]] == ["read"]
    assert user["PermissionsBoundary"].endswith(":policy/fence")
    role = entity(server, "role/ci")
    assert role["MaxSessionDuration"] == 7200 and role["Description"] == "builds"
    assert json.loads(role["AssumeRolePolicyDocument"]) == TRUST
    assert entity(server, "policy/read")["Description"] == "reads"
    assert apply(PLAN) == "Nothing to change: 6 items are as planned.\n"


def test_what_differs_is_told_and_made_so(server, apply):
    apply(PLAN)
    other = {"Version": "2012-10-17", "Statement": READ["Statement"] * 2}
    plan = plan_without(groups=[], attached=["fence"], policies={"new": other},
                        boundary=None, tags={"team": "db"})
    said = apply(plan, "--dry-run")
    for line in ("group readers  there -> none", "attached read  there -> none", "attached fence none -> as planned",
                 "policy own     there -> none", "policy new     none -> as planned",
                 "boundary       fence -> none", "tag team       web -> db", "tag stage      prod -> none"):
        assert f"    {line}\n" in said.replace("\u2192", "->"), (line, said)
    assert entity(server, "user/app")["Groups"] == ["group/readers"]
    apply(plan)
    user = entity(server, "user/app")
    assert user["Groups"] == [] and "PermissionsBoundary" not in user
    assert [p["PolicyName"] for p in user["Policies"]] == ["new"]
    assert json.loads(user["Policies"][0]["PolicyDocument"]) == other
    assert [p["PolicyName"] for p in user["AttachedPolicies"]] == ["fence"]
    assert user["Tags"] == [{"Key": "team", "Value": "db"}]
    assert apply(plan) == "Nothing to change: 1 item is as planned.\n"


def test_documents_and_roles_change(server, apply):
    apply(PLAN)
    plan = {"policies": [{"name": "read", "description": "", "document": policy("a:b")}],
            "roles": [{"name": "ci", "trust": TRUST, "maxSessionSeconds": 3600}]}
    assert "changed 2" in apply(plan)
    assert json.loads(entity(server, "policy/read")["PolicyDocument"]) == policy("a:b")
    assert entity(server, "role/ci")["MaxSessionDuration"] == 3600
    assert entity(server, "role/ci")["Description"] == "builds"
    assert "Nothing to change" in apply(plan)


def test_what_a_plan_does_not_name_is_left_alone(server, apply):
    apply(PLAN)
    key = server.call("keyturn.CreateAccessKey", {"UserName": "app"})["AccessKeyId"]
    before = entity(server, "user/app")
    apply({"users": [{"name": "app"}]})
    assert entity(server, "user/app") == before
    apply(PLAN)
    [kept] = server.call("keyturn.ListAccessKeys", {"UserName": "app"})["AccessKeys"]
    assert kept["AccessKeyId"] == key


def test_the_order_of_members_and_of_lists_does_not_matter(server, apply):
    apply(PLAN)
    turned = {"Statement": [dict(reversed(READ["Statement"][0].items()))], "Version": "2012-10-17"}
    assert "Nothing to change" in apply(plan_without(policies={"own": turned}))


@pytest.mark.parametrize("plan, text", [
    ({"users": [{"name": "x", "groups": ["none"]}]}, "/users/0/groups/0: expected a group that is there, or in the plans"),
    ({"users": [{"name": "x", "attached": ["none"]}]}, "/users/0/attached/0: expected a policy that is there"),
    ({"users": [{"name": "x", "boundary": "none"}]}, "/users/0/boundary: expected a policy that is there"),
    ({"users": [{"name": "x"}, {"name": "x"}]}, "expected a name that stands once"),
    ({"users": [{"name": "x", "accessKeys": []}]}, "expected no such member"),
    ({"users": [{"name": "x", "tags": {"aws:a": ""}}]}, "do not begin with aws:"),
])
def test_faults_are_told_before_anything_is_done(server, apply, plan, text):
    said = apply({**plan, "groups": [{"name": "made"}]}, code=1)
    assert text in said and "nothing was changed" in said
    with pytest.raises(Exception, match="cannot be found"):
        entity(server, "group/made")


def test_a_path_cannot_change(server, apply):
    apply(PLAN)
    said = apply(plan_without(path="/db/"), code=1)
    assert "/users/0/path: expected /web/" in said


def test_what_the_engine_refuses_says_where_it_stopped(server, apply):
    said = apply({"groups": [{"name": "g"}],
                  "users": [{"name": "u", "policies": {"bad": {"Statement": [{"Effect": "Maybe"}]}}}]}, code=1)
    assert "user/u: " in said and "Applied before that: 1 of the secrets, and this one in part" in said
    assert entity(server, "group/g")["Users"] == []


def test_json_tells_entities_apart(server, tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(PLAN))
    told = Cli(server).json("apply", tmp_path / "p.json")
    assert [s["name"] for s in told["secrets"]] == ["one"]
    assert [x["name"] for x in told["entities"]] == ["policy/read", "policy/fence", "group/readers", "role/ci", "user/app"]
    assert {x["action"] for x in told["entities"]} == {"create"}
