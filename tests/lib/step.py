"""Calls single steps of a rotator plugin, in a process of their own.

    plugin = Plugin("postgres")                  # or a path to a .so
    result, state = plugin.run("postgres-single-user", "create", state)
    assert result["class"] == "OK"

The state is what sdk/kit/local_host.h describes: AWSCURRENT, AWSPENDING,
AWSPREVIOUS, admin, options, saved.  The one that was passed in stays as it
is.
"""

import json
import os
import pathlib
import subprocess
import tempfile

from server import BUILD


class StepCrash(Exception):
    """The step ended its process; `state` is what was durable by then."""

    def __init__(self, returncode, stderr, state):
        super().__init__(f"rotator-step ended with {returncode}\n{stderr}")
        self.returncode = returncode
        self.stderr = stderr
        self.state = state


class Plugin:
    """`loader`: what stands before the program on the command line, for a
    plugin whose libraries are another system's."""

    def __init__(self, path, loader=()):
        self.loader = list(loader)
        path = pathlib.Path(path)
        if path.suffix != ".so":
            path = BUILD / "rotators-out" / f"{path}.so"
        self.path = path.resolve()

    def run(self, rotator, step, state, *, stage=None, deadline_ms=None,
            maybe_set=False, attempt=None, env=None, timeout=120):
        """One step: (result, new state).  result["stderr"] is whatever the
        plugin printed.  Raises StepCrash when there is no result."""
        with tempfile.TemporaryDirectory(prefix="kt-step-") as folder:
            path = os.path.join(folder, "state.json")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
                json.dump(state, f)
            command = [*self.loader, BUILD / "bin" / "rotator-step", self.path,
                       rotator, step, path]
            if stage is not None:
                command += ["--stage", stage]
            if deadline_ms is not None:
                command += ["--deadline-ms", str(deadline_ms)]
            if maybe_set:
                command += ["--maybe-set"]
            if attempt is not None:
                command += ["--attempt", str(attempt)]
            done = subprocess.run(
                [str(c) for c in command], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, errors="replace",
                timeout=timeout, env={**os.environ, **(env or {})})
            with open(path) as f:
                new_state = json.load(f)
        if done.returncode not in (0, 1) or not done.stdout.endswith("}\n"):
            raise StepCrash(done.returncode, done.stderr, new_state)
        result = json.loads(done.stdout)
        result["stderr"] = done.stderr
        return result, new_state

    def ok(self, rotator, step, state, **kw):
        """The new state of a step that must succeed."""
        result, new_state = self.run(rotator, step, state, **kw)
        assert result["class"] == "OK", (step, result)
        return new_state

    def rotate(self, rotator, state, **kw):
        """A whole rotation as the engine runs it, without retire."""
        for step in ("create", "set", "test", "finish", "promote"):
            state = self.ok(rotator, step, state, **kw)
        return state
