"""keyturn apply: plans against a real keyturnd."""

import json
import os
import re
import subprocess

import pytest

from keyturn_server import ApiError, KeyturnServer, MemoryTarget
from server import BUILD

PROGRAM = BUILD / "bin" / "keyturn"


class Plans:
    """A folder of plans and values, and `keyturn apply` over it.  Values of
    secrets are noted, and must be in nothing that is printed."""

    def __init__(self, keyturn, folder):
        self.keyturn, self.folder = keyturn, folder
        self.hidden = []

    def write(self, *secrets, name="plan.json", mode=0o644):
        """A plan with a member a line, so that lines can be counted."""
        path = self.folder / name
        path.write_text(json.dumps({"secrets": list(secrets)}, indent=1))
        path.chmod(mode)
        return path

    def value(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        self.hide(text)

    def hide(self, text):
        try:
            self.hidden.append(json.loads(text)["password"])
        except (ValueError, TypeError):
            self.hidden.append(text)

    def run(self, *args):
        done = subprocess.run(
            [PROGRAM, "--socket", self.keyturn.socket, "apply", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )  # fmt: skip
        for text in self.hidden:
            assert text not in done.stdout + done.stderr
        assert "Sanitizer" not in done.stderr
        return done

    def ok(self, *args):
        done = self.run(*args)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def line(self, path, text):
        """The last line of the file that has the text."""
        return [i for i, line in enumerate(path.read_text().splitlines(), 1)
                if text in line][-1]


@pytest.fixture(scope="module")
def server():
    with KeyturnServer(plugins=["memory"]) as k:
        yield k


@pytest.fixture
def plans(server, tmp_path):
    yield Plans(server, tmp_path)
    delete_all(server)


def delete_all(server):
    everything = {"IncludePlannedDeletion": True}
    while listed := server.call("ListSecrets", everything)["SecretList"]:
        for one in listed:
            if "DeletedDate" in one:
                server.call("RestoreSecret", {"SecretId": one["ARN"]})
            server.call("DeleteSecret", {"SecretId": one["ARN"],
                                         "ForceDeleteWithoutRecovery": True})


@pytest.fixture
def target(server):
    return MemoryTarget(server)


def app(**rotation):
    return {
        "name": "prod/app",
        "description": "the shop's login",
        "tags": {"team": "web", "stage": "prod"},
        "value": {"file": "app.json"},
        "rotation": {"rotator": "memory-overlap",
                     "schedule": "cron(0 3 ? * MON-FRI *)", **rotation},
    }


def describe(server, name="prod/app"):
    return server.call("DescribeSecret", {"SecretId": name})


def names(server):
    listed = server.call("ListSecrets")["SecretList"]
    return sorted(one["Name"] for one in listed)


def rules(server, name="prod/app"):
    return server.rotation(name)["RotationRules"]


# What is done


def test_plan_is_applied_and_then_there_is_nothing_to_change(
        plans, server, target):
    plans.value("app.json", target.value())
    blackouts = [{"start": "2026-12-20T00:00:00Z",
                  "end": "2027-01-04T00:00:00Z"},
                 {"expression": "cron(0 0 1 * ? *)", "duration": "6h"}]
    plan = plans.write(
        app(duration="2h", timeZone="Europe/Berlin", jitterSeconds=600,
            graceSeconds=30, blackouts=blackouts,
            options={"password": {"PasswordLength": 40}}),
        {"name": "prod/plain"},
    )  # fmt: skip
    shown = plans.ok(plan)
    assert "+ prod/app\n" in shown and "+ prod/plain\n" in shown
    assert "Created 2, changed 0, unchanged 0." in shown
    assert server.secret("prod/app")["password"] == target.password
    secret = describe(server)
    assert secret["Description"] == "the shop's login"
    assert {t["Key"]: t["Value"] for t in secret["Tags"]} == {
        "team": "web", "stage": "prod"}
    assert secret["RotationEnabled"] is True
    there = rules(server)
    assert there.pop("AutomaticallyAfterDays") <= 3  # keyturnd counts it
    assert there == {
        "ScheduleExpression": "cron(0 3 ? * MON-FRI *)", "Duration": "2h",
        "TimeZone": "Europe/Berlin", "JitterSeconds": 600, "GraceSeconds": 30,
        "Options": {"password": {"PasswordLength": 40}},
        "Blackouts": [{"Start": "2026-12-20T00:00:00Z",
                       "End": "2027-01-04T00:00:00Z"},
                      {"Expression": "cron(0 0 1 * ? *)", "Duration": "6h"}],
    }
    again = plans.ok(plan)
    assert again == "Nothing to change: 2 secrets are as planned.\n"
    assert describe(server) == secret
    assert server.rotation("prod/app")["State"] == "idle"


def test_dry_run_shows_what_would_change_and_changes_nothing(
        plans, server, target):
    plans.value("app.json", target.value())
    plan = plans.write(app(timeZone="Europe/Berlin"))
    shown = plans.ok("--dry-run", plan)
    assert names(server) == []
    assert shown == (
        "+ prod/app\n"
        "    description    the shop's login\n"
        "    tag team       web\n"
        "    tag stage      prod\n"
        "    value          from app.json\n"
        "    rotator        memory-overlap\n"
        "    schedule       cron(0 3 ? * MON-FRI *)\n"
        "    timeZone       Europe/Berlin\n"
        "To create 1, to change 0, unchanged 0.  "
        "Nothing was changed: --dry-run.\n")
    plans.ok(plan)
    before = describe(server)
    changed = app(duration="1h")
    changed["tags"] = {"team": "dba"}
    shown = plans.ok("--dry-run", plans.write(changed))
    assert shown == (
        "~ prod/app\n"
        "    tag team       web -> dba\n"
        "    tag stage      prod -> none\n"
        "    duration       default -> 1h\n"
        "    timeZone       Europe/Berlin -> default\n"
        "To create 0, to change 1, unchanged 0.  "
        "Nothing was changed: --dry-run.\n")
    assert describe(server) == before


def test_what_a_plan_no_longer_says_goes_back_to_its_default(
        plans, server, target):
    plans.value("app.json", target.value())
    plans.ok(plans.write(app(duration="2h", timeZone="Asia/Tokyo",
                             jitterSeconds=60, graceSeconds=5,
                             options={"password": {"PasswordLength": 40}})))
    plain = app()
    plain["rotation"] = {"rotator": "memory-single-user", "manual": True}
    shown = plans.ok(plans.write(plain))
    assert "rotator        memory-overlap -> memory-single-user" in shown
    assert "schedule       cron(0 3 ? * MON-FRI *) -> by hand" in shown
    assert "graceSeconds   5 -> default" in shown
    assert rules(server) == {"TimeZone": "UTC", "JitterSeconds": 0,
                             "Blackouts": [], "Options": {}}
    assert server.rotation("prod/app")["Rotator"] == "memory-single-user"
    assert server.rotation("prod/app").get("NextRotationDate") is None
    plain["rotation"] = {"rotator": "memory-single-user", "days": 3.0}
    assert "schedule       by hand -> every 3 days" in plans.ok(
        plans.write(plain))
    assert rules(server)["AutomaticallyAfterDays"] == 3
    assert plans.ok(plans.write(plain)).startswith("Nothing to change")


def test_what_a_plan_does_not_name_is_left_alone(plans, server, target):
    plans.value("app.json", target.value())
    plans.ok(plans.write(app(), {"name": "other", "tags": {"a": "b"}}))
    before = describe(server), rules(server), describe(server, "other")
    shown = plans.ok(plans.write({"name": "prod/app"}))
    assert shown == "Nothing to change: 1 secret is as planned.\n"
    assert before == (describe(server), rules(server),
                      describe(server, "other"))
    assert "tag a          b -> none" in plans.ok(
        plans.write({"name": "other", "tags": {}, "description": ""}))
    assert not describe(server, "other").get("Tags")


def test_value_is_stored_once(plans, server, target):
    plans.value("app.json", target.value())
    plan = plans.write(app())
    plans.ok(plan)
    first = describe(server)["VersionIdsToStages"]
    plans.value("app.json", target.value(note="new"))
    assert plans.ok(plan).startswith("Nothing to change")
    assert describe(server)["VersionIdsToStages"] == first
    assert "~ prod/app\n    value          from app.json\n" in plans.ok(
        "--set-values", plan)
    assert server.secret("prod/app")["note"] == "new"
    second = describe(server)["VersionIdsToStages"]
    # The same value once more would cost AWSPREVIOUS.
    assert plans.ok("--set-values", plan).startswith("Nothing to change")
    assert describe(server)["VersionIdsToStages"] == second != first


def test_secret_without_a_value_gets_the_planned_one(plans, server, target):
    plans.value("app.json", target.value())
    server.call("CreateSecret", {"Name": "prod/app"})
    shown = plans.ok(plans.write(app()))
    assert "~ prod/app" in shown and "value          from app.json" in shown
    assert server.secret("prod/app")["password"] == target.password


def test_one_newline_at_the_end_of_a_file_is_dropped(plans, server):
    plans.value("token", "tok-en-value\n")
    plan = plans.write({"name": "token", "value": {"file": "token"}})
    plans.ok(plan)
    assert server.secret("token") == "tok-en-value\n"
    assert plans.ok("--set-values", plan).startswith("Nothing to change")


def test_values_dir_is_where_files_are(plans, server, target, tmp_path):
    values = tmp_path / "values"
    values.mkdir()
    plans.value("values/app.json", target.value())
    plan = plans.write(app())
    done = plans.run(plan)
    assert done.returncode == 1 and "No such file" in done.stderr
    assert names(server) == []
    plans.ok("--values-dir", values, plan)
    assert server.secret("prod/app")["password"] == target.password
    plans.value("absolute.txt", "abs-olute-value")
    plans.ok("--values-dir", values, plans.write(
        {"name": "abs", "value": {"file": f"{tmp_path}/absolute.txt"}}))
    assert server.secret("abs") == "abs-olute-value"


def test_generated_values_follow_their_rules(plans, server):
    plan = plans.write(
        {"name": "key", "value": {"generate": {
            "password": {"PasswordLength": 50, "ExcludePunctuation": True}}}},
        {"name": "login", "value": {"generate": {
            "fields": {"user": "u", "port": 5432}}}},
        {"name": "token", "value": {"generate": {
            "fields": {"user": "u"}, "key": "token"}}},
    )  # fmt: skip
    shown = plans.ok(plan)
    key, login = server.secret("key"), server.secret("login")
    token = server.secret("token")
    assert re.fullmatch("[A-Za-z0-9]{50}", key)
    assert len(login.pop("password")) == 32
    assert login == {"user": "u", "port": 5432}
    assert set(token) == {"user", "token"}
    assert shown.count("value          generated") == 3
    assert key not in shown and token["token"] not in shown
    assert plans.ok(plan).startswith("Nothing to change")
    assert server.secret("key") == key


def test_inline_values_come_from_private_plans(plans, server):
    plans.hide("hush-hush-value")
    secrets = [{"name": "text", "value": {"inline": "hush-hush-value"}},
               {"name": "object", "value": {"inline": {
                   "password": "hush-hush-value", "n": [1, None]}}}]
    done = plans.run(plans.write(*secrets))
    assert done.returncode == 1 and "chmod 600" in done.stderr
    assert names(server) == []
    plan = plans.write(*secrets, mode=0o600)
    plans.ok(plan)
    assert server.secret("text") == "hush-hush-value"
    assert server.secret("object") == {"password": "hush-hush-value",
                                       "n": [1, None]}
    assert plans.ok("--set-values", plan).startswith("Nothing to change")


def test_rotation_is_started_only_when_it_is_first_configured(
        plans, server, target):
    plans.value("app.json", target.value())
    plan = plans.write(app(rotateImmediately=True))
    plans.ok(plan)
    rotation = server.wait_rotation("prod/app")
    assert rotation["State"] == "retiring"  # the old value's grace period
    assert server.secret("prod/app")["password"] != target.password
    job = rotation["Job"]["JobId"]
    plans.ok(plan)
    plans.ok(plans.write(app(rotateImmediately=True, graceSeconds=7)))
    assert server.rotation("prod/app")["Job"]["JobId"] == job


def test_rotation_that_was_turned_off_is_turned_on(plans, server, target):
    plans.value("app.json", target.value())
    plan = plans.write(app())
    plans.ok(plan)
    server.call("CancelRotateSecret", {"SecretId": "prod/app"})
    assert "rotating       off -> on" in plans.ok(plan)
    assert describe(server)["RotationEnabled"] is True
    server.call("keyturn.PauseRotation", {"SecretId": "prod/app"})
    assert plans.ok(plan).startswith("Nothing to change")
    assert server.rotation("prod/app")["Paused"] is True


def test_folders_of_plans_are_one_plan(plans, server, tmp_path):
    folder = tmp_path / "plans"
    folder.mkdir()
    plans.write({"name": "b"}, name="plans/2.json")
    plans.write({"name": "a"}, name="plans/1.json")
    other = plans.write({"name": "c"}, name="other.json")
    (folder / "README.md").write_text("no plan")
    shown = plans.ok(folder, other)
    assert [x for x in shown.splitlines() if x[0] == "+"] == [
        "+ a", "+ b", "+ c"]
    assert names(server) == ["a", "b", "c"]


def test_hundreds_of_secrets_fit(plans, server):
    plan = plans.write(*({"name": f"many/{i}", "tags": {"n": str(i)},
                          "value": {"generate": {}}} for i in range(400)))
    assert "Created 400" in plans.ok(plan)
    assert "400 secrets are as planned" in plans.ok(plan)


def test_json_says_what_was_done(plans, server, target):
    plans.value("app.json", target.value())
    plan = plans.write(app(), {"name": "plain"})
    plans.ok(plans.write({"name": "plain"}, name="first.json"))
    for args, is_dry in ((["--dry-run"], True), ([], False)):
        told = json.loads(plans.ok("--json", *args, plan))
        secrets = told.pop("secrets")
        assert told == {"dryRun": is_dry, "created": 1, "changed": 0,
                        "unchanged": 1}
        assert [s["action"] for s in secrets] == ["create", "none"]
        assert secrets[0]["file"] == str(plan)
        assert secrets[0]["line"] == plans.line(plan, "prod/app")
        assert {"what": "rotator", "from": None,
                "to": "memory-overlap"} in secrets[0]["changes"]
    assert names(server) == ["plain", "prod/app"]


# What is refused


def rotating(**members):
    """A secret that only its rotation can be wrong with."""
    rotation = {"rotator": "memory-overlap", "manual": True, **members}
    if "schedule" in members or "days" in members:
        del rotation["manual"]
    return {"name": "prod/app", "value": {"file": "app.json"},
            "rotation": rotation}


REFUSED = [
    # The secret, a text in the line that is to be named (the last that has
    # it; None: the secret's own), the reason.
    (rotating(rotator="memory-overlapp"), '"rotator"',
     "expected a rotator that keyturnd has loaded: memory-overlap, "
     "memory-single-user"),
    (rotating(options={"pasword": {}}), '"pasword"',
     "/secrets/1/rotation/options/pasword: expected no such member; there "
     "are password"),
    (rotating(schedule="cron(0 3 * * * *)"), '"schedule"',
     "/secrets/1/rotation/schedule: "),
    (rotating(schedule="rate(1 day)", timeZone="Europe/Berlinn"),
     '"timeZone"', 'there is no time zone "Europe/Berlinn"'),
    (rotating(schedule="rate(4 hours)", duration="5h"), '"duration"',
     "this schedule has room for 4h"),
    (rotating(days=1, blackouts=[
        {"start": "2026-12-20T00:00:00Z", "end": "2027-01-04T00:00:00Z"},
        {"start": "2026-12-24", "end": "2026-12-26T00:00:00Z"}]),
     "{", "/blackouts/1: blackout: '2026-12-24' is not a Start"),
    (rotating(options={"password": {"x": "y" * 5000}}), '"options"',
     "longer than 4096 characters"),
    ({"name": "prod/app", "value": {"file": "gone.json"}}, '"file"',
     "gone.json: No such file"),
    ({"name": "prod/app", "value": {"file": "empty"}}, '"file"',
     "it is empty"),
    ({"name": "prod/app", "value": {"file": "binary"}}, '"file"',
     "expected UTF-8 text"),
    ({"name": "prod/app", "value": {"file": "text"},
      "rotation": {"rotator": "memory-overlap", "manual": True}}, '"value"',
     "expected a JSON object for rotator memory-overlap"),
    ({"name": "prod/app", "value": {"generate": {"password": {
        "PasswordLength": 2}}}}, '"password"', "PasswordLength"),
    ({"name": "prod/app",
      "rotation": {"rotator": "memory-overlap", "manual": True}}, None,
     "expected a value: without one nothing can rotate"),
    ({"name": "gone"}, '"gone"', "keyturn secret restore gone"),
    ({"name": "fine"}, '"fine"', 'expected a name that stands once; "fine"'),
]


@pytest.mark.parametrize("secret,place,reason", REFUSED,
                         ids=[r[2][:40] for r in REFUSED])
def test_faults_are_told_with_their_line_and_nothing_is_done(
        plans, server, target, secret, place, reason):
    plans.value("app.json", target.value())
    (plans.folder / "empty").write_text("")
    (plans.folder / "binary").write_bytes(b"\xff\xfe\x00")
    (plans.folder / "text").write_text("only a text")
    server.call("CreateSecret", {"Name": "gone", "SecretString": "x"})
    server.call("DeleteSecret", {"SecretId": "gone"})
    plan = plans.write({"name": "fine", "value": {"generate": {}}}, secret)
    line = plans.line(plan, place or '"name"') - (place is None)
    for args in ([], ["--dry-run"]):
        done = plans.run(*args, plan)
        assert done.returncode == 1, done.stdout
        assert done.stdout == ""
        told = done.stderr.splitlines()
        assert told[0].startswith(f"{plan}:{line}:"), done.stderr
        assert reason in told[0], done.stderr
        assert told[1:] == ["keyturn apply: 1 fault in the plans; nothing "
                            "was changed"]
        assert names(server) == []


def test_values_that_do_not_fit_are_told_with_the_line_of_their_file(
        plans, server, target):
    plans.hide("hush-hush-value")
    (plans.folder / "app.json").write_text(
        '{"username": "app",\n "password": "hush-hush-value",\n'
        ' "target": "relative"}')
    done = plans.run(plans.write(app()))
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"{plans.folder}/app.json:3:2: /target: expected a match of ^/\n")
    plans.hide("target.json")  # a value, too
    inline = app()
    inline["value"] = {"inline": {"password": "hush-hush-value"}}
    plan = plans.write(inline, mode=0o600)
    done = plans.run(plan)
    assert done.stderr.startswith(f"{plan}:{plans.line(plan, 'inline')}:")
    assert names(server) == []


def test_all_faults_are_told_at_once(plans, server):
    one = plans.write({"name": "a", "value": {"file": "x", "inline": "y"}},
                      {"name": "b", "rotation": {"rotator": "r"}})
    two = plans.write({"name": "c", "tag": {}}, name="two.json")
    done = plans.run(one, two, plans.folder / "three.json")
    told = done.stderr.splitlines()
    assert told[0].startswith(f"{plans.folder}/three.json: No such file")
    assert told[1].startswith(f"{two}:{plans.line(two, 'tag')}:")
    assert told[2].startswith(f"{one}:{plans.line(one, 'inline')}:")
    assert told[3].startswith(f"{one}:{plans.line(one, 'rotation')}:")
    assert told[4] == ("keyturn apply: 4 faults in the plans; nothing was "
                       "changed")


def test_daemon_that_is_not_there_is_exit_3(plans):
    plan = plans.write({"name": "a"})
    done = subprocess.run(
        [PROGRAM, "apply", "--socket", plans.folder / "none", plan],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert "a: keyturnd does not answer on" in done.stderr


# What fails half way


def test_refusal_in_the_middle_is_told_and_applying_again_finishes(
        plans, server, target):
    """A value that is there already is keyturnd's to judge."""
    plans.value("app.json", target.value())
    server.call("CreateSecret", {"Name": "prod/app",
                                 "SecretString": "no object"})
    plan = plans.write({"name": "first"}, app(), {"name": "last"})
    done = plans.run(plan)
    assert done.returncode == 1
    assert done.stdout == "+ first\n"
    assert f"{plan}:{plans.line(plan, 'prod/app')}: prod/app: " in done.stderr
    assert "does not fit the rotator" in done.stderr
    assert ("Applied before that: 1 of the secrets, and this one in part; "
            "1 more were to follow.") in done.stderr
    assert names(server) == ["first", "prod/app"]
    assert describe(server)["Description"] == "the shop's login"
    server.call("PutSecretValue", {"SecretId": "prod/app",
                                   "SecretString": target.value()})
    shown = plans.ok(plan)
    assert "description" not in shown and "rotator        memory" in shown
    assert names(server) == ["first", "last", "prod/app"]
    assert plans.ok(plan).startswith("Nothing to change")


def state(server):
    """What there is, without times and versions."""
    found = {}
    for name in names(server):
        secret = describe(server, name)
        found[name] = (secret.get("Description"), secret.get("Tags"),
                       server.secret(name))
        if "RotationEnabled" in secret:
            found[name] += (rules(server, name),
                            server.rotation(name)["Rotator"])
    return found


def killed_at(plans, server, nth, plan):
    """Applies it to a keyturnd that dies at its nth commit.  False: it did
    not come to that."""
    server.environment = {"KEYTURN_FAULT": f"store.commit=kill@{nth}"}
    try:
        server.start()
    except RuntimeError:  # it commits while it starts
        server.environment = {}
        server.start()
        return True
    done = plans.run(plan)
    died = done.returncode != 0
    if died:
        assert done.returncode == 3
        server.process.wait(20)
        # Or at a commit of its own, such as the audit trail's, before the first
        # change.
        told = ("Apply the plan again", "is it running?")
        assert any(t in done.stderr for t in told), done.stderr
    server.stop()
    server.environment = {}
    server.start()
    return died


def test_killed_daemon_at_any_commit_and_applying_again_finishes(tmp_path):
    with KeyturnServer(plugins=["memory"]) as server:
        plans = Plans(server, tmp_path)
        target = MemoryTarget(server)
        plans.value("app.json", target.value())
        before = plans.write(
            {"name": "there", "description": "old",
             "tags": {"a": "b", "c": "d"}, "value": {"file": "app.json"}},
            name="before.json")
        there = {"name": "there", "description": "new", "tags": {"e": "f"},
                 "rotation": {"rotator": "memory-overlap", "days": 2}}
        plan = plans.write(app(), there)
        wanted, nth, died = None, 1, True
        while died:
            delete_all(server)
            plans.ok(before)
            server.stop()
            died = killed_at(plans, server, nth, plan)
            plans.ok(plan)
            assert plans.ok(plan).startswith("Nothing to change")
            wanted = wanted or state(server)
            assert state(server) == wanted
            assert wanted["there"][0] == "new"
            nth += 1
        assert nth > 6  # 2 for the new one, 4 for the old one


def test_two_plans_cannot_create_the_same_twice(plans, server):
    """Somebody else was faster: keyturnd says so, and nothing is hidden."""
    plan = plans.write({"name": "a", "value": {"generate": {}}})
    plans.ok(plan)
    with pytest.raises(ApiError, match="ResourceExists"):
        server.call("CreateSecret", {"Name": "a", "SecretString": "other"})
    assert plans.ok(plan).startswith("Nothing to change")
