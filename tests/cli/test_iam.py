"""keyturn iam and keyturn policy explain: people, keys and policies from the
command line."""

import json
import os
import stat
import uuid

import boto3
import botocore.config
import botocore.exceptions
import pytest

from cli_case import Cli, plain, rows
from keyturn_server import KeyturnServer

ACCOUNT = "000000000000"
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow",
                   "Action": "secretsmanager:GetSecretValue", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                   "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}],
}


@pytest.fixture(scope="module")
def server():
    k = KeyturnServer(plugins=["memory"], settings={"listen": "127.0.0.1:0"})
    with k:
        k.url = f"http://127.0.0.1:{k.events('ready')[-1]['port']}"
        yield k


@pytest.fixture
def cli(server):
    return Cli(server)


@pytest.fixture
def name():
    return "n" + uuid.uuid4().hex[:10]


@pytest.fixture
def user(cli, name):
    cli.ok("iam", "user", "create", name)
    return name


@pytest.fixture
def read(tmp_path):
    (tmp_path / "read.json").write_text(json.dumps(READ))
    return tmp_path / "read.json"


@pytest.fixture
def trust(tmp_path):
    (tmp_path / "trust.json").write_text(json.dumps(TRUST))
    return tmp_path / "trust.json"


def secrets(server, key_id, key):
    return boto3.client(
        "secretsmanager", endpoint_url=server.url, region_name="us-east-1",
        aws_access_key_id=key_id, aws_secret_access_key=key,
        config=botocore.config.Config(retries={"total_max_attempts": 1}))


# ---- users and groups --------------------------------------------------------


def test_a_user_is_made_shown_listed_and_deleted(cli, name):
    done = cli.run("iam", "user", "create", name, "--path", "/web/", "--tag", "team=web=1")
    assert done.stdout == f"Created arn:aws:iam::{ACCOUNT}:user/web/{name}\n"
    assert done.stderr == f"Next: keyturn iam key create {name}\n"
    shown = cli.ok("iam", "user", "show", name)
    assert f"user/web/{name}" in shown and "team=web=1" in shown
    assert name in [r["NAME"] for r in rows(cli.ok("iam", "user", "list"))]
    assert cli.json("iam", "user", "show", name)["Entity"] == f"user/{name}"
    assert name in [e["Name"] for e in cli.json("iam", "user", "list")["Entities"]]
    assert cli.ok("iam", "user", "delete", name) == f"Deleted user/{name}\n"
    said = cli.fails(4, "iam", "user", "show", name)
    assert f"The user with name {name} cannot be found." in said


def test_what_hangs_on_a_user_goes_with_force_and_asks(cli, user, read):
    cli.ok("iam", "policy", "put", "own", read, "--on", f"user/{user}")
    said = cli.fails(1, "iam", "user", "delete", user)
    assert "must delete policies first" in said
    said = cli.fails(2, "iam", "user", "delete", user, "--force")
    assert "--force --yes asks nothing" in said
    cli.tty("iam", "user", "delete", user, "--force", answers=[("[y/N]", "y\n")])
    cli.fails(4, "iam", "user", "show", user)


def test_groups_take_and_lose_users(cli, name):
    cli.ok("iam", "group", "create", name)
    for i in "ab":
        cli.ok("iam", "user", "create", name + i)
    cli.ok("iam", "group", "add", name, name + "a", name + "b")
    assert cli.json("iam", "group", "show", name)["Users"] == [f"user/{name}a", f"user/{name}b"]
    cli.ok("iam", "group", "remove", name, name + "a")
    assert f"group/{name}" in cli.ok("iam", "user", "show", name + "b")
    said = cli.fails(4, "iam", "group", "add", name, "nobody-" + name)
    assert "cannot be found" in said
    cli.ok("iam", "group", "delete", name, "--force", "--yes")


def test_tags_come_and_go(cli, user):
    cli.ok("iam", "tag", f"user/{user}", "a=1", "b=")
    cli.ok("iam", "untag", f"user/{user}", "a")
    assert cli.json("iam", "user", "show", user)["Tags"] == [{"Key": "b", "Value": ""}]
    assert "a tag is KEY=VALUE" in cli.fails(2, "iam", "tag", f"user/{user}", "a")


# ---- keys --------------------------------------------------------------------


def exports(text):
    lines = dict(line.removeprefix("export ").split("=", 1) for line in text.splitlines())
    assert set(lines) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    return lines["AWS_ACCESS_KEY_ID"], lines["AWS_SECRET_ACCESS_KEY"]


def test_a_key_is_printed_once_and_opens_what_policies_allow(cli, server, user, read):
    done = cli.run("iam", "key", "create", user)
    key_id, key = exports(done.stdout)
    assert "shown this once" in done.stderr
    cli.hide(key)
    [row] = rows(cli.ok("iam", "key", "list", user))
    assert (row["ACCESS KEY"], row["STATUS"], row["LAST USED"]) == (key_id, "Active", "never")
    cli.ok("secret", "create", user, "--value", "-", input="v")
    aws = secrets(server, key_id, key)
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        aws.get_secret_value(SecretId=user)
    cli.ok("iam", "policy", "put", "own", read, "--on", f"user/{user}")
    assert aws.get_secret_value(SecretId=user)["SecretString"] == "v"
    assert rows(cli.ok("iam", "key", "list", user))[0]["LAST USED"] != "never"
    cli.ok("iam", "key", "deactivate", user, key_id)
    with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClient"):
        aws.get_secret_value(SecretId=user)
    assert f"{key_id}  Inactive" in cli.ok("iam", "user", "show", user)
    cli.ok("iam", "key", "activate", user, key_id)
    aws.get_secret_value(SecretId=user)
    cli.ok("iam", "key", "delete", user, key_id)
    with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClient"):
        aws.get_secret_value(SecretId=user)


def test_a_key_goes_into_a_file_that_only_its_owner_can_read(cli, user, tmp_path):
    os.umask(0)
    said = cli.ok("iam", "key", "create", user, "--output", tmp_path / "k")
    key_id, key = exports((tmp_path / "k").read_text())
    assert said == f"Wrote access key {key_id} to {tmp_path}/k\n"
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert key not in said


def test_no_key_is_made_where_it_cannot_be_written(cli, user, tmp_path):
    (tmp_path / "k").write_text("mine")
    said = cli.fails(1, "iam", "key", "create", user, "--output", tmp_path / "k")
    assert "File exists; no key was made" in said
    assert (tmp_path / "k").read_text() == "mine"
    assert cli.json("iam", "key", "list", user) == {"AccessKeys": []}
    cli.fails(4, "iam", "key", "create", "no-" + user, "--output", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_key_as_json(cli, user, tmp_path):
    key = cli.json("iam", "key", "create", user)
    assert key["UserName"] == user and len(key["SecretAccessKey"]) == 40
    cli.ok("iam", "key", "create", user, "--json", "--output", tmp_path / "k")
    assert json.loads((tmp_path / "k").read_text())["Status"] == "Active"
    assert "AccessKeysPerUser: 2" in cli.fails(1, "iam", "key", "create", user)


# ---- policies ----------------------------------------------------------------


def test_a_managed_policy_is_put_attached_and_put_again(cli, user, read, name):
    cli.ok("iam", "policy", "put", "m" + name, read, "--description", "reads")
    cli.ok("iam", "policy", "attach", "m" + name, f"user/{user}")
    shown = rows(cli.ok("iam", "policy", "list", "--on", f"user/{user}"))
    assert [(r["POLICY"], r["KIND"]) for r in shown] == [("m" + name, "attached")]
    other = {**READ, "Statement": [{**READ["Statement"][0], "Action": "secretsmanager:*"}]}
    cli.ok("iam", "policy", "put", "m" + name, "-", input=json.dumps(other))
    assert json.loads(cli.ok("iam", "policy", "show", "m" + name)) == other
    got = cli.json("iam", "policy", "show", "m" + name)
    assert got["AttachedTo"] == [f"user/{user}"] and got["Description"] == "reads"
    assert "attached to entities" in cli.fails(1, "iam", "policy", "delete", "m" + name)
    cli.ok("iam", "policy", "detach", got["ARN"], f"user/{user}")
    cli.ok("iam", "policy", "delete", "m" + name)


def test_a_policy_of_ones_own(cli, user, read):
    on = ("--on", f"user/{user}")
    cli.ok("iam", "policy", "put", "own", read, *on)
    assert json.loads(cli.ok("iam", "policy", "show", "own", *on)) == READ
    cli.ok("iam", "policy", "delete", "own", *on)
    assert "No policies: nothing is allowed." in cli.ok("iam", "policy", "list", *on)


def test_what_is_wrong_in_a_policy_is_said(cli, user, tmp_path):
    (tmp_path / "p").write_text(json.dumps({**READ, "Statement": [{"Effect": "Allow"}]}))
    said = cli.fails(1, "iam", "policy", "put", "own", tmp_path / "p", "--on", f"user/{user}")
    assert "Action" in said
    assert "No such file" in cli.fails(1, "iam", "policy", "put", "own", tmp_path / "no")


def test_a_boundary_is_put_and_ended(cli, user, read, name):
    cli.ok("iam", "policy", "put", "b" + name, read)
    cli.ok("iam", "boundary", "put", f"user/{user}", "b" + name)
    assert f"policy/b{name}" in cli.ok("iam", "user", "show", user)
    cli.ok("iam", "boundary", "delete", f"user/{user}")
    cli.ok("iam", "user", "create", user + "x", "--boundary", "b" + name)
    assert cli.json("iam", "user", "show", user + "x")["PermissionsBoundary"].endswith("b" + name)


def test_a_role_is_made_changed_and_deleted(cli, name, trust):
    assert "--trust FILE" in cli.fails(2, "iam", "role", "create", name)
    cli.ok("iam", "role", "create", name, "--trust", trust, "--max-session", "7200")
    cli.ok("iam", "role", "update", name, "--description", "for ci")
    shown = cli.ok("iam", "role", "show", name)
    assert "7200 s" in shown and "for ci" in shown and "sts:AssumeRole" in shown
    assert "nothing to change" in cli.fails(2, "iam", "role", "update", name)
    assert "3600 to 43200" in cli.fails(2, "iam", "role", "update", name, "--max-session", "1")
    cli.ok("iam", "role", "delete", name)


# ---- explain -----------------------------------------------------------------


def test_explain_names_the_statement(cli, user, read):
    cli.ok("iam", "policy", "put", "own", read, "--on", f"user/{user}")
    cli.ok("secret", "create", user, "--value", "-", input="v")
    asked = ("policy", "explain", "--as", f"user/{user}")
    said = cli.ok(*asked, "GetSecretValue", user)
    assert said.startswith("allowed\n")
    assert f"statement 1 (Read) of the identity policy user/{user}: own" in said
    done = cli.run(*asked, "PutSecretValue", user)
    assert done.returncode == 1 and done.stdout.startswith("not allowed\n")
    assert "because no identity-based policy allows the secretsmanager:PutSecretValue action" in done.stdout
    assert cli.json(*asked, "GetSecretValue", user)["Sid"] == "Read"
    assert cli.ok("policy", "explain", "--as", user, "GetSecretValue", user) == said
    assert cli.ok("policy", "explain", "--as", f"arn:aws:iam::{ACCOUNT}:user/{user}", "GetSecretValue", user) == said
    assert cli.ok("policy", "explain", "--as", "root", "DeleteSecret", user).startswith("allowed")
    assert "--as WHO" in cli.fails(2, "policy", "explain", "GetSecretValue", user)
    assert "allowed" in plain(cli.tty(*asked, "GetSecretValue", user))


def test_explain_takes_conditions(cli, user, tmp_path):
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    (tmp_path / "p").write_text(json.dumps({**READ, "Statement": [*READ["Statement"], deny]}))
    cli.ok("iam", "policy", "put", "own", tmp_path / "p", "--on", f"user/{user}")
    asked = ("policy", "explain", "--as", f"user/{user}", "GetSecretValue", "none",
             "--context", "aws:SourceIp=192.0.2.9")
    assert cli.json(*asked, code=1)["Effect"] == "denied"
    assert "KEY=VALUE" in cli.fails(2, *asked[:-1], "aws:SourceIp")
