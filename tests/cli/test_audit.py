"""keyturn audit search and verify, keyturn usage: for a person at a terminal
and for programs, with a daemon and without."""

import json
import shutil
import subprocess

import pytest

from cli_case import Cli
from keyturn_server import ApiError, KeyturnServer


@pytest.fixture(scope="module")
def keyturn():
    with KeyturnServer() as k:
        k.call("CreateSecret", {"Name": "prod/app", "SecretString": "s"})
        k.call("GetSecretValue", {"SecretId": "prod/app"})
        with pytest.raises(ApiError):
            k.call("GetSecretValue", {"SecretId": "no/such\x1b[31m"})
        k.call("DescribeSecret", {"SecretId": "prod/app"})
        yield k


@pytest.fixture
def cli(keyturn):
    return Cli(keyturn)


@pytest.fixture
def copy(keyturn, tmp_path):
    """A copy of the trail, as an auditor gets it: signed, and closed."""
    keyturn.stop()
    target = tmp_path / "audit"
    shutil.copytree(keyturn.data / "audit", target)
    keyturn.start()
    return target


def lines_of(copy):
    file = next(copy.glob("audit-*"))
    return file, file.read_text().splitlines(keepends=True)


def test_search_shows_a_table(cli):
    shown = cli.ok("audit", "search", "--secret", "prod/app")
    rows = [line.split() for line in shown.splitlines()]
    assert rows[0] == ["TIME", "ACTION", "SECRET", "WHO", "FROM", "RESULT"]
    assert [r[1] for r in rows[1:4]] == ["CreateSecret", "GetSecretValue",
                                         "DescribeSecret"]
    assert all(r[2] == "prod/app" and r[5] == "ok" for r in rows[1:4])


def test_search_takes_every_question(cli):
    def actions(*args):
        return [r["eventName"] for r in
                cli.json("audit", "search", *args)["Events"]]

    assert actions("--action", "CreateSecret") == ["CreateSecret"]
    assert "GetSecretValue" in actions("--error", "any")
    assert actions("--error", "AccessDeniedException") == []
    assert actions("--since", "1h", "--secret", "prod/app") != []
    assert actions("--until", "1h", "--secret", "prod/app") == []
    assert actions("--since", "2000-01-01", "--until", "2001-01-01") == []
    assert actions("--ip", "unix:", "--limit", "2", "--secret",
                   "prod/app") == ["DescribeSecret", "GetSecretValue"]
    assert actions("--user", "nobody") == []


def test_nothing_from_outside_moves_the_cursor(cli):
    assert "\x1b" not in cli.ok("audit", "search", "--error", "any")


def test_search_says_what_is_wrong(cli):
    for args in (("--since", "yesterday"), ("--limit", "0"), ("--until", "")):
        assert "--" + args[0].strip("-") in cli.fails(2, "audit", "search", *args)


def test_search_without_a_record(cli):
    assert cli.ok("audit", "search", "--user", "nobody") == "No record fits.\n"


def test_verify_by_the_daemon(cli):
    shown = cli.ok("audit", "verify")
    assert "the trail is what was written" in shown
    assert cli.json("audit", "verify")["Whole"] is True


def test_verify_of_a_folder_needs_no_daemon(copy, keyturn):
    alone = Cli(keyturn, KEYTURN_SOCKET="/nonexistent")
    shown = alone.ok("audit", "verify", copy)
    assert "the trail is what was written" in shown
    assert "Not proven" not in shown  # it was closed, and so signed
    reply = alone.json("audit", "verify", copy)
    assert reply["Whole"] and reply["ProvenSequence"] == reply["LastSequence"]


@pytest.mark.parametrize("spoil, line, text", [
    ("edit", 2, "does not follow from the line before"),
    ("drop", 2, "1 removed or moved from here"),
    ("swap", 2, "removed or moved from here"),
    ("double", 3, "is there twice"),
    ("cut", 0, "its end was cut off"),
])
def test_verify_finds_and_says_where(copy, keyturn, spoil, line, text):
    file, lines = lines_of(copy)
    if spoil == "edit":
        lines[0] = lines[0].replace('"Root"', '"root"', 1)
    elif spoil == "drop":
        del lines[1]
    elif spoil == "swap":
        lines[1:3] = [lines[2], lines[1]]
    elif spoil == "double":
        lines.insert(1, lines[1])
    else:
        del lines[-1]
    file.write_text("".join(lines))
    alone = Cli(keyturn, KEYTURN_SOCKET="/nonexistent")
    done = alone.run("audit", "verify", copy)
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    where = f"{file.name}:{line}: " if line else f"{file.name}: "
    assert first.startswith(where), done.stdout
    assert text in first
    assert "the trail was changed" in done.stdout
    found = json.loads(alone.run("audit", "verify", copy, "--json").stdout)
    assert not found["Whole"] and found["Findings"][0]["File"] == file.name


def test_verify_believes_the_key_that_it_is_given(copy, keyturn, tmp_path):
    alone = Cli(keyturn, KEYTURN_SOCKET="/nonexistent")
    kept = tmp_path / "kept.pem"
    shutil.copy(copy / "public-key.pem", kept)
    other = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"],
                           capture_output=True, check=True).stdout
    pem = subprocess.run(["openssl", "pkey", "-pubout"], input=other,
                         capture_output=True, check=True).stdout
    (copy / "public-key.pem").write_bytes(pem)
    assert alone.run("audit", "verify", copy).returncode == 1
    alone.ok("audit", "verify", copy, "--public-key", kept)
    for wrong in (b"", b"no key", other):
        kept.write_bytes(wrong)
        assert "not a public key" in alone.fails(
            1, "audit", "verify", copy, "--public-key", kept)


def test_verify_of_moved_files(copy, keyturn):
    """Whose oldest files are elsewhere says so, and nobody else may."""
    file, lines = lines_of(copy)
    file.write_text("".join(lines[2:]))
    alone = Cli(keyturn, KEYTURN_SOCKET="/nonexistent")
    assert alone.run("audit", "verify", copy).returncode == 1
    alone.ok("audit", "verify", copy, "--partial")


def test_verify_says_what_is_wrong(cli, tmp_path):
    assert "FOLDER" in cli.fails(2, "audit", "verify", "--partial")
    assert "no/such" in cli.fails(1, "audit", "verify", tmp_path / "no/such")


def test_usage_shows_calls_and_price(cli):
    shown = cli.ok("usage")
    assert "secretsmanager:GetSecretValue" in shown
    assert "At AWS:" in shown and "$0." in shown
    reply = cli.json("usage")
    assert reply["BilledCalls"] >= 4
    assert cli.json("usage", "--month", "1999-01")["Calls"] == []
    assert "2026-11" in cli.fails(1, "usage", "--month", "x")
