"""What the tests of faults/ share: rotations of real passwords during which
keyturnd is killed, at each point of the table; fault_kill.py is one of them.

A Scenario is one rotator on one real target, with a keyturnd of its own that
lives as long as the test file; its subclasses make accounts and log in.
"""

import contextlib
import json
import signal
import subprocess

import pytest

import fault_table
from fault_kill import (
    CREATE, FINISH, RETIRE, REVERT, SET, TEST, Kill, NeverHit,
)  # fmt: skip
from keyturn_server import KEYTURND, KeyturnServer
from server import SOURCE

STEPS = (CREATE, SET, TEST)

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
    "rot.finish.before_send": (FINISH, 2),
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
# These have tests of their own: all commits, and the making of the store.
APART = ("store.commit", "store.migrate")
# After these keyturnd waits for a minute before it trusts what it finds, so
# they come last, and all of a file's are waited for together.
SLOW = (
    "rot.revert.before_send",
    "rot.revert.after_ack",
    "rot.retire.before_send",
    "rot.retire.after_ack",
)


def fault_points():
    """The table, as the program prints it."""
    done = subprocess.run(
        [KEYTURND, "--fault-points"], stdout=subprocess.PIPE, check=True
    )
    return tuple(done.stdout.decode().split())


class Scenario:
    """name: in the table.  overlap: AWSCURRENT logs in at every instant.
    ends_old: the old value is refused in the end.  passes_not: points that
    its rotations cannot pass.  passings: which one, where it is not the
    first."""

    name = plugin = rotator = None
    overlap = False
    ends_old = True
    steps = STEPS
    passes_not = ()
    passings = CHILD
    kill_class = Kill

    def __init__(self, database=None):
        self.database = database
        self.number = 0
        self.waiting = []
        # The watch's own login can keep an old value from being retired.
        settings = {"retire_wait": "1s"}
        self.keyturn = KeyturnServer(settings, plugins=(self.plugin,))
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
        if point == "rot.test.after_record" and FINISH in self.steps:
            return FINISH, 2
        if point in ("rot.test.after_record", "rot.finish.after_commit"):
            return (RETIRE, 1) if RETIRE in self.steps else None
        return RESUMES.get(point, "unknown: say in RESUMES")

    def kill(self, point, at="", node=None):
        """node: what keyturnd is called when it comes back."""
        kill = self.kill_class(self, point, at)
        kill.strike()
        if node is not None:
            self.keyturn.write_settings(node=node)
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
            kill = self.kill_class(self, "store.commit", f"@{n}")
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
                "down": "-",
                "resumed": "init",
                "outcome": "the store is made",
                "ms": "-",
                "rest": "-",
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
        for at in kind.passings.get(point, ("",))
    ]
