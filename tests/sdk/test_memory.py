"""rotators/memory: that its target behaves as its README says, for every
switch that other tests rely on."""

import json
import multiprocessing

import pytest

from step import Plugin, StepCrash

MEMORY = Plugin("memory")
CLASSES = ["UNREACHABLE", "BUSY", "AUTH", "LOCKED", "POLICY", "MISSING",
           "DENIED", "CONFIG", "AMBIGUOUS", "REAUTH_REQUIRED"]


class Target:
    def __init__(self, folder):
        self.path = folder / "target.json"
        self.write({"accounts": {"app": ["old-password"]}})

    def write(self, doc):
        self.path.write_text(json.dumps(doc))

    def read(self):
        return json.loads(self.path.read_text())

    def change(self, **members):
        self.write({**self.read(), **members})

    def accepted(self):
        return self.read()["accounts"]["app"]

    def state(self):
        return {"AWSCURRENT": {"target": str(self.path), "username": "app",
                               "password": "old-password"}}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def run(step, state, rotator="memory-single-user", **kw):
    return MEMORY.run(rotator, step, state, **kw)


def test_single_user_replaces_the_password_in_place(target):
    state = MEMORY.rotate("memory-single-user", target.state())
    assert target.accepted() == [state["AWSCURRENT"]["password"]]
    assert state["AWSPREVIOUS"]["password"] == "old-password"
    assert target.read()["calls"] == {"create": 1, "set": 1, "test": 1,
                                      "finish": 1}


def test_overlap_keeps_the_old_password_until_retire(target):
    state = MEMORY.rotate("memory-overlap", target.state())
    new = state["AWSCURRENT"]["password"]
    assert target.accepted() == [new, "old-password"]
    target.change(sessions={"app": 1})
    result, state = run("retire", state, "memory-overlap")
    assert (result["class"], result["code"]) == ("BUSY", "sessions-open")
    target.change(sessions={"app": 0})
    state = MEMORY.ok("memory-overlap", "retire", state)
    assert target.accepted() == [new]


def test_create_twice_keeps_the_value(target):
    state = MEMORY.ok("memory-single-user", "create", target.state())
    again = MEMORY.ok("memory-single-user", "create", state)
    assert again["AWSPENDING"] == state["AWSPENDING"]


def test_pending_is_refused_before_set_and_accepted_after(target):
    state = MEMORY.ok("memory-single-user", "create", target.state())
    assert run("test", state)[0]["class"] == "AUTH"
    assert run("test", state, stage="AWSCURRENT")[0]["class"] == "OK"
    state = MEMORY.ok("memory-single-user", "set", state)
    assert run("test", state)[0]["class"] == "OK"
    assert run("test", state, stage="AWSCURRENT")[0]["class"] == "AUTH"


@pytest.mark.parametrize("rotator", ["memory-single-user", "memory-overlap"])
def test_revert_restores_the_current_password_only(target, rotator):
    state = MEMORY.ok(rotator, "create", target.state())
    state = MEMORY.ok(rotator, "set", state)
    state = MEMORY.ok(rotator, "revert", state)
    assert target.accepted() == ["old-password"]
    MEMORY.ok(rotator, "revert", state)  # again: nothing left to do


def test_set_repeated_after_it_took_effect_needs_maybe_set(target):
    state = MEMORY.ok("memory-single-user", "create", target.state())
    state = MEMORY.ok("memory-single-user", "set", state)
    assert run("set", state)[0]["class"] == "AUTH"
    result, _ = run("set", state, maybe_set=True)
    assert result["class"] == "OK" and not result["mutating"]


def test_wrong_admin_password_is_denied_and_right_one_serves(target):
    target.change(admin={"username": "root", "password": "right-one"})
    state = MEMORY.ok("memory-single-user", "create", target.state())
    state["admin"] = {"username": "root", "password": "wrong-one"}
    result, _ = run("set", state)
    assert (result["class"], result["code"]) == ("DENIED", "admin-refused")
    assert "wrong-one" not in json.dumps(result)
    state["admin"]["password"] = "right-one"
    state["AWSCURRENT"]["password"] = "drifted"  # the admin does not need it
    MEMORY.ok("memory-single-user", "set", state)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("step", ["create", "set", "test", "finish", "check"])
def test_every_step_fails_with_every_class(target, name, step):
    state = target.state()
    if step in ("set", "test"):
        state = MEMORY.ok("memory-single-user", "create", state)
    target.change(fail={step: name, "times": 1})
    assert run(step, state)[0]["class"] == name
    assert target.read()["fail"]["times"] == 0
    if step != "test":
        assert run(step, state)[0]["class"] == "OK"


def test_failure_after_set_comes_after_the_effect(target):
    state = MEMORY.ok("memory-single-user", "create", target.state())
    target.change(fail={"set": "AMBIGUOUS", "when": "after"})
    result, state = run("set", state)
    assert result["class"] == "AMBIGUOUS" and result["mutating"]
    assert target.accepted() == [state["AWSPENDING"]["password"]]


@pytest.mark.parametrize("when, took_effect", [
    ("before", False), ("middle", False), ("after", True)])
def test_crash_strikes_once_and_where_it_was_told(target, when, took_effect):
    state = MEMORY.ok("memory-single-user", "create", target.state())
    target.change(crash={"set": when})
    with pytest.raises(StepCrash):
        run("set", state)
    pending = state["AWSPENDING"]["password"]
    assert target.accepted() == [pending if took_effect else "old-password"]
    MEMORY.ok("memory-single-user", "set", state, maybe_set=True)
    assert target.accepted() == [pending]


def test_crash_after_create_leaves_the_pending_value(target):
    target.change(crash={"create": "after"})
    with pytest.raises(StepCrash) as crash:
        run("create", target.state())
    assert "password" in crash.value.state["AWSPENDING"]


def test_delay_ends_at_the_deadline(target):
    target.change(delay_ms={"test": 60000})
    result, _ = run("test", target.state(), stage="AWSCURRENT", deadline_ms=300)
    assert (result["class"], result["code"]) == ("UNREACHABLE", "no-answer")
    assert 250 <= result["ms"] < 5000


def test_failed_logins_lock_the_account(target):
    target.change(lock_after=2)
    state = target.state()
    state["AWSCURRENT"]["password"] = "not-the-one"
    classes = [run("test", state, stage="AWSCURRENT")[0]["class"]
               for _ in range(3)]
    assert classes == ["AUTH", "AUTH", "LOCKED"]


def test_short_password_is_against_the_policy(target):
    target.change(min_length=40)
    state = MEMORY.ok("memory-single-user", "create", target.state())
    result, _ = run("set", state)
    assert result["class"] == "POLICY" and not result["mutating"]


def test_absent_file_and_absent_account_are_told_apart(target):
    state = target.state()
    state["AWSCURRENT"]["username"] = "nobody-there"
    assert run("check", state)[0]["class"] == "MISSING"
    target.path.unlink()
    assert run("check", state)[0]["class"] == "UNREACHABLE"


def rotate_one(args):
    target, user = args
    state = {"AWSCURRENT": {"target": target, "username": user,
                            "password": "old-password"}}
    return user, MEMORY.rotate("memory-single-user", state)["AWSCURRENT"]


def test_parallel_rotations_of_one_file_lose_nothing(target):
    users = [f"app{i}" for i in range(8)]
    target.write({"accounts": {u: ["old-password"] for u in users}})
    with multiprocessing.Pool(4) as pool:
        done = pool.map(rotate_one, [(str(target.path), u) for u in users])
    accounts = target.read()["accounts"]
    for user, value in done:
        assert accounts[user] == [value["password"]]
    assert target.read()["calls"]["set"] == len(users)
