"""One keyturnd and one client a file; the cases of cases/ are played through
it, each as a test of its own."""

import pathlib
import tempfile

import pytest

import principals
from cases import CASES
from certificates import Authority
from keyturn_server import KeyturnServer, MemoryTarget
from play import Play


class Endpoint:
    """Where the clients are sent, and as whom: a keyturnd behind TLS, with an
    authority that only they trust."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.keyturn = KeyturnServer()
        authority = Authority(self.keyturn.dir)
        self.ca = authority.path
        cert, key = authority.issue("server")
        self.keyturn.write_settings(
            listen="127.0.0.1:0 tls", tls_cert=cert, tls_key=key
        )

    def begin(self):

        port = self.keyturn.wait_event("ready")["port"]
        self.url = f"https://127.0.0.1:{port}"
        keys = principals.make(self.keyturn)
        key_id, key, _ = keys["root"]
        keys["forger"] = (key_id, key[::-1], None)
        keys["stranger"] = ("AKIAABCDEFGHIJKLMNOP", key, None)
        self.keys = keys

    def credentials(self, who):
        """Access key id, secret access key, session token or None."""
        return self.keys[who]


@pytest.fixture(scope="module")
def endpoint():
    with tempfile.TemporaryDirectory() as folder:
        endpoint = Endpoint(folder)
        with endpoint.keyturn:
            endpoint.begin()
            yield endpoint
            server = endpoint.keyturn
            assert server.process.poll() is None, server.log_text()[-4000:]
            assert "Sanitizer" not in server.log_text()


def pytest_generate_tests(metafunc):
    """The cases that this file's client can send."""
    if "case" in metafunc.fixturenames:
        name = metafunc.module.CLIENT
        mine = [c for c in CASES if c.only is None or name in c.only]
        metafunc.parametrize("case", mine, ids=[c.title for c in mine])


@pytest.fixture
def play(endpoint, client):
    """Plays a case."""

    def run(case):
        good = MemoryTarget(endpoint.keyturn)
        busy = MemoryTarget(endpoint.keyturn, fail={"create": "BUSY"})
        variables = {"memory": good.value(), "busy": busy.value()}
        Play(case, client, variables).run()

    return run
