"""mysql-alternating-users on real servers: two users of one role take turns,
and each may do what the other may."""

import pytest

from mysql_case import (  # noqa: F401
    ALTERNATING, Case, case, pymysql, quoted, server_fixture, sessions_of,
    started,
)
from server import new_password

server = server_fixture("mariadb", "mysql9")


@pytest.fixture
def pair(case):
    return make_pair(case, "%", "10.0.0.1")


def make_pair(case, *hosts, more=""):
    """A role with a table, its first user, and an admin: README.md's recipe."""
    role = case.name("app")
    case.sql(f"CREATE DATABASE d_{role}", f"CREATE TABLE d_{role}.t (n INT)",
             f"CREATE ROLE '{role}'",
             f"GRANT SELECT, INSERT ON d_{role}.* TO '{role}'")
    password = case.account(f"{role}_a", *hosts, more=more)
    for host in hosts:
        who = f"'{role}_a'@'{host}'"
        case.sql(f"GRANT '{role}' TO {who}")
        case.sql(f"SET DEFAULT ROLE '{role}' FOR {who}" if case.is_mariadb
                 else f"ALTER USER {who} DEFAULT ROLE '{role}'")
    state = {**case.state(f"{role}_a", password, dbname=f"d_{role}"),
             **manager(case, role)}
    return state


def manager(case, role):
    grants = ["CREATE USER ON *.*", "PROCESS ON *.*", "SELECT ON mysql.*"]
    if case.is_mariadb:
        grants.append("UPDATE ON mysql.*")
    state = case.manager(*grants)
    name = state["admin"]["username"]
    case.sql(f"GRANT '{role}' TO '{name}'@'%' WITH ADMIN OPTION")
    return state


def may_work(case, secret):
    connection = case.server.login(secret["username"], secret["password"],
                                   database=secret["dbname"], autocommit=True)
    with connection:
        connection.cursor().execute("INSERT INTO t VALUES (1)")


def test_users_take_turns_without_a_gap(case, pair):
    state, seen = pair, []
    for _ in range(3):
        before = state["AWSCURRENT"]
        for step in ("create", "set", "test", "finish"):
            state = case.ok(ALTERNATING, step, state)
            may_work(case, before)
        may_work(case, state["AWSPENDING"])
        state = case.ok(ALTERNATING, "promote", state)
        state = case.ok(ALTERNATING, "retire", state)
        assert not case.logs_in(before)
        may_work(case, state["AWSCURRENT"])
        seen.append(state["AWSCURRENT"]["username"][-2:])
    assert seen == ["_b", "_a", "_b"]


def test_each_step_may_be_repeated(case, pair):
    state = case.ok(ALTERNATING, "create", pair)
    pending = state["AWSPENDING"]
    for step in ("create", "set", "set", "test", "test", "finish", "finish"):
        state = case.ok(ALTERNATING, step, state, maybe_set=True)
    assert state["AWSPENDING"] == pending
    state = case.ok(ALTERNATING, "promote", state)
    for _ in range(2):
        case.ok(ALTERNATING, "retire", state)
    may_work(case, state["AWSCURRENT"])


def test_twin_has_each_host_and_the_demands_of_its_model(case):
    state = make_pair(case, "%", "10.0.0.1",
                      more="REQUIRE SSL WITH MAX_USER_CONNECTIONS 7")
    state = case.set_pending(ALTERNATING, state)
    name = state["AWSPENDING"]["username"]
    for host in ("%", "10.0.0.1"):
        shown = case.sql(f"SHOW CREATE USER '{name}'@'{host}'")[0][0]
        assert "REQUIRE SSL" in shown and "MAX_USER_CONNECTIONS 7" in shown
    case.ok(ALTERNATING, "test", state)


def test_twin_loses_a_demand_that_its_model_has_not(case, pair):
    state = case.rotate(ALTERNATING, pair)
    a = state["AWSPREVIOUS"]["username"]
    case.sql(f"ALTER USER '{a}'@'%' REQUIRE X509")
    state = case.rotate(ALTERNATING, state)
    shown = case.sql(f"SHOW CREATE USER '{a}'@'%'")[0][0]
    assert "X509" not in shown


def test_half_done_set_is_completed(case, pair):
    state = case.set_pending(ALTERNATING, pair)
    name = state["AWSPENDING"]["username"]
    case.sql(f"DROP USER '{name}'@'10.0.0.1'")
    state = case.ok(ALTERNATING, "set", state, maybe_set=True)
    case.ok(ALTERNATING, "test", state)
    assert case.sql("SELECT COUNT(*) FROM mysql.user "
                    f"WHERE User = '{name}'")[0][0] == 2


def test_retire_waits_for_open_sessions(case, pair):
    state = case.rotate(ALTERNATING, pair)
    old = state["AWSPREVIOUS"]
    with case.server.login(old["username"], old["password"]):
        assert case.refused(ALTERNATING, "retire", state) == (
            "BUSY", "sessions-open")
        assert case.logs_in(old)
    wait_for_end(case, old["username"])
    case.ok(ALTERNATING, "retire", state)
    assert not case.logs_in(old)


def wait_for_end(case, user):
    from mysql_server import wait_until

    wait_until(lambda: sessions_of(case.server, user) == 0)


def test_retired_user_stays_ended_when_somebody_unlocks_it(case, pair):
    state = case.rotate(ALTERNATING, pair)
    old = state["AWSPREVIOUS"]
    case.ok(ALTERNATING, "retire", state)
    case.sql(f"ALTER USER '{old['username']}'@'%' ACCOUNT UNLOCK")
    assert not case.logs_in(old)


def test_late_retire_spares_a_newer_value(case, pair):
    state = case.rotate(ALTERNATING, pair)
    late = dict(state)
    state = case.set_pending(ALTERNATING, state)
    case.ok(ALTERNATING, "retire", late)
    may_work(case, state["AWSPENDING"])


def test_revert_ends_the_pending_user(case, pair):
    state = case.set_pending(ALTERNATING, pair)
    for _ in range(2):
        state = case.ok(ALTERNATING, "revert", state, maybe_set=True)
        assert not case.logs_in(state["AWSPENDING"])
        may_work(case, state["AWSCURRENT"])


def test_grants_beside_the_role_are_refused(case, pair):
    name = pair["AWSCURRENT"]["username"]
    case.sql(f"GRANT UPDATE ON d_{case.name('app')}.* TO '{name}'@'%'")
    assert case.refused(ALTERNATING, "check", pair) == (
        "CONFIG", "grants-not-on-role")
    state = case.ok(ALTERNATING, "create", pair)
    result, _ = case.run(ALTERNATING, "set", state)
    assert (result["code"], result["mutating"]) == ("grants-not-on-role", False)


def test_user_without_the_role_is_refused(case, pair):
    name, role = pair["AWSCURRENT"]["username"], case.name("app")
    case.sql(f"REVOKE '{role}' FROM '{name}'@'%'")
    assert case.refused(ALTERNATING, "check", pair) == (
        "CONFIG", "role-not-granted")


def test_role_that_is_no_default_fails_the_test(case, pair):
    state = case.set_pending(ALTERNATING, pair)
    who = f"'{state['AWSPENDING']['username']}'@'%'"
    case.sql(f"SET DEFAULT ROLE NONE FOR {who}" if case.is_mariadb
             else f"ALTER USER {who} DEFAULT ROLE NONE")
    del state["AWSPENDING"]["dbname"]
    assert case.refused(ALTERNATING, "test", state) == (
        "CONFIG", "role-not-active")


def test_admin_without_the_role_is_denied(case, pair):
    name = pair["admin"]["username"]
    case.sql(f"REVOKE '{case.name('app')}' FROM '{name}'@'%'")
    state = case.ok(ALTERNATING, "create", pair)
    assert case.refused(ALTERNATING, "set", state)[0] == "DENIED"


def test_names_that_fit_no_pair(case):
    name = case.name("plain")
    password = case.account(name)
    state = {**case.state(name, password), **case.manager()}
    assert case.refused(ALTERNATING, "create", state) == (
        "CONFIG", "role-unknown")
    state["AWSCURRENT"].update(role="r", login_a="x", login_b="y")
    assert case.refused(ALTERNATING, "create", state) == (
        "CONFIG", "not-a-twin")
    state["AWSCURRENT"].update(role="x")
    assert case.refused(ALTERNATING, "create", state) == (
        "CONFIG", "names-alike")


def test_an_admin_is_needed(case, pair):
    del pair["admin"]
    assert case.refused(ALTERNATING, "create", pair) == (
        "CONFIG", "admin-missing")


def test_drifted_current_user_needs_repair(case, pair):
    case.set_password(pair["AWSCURRENT"]["username"], new_password())
    state = case.ok(ALTERNATING, "create", pair)
    assert case.refused(ALTERNATING, "set", state) == (
        "AUTH", "password-drifted")
    state["options"] = {"repair": True}
    case.ok(ALTERNATING, "set", state)


def test_check_tells_and_changes_nothing(case, pair):
    lines = case.lines(ALTERNATING, pair)
    assert "will create" in lines


def test_hostile_names(case):
    role, a, b = (f"{w} o'n\\\"`;--{case.number}" for w in "rab")
    password = case.account(a)
    state = case.state(a, password, role=role, login_a=a, login_b=b)
    q = quoted
    case.sql(f"CREATE ROLE {q(role)}", f"GRANT {q(role)} TO {q(a)}@'%'")
    case.sql(f"SET DEFAULT ROLE {q(role)} FOR {q(a)}@'%'" if case.is_mariadb
             else f"ALTER USER {q(a)}@'%' DEFAULT ROLE {q(role)}")
    root = case.name("boss")
    root_password = case.account(root)
    case.sql(f"GRANT ALL ON *.* TO '{root}'@'%' WITH GRANT OPTION")
    case.sql(f"GRANT {q(role)} TO '{root}'@'%' WITH ADMIN OPTION")
    state.update(case.admin(root, root_password))
    for _ in range(2):
        old = state["AWSCURRENT"]
        state = case.rotate(ALTERNATING, state)
        state = case.ok(ALTERNATING, "retire", state)
        assert case.logs_in(state["AWSCURRENT"]) and not case.logs_in(old)


def test_mysql_57_cannot():
    with started("mysql57") as server:
        case = Case(server)
        name = case.name("app") + "_a"
        password = case.account(name)
        state = {**case.state(name, password), **case.manager()}
        state = case.ok(ALTERNATING, "create", state)
        result, _ = case.run(ALTERNATING, "set", state)
        assert (result["class"], result["code"]) == (
            "CONFIG", "server-unsupported")
        assert "roles" in result["message"] and not result["mutating"]
        case.end()
