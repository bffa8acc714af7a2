"""One keyturnd and one client a file; the cases of cases/ are played through
it, each as a test of its own."""

import tempfile

import pytest

from cases import CASES
from endpoint import Endpoint
from keyturn_server import MemoryTarget
from play import Play


@pytest.fixture(scope="module")
def endpoint():
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder) as endpoint:
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
        variables = {
            "memory": good.value(),
            "busy": busy.value(),
            "kms_key": endpoint.kms_key,
        }
        Play(case, client, variables).run()

    return run
