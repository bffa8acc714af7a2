"""keyturn rotator check: what an author of a plugin sees.  What the kit finds
is tested in tests/sdk/test_kit.py."""

import json
import re
import subprocess

import pytest

from server import BUILD, SOURCE

PLUGINS = BUILD / "test-plugins"


class Author:
    """A plugin's author with a secret file, for the plugins of
    tests/plugins."""

    def __init__(self, folder):
        self.path = folder / "secret.json"
        self.target = folder / "target"
        self.target.write_text("first-password")
        self.path.write_text(json.dumps(
            {"target": str(self.target), "password": "first-password"}))
        self.path.chmod(0o600)

    def run(self, plugin, *args):
        done = subprocess.run(
            [BUILD / "bin" / "keyturn", "rotator", "check",
             PLUGINS / f"{plugin}.so", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120)  # fmt: skip
        for text in ("first-password", self.target.read_text()):
            assert text not in done.stdout + done.stderr
        return done

    def check(self, plugin, *args):
        return self.run(plugin, "--secret", self.path, "--deadline", "2",
                        *args)


@pytest.fixture
def author(tmp_path):
    return Author(tmp_path)


def rules():
    """The kit's rules in their order, as sdk/README.md has them."""
    table = (SOURCE / "sdk" / "README.md").read_text().split(
        "| rule | demands |")[1].split("\n\n")[0]
    return re.findall(r"^\| `([a-z-]+)` \|", table, re.M)


def test_right_plugin_passes_in_a_table_of_all_rules(author):
    done = author.check("right")
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    told = [x.split()[:2] for x in lines[:-1] if not x.startswith(" ")]
    assert [rule for _, rule in told] == rules()
    assert {outcome for outcome, _ in told} == {"pass", "skip"}
    number = {word: [o for o, _ in told].count(word)
              for word in ("pass", "skip")}
    assert lines[-1] == (f"right: {number['pass']} passed, 0 failed, "
                         f"{number['skip']} skipped")
    # Each that was skipped has a reason below it.
    for i, line in enumerate(lines):
        if line.startswith("skip"):
            assert re.match(" {10}.*[a-z]", lines[i + 1])
    new = json.loads(author.path.read_text())["password"]
    assert new == author.target.read_text() != "first-password"


def test_sin_is_a_line_with_its_reason_and_exit_1(author):
    done = author.check("prints")
    assert done.returncode == 1
    at = done.stdout.index("FAIL  canary")
    reason = done.stdout[at:].splitlines()[1]
    assert reason.strip() == "set shows a secret value in what it prints"
    assert ", 1 failed, " in done.stdout.splitlines()[-1]
    assert done.stderr.startswith("Next: man keyturn-rotator")


def test_what_may_be_live_is_named(author):
    """It sets what it was not given, so no value is known to log in."""
    done = author.check("blind_test")
    assert done.returncode == 1
    assert f"may be live on the target are in {author.path}.kit" in (
        done.stdout)
    assert json.loads((author.path.parent / "secret.json.kit").read_text())


def test_json_has_each_rule_once(author):
    done = author.check("crash", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["passed"] is False and report["rotator"] == "crash"
    assert [f["rule"] for f in report["findings"]] == rules()
    failed = {f["rule"]: f["text"] for f in report["findings"]
              if f["outcome"] == "fail"}
    assert "set" in failed and all(failed.values())


@pytest.mark.parametrize("args, text", [
    ([], "--secret FILE is missing"),
    (["--secret", "s", "--deadline", "0"], "from 1 to 300"),
    (["--secret", "s", "--deadline", "soon"], "from 1 to 300"),
    (["--secret", "s", "more"], "too many words"),
])
def test_wrong_command_line_is_exit_2(author, args, text):
    done = author.run("right", *args)
    assert done.returncode == 2
    assert text in done.stderr and "rotator check --help" in done.stderr


def test_refused_plugin_and_file_are_exit_1(author):
    done = author.check("not_elf")
    assert done.returncode == 1 and "not an ELF file" in done.stderr
    author.path.write_text("{")
    done = author.check("right")
    assert done.returncode == 1 and "secret.json:1:1" in done.stderr
    assert author.target.read_text() == "first-password"


def test_rotator_that_is_not_in_the_plugin_is_exit_4(author):
    done = author.check("right", "--rotator", "left")
    assert done.returncode == 4 and done.stdout == ""
    assert "has no rotator left; it has" in done.stderr
    assert "secret list" not in done.stderr
