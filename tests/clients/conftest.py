"""One keyturnd and one client a file; the cases of cases/ are played through
it, each as a test of its own."""

import pathlib
import tempfile

import pytest

import keyturn_server
from cases import CASES
from keyturn_server import MemoryTarget
from play import Play

# root's is that of development mode (engine/server/dev.c).
KEYS = {
    "root": (
        "AKIDKEYTURNDEVROOT00",
        "keyturn-development-root-not-a-secret-00",
        None,
    ),
    "forger": ("AKIDKEYTURNDEVROOT00", "not-the-key-of-that-name", None),
    "stranger": ("AKIDOFNOBODYATALL000", "not-the-key-of-that-name", None),
}


class Endpoint:
    """Where the clients are sent, and as whom."""

    ca = None

    def __init__(self, keyturn, folder):
        self.keyturn, self.folder = keyturn, folder
        self.url = f"http://127.0.0.1:{keyturn.port}"

    def credentials(self, who):
        """Access key id, secret access key, session token or None."""
        return KEYS[who]


@pytest.fixture(scope="module")
def endpoint():
    server = keyturn_server.KeyturnServer(environment={"KEYTURN_DEV": "1"})
    server.write_settings(listen=f"127.0.0.1:{server.port}")
    with server, tempfile.TemporaryDirectory() as folder:
        yield Endpoint(server, pathlib.Path(folder))
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
    """Plays a case; the rotators' target is made when the case names it."""

    def run(case):
        good = MemoryTarget(endpoint.keyturn)
        busy = MemoryTarget(endpoint.keyturn, fail={"create": "BUSY"})
        variables = {"memory": good.value(), "busy": busy.value()}
        Play(case, client, variables).run()

    return run
