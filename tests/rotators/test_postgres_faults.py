"""rotators/postgres when something is wrong: each fault made real, and the
class and code that come of it."""

import contextlib
import os
import signal
import socket
import threading
import time

import pytest

import postgres_server
from postgres_case import (ALTERNATING, SINGLE, Case, case,  # noqa: F401
                           server)
from server import free_port, new_password


@pytest.fixture
def own(case):  # noqa: F811
    user = case.name("app")
    return {"AWSCURRENT": case.secret(user, case.role(user))}


class Proxy:
    """Hands bytes on, one client after another, until `cut(data)` of what a
    client sends says "before" or "after" (having passed it on)."""

    def __init__(self, port, cut, host="127.0.0.1"):
        self.cut = cut
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                threading.Thread(target=self.pump, args=(server, client),
                                 daemon=True).start()
                threading.Thread(target=self.watch, args=(client, server),
                                 daemon=True).start()

    def pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    def watch(self, client, server):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                verdict = self.cut(data)
                if verdict == "before":
                    break
                if verdict == "after":
                    client.shutdown(socket.SHUT_RDWR)
                    server.sendall(data)
                    time.sleep(0.5)
                    break
                server.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
            server.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


@pytest.mark.parametrize("where", ["before", "after"])
def test_lost_commit_is_ambiguous(case, own, where):
    """Before or after the server has read it: nobody can tell which."""
    state = case.ok(SINGLE, "create", own)
    cut = lambda data: where if b"COMMIT" in data else None  # noqa: E731
    with Proxy(case.server.port, cut) as proxy:
        for stage in ("AWSCURRENT", "AWSPENDING"):
            state[stage]["port"] = proxy.port
        result, _ = case.run(SINGLE, "set", state)
        assert (result["class"], result["code"]) == ("AMBIGUOUS",
                                                     "commit-unknown")
        assert result["mutating"]
    for stage in ("AWSCURRENT", "AWSPENDING"):
        state[stage]["port"] = case.server.port
    live = "AWSCURRENT" if where == "before" else "AWSPENDING"
    for stage in ("AWSCURRENT", "AWSPENDING"):
        assert case.logs_in(state[stage]) == (stage == live)
    # The engine finds out by login, and goes on.
    case.ok(SINGLE, "set", state, maybe_set=True)
    assert case.logs_in(state["AWSPENDING"])


def test_connection_lost_before_commit_changed_nothing(case, own):
    state = case.ok(SINGLE, "create", own)
    cut = lambda data: "before" if b"SCRAM-SHA-256$" in data else None  # noqa: E731
    with Proxy(case.server.port, cut) as proxy:
        for stage in ("AWSCURRENT", "AWSPENDING"):
            state[stage]["port"] = proxy.port
        assert case.refused(SINGLE, "set", state) == ("UNREACHABLE",
                                                      "connection-lost")
    state["AWSCURRENT"]["port"] = case.server.port
    assert case.logs_in(state["AWSCURRENT"])


def test_wrong_password(case, own):
    own["AWSCURRENT"]["password"] = new_password()
    assert case.refused(SINGLE, "check", own) == ("AUTH", "password-refused")
    state = case.ok(SINGLE, "create", own)
    assert case.refused(SINGLE, "set", state) == ("AUTH", "password-refused")
    assert case.refused(SINGLE, "test", state) == ("AUTH", "password-refused")


def test_missing_role_looks_like_a_wrong_password(case):
    state = {"AWSCURRENT": case.secret("nobody_here", new_password())}
    assert case.refused(SINGLE, "check", state) == ("AUTH", "password-refused")


def test_missing_role_is_seen_by_an_admin(case):
    state = {"AWSCURRENT": case.secret("nobody_here", new_password()),
             **case.manager()}
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("MISSING", "role-missing")


def test_expired_password_is_seen_by_an_admin(case):
    user = case.name("app")
    password = case.role(user, "LOGIN VALID UNTIL 'yesterday'")
    state = {"AWSCURRENT": case.secret(user, password), **case.manager([user])}
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("AUTH", "password-expired")
    state["options"] = {"repair": True}
    case.ok(SINGLE, "set", state)
    assert case.logs_in(state["AWSPENDING"])


def test_nologin_is_locked_and_stops(case, own):
    case.sql(f"ALTER ROLE {own['AWSCURRENT']['username']} NOLOGIN")
    state = case.ok(SINGLE, "create", own)
    state["AWSPREVIOUS"] = {**state["AWSCURRENT"], "password": new_password()}
    assert case.refused(SINGLE, "set", state) == ("LOCKED", "login-refused")
    assert "authentication failed" not in case.server.log_text()[case.log_start:]


def test_too_many_connections(case, own):
    user, password = (own["AWSCURRENT"][k] for k in ("username", "password"))
    case.sql(f"ALTER ROLE {user} CONNECTION LIMIT 1")
    state = case.ok(SINGLE, "create", own)
    with case.server.connect(user=user, password=password):
        for step in ("check", "set"):
            assert case.refused(SINGLE, step, state) == (
                "BUSY", "too-many-connections")
    assert case.logs_in(state["AWSCURRENT"])


def test_missing_database(case, own):
    own["AWSCURRENT"]["dbname"] = "nowhere"
    assert case.refused(SINGLE, "check", own) == ("CONFIG", "database-missing")


def test_database_that_refuses_the_role(case, own):
    database = case.name("db")
    case.sql(f"CREATE DATABASE {database}")
    case.sql(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
    own["AWSCURRENT"]["dbname"] = database
    assert case.refused(SINGLE, "check", own) == ("DENIED", "right-missing")


def test_refused_port(case, own):
    own["AWSCURRENT"]["port"] = free_port()
    result, _ = case.run(SINGLE, "check", own)
    assert (result["class"], result["code"]) == ("UNREACHABLE", "unreachable")
    assert "refused" in result["message"]


def test_unknown_host(case, own):
    own["AWSCURRENT"]["host"] = "database.invalid"
    assert case.refused(SINGLE, "check", own) == ("UNREACHABLE", "unreachable")


def test_host_that_accepts_and_says_nothing(case, own):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own["AWSCURRENT"]["port"] = listener.getsockname()[1]
        result, _ = case.run(SINGLE, "check", own, deadline_ms=700)
        assert (result["class"], result["code"]) == ("UNREACHABLE", "no-answer")
        assert 600 <= result["ms"] <= 3700


def test_server_that_stops_answering(case, own):
    """Frozen between the login and the change: the step ends in time, and
    nothing has changed."""
    state = case.ok(SINGLE, "create", own)
    frozen = []

    def freeze(data):
        if b"SCRAM-SHA-256$" in data:
            frozen.append(True)
        return None

    class Deaf(Proxy):
        def pump(self, source, sink):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    if not frozen:
                        sink.sendall(data)

    with Deaf(case.server.port, freeze) as proxy:
        for stage in ("AWSCURRENT", "AWSPENDING"):
            state[stage]["port"] = proxy.port
        result, _ = case.run(SINGLE, "set", state, deadline_ms=1500)
        assert frozen
        assert (result["class"], result["code"]) == ("BUSY", "no-answer")
        assert result["ms"] <= 4500
    state["AWSCURRENT"]["port"] = case.server.port
    assert case.logs_in(state["AWSCURRENT"])


def test_lock_on_the_role_ends_by_itself(case, own):
    """Another session is changing the same role: the server gives up before
    the step's time is over, and says so."""
    user = own["AWSCURRENT"]["username"]
    state = case.ok(SINGLE, "create", own)
    with case.server.connect() as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"ALTER ROLE {user} CONNECTION LIMIT 20")
        result, _ = case.run(SINGLE, "set", state, deadline_ms=4000)
        assert result["class"] == "BUSY", result
        assert result["code"] in ("lock-timeout", "statement-timeout")
        assert result["ms"] < 4000
        cursor.execute("ROLLBACK")
    case.ok(SINGLE, "set", state)


def test_server_that_is_shutting_down():
    version = max(postgres_server.installed())
    with postgres_server.PostgresServer(version) as server:
        case = Case(server.start())
        user = case.name("app")
        password = case.role(user)
        state = {"AWSCURRENT": case.secret(user, password)}
        with server.connect(user=user, password=password):
            os.kill(server.process.pid, signal.SIGTERM)  # smart: waits for us
            for _ in range(100):
                result, _ = case.run(SINGLE, "check", state)
                if result["class"] != "OK":
                    break
            assert (result["class"], result["code"]) == ("BUSY",
                                                         "server-starting")


def test_standby_is_refused():
    with postgres_server.PostgresServer(15) as primary:
        case = Case(primary.start())
        user = case.name("app")
        owner = case.name("own")
        case.sql(f"CREATE ROLE {owner}")
        password = case.role(user)
        case.sql(f"GRANT {owner} TO {user}; ALTER ROLE {user} SET role TO {owner}")
        with primary.standby() as standby:
            standby.start()
            for _ in range(200):
                with contextlib.suppress(Exception):
                    if standby.logs_in(user, password):
                        break
            state = {"AWSCURRENT": {**case.secret(user, password),
                                    "port": standby.port}}
            for step in ("check", "set"):
                if step == "set":
                    state = case.ok(SINGLE, "create", state)
                assert case.refused(SINGLE, step, state) == (
                    "CONFIG", "standby")
            case.ok(SINGLE, "test", state, stage="AWSCURRENT")
            state = {"AWSCURRENT": {**state["AWSCURRENT"], "owner": owner,
                                    "login_a": user},
                     "admin": {"username": "admin", "host": "127.0.0.1",
                               "password": primary.admin_password,
                               "port": standby.port}}
            state = case.ok(ALTERNATING, "create", state)
            assert case.refused(ALTERNATING, "set", state) == (
                "CONFIG", "standby")
        case.end()


@pytest.fixture(scope="module", params=postgres_server.installed())
def tls_server(request):
    server = postgres_server.PostgresServer(
        request.param, tls="DNS:localhost,IP:127.0.0.1",
        hba=["hostnossl all all all reject"])
    with server:
        server.start()
        postgres_server.make_authority(server.dir, "other")
        yield server


def tls_state(server, **more):
    case = Case(server)
    user = case.name("app")
    return case, {"AWSCURRENT": {**case.secret(user, case.role(user)), **more}}


def test_tls_is_verified(tls_server):
    case, state = tls_state(
        tls_server, sslrootcert=(tls_server.dir / "ca.crt").read_text())
    state = case.rotate(SINGLE, state)
    result, _ = case.run(SINGLE, "check", state)
    assert any("TLS in use (sslmode verify-full)" in line["text"]
               for line in result["log"])
    case.end()


def test_tls_takes_a_path_too(tls_server):
    case, state = tls_state(tls_server,
                            sslrootcert=str(tls_server.dir / "ca.crt"))
    case.ok(SINGLE, "check", state)


@pytest.mark.parametrize("more", [
    {"sslmode": "verify-full"},  # the system's authorities do not know it
    {"ssl": True},
    {"sslmode": "verify-ca"},
])
def test_tls_by_an_unknown_authority_is_refused(tls_server, more):
    case, state = tls_state(tls_server, **more)
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "tls-untrusted")


def test_tls_by_another_authority_is_refused(tls_server):
    case, state = tls_state(
        tls_server, sslrootcert=(tls_server.dir / "other.crt").read_text())
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "tls-untrusted")


def test_tls_for_another_name_is_refused(tls_server):
    authority = (tls_server.dir / "ca.crt").read_text()
    case, state = tls_state(tls_server, host="127.0.0.2", sslrootcert=authority)
    with Proxy(tls_server.port, lambda data: None, "127.0.0.2") as proxy:
        state["AWSCURRENT"]["port"] = proxy.port
        result, _ = case.run(SINGLE, "check", state)
        assert (result["class"], result["code"]) == ("CONFIG", "tls-untrusted")
        assert "127.0.0.2" in result["message"]
        state["AWSCURRENT"]["sslmode"] = "verify-ca"
        case.ok(SINGLE, "check", state)


def test_no_fallback_to_plaintext(case, own):
    """A server without TLS: a secret that asks for it gets none of us."""
    own["AWSCURRENT"]["sslmode"] = "require"
    assert case.refused(SINGLE, "check", own) == ("CONFIG", "tls-refused")
    for mode in ("prefer", "allow"):
        own["AWSCURRENT"]["sslmode"] = mode
        assert case.refused(SINGLE, "check", own) == ("CONFIG", "sslmode")


def test_server_that_wants_tls_says_so(tls_server):
    """On loopback the default is no TLS; the refusal says where to look."""
    case, state = tls_state(tls_server)
    result, _ = case.run(SINGLE, "check", state)
    assert (result["class"], result["code"]) == ("LOCKED", "login-refused")
    assert "sslmode" in result["message"]
    state["AWSCURRENT"]["sslmode"] = "require"
    case.ok(SINGLE, "check", state)


def test_messages_in_another_language():
    """Texts are German, classes are not."""
    server = postgres_server.PostgresServer(15, language="de")
    with server:
        case = Case(server.start())
        user = case.name("app")
        good = {"AWSCURRENT": case.secret(user, case.role(user))}
        bad = {"AWSCURRENT": {**good["AWSCURRENT"], "password": new_password()}}
        lost = {"AWSCURRENT": {**good["AWSCURRENT"], "dbname": "nowhere"}}
        german = {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}
        for state, expected in ((bad, ("AUTH", "password-refused")),
                                (lost, ("CONFIG", "database-missing"))):
            assert case.refused(SINGLE, "check", state, env=german) == expected
        if "fehlgeschlagen" not in server.log_text():
            pytest.skip("this server has no German messages")
        case.sql(f"ALTER ROLE {user} CONNECTION LIMIT 0")
        assert case.refused(SINGLE, "check", good, env=german) == (
            "BUSY", "too-many-connections")
        case.sql(f"ALTER ROLE {user} NOLOGIN")
        assert case.refused(SINGLE, "check", good, env=german) == (
            "LOCKED", "login-refused")


def test_no_plaintext_where_statements_are_kept():
    """pg_stat_statements and log_min_duration_statement keep each text, and
    passwordcheck looks at it."""
    server = postgres_server.PostgresServer(15, settings={
        "shared_preload_libraries": "pg_stat_statements,passwordcheck",
        "pg_stat_statements.track_utility": "on",
        "log_min_duration_statement": 0,
    })  # fmt: skip
    with server:
        try:
            case = Case(server.start())
        except RuntimeError as failure:
            if "could not access file" in str(failure):
                pytest.skip("PostgreSQL 15 has no contrib modules")
            raise
        case.sql("CREATE EXTENSION pg_stat_statements")
        user = case.name("app")
        state = {"AWSCURRENT": case.secret(user, case.role(user)),
                 "options": {"adopt": True}, **case.manager([user])}
        case.sql(f"GRANT pg_read_all_settings TO {user}")
        result, _ = case.run(SINGLE, "check", {"AWSCURRENT": state["AWSCURRENT"]})
        assert any(line["level"] == "warn" and "passwordcheck" in line["text"]
                   for line in result["log"]), result
        state = case.rotate(ALTERNATING, state)
        case.ok(ALTERNATING, "retire", state)
        kept = case.sql("SELECT query FROM pg_stat_statements")
        assert any("PASSWORD" in query for (query,) in kept)
        for password in case.passwords:
            assert not any(password in query for (query,) in kept)
        case.end()
