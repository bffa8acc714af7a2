"""mysql-dual-password on real servers: the old password works until it is
retired, whatever is repeated in between."""

import pytest

from mysql_case import (  # noqa: F401
    DUAL, case, quoted, server_fixture, started,
)
from server import new_password

server = server_fixture("mariadb", "mysql9")


@pytest.fixture
def state(case):
    name = case.name("app")
    password = case.account(name, "%", "10.0.0.1")
    return {**case.state(name, password), **case.manager()}


def test_both_passwords_work_until_retired(case, state):
    old = state["AWSCURRENT"]
    state = case.ok(DUAL, "create", state)
    state = case.ok(DUAL, "set", state)
    assert case.logs_in(old) and case.logs_in(state["AWSPENDING"])
    for step in ("test", "finish", "promote"):
        state = case.ok(DUAL, step, state)
    assert case.logs_in(old) and case.logs_in(state["AWSCURRENT"])
    case.ok(DUAL, "retire", state)
    assert not case.logs_in(old)
    assert case.logs_in(state["AWSCURRENT"])


def test_set_that_is_repeated_does_not_evict_the_old_password(case, state):
    state = case.set_pending(DUAL, state)
    for maybe_set in (True, False):
        result, _ = case.run(DUAL, "set", state, maybe_set=maybe_set)
        assert result["class"] == "OK"
        assert not result["mutating"]
    case.ok(DUAL, "test", state)
    assert case.logs_in(state["AWSCURRENT"])


def test_blind_retain_by_somebody_else_is_healed(case, state):
    """The pending password is in both slots: AWSCURRENT comes back."""
    name = state["AWSCURRENT"]["username"]
    state = case.set_pending(DUAL, state)
    case.set_password(name, state["AWSPENDING"]["password"])
    if not case.is_mariadb:
        case.sql(f"ALTER USER '{name}'@'%' DISCARD OLD PASSWORD")
    assert not case.logs_in(state["AWSCURRENT"])
    assert case.refused(DUAL, "test", state) == (
        "AMBIGUOUS", "old-password-lost")
    state = case.ok(DUAL, "set", state, maybe_set=True)
    case.ok(DUAL, "test", state)
    assert case.logs_in(state["AWSCURRENT"])


def test_half_done_set_is_completed(case, state):
    name = state["AWSCURRENT"]["username"]
    state = case.set_pending(DUAL, state)
    case.set_password(name, state["AWSCURRENT"]["password"], "10.0.0.1")
    if not case.is_mariadb:
        case.sql(f"ALTER USER '{name}'@'10.0.0.1' DISCARD OLD PASSWORD")
    assert case.refused(DUAL, "test", state)[0] == "AUTH"
    state = case.ok(DUAL, "set", state, maybe_set=True)
    case.ok(DUAL, "test", state)


def test_second_rotation_without_retire_keeps_the_last_two(case, state):
    first = state["AWSCURRENT"]
    state = case.rotate(DUAL, state)
    second = state["AWSCURRENT"]
    state = case.rotate(DUAL, state)
    assert not case.logs_in(first)
    assert case.logs_in(second) and case.logs_in(state["AWSCURRENT"])


def test_revert_ends_the_pending_password(case, state):
    state = case.set_pending(DUAL, state)
    for _ in range(2):
        state = case.ok(DUAL, "revert", state, maybe_set=True)
        assert case.logs_in(state["AWSCURRENT"])
        assert not case.logs_in(state["AWSPENDING"])


def test_retire_is_repeatable(case, state):
    state = case.rotate(DUAL, state)
    case.ok(DUAL, "retire", state)
    result, _ = case.run(DUAL, "retire", state)
    assert result["class"] == "OK"
    assert not result["mutating"]


def test_retire_waits_while_the_next_rotation_is_under_way(case, state):
    state = case.rotate(DUAL, state)
    state = case.set_pending(DUAL, state)
    assert case.refused(DUAL, "retire", state) == (
        "BUSY", "rotation-under-way")
    assert case.logs_in(state["AWSPENDING"])
    assert case.logs_in(state["AWSCURRENT"])


def test_retire_ends_nothing_after_drift(case, state):
    state = case.rotate(DUAL, state)
    case.set_password(state["AWSCURRENT"]["username"], new_password())
    assert case.refused(DUAL, "retire", state) == (
        "CONFIG", "password-drifted")


def test_revert_after_drift_needs_repair(case, state):
    state = case.set_pending(DUAL, state)
    case.sql(f"DROP USER '{state['AWSCURRENT']['username']}'@'%'")
    case.account(state["AWSCURRENT"]["username"])
    assert case.refused(DUAL, "revert", state) == ("AUTH", "password-drifted")
    state["options"] = {"repair": True}
    state = case.ok(DUAL, "revert", state)
    assert case.logs_in(state["AWSCURRENT"])


def test_an_admin_is_needed(case, state):
    del state["admin"]
    state = case.ok(DUAL, "create", state)
    assert case.refused(DUAL, "set", state) == ("CONFIG", "admin-missing")
    assert case.refused(DUAL, "check", state) == ("CONFIG", "admin-missing")


def test_check_tells_and_changes_nothing(case, state):
    assert "10.0.0.1" in case.lines(DUAL, state)


def test_hostile_name(case):
    name = f"o'n\\\"`;--{case.number}"
    password = case.account(name, password="a'b\\c\"" + new_password())
    state = {**case.state(name, password), **case.manager()}
    state["AWSPENDING"] = {**state["AWSCURRENT"],
                           "password": "d'e\\f\"" + new_password()}
    old = state["AWSCURRENT"]
    for step in ("set", "test", "finish", "promote", "retire"):
        state = case.ok(DUAL, step, state)
    assert case.logs_in(state["AWSCURRENT"])
    assert not case.logs_in(old)


def test_mysql_57_cannot():
    from mysql_case import Case

    with started("mysql57") as server:
        case = Case(server)
        name = case.name("app")
        password = case.account(name)
        state = {**case.state(name, password), **case.manager()}
        assert case.refused(DUAL, "check", state) == (
            "CONFIG", "server-unsupported")
        state = case.ok(DUAL, "create", state)
        result, _ = case.run(DUAL, "set", state)
        assert (result["class"], result["mutating"]) == ("CONFIG", False)
        assert "8.0.14" in result["message"]
        case.end()
