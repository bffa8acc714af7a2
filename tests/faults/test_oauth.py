"""kill -9 at the fault points while a refresh token is exchanged at a server
that rotates them and ends the grant when one comes twice.  In the end either
the grant works, its token presented once, or a person is told and nothing is
tried again."""

import signal

import pytest

import fault_case
import oauth_server
from fault_case import STEPS, Scenario, kills
from fault_kill import CREATE, FINISH, Kill
from keyturn_server import ApiError
from server import new_password

REAUTH = "REAUTH_REQUIRED"
UNDER_WAY = "(reply on its way)"


class Exchange(Kill):
    """A kill, and a count of how often tokens were presented."""

    def __init__(self, *args):
        super().__init__(*args)
        self.database = self.scenario.database
        self.database.seen()
        self.presented = self.held = 0

    def strike(self):
        if self.point != UNDER_WAY:
            return super().strike()
        self.database.fault("hold")
        self.arm("")
        self.rotate()
        self.k.wait_for(lambda: self.count() or self.held)
        self.k.stop(signal.SIGKILL)

    def count(self):
        seen = self.database.seen()
        self.presented += seen["token"]
        self.held += seen["held"]

    def is_lost(self):
        rotation = self.k.rotation(self.name)
        return rotation.get("LastClass") == REAUTH

    def repeat_call(self):
        """Only where it is needed: after a failure it means another try."""
        try:
            has_job = "Job" in self.k.rotation(self.name)
        except ApiError:  # not even its rules were stored
            has_job = False
        if not has_job:
            super().repeat_call()

    def is_current_good(self, value):
        return self.logs_in(value) or self.is_lost()

    def check_state(self, rotation):
        if not self.is_lost():
            super().check_state(rotation)

    def prove(self, seconds=30):
        super().prove(seconds)
        if not self.is_lost():
            self.scenario.kept.append(self)

    def prove_values(self, rotation):
        self.count()
        if self.is_lost():
            self.prove_told(rotation)
        else:
            assert self.presented == 1 + self.scenario.has_grace
            super().prove_values(rotation)

    def prove_told(self, rotation):
        """Presented once more, as README.md says, and then no more; not even
        by a keyturnd that starts again."""
        assert rotation["LastOutcome"] == "failed"
        assert rotation["LastCode"] == "grant-lost"
        assert "consent again" in rotation["LastMessage"]
        assert "NextRotationDate" not in rotation
        assert self.versions() == {self.old_id: ["AWSCURRENT"]}
        assert self.k.secret(self.name) == self.old
        self.k.stop()
        self.k.start()
        self.count()
        assert self.presented == 2
        assert self.k.rotation(self.name)["Job"] == rotation["Job"]

    def prove_history(self, job):
        if not self.is_lost():
            super().prove_history(job)
            return
        last = self.attempts()[-1]
        assert (last["Step"], last["Class"]) == (CREATE, REAUTH)
        assert last["Attempt"] == 2

    def row(self, rotation):
        row = super().row(rotation)
        if self.is_lost():
            self.scenario.lost.append(self)
            row["outcome"] += f", {REAUTH} is told"
        return row


class OAuth(Scenario):
    """The server ends the grant when a token comes twice."""

    name = "oauth-refresh-token"
    plugin = "oauth"
    rotator = "oauth-refresh-token"
    ends_old = False  # an old access token lives until it expires
    has_grace = False
    steps = (*STEPS, FINISH)
    kill_class = Exchange
    passes_not = (
        "rot.set.before_started",  # setSecret changes nothing,
        "rot.set.after_started",
        "rot.revert.before_send",  # nothing brings a spent token back,
        "rot.revert.after_ack",
        "rot.retire.before_send",  # and nothing is left of the old one.
        "rot.retire.after_ack",
        "rot.retire.after_record",
    )
    passings = {
        "child.before_step": ("@1",),
        "child.after_step": ("@1",),
        "rot.save.after_commit": ("@1", "@2"),  # about to send; has the reply
    }

    def prepare(self):
        self.lost, self.kept = [], []

    def resumes(self, point):
        if point.startswith(("child.", "rot.save.", UNDER_WAY)):
            return CREATE, 2  # where all of it happens
        return super().resumes(point)

    def new_secret(self):
        name = self.next_name("grant")
        self.create(name, self.database.secret("basic", access_token=True))
        return name

    def logs_in(self, value):
        return self.database.works(value["access_token"])

    def prove_next(self):
        """The pairs that were kept are good for another exchange.  After a
        crash it waits for a minute, so all are waited for together."""
        self.database.seen()
        for kill in self.kept:
            self.keyturn.call("RotateSecret", {"SecretId": kill.name})
        for kill in self.kept:
            rotation = self.keyturn.wait_rotation(kill.name, 100)
            assert rotation["LastOutcome"] == "succeeded"
        assert self.database.seen()["token"] == len(self.kept) > 0


class WithGrace(OAuth):
    """For a while the server answers a token that comes again with the same
    pair.  It has no introspection: the next exchange is the proof."""

    name = "oauth-refresh-token, reuse grace"
    has_grace = True

    def new_secret(self):
        name = self.next_name("grace")
        token = "grace-" + new_password()
        self.database.ask("/test/grace", {"refresh_token": token})
        value = self.database.secret(
            "basic",
            access_token=True,
            token_endpoint=self.database.url("/grace/token"),
            refresh_token=token,
        )
        value.pop("introspection_endpoint")
        self.create(name, value)
        return name

    def logs_in(self, value):
        return True


SCENARIOS = (OAuth, WithGrace)


@pytest.fixture(scope="module")
def scenarios():
    with oauth_server.OAuthServer() as server:
        with fault_case.scenarios("oauth", SCENARIOS, server.start()) as all_:
            yield all_


@pytest.mark.parametrize("kind, point, at", kills((OAuth,)))
def test_grant_is_kept(scenarios, kind, point, at):
    scenarios[kind].kill(point, at)
    assert not scenarios[kind].lost


def test_only_a_lost_reply_can_cost_the_grant(scenarios):
    """At one commit of all: of the note that holds the reply."""
    scenario = scenarios[OAuth]
    scenario.kill_each_commit()
    assert len(scenario.lost) == 1


def test_reply_on_its_way_is_lost_and_told(scenarios):
    scenario = scenarios[OAuth]
    before = len(scenario.lost)
    scenario.kill(UNDER_WAY)
    assert len(scenario.lost) == before + 1


def test_reply_on_its_way_comes_again_where_there_is_a_grace(scenarios):
    scenarios[WithGrace].kill(UNDER_WAY)
    assert not scenarios[WithGrace].lost


@pytest.mark.parametrize("kind", SCENARIOS)
def test_every_grant_that_was_kept_goes_on(scenarios, kind):
    scenarios[kind].prove_next()


def test_store_is_made_in_spite_of_kills(scenarios):
    scenarios[OAuth].prove_store()
