"""keyturnd rotates credentials of real servers, from RotateSecret to the old
value's retirement, while a client logs in with AWSCURRENT all the time."""

import json
import time

import pytest

import mysql_case
import postgres_case
from keyturn_server import KeyturnServer
from oauth_server import OAuthServer
from prober import Prober
from rotation_case import steps
from server import new_password

ROUNDS = 3
SETTINGS = {"retry_wait": "200ms", "settle_time": 5, "retire_wait": 1}


@pytest.fixture(scope="module")
def keyturn():
    with KeyturnServer(
        settings=SETTINGS, clock=True, plugins=["postgres", "mysql", "oauth"]
    ) as k:
        yield k


class Rotated:
    """A secret of a real server; `case` knows the passwords it had, and looks
    for them in the server's logs at the end."""

    def __init__(self, keyturn, case, rotator, value, state, **rules):
        self.keyturn, self.case, self.rotator = keyturn, case, rotator
        self.name = case.name(f"{case.server.name}-{rotator}")
        if "admin" in state:
            admin = self.create(f"{self.name}-admin", state["admin"])
            value = {**value, "masterarn": admin["ARN"]}
        self.create(self.name, value)
        self.rules = rules
        self.seen = [value]

    def create(self, name, value):
        return self.keyturn.call(
            "CreateSecret", {"Name": name, "SecretString": json.dumps(value)})

    def check(self):
        self.keyturn.call("keyturn.PutRotationRules", {
            "SecretId": self.name, "RotationLambdaARN": self.rotator,
            "RotationRules": self.rules})
        found = self.keyturn.call(
            "keyturn.CheckRotation", {"SecretId": self.name})
        assert found["Class"] == "OK", found

    def rotate(self):
        """To the end of the retirement; the rotation."""
        version = self.keyturn.call("RotateSecret", {
            "SecretId": self.name, "RotationLambdaARN": self.rotator,
            "RotationRules": self.rules})["VersionId"]
        rotation = self.keyturn.wait_rotation(self.name, 90, states=("idle",))
        assert rotation["LastOutcome"] == "succeeded", rotation
        assert rotation["Job"]["VersionId"] == version
        assert {c for _, c in steps(rotation)} == {"OK"}
        value = self.keyturn.secret(self.name)
        self.case.passwords.append(value["password"])
        assert value["password"] not in [v["password"] for v in self.seen]
        self.seen.append(value)
        return rotation

    def logs_in(self, value):
        return self.case.logs_in(value)

    def rounds(self):
        """Several rotations under the prober; what it counted."""
        self.check()
        with Prober(self.keyturn, self.name) as prober:
            for _ in range(ROUNDS):
                rotation = self.rotate()
                current, old = self.seen[-1], self.seen[-2]
                assert self.logs_in(current)
                assert not self.logs_in(old)
        counts = prober.counts
        assert counts["tried"] > ROUNDS and counts["unreachable"] == 0
        assert counts["changes"] >= 1
        assert counts["longest_gap_ms"] < 5000
        log = self.keyturn.log_text()
        for value in self.seen:
            assert value["password"] not in log
        return rotation, counts


# ---- PostgreSQL ----


@pytest.fixture(scope="module", params=postgres_case.version_params())
def postgres_server(request):
    with postgres_case.postgres_server.PostgresServer(request.param) as s:
        yield s.start()


@pytest.fixture
def postgres(postgres_server):
    case = postgres_case.Case(postgres_server)
    yield case
    case.end()


@pytest.mark.parametrize("by", ["itself", "admin"])
def test_postgres_single_user(keyturn, postgres, by):
    name = postgres.name("app")
    value = postgres.secret(name, postgres.role(name))
    state = postgres.manager([name]) if by == "admin" else {}
    secret = Rotated(keyturn, postgres, postgres_case.SINGLE, value, state)
    rotation, _ = secret.rounds()
    assert [s for s, _ in steps(rotation)] == [
        "createSecret", "setSecret", "testSecret"]


def test_postgres_alternating_users(keyturn, postgres):
    owner = postgres.name("app")
    login = f"{owner}_a"
    postgres.sql(f"CREATE ROLE {owner} NOLOGIN")
    password = postgres.role(login, "LOGIN NOINHERIT")
    postgres.sql(f"GRANT {owner} TO {login};"
                 f"ALTER ROLE {login} SET role TO '{owner}'")
    value = postgres.secret(login, password, owner=owner)
    secret = Rotated(keyturn, postgres, postgres_case.ALTERNATING, value,
                     postgres.manager([owner, login]), GraceSeconds=1)
    rotation, counts = secret.rounds()
    assert steps(rotation)[-1] == ("retireSecret", "OK")
    assert counts["failed"] == 0, counts
    assert [v["username"][-2:] for v in secret.seen] == ["_a", "_b"] * 2
    assert postgres.sql("SELECT current_user", user=secret.seen[-1]["username"],
                        password=secret.seen[-1]["password"]) == [(owner,)]


# ---- MariaDB and MySQL ----


@pytest.fixture(scope="module")
def servers():
    """Started when they are asked for, one of each."""
    running = {}
    yield running
    for s in running.values():
        s.close()


@pytest.fixture
def mysql(servers, request):
    name = request.param
    if name not in servers:
        servers[name] = mysql_case.started(name)
    case = mysql_case.Case(servers[name])
    yield case
    case.end()


def on(*names):
    return pytest.mark.parametrize("mysql", names, indirect=True)


@on("mariadb", "mysql57")
def test_mysql_single_user(keyturn, mysql):
    name = mysql.name("app")
    value = mysql.server.secret(name, mysql.account(name, "%", "10.0.0.1"))
    Rotated(keyturn, mysql, mysql_case.SINGLE, value, mysql.manager()).rounds()


@on("mariadb", "mysql9")
def test_mysql_dual_password(keyturn, mysql):
    name = mysql.name("app")
    value = mysql.server.secret(name, mysql.account(name, "%", "10.0.0.1"))
    secret = Rotated(keyturn, mysql, mysql_case.DUAL, value, mysql.manager(),
                     GraceSeconds=1)
    rotation, counts = secret.rounds()
    assert steps(rotation)[-1] == ("retireSecret", "OK")
    assert counts["failed"] == 0, counts


@on("mariadb", "mysql9")
def test_mysql_alternating_users(keyturn, mysql):
    role = mysql.name("app")
    mysql.sql(f"CREATE DATABASE d_{role}", f"CREATE TABLE d_{role}.t (n INT)",
              f"CREATE ROLE '{role}'",
              f"GRANT SELECT, INSERT ON d_{role}.* TO '{role}'")
    login = f"{role}_a"
    password = mysql.account(login)
    mysql.sql(
        f"GRANT '{role}' TO '{login}'@'%'",
        f"SET DEFAULT ROLE '{role}' FOR '{login}'@'%'" if mysql.is_mariadb
        else f"ALTER USER '{login}'@'%' DEFAULT ROLE '{role}'")
    grants = ["CREATE USER ON *.*", "PROCESS ON *.*", "SELECT ON mysql.*"]
    state = mysql.manager(*grants, *["UPDATE ON mysql.*"] * mysql.is_mariadb)
    mysql.sql(f"GRANT '{role}' TO '{state['admin']['username']}'@'%' "
              "WITH ADMIN OPTION")
    value = mysql.server.secret(login, password, dbname=f"d_{role}")
    secret = Rotated(keyturn, mysql, mysql_case.ALTERNATING, value, state,
                     GraceSeconds=1)
    _, counts = secret.rounds()
    assert counts["failed"] == 0, counts
    assert [v["username"][-2:] for v in secret.seen] == ["_a", "_b"] * 2
    current = secret.seen[-1]
    with mysql.server.login(current["username"], current["password"],
                            database=f"d_{role}", autocommit=True) as c:
        c.cursor().execute("INSERT INTO t VALUES (1)")


# ---- OAuth ----


@pytest.fixture(scope="module")
def oauth():
    with OAuthServer() as s:
        yield s.start()


class Grant:
    def __init__(self, keyturn, oauth, word):
        self.keyturn, self.oauth = keyturn, oauth
        self.name = f"oauth-{word}-{new_password()[:6]}"
        self.first = oauth.secret(word)
        oauth.seen()  # counts from here
        keyturn.call("CreateSecret", {
            "Name": self.name, "SecretString": json.dumps(self.first)})

    def rotate(self):
        self.keyturn.call("RotateSecret", {
            "SecretId": self.name, "RotationLambdaARN": "oauth-refresh-token"})
        return self.rest()

    def rest(self):
        return self.keyturn.wait_rotation(self.name, 60)

    def is_good(self, rotation):
        assert rotation["LastOutcome"] == "succeeded", rotation
        value = self.keyturn.secret(self.name)
        assert self.oauth.works(value["access_token"])
        due_in = rotation["NextRotationDate"] - self.keyturn.now()
        assert 2600 < due_in <= 2700  # three quarters of the hour it lasts
        return value


@pytest.mark.parametrize("word", ["basic", "post", "none"])
def test_oauth_grant_lives_on_by_itself(keyturn, oauth, word):
    grant = Grant(keyturn, oauth, word)
    tokens = {grant.first["refresh_token"]}
    tokens.add(grant.is_good(grant.rotate())["refresh_token"])
    for n in range(ROUNDS):
        due = keyturn.rotation(grant.name)["NextRotationDate"]
        keyturn.advance(due - keyturn.now() + 0.01)
        keyturn.wait_event("rotation_due", arn=keyturn.rotation(
            grant.name)["ARN"])
        keyturn.wait_for(
            lambda: keyturn.rotation(grant.name).get("NextRotationDate", 0)
            > due + 60)
        rotation = grant.rest()
        assert rotation["Job"]["Kind"] == "scheduled"
        tokens.add(grant.is_good(rotation)["refresh_token"])
    assert len(tokens) == ROUNDS + 2
    seen = oauth.seen()
    assert seen["token"] == ROUNDS + 1 and seen["revoked"] == 0
    log = keyturn.log_text()
    assert not [t for t in tokens if t in log]
    keyturn.call("keyturn.PauseRotation", {"SecretId": grant.name})


def test_oauth_grant_that_was_revoked_asks_for_a_person(keyturn, oauth):
    grant = Grant(keyturn, oauth, "basic")
    value = grant.is_good(grant.rotate())
    oauth.present(grant.first)  # a thief's reuse: all tokens are dead
    assert not oauth.works(value["access_token"])
    oauth.seen()
    started = time.monotonic()
    rotation = grant.rotate()
    assert rotation["State"] == "failed"
    assert rotation["LastClass"] == "REAUTH_REQUIRED"
    assert rotation["LastMessage"]
    assert oauth.seen()["token"] == 1  # never blindly again
    assert time.monotonic() - started < 20
    # Consent again: the person puts the new grant, and it goes on.
    keyturn.call("PutSecretValue", {
        "SecretId": grant.name,
        "SecretString": json.dumps(oauth.secret("basic"))})
    grant.is_good(grant.rotate())
    keyturn.call("keyturn.PauseRotation", {"SecretId": grant.name})
