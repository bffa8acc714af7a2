"""What rotators/mysql says of networks, certificates, policies and servers
that fail, and that it keeps to its deadline."""

import contextlib
import signal
import socket
import threading
import time

import pytest

from mysql_case import (  # noqa: F401
    DUAL, MYSQL, SINGLE, Case, case, native, quoted, server_fixture, started,
)
from server import free_port, new_password

server = server_fixture("mariadb", "mysql57", "mysql9")


def only(*names):
    """The servers that a test is about."""
    return pytest.mark.parametrize("server", names, indirect=True,
                                   scope="module")


@pytest.fixture
def state(case):
    name = case.name("app")
    password = case.account(name)
    return {**case.state(name, password), **case.manager()}


def timed(case, step, state, **kw):
    before = time.monotonic()
    refused = case.refused(SINGLE, step, state, **kw)
    return refused, time.monotonic() - before


# Networks

def test_closed_port_is_unreachable(case, state):
    state = case.ok(SINGLE, "create", state)
    del state["admin"]
    state["AWSCURRENT"]["port"] = free_port()
    state["AWSPENDING"]["port"] = state["AWSCURRENT"]["port"]
    for step in ("set", "test", "check", "revert"):
        assert case.refused(SINGLE, step, state) == (
            "UNREACHABLE", "unreachable")


def test_name_that_does_not_resolve(case, state):
    state["AWSCURRENT"]["host"] = "no-such-host.invalid"
    del state["admin"]
    assert case.refused(SINGLE, "check", state) == (
        "UNREACHABLE", "host-unknown")


@pytest.mark.parametrize("sslmode", ["disable", "verify-full"])
@pytest.mark.parametrize("deadline_ms", [1000, 3000])
def test_silent_server_ends_at_the_deadline(case, state, deadline_ms, sslmode):
    del state["admin"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        state["AWSCURRENT"].update(port=silent.getsockname()[1],
                                   sslmode=sslmode)
        (kind, _), seconds = timed(case, "check", state,
                                   deadline_ms=deadline_ms)
    assert kind == "UNREACHABLE"
    assert seconds < deadline_ms / 1000 + 1.5


def test_server_that_stops_in_a_statement_ends_at_the_deadline(case, state):
    """It logs us in and then says nothing: only the watchdog ends that."""
    del state["admin"]
    with Proxy(case.server, drop_replies_after=b"SET SESSION") as proxy:
        state["AWSCURRENT"].update(port=proxy.port, sslmode="disable")
        (kind, _), seconds = timed(case, "check", state, deadline_ms=2500)
    assert kind == "UNREACHABLE"
    assert 2 < seconds < 4


def test_slow_server_ends_at_the_deadline(case, state):
    """No single reply takes too long; all of them together do."""
    del state["admin"]
    with Proxy(case.server, b"\0never said\0", delay=0.6) as proxy:
        state["AWSCURRENT"].update(port=proxy.port, sslmode="disable")
        (kind, _), seconds = timed(case, "check", state, deadline_ms=2600)
    assert kind == "UNREACHABLE"
    assert seconds < 4


class Proxy:
    """Hands bytes on until the client says a word; from then on the server's
    replies are dropped, or the client is cut off.  `delay`: seconds before
    each reply."""

    def __init__(self, server, drop_replies_after, cut=False, delay=0):
        self.server, self.word, self.cut = server, drop_replies_after, cut
        self.delay = delay
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = []

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for s in [self.listener, *self.sockets]:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                upstream = socket.create_connection(
                    ("127.0.0.1", self.server.port))
                self.sockets += [client, upstream]
                said = threading.Event()
                for pair in ((client, upstream), (upstream, client)):
                    threading.Thread(target=self.pump, daemon=True,
                                     args=(*pair, client, said)).start()

    def pump(self, source, sink, client, said):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source is client and self.word in data:
                    said.set()
                if source is not client:
                    time.sleep(self.delay)
                if source is client or not said.is_set():
                    sink.sendall(data)
                elif self.cut:  # the statement is done; its reply is lost
                    client.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("by", ["own", "admin"])
def test_lost_reply_is_ambiguous_and_then_found_out(case, state, by):
    if by == "own":
        del state["admin"]
    state = case.ok(SINGLE, "create", state)
    # Nobody reads along on loopback, so the proxy may see the statements.
    word = b"SET PASSWORD" if case.is_mariadb and by == "own" else b"ALTER USER"
    with Proxy(case.server, word, cut=True) as proxy:
        for version in state.values():
            if isinstance(version, dict):
                version.update(port=proxy.port, sslmode="disable")
        result, _ = case.run(SINGLE, "set", state)
        assert (result["class"], result["code"]) == (
            "AMBIGUOUS", "outcome-unknown")
        assert result["mutating"]
    for version in state.values():
        if isinstance(version, dict):
            version.update(port=case.server.port, sslmode="disable")
    result, state = case.run(SINGLE, "set", state, maybe_set=True)
    assert (result["class"], result["mutating"]) == ("OK", False)
    case.ok(SINGLE, "test", state)


def test_port_of_something_else(case, state):
    del state["admin"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        state["AWSCURRENT"]["port"] = other.getsockname()[1]
        thread = threading.Thread(target=speak, args=(other,), daemon=True)
        thread.start()
        assert case.refused(SINGLE, "check", state)[0] in (
            "UNREACHABLE", "CONFIG")


def speak(listener):
    with contextlib.suppress(OSError):
        client, _ = listener.accept()
        client.sendall(b"220 mail.example.com ESMTP\r\n")
        client.close()


# TLS

@pytest.mark.parametrize("sslmode", ["require", "verify-ca", "verify-full"])
def test_right_authority(case, state, sslmode):
    state["AWSCURRENT"]["sslmode"] = sslmode
    assert "TLS in use" in case.lines(SINGLE, state)


def test_authority_as_text(case, state):
    path = state["AWSCURRENT"]["sslrootcert"]
    with open(path) as f:
        state["AWSCURRENT"]["sslrootcert"] = f.read()
    case.rotate(SINGLE, state)


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_wrong_authority(case, state, sslmode):
    wrong = str(case.server.dir / "other-ca.pem")
    state["AWSCURRENT"].update(sslmode=sslmode, sslrootcert=wrong)
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "tls-untrusted")
    del state["AWSCURRENT"]["sslrootcert"]  # the system's authorities
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "tls-untrusted")


def test_wrong_name(case, state):
    """127.0.0.2 is not in the certificate."""
    state["AWSCURRENT"]["host"] = "127.0.0.2"
    del state["admin"]
    with forward("127.0.0.2", case.server.port) as port:
        state["AWSCURRENT"].update(port=port, sslmode="verify-full")
        assert case.refused(SINGLE, "check", state) == (
            "CONFIG", "tls-untrusted")
        state["AWSCURRENT"].update(sslmode="verify-ca")
        case.ok(SINGLE, "check", state)


@contextlib.contextmanager
def forward(host, port):
    class At:
        pass

    target = At()
    target.port = port
    proxy = Proxy(target, b"\0never said\0")
    proxy.listener.close()
    proxy.listener = socket.create_server((host, 0))
    proxy.port = proxy.listener.getsockname()[1]
    with proxy:
        yield proxy.port


def test_authority_that_cannot_be_read(case, state):
    state["AWSCURRENT"]["sslrootcert"] = "/no/such/file.pem"
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "tls-file")


def test_modes_that_fall_back_are_refused(case, state):
    state["AWSCURRENT"]["sslmode"] = "prefer"
    assert case.refused(SINGLE, "check", state) == ("CONFIG", "sslmode")


def test_server_without_tls_is_refused():
    with started("mariadb", "--skip-ssl") as server:
        case = Case(server)
        name = case.name("app")
        password = case.account(name)
        for sslmode in ("require", "verify-full"):
            state = case.state(name, password, sslmode=sslmode)
            assert case.refused(SINGLE, "check", state) == (
                "CONFIG", "tls-refused")


def test_without_tls_on_loopback(case, state):
    for version in ("AWSCURRENT", "admin"):
        state[version]["sslmode"] = "disable"
    state = case.rotate(SINGLE, state)
    assert case.logs_in(state["AWSCURRENT"])


def test_unix_socket(case):
    name = case.name("sock")
    password = case.account(name, "localhost")
    state = case.state(name, password)
    state["AWSCURRENT"]["host"] = str(case.server.socket)
    case.rotate(SINGLE, state)


# Servers

def test_too_many_connections(case, state):
    was = case.sql("SELECT @@global.max_connections")[0][0]
    name = state["AWSCURRENT"]["username"]
    case.sql("SET GLOBAL max_connections = 10")
    held = []
    try:
        with pytest.raises(Exception):
            for _ in range(40):
                held.append(case.server.login(
                    name, state["AWSCURRENT"]["password"]))
        assert case.refused(SINGLE, "check", state) == (
            "BUSY", "too-many-connections")
    finally:
        for connection in held:
            connection.close()
        time.sleep(0.2)
        case.sql(f"SET GLOBAL max_connections = {was}")


def test_account_at_its_own_limit(case, state):
    name = state["AWSCURRENT"]["username"]
    case.sql(f"ALTER USER '{name}'@'%' WITH MAX_USER_CONNECTIONS 1")
    with case.server.login(name, state["AWSCURRENT"]["password"]):
        assert case.refused(SINGLE, "check", state) == (
            "BUSY", "too-many-connections")


def test_read_only_server_is_refused(case, state):
    state = case.ok(SINGLE, "create", state)
    case.sql("SET GLOBAL read_only = 1")
    try:
        for step in ("set", "check", "revert"):
            assert case.refused(SINGLE, step, state) == (
                "CONFIG", "read-only")
    finally:
        case.sql("SET GLOBAL read_only = 0")


@only("mariadb", "mysql9")
def test_blocked_account(case, state):
    name = state["AWSCURRENT"]["username"]
    if case.is_mariadb:
        case.sql("SET GLOBAL max_password_errors = 2")
    else:
        case.sql(f"ALTER USER '{name}'@'%' "
                 "FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1")
    try:
        for _ in range(3):
            case.server.refused_with(name, "wrong")
        state = case.ok(SINGLE, "create", state)
        assert case.refused(SINGLE, "set", state) == (
            "LOCKED", "account-blocked")
    finally:
        if case.is_mariadb:
            case.sql("SET GLOBAL max_password_errors = 1000000")


@only("mariadb", "mysql9")
def test_account_by_another_plugin_is_left_alone(case, state):
    name, how = state["AWSCURRENT"]["username"], "VIA unix_socket"
    if not case.is_mariadb:
        case.sql("INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'")
        how = "WITH auth_socket"
    case.sql(f"CREATE USER '{name}'@'10.0.0.1' IDENTIFIED {how}")
    state = case.ok(SINGLE, "create", state)
    result, _ = case.run(SINGLE, "set", state)
    assert (result["class"], result["code"]) == ("CONFIG", "plugin-unknown")
    assert not result["mutating"]
    state["AWSCURRENT"]["hosts"] = ["%"]
    state["AWSPENDING"]["hosts"] = ["%"]
    case.ok(SINGLE, "set", state)


@only("mariadb")
def test_socket_or_password_is_left_alone(case, state):
    name, password = (state["AWSCURRENT"][k] for k in ("username", "password"))
    case.sql(f"ALTER USER '{name}'@'%' IDENTIFIED VIA unix_socket OR "
             f"mysql_native_password USING '{native(password)}'")
    state = case.ok(SINGLE, "create", state)
    assert case.refused(SINGLE, "set", state) == ("CONFIG", "plugin-unknown")
    del state["admin"]
    assert case.refused(SINGLE, "set", state)[0] == "CONFIG"


@only("mysql57", "mysql9")
def test_sha256_password(case):
    name, old = case.name("sha"), new_password()
    case.passwords.append(old)
    case.sql(f"CREATE USER '{name}'@'%' IDENTIFIED WITH sha256_password "
             f"BY '{old}'")
    for more in ({}, case.manager()):
        state = case.rotate(SINGLE, {**case.state(name, old), **more})
        old = state["AWSCURRENT"]["password"]
        assert case.logs_in(state["AWSCURRENT"])
    plugin = case.sql(f"SELECT plugin FROM mysql.user WHERE user='{name}'")
    assert plugin[0][0] == "sha256_password"


@only("mysql9")
def test_sha2_rounds_of_the_server_are_kept(case):
    name = case.name("rounds")
    state = {**case.state(name, case.account(name)), **case.manager()}
    case.rotate(SINGLE, state)
    stored = case.sql("SELECT authentication_string FROM mysql.user "
                      f"WHERE user = '{name}'")[0][0]
    rounds = case.sql("SELECT @@caching_sha2_password_digest_rounds")[0][0]
    assert stored.startswith(f"$A${rounds // 1000:03X}$")


@only("mariadb")
def test_ed25519(case):
    case.sql("INSTALL SONAME 'auth_ed25519'")
    name = case.name("ed")
    old = new_password() + "12345678"
    assert len(old) == 32
    case.sql("SET SESSION sql_log_off = 1",
             f"CREATE USER '{name}'@'%' IDENTIFIED VIA ed25519 "
             f"USING PASSWORD('{new_password()}')")
    state = {**case.state(name, old), **case.manager(),
             "options": {"repair": True}}
    state = case.ok(SINGLE, "create", state)
    state = case.ok(SINGLE, "set", state)
    state = case.ok(SINGLE, "test", state)
    state = case.ok(SINGLE, "promote", state)
    for step in ("create", "set", "test", "promote", "retire"):
        state = case.ok(DUAL, step, state)
    del state["admin"]
    state = case.ok(SINGLE, "create", state)
    state = case.ok(SINGLE, "set", state)
    case.ok(SINGLE, "test", state)
    state["AWSPENDING"]["password"] = "short"
    assert case.refused(SINGLE, "set", state, maybe_set=False)[0] in (
        "AUTH", "CONFIG")


# Policies

@only("mariadb", "mysql9")
def test_weak_password_under_a_policy(case, state):
    """Only where the server judges the password itself."""
    install, remove = POLICIES[case.server.name]
    case.sql(*install)
    try:
        for by in ("admin", "own"):
            if by == "own":
                del state["admin"]
            elif case.is_mariadb:
                name = state["admin"]["username"]
                case.sql(f"GRANT UPDATE ON mysql.* TO '{name}'@'%'",
                         f"GRANT SUPER ON *.* TO '{name}'@'%'")
            weak = {**state, "AWSPENDING": {**state["AWSCURRENT"],
                                            "password": "weak" + by}}
            if by == "own" and case.is_mariadb:
                # It may not leave the general log, which would show it.
                assert case.refused(SINGLE, "set", weak) == (
                    "CONFIG", "plaintext-refused")
                continue
            assert case.refused(SINGLE, "set", weak) == (
                "POLICY", "password-rejected")
            state = case.rotate(SINGLE, state)
            assert case.logs_in(state["AWSCURRENT"])
    finally:
        case.sql(remove)


POLICIES = {
    "mariadb": (["INSTALL SONAME 'simple_password_check'"],
                "UNINSTALL SONAME 'simple_password_check'"),
    "mysql9": (["INSTALL COMPONENT 'file://component_validate_password'"],
               "UNINSTALL COMPONENT 'file://component_validate_password'"),
}


@only("mariadb", "mysql9")
def test_dual_password_under_a_policy(case, state):
    install, remove = POLICIES[case.server.name]
    case.sql(*install)
    try:
        state = case.ok(DUAL, "create", state)
        if case.is_mariadb:
            assert case.refused(DUAL, "set", state) == (
                "CONFIG", "verifier-refused")
        else:
            state = case.ok(DUAL, "set", state)
            case.ok(DUAL, "test", state)
    finally:
        case.sql(remove)


@only("mysql57", "mysql9")
def test_plaintext_is_not_sent_where_it_can_be_overheard(case, state):
    """MySQL must see an account's own new password; not over this network."""
    del state["admin"]
    address = own_address()
    if not address:
        pytest.skip("this machine has loopback only")
    state = case.ok(SINGLE, "create", state)
    with forward(address, case.server.port) as port:
        for version in ("AWSCURRENT", "AWSPENDING"):
            state[version].update(host=address, port=port, sslmode="disable")
        assert case.refused(SINGLE, "set", state) == (
            "CONFIG", "plaintext-refused")


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = s.getsockname()[0]
        return None if address.startswith("127.") else address


def test_frozen_server_ends_at_the_deadline():
    with started("mariadb") as server:
        case = Case(server)
        name = case.name("app")
        state = case.state(name, case.account(name))
        server.process.send_signal(signal.SIGSTOP)
        try:
            (kind, _), seconds = timed(case, "check", state, deadline_ms=1500)
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert kind == "UNREACHABLE"
        assert seconds < 3.5
        case.ok(SINGLE, "check", state)
