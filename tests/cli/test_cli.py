"""keyturn: secrets, status, schedules, rotators, help; what it takes and
refuses, what it prints and how it exits."""

import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import uuid

import pytest

from cli_case import PROGRAM, Cli, plain, rows
from keyturn_server import KeyturnServer, MemoryTarget


@pytest.fixture(scope="module")
def server():
    with KeyturnServer(plugins=["memory"]) as k:
        yield k


@pytest.fixture
def cli(server):
    return Cli(server)


@pytest.fixture
def name():
    return f"t/{uuid.uuid4().hex[:12]}"


def put(cli, name, value="s3cret"):
    cli.ok("secret", "create", name, "--value", "-", input=value)
    return value


# ---- values ---------------------------------------------------------------


def test_a_value_comes_from_standard_input(cli, server, name):
    said = cli.ok("secret", "create", name, "--value", "-", input="h1dden\n")
    assert said.startswith(f"Created {name}, version ")
    assert "h1dden" not in said
    assert server.secret(name) == "h1dden"
    assert cli.ok("secret", "get", name) == "h1dden\n"


def test_a_value_comes_from_a_file(cli, server, name, tmp_path):
    (tmp_path / "v").write_text('{"username": "app", "n": [1, 2]}\n')
    cli.ok("secret", "create", name, "--value-file", tmp_path / "v")
    assert server.secret(name) == {"username": "app", "n": [1, 2]}
    assert cli.ok("secret", "get", name, "--field", "username") == "app\n"
    assert cli.ok("secret", "get", name, "--field", "n") == "[1,2]\n"


def test_bytes_come_back_as_they_were(cli, server, name, tmp_path):
    value = bytes(range(256)) + b"\n"
    (tmp_path / "v").write_bytes(value)
    cli.ok("secret", "create", name, "--binary", "--value-file", tmp_path / "v")
    assert server.secret(name) == value
    got = subprocess.run([PROGRAM, "secret", "get", name], env=cli.env,
                         stdout=subprocess.PIPE, check=True)
    assert got.stdout == value
    said = cli.fails(1, "secret", "get", name, "--field", "a")
    assert "the value is binary" in said


def test_a_value_is_typed_twice_and_not_shown(cli, server, name):
    typed = [("not shown", "tYped\n"), ("Again", "tYped\n")]
    cli.hide("tYped")
    shown = cli.tty("secret", "create", name, answers=typed)
    assert f"Created {name}" in plain(shown)
    assert server.secret(name) == "tYped"


def test_answers_that_differ_change_nothing(cli, server, name):
    put(cli, name)
    typed = [("not shown", "one1\n"), ("Again", "two2\n")]
    shown = cli.tty("secret", "put", name, answers=typed, code=2)
    assert "the two answers differ; nothing was changed" in shown
    assert server.secret(name) == "s3cret"


def test_control_c_at_the_question_changes_nothing(cli, server, name):
    put(cli, name)
    shown = cli.tty("secret", "put", name, code=2,
                    answers=[("not shown", "half\x03")])
    assert "stopped; nothing was changed" in shown
    assert "half" not in shown
    assert server.secret(name) == "s3cret"


def test_an_empty_answer_changes_nothing(cli, server, name):
    put(cli, name)
    shown = cli.tty("secret", "put", name, answers=[("not shown", "\n")],
                    code=2)
    assert "an empty answer; nothing was changed" in shown
    assert cli.fails(2, "secret", "put", name, "--value", "-",
                     input="").startswith("keyturn secret put: standard input")
    assert server.secret(name) == "s3cret"


def test_without_a_terminal_it_says_how_to_give_a_value(cli, name):
    said = cli.fails(2, "secret", "create", name)
    assert "there is no terminal to ask at; write --value -" in said


@pytest.mark.parametrize("words", [
    ("--value", "hunter2"), ("--value=hunter2",), ("hunter2",),
    ("-vhunter2",), ("--valu=hunter2",), ("--password=hunter2",),
])
def test_a_value_as_an_argument_is_refused_and_not_repeated(cli, server, name,
                                                            words):
    cli.hide("hunter2")
    for verb in ("create", "put"):
        said = cli.fails(2, "secret", verb, name, *words, input="other")
        assert f"Next: keyturn secret {verb} --help" in said
    assert cli.fails(4, "secret", "get", name)


def test_a_value_that_is_too_long_or_no_text_is_refused(cli, name, tmp_path):
    said = cli.fails(2, "secret", "create", name, "--value", "-",
                     input="x" * 65537)
    assert "a secret has at most 65536 bytes" in said
    (tmp_path / "v").write_bytes(b"\xff\xfe")
    said = cli.fails(2, "secret", "create", name, "--value-file",
                     tmp_path / "v")
    assert "not UTF-8 text; store it with --binary" in said
    said = cli.fails(1, "secret", "create", name, "--value-file",
                     tmp_path / "no")
    assert f"{tmp_path}/no: No such file or directory" in said
    cli.ok("secret", "create", name, "--value", "-", input="x" * 65536)


# ---- secrets --------------------------------------------------------------


def test_a_secret_from_its_making_to_its_end(cli, server, name):
    cli.ok("secret", "create", name, "--no-value", "--description", "for x",
           "--tag", "team=web", "--tag", "env=a=b")
    shown = cli.ok("secret", "describe", name)
    assert re.search(r"^Description: +for x$", shown, re.M)
    assert re.search(r"^Tags: +team=web$", shown, re.M)
    assert re.search(r"^ +env=a=b$", shown, re.M)
    assert cli.fails(4, "secret", "get", name)
    first = cli.json("secret", "put", name, "--value", "-", input="1")
    cli.ok("secret", "put", name, "--value", "-", input="2")
    assert cli.ok("secret", "get", name) == "2\n"
    assert cli.ok("secret", "get", name, "--version-stage",
                  "AWSPREVIOUS") == "1\n"
    assert cli.ok("secret", "get", name, "--version-id",
                  first["VersionId"]) == "1\n"
    stages = {r["STAGES"] for r in rows(cli.ok("secret", "versions", name))}
    assert stages == {"AWSCURRENT", "AWSPREVIOUS"}
    cli.ok("secret", "put", name, "--value", "-", input="3")
    assert len(rows(cli.ok("secret", "versions", name))) == 2
    assert len(rows(cli.ok("secret", "versions", name, "--all"))) == 3
    said = cli.run("secret", "delete", name, "--days", "7")
    assert re.search(r"will be deleted 20..-..-.. ..:.. \(in 7 days\)",
                     said.stdout)
    assert f"Next: keyturn secret restore {name}, to keep it" in said.stderr
    assert name not in cli.ok("secret", "list")
    assert name in cli.ok("secret", "list", "--deleted")
    assert cli.fails(1, "secret", "get", name)
    assert cli.ok("secret", "restore", name) == f"Restored {name}\n"
    assert cli.ok("secret", "get", name) == "3\n"


def test_deleting_for_ever_asks(cli, server, name):
    put(cli, name)
    assert "--force --yes" in cli.fails(2, "secret", "delete", name, "--force")
    shown = cli.tty("secret", "delete", name, "--force", code=2,
                    answers=[("[y/N]", "n\n")])
    assert "not deleted" in shown
    assert cli.ok("secret", "get", name) == "s3cret\n"
    cli.tty("secret", "delete", name, "--force", answers=[("[y/N]", "y\n")])
    assert cli.fails(4, "secret", "get", name)
    put(cli, name)
    cli.ok("secret", "delete", name, "--force", "--yes")
    assert cli.fails(4, "secret", "describe", name)
    assert cli.fails(2, "secret", "delete", name, "--force", "--days", "8")
    assert cli.fails(2, "secret", "delete", name, "--days", "6")


def test_more_than_a_page_is_listed(cli, server, name):
    for i in range(120):
        server.call("CreateSecret", {"Name": f"{name}/{i}", "SecretString": "s"})
    listed = cli.json("secret", "list", "--prefix", f"{name}/")["SecretList"]
    assert len({s["Name"] for s in listed}) == 120
    table = rows(cli.ok("secret", "list", "--prefix", f"{name}/"))
    assert [r["NAME"] for r in table] == [s["Name"] for s in listed]
    assert cli.ok("secret", "list", "--prefix", f"{name}/no") == \
        "No secrets.  Next: keyturn secret create NAME\n"
    assert cli.json("secret", "list", "--prefix", f"{name}/no") == \
        {"SecretList": []}


def test_a_duplicate_is_refused(cli, name):
    put(cli, name)
    said = cli.fails(1, "secret", "create", name, "--value", "-", input="x")
    assert "already exists" in said


def test_json_of_every_secret_verb(cli, server, name, tmp_path):
    made = cli.json("secret", "create", name, "--value", "-", input="a")
    assert made.keys() == {"ARN", "Name", "VersionId"}
    assert cli.json("secret", "get", name)["SecretString"] == "a"
    assert cli.json("secret", "put", name, "--value", "-",
                    input="b")["VersionStages"] == ["AWSCURRENT"]
    assert len(cli.json("secret", "versions", name)["Versions"]) == 2
    assert cli.json("secret", "describe", name)["ARN"] == made["ARN"]
    assert cli.json("secret", "delete", name).keys() == \
        {"ARN", "Name", "DeletionDate"}
    assert cli.json("secret", "restore", name)["Name"] == name


# ---- the rest -------------------------------------------------------------


def test_status_is_short_and_says_what_is_next(cli, server):
    done = cli.run("status")
    assert done.returncode == 0
    assert re.match(r"healthy: keyturnd [\d.]+, started ", done.stdout)
    assert re.search(r"^Rotators: +2$", done.stdout, re.M)
    assert done.stderr.startswith("Next: keyturn ")
    status = cli.json("status")
    assert status["EngineRunning"] is True and status["Rotators"] == 2


def test_a_bad_plugin_is_in_status_and_in_the_list():
    with KeyturnServer(plugins=["memory"]) as k:
        bad = k.dir / "bad.so"
        bad.write_text("not ELF")
        k.add_plugin(bad)
        k.stop()
        k.start()
        cli = Cli(k)
        for words in (["status"], ["rotator", "list"]):
            assert re.search(r"^(Bad plugin|Refused): +.*bad\.so: ",
                             cli.ok(*words), re.M)
        assert "bad.so" in json.dumps(cli.json("rotator", "list")["Problems"])


def test_rotators_are_listed(cli):
    table = rows(cli.ok("rotator", "list"))
    assert [(r["NAME"], r["GAP"]) for r in table] == \
        [("memory-overlap", "none"), ("memory-single-user", "short")]
    listed = cli.json("rotator", "list")["Rotators"]
    assert listed[0]["SecretSchema"]["required"] == \
        ["target", "username", "password"]


def test_keys_are_made_listed_and_used(cli, name):
    alias = f"{name.replace('.', '-')}-key"
    said = cli.run("kms-key", "create", alias, "--description", "for x")
    assert f"Next: keyturn secret create NAME --kms-key alias/{alias}" in said.stderr
    key = re.search(r"^Key: +(.+)$", said.stdout, re.M)[1]
    listed = {r["KEY"]: r for r in rows(cli.ok("kms-key", "list"))}
    assert listed[key]["ALIAS"] == f"alias/{alias}"
    assert listed[key]["DESCRIPTION"] == "for x"
    assert [r["ALIAS"] for r in listed.values() if r["DEFAULT"] == "yes"] == [
        "alias/aws/secretsmanager"
    ]
    cli.ok("secret", "create", name, "--no-value", "--kms-key", f"alias/{alias}")
    assert cli.json("secret", "describe", name)["KmsKeyId"] == f"alias/{alias}"
    assert "alias/nobody is not found" in cli.fails(
        1, "secret", "create", name + "2", "--no-value", "--kms-key", "alias/nobody"
    )
    assert cli.json("kms-key", "create")["Key"]["KeyId"] in cli.ok("kms-key", "list")
    assert f"alias of key {key}" in cli.fails(1, "kms-key", "create", alias)


def test_a_schedule_is_shown_in_its_zone_and_in_ours(cli):
    shown = cli.ok("schedule", "next", "cron(0 3 ? * MON-FRI *)", "--zone",
                   "Europe/Berlin", "--from", "2026-10-23T12:00:00Z",
                   "--count", "3", "--duration", "2h")
    facts, table = shown[:shown.index("DAY")], shown[shown.index("DAY"):]
    assert "every Monday to Friday at 03:00" in facts
    assert re.search(r"^Time zone: +Europe/Berlin$", facts, re.M)
    table = rows(table)
    # Summer time ends between the Friday before and the Monday.
    assert [(r["DAY"], r["AT"], r["WINDOW ENDS"], r["LOCAL TIME"])
            for r in table] == [
        ("Mon", "2026-10-26 03:00:00", "2026-10-26 05:00:00",
         "2026-10-26 02:00:00"),
        ("Tue", "2026-10-27 03:00:00", "2026-10-27 05:00:00",
         "2026-10-27 02:00:00"),
        ("Wed", "2026-10-28 03:00:00", "2026-10-28 05:00:00",
         "2026-10-28 02:00:00"),
    ]
    summer = cli.json("schedule", "next", "cron(0 3 ? * MON-FRI *)", "--zone",
                      "Europe/Berlin", "--from", "1792670400", "--count", "1")
    assert summer["Occurrences"][0]["StartDate"] == 1792717200


def test_a_secrets_own_schedule_is_shown(cli, server, name):
    target = MemoryTarget(server)
    server.call("CreateSecret", {"Name": name, "SecretString": target.value()})
    server.call("keyturn.PutRotationRules", {
        "SecretId": name, "RotationLambdaARN": "memory-overlap",
        "RotationRules": {"ScheduleExpression": "rate(10 days)"}})
    shown = cli.ok("schedule", "next", name, "--count", "7")
    assert "every 10 days" in shown
    assert len(rows(shown[shown.index("DAY"):])) == 7
    said = cli.fails(2, "schedule", "next", name, "--zone", "UTC")
    assert f"{name} has its own" in said


@pytest.mark.parametrize("expression, why", [
    ("cron(61 * * * ? *)", "minute field: 61 is not in 0-59"),
    ("rate(1)", "rate(N unit)"),
    ("at(5)", ""),
])
def test_a_bad_schedule_says_which_field_and_why(cli, expression, why):
    said = cli.fails(1, "schedule", "next", expression)
    assert expression in said and why in said


def test_bad_options_of_schedule_next(cli):
    good = "cron(0 3 * * ? *)"
    said = cli.fails(1, "schedule", "next", good, "--zone", "No/No")
    assert 'no time zone "No/No"' in said
    assert "--from takes" in cli.fails(2, "schedule", "next", good, "--from",
                                       "tomorrow")
    assert "from 1 to 100" in cli.fails(2, "schedule", "next", good, "--count",
                                        "101")


def test_a_password_fits_its_rules(cli):
    drawn = cli.ok("password", "--length", "50", "--no-punctuation",
                   "--no-uppercase", "--exclude", "abc")
    assert re.fullmatch(r"[d-z0-9]{50}\n", drawn)
    assert len(cli.json("password")["RandomPassword"]) == 32


# ---- help and exit codes --------------------------------------------------


def dump(cli):
    return json.loads(cli.ok("help", "--json"))


def test_every_command_has_help_by_each_way_of_asking(cli):
    for c in dump(cli)["commands"]:
        words = c["path"].split()
        shown = cli.ok(*words, "--help")
        assert shown.startswith(f"keyturn {c['path']} - {c['summary']}\n")
        assert f"\nUsage: keyturn {c['path']} {c['usage']}".rstrip() in shown
        for option in c["options"]:
            assert f"  --{option['name']}" in shown
        assert "\nExamples:\n" in shown
        assert max(map(len, shown.splitlines())) <= 80
        assert cli.ok(*words, "-h") == shown
        assert cli.ok("help", *words) == shown
    assert "keyturn rotation now " in cli.ok("rotation", "--help")
    assert cli.ok("help", "rotation") == cli.ok("rotation", "--help")
    assert cli.ok("--help").startswith("keyturn ")
    assert re.fullmatch(r"keyturn \d+\.\d+\.\d+\n", cli.ok("--version"))


def test_help_needs_no_daemon(cli):
    away = Cli(cli.keyturn, KEYTURN_SOCKET="/nowhere")
    assert away.ok("help") and away.ok("secret", "put", "--help")
    assert json.loads(away.ok("help", "--json"))["commands"]


def test_exit_codes_are_told_as_they_are(cli, name):
    told = {c["code"]: c["text"] for c in dump(cli)["exit_codes"]}
    assert told.keys() == set(range(6))
    lines = cli.ok("help", "exit-codes").splitlines()
    assert lines == [f"  {n}  {text}" for n, text in told.items()]
    assert cli.run("status").returncode == 0
    put(cli, name)
    assert cli.run("secret", "create", name, "--value", "-",
                   input="x").returncode == 1
    assert cli.run("secret", "get").returncode == 2
    said = cli.fails(3, "status", "--socket", "/nowhere")
    assert "keyturnd does not answer on /nowhere: No such file" in said
    assert "Next: systemctl status keyturnd" in said
    said = cli.fails(4, "secret", "get", "no/such")
    assert said.startswith("keyturn secret get no/such: ")
    assert "Next: keyturn secret list" in said


def test_who_is_no_administrator_is_told_so(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    folder = pathlib.Path("/tmp") / f"kt-open-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        k = KeyturnServer(settings={"socket": folder / "s"}, plugins=["memory"])
        k.socket = folder / "s"
        k.own(folder, 0o755)
        with k:
            cli = Cli(k)
            assert cli.ok("status")
            said = cli.fails(5, "status", user=1, group=1, extra_groups=[])
            assert "is no administrator of this keyturnd" in said
            folder.chmod(0o700)
            said = cli.fails(5, "status", user=1, group=1, extra_groups=[])
            assert f"you may not connect to {folder}/s" in said
    finally:
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()


class Impostor:
    """Answers each request with the same bytes."""

    def __init__(self, folder, body):
        self.path = folder / "s"
        self.answer = (f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
                       f"Connection: close\r\n\r\n{body}").encode()
        self.socket = socket.socket(socket.AF_UNIX)

    def __enter__(self):
        self.socket.bind(str(self.path))
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            with c:
                c.recv(65536)
                c.sendall(self.answer)

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def test_what_answers_is_no_keyturnd(cli, tmp_path):
    with Impostor(tmp_path, "hi") as other:
        said = cli.fails(3, "status", "--socket", other.path)
    assert "is no keyturnd" in said


@pytest.mark.parametrize("body", [
    "{}", '{"Rotations": [{}], "Attempts": [{}], "SecretList": [{}], '
    '"Versions": [{}], "Rotators": [{}], "Occurrences": [{}], "Lines": [{}], '
    '"Problems": [{}], "Tags": [{}], "Failed": 1, "Job": {"Outcome": "failed"'
    ', "Kind": "manual", "Steps": [{}]}}',
    '{"Rotations": 1, "Attempts": "a", "Job": [], "Name": {}, "Failed": "x"}',
])
def test_members_that_are_missing_crash_nothing(cli, tmp_path, body):
    """A keyturnd of another version may leave out what we look for."""
    lines = ["status", "secret list --prefix a", "secret describe a",
             "secret versions a", "secret get a", "secret delete a",
             "secret restore a", "rotation list --prefix a", "rotation list",
             "rotation show a", "rotation check a", "rotation history",
             "rotation now --all --yes --prefix a", "rotation pause a",
             "rotation resume a", "rotation cancel a", "rotation abort a",
             "rotation now a", "rotation now a --watch --timeout 1",
             "schedule next a", "rotator list", "password"]
    with Impostor(tmp_path, body) as other:
        for line in lines:
            for more in ([], ["--json"]):
                done = cli.run(*line.split(), *more, "--socket", other.path)
                assert 0 <= done.returncode <= 5, (line, done.stderr)


def test_verbose_names_the_error_and_the_request(cli):
    said = cli.fails(4, "secret", "get", "no/such", "--verbose")
    assert re.search(r"^ResourceNotFoundException, request id [0-9a-f-]{36}$",
                     said, re.M)


def test_wrong_commands_are_usage(cli):
    assert "'rotate' is no command" in cli.fails(2, "rotate")
    assert "there is no such command here" in cli.fails(2, "rotation", "nwo")
    assert "Usage: keyturn COMMAND" in cli.fails(2)
    assert "--watch is no option" in cli.fails(2, "status", "--watch")
    assert cli.ok("--json", "status").startswith("{")


def test_a_full_disk_is_not_success(cli):
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "status"], env=cli.env, stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "cannot write to standard output" in done.stderr


def test_no_colour_where_none_is_wanted(cli):
    assert "\x1b[" in cli.tty("status")
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b[" not in Cli(cli.keyturn, **env).tty("status")
    assert "\x1b[" not in cli.tty("status", "--json")
    assert "\x1b[" not in cli.ok("status")


def test_a_terminal_gets_no_control_characters_of_others(cli, server, name):
    evil = "a\x1b[2Jb\nc"
    server.call("CreateSecret", {"Name": name, "SecretString": "s",
                                 "Description": evil})
    shown = cli.tty("secret", "describe", name)
    assert "\x1b[2J" not in shown and "a [2Jb c" in shown
