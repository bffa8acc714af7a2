"""What the tests of rotators/mysql share: servers that live as long as one
test file, accounts and secrets on them, and the check that ends each test: no
password in any of the server's logs."""

import hashlib
import itertools
import json

import pymysql
import pytest

import mysql_server
from server import new_password
from step import Plugin

MYSQL = Plugin("mysql")
SINGLE = "mysql-single-user"
DUAL = "mysql-dual-password"
ALTERNATING = "mysql-alternating-users"
SERVERS = {
    "mariadb": mysql_server.MariaDb,
    "mysql57": mysql_server.MySql57,
    "mysql9": mysql_server.MySql9,
}
_numbers = itertools.count(1)


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def native(password):
    digest = hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest()
    return "*" + digest.upper()


def started(name, *options):
    """A started server; skips the test by name where it cannot be had."""
    try:
        return SERVERS[name](*options).start()
    except mysql_server.Missing as missing:
        pytest.skip(str(missing))


def server_fixture(*names):
    """A module's fixture: one server of each name, for as long as the file."""

    @pytest.fixture(scope="module", params=names)
    def server(request):
        with started(request.param) as s:
            yield s

    return server


class Case:
    """One test's accounts and secrets on a server."""

    def __init__(self, server, plugin=MYSQL):
        self.server = server
        self.plugin = plugin
        self.number = next(_numbers)
        self.passwords = []

    def name(self, word):
        return f"{word}{self.number}"

    def sql(self, *statements):
        return self.server.sql(*statements)

    @property
    def is_mariadb(self):
        return self.server.name == "mariadb"

    def account(self, name, *hosts, password=None, more=""):
        """CREATE USER for each host, without plaintext in a log."""
        password = password or new_password()
        self.passwords.append(password)
        for host in hosts or ("%",):
            who = f"{quoted(name)}@{quoted(host)}"
            if self.is_mariadb:
                how = f"VIA mysql_native_password USING '{native(password)}'"
            elif self.server.name == "mysql57":
                how = f"WITH mysql_native_password AS '{native(password)}'"
            else:
                how = f"BY {quoted(password)}"  # MySQL logs <secret>
            self.sql(f"CREATE USER {who} IDENTIFIED {how} {more}")
        return password

    def set_password(self, name, password, host="%"):
        self.passwords.append(password)
        who = f"{quoted(name)}@{quoted(host)}"
        if self.is_mariadb:
            how = f"VIA mysql_native_password USING '{native(password)}'"
        else:
            how = f"BY {quoted(password)}"
        self.sql(f"ALTER USER {who} IDENTIFIED {how}")

    def manager(self, *grants):
        """An admin with what README.md asks for, and no more."""
        name = self.name("mgr")
        password = self.account(name)
        for grant in grants or ("CREATE USER ON *.*", "SELECT ON mysql.*"):
            self.sql(f"GRANT {grant} TO '{name}'@'%'")
        return self.admin(name, password)

    def admin(self, name, password):
        return {
            "admin": {
                "username": name,
                "password": password,
                "host": "127.0.0.1",
                "port": self.server.port,
            }
        }

    def state(self, name, password, **more):
        """AWSCURRENT alone."""
        return {"AWSCURRENT": self.server.secret(name, password, **more)}

    def logs_in(self, secret):
        return self.server.logs_in(secret["username"], secret["password"])

    def run(self, rotator, step, state, **kw):
        result, state = self.plugin.run(rotator, step, state, **kw)
        for version in state.values():
            if isinstance(version, dict):
                if isinstance(version.get("password"), str):
                    self.passwords.append(version["password"])
        said = json.dumps([result["message"], result["log"]])
        for password in self.passwords:
            assert json.dumps(password)[1:-1] not in said
        assert result["stderr"] == ""
        return result, state

    def ok(self, rotator, step, state, **kw):
        result, state = self.run(rotator, step, state, **kw)
        assert result["class"] == "OK", (step, result)
        return state

    def rotate(self, rotator, state):
        for step in ("create", "set", "test", "finish", "promote"):
            state = self.ok(rotator, step, state)
        return state

    def set_pending(self, rotator, state):
        for step in ("create", "set"):
            state = self.ok(rotator, step, state)
        return state

    def refused(self, rotator, step, state, **kw):
        """(class, code) of a step that must fail."""
        result, _ = self.run(rotator, step, state, **kw)
        assert result["class"] != "OK", step
        assert result["message"] and "\n" not in result["message"]
        return result["class"], result["code"]

    def lines(self, rotator, state):
        """The lines of a `check` that must pass, as one text."""
        result, _ = self.run(rotator, "check", state)
        assert result["class"] == "OK", result
        assert not result["mutating"]
        return json.dumps(result["log"])

    def end(self):
        logged = self.server.logged()
        assert b"CREATE USER" in logged or not self.passwords
        for password in set(self.passwords):
            assert password.encode() not in logged
            escaped = quoted(password)[1:-1].encode()
            assert escaped not in logged


@pytest.fixture
def case(server):
    c = Case(server)
    yield c
    c.end()


def sessions_of(server, user):
    return server.sql(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST "
        f"WHERE USER = '{user}'"
    )[0][0]


__all__ = [
    "ALTERNATING", "Case", "DUAL", "MYSQL", "SERVERS", "SINGLE", "case",
    "native", "pymysql", "quoted", "server_fixture", "sessions_of", "started",
]  # fmt: skip
