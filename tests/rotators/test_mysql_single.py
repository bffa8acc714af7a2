"""mysql-single-user on real servers: a whole rotation, repeats, a lost reply,
several accounts of one user, and what it must refuse."""

import pytest

from mysql_case import SINGLE, case, quoted, server_fixture  # noqa: F401
from server import new_password

server = server_fixture("mariadb", "mysql57", "mysql9")


@pytest.fixture(params=["own", "admin"])
def state(request, case):
    name = case.name("app")
    password = case.account(name)
    state = case.state(name, password)
    if request.param == "admin":
        state.update(case.manager())
    return state


def test_new_password_works_and_old_does_not(case, state):
    before = state["AWSCURRENT"]
    state = case.rotate(SINGLE, state)
    assert state["AWSCURRENT"]["password"] != before["password"]
    assert case.logs_in(state["AWSCURRENT"])
    assert not case.logs_in(before)


def test_each_step_may_be_repeated(case, state):
    state = case.ok(SINGLE, "create", state)
    pending = state["AWSPENDING"]
    state = case.ok(SINGLE, "create", state)
    assert state["AWSPENDING"] == pending
    case.ok(SINGLE, "set", state)
    for _ in range(2):
        case.ok(SINGLE, "set", state, maybe_set=True)
        case.ok(SINGLE, "test", state)
    assert case.logs_in(pending)


def test_pending_is_not_tried_unless_it_may_be_set(case, state):
    """A failed login can lock an account; so nothing logs in in vain."""
    state = case.ok(SINGLE, "create", state)
    before = refusals(case)
    case.ok(SINGLE, "set", state)
    assert refusals(case) == before


def refusals(case):
    return case.sql("SHOW GLOBAL STATUS LIKE 'Aborted_connects'")[0][1]


def test_lost_reply_is_found_out_by_logging_in(case, state):
    state = case.set_pending(SINGLE, state)
    result, _ = case.run(SINGLE, "set", state, maybe_set=True)
    assert result["class"] == "OK"
    assert not result["mutating"]


def test_maybe_set_that_was_not_set_is_set(case, state):
    state = case.ok(SINGLE, "create", state)
    state = case.ok(SINGLE, "set", state, maybe_set=True)
    case.ok(SINGLE, "test", state)


def test_previous_password_is_a_last_resort(case, state):
    """Somebody restored a backup: AWSPREVIOUS is what the server has."""
    state["AWSPREVIOUS"] = dict(state["AWSCURRENT"])
    state["AWSCURRENT"]["password"] = new_password()
    state = case.rotate(SINGLE, state)
    assert case.logs_in(state["AWSCURRENT"])


def test_revert_gives_the_old_password_back(case, state):
    state = case.set_pending(SINGLE, state)
    state = case.ok(SINGLE, "revert", state, maybe_set=True)
    assert case.logs_in(state["AWSCURRENT"])
    assert not case.logs_in(state["AWSPENDING"])
    case.ok(SINGLE, "revert", state)


def test_wrong_password_is_auth(case, state):
    state["AWSCURRENT"]["password"] = new_password()
    assert case.refused(SINGLE, "test", state, stage="AWSCURRENT") == (
        "AUTH", "password-refused")
    state = case.ok(SINGLE, "create", state)
    result, _ = case.run(SINGLE, "set", state)
    assert result["class"] == "AUTH"
    assert not result["mutating"]


def test_unset_password_does_not_pass_the_test(case, state):
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "test", state)[0] == "AUTH"


def test_check_tells_and_changes_nothing(case, state):
    lines = case.lines(SINGLE, state)
    assert "TLS in use" in lines
    assert case.logs_in(state["AWSCURRENT"])


@pytest.mark.parametrize("hosts", [None, ["%", "127.0.0.1"], "%, 127.0.0.1"])
def test_every_declared_account_is_rotated(case, hosts):
    name = case.name("many")
    password = case.account(name, "%", "127.0.0.1", "db1.example.com")
    more = {} if hosts is None else {"hosts": hosts}
    state = {**case.state(name, password, **more), **case.manager()}
    before = verifiers(case, name)
    state = case.rotate(SINGLE, state)
    after = verifiers(case, name)
    changed = {host for host in after if after[host] != before[host]}
    declared = {"%", "127.0.0.1"}
    assert changed == (declared if hosts else declared | {"db1.example.com"})
    assert case.logs_in(state["AWSCURRENT"])


def verifiers(case, name):
    return dict(case.sql(
        "SELECT Host, authentication_string FROM mysql.user "
        f"WHERE User = {quoted(name)}"))


def test_half_done_set_of_accounts_is_completed(case):
    name = case.name("half")
    password = case.account(name, "%", "10.0.0.1", "10.0.0.2")
    state = {**case.state(name, password), **case.manager()}
    state = case.ok(SINGLE, "create", state)
    case.set_password(name, state["AWSPENDING"]["password"], "10.0.0.1")
    assert case.refused(SINGLE, "test", state)[0] == "AUTH"
    done = verifiers(case, name)["10.0.0.1"]
    state = case.ok(SINGLE, "set", state, maybe_set=True)
    assert verifiers(case, name)["10.0.0.1"] == done
    case.ok(SINGLE, "test", state)


def test_account_that_somebody_changed_needs_repair(case):
    name = case.name("drift")
    password = case.account(name, "%", "10.0.0.1")
    case.set_password(name, new_password(), "10.0.0.1")
    state = {**case.state(name, password), **case.manager()}
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("AUTH", "password-drifted")
    assert case.refused(SINGLE, "check", state) == ("AUTH", "password-drifted")
    state["options"] = {"repair": True}
    state = case.ok(SINGLE, "set", state, maybe_set=True)
    case.ok(SINGLE, "test", state)


def test_declared_account_that_is_missing(case):
    name = case.name("gone")
    password = case.account(name)
    state = {**case.state(name, password, hosts=["%", "10.9.9.9"]),
             **case.manager()}
    state = case.ok(SINGLE, "create", state)
    result, _ = case.run(SINGLE, "set", state)
    assert (result["class"], result["code"]) == ("MISSING", "account-missing")
    assert not result["mutating"]


def test_user_that_is_missing(case):
    state = {**case.state(case.name("nobody"), new_password()),
             **case.manager()}
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("MISSING", "account-missing")


def test_several_hosts_need_an_admin(case):
    name = case.name("two")
    password = case.account(name, "%", "127.0.0.1")
    state = case.state(name, password, hosts=["%", "127.0.0.1"])
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("CONFIG", "admin-missing")


HOSTILE = ["o'neil\\", 'a"b`c', "x' OR '1'='1", "ünï 日本", "%_;--",
           "IDENTIFIED VIA"]


@pytest.mark.parametrize("mode", ["", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_passwords(case, name, mode):
    name = f"{name}{case.number}"
    old = "o'l\"d\\p`w%s\\' ü" + new_password()
    new = "n'e\"w\\p`w%d\\' é" + new_password()
    password = case.account(name, password=old)
    was = case.sql("SELECT @@global.sql_mode")[0][0]
    for more in ({}, case.manager()):
        state = {**case.state(name, password), **more}
        state["AWSPENDING"] = {**state["AWSCURRENT"], "password": new}
        try:
            case.sql(f"SET GLOBAL sql_mode = '{mode}'")
            case.ok(SINGLE, "set", state)
            case.ok(SINGLE, "test", state)
        finally:
            case.sql(f"SET GLOBAL sql_mode = '{was}'")
        password, new = new, "again" + new


def test_locked_account_stops_at_once(case, state):
    name = state["AWSCURRENT"]["username"]
    case.sql(f"ALTER USER '{name}'@'%' ACCOUNT LOCK")
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("LOCKED", "account-locked")
    assert case.refused(SINGLE, "test", state, stage="AWSCURRENT") == (
        "LOCKED", "account-locked")


def test_locked_account_elsewhere_stops_before_any_change(case):
    name = case.name("lock")
    password = case.account(name, "%", "10.0.0.1")
    case.sql(f"ALTER USER '{name}'@'10.0.0.1' ACCOUNT LOCK")
    state = {**case.state(name, password), **case.manager()}
    state = case.ok(SINGLE, "create", state)
    result, _ = case.run(SINGLE, "set", state)
    assert (result["class"], result["code"]) == ("LOCKED", "account-locked")
    assert not result["mutating"]
    assert case.logs_in(state["AWSCURRENT"])


def test_expired_password_is_changed(case, state):
    name = state["AWSCURRENT"]["username"]
    case.sql(f"ALTER USER '{name}'@'%' PASSWORD EXPIRE")
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "test", state, stage="AWSCURRENT") == (
        "CONFIG", "password-expired")
    state = case.ok(SINGLE, "set", state)
    case.ok(SINGLE, "test", state)


def test_admin_without_rights(case):
    name = case.name("app")
    password = case.account(name)
    blind = {**case.state(name, password), **case.manager("CREATE USER ON *.*")}
    blind = case.ok(SINGLE, "create", blind)
    assert case.refused(SINGLE, "set", blind) == ("DENIED", "right-missing")
    case.number += 1000
    weak = {**case.state(name, password), **case.manager("SELECT ON mysql.*")}
    weak = case.ok(SINGLE, "create", weak)
    assert case.refused(SINGLE, "check", weak) == ("DENIED", "right-missing")
    assert case.refused(SINGLE, "set", weak) == ("DENIED", "right-missing")
    assert case.logs_in(weak["AWSCURRENT"])


def test_refused_admin_is_not_auth(case):
    name = case.name("app")
    password = case.account(name)
    state = {**case.state(name, password), **case.manager()}
    state["admin"]["password"] = new_password()
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("DENIED", "admin-refused")


def test_admin_of_another_server_is_refused(case):
    name = case.name("app")
    password = case.account(name)
    state = {**case.state(name, password), **case.manager()}
    state["admin"]["host"] = "db.example.com"
    state["AWSPENDING"] = {**state["AWSCURRENT"], "password": new_password()}
    assert case.refused(SINGLE, "set", state) == ("CONFIG", "admin-host")


def test_pending_of_another_user_is_refused(case, state):
    state["AWSPENDING"] = {**state["AWSCURRENT"], "username": "root",
                           "password": new_password()}
    assert case.refused(SINGLE, "set", state) == ("CONFIG", "pending-differs")
