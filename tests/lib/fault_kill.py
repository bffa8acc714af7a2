"""One kill of keyturnd, or of its plugin host, at a named point in the middle
of a rotation; its return; and the proof by login that nothing was lost.

Each kill rotates a secret of its own, so that the history is this kill's.
"""

import json
import os
import pathlib
import signal
import time
import uuid
from collections import Counter

import fault_table
from fault_watch import DOWN, Watch
from keyturn_server import ApiError

CREATE, SET, TEST = "createSecret", "setSecret", "testSecret"
FINISH, REVERT, RETIRE = "finishSecret", "revertSecret", "retireSecret"
CURRENT_SECONDS = 5  # what is promised after a crash
LONG_SECONDS = 20


def is_gone(pid):
    return process_state(pid) in "ZX"


def process_state(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "X"
    return text.rpartition(")")[2].split()[0]


class NeverHit(AssertionError):
    """The rotation went past without touching the point."""


class Kill:
    """strike(), come_back(), and prove() once it is at rest."""

    def __init__(self, scenario, point, at=""):
        self.scenario, self.k = scenario, scenario.keyturn
        self.point, self.at = point, at
        self.spec = f"{point}=kill{at}"
        self.is_childs = point.startswith("child.")
        self.is_aborted = point.startswith("rot.revert.")
        self.name = scenario.new_secret()
        self.old = self.k.secret(self.name)
        [self.old_id] = self.versions()
        self.token = str(uuid.uuid4())
        self.watch = Watch(self) if scenario.overlap else None

    def versions(self):
        reply = self.k.call(
            "ListSecretVersionIds",
            {"SecretId": self.name, "IncludeDeprecated": True},
        )
        return {
            v["VersionId"]: v.get("VersionStages", []) for v in reply["Versions"]
        }

    def logs_in(self, value):
        return self.scenario.logs_in(value)

    def rotate(self):
        rules = {"GraceSeconds": 0} if self.scenario.overlap else {}
        return self.k.call(
            "RotateSecret",
            {
                "SecretId": self.name,
                "RotationLambdaARN": self.scenario.rotator,
                "RotationRules": rules,
                "ClientRequestToken": self.token,
            },
        )

    def attempts(self):
        reply = self.k.call(
            "keyturn.ListRotationAttempts",
            {"SecretId": self.name, "MaxResults": 100},
        )
        return reply["Attempts"][::-1]

    # ---- the kill ---------------------------------------------------------

    def strike(self):
        """From a keyturnd that runs to its death at the point."""
        if self.point.startswith("sched."):
            self.stage()
        elif self.point == "rot.retry.before_record":
            self.arm(f"child.after_step=kill@2,{self.spec}")
            self.rotate()
        elif self.is_aborted:
            self.abort()
        elif self.arm(self.spec):
            self.rotate_to_death()
        if self.is_childs:
            self.wait_plugin_death()
            self.k.stop(signal.SIGKILL)
        else:
            self.wait_death()

    def arm(self, spec):
        """True: it is ready.  False: it has died before."""
        self.k.stop()
        self.k.environment["KEYTURN_FAULT"] = spec
        self.log_start = len(self.k.log_text())
        self.k.spawn()
        is_ready = self.k.wait_for(self.ready_or_dead) == "ready"
        self.plugins = self.k.children() if is_ready else []
        return is_ready

    def ready_or_dead(self):
        if self.k.process.poll() is not None:
            return "dead"
        try:
            return "ready" if self.k.ready() else None
        except DOWN:
            return None

    def rotate_to_death(self):
        """The reply may be lost with the process, as clients see it."""
        try:
            self.rotate()
        except DOWN:
            pass

    def stage(self):
        """A rotation that is in the store and that nobody has claimed: the
        first look of the next keyturnd finds it."""
        self.arm("rot.start.after_commit=kill")
        self.rotate_to_death()
        self.wait_death()
        self.arm(self.spec)

    def abort(self):
        """testSecret is held until the rotation was told to stop: revert."""
        self.arm(f"child.before_step=stop@3,{self.spec}")
        self.rotate()
        [plugin] = self.plugins
        self.k.wait_for(lambda: process_state(plugin) == "T")
        self.k.call("keyturn.AbortRotation", {"SecretId": self.name})
        os.kill(plugin, signal.SIGCONT)

    def wait_death(self):
        self.k.wait_for(self.is_dead, 20)
        assert self.k.process.returncode == -signal.SIGKILL, self.said()
        self.k.process = None

    def is_dead(self):
        if self.k.process.poll() is not None:
            return True
        if self.is_at_rest():
            raise NeverHit(f"{self.point}{self.at} was never passed")
        return False

    def is_at_rest(self):
        """It ended, and keyturnd is still there to say so."""
        try:
            rotation = self.k.rotation(self.name)
        except (ApiError, *DOWN):
            return False
        return rotation.get("Job", {}).get("Phase") == "ended"

    def wait_plugin_death(self):
        """Until it is in the history."""

        def look():
            if self.is_at_rest():
                raise NeverHit(f"{self.point}{self.at} was never passed")
            return [a for a in self.attempts() if a["Class"] != "OK"]

        self.k.wait_for(look, 20)
        assert "the plugin host died of signal 9" in self.said()
        assert all(is_gone(p) for p in self.plugins)

    def said(self):
        return self.k.log_text()[self.log_start :]

    # ---- the return -------------------------------------------------------

    def come_back(self):
        """Starts keyturnd without the fault; AWSCURRENT logs in soon."""
        self.old_worked = self.logs_in(self.old)
        self.k.environment.pop("KEYTURN_FAULT")
        self.restarted = time.time()
        self.k.spawn()
        self.k.wait_ready()
        at_first = self.k.secret(self.name)
        if self.scenario.overlap:
            assert at_first != self.old or self.old_worked
            assert self.is_current_good(at_first), "a gap in spite of overlap"
        while not self.is_current_good(self.k.secret(self.name)):
            assert self.ms() < 1000 * CURRENT_SECONDS, "no login so far"
            time.sleep(0.01)
        self.current_ms = self.ms()
        assert self.current_ms < 1000 * CURRENT_SECONDS
        self.repeat_call()

    def ms(self):
        return round(1000 * (time.time() - self.restarted))

    def is_current_good(self, value):
        """True for a value that was overtaken meanwhile, too."""
        return self.logs_in(value) or (
            self.scenario.overlap and self.k.secret(self.name) != value
        )

    def repeat_call(self):
        """A client whose reply was lost sends the same again, and may do so
        while it runs and when it is done: one token, one rotation."""
        assert self.rotate()["VersionId"] == self.token

    def ended_or_waits(self):
        """Whether it waits for long: then it is proved later."""
        rotation = self.k.rotation(self.name)
        if rotation["Job"].get("RetryDate", 0) > time.time() + LONG_SECONDS:
            return "waits"
        return "ended" if self.ended() else None

    def ended(self):
        rotation = self.k.rotation(self.name)
        self.check_state(rotation)
        return rotation if rotation["Job"]["Phase"] == "ended" else None

    def check_state(self, rotation):
        assert rotation["State"] not in ("failed", "stuck"), rotation

    # ---- the proof --------------------------------------------------------

    def prove(self, seconds=30):
        """All that is promised, once the rotation is at rest."""
        rotation = self.k.wait_for(self.ended, seconds)
        if self.watch is not None:
            self.watch.end()
        if rotation["LastOutcome"] == "succeeded":
            self.repeat_call()
        assert self.k.rotation(self.name)["Job"] == rotation["Job"]
        self.prove_values(rotation)
        self.prove_history(rotation["Job"])
        self.k.wait_for(lambda: all(is_gone(p) for p in self.plugins), 10)
        fault_table.add(self.row(rotation))

    def prove_unharmed(self):
        """The kill was armed and did not come; back to a common keyturnd."""
        self.k.environment.pop("KEYTURN_FAULT")
        self.k.stop()
        self.k.start()
        if self.watch is not None:
            self.watch.end()
        self.prove_values(self.k.wait_for(self.ended))

    def prove_values(self, rotation):
        current = self.k.secret(self.name)
        assert self.logs_in(current)
        if self.is_aborted:
            self.prove_aborted(rotation, current)
        else:
            self.prove_rotated(rotation, current)

    def prove_rotated(self, rotation, current):
        assert rotation["LastOutcome"] == "succeeded"
        assert self.versions() == {
            self.old_id: ["AWSPREVIOUS"],
            self.token: ["AWSCURRENT"],
        }
        assert self.k.secret(self.name, "AWSPREVIOUS") == self.old
        assert current != self.old
        if self.scenario.ends_old:
            assert not self.logs_in(self.old)

    def prove_aborted(self, rotation, current):
        assert rotation["LastOutcome"] == "aborted"
        assert self.versions() == {self.old_id: ["AWSCURRENT"], self.token: []}
        assert current == self.old
        pending = self.k.call(
            "GetSecretValue", {"SecretId": self.name, "VersionId": self.token}
        )["SecretString"]
        assert not self.logs_in(json.loads(pending))

    def prove_history(self, job):
        """Each step was done once, in one rotation; what the kill cut short
        is there, too."""
        attempts = self.attempts()
        assert {a["JobId"] for a in attempts} == {job["JobId"]}
        assert {a["VersionId"] for a in attempts} == {self.token}
        done = Counter(a["Step"] for a in attempts if a["Class"] == "OK")
        failed = [a for a in attempts if a["Class"] != "OK"]
        if self.is_childs:
            code, words = "host-crash", "died of signal 9"
        else:
            code, words = "engine-gone", "keyturnd ended"
        step, attempt = self.resumed() or (None, 1)
        cut = [a for a in failed if a["Code"] == code]
        waited = (RETIRE, "BUSY")  # for a session of the watch
        before = [
            a
            for a in failed
            if (a["Step"], a["Class"]) == waited
            and a["StartedDate"] < self.restarted
        ]
        # A kill may come while it waits to retire: that attempt is not cut.
        assert len(cut) == attempt - 1 - (len(before) if step == RETIRE else 0)
        for a in cut:
            assert (a["Step"], a["Class"]) == (step, "AMBIGUOUS")
            assert a["Attempt"] == attempt - 1
            assert words in a["Message"]
        failed = [
            a
            for a in failed
            if a not in cut and (a["Step"], a["Class"]) != waited
        ]
        if self.is_aborted:
            self.prove_undoing(done, failed)
        else:
            assert done == Counter(self.scenario.steps)
            assert failed == []
        if self.point != "store.commit":
            expected = self.scenario.resumes(self.point + self.at)
            assert self.resumed() == expected

    def prove_undoing(self, done, failed):
        """testSecret of AWSPENDING was cut short, well or not.  Revert comes
        twice, as a change might still land; then AWSCURRENT is tested."""
        tests = done.pop(TEST)
        assert done == {CREATE: 1, SET: 1, REVERT: 2}
        assert [a["Step"] for a in failed] == [TEST] * (2 - tests)

    def resumed(self):
        """The first attempt after the restart: (step, its number)."""
        for a in self.attempts():
            if a["StartedDate"] >= self.restarted:
                return a["Step"], a["Attempt"]
        return None

    def row(self, rotation):
        resumed = self.resumed()
        rest_ms = 1000 * (rotation["Job"]["EndedDate"] - self.restarted)
        return {
            "scenario": self.scenario.name,
            "point": self.point,
            "at": self.at,
            "down": "logs in" if self.old_worked else "refused",
            "resumed": f"{resumed[0]}, attempt {resumed[1]}" if resumed else "-",
            "outcome": rotation["LastOutcome"],
            "ms": self.current_ms,
            "rest": round(rest_ms) if rest_ms > 0 else "-",
        }
