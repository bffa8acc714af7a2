"""keyturnd as a service: told to end and to read its settings again, with
plugins that hang and crash, and what it lets out of its hands."""

import base64
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import urllib.parse

import pytest

import server
from keyturn_server import ApiError, KeyturnServer
from rotation_case import FAST, OVERLAP, Secret, fast_server, steps, tried

PLUGINS = server.BUILD / "test-plugins"


@pytest.fixture
def keyturn():
    with fast_server() as k:
        yield k


def exists(pid):
    """Is it there, and more than the entry of a dead one?"""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return text.rsplit(")", 1)[1].split()[0] != "Z"


def told_to_end(keyturn, sig=signal.SIGTERM, seconds=20):
    """Its exit code; nothing of it is left."""
    pids = keyturn.children()
    assert pids
    process = keyturn.process
    process.send_signal(sig)
    code = process.wait(seconds)
    keyturn.process = None
    keyturn.wait_for(lambda: not any(map(exists, pids)), 5)
    assert not keyturn.socket.exists() or sig == signal.SIGKILL
    return code


# ---- the end, and the start after it ----


def test_running_step_finishes_before_the_end(keyturn):
    secret = Secret(keyturn, delay_ms={"set": 700})
    version = secret.rotate()
    secret.wait_calls("set")
    assert told_to_end(keyturn) == 0
    pending = secret.target.read()["accounts"]["app"]
    assert pending != [secret.first]  # it was not cut in two
    keyturn.start()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert rotation["Job"]["VersionId"] == version
    assert tried(rotation, "setSecret") == ["OK"]
    assert [secret.password()] == pending


@pytest.mark.parametrize("place", ["before", "after"])
def test_step_that_does_not_listen_is_journaled(place):
    with fast_server(shutdown_grace="200ms") as keyturn:
        secret = Secret(keyturn, hang={"set": place})
        version = secret.rotate()
        secret.wait_calls("set")
        assert told_to_end(keyturn) == 0
        keyturn.start()
        rotation = secret.rest()
        assert tried(rotation, "setSecret") == ["AMBIGUOUS", "OK"]
        assert rotation["LastOutcome"] == "succeeded"
        assert rotation["Job"]["VersionId"] == version
        assert secret.works()


def test_step_that_listens_ends_with_the_grace():
    with fast_server(shutdown_grace="200ms", step_timeout=60) as keyturn:
        secret = Secret(keyturn, fail={})
        secret.target.change(delay_ms={"test": 50000})
        secret.rotate()
        secret.wait_calls("test")
        assert told_to_end(keyturn, seconds=10) == 0
        assert keyturn.events("rotation_step_cancelled")
        secret.target.change(delay_ms={})
        keyturn.start()
        assert secret.rest()["LastOutcome"] == "succeeded"
        assert secret.works()


def test_end_while_a_rotation_waits(keyturn):
    secret = Secret(keyturn, OVERLAP, sessions={"app": 1})
    secret.rotate(RotationRules={"GraceSeconds": 0})
    secret.wait_calls("retire")
    assert told_to_end(keyturn) == 0
    secret.target.change(sessions={})
    keyturn.start()
    assert secret.ended()["LastOutcome"] == "succeeded"
    assert not secret.target.accepts(secret.first)


def test_interrupt_and_a_second_signal():
    with fast_server(shutdown_grace=60, step_timeout=60) as keyturn:
        secret = Secret(keyturn, delay_ms={"set": 50000})
        secret.rotate()
        secret.wait_calls("set")
        keyturn.process.send_signal(signal.SIGINT)
        keyturn.wait_event("stopping")
        assert told_to_end(keyturn) == 0
        assert keyturn.events("stopping_now")
        secret.target.change(delay_ms={})
        keyturn.start()
        assert secret.rest()["LastOutcome"] == "succeeded" and secret.works()


def test_nothing_outlives_a_killed_daemon(keyturn):
    secret = Secret(keyturn, hang={"set": "before"})
    secret.rotate()
    secret.wait_calls("set")
    assert told_to_end(keyturn, signal.SIGKILL) == -signal.SIGKILL
    keyturn.start()  # over the socket that was left
    assert secret.rest()["LastOutcome"] == "succeeded" and secret.works()


# ---- settings ----


def test_reload_takes_settings_and_plugins(keyturn):
    assert not keyturn.events("rotation_debug")
    keyturn.add_plugin(PLUGINS / "right.so")
    keyturn.write_settings(log_level="debug", max_rotations=7, node="other")
    keyturn.hang_up()
    changed = {e["setting"]: (e["from"], e["to"])
               for e in keyturn.events("setting_changed")}
    assert changed == {"log_level": ("info", "debug"),
                       "max_rotations": ("32", "7")}
    [line] = keyturn.events("setting_not_changed")
    assert line["setting"] == "node" and "again" in line["next"]
    keyturn.wait_for(lambda: "right" in rotators(keyturn))
    (keyturn.plugins / "right.so").unlink()
    keyturn.hang_up()
    keyturn.wait_for(lambda: "right" not in rotators(keyturn))
    Secret(keyturn).rotated()


def rotators(keyturn):
    return [r["Name"] for r in keyturn.call("keyturn.ListRotators")["Rotators"]]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("max_rotation = 3", "nearest is max_rotations"),
        ("max_rotations = many", "a number from 1 to 1024"),
        ("lease = 4", "5 to 3600 seconds"),
        ("nonsense", "expected NAME = VALUE"),
    ],
)
def test_bad_settings_on_reload_change_nothing(keyturn, line, says):
    keyturn.write_settings(log_level="error")
    with open(keyturn.config, "a") as f:
        f.write(line + "\n")
    number = len(keyturn.settings) + 1
    keyturn.hang_up()
    [refusal] = keyturn.events("reload_refused")
    assert f"{keyturn.config}:{number}: " in refusal["error"]
    assert says in refusal["error"]
    assert not keyturn.events("reloaded")
    Secret(keyturn).rotated()
    assert keyturn.events("rotation_ended")  # the level is what it was


def test_environment_wins_over_the_file():
    with KeyturnServer(
        settings={**FAST, "node": "of-file", "max_rotations": 5},
        environment={"KEYTURN_NODE": "of-environment"},
        plugins=["memory"],
    ) as keyturn:
        [ready] = keyturn.events("ready")
        assert ready["node"] == "of-environment"
        keyturn.write_settings(node="of-file-again")
        keyturn.hang_up()  # the environment still wins: nothing changed
        assert not keyturn.events("setting_not_changed")


def test_bad_environment_is_one_line(keyturn):
    keyturn.environment["KEYTURN_STEP_TIMEOUT"] = "soon"
    done = subprocess.run(
        keyturn.command("run"), env=keyturn.env(), cwd=keyturn.dir, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **keyturn.as_user())
    assert done.returncode == 2
    assert done.stdout == (
        "keyturnd: environment: KEYTURN_STEP_TIMEOUT = soon: expected 1 to 3600 "
        "seconds, as in 30, 30s, 2m or 500ms\n")


def test_group_that_is_not_there_is_one_line(keyturn):
    """Found when all but the API is open: all is closed again."""
    keyturn.stop()
    keyturn.write_settings(admin_group="no-such-group")
    done = subprocess.run(
        keyturn.command("run"), env=keyturn.env(), cwd=keyturn.dir, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **keyturn.as_user())
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1] == (
        "keyturnd: admin_group no-such-group: there is no such group")


def test_hang_up_is_no_end_from_the_first_answer_on():
    for _ in range(5):
        with fast_server() as keyturn:
            keyturn.hang_up()
            assert keyturn.process.poll() is None


def test_second_daemon_on_the_store_is_refused(keyturn):
    done = subprocess.run(
        keyturn.command("run"), env=keyturn.env(), cwd=keyturn.dir, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **keyturn.as_user())
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("keyturnd: ") and str(keyturn.data) in last
    Secret(keyturn).rotated()  # and the first one minds nothing


# ---- plugins that misbehave ----


@pytest.mark.parametrize("place", ["before", "after"])
def test_hanging_step_is_killed_at_its_deadline(keyturn, place):
    secret = Secret(keyturn, hang={"set": place})
    [pid] = keyturn.children()
    secret.rotate()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert tried(rotation, "setSecret") == ["AMBIGUOUS", "OK"]
    attempt = rotation["Job"]["Steps"][1]
    assert attempt["Code"] == "host-deadline"
    assert 2000 <= attempt["DurationMs"] < 20000
    assert "deadline of 2000 ms" in attempt["Message"]
    assert secret.works() and not exists(pid)
    assert keyturn.children() != [pid]


@pytest.mark.parametrize(
    ("step", "place"),
    [("set", "before"), ("set", "middle"), ("set", "after"), ("test", "after")],
)
def test_crash_of_a_step_is_settled(keyturn, step, place):
    secret = Secret(keyturn, crash={step: place})
    daemon = keyturn.process.pid
    secret.rotate()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert tried(rotation, f"{step}Secret") == ["AMBIGUOUS", "OK"]
    first = next(s for s in rotation["Job"]["Steps"] if s["Class"] != "OK")
    assert first["Code"] == "host-crash" and "signal" in first["Message"]
    assert secret.works()
    assert keyturn.process.pid == daemon and keyturn.process.poll() is None


def test_others_rotate_while_one_plugin_crashes_for_ever(keyturn):
    keyturn.add_plugin(PLUGINS / "crash.so")
    keyturn.hang_up()
    keyturn.wait_for(lambda: "crash" in rotators(keyturn))
    target = keyturn.dir / "crash-target"
    target.write_text("password-1")
    keyturn.own(target, 0o600)
    value = {"target": str(target), "password": "password-1"}
    keyturn.call("CreateSecret",
                 {"Name": "bad", "SecretString": json.dumps(value)})
    keyturn.call("RotateSecret",
                 {"SecretId": "bad", "RotationLambdaARN": "crash"})
    good = Secret(keyturn)
    for _ in range(5):
        good.rotated()
    rotation = keyturn.wait_rotation("bad", 60)
    assert rotation["State"] in ("failed", "stuck")  # and it comes to an end
    assert tried(rotation, "setSecret").count("AMBIGUOUS") >= 4
    status = keyturn.call("keyturn.Status")
    assert [p["Plugin"] for p in status["Problems"]] == ["crash.so"]
    assert keyturn.secret("bad")["password"] == "password-1"
    good.rotated()


def test_replaced_plugin_takes_over_when_the_step_is_done(keyturn):
    secret = Secret(keyturn, delay_ms={"set": 700})
    [old] = keyturn.children()
    secret.rotate()
    secret.wait_calls("set")
    plugin = keyturn.plugins / "memory.so"
    fresh = keyturn.dir / "fresh.so"
    shutil.copy(plugin, fresh)
    keyturn.own(fresh, 0o755)
    fresh.rename(plugin)
    keyturn.hang_up()
    rotation = secret.rest()
    assert rotation["LastOutcome"] == "succeeded"
    assert {c for _, c in steps(rotation)} == {"OK"}
    secret.rotated()
    keyturn.wait_for(lambda: not exists(old))
    [new] = keyturn.children()
    assert new != old


def test_rotator_that_is_gone_is_named(keyturn):
    secret = Secret(keyturn)
    secret.rules()
    (keyturn.plugins / "memory.so").rename(keyturn.dir / "memory.so")
    secret.target.change(fail={"create": "BUSY"})
    keyturn.hang_up()
    keyturn.wait_for(lambda: not rotators(keyturn))
    with pytest.raises(ApiError, match="No rotator 'memory-single-user'"):
        secret.rotate()
    with pytest.raises(ApiError, match="memory-single-user"):
        secret.call("keyturn.CheckRotation")


def test_checks_leave_a_thread_for_everybody_else():
    with fast_server(workers=3, step_timeout=30) as keyturn:
        slow = [Secret(keyturn, delay_ms={"check": 20000}) for _ in range(4)]
        for secret in slow:
            secret.rules()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            calls = [pool.submit(s.call, "keyturn.CheckRotation") for s in slow]
            refused, waiting = concurrent.futures.wait(
                calls, 10, concurrent.futures.FIRST_EXCEPTION)
            for call in refused:
                assert "2 checks run already" in str(call.exception())
            assert keyturn.call("keyturn.Status", timeout=5)["EngineRunning"]
            keyturn.stop()  # those that wait are told
        assert len(waiting) >= 2
        for call in waiting:
            assert isinstance(call.exception(), (ApiError, OSError))


# ---- what is let out of hand ----


def traces(text):
    """How a secret might be written down."""
    raw = text.encode()
    return {
        raw,
        json.dumps(text)[1:-1].encode(),
        urllib.parse.quote(text, safe="").encode(),
        base64.b64encode(raw).rstrip(b"=")[:-1],
        base64.b64encode(b"x" + raw)[4:-4],
        base64.b64encode(b"xx" + raw)[4:-4],
        raw.hex().encode(),
        raw.hex().upper().encode(),
        raw[: len(raw) // 2],
        raw[len(raw) // 2 :],
        raw.decode().encode("utf-16-le"),
    }


def test_no_password_on_the_disk_or_in_the_log():
    with fast_server(log_level="debug") as keyturn:
        known = set()
        admin = {"username": "root", "password": server.new_password()}
        made = keyturn.call("CreateSecret", {
            "Name": "admin", "SecretString": json.dumps(admin)})
        known.add(admin["password"])
        plain, mastered, failing, hanging = (
            Secret(keyturn),
            Secret(keyturn, OVERLAP, value={"masterarn": made["ARN"]},
                   admin=admin),
            Secret(keyturn, fail={"set": "DENIED", "when": "after"}),
            Secret(keyturn, hang={"test": "before"}),
        )
        for secret in (plain, mastered, hanging, failing):
            known.add(secret.first)
            drawn = secret.rotate()
        for secret in (plain, mastered, failing, hanging):
            secret.rest()
            known.update(secret.target.read()["accounts"]["app"])
            known.add(secret.password())
        dropped = failing.call("GetSecretValue", VersionId=drawn)
        known.add(json.loads(dropped["SecretString"])["password"])
        with pytest.raises(ApiError) as wrong:
            plain.call("PutSecretValue", SecretString=7)
        assert wrong.value.status == 400
        assert len(known) == 9  # the admin's, and two of each
        look(keyturn, known)
        assert keyturn.events("rotation_ended")
        told_to_end(keyturn)
        look(keyturn, known)


def look(keyturn, known):
    files = [keyturn.dir / "log"]
    files += [f for f in keyturn.data.rglob("*") if f.is_file()]
    assert {"log", "keyturn.db", "public-key.pem"} <= {f.name for f in files}
    for file in files:
        content = file.read_bytes()
        for password in known:
            for trace in traces(password):
                assert trace not in content, (file.name, trace)


def test_log_lines_say_what_they_are_about(keyturn):
    secret = Secret(keyturn, fail={"set": "BUSY", "times": 1})
    version = secret.rotate()
    rotation = secret.rest()
    lines = [json.loads(line) for line in keyturn.log_text().splitlines()]
    for line in lines:
        assert list(line)[:3] == ["time", "level", "event"]
        if line["level"] in ("warn", "error"):
            assert line["next"]
    about = [x for x in lines if x["event"].startswith("rotation_")]
    assert len(about) == 2 * len(steps(rotation)) + 1
    for line in about:
        assert line["arn"] == secret.arn
        assert line["version"] == version
        assert line["rotation"] == rotation["Job"]["JobId"]
    [warning] = [x for x in about if x["level"] == "warn"]
    assert warning["class"] == "BUSY" and warning["message"]


def status_of(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":", 1) for line in text.splitlines())


def limits_of(pid):
    text = pathlib.Path(f"/proc/{pid}/limits").read_text()
    return {line[:26].strip(): line[26:].split() for line in text.splitlines()}


def test_plugin_process_is_alone(keyturn):
    """Nothing inherited, nothing to gain, nothing left behind."""
    keyturn.stop()
    canary = server.new_password()
    keyturn.environment.update(
        PGPASSWORD=canary, AWS_SECRET_ACCESS_KEY=canary, LD_LIBRARY_PATH="/tmp",
        http_proxy="http://127.0.0.1:1", KEYTURN_LOG_LEVEL="info")
    keyturn.start()
    [pid] = keyturn.children()
    proc = pathlib.Path(f"/proc/{pid}")
    assert b"keyturn-rotator" in (proc / "cmdline").read_bytes()
    status = status_of(pid)
    assert int(status["NoNewPrivs"]) == 1
    assert int(status["CapEff"].strip(), 16) == 0
    assert status["Uid"].split()[0] == str(keyturn.user.pw_uid)
    assert limits_of(pid)["Max core file size"][:2] == ["0", "0"]
    assert limits_of(keyturn.process.pid)["Max core file size"][:2] == ["0", "0"]
    assert int(limits_of(pid)["Max open files"][0]) <= 1024
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):  # not even its own account may
            (proc / "environ").read_bytes()
        return
    environ = (proc / "environ").read_bytes()
    names = {v.split(b"=")[0] for v in environ.split(b"\0") if v}
    assert names <= {b"HOME", b"LC_ALL", b"ASAN_OPTIONS", b"UBSAN_OPTIONS"}
    assert canary.encode() not in environ
    fds = {os.readlink(fd) for fd in (proc / "fd").iterdir()}
    assert {f for f in fds if not f.startswith("socket:")} == {"/dev/null"}
    assert len(list((proc / "fd").iterdir())) == 4
    assert os.readlink(proc / "cwd") == "/"


def test_core_of_a_crash_is_nowhere(keyturn):
    secret = Secret(keyturn, crash={"set": "middle"})
    secret.rotated()
    assert not list(keyturn.dir.rglob("core*"))
