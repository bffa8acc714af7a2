"""What the tests of rotators/oauth share: one server a file, and after each
step the look for tokens in whatever the plugin said."""

import json
import os
import subprocess
import tempfile
import time

import pytest

from oauth_server import OAuthServer
from server import BUILD
from step import Plugin

ROTATOR = "oauth-refresh-token"
PLUGIN = Plugin("oauth")
SECRET_MEMBERS = ("client_secret", "refresh_token", "access_token")


def secrets_of(state):
    """What must not be shown of a state, and large pieces of it."""
    values = set()
    for version in state.values():
        if isinstance(version, dict):
            values.update(str(version.get(m) or "") for m in SECRET_MEMBERS)
    long = {v for v in values if len(v) >= 8}
    return long | {v[:22] for v in long} | {v[-22:] for v in long}


class Case:
    def __init__(self, oauth_server):
        self.server = oauth_server
        oauth_server.fault("none", 0)
        oauth_server.seen()

    def state(self, word="basic", options=None, access_token=False, **more):
        state = {"AWSCURRENT": self.server.secret(word, access_token, **more)}
        if options is not None:
            state["options"] = options
        return state

    def now(self):
        return time.time()

    def run(self, step, state, **kw):
        result, after = PLUGIN.run(ROTATOR, step, state, **kw)
        said = json.dumps([result["message"], result["log"]])
        for value in secrets_of(state) | secrets_of(after):
            assert value not in said
            assert json.dumps(value)[1:-1] not in said
        assert result["stderr"] == ""
        assert "\n" not in result["message"]
        return result, after

    def ok(self, step, state, **kw):
        result, state = self.run(step, state, **kw)
        assert result["class"] == "OK", (step, result)
        return state

    def rotate(self, state):
        for step in ("create", "set", "test", "finish", "promote"):
            state = self.ok(step, state)
        state.pop("saved", None)  # the note goes with the rotation
        return state

    def refused(self, step, state, **kw):
        """(class, code) of a step that must fail."""
        result, _ = self.run(step, state, **kw)
        assert result["class"] != "OK", step
        assert result["message"]
        return result["class"], result["code"]

    def killed(self, step, state, when):
        """The state that is durable when the process is killed, which happens
        as soon as when() is true."""
        with tempfile.TemporaryDirectory(prefix="kt-step-") as folder:
            path = os.path.join(folder, "state.json")
            with open(path, "w") as f:
                json.dump(state, f)
            process = subprocess.Popen(
                [BUILD / "bin" / "rotator-step", PLUGIN.path, ROTATOR, step,
                 path],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
            try:
                end = time.monotonic() + 20
                while not when():
                    assert process.poll() is None, process.communicate()
                    assert time.monotonic() < end
                    time.sleep(0.02)
            finally:
                process.kill()
                process.communicate()
            with open(path) as f:
                return json.load(f)


@pytest.fixture(scope="module")
def server():
    with OAuthServer() as running:
        yield running.start()


@pytest.fixture
def oauth(server):
    return Case(server)
