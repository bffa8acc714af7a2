"""postgres-single-user on real servers: the cycle, each step twice, what a
crash leaves behind, and who may do it."""

import pytest

from postgres_case import SINGLE, case, server  # noqa: F401
from server import new_password

HOSTILE = ['a"b', "semi;colon", "o'brien", "back\\slash", "Ünïcode ☃", "$1", "%s"]


@pytest.fixture
def own(case):  # noqa: F811
    """A plain role that changes its own password."""
    user = case.name("app")
    password = case.role(user)
    return {"AWSCURRENT": case.secret(user, password)}


def test_full_cycle(case, own):
    old = own["AWSCURRENT"]
    state = case.rotate(SINGLE, own)
    assert state["AWSCURRENT"]["password"] != old["password"]
    assert state["AWSPREVIOUS"] == old
    assert {k: v for k, v in state["AWSCURRENT"].items() if k != "password"} == {
        k: v for k, v in old.items() if k != "password"}
    assert case.logs_in(state["AWSCURRENT"])
    assert not case.logs_in(old)
    state = case.rotate(SINGLE, state)
    assert case.logs_in(state["AWSCURRENT"])


def test_each_step_twice(case, own):
    state = case.ok(SINGLE, "create", own)
    assert case.ok(SINGLE, "create", state) == state
    case.ok(SINGLE, "set", state)
    assert case.logs_in(state["AWSPENDING"])
    result, _ = case.run(SINGLE, "set", state, maybe_set=True)
    assert (result["class"], result["mutating"]) == ("OK", False)
    for _ in range(2):
        case.ok(SINGLE, "test", state)
        case.ok(SINGLE, "finish", state)
    assert case.logs_in(state["AWSPENDING"])


def test_stored_value_is_scram_whatever_the_server_prefers(case, own):
    user = own["AWSCURRENT"]["username"]
    case.sql(f"ALTER ROLE {user} SET password_encryption = md5")
    case.rotate(SINGLE, own)
    [(stored,)] = case.sql(
        f"SELECT rolpassword FROM pg_authid WHERE rolname = '{user}'")
    assert stored.startswith("SCRAM-SHA-256$")


def test_crash_after_set_is_found_out_by_login(case, own):
    """The set took effect, and nobody knows: maybe_set."""
    state = case.ok(SINGLE, "create", own)
    case.set_password(state["AWSPENDING"]["username"],
                      state["AWSPENDING"]["password"])
    result, _ = case.run(SINGLE, "set", state, maybe_set=True)
    assert (result["class"], result["mutating"]) == ("OK", False)


def test_crash_before_set_is_found_out_by_login(case, own):
    state = case.ok(SINGLE, "create", own)
    result, _ = case.run(SINGLE, "set", state, maybe_set=True)
    assert (result["class"], result["mutating"]) == ("OK", True)
    assert case.logs_in(state["AWSPENDING"])


def test_pending_is_not_tried_without_maybe_set(case, own):
    state = case.ok(SINGLE, "create", own)
    before = case.server.log_text().count("authentication failed")
    case.ok(SINGLE, "set", state)
    assert case.server.log_text().count("authentication failed") == before


def test_a_refused_password_is_not_tried_twice(case, own):
    own["AWSCURRENT"]["password"] = new_password()
    own["AWSPREVIOUS"] = dict(own["AWSCURRENT"])
    state = case.ok(SINGLE, "create", own)
    before = case.server.log_text().count("authentication failed")
    assert case.refused(SINGLE, "set", state)[0] == "AUTH"
    assert case.server.log_text().count("authentication failed") == before + 1


def test_previous_is_the_last_candidate(case, own):
    """A restored backup: the server has the value before the current."""
    state = case.rotate(SINGLE, own)
    previous = state["AWSPREVIOUS"]
    case.set_password(previous["username"], previous["password"])
    state = case.rotate(SINGLE, state)
    assert case.logs_in(state["AWSCURRENT"])


@pytest.mark.parametrize("maybe_set", [False, True])
def test_revert_puts_current_back(case, own, maybe_set):
    state = case.ok(SINGLE, "create", own)
    case.ok(SINGLE, "set", state)
    assert not case.logs_in(state["AWSCURRENT"])
    case.ok(SINGLE, "revert", state, maybe_set=maybe_set)
    assert case.logs_in(state["AWSCURRENT"])
    assert not case.logs_in(state["AWSPENDING"])
    for maybe_set in (False, True):
        result, _ = case.run(SINGLE, "revert", state, maybe_set=maybe_set)
        assert (result["class"], result["mutating"]) == ("OK", False)


def test_revert_by_admin_when_nothing_logs_in(case):
    user = case.name("app")
    password = case.role(user)
    state = {"AWSCURRENT": case.secret(user, password),
             "options": {"repair": True}, **case.manager([user])}
    state = case.ok(SINGLE, "create", state)
    case.set_password(user, new_password())
    case.ok(SINGLE, "revert", state, maybe_set=True)
    assert case.logs_in(state["AWSCURRENT"])


def test_admin_without_superuser_rotates(case):
    user = case.name("app")
    password = case.role(user)
    state = {"AWSCURRENT": case.secret(user, password, masterarn="arn:x"),
             **case.manager([user])}
    case.ok(SINGLE, "check", state)
    state = case.rotate(SINGLE, state)
    assert case.logs_in(state["AWSCURRENT"])


def test_admin_without_rights_is_denied(case):
    user, weak = case.name("app"), case.name("weak")
    state = {"AWSCURRENT": case.secret(user, case.role(user)),
             **case.admin(weak, case.role(weak))}
    assert case.refused(SINGLE, "check", state) == ("DENIED", "right-missing")
    state = case.ok(SINGLE, "create", state)
    result, _ = case.run(SINGLE, "set", state)
    assert (result["class"], result["code"]) == ("DENIED", "right-missing")
    assert not result["mutating"]
    assert case.logs_in(state["AWSCURRENT"])


def test_admin_option_is_needed_from_16_on(case):
    user = case.name("app")
    state = {"AWSCURRENT": case.secret(user, case.role(user)),
             **case.manager([])}
    if case.version >= 16:
        result, _ = case.run(SINGLE, "check", state)
        assert (result["class"], result["code"]) == ("DENIED", "right-missing")
        assert "WITH ADMIN OPTION" in result["message"]
    else:
        case.ok(SINGLE, "check", state)


def test_admin_does_not_help_whoever_has_no_password(case):
    """A secret with a made-up password must not get a role reset."""
    user = case.name("app")
    real = case.role(user)
    state = {"AWSCURRENT": case.secret(user, new_password()),
             **case.manager([user])}
    state = case.ok(SINGLE, "create", state)
    result, _ = case.run(SINGLE, "set", state)
    assert (result["class"], result["code"]) == ("AUTH", "password-drifted")
    assert not result["mutating"]
    assert case.logs_in(case.secret(user, real))
    state["options"] = {"repair": True}
    state = case.ok(SINGLE, "set", state)
    assert case.logs_in(state["AWSPENDING"])


def test_admin_never_touches_a_superuser(case):
    root = case.name("root")
    state = {"AWSCURRENT": case.secret(root, case.role(root, "LOGIN SUPERUSER")),
             **case.admin("admin", case.server.admin_password)}
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("CONFIG", "role-superuser")
    del state["admin"]
    case.ok(SINGLE, "set", state)


def test_admin_password_goes_to_its_own_host_only(case):
    user = case.name("app")
    state = {"AWSCURRENT": case.secret(user, case.role(user)),
             **case.manager([user])}
    state["admin"]["host"] = "elsewhere.invalid"
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "admin-host")
    del state["admin"]["host"]
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "field-missing")
    state["options"] = {"admin_any_host": True}
    case.ok(SINGLE, "check", state)


def test_refused_admin_is_not_auth(case):
    user = case.name("app")
    state = {"AWSCURRENT": case.secret(user, case.role(user)),
             **case.manager([user])}
    state["admin"]["password"] = "wrong"
    assert case.refused(SINGLE, "check", state) == ("DENIED", "admin-refused")


def test_role_with_a_default_role_changes_its_own_password(case, own):
    user = own["AWSCURRENT"]["username"]
    group = case.name("grp")
    case.sql(f"CREATE ROLE {group} NOLOGIN; GRANT {group} TO {user};"
             f"ALTER ROLE {user} SET role TO {group}")
    state = case.rotate(SINGLE, own)
    assert case.logs_in(state["AWSCURRENT"])


def test_role_that_is_read_only_and_lax_by_default(case, own):
    user = own["AWSCURRENT"]["username"]
    case.sql(f"ALTER ROLE {user} SET default_transaction_read_only = on;"
             f"ALTER ROLE {user} SET synchronous_commit = off")
    state = case.rotate(SINGLE, own)
    assert case.logs_in(state["AWSCURRENT"])


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_names_and_passwords(case, word):
    user = word + case.name("x")
    password = case.role(user, password=word + new_password() + word)
    state = {"AWSCURRENT": case.secret(user, password)}
    state = case.ok(SINGLE, "create", state)
    state["AWSPENDING"]["password"] = "new" + word + new_password() + '\\"\''
    case.passwords.append(state["AWSPENDING"]["password"])
    for step in ("set", "test", "promote"):
        state = case.ok(SINGLE, step, state)
    assert case.logs_in(state["AWSCURRENT"])
    assert not case.logs_in(state["AWSPREVIOUS"])


def test_search_path_cannot_shadow_the_catalog(case, own):
    """A role whose own schema has a function called `now`."""
    user = own["AWSCURRENT"]["username"]
    case.sql(f"CREATE SCHEMA {user} AUTHORIZATION {user};"
             f"CREATE FUNCTION {user}.now() RETURNS timestamptz LANGUAGE sql AS"
             " 'SELECT 1/0; SELECT pg_catalog.now()';"
             f"ALTER ROLE {user} SET search_path = {user}, pg_catalog")
    state = case.rotate(SINGLE, own)
    assert case.logs_in(state["AWSCURRENT"])


def test_expiry_is_moved_by_an_admin(case):
    user = case.name("app")
    password = case.role(user, "LOGIN VALID UNTIL 'tomorrow'")
    state = {"AWSCURRENT": case.secret(user, password),
             "options": {"valid_for_days": 30}, **case.manager([user])}
    case.rotate(SINGLE, state)
    [(days,)] = case.sql("SELECT extract(day FROM rolvaliduntil - now())::int"
                         f" FROM pg_roles WHERE rolname = '{user}'")
    assert 29 <= days <= 30


def test_expiry_that_nobody_may_move_is_told(case):
    user = case.name("app")
    password = case.role(user, "LOGIN VALID UNTIL 'tomorrow'")
    state = {"AWSCURRENT": case.secret(user, password)}
    result, _ = case.run(SINGLE, "check", state)
    assert result["class"] == "OK"
    assert any(line["level"] == "warn" and "VALID UNTIL" in line["text"]
               for line in result["log"]), result["log"]


def test_pending_for_another_role_is_refused(case, own):
    state = case.ok(SINGLE, "create", own)
    state["AWSPENDING"]["username"] = "admin"
    assert case.refused(SINGLE, "set", state) == ("CONFIG", "pending-differs")


def test_check_changes_nothing(case, own):
    log = len(case.server.log_text())
    result, state = case.run(SINGLE, "check", own)
    assert (result["class"], result["mutating"]) == ("OK", False)
    assert state["AWSCURRENT"] == own["AWSCURRENT"]
    assert "AWSPENDING" not in state
    assert any("PostgreSQL" in line["text"] for line in result["log"])
    for word in ("ALTER", "CREATE", "GRANT", "COMMIT"):
        assert word not in case.server.log_text()[log:]


@pytest.mark.parametrize("field", ["host", "username", "password"])
def test_missing_field_is_named(case, own, field):
    del own["AWSCURRENT"][field]
    result, _ = case.run(SINGLE, "check", own)
    assert (result["class"], result["code"]) == ("CONFIG", "field-missing")
    assert f'"{field}"' in result["message"]


def test_foreign_engine_is_refused(case, own):
    own["AWSCURRENT"]["engine"] = "mysql"
    assert case.refused(SINGLE, "check", own) == ("CONFIG", "engine")


def test_name_too_long_is_refused(case, own):
    own["AWSCURRENT"]["username"] = "x" * 64
    assert case.refused(SINGLE, "check", own) == ("CONFIG", "name-too-long")
