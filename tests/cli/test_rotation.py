"""keyturn rotation: list, show, now, check, history, pause, resume, cancel,
abort; watched in a pipe and at a terminal; what failed and what to type."""

import re
import signal
import subprocess
import threading
import uuid

import pytest

from cli_case import PROGRAM, Cli, plain, rows
from keyturn_server import KeyturnServer, MemoryTarget

SCHEDULE = {"ScheduleExpression": "cron(0 3 ? * MON-FRI *)",
            "TimeZone": "Europe/Berlin", "Duration": "3h"}
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]


@pytest.fixture(scope="module")
def server():
    with KeyturnServer(plugins=["memory"]) as k:
        yield k


@pytest.fixture
def cli(server):
    return Cli(server)


class Made:
    """A secret with a rotation, and its target."""

    def __init__(self, server, name=None, rotator="memory-single-user",
                 rules=None, **switches):
        self.name = name or f"r/{uuid.uuid4().hex[:12]}"
        self.server = server
        self.target = MemoryTarget(server, **switches)
        server.call("CreateSecret", {"Name": self.name,
                                     "SecretString": self.target.value()})
        server.call("keyturn.PutRotationRules", {
            "SecretId": self.name, "RotationLambdaARN": rotator,
            "RotationRules": rules or {}})

    def password(self, stage="AWSCURRENT"):
        return self.server.secret(self.name, stage)["password"]

    def works(self):
        return self.target.accepts(self.password())


@pytest.fixture
def made(server):
    return Made(server, rules=SCHEDULE)


# ---- now ------------------------------------------------------------------


def test_wait_ends_with_one_line_of_result(cli, made):
    before = made.password()
    said = cli.ok("rotation", "now", made.name, "--wait")
    assert re.fullmatch(
        rf"{made.name}: rotated in [\d.]+ m?s, version [0-9a-f-]{{36}}\n", said)
    assert made.password() != before and made.works()
    version = said.split()[-1]
    assert made.server.call("DescribeSecret", {"SecretId": made.name})[
        "VersionIdsToStages"][version] == ["AWSCURRENT"]


def test_now_alone_starts_and_says_how_to_look(cli, made):
    done = cli.run("rotation", "now", made.name)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Started the rotation of {made.name}, ")
    assert done.stderr == f"Next: keyturn rotation show {made.name}\n"
    made.server.wait_rotation(made.name)
    assert made.works()


def test_watch_in_a_pipe_is_a_line_a_step(cli, made):
    lines = cli.ok("rotation", "now", made.name, "--watch").splitlines()
    assert [line.split()[1:3] for line in lines[:4]] == \
        [[step, "OK"] for step in STEPS]
    assert re.search(r" (\d+ us|\d+ ms|[\d.]+ s)$", lines[0])
    assert lines[4].startswith(f"{made.name}: rotated in ")


def test_watch_at_a_terminal_redraws_the_four_steps(cli, made):
    made.target.change(delay_ms={"set": 400})
    shown = cli.tty("rotation", "now", made.name, "--watch")
    assert "\x1b[5F\x1b[J" in shown  # up over its five lines, and again
    frames = [plain(f) for f in re.split(r"\x1b\[\d+F\x1b\[J", shown)]
    assert any(re.search(r"● setSecret +running", f) for f in frames)
    last = frames[-1].splitlines()
    assert last[0].startswith(f"{made.name}  memory-single-user  ")
    for step, line in zip(STEPS, last[1:5]):
        assert re.fullmatch(rf"  ✓ {step} +(\d+ us|\d+ ms|[\d.]+ s)", line)
    assert re.search(r"setSecret +[45]\d\d ms", last[2])
    assert last[5].startswith(f"{made.name}: rotated in ")


def test_what_is_wider_than_the_terminal_is_cut(cli, made):
    made.target.change(fail={"set": "BUSY", "times": 1})
    shown = plain(cli.tty("rotation", "now", made.name, "--watch", "--timeout",
                          "1", columns=60, code=1))
    waits = [line for line in shown.splitlines() if "again in" in line]
    assert waits and all(len(line) <= 59 for line in waits)
    assert "the time given is over" in shown
    cli.ok("rotation", "abort", made.name)


def test_marks_are_plain_without_utf8(cli, made):
    shown = plain(Cli(cli.keyturn, LC_ALL="C").tty("rotation", "now",
                                                   made.name, "--watch"))
    assert re.search(r"^  ok finishSecret", shown, re.M)
    assert shown.isascii()


def test_many_rotate_under_a_bar(cli, server):
    prefix = f"many/{uuid.uuid4().hex[:8]}/"
    all_made = [Made(server, f"{prefix}{i}", delay_ms=50) for i in range(7)]
    all_made[3].target.change(fail={"set": "DENIED"})
    shown = plain(cli.tty("rotation", "now", "--all", "--prefix", prefix,
                          "--watch", "--parallel", "3", code=1,
                          answers=[("Rotate 7 secrets now? [y/N]", "y\n")]))
    bars = re.findall(r"\[[#-]+\] (\d)/7(.*)", shown)
    assert bars[0][0] == "0" and bars[-1][0] == "7"
    assert "1 failed" in bars[-1][1]
    assert max(bar[1].count("many/") for bar in bars) == 3
    for i, one in enumerate(all_made):
        word = "failed in setSecret: DENIED" if i == 3 else "rotated in"
        assert f"{one.name}: {word}" in shown
        assert one.works()
    assert f"Next: keyturn rotation check {prefix}3" in shown


def test_a_low_terminal_gets_the_bar(cli, server):
    names = [Made(server).name for _ in range(3)]
    shown = plain(cli.tty("rotation", "now", *names, "--watch"))
    assert "✓ createSecret" in shown and "]" not in shown
    shown = plain(cli.tty("rotation", "now", *names, "--watch", lines=20))
    assert "✓ createSecret" not in shown and "] 3/3" in shown


def test_all_asks_and_no_is_no(cli, made):
    before = made.password()
    shown = cli.tty("rotation", "now", "--all", "--prefix", made.name,
                    code=2, answers=[("[y/N]", "n\n")])
    assert "nothing was rotated" in shown
    said = cli.fails(2, "rotation", "now", "--all", "--prefix", made.name)
    assert "--yes asks nothing" in said
    assert made.password() == before


def test_failed_rotates_those_that_failed(cli, server):
    prefix = f"f/{uuid.uuid4().hex[:8]}/"
    good, bad = (Made(server, prefix + n) for n in ("good", "bad"))
    bad.target.change(fail={"set": "DENIED"})
    cli.run("rotation", "now", good.name, bad.name, "--wait")
    current = good.password()
    bad.target.change(fail={})
    said = cli.ok("rotation", "now", "--failed", "--prefix", prefix, "--yes",
                  "--wait")
    assert said.startswith(f"{bad.name}: rotated in ")
    assert good.password() == current and bad.works()
    assert cli.ok("rotation", "now", "--failed", "--prefix", prefix) == \
        "Nothing to rotate.\n"


def test_what_is_switched_off_is_not_among_all(cli, made):
    cli.ok("rotation", "cancel", made.name)
    assert cli.ok("rotation", "now", "--all", "--prefix", made.name) == \
        "Nothing to rotate.\n"


def test_timeout_leaves_the_rotation_running(cli, made):
    made.target.change(delay_ms={"set": 3000})
    done = cli.run("rotation", "now", made.name, "--wait", "--timeout", "1")
    assert done.returncode == 1
    assert "1 of the rotations still run" in done.stderr
    assert made.server.rotation(made.name)["State"] == "running"
    made.server.wait_rotation(made.name)
    assert made.works()


@pytest.mark.parametrize("words, why", [
    ([], "give names, or --all, or --failed"),
    (["a", "--all"], "give names, or --all, or --failed"),
    (["--all", "--failed"], "not both"),
    (["a", "a"], "a is given twice"),
    (["a", "--prefix", "b"], "--prefix goes with"),
    (["a", "--timeout", "5"], "--timeout goes with"),
    (["a", "--parallel", "0"], "--parallel takes a whole number from 1 to 64"),
])
def test_now_refuses_what_makes_no_sense(cli, words, why):
    assert why in cli.fails(2, "rotation", "now", *words)


def test_a_name_that_is_not_there(cli, server, made):
    done = cli.run("rotation", "now", "no/such", "--wait")
    assert done.returncode == 4
    assert "no/such: not rotated: " in done.stdout
    assert done.stderr == "Next: keyturn rotation list\n"
    done = cli.run("rotation", "now", "no/such", made.name, "--wait")
    assert done.returncode == 1 and made.works()
    assert f"{made.name}: rotated" in done.stdout


def test_json_of_now(cli, made):
    out = cli.json("rotation", "now", made.name, "--wait")
    (one,) = out["Rotations"]
    assert one["Result"] == "rotated" and one["Name"] == made.name
    assert one["Rotation"]["Job"]["VersionId"] == one["VersionId"]
    made.target.change(fail={"set": "DENIED"})
    (one,) = cli.json("rotation", "now", made.name, "--watch",
                      code=1)["Rotations"]
    assert one["Result"] == "failed"
    assert one["Rotation"]["LastClass"] == "DENIED"
    (one,) = cli.json("rotation", "now", "no/such", "--wait",
                      code=4)["Rotations"]
    assert one["Result"] == "failed" and "find" in one["Error"]


def test_one_that_was_overtaken_is_told_by_its_version(cli, server, made):
    made.target.change(delay_ms={"set": 300})
    watch = subprocess.Popen(
        [PROGRAM, "rotation", "now", made.name, "--watch"], env=cli.env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert watch.stdout.readline().split()[1] == "createSecret"
    watch.send_signal(signal.SIGSTOP)
    server.wait_rotation(made.name)
    made.target.change(delay_ms={"set": 20000})
    server.call("RotateSecret", {"SecretId": made.name})
    watch.send_signal(signal.SIGCONT)
    said, complaints = watch.communicate(timeout=15)
    assert watch.returncode == 0, said + complaints
    assert said.splitlines()[-1].startswith(f"{made.name}: rotated in ")
    cli.ok("rotation", "abort", made.name)
    made.target.change(delay_ms=0)


def test_the_daemon_ends_while_it_is_watched():
    with KeyturnServer(plugins=["memory"],
                       settings={"shutdown_grace": "0"}) as k:
        made = Made(k, delay_ms={"set": 20000})
        cli, seen = Cli(k), []
        watch = threading.Thread(target=lambda: seen.append(
            cli.run("rotation", "now", made.name, "--wait")))
        watch.start()
        k.wait_for(lambda: made.target.read().get("calls", {}).get("create"))
        k.stop()
        watch.join(30)
        assert seen[0].returncode == 3
        assert "keyturnd" in seen[0].stderr


# ---- the view of a failure ------------------------------------------------


def test_a_failure_says_what_why_and_what_to_type(cli, made):
    made.target.change(fail={"set": "DENIED"})
    done = cli.run("rotation", "now", made.name, "--wait")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith(
        f"{made.name}: failed in setSecret: DENIED ")
    assert done.stderr == (
        "A right is missing at the target; the check names it.\n"
        f"Next: keyturn rotation check {made.name}, then "
        f"keyturn rotation now {made.name}\n")
    shown = cli.tty("rotation", "show", made.name)
    assert re.search(r"^State: +failed$", plain(shown), re.M)
    assert "\x1b[31m✗\x1b[0m setSecret     DENIED" in shown
    assert "· testSecret    not reached" in plain(shown)
    assert shown.rstrip().splitlines()[-1].startswith("Next: keyturn rotation ")
    done = cli.run("rotation", "list", "--state", "failed", "--late")
    (row,) = [r for r in rows(done.stdout) if r["NAME"] == made.name]
    assert row["STATE"] == "failed"
    assert row["PROBLEM"].startswith("setSecret: DENIED ")
    assert done.stderr.startswith("Next: keyturn rotation show ")
    status = cli.run("status")
    assert re.search(r"[1-9]\d* failed", status.stdout)
    assert re.search(r"^  failed: +\S+  setSecret: DENIED ", status.stdout, re.M)
    assert "Next: keyturn rotation list --state failed\n" in status.stderr


def test_a_stuck_rotation_says_where_both_values_are(cli, made):
    made.target.change(fail={"test": "AUTH", "revert": "CONFIG"})
    done = cli.run("rotation", "now", made.name, "--wait")
    assert done.returncode == 1
    assert f"{made.name}: stuck in " in done.stdout
    assert "kept both: AWSCURRENT (the old one) and AWSPENDING" in done.stderr
    assert f"keyturn secret get {made.name} --version-stage AWSPENDING" in \
        done.stderr
    kept = made.password("AWSPENDING")
    # Rotating again goes on with that value, and is followed by its version.
    made.target.change(fail={})
    again = cli.ok("rotation", "now", made.name, "--wait", "--timeout", "60")
    assert f"{made.name}: rotated in " in again
    assert made.password() == kept


def test_a_retry_says_when_and_what_failed(cli, made):
    made.target.change(fail={"set": "UNREACHABLE"})
    done = cli.run("rotation", "now", made.name, "--wait", "--timeout", "1")
    assert done.returncode == 1
    done = cli.run("rotation", "show", made.name)
    assert re.search(r"^State: +waiting$", done.stdout, re.M)
    assert re.search(r"… setSecret +again in \d+ s \(try 1 of 10 failed\): "
                     r"UNREACHABLE ", done.stdout)
    assert f"keyturn rotation abort {made.name}" in done.stderr
    assert "Nobody answers at the target" in done.stderr


# ---- list, show, history --------------------------------------------------


def test_a_rotation_is_shown_in_words_and_local_times(cli, made):
    shown = cli.ok("rotation", "show", made.name)
    assert re.search(r"^Schedule: +every Monday to Friday at 03:00 Europe/"
                     r"Berlin, window 3 h; cron\(0 3 \? \* MON-FRI \*\), "
                     r"Europe/Berlin$", shown, re.M)
    assert re.search(r"^Next: +20\d\d-\d\d-\d\d 0[12]:00 \(in \d+ \w+\)$",
                     shown, re.M)
    assert re.search(r"^Last rotation: +none yet$", shown, re.M)
    tokyo = Cli(cli.keyturn, TZ="Asia/Tokyo").ok("rotation", "show", made.name)
    assert re.search(r"^Next: +\S+ 1[01]:00 ", tokyo, re.M)
    cli.ok("rotation", "now", made.name, "--wait")
    shown = cli.ok("rotation", "show", made.name)
    assert re.search(r"^Last rotation: +manual, succeeded, ", shown, re.M)
    assert re.search(r"^  ✓ finishSecret  ", shown, re.M)
    assert cli.json("rotation", "show", made.name)["Job"]["Outcome"] == \
        "succeeded"


def test_the_list_is_filtered(cli, server):
    prefix = f"l/{uuid.uuid4().hex[:8]}/"
    paused, off, idle = (Made(server, prefix + n, rules=SCHEDULE)
                         for n in ("paused", "off", "idle"))
    cli.ok("rotation", "pause", paused.name)
    cli.ok("rotation", "cancel", off.name)

    def listed(*words):
        out = cli.ok("rotation", "list", "--prefix", prefix, *words)
        return {r["NAME"]: r["STATE"] for r in rows(out)}

    assert listed() == {paused.name: "paused", off.name: "off",
                        idle.name: "idle"}
    assert listed("--paused") == {paused.name: "paused"}
    assert listed("--state", "failed", "--paused") == {paused.name: "paused"}
    assert cli.ok("rotation", "list", "--prefix", prefix, "--state", "stuck",
                  "--late") == "No such rotations.\n"
    assert len(cli.json("rotation", "list", "--prefix", prefix)
               ["Rotations"]) == 3
    assert cli.json("rotation", "list", "--prefix", "no/") == {"Rotations": []}
    assert "--state takes idle" in cli.fails(2, "rotation", "list", "--state",
                                             "bad")


def test_history_has_every_attempt_newest_last(cli, made):
    made.target.change(fail={"set": "DENIED", "times": 1})
    cli.run("rotation", "now", made.name, "--wait")
    cli.ok("rotation", "now", made.name, "--wait")
    table = rows(cli.ok("rotation", "history", made.name))
    assert [r["STEP"] for r in table[-4:]] == STEPS
    assert all(r["CLASS"] == "OK" for r in table[-4:])
    (bad,) = [r for r in table if r["CLASS"].startswith("DENIED")]
    assert bad["STEP"] == "setSecret" and bad["MESSAGE"]
    assert [r["STEP"] for r in rows(cli.ok(
        "rotation", "history", made.name, "--limit", "2"))] == STEPS[2:]
    assert len(rows(cli.ok("rotation", "history", made.name, "--failed"))) == 1
    jobs = {r["JOB"] for r in table}
    assert len(jobs) == 2
    newest = rows(cli.ok("rotation", "history", made.name, "--job",
                         table[-1]["JOB"]))
    assert [r["STEP"] for r in newest] == STEPS
    out = cli.json("rotation", "history", made.name, "--limit", "2")
    assert [a["Step"] for a in out["Attempts"]] == STEPS[:1:-1]  # newest first
    everybody = rows(cli.ok("rotation", "history", "--limit", "3"))
    assert everybody[-1]["NAME"] == made.name


def test_history_goes_over_pages(cli, made):
    made.target.change(delay_ms=0)
    for _ in range(30):
        cli.ok("rotation", "now", made.name, "--wait")
    table = rows(cli.ok("rotation", "history", made.name, "--limit", "1000"))
    assert len(table) == 120
    assert [r["STEP"] for r in table] == STEPS * 30
    assert len(rows(cli.ok("rotation", "history", made.name, "--limit",
                           "110"))) == 110


def test_nothing_tried_yet(cli, made):
    assert cli.ok("rotation", "history", made.name) == \
        "Nothing was tried yet.\n"
    assert cli.json("rotation", "history", made.name) == {"Attempts": []}


# ---- check, pause, resume, cancel, abort ----------------------------------


def test_check_changes_nothing_and_says_why_not(cli, made):
    before = made.target.read()["accounts"]
    done = cli.run("rotation", "check", made.name)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{made.name} can rotate (")
    assert done.stderr == f"Next: keyturn rotation now {made.name} --watch\n"
    assert cli.json("rotation", "check", made.name)["Class"] == "OK"
    assert made.target.read()["accounts"] == before
    made.target.change(fail={"check": "POLICY"})
    done = cli.run("rotation", "check", made.name)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{made.name} cannot rotate: POLICY ")
    assert "The target refuses the passwords that are drawn" in done.stderr
    assert f"keyturn rotation check {made.name}" in done.stderr
    assert cli.json("rotation", "check", made.name, code=1)["Class"] == "POLICY"


def test_pause_and_resume(cli, server, made):
    other = Made(server, rules=SCHEDULE)
    done = cli.run("rotation", "pause", made.name, other.name)
    assert done.stdout == f"Paused {made.name}\nPaused {other.name}\n"
    assert f"Next: keyturn rotation resume {made.name}" in done.stderr
    assert server.rotation(other.name)["Paused"] is True
    assert re.search(r"^State: +paused$",
                     cli.ok("rotation", "show", made.name), re.M)
    said = cli.ok("rotation", "resume", made.name)
    assert re.fullmatch(rf"Resumed {made.name}; next rotation \S+ \S+ "
                        r"\(in \d+ \w+\)\n", said)
    out = cli.json("rotation", "resume", made.name, other.name)
    assert [r["Name"] for r in out["Rotations"]] == [made.name, other.name]
    done = cli.run("rotation", "pause", made.name, "no/such", other.name)
    assert done.returncode == 4 and "no/such: " in done.stderr
    assert done.stdout == f"Paused {made.name}\n"
    assert server.rotation(other.name)["Paused"] is False


def test_cancel_switches_off_and_now_switches_on(cli, server, made):
    said = cli.ok("rotation", "cancel", made.name)
    assert said == f"Switched off the rotation of {made.name}\n"
    assert server.rotation(made.name)["RotationEnabled"] is False
    assert "; switched off" in cli.ok("rotation", "show", made.name)
    cli.ok("rotation", "now", made.name, "--wait")
    assert server.rotation(made.name)["RotationEnabled"] is True


def test_abort_stops_and_puts_back(cli, server, made):
    assert "No rotation of" in cli.fails(1, "rotation", "abort", made.name)
    before = made.password()
    made.target.change(fail={"test": "UNREACHABLE"})
    cli.run("rotation", "now", made.name, "--wait", "--timeout", "1")
    assert not made.target.accepts(before)
    made.target.change(fail={})
    done = cli.run("rotation", "abort", made.name)
    assert done.stdout == \
        f"Told to stop and undo: the rotation of {made.name}\n"
    rotation = server.wait_rotation(made.name)
    assert rotation["LastOutcome"] == "aborted"
    assert made.password() == before and made.works()
    assert re.search(r"^Last rotation: +manual, aborted, ",
                     cli.ok("rotation", "show", made.name), re.M)


def test_a_secret_without_a_rotation_says_how_to_get_one(cli, server):
    name = f"plain/{uuid.uuid4().hex[:8]}"
    server.call("CreateSecret", {"Name": name, "SecretString": "s"})
    for verb in ("show", "check", "pause", "cancel", "abort"):
        assert name in cli.fails(1, "rotation", verb, name) or verb == "cancel"
    assert "keyturn apply" in cli.fails(1, "rotation", "show", name)
    assert cli.fails(4, "rotation", "show", "no/such").startswith(
        "keyturn rotation show no/such: ")
