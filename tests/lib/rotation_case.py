"""What the tests of the daemon share: secrets of the memory rotators in a
keyturnd of their own, told by names that no other test has."""

import itertools
import json
import time
import uuid

from keyturn_server import KeyturnServer, MemoryTarget

SINGLE = "memory-single-user"
OVERLAP = "memory-overlap"
# The waits of retry.h, so short that a test may sit through them.
FAST = {
    "retry_wait": "20ms",
    "settle_time": 0,  # step_timeout is the least
    "retire_wait": 1,
    "step_timeout": 2,
}
_numbers = itertools.count(1)


def fast_server(clock=False, **settings):
    return KeyturnServer(
        settings={**FAST, **settings}, clock=clock, plugins=["memory"]
    )


class Secret:
    """A secret whose credential is in a memory target of its own."""

    def __init__(self, keyturn, rotator=SINGLE, value=None, **switches):
        self.keyturn = keyturn
        self.rotator = rotator
        self.name = f"app-{next(_numbers)}"
        self.target = MemoryTarget(keyturn, **switches)
        self.first = self.target.password
        made = keyturn.call(
            "CreateSecret",
            {
                "Name": self.name,
                "SecretString": self.target.value(**(value or {})),
            },
        )
        self.arn = made["ARN"]

    def call(self, target, **body):
        return self.keyturn.call(target, {"SecretId": self.name, **body})

    def rules(self, **rules):
        """Sets rules without a rotation; the next due time, or None."""
        reply = self.call(
            "keyturn.PutRotationRules",
            RotationLambdaARN=self.rotator,
            RotationRules=rules,
        )
        return reply.get("NextRotationDate")

    def rotate(self, **body):
        """Starts a rotation; the version that it is about."""
        body.setdefault("RotationLambdaARN", self.rotator)
        return self.call("RotateSecret", **body)["VersionId"]

    def rest(self, seconds=30, **kw):
        return self.keyturn.wait_rotation(self.name, seconds, **kw)

    def rotated(self, **body):
        """Rotates to the end, which must be good."""
        self.rotate(**body)
        rotation = self.rest()
        assert rotation["LastOutcome"] == "succeeded", rotation
        return rotation

    def ended(self, seconds=30):
        """The rotation once its job is over, retirement and all."""
        return self.rest(seconds, states=("idle",))

    def rotation(self):
        return self.keyturn.rotation(self.name)

    def password(self, stage="AWSCURRENT"):
        return self.keyturn.secret(self.name, stage)["password"]

    def versions(self):
        """Stage -> version id, as DescribeSecret says."""
        stages = self.call("DescribeSecret").get("VersionIdsToStages", {})
        return {stage: v for v, all_ in stages.items() for stage in all_}

    def calls(self, step):
        return self.target.read().get("calls", {}).get(step, 0)

    def wait_calls(self, step, n=1):
        self.keyturn.wait_for(lambda: self.calls(step) >= n)

    def jobs(self):
        """How many rotations there were."""
        attempts = self.call("keyturn.ListRotationAttempts", MaxResults=1000)
        return len({a["JobId"] for a in attempts["Attempts"]})

    def works(self):
        """The rule: AWSCURRENT logs in."""
        return self.target.accepts(self.password())

    def put(self, password, **members):
        """A person puts a value."""
        value = {**self.keyturn.secret(self.name), "password": password}
        value.update(members)
        return self.call("PutSecretValue", SecretString=json.dumps(value))


def steps(rotation):
    """[("createSecret", "OK"), …]: what was tried, in order."""
    return [(s["Step"], s["Class"]) for s in rotation["Job"]["Steps"]]


def tried(rotation, step):
    """The classes that a step answered."""
    return [s["Class"] for s in rotation["Job"]["Steps"] if s["Step"] == step]


def token():
    return str(uuid.uuid4())


def wait_until(instant):
    """For instants of the wall clock that no event tells."""
    while time.time() < instant:
        time.sleep(min(0.05, max(0, instant - time.time())))
