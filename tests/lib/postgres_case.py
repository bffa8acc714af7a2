"""What the tests of rotators/postgres share: servers that live as long as one
test file, roles and secrets on them, and the check that ends each test: no
password in the server's log."""

import itertools
import json

import psycopg2
import pytest

import postgres_server
from postgres_server import identifier
from server import new_password
from step import Plugin

POSTGRES = Plugin("postgres")
SINGLE = "postgres-single-user"
ALTERNATING = "postgres-alternating-users"
_numbers = itertools.count(1)


def version_params():
    found = postgres_server.installed()
    return [
        pytest.param(v, marks=[] if v in found else pytest.mark.skip(
            reason=f"PostgreSQL {v} is not installed"))
        for v in (15, 18)
    ]  # fmt: skip


def literal(text):
    return psycopg2.extensions.adapt(text).getquoted().decode()


class Case:
    """One test's secrets on a server."""

    def __init__(self, server):
        self.server = server
        self.version = server.version
        self.number = next(_numbers)
        self.passwords = []
        self.was_set = False  # a password, by us; so the log shows a verifier
        self.log_start = len(server.log_text())

    def name(self, word):
        return f"{word}{self.number}"

    def sql(self, text, **login):
        return self.server.sql(text, **login)

    def role(self, name, words="LOGIN", password=None):
        """CREATE ROLE with a password whose plaintext stays out of the log."""
        self.sql(f"CREATE ROLE {identifier(name)} {words}")
        password = password or new_password()
        self.set_password(name, password)
        return password

    def set_password(self, name, password):
        self.passwords.append(password)
        self.was_set = True
        with self.server.connect() as c, c.cursor() as cursor:
            verifier = psycopg2.extensions.encrypt_password(
                password, name, scope=c, algorithm="scram-sha-256")
            cursor.execute(f"ALTER ROLE {identifier(name)} PASSWORD "
                           + literal(verifier))

    def secret(self, username, password, **more):
        return {"engine": "postgres", "host": "127.0.0.1",
                "port": self.server.port, "username": username,
                "password": password, "dbname": "postgres", **more}

    def manager(self, over=()):
        """An admin without superuser rights: CREATEROLE, and from 16 on ADMIN
        OPTION on these roles.  The state's members for it."""
        name = self.name("mgr")
        password = self.role(name, "LOGIN CREATEROLE")
        for role in over if self.version >= 16 else ():
            self.sql(f"GRANT {identifier(role)} TO {name} "
                     "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
        return self.admin(name, password)

    def admin(self, name, password):
        return {"admin": {"username": name, "password": password,
                          "host": "127.0.0.1", "port": self.server.port}}

    def logs_in(self, secret):
        return self.server.logs_in(secret["username"], secret["password"])

    def run(self, rotator, step, state, **kw):
        result, state = POSTGRES.run(rotator, step, state, **kw)
        for version in state.values():
            if isinstance(version, dict) and "password" in version:
                if isinstance(version["password"], str):
                    self.passwords.append(version["password"])
        said = json.dumps([result["message"], result["log"]])
        for password in self.passwords:
            assert password not in said
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

    def refused(self, rotator, step, state, **kw):
        """(class, code) of a step that must fail."""
        result, _ = self.run(rotator, step, state, **kw)
        assert result["class"] != "OK", step
        assert result["message"] and "\n" not in result["message"]
        return result["class"], result["code"]

    def end(self):
        """With log_statement=all, nothing but verifiers is in the log."""
        log = self.server.log_text()[self.log_start:]
        assert "PASSWORD 'SCRAM-SHA-256$" in log or not self.was_set
        for password in self.passwords:
            assert password not in log


@pytest.fixture(scope="module", params=version_params())
def server(request):
    with postgres_server.PostgresServer(request.param) as s:
        yield s.start()


@pytest.fixture
def case(server):
    c = Case(server)
    yield c
    c.end()
