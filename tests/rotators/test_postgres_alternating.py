"""postgres-alternating-users on real servers: a NOLOGIN owner and two logins
that take turns, as a superuser and as an admin with CREATEROLE alone."""

import pytest

from postgres_case import ALTERNATING, case, server  # noqa: F401
from postgres_server import identifier
from server import new_password


class Pair:
    def __init__(self, case, suffix="", manager=True):  # noqa: F811
        self.case = case
        self.owner = case.name("app") + suffix
        self.a, self.b = self.owner + "_a", self.owner + "_b"
        case.sql(f"CREATE ROLE {identifier(self.owner)} NOLOGIN")
        password = case.role(self.a, "LOGIN NOINHERIT")
        case.sql(f"GRANT {identifier(self.owner)} TO {identifier(self.a)};"
                 f"ALTER ROLE {identifier(self.a)} SET role TO "
                 + "'" + self.owner.replace("'", "''") + "';"
                 f"CREATE SCHEMA {identifier(self.owner)} AUTHORIZATION "
                 + identifier(self.owner))
        self.state = {
            "AWSCURRENT": case.secret(self.a, password, owner=self.owner,
                                      masterarn="arn:x"),
            **(case.manager([self.owner, self.a]) if manager else
               case.admin("admin", case.server.admin_password))}

    def setting(self, role, column="rolconfig"):
        [(value,)] = self.case.sql(
            f"SELECT {column} FROM pg_roles WHERE rolname = '{role}'")
        return value


@pytest.fixture(params=["manager", "superuser"])
def pair(case, request):  # noqa: F811
    return Pair(case, manager=request.param == "manager")


def as_login(case, secret, text):  # noqa: F811
    return case.sql(text, user=secret["username"], password=secret["password"])


def test_three_rotations_and_retirements(case, pair):
    state = pair.state
    for login in (pair.b, pair.a, pair.b):
        old = state["AWSCURRENT"]
        state = case.rotate(ALTERNATING, state)
        current = state["AWSCURRENT"]
        assert current["username"] == login
        assert current["owner"] == pair.owner
        assert case.logs_in(current)
        assert case.logs_in(old)  # there is no gap
        assert as_login(case, current, "SELECT current_user, session_user") == [
            (pair.owner, login)]
        case.ok(ALTERNATING, "retire", state)
        assert not case.logs_in(old)
        assert case.logs_in(current)


def test_each_step_twice(case, pair):
    state = case.ok(ALTERNATING, "create", pair.state)
    assert case.ok(ALTERNATING, "create", state) == state
    for maybe_set in (False, True):
        state = case.ok(ALTERNATING, "set", state, maybe_set=maybe_set)
    for step in ("test", "test", "finish", "finish", "promote"):
        state = case.ok(ALTERNATING, step, state)
    for _ in range(2):
        case.ok(ALTERNATING, "retire", state)
        case.ok(ALTERNATING, "test", state, stage="AWSCURRENT")
    assert case.refused(ALTERNATING, "test", state, stage="AWSPREVIOUS") == (
        "AUTH", "password-refused")


def test_set_probes_nothing(case, pair):
    """The admin sets it again: no failed login, whatever happened before."""
    state = case.ok(ALTERNATING, "create", pair.state)
    before = case.server.log_text().count("authentication failed")
    case.ok(ALTERNATING, "set", state, maybe_set=True)
    assert case.server.log_text().count("authentication failed") == before


def test_what_one_twin_makes_the_other_may_change(case, pair):
    state = case.rotate(ALTERNATING, pair.state)
    a, b = state["AWSPREVIOUS"], state["AWSCURRENT"]
    schema = pair.owner
    as_login(case, a, f"CREATE TABLE {schema}.made_by_a (x int);"
                      f"INSERT INTO {schema}.made_by_a VALUES (1)")
    as_login(case, b, f"ALTER TABLE {schema}.made_by_a ADD y int;"
                      f"INSERT INTO {schema}.made_by_a VALUES (2, 3);"
                      f"CREATE TABLE {schema}.made_by_b (x int)")
    as_login(case, a, f"DROP TABLE {schema}.made_by_b")
    with case.server.connect(user=a["username"], password=a["password"]) as c:
        with c.cursor() as cursor:  # as a pooler hands sessions on
            for text in ("RESET ROLE", "DISCARD ALL"):
                cursor.execute(text)
                cursor.execute("SELECT current_user")
                assert cursor.fetchone() == (pair.owner,)
    assert as_login(case, a, f"SELECT count(*) FROM {schema}.made_by_a") == [(2,)]
    [(owner,)] = case.sql("SELECT tableowner FROM pg_tables"
                          f" WHERE schemaname = '{schema}'")
    assert owner == pair.owner


def test_attributes_settings_and_memberships_are_carried(case):
    pair = Pair(case, manager=False)
    group, other = case.name("grp"), case.name("other")
    database = case.name("db")
    case.sql(f"CREATE ROLE {group}; CREATE ROLE {other};")
    case.sql(f"CREATE DATABASE {database}")
    state = case.rotate(ALTERNATING, pair.state)  # now b exists, as a is
    case.ok(ALTERNATING, "retire", state)
    case.sql(f"""
        ALTER ROLE {pair.b} CREATEDB CONNECTION LIMIT 7;
        ALTER ROLE {pair.b} SET search_path TO "Odd, Name", public, "$user";
        ALTER ROLE {pair.b} SET work_mem TO '12MB';
        ALTER ROLE {pair.b} SET app.note TO 'it''s; "here" \\ there';
        ALTER ROLE {pair.b} IN DATABASE {database} SET statement_timeout TO '9s';
        GRANT {group} TO {pair.b} WITH ADMIN OPTION;
        GRANT {other} TO {pair.a};
        ALTER ROLE {pair.a} CREATEROLE;
        ALTER ROLE {pair.a} SET geqo TO off;
        ALTER ROLE {pair.a} IN DATABASE {database} SET role TO {pair.a};
    """)
    state = case.rotate(ALTERNATING, state)
    for column in ("rolcreatedb", "rolcreaterole", "rolconnlimit", "rolinherit"):
        assert pair.setting(pair.a, column) == pair.setting(pair.b, column)
    assert pair.setting(pair.a, "rolcreatedb") is True
    assert sorted(pair.setting(pair.a)) == sorted(pair.setting(pair.b))
    per_database = case.sql(f"""
        SELECT r.rolname, s.setconfig FROM pg_db_role_setting s
        JOIN pg_roles r ON r.oid = s.setrole
        JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = '{database}' ORDER BY 1""")
    assert per_database == [(pair.a, ["statement_timeout=9s"]),
                            (pair.b, ["statement_timeout=9s"])]
    members = case.sql(f"""
        SELECT member::regrole::text, roleid::regrole::text, admin_option
        FROM pg_auth_members WHERE member IN
        ('{pair.a}'::regrole, '{pair.b}'::regrole) ORDER BY 1, 2""")
    assert [m[1:] for m in members if m[0] == pair.a] == [
        m[1:] for m in members if m[0] == pair.b]
    assert (pair.a, group, True) in members
    # Equal logins: the next rotation has nothing to carry.
    case.ok(ALTERNATING, "retire", state)
    result, _ = case.run(ALTERNATING, "check", state)
    assert not [line for line in result["log"] if "will run" in line["text"]]


def test_expiry_and_connect_are_carried(case):
    pair = Pair(case, manager=False)
    case.sql(f"ALTER ROLE {pair.a} VALID UNTIL 'tomorrow'")
    case.sql(f"CREATE DATABASE {pair.owner}")
    case.sql(f"REVOKE CONNECT ON DATABASE {pair.owner} FROM PUBLIC;"
             f"GRANT CONNECT ON DATABASE {pair.owner} TO {pair.a}")
    pair.state["AWSCURRENT"]["dbname"] = pair.owner
    state = case.rotate(ALTERNATING, pair.state)
    assert case.server.logs_in(pair.b, state["AWSCURRENT"]["password"],
                               dbname=pair.owner)
    [(days,)] = case.sql("SELECT extract(day FROM rolvaliduntil - now())::int"
                         f" FROM pg_roles WHERE rolname = '{pair.b}'")
    assert 89 <= days <= 90


def test_connect_that_the_admin_cannot_grant_is_told(case):
    pair = Pair(case)
    manager = pair.state["admin"]["username"]
    case.sql(f"CREATE DATABASE {pair.owner}")
    case.sql(f"REVOKE CONNECT ON DATABASE {pair.owner} FROM PUBLIC;"
             f"GRANT CONNECT ON DATABASE {pair.owner} TO {pair.a}, {manager}")
    pair.state["AWSCURRENT"]["dbname"] = pair.owner
    state = case.ok(ALTERNATING, "create", pair.state)
    assert case.refused(ALTERNATING, "set", state) == ("DENIED", "connect-denied")
    assert case.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{pair.b}'") == []


def test_adopts_a_plain_user(case):
    user = case.name("plain")
    password = case.role(user, "LOGIN CONNECTION LIMIT 9")
    case.sql(f"CREATE SCHEMA {user} AUTHORIZATION {user};"
             f"ALTER ROLE {user} SET search_path TO {user}")
    old = case.secret(user, password, masterarn="arn:x")
    as_login(case, old, "CREATE TABLE mine (x int)")
    state = {"AWSCURRENT": old, **case.manager([user])}
    assert case.refused(ALTERNATING, "check", state) == ("CONFIG", "not-a-twin")
    state["options"] = {"adopt": True}
    result, _ = case.run(ALTERNATING, "check", state)
    assert result["class"] == "OK", result
    assert any("becomes the owner" in line["text"] for line in result["log"])
    state = case.rotate(ALTERNATING, state)
    new = state["AWSCURRENT"]
    assert (new["username"], new["owner"]) == (user + "_a", user)
    # Both work on the same table, as the same role, with the same settings.
    as_login(case, new, "ALTER TABLE mine ADD y int")
    as_login(case, old, "ALTER TABLE mine ADD z int")
    assert case.sql("SELECT rolconnlimit FROM pg_roles"
                    f" WHERE rolname = '{user}_a'") == [(9,)]
    case.ok(ALTERNATING, "retire", state)
    assert not case.logs_in(old)
    assert case.sql("SELECT rolcanlogin FROM pg_roles"
                    f" WHERE rolname = '{user}'") == [(False,)]
    as_login(case, new, "DROP TABLE mine")
    # From here on it is a pair as any other.
    del state["options"]
    state = case.rotate(ALTERNATING, state)
    assert state["AWSCURRENT"]["username"] == user + "_b"
    case.ok(ALTERNATING, "retire", state)
    case.ok(ALTERNATING, "check", state)


def test_adopting_cannot_rename_the_owner(case):
    user = case.name("plain")
    state = {"AWSCURRENT": case.secret(user, case.role(user), owner="another"),
             "options": {"adopt": True}, **case.manager([user])}
    assert case.refused(ALTERNATING, "check", state) == ("CONFIG", "adopt-owner")


def test_adopted_owner_retires_even_if_late(case):
    """The retirement after the adoption never came; the next one ends it."""
    user = case.name("plain")
    old = case.secret(user, case.role(user))
    state = {"AWSCURRENT": old, "options": {"adopt": True},
             **case.manager([user])}
    state = case.rotate(ALTERNATING, state)
    state = case.rotate(ALTERNATING, state)
    assert case.logs_in(old)
    case.ok(ALTERNATING, "retire", state)
    assert not case.logs_in(old)


def test_retire_waits_for_open_sessions(case, pair):
    state = case.rotate(ALTERNATING, pair.state)
    old = state["AWSPREVIOUS"]
    with case.server.connect(user=old["username"], password=old["password"]):
        result, _ = case.run(ALTERNATING, "retire", state)
        assert (result["class"], result["code"]) == ("BUSY", "sessions-open")
        assert not result["mutating"]
        assert case.logs_in(old)
    for _ in range(100):  # the server needs a moment to see the session end
        result, _ = case.run(ALTERNATING, "retire", state)
        if result["class"] == "OK":
            break
    assert not case.logs_in(old)


def test_retire_leaves_a_login_that_is_pending_again(case, pair):
    state = case.rotate(ALTERNATING, pair.state)
    state = case.ok(ALTERNATING, "create", state)
    state = case.ok(ALTERNATING, "set", state)
    result, _ = case.run(ALTERNATING, "retire", state)
    assert (result["class"], result["mutating"]) == ("OK", False)
    assert case.logs_in(state["AWSPENDING"])


def test_retire_ends_only_twins(case, pair):
    state = case.rotate(ALTERNATING, pair.state)
    stranger = case.name("stranger")
    password = case.role(stranger)
    state["AWSPREVIOUS"] = case.secret(stranger, password)
    assert case.refused(ALTERNATING, "retire", state) == (
        "CONFIG", "previous-differs")
    assert case.logs_in(state["AWSPREVIOUS"])


def test_revert_ends_the_pending_login(case, pair):
    state = case.ok(ALTERNATING, "create", pair.state)
    case.ok(ALTERNATING, "set", state)
    assert case.logs_in(state["AWSPENDING"])
    for _ in range(2):
        case.ok(ALTERNATING, "revert", state, maybe_set=True)
        assert not case.logs_in(state["AWSPENDING"])
        assert case.logs_in(state["AWSCURRENT"])
    # And the next rotation takes it up again.
    del state["AWSPENDING"]
    state = case.rotate(ALTERNATING, state)
    assert case.logs_in(state["AWSCURRENT"])


def test_revert_mends_a_broken_current(case, pair):
    state = case.ok(ALTERNATING, "create", pair.state)
    case.sql(f"ALTER ROLE {pair.a} NOLOGIN PASSWORD NULL")
    case.ok(ALTERNATING, "revert", state, maybe_set=True)
    assert case.logs_in(state["AWSCURRENT"])


def test_revert_before_the_login_exists(case, pair):
    state = case.ok(ALTERNATING, "create", pair.state)
    result, _ = case.run(ALTERNATING, "revert", state)
    assert (result["class"], result["mutating"]) == ("OK", False)


def test_foreign_role_is_not_taken_over(case, pair):
    """The next login's name belongs to somebody else."""
    stranger = case.role(pair.b)
    state = case.ok(ALTERNATING, "create", pair.state)
    result, _ = case.run(ALTERNATING, "set", state)
    assert (result["class"], result["code"]) == ("CONFIG", "not-a-member")
    assert not result["mutating"]
    assert case.server.logs_in(pair.b, stranger)


def test_stranger_gets_no_twin_of_an_owner(case, pair):
    """A secret that names an owner its user has no part in."""
    stranger = case.name("mallory")
    state = dict(pair.state)
    state["AWSCURRENT"] = case.secret(stranger, case.role(stranger),
                                      owner=pair.owner, login_a=stranger)
    state = case.ok(ALTERNATING, "create", state)
    assert case.refused(ALTERNATING, "set", state) == ("CONFIG", "not-a-member")


def test_wrong_current_password(case, pair):
    pair.state["AWSCURRENT"]["password"] = new_password()
    state = case.ok(ALTERNATING, "create", pair.state)
    assert case.refused(ALTERNATING, "set", state) == ("AUTH", "password-drifted")
    assert case.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{pair.b}'") == []


def test_without_admin(case, pair):
    del pair.state["admin"]
    del pair.state["AWSCURRENT"]["masterarn"]
    assert case.refused(ALTERNATING, "create", pair.state) == (
        "CONFIG", "admin-missing")


def test_admin_without_rights_is_denied(case, pair):
    weak = case.name("weak")
    state = {**pair.state, **case.admin(weak, case.role(weak))}
    result, _ = case.run(ALTERNATING, "check", state)
    assert (result["class"], result["code"]) == ("DENIED", "right-missing")
    assert f'GRANT "{pair.owner}" TO "{weak}"' in result["message"]
    state = case.ok(ALTERNATING, "create", state)
    assert case.refused(ALTERNATING, "set", state) == ("DENIED", "right-missing")


@pytest.mark.parametrize("gone, code", [("owner", "owner-missing"),
                                        ("login", "role-missing")])
def test_missing_role(case, gone, code):
    pair = Pair(case, manager=False)
    state = case.ok(ALTERNATING, "create", pair.state)
    if gone == "owner":
        case.sql(f"ALTER ROLE {pair.a} RESET role; DROP OWNED BY {pair.owner};"
                 f"DROP ROLE {pair.owner}")
    else:
        case.sql(f"DROP ROLE {pair.a}")
    assert case.refused(ALTERNATING, "set", state) == ("MISSING", code)


def test_test_wants_the_owner_as_current_user(case, pair):
    state = case.ok(ALTERNATING, "create", pair.state)
    state = case.ok(ALTERNATING, "set", state)
    case.sql(f"ALTER ROLE {pair.b} RESET role")
    assert case.refused(ALTERNATING, "test", state) == (
        "CONFIG", "role-not-owner")


def test_names_come_from_the_user_name(case, pair):
    del pair.state["AWSCURRENT"]["owner"]
    state = case.rotate(ALTERNATING, pair.state)
    assert state["AWSCURRENT"]["username"] == pair.b


def test_names_come_from_the_secret(case, pair):
    other = case.name("second")
    pair.state["AWSCURRENT"]["login_b"] = other
    state = case.rotate(ALTERNATING, pair.state)
    assert state["AWSCURRENT"]["username"] == other
    state = case.rotate(ALTERNATING, state)
    assert state["AWSCURRENT"]["username"] == pair.a


@pytest.mark.parametrize("word", ['a"b', "x;y", "o'brien", "back\\slash", "Ü ☃"])
def test_hostile_names(case, word):
    pair = Pair(case, suffix=word, manager=False)
    state = case.rotate(ALTERNATING, pair.state)
    case.ok(ALTERNATING, "retire", state)
    state = case.rotate(ALTERNATING, state)
    assert case.logs_in(state["AWSCURRENT"])
    assert as_login(case, state["AWSCURRENT"], "SELECT current_user") == [
        (pair.owner,)]


def test_check_shows_what_it_will_run_and_changes_nothing(case, pair):
    log = len(case.server.log_text())
    result, _ = case.run(ALTERNATING, "check", pair.state)
    assert (result["class"], result["mutating"]) == ("OK", False), result
    text = "\n".join(line["text"] for line in result["log"])
    assert f'will create "{pair.b}"' in text
    for word in ("LOG:  statement: ALTER", "LOG:  statement: CREATE",
                 "LOG:  statement: GRANT"):
        assert word not in case.server.log_text()[log:]


def test_check_warns_of_objects_that_a_login_owns(case, pair):
    case.sql(f"GRANT CREATE ON SCHEMA public TO {pair.a};"
             f"CREATE TABLE {pair.a}_own (x int);"
             f"ALTER TABLE {pair.a}_own OWNER TO {pair.a}")
    result, _ = case.run(ALTERNATING, "check", pair.state)
    assert any(line["level"] == "warn" and "REASSIGN OWNED" in line["text"]
               for line in result["log"]), result
