"""What a real keyturnd runs when: limits, windows, blackouts, jitter, order,
and what becomes of rotations when it was away."""

import datetime
import signal

import pytest

from keyturn_server import ApiError
from rotation_case import OVERLAP, SINGLE, Secret, fast_server, steps, tried

DAY = 86400


@pytest.fixture
def keyturn():
    with fast_server(clock=True) as k:
        yield k


def utc(instant):
    return datetime.datetime.fromtimestamp(instant, datetime.timezone.utc)


def clock_to(keyturn, hour, minute=0):
    """Advances the clock to the next time of the day that is that."""
    now = keyturn.now()
    ahead = (hour * 3600 + minute * 60 - now) % DAY
    keyturn.advance(ahead + 0.01)
    return keyturn.now()


def noon(keyturn):
    """The clock, a little after a noon."""
    return clock_to(keyturn, 12)


def to(keyturn, instant):
    keyturn.advance(instant - keyturn.now() + 0.01)


def all_rest(secrets, seconds=60):
    return [s.rest(seconds) for s in secrets]


def settled(keyturn):
    """The engine has looked, and has nothing in hand."""
    keyturn.hang_up()
    keyturn.wait_for(
        lambda: keyturn.call("keyturn.Status")["Running"] == 0)


# ---- limits ----


def on_one_target(keyturn, n, rotator=SINGLE, **members):
    """n secrets with an account each on one target, which counts."""
    secrets = [Secret(keyturn, rotator) for _ in range(n)]
    target = secrets[0].target
    for i, secret in enumerate(secrets):
        secret.put(secret.first, username=f"user{i}",
                   target=str(target.path), **members)
    target.write({
        "accounts": {f"user{i}": [s.first] for i, s in enumerate(secrets)},
        "at_once": {"now": 0, "most": 0},
        "delay_ms": {"set": 150, "test": 50},
    })
    return target, secrets


def rotate_together(keyturn, secrets):
    """All due at one instant."""
    due = max(s.rules(ScheduleExpression="rate(1 hour)") for s in secrets)
    to(keyturn, due)
    keyturn.wait_for(lambda: all(s.jobs() == 1 for s in secrets), 60)
    for rotation in all_rest(secrets):
        assert rotation["State"] in ("idle", "retiring")
        assert [c for _, c in steps(rotation)] == ["OK"] * 4


@pytest.mark.parametrize(
    "setting", ["max_rotations", "max_per_rotator", "max_per_host"]
)
def test_limit(setting):
    with fast_server(clock=True, **{setting: 3}) as keyturn:
        target, secrets = on_one_target(keyturn, 10, host="db1.example")
        for secret in secrets[::2]:
            secret.put(secret.first, host="DB1.Example")
        rotate_together(keyturn, secrets)
        assert target.read()["at_once"] == {"now": 0, "most": 3}


def test_limits_count_hosts_and_rotators_apart():
    with fast_server(clock=True, max_per_host=2, max_per_rotator=3) as keyturn:
        groups = [
            on_one_target(keyturn, 5, host="db1.example"),
            on_one_target(keyturn, 5, host="db2.example"),
            on_one_target(keyturn, 5, OVERLAP, host="db3.example"),
        ]
        everything = [s for _, secrets in groups for s in secrets]
        for secret in everything[10:]:
            secret.rules(GraceSeconds=86400)
        rotate_together(keyturn, everything)
        counts = [t.read()["at_once"] for t, _ in groups]
        assert [c["now"] for c in counts] == [0, 0, 0]
        assert max(c["most"] for c in counts) == 2


def test_limit_is_lifted_by_reload():
    with fast_server(clock=True, max_rotations=1) as keyturn:
        target, secrets = on_one_target(keyturn, 4)
        rotate_together(keyturn, secrets)
        assert target.read()["at_once"]["most"] == 1
        keyturn.write_settings(max_rotations=4)
        keyturn.hang_up()
        for secret in secrets:
            secret.rotate()
        all_rest(secrets)
        assert target.read()["at_once"]["most"] == 4


def test_two_hundred_due_at_once_rotate_once_each(keyturn):
    secrets = [Secret(keyturn) for _ in range(200)]
    due = {s.rules(ScheduleExpression="cron(0 3 * * ? *)") for s in secrets}
    assert len(due) == 1
    to(keyturn, due.pop())
    keyturn.wait_for(
        lambda: len(keyturn.events("rotation_ended")) >= 200, 120)
    settled(keyturn)
    ended = keyturn.events("rotation_ended")
    assert {e["outcome"] for e in ended} == {"succeeded"}
    assert sorted(e["arn"] for e in ended) == sorted(s.arn for s in secrets)
    for secret in secrets:
        assert secret.calls("set") == 1 and secret.works()


# ---- when ----


def test_jitter_is_stable_and_spreads(keyturn):
    noon(keyturn)
    secrets = [Secret(keyturn) for _ in range(8)]
    rules = {"ScheduleExpression": "cron(0 3 * * ? *)", "Duration": "4h",
             "JitterSeconds": 3600}
    due = [s.rules(**rules) for s in secrets]
    opens = min(due) // 3600 * 3600
    assert utc(opens).hour == 3
    assert all(opens <= d < opens + 3600 for d in due)
    assert len(set(due)) == 8 and max(due) - min(due) > 600
    assert [s.rules(**rules) for s in secrets] == due
    keyturn.stop()
    keyturn.start()
    assert [s.rotation()["NextRotationDate"] for s in secrets] == due
    to(keyturn, sorted(due)[3])
    keyturn.wait_for(lambda: len(keyturn.events("rotation_ended")) >= 4)
    settled(keyturn)
    for secret, instant in zip(secrets, due):
        assert secret.jobs() == (instant <= keyturn.now())


def test_blackout_moves_the_start_inside_the_window(keyturn):
    noon(keyturn)
    secret = Secret(keyturn)
    rules = {"ScheduleExpression": "cron(0 2 * * ? *)", "Duration": "4h"}
    opens = secret.rules(**rules)
    assert utc(opens).hour == 2

    def stamp(instant):
        return utc(instant).strftime("%Y-%m-%dT%H:%M:%SZ")

    blackout = {"Start": stamp(opens - 3600), "End": stamp(opens + 3 * 3600)}
    assert secret.rules(**rules, Blackouts=[blackout]) == opens + 3 * 3600
    to(keyturn, opens + 10)
    settled(keyturn)
    assert secret.jobs() == 0
    to(keyturn, opens + 3 * 3600)
    keyturn.wait_for(lambda: secret.jobs() == 1)
    assert secret.ended()["LastOutcome"] == "succeeded"


def test_blackout_over_the_window_waits_for_the_next(keyturn):
    noon(keyturn)
    secret = Secret(keyturn)
    rules = {"ScheduleExpression": "cron(0 2 * * ? *)", "Duration": "1h"}
    opens = secret.rules(**rules)
    every = {"Expression": f"cron(0 1 {utc(opens).day} * ? *)", "Duration": "3h"}
    assert secret.rules(**rules, Blackouts=[every]) == opens + DAY
    to(keyturn, opens + 60)
    settled(keyturn)
    assert secret.jobs() == 0


def test_blackout_that_came_after_the_due_time_was_set_holds(keyturn):
    """The catch-up asks the calendar again."""
    noon(keyturn)
    secret = Secret(keyturn)
    opens = secret.rules(
        ScheduleExpression="cron(0 2 * * ? *)", Duration="6h",
        Blackouts=[{"Expression": "cron(0 3 * * ? *)", "Duration": "3h"}])
    keyturn.stop()
    to_us = opens + 2 * 3600  # 04:00: the window is open, the blackout too
    keyturn.advance(to_us - keyturn.now())
    keyturn.start()
    keyturn.wait_event("rotation_missed")
    settled(keyturn)  # the line comes before what it says
    assert secret.jobs() == 0
    assert secret.rotation()["NextRotationDate"] == opens + 4 * 3600
    to(keyturn, opens + 4 * 3600)
    keyturn.wait_for(lambda: secret.jobs() == 1)
    secret.ended()


@pytest.mark.parametrize("hour", [12, 3])
def test_missed_while_down_is_caught_up_with_once(keyturn, hour):
    """At noon: in the window of the next night.  At 03:00: it is open."""
    noon(keyturn)
    secret = Secret(keyturn)
    first = secret.rules(
        ScheduleExpression="cron(0 2 * * ? *)", Duration="3h")
    keyturn.stop()
    keyturn.advance(first + 4 * DAY + (hour - 2) * 3600 - keyturn.now())
    keyturn.start()
    missed = keyturn.wait_event("rotation_missed", arn=secret.arn)
    assert missed["late_s"] // 3600 == 4 * 24 + hour - 2
    if hour == 12:
        settled(keyturn)
        assert secret.jobs() == 0
        due = secret.rotation()["NextRotationDate"]
        assert due == first + 5 * DAY
        to(keyturn, due)
    keyturn.wait_for(lambda: secret.jobs() == 1)
    rotation = secret.ended()
    assert rotation["LastOutcome"] == "succeeded"
    assert rotation["NextRotationDate"] == first + (
        6 if hour == 12 else 5) * DAY
    settled(keyturn)
    assert secret.jobs() == 1
    to(keyturn, rotation["NextRotationDate"] - 1)
    settled(keyturn)
    assert secret.jobs() == 1 and len(keyturn.events("rotation_missed")) == 1


def test_order_is_that_of_the_due_times():
    with fast_server(clock=True, max_rotations=1) as keyturn:
        noon(keyturn)
        secrets = [Secret(keyturn) for _ in range(6)]
        minutes = [40, 10, 50, 0, 30, 20]
        for secret, minute in zip(secrets, minutes):
            secret.rules(ScheduleExpression=f"cron({minute} 2 * * ? *)",
                         Duration="5h")
        keyturn.stop()
        ahead = (2 * 3600 + 55 * 60 - keyturn.now()) % DAY
        keyturn.advance(ahead)
        keyturn.start()
        keyturn.wait_for(lambda: len(keyturn.events("rotation_ended")) >= 6)
        order = [e["arn"] for e in keyturn.events("rotation_ended")]
        assert order == [s.arn for _, s in
                         sorted(zip(minutes, secrets), key=lambda x: x[0])]


def test_days_count_from_the_last_value(keyturn):
    noon(keyturn)
    secret = Secret(keyturn)
    start = keyturn.now() // DAY * DAY
    assert secret.rules(AutomaticallyAfterDays=10) == start + 10 * DAY
    keyturn.advance(4 * DAY)
    assert secret.rotated()["NextRotationDate"] == start + 14 * DAY
    assert secret.rules() == start + 14 * DAY
    keyturn.advance(3 * DAY)
    secret.put(secret.password())
    assert secret.rotation()["NextRotationDate"] == start + 17 * DAY
    keyturn.stop()
    keyturn.start()
    to(keyturn, start + 17 * DAY)
    keyturn.wait_for(lambda: secret.jobs() == 2)
    assert secret.ended()["NextRotationDate"] == start + 27 * DAY


def test_deleted_secret_is_purged_in_time(keyturn):
    secret = Secret(keyturn)
    secret.call("DeleteSecret", RecoveryWindowInDays=7)
    keyturn.advance(7 * DAY - 60)
    assert secret.call("DescribeSecret")["DeletedDate"]
    keyturn.advance(60)
    keyturn.wait_event("secrets_purged")
    with pytest.raises(ApiError, match="ResourceNotFound"):
        secret.call("DescribeSecret")


def test_time_zone_and_what_is_next(keyturn):
    noon(keyturn)
    secret = Secret(keyturn)
    due = secret.rules(ScheduleExpression="cron(30 3 * * ? *)",
                       TimeZone="Asia/Kolkata", Duration="2h")
    assert (utc(due).hour, utc(due).minute) == (22, 0)
    seen = secret.call("keyturn.PreviewSchedule", Count=3)["Occurrences"]
    assert [o["StartDate"] for o in seen] == [due + n * DAY for n in range(3)]
    with pytest.raises(ApiError, match="TimeZone|time zone|Nowhere"):
        secret.rules(TimeZone="Nowhere/Atlantis")


def test_window_that_ends_ends_the_attempts():
    with fast_server(clock=True, retry_wait=60) as keyturn:
        noon(keyturn)
        secret = Secret(keyturn, fail={"set": "UNREACHABLE"})
        due = secret.rules(
            ScheduleExpression="cron(0 2 * * ? *)", Duration="1h")
        to(keyturn, due)
        secret.wait_calls("set")
        secret.rest(states=("waiting",))
        keyturn.advance(3600)
        rotation = secret.rest()
        assert rotation["LastOutcome"] == "failed"
        assert tried(rotation, "setSecret") == ["UNREACHABLE"]
        assert rotation["NextRotationDate"] == due + DAY
        assert "AWSPENDING" not in secret.versions()


def test_clock_that_is_set_back_does_not_stop_a_rotation():
    with fast_server(clock=True, retry_wait=20) as keyturn:
        secret = Secret(keyturn, fail={"set": "BUSY", "times": 1})
        secret.rotate()
        secret.rest(states=("waiting",))
        keyturn.advance(-7 * DAY)
        assert secret.rest()["LastOutcome"] == "succeeded"
        assert secret.works()


def test_clock_that_jumps_ahead_does_not_start_a_step_twice(keyturn):
    """As after a suspend: every lease looks as if it had ended."""
    secret = Secret(keyturn, delay_ms={"set": 1000})
    secret.rotate()
    secret.wait_calls("set")
    keyturn.advance(3600)
    assert tried(secret.rest(), "setSecret") == ["OK"]
    assert secret.calls("set") == 1
    assert not keyturn.events("rotation_lease_lost")


# ---- away, and back ----


@pytest.mark.parametrize("step", ["create", "set", "test", "finish"])
def test_killed_in_a_step_it_resumes_the_same_version(keyturn, step):
    secret = Secret(keyturn)
    secret.target.change(delay_ms={step: 60000})
    version = secret.rotate()
    secret.wait_calls(step)
    pending = None if step == "create" else secret.password("AWSPENDING")
    keyturn.stop(signal.SIGKILL)
    secret.target.change(delay_ms={})
    keyturn.start()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert rotation["Job"]["VersionId"] == version
    assert secret.versions()["AWSCURRENT"] == version
    assert pending in (None, secret.password()) and secret.works()
    assert secret.calls("set") == (2 if step == "set" else 1)


def test_attempts_are_counted_over_restarts():
    with fast_server(clock=True, retry_wait=60) as keyturn:
        secret = Secret(keyturn, fail={"set": "BUSY", "times": 2})
        version = secret.rotate()
        before = secret.rest(states=("waiting",))["Job"]
        for sig in (signal.SIGTERM, signal.SIGKILL):
            keyturn.stop(sig)
            keyturn.start()
            job = secret.rotation()["Job"]
            assert (job["Attempt"], job["RetryDate"]) == (
                before["Attempt"], before["RetryDate"])
        assert secret.calls("set") == 1
        for n in (2, 3):
            keyturn.advance(200)
            secret.wait_calls("set", n)
        rotation = secret.rest()
        assert rotation["LastOutcome"] == "succeeded"
        assert rotation["Job"]["VersionId"] == version
        assert [s["Attempt"] for s in rotation["Job"]["Steps"]
                if s["Step"] == "setSecret"] == [1, 2, 3]


def test_lease_of_another_name_is_not_waited_for(keyturn):
    """Only one process can have the store open, so whoever holds a lease in
    it is dead: a container has another host name each time it is made."""
    secret = Secret(keyturn)
    secret.target.change(delay_ms={"set": 60000})
    version = secret.rotate()
    secret.wait_calls("set")
    keyturn.stop(signal.SIGKILL)
    secret.target.change(delay_ms={})
    keyturn.write_settings(node="another")
    keyturn.start()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert rotation["Job"]["VersionId"] == version
    assert secret.calls("set") == 2 and secret.works()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL])
def test_retirement_goes_on_after_a_restart(keyturn, sig):
    secret = Secret(keyturn, OVERLAP)
    secret.rotate(RotationRules={"GraceSeconds": 3600})
    secret.rest(states=("retiring",))
    keyturn.stop(sig)
    keyturn.start()
    assert secret.rotation()["State"] == "retiring"
    assert secret.target.accepts(secret.first)
    keyturn.advance(3601)
    assert secret.ended()["LastOutcome"] == "succeeded"
    assert secret.works() and not secret.target.accepts(secret.first)


def test_grace_that_passed_while_down_is_over(keyturn):
    secret = Secret(keyturn, OVERLAP)
    secret.rotate(RotationRules={"GraceSeconds": 3600})
    secret.rest(states=("retiring",))
    keyturn.stop()
    keyturn.advance(DAY)
    keyturn.start()
    secret.ended()
    assert not secret.target.accepts(secret.first)


def test_many_in_flight_survive_a_kill(keyturn):
    secrets = [Secret(keyturn, delay_ms={"set": 100}) for _ in range(20)]
    for secret in secrets:
        secret.rotate()
    keyturn.wait_for(lambda: sum(s.calls("set") for s in secrets) >= 10)
    keyturn.stop(signal.SIGKILL)
    keyturn.start()
    for rotation in all_rest(secrets):
        assert rotation["LastOutcome"] == "succeeded"
    assert all(s.works() and s.jobs() == 1 for s in secrets)
