"""What the tests of faults/ share: a keyturnd that is killed at a named point
in the middle of a rotation, and the proof by login that nothing was lost.

A Scenario is one rotator on one real target, with a keyturnd of its own that
lives as long as the test file; its subclasses make accounts and log in.
Each kill rotates a secret of its own, so that its history is this kill's.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import uuid
from collections import Counter

import pytest

import fault_table
from fault_watch import DOWN, Watch
from keyturn_server import KEYTURND, ApiError, KeyturnServer
from server import SOURCE

CURRENT_SECONDS = 5  # what is promised after a crash
STEPS = ("createSecret", "setSecret", "testSecret")
CREATE, SET, TEST = STEPS
FINISH, REVERT, RETIRE = "finishSecret", "revertSecret", "retireSecret"

# Which step the rotation goes on with after a kill at a point, and the number
# of that attempt: 2 where a step was under way, because the journal counts a
# step before it is started.
RESUMES = {
    "sched.before_claim": (CREATE, 1),
    "sched.after_claim": (CREATE, 1),
    "rot.start.before_commit": (CREATE, 1),
    "rot.start.after_commit": (CREATE, 1),
    "rot.create.before_send": (CREATE, 2),
    "rot.pending.before_commit": (CREATE, 2),
    "rot.pending.after_commit": (CREATE, 2),
    "rot.create.after_ack": (CREATE, 2),
    "rot.create.after_record": (SET, 2),
    "rot.set.before_send": (SET, 2),
    "rot.set.before_started": (SET, 2),
    "rot.set.after_started": (SET, 2),
    "rot.set.after_send": (SET, 2),
    "rot.set.after_ack": (SET, 2),
    "rot.set.after_record": (TEST, 2),
    "rot.test.before_send": (TEST, 2),
    "rot.test.after_ack": (TEST, 2),
    "rot.retry.before_record": (SET, 2),
    "rot.revert.before_send": (REVERT, 2),
    "rot.revert.after_ack": (REVERT, 2),
    "rot.retire.before_send": (RETIRE, 2),
    "rot.retire.after_ack": (RETIRE, 2),
    "rot.retire.after_record": None,
    "rot.save.after_commit": (CREATE, 2),
    "child.before_step@2": (SET, 2),
    "child.before_step@3": (TEST, 2),
    "child.after_mutating": (SET, 2),
    "child.after_step@2": (SET, 2),
    "child.after_step@3": (TEST, 2),
}
# Which passing of a point of the plugin host: its second step is setSecret.
CHILD = {
    "child.before_step": ("@2", "@3"),
    "child.after_mutating": ("",),
    "child.after_step": ("@2", "@3"),
}
# After these keyturnd waits for a minute before it trusts what it finds, so
# they come last, and all of a file's are waited for together.
SLOW = (
    "rot.revert.before_send",
    "rot.revert.after_ack",
    "rot.retire.before_send",
    "rot.retire.after_ack",
)
SLOW_SECONDS = 20
# These have tests of their own: all commits, and the making of the store.
APART = ("store.commit", "store.migrate")


def fault_points():
    """The table, as the program prints it."""
    done = subprocess.run(
        [KEYTURND, "--fault-points"], stdout=subprocess.PIPE, check=True
    )
    return tuple(done.stdout.decode().split())


def is_gone(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return text.rpartition(")")[2].split()[0] in "ZX"


class NeverHit(AssertionError):
    """The rotation went past without touching the point."""


class Kill:
    """One kill, from the arming to the rest."""

    def __init__(self, scenario, point, at=""):
        self.scenario, self.k = scenario, scenario.keyturn
        self.point, self.at = point, at
        self.spec = f"{point}=kill{at}"
        self.name = scenario.new_secret()
        self.old = self.k.secret(self.name)
        [self.old_id] = self.versions()
        self.token = str(uuid.uuid4())
        self.aborted = point.startswith("rot.revert.")
        self.new = None

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

    # ---- the kill ---------------------------------------------------------

    def strike(self):
        """From a keyturnd that runs to its death at the point."""
        self.watch = Watch(self) if self.scenario.overlap else None
        if self.point.startswith("sched."):
            self.stage()
        elif self.point == "rot.retry.before_record":
            self.arm(f"child.after_step=kill@2,{self.spec}")
            self.rotate()
        elif self.aborted:
            self.abort()
        else:
            if self.arm(self.spec):
                self.rotate_to_death()
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
        stat = pathlib.Path(f"/proc/{plugin}/stat")
        self.k.wait_for(lambda: stat.read_text().rpartition(")")[2][1] == "T")
        self.k.call("keyturn.AbortRotation", {"SecretId": self.name})
        os.kill(plugin, signal.SIGCONT)

    def wait_death(self):
        if self.point in CHILD:
            self.wait_plugin_death()
            self.k.stop(signal.SIGKILL)
            return
        end = time.monotonic() + 20
        while self.k.process.poll() is None:
            if time.monotonic() > end or self.is_at_rest():
                raise NeverHit(f"{self.point}{self.at} was never passed")
            time.sleep(0.01)
        assert self.k.process.returncode == -signal.SIGKILL, self.said()
        self.k.process = None

    def wait_plugin_death(self):
        """Until it is in the history."""

        def look():
            if self.is_at_rest():
                raise NeverHit(f"{self.point}{self.at} was never passed")
            return [a for a in self.attempts() if a.get("Code") == "host-crash"]

        self.k.wait_for(look, 20)
        assert "the plugin host died of signal 9" in self.said()
        assert all(is_gone(p) for p in self.plugins)

    def is_at_rest(self):
        """It ended, and is still there to say so."""
        try:
            rotation = self.k.rotation(self.name)
        except (ApiError, *DOWN):
            return False
        job = rotation.get("Job", {})
        return job.get("Phase") == "ended" and rotation["State"] == "idle"

    def said(self):
        return self.k.log_text()[self.log_start :]

    # ---- the return -------------------------------------------------------

    def come_back(self):
        """Starts keyturnd without the fault; AWSCURRENT logs in soon."""
        old_worked = self.logs_in(self.old)
        self.k.environment.pop("KEYTURN_FAULT")
        self.restarted = time.time()
        start = time.monotonic()
        self.k.spawn()
        self.k.wait_ready()
        at_first = self.k.secret(self.name)
        if self.scenario.overlap:
            assert at_first != self.old or old_worked
            assert self.is_current_good(at_first), "a gap in spite of overlap"
        while not self.is_current_good(self.k.secret(self.name)):
            passed = time.monotonic() - start
            assert passed < CURRENT_SECONDS, "AWSCURRENT does not log in"
            time.sleep(0.01)
        self.current_ms = round(1000 * (time.monotonic() - start))
        assert self.current_ms < 1000 * CURRENT_SECONDS
        self.repeat_call()

    def is_current_good(self, value):
        """True for a value that was overtaken meanwhile, too."""
        return self.logs_in(value) or (
            self.scenario.overlap and self.k.secret(self.name) != value
        )

    def repeat_call(self):
        """A client whose reply was lost sends the same again, and may do so
        at any time: one token, one rotation."""
        assert self.rotate()["VersionId"] == self.token

    # ---- the proof --------------------------------------------------------

    def prove(self, seconds=30, row=True):
        """All that is promised, once the rotation is at rest."""
        rotation = self.k.wait_for(self.ended, seconds)
        if self.watch is not None:
            self.watch.end()
        self.repeat_call()
        assert self.k.rotation(self.name)["Job"] == rotation["Job"]
        current = self.k.secret(self.name)
        assert self.logs_in(current)
        if self.aborted:
            self.prove_aborted(rotation, current)
        else:
            self.prove_rotated(rotation, current)
        self.prove_history(rotation["Job"])
        self.k.wait_for(lambda: all(is_gone(p) for p in self.plugins), 10)
        if row:
            fault_table.add(self.row(rotation))

    def prove_unharmed(self):
        """The kill was armed and did not come; back to a common keyturnd."""
        self.k.stop()
        self.k.environment.pop("KEYTURN_FAULT")
        self.restarted = time.time()
        self.k.start()
        self.current_ms = 0
        self.prove(row=False)

    def ended_or_waits(self):
        """Whether it waits for long: then it is proved later."""
        rotation = self.k.rotation(self.name)
        if rotation["Job"].get("RetryDate", 0) > time.time() + SLOW_SECONDS:
            return "waits"
        return "ended" if self.ended() else None

    def ended(self):
        rotation = self.k.rotation(self.name)
        assert rotation["State"] not in ("failed", "stuck"), rotation
        return rotation if rotation["Job"]["Phase"] == "ended" else None

    def prove_rotated(self, rotation, current):
        assert rotation["LastOutcome"] == "succeeded"
        assert self.versions() == {
            self.old_id: ["AWSPREVIOUS"],
            self.token: ["AWSCURRENT"],
        }
        assert self.k.secret(self.name, "AWSPREVIOUS") == self.old
        assert current != self.old
        assert not self.logs_in(self.old)  # replaced, or retired

    def prove_aborted(self, rotation, current):
        assert rotation["LastOutcome"] == "aborted"
        versions = self.versions()
        assert versions.pop(self.old_id) == ["AWSCURRENT"]
        assert versions in ({}, {self.token: []})
        assert current == self.old
        if versions:
            pending = self.k.call(
                "GetSecretValue",
                {"SecretId": self.name, "VersionId": self.token},
            )["SecretString"]
            assert not self.logs_in(json.loads(pending))

    def prove_history(self, job):
        """Each step was done once, in one rotation; what the kill cut short
        is told by the number of the attempt that went on."""
        attempts = self.attempts()
        assert {a["JobId"] for a in attempts} == {job["JobId"]}
        assert {a["VersionId"] for a in attempts} == {self.token}
        done = Counter(a["Step"] for a in attempts if a["Class"] == "OK")
        assert done == self.steps_expected()
        failed = [a for a in attempts if a["Class"] != "OK"]
        if self.point in CHILD or self.point == "rot.retry.before_record":
            assert len(failed) == (self.point in CHILD)
            for a in failed:
                assert (a["Class"], a["Code"]) == ("AMBIGUOUS", "host-crash")
                assert "signal 9" in a["Message"]
        elif not self.aborted:
            assert failed == []
        if self.point != "store.commit":
            assert self.resumed() == self.scenario.resumes(self.point + self.at)

    def steps_expected(self):
        if not self.aborted:
            return Counter(self.scenario.steps)
        # testSecret of AWSPENDING was cut short; that of AWSCURRENT follows
        # the undoing, which comes twice where a change might still land.
        return Counter({CREATE: 1, SET: 1, REVERT: 2, TEST: self.tests_done()})

    def tests_done(self):
        tests = [
            a for a in self.attempts() if a["Step"] == TEST and a["Class"] == "OK"
        ]
        assert 1 <= len(tests) <= 2
        return len(tests)

    def attempts(self):
        reply = self.k.call(
            "keyturn.ListRotationAttempts",
            {"SecretId": self.name, "MaxResults": 100},
        )
        return reply["Attempts"][::-1]

    def resumed(self):
        """The first attempt after the restart: (step, its number)."""
        for a in self.attempts():
            if a["StartedDate"] >= self.restarted:
                return a["Step"], a["Attempt"]
        return None

    def row(self, rotation):
        resumed = self.resumed()
        return {
            "scenario": self.scenario.name,
            "point": self.point,
            "at": self.at,
            "resumed": f"{resumed[0]}, attempt {resumed[1]}" if resumed else
            "nothing was left to do",
            "outcome": rotation["LastOutcome"],
            "ms": self.current_ms,
        }


class Scenario:
    """name: in the table.  overlap: AWSCURRENT logs in at every instant.
    passes_not: points that its rotations cannot pass."""

    name = plugin = rotator = None
    overlap = False
    steps = STEPS
    passes_not = ()

    def __init__(self, database=None):
        self.database = database
        self.number = 0
        self.waiting = []
        self.keyturn = KeyturnServer(plugins=(self.plugin,))
        self.store_deaths = self.make_store()
        self.keyturn.start()
        self.prepare()

    def prepare(self):
        """What all secrets of the scenario share."""

    def make_store(self):
        """The store is made in spite of a kill in each schema change."""
        deaths = 0
        while True:
            self.keyturn.environment["KEYTURN_FAULT"] = (
                f"store.migrate=kill@{deaths + 1}"
            )
            code = subprocess.run(
                [str(c) for c in self.keyturn.command("init")],
                cwd=self.keyturn.dir,
                env=self.keyturn.env(),
                stdout=subprocess.DEVNULL,
                **self.keyturn.as_user(),
            ).returncode
            if code == 0:
                break
            assert code == -signal.SIGKILL
            deaths += 1
        self.keyturn.environment.pop("KEYTURN_FAULT")
        return deaths

    def close(self):
        self.keyturn.close()

    def new_secret(self):
        """The name of a secret that rotates, of an account of its own."""
        raise NotImplementedError

    def logs_in(self, value):
        raise NotImplementedError

    def create(self, name, value):
        return self.keyturn.call(
            "CreateSecret", {"Name": name, "SecretString": json.dumps(value)}
        )["ARN"]

    def next_name(self, word):
        self.number += 1
        return f"{word}{self.number}"

    def resumes(self, point):
        """What a kill at the point leaves to be done."""
        if point in ("rot.finish.before_txn", "rot.finish.in_txn"):
            return (FINISH if FINISH in self.steps else TEST), 2
        if point in ("rot.test.after_record", "rot.finish.after_commit"):
            return (RETIRE, 1) if RETIRE in self.steps else None
        return RESUMES.get(point, "unknown: say in RESUMES")

    def kill(self, point, at=""):
        kill = Kill(self, point, at)
        kill.strike()
        self.go_on(kill)

    def go_on(self, kill):
        kill.come_back()
        if kill.k.wait_for(kill.ended_or_waits, 30) == "waits":
            self.waiting.append(kill)  # for come_to_rest
        else:
            kill.prove()

    def come_to_rest(self):
        """What waits for long has its proof after it."""
        for kill in self.waiting:
            kill.prove(100)

    def kill_each_commit(self):
        """The nth commit since the start, for every n."""
        for n in range(1, 100):
            kill = Kill(self, "store.commit", f"@{n}")
            try:
                kill.strike()
            except NeverHit:
                kill.prove_unharmed()
                assert n > len(self.steps)  # each is recorded
                return
            self.go_on(kill)
        raise AssertionError("a rotation with a hundred commits?")

    def prove_store(self):
        """The store that all of this is kept in was killed at each schema
        change when it was made."""
        migrations = SOURCE / "engine" / "store" / "migrations"
        assert self.store_deaths == len(list(migrations.glob("0*.sql"))) > 0
        fault_table.add(
            {
                "scenario": self.name,
                "point": "store.migrate",
                "at": f"@1 to {self.store_deaths}",
                "resumed": "the next init made the store",
                "outcome": "whole",
                "ms": "-",
            }
        )


@contextlib.contextmanager
def scenarios(part, kinds, database=None):
    """Each kind's scenario; the part of the table is written at the end."""
    made = {}
    try:
        for kind in kinds:
            made[kind] = kind(database)
        yield made
    finally:
        for scenario in made.values():
            scenario.close()
        fault_table.write(part)


def kills(kinds, slow=False):
    """What a test is parametrized with: kind, point, passing."""
    return [
        pytest.param(kind, point, at, id=f"{kind.name}-{point}{at}")
        for kind in kinds
        for point in fault_points()
        if point not in kind.passes_not + APART and (point in SLOW) == slow
        for at in CHILD.get(point, ("",))
    ]
