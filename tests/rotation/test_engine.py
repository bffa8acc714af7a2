"""One rotation at a time in a real keyturnd: what each answer of a rotator
leads to, and what a person can do to a rotation."""

import json

import pytest

import keyturn_server
from rotation_case import OVERLAP, Secret, fast_server, steps, token, tried
from server import new_password

GOOD = [
    ("createSecret", "OK"),
    ("setSecret", "OK"),
    ("testSecret", "OK"),
    ("finishSecret", "OK"),
]
UNDONE = [("revertSecret", "OK"), ("testSecret", "OK")]  # and AWSCURRENT works
ATTEMPTS = 10  # retry.h: of one step
DRAWS = 4  # the first and three more


@pytest.fixture(scope="module")
def keyturn():
    with fast_server(clock=True) as k:
        yield k


@pytest.fixture
def secret(keyturn):
    return Secret(keyturn)


def failed(secret, state="failed"):
    """The rotation came to nothing, and says why."""
    rotation = secret.rest()
    assert rotation["State"] == state, rotation
    assert rotation["LastOutcome"] == state
    assert rotation["LastClass"] != "OK" and rotation["LastMessage"]
    return rotation


def is_as_before(secret):
    """AWSCURRENT is what it was, works, and nothing is pending."""
    assert secret.password() == secret.first
    assert secret.target.read()["accounts"]["app"] == [secret.first]
    assert "AWSPENDING" not in secret.versions()


# ---- rotations that succeed ----


def test_manual_rotation(secret):
    before = secret.versions()["AWSCURRENT"]
    version = secret.rotate()
    rotation = secret.rest()
    assert steps(rotation) == GOOD
    assert rotation["LastOutcome"] == "succeeded"
    assert rotation["Job"]["Kind"] == "manual"
    assert rotation["LastRotatedDate"]
    assert secret.versions() == {"AWSCURRENT": version, "AWSPREVIOUS": before}
    assert secret.password() != secret.first
    assert secret.password("AWSPREVIOUS") == secret.first
    assert secret.works() and not secret.target.accepts(secret.first)


def test_same_token_is_the_same_rotation(secret):
    one = token()
    assert secret.rotate(ClientRequestToken=one) == one
    secret.rest()
    assert secret.rotate(ClientRequestToken=one) == one
    assert secret.jobs() == 1 and secret.calls("set") == 1


def test_second_rotation_while_one_runs_is_refused(secret):
    secret.target.change(delay_ms={"create": 60000})
    secret.rotate()
    with pytest.raises(keyturn_server.ApiError) as refusal:
        secret.rotate()
    assert refusal.value.type == "InvalidRequestException"
    assert "previous rotation isn't complete" in refusal.value.message
    secret.call("keyturn.AbortRotation")
    assert secret.ended()["LastOutcome"] == "aborted"


def test_trial_without_rotation_leaves_everything(secret):
    version = secret.rotate(RotateImmediately=False)
    rotation = secret.ended()
    assert rotation["Job"]["VersionId"] == version
    assert rotation["Job"]["Kind"] == "test"
    assert rotation["LastOutcome"] == "succeeded"
    assert secret.calls("set") == 0
    is_as_before(secret)


def test_trial_that_fails_leaves_everything(secret):
    other = new_password()
    secret.target.change(accounts={"app": [other]})
    secret.rotate(RotateImmediately=False)
    rotation = failed(secret)
    assert steps(rotation)[-1] == ("testSecret", "AUTH")
    assert rotation["LastClass"] == "AUTH"
    assert secret.calls("test") == 1  # each is a failed login that counts
    assert "AWSPENDING" not in secret.versions()
    assert secret.password() == secret.first
    assert secret.target.read()["accounts"]["app"] == [other]


def test_admin_secret_is_used_where_it_is_named(keyturn):
    admin = {"username": "root", "password": new_password()}
    made = keyturn.call("CreateSecret", {
        "Name": "admin", "SecretString": json.dumps(admin)})
    secret = Secret(
        keyturn, value={"masterarn": made["ARN"]}, admin=admin, lock_after=1)
    secret.rotated()
    assert secret.works()
    wrong = {**admin, "password": new_password()}
    keyturn.call("PutSecretValue", {
        "SecretId": "admin", "SecretString": json.dumps(wrong)})
    second = secret.password()
    secret.rotate()
    rotation = failed(secret)
    assert tried(rotation, "setSecret") == ["DENIED"]
    assert rotation["LastCode"] == "admin-refused"
    assert secret.password() == second and secret.works()


@pytest.mark.parametrize(
    "rules",
    [
        {"ScheduleExpression": "rate(1 minute)"},
        {"ScheduleExpression": "rate(5 minutes)"},
        {"ScheduleExpression": "cron(*/10 * * * ? *)"},
        {"ScheduleExpression": "cron(17 3 ? * SUN#2 *)"},
        {"AutomaticallyAfterDays": 3},
    ],
    ids=lambda r: str(next(iter(r.values()))).split()[0],
)
def test_scheduled_rotation(keyturn, rules):
    secret = Secret(keyturn)
    due = secret.rules(**rules)
    assert due > keyturn.now()
    assert secret.rotation()["State"] == "idle"
    keyturn.advance(due - keyturn.now() - 20)
    assert secret.jobs() == 0  # not too early
    assert secret.rotation()["NextRotationDate"] == due
    keyturn.advance(20.1)
    rotation = keyturn.wait_for(
        lambda: secret.jobs() == 1 and secret.rest(states=("idle",)))
    assert rotation["Job"]["Kind"] == "scheduled"
    assert steps(rotation) == GOOD
    assert rotation["NextRotationDate"] > due
    assert secret.works()
    secret.call("keyturn.PauseRotation")  # for the tests that come


def test_manual_only_is_never_due(keyturn, secret):
    secret.rotated()
    assert secret.rotation()["Schedule"] == "by hand"
    assert "NextRotationDate" not in secret.rotation()
    keyturn.advance(400 * 86400)
    assert secret.jobs() == 1


# ---- answers that end a rotation at once ----


@pytest.mark.parametrize("step", ["create", "set"])
@pytest.mark.parametrize("answer", ["AUTH", "MISSING", "DENIED", "CONFIG",
                                    "LOCKED", "REAUTH_REQUIRED"])
def test_answer_ends_it_before_anything_changed(secret, step, answer):
    secret.target.change(fail={step: answer})
    secret.rotate()
    rotation = failed(secret)
    assert tried(rotation, f"{step}Secret") == [answer]
    assert steps(rotation)[-1] == (f"{step}Secret", answer)
    assert rotation["LastStep"] == f"{step}Secret"
    assert rotation["LastClass"] == answer
    assert rotation["LastCode"] == "switched-to-fail"
    assert f"{step} fails" in rotation["LastMessage"]
    is_as_before(secret)


@pytest.mark.parametrize("step", ["test", "finish"])
@pytest.mark.parametrize("answer", ["POLICY", "MISSING", "DENIED", "CONFIG"])
def test_answer_after_set_puts_the_old_value_back(secret, step, answer):
    secret.target.change(fail={step: answer, "times": 1})
    secret.rotate()
    rotation = failed(secret)
    assert tried(rotation, f"{step}Secret")[-2 if step == "test" else -1] == answer
    assert steps(rotation)[-2:] == UNDONE
    assert rotation["LastStep"] == f"{step}Secret"  # why, not what came after
    assert rotation["LastClass"] == answer
    assert f"{step} fails" in rotation["LastMessage"]
    is_as_before(secret)


def test_refused_login_is_asked_three_times_and_undone(secret):
    secret.target.change(fail={"test": "AUTH", "times": 3})
    secret.rotate()
    rotation = failed(secret)
    assert tried(rotation, "testSecret") == ["AUTH"] * 3 + ["OK"]
    assert steps(rotation)[-2:] == UNDONE
    is_as_before(secret)


@pytest.mark.parametrize("step", ["test", "finish"])
@pytest.mark.parametrize("answer", ["LOCKED", "REAUTH_REQUIRED"])
def test_locked_after_set_stops_at_once_and_keeps_both(secret, step, answer):
    secret.target.change(fail={step: answer})
    version = secret.rotate()
    rotation = failed(secret, "stuck")
    assert steps(rotation)[-1] == (f"{step}Secret", answer)
    assert tried(rotation, f"{step}Secret") == [answer]
    assert tried(rotation, "revertSecret") == []
    assert secret.versions()["AWSPENDING"] == version
    assert secret.password() == secret.first
    assert secret.target.accepts(secret.password("AWSPENDING"))


# ---- answers after which the step is tried again ----


@pytest.mark.parametrize("step", ["create", "set", "test", "finish"])
@pytest.mark.parametrize("answer", ["UNREACHABLE", "BUSY", "AMBIGUOUS"])
def test_step_is_tried_again_with_the_same_value(secret, step, answer):
    secret.target.change(fail={step: answer, "times": 3})
    secret.rotate()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert tried(rotation, f"{step}Secret") == [answer] * 3 + ["OK"]
    attempts = [s["Attempt"] for s in rotation["Job"]["Steps"]
                if s["Step"] == f"{step}Secret"]
    assert attempts == [1, 2, 3, 4]
    assert secret.works()


@pytest.mark.parametrize("step", ["create", "set", "test", "finish"])
def test_attempts_are_used_up(keyturn, step):
    secret = Secret(keyturn)
    secret.target.change(fail={step: "BUSY", "times": ATTEMPTS})
    secret.rotate()
    rotation = failed(secret)
    answers = tried(rotation, f"{step}Secret")
    assert answers[:ATTEMPTS] == ["BUSY"] * ATTEMPTS
    if step in ("create", "set"):
        assert len(answers) == ATTEMPTS
    else:
        assert steps(rotation)[-2:] == UNDONE
    assert rotation["LastStep"] == f"{step}Secret"
    is_as_before(secret)


def test_backoff_of_the_published_length():
    """10 s, give or take a quarter, then twice that: by the clock alone."""
    with fast_server(clock=True, retry_wait=10) as keyturn:
        secret = Secret(keyturn, fail={"set": "UNREACHABLE", "times": 2})
        secret.rotate()
        for n, mean in ((1, 10), (2, 20)):
            rotation = secret.rest(states=("waiting",))
            assert rotation["Job"]["Attempt"] == n
            failed_at = rotation["Job"]["Steps"][-1]["StartedDate"]
            wait = rotation["Job"]["RetryDate"] - failed_at
            assert 0.74 * mean <= wait <= 1.26 * mean + 3
            keyturn.advance(wait)
            secret.wait_calls("set", n + 1)
        assert secret.rest()["LastOutcome"] == "succeeded"


def test_policy_draws_another_value(secret):
    secret.target.change(min_length=40)
    secret.rules(Options={"password": {"PasswordLength": 20}})
    secret.rotate()
    rotation = failed(secret)
    assert tried(rotation, "setSecret") == ["POLICY"] * DRAWS
    assert tried(rotation, "createSecret") == ["OK"] * DRAWS
    is_as_before(secret)
    secret.rules(Options={"password": {"PasswordLength": 44}})
    secret.rotated()
    assert len(secret.password()) == 44


def test_policy_once_draws_once(secret):
    secret.target.change(fail={"set": "POLICY", "times": 1})
    secret.rotate()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert steps(rotation) == [*GOOD[:1], ("setSecret", "POLICY"), *GOOD]
    assert secret.works()


# ---- answers after which the target has changed ----


def test_change_whose_answer_was_lost_is_found_by_login(secret):
    secret.target.change(fail={"set": "AMBIGUOUS", "times": 1, "when": "after"})
    secret.rotate()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert tried(rotation, "setSecret") == ["AMBIGUOUS", "OK"]
    assert secret.works()


def test_failure_after_the_change_is_undone(secret):
    secret.target.change(fail={"set": "DENIED", "times": 1, "when": "after"})
    secret.rotate()
    rotation = failed(secret)
    assert steps(rotation)[-2:] == UNDONE
    assert rotation["LastStep"] == "setSecret"
    is_as_before(secret)


def test_policy_after_the_change_keeps_the_value_that_works(secret):
    secret.target.change(fail={"set": "POLICY", "times": 1, "when": "after"})
    secret.rotate()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert tried(rotation, "createSecret") == ["OK"]  # no value was lost
    assert secret.works()


def test_failed_revert_keeps_both_values_until_a_person_comes(keyturn, secret):
    secret.target.change(fail={"test": "DENIED", "revert": "DENIED"})
    version = secret.rotate()
    rotation = failed(secret, "stuck")
    assert tried(rotation, "revertSecret") == ["DENIED"]
    pending = secret.password("AWSPENDING")
    assert secret.password() == secret.first
    assert secret.target.read()["accounts"]["app"] == [pending]
    assert secret.versions()["AWSPENDING"] == version
    assert keyturn.call("keyturn.Status")["Stuck"] >= 1
    line = keyturn.wait_event("rotation_ended", arn=secret.arn)
    assert line["level"] == "error" and line["outcome"] == "stuck"
    # The person mends the target and rotates: the kept value goes on.
    secret.target.change(fail={})
    assert secret.rotate() == version
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert secret.password() == pending and secret.works()
    assert "AWSPENDING" not in secret.versions()


def test_revert_is_tried_again_and_once_more_when_it_has_settled(secret):
    """Its answers left open what happened: the last one must be sure."""
    secret.target.change(fail={"test": "DENIED", "revert": "BUSY", "times": 3})
    secret.rotate()
    rotation = failed(secret)
    assert tried(rotation, "revertSecret") == ["BUSY", "BUSY", "OK", "OK"]
    is_as_before(secret)


def test_stuck_value_is_tried_again_on_schedule(keyturn, secret):
    secret.rules(ScheduleExpression="rate(1 hour)")
    secret.target.change(fail={"test": "LOCKED"})
    version = secret.rotate()
    failed(secret, "stuck")
    secret.target.change(fail={})
    keyturn.advance(secret.rotation()["NextRotationDate"] - keyturn.now() + 0.1)
    keyturn.wait_for(lambda: secret.jobs() == 2)
    assert secret.rest(states=("idle",))["Job"]["VersionId"] == version
    assert secret.versions()["AWSCURRENT"] == version and secret.works()
    secret.call("keyturn.PauseRotation")


def test_rotation_after_an_unsettled_one_waits():
    """A change that may still be on its way would undo the next one."""
    with fast_server(clock=True, settle_time=600) as k:
        secret = Secret(k)
        secret.target.change(
            fail={"set": "AMBIGUOUS", "revert": "LOCKED", "when": "after"})
        secret.rotate()
        secret.wait_calls("set", 2)
        secret.call("keyturn.AbortRotation")
        failed(secret, "stuck")
        secret.target.change(fail={})
        secret.rotate()
        rotation = secret.rest(states=("waiting",))
        assert 590 < rotation["Job"]["RetryDate"] - k.now() <= 600
        k.advance(600)
        assert secret.rest()["LastOutcome"] == "succeeded"
        assert secret.works()


def test_target_that_refuses_the_old_value_is_healed_forward(secret):
    """revert fails, but the new value works: it becomes AWSCURRENT."""
    secret.target.change(fail={"test": "DENIED", "revert": "DENIED", "times": 2})
    secret.rotate()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded", rotation
    assert secret.works() and secret.password() != secret.first


# ---- retirement ----


def test_old_value_is_retired_after_the_grace(keyturn):
    secret = Secret(keyturn, OVERLAP)
    secret.rotate(RotationRules={"GraceSeconds": 3600})
    rotation = secret.rest(states=("retiring",))
    assert secret.works() and secret.target.accepts(secret.first)
    assert rotation["Job"]["RetryDate"] > keyturn.now() + 3590
    keyturn.advance(3590)
    assert secret.target.accepts(secret.first)
    keyturn.advance(10)
    rotation = secret.ended()
    assert steps(rotation) == [*GOOD, ("retireSecret", "OK")]
    assert secret.works() and not secret.target.accepts(secret.first)


def test_old_value_in_use_is_retired_later(keyturn):
    secret = Secret(keyturn, OVERLAP, sessions={"app": 1})
    secret.rotate(RotationRules={"GraceSeconds": 0})
    secret.wait_calls("retire", 2)
    assert secret.target.accepts(secret.first)
    assert secret.rotation()["State"] == "retiring"
    secret.target.change(sessions={})
    rotation = secret.ended()
    assert set(tried(rotation, "retireSecret")) == {"BUSY", "OK"}
    assert rotation["LastOutcome"] == "succeeded"
    assert not secret.target.accepts(secret.first)


@pytest.mark.parametrize("answer", ["AUTH", "LOCKED", "DENIED", "CONFIG"])
def test_old_value_that_cannot_be_retired_is_told(keyturn, answer):
    secret = Secret(keyturn, OVERLAP, fail={"retire": answer})
    secret.rotate(RotationRules={"GraceSeconds": 0})
    rotation = secret.ended()
    assert rotation["LastOutcome"] == "succeeded"
    assert tried(rotation, "retireSecret") == [answer]
    assert rotation["LastClass"] == answer and rotation["LastMessage"]
    told = keyturn.wait_event("rotation_told", arn=secret.arn)
    assert told["code"] == "old-value-left"
    assert secret.works() and secret.target.accepts(secret.first)


def test_next_rotation_supersedes_a_retirement(keyturn):
    secret = Secret(keyturn, OVERLAP)
    secret.rotate(RotationRules={"GraceSeconds": 86400})
    secret.rest(states=("retiring",))
    second = secret.password()
    secret.rotate()
    secret.rest(states=("retiring",))
    assert secret.works() and secret.target.accepts(second)
    assert not secret.target.accepts(secret.first)


def test_cancel_does_not_keep_an_old_value_alive(keyturn):
    secret = Secret(keyturn, OVERLAP)
    secret.rotate(RotationRules={"GraceSeconds": 7200})
    secret.rest(states=("retiring",))
    secret.call("CancelRotateSecret")
    keyturn.advance(7200)
    secret.ended()
    assert not secret.target.accepts(secret.first) and secret.works()


# ---- what a person does ----


def test_pause_and_resume(keyturn, secret):
    due = secret.rules(ScheduleExpression="rate(1 hour)")
    assert "NextRotationDate" not in secret.call("keyturn.PauseRotation")
    keyturn.advance(due - keyturn.now() + 60)
    assert secret.jobs() == 0
    rotation = secret.rotation()
    assert rotation["Paused"] and "NextRotationDate" not in rotation
    due = secret.call("keyturn.ResumeRotation")["NextRotationDate"]
    assert due > keyturn.now()
    keyturn.advance(due - keyturn.now() + 0.1)
    keyturn.wait_for(lambda: secret.jobs() == 1)
    secret.ended()
    secret.call("keyturn.PauseRotation")
    secret.rotated()  # by hand goes all the same
    assert secret.rotation()["Paused"]


def test_cancel_undoes_and_disables(keyturn, secret):
    secret.rules(ScheduleExpression="rate(1 hour)")
    secret.target.change(delay_ms={"test": 60000})
    secret.rotate()
    secret.wait_calls("test")
    secret.call("CancelRotateSecret")
    secret.target.change(delay_ms={})
    rotation = secret.ended()
    assert rotation["LastOutcome"] == "aborted"
    assert rotation["RotationEnabled"] is False
    is_as_before(secret)
    keyturn.advance(7200)
    assert secret.jobs() == 1


@pytest.mark.parametrize("step", ["create", "set", "test", "finish"])
def test_abort(keyturn, step):
    secret = Secret(keyturn, delay_ms={step: 60000})
    secret.rules(ScheduleExpression="rate(30 days)")
    secret.rotate()
    secret.wait_calls(step)
    job = secret.rotation()["Job"]
    assert job["Phase"] == f"{step}Secret" and job["Outcome"] == "active"
    version = job["VersionId"]
    assert secret.call("keyturn.AbortRotation")["VersionId"] == version
    secret.target.change(delay_ms={})
    rotation = secret.ended()
    assert rotation["LastOutcome"] == "aborted"
    assert rotation["RotationEnabled"] and rotation["NextRotationDate"]
    is_as_before(secret)
    with pytest.raises(keyturn_server.ApiError, match="under way"):
        secret.call("keyturn.AbortRotation")
    secret.rotated()


def test_abort_while_it_waits():
    with fast_server(retry_wait=60) as keyturn:
        secret = Secret(keyturn, fail={"set": "BUSY"})
        secret.rotate()
        secret.rest(states=("waiting",))
        secret.call("keyturn.AbortRotation")
        assert secret.ended()["LastOutcome"] == "aborted"
        assert secret.calls("set") == 1
        is_as_before(secret)


def test_person_puts_a_value_before_set(secret):
    """The value is current then: set logs in with it."""
    secret.target.change(fail={"set": "BUSY"})
    secret.rotate()
    secret.wait_calls("set")
    mine = new_password()
    secret.target.change(accounts={"app": [mine]})
    secret.put(mine)
    secret.target.change(fail={})
    assert secret.rest()["LastOutcome"] == "succeeded"
    assert secret.works()
    assert secret.password("AWSPREVIOUS") == mine


def test_person_puts_a_value_after_set(secret):
    """The rotation ends all the same, and AWSCURRENT logs in."""
    secret.target.change(fail={"test": "BUSY"})
    version = secret.rotate()
    secret.wait_calls("test")
    mine = new_password()
    secret.put(mine)
    secret.target.change(fail={})
    assert secret.rest()["LastOutcome"] == "succeeded"
    assert secret.versions()["AWSCURRENT"] == version
    assert secret.works()
    assert secret.password("AWSPREVIOUS") == mine  # nothing is lost


def test_check_changes_nothing(secret):
    secret.rules()
    found = secret.call("keyturn.CheckRotation")
    assert found["Class"] == "OK"
    assert any("ready" in line["Text"] for line in found["Lines"])
    secret.target.change(fail={"check": "DENIED"})
    found = secret.call("keyturn.CheckRotation")
    assert found["Class"] == "DENIED" and found["Message"]
    assert secret.jobs() == 0
    is_as_before(secret)


def test_deleted_secret_is_not_rotated(keyturn, secret):
    due = secret.rules(ScheduleExpression="rate(1 hour)")
    secret.call("DeleteSecret", RecoveryWindowInDays=30)
    keyturn.advance(due - keyturn.now() + 60)
    assert secret.calls("create") == 0
    secret.call("RestoreSecret")
    assert secret.jobs() == 0
    secret.call("keyturn.PauseRotation")


# ---- a store that fails ----


@pytest.mark.parametrize(
    "point",
    [
        "rot.pending.before_commit=fail",
        "rot.finish.in_txn=fail",
        *(f"store.commit=fail@{n}" for n in range(6, 16)),
    ],
)
def test_commit_that_fails_is_made_up_for(point):
    """Each commit of a rotation is failed once: claim, steps, labels, end (and
    those of the audit trail, which come in between)."""
    with fast_server() as keyturn:
        secret = Secret(keyturn, OVERLAP)
        keyturn.stop()
        keyturn.environment["KEYTURN_FAULT"] = point
        keyturn.start()
        version = rotate_until_taken(secret)
        rotation = secret.ended()
        assert rotation["LastOutcome"] == "succeeded"
        assert rotation["Job"]["VersionId"] == version
        assert set(dict(steps(rotation)).values()) == {"OK"}  # the last answers
        assert secret.works() and not secret.target.accepts(secret.first)
        assert [e for e in keyturn.events() if e["level"] in ("warn", "error")
                and "told to fail" in e.get("error", "")]


def rotate_until_taken(secret):
    """The call itself may be what fails; nothing has begun then."""
    one = token()
    for _ in range(2):
        try:
            return secret.rotate(
                ClientRequestToken=one, RotationRules={"GraceSeconds": 0})
        except keyturn_server.ApiError as failure:
            assert failure.type == "InternalServiceError"
            assert secret.jobs() == 0
    raise AssertionError("it failed twice")
