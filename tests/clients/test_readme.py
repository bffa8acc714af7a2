"""README.md, "Use it from your AWS client": its commands and programs run
here word for word, one after the other, and do what they are meant to do."""

import json
import os
import re
import subprocess

import pytest

import server
from endpoint import Endpoint
from postgres_case import Case
from postgres_server import PostgresServer
from server import BUILD, SOURCE

README = (SOURCE / "README.md").read_text()
SECTION = README.split("\n## Use it from your AWS client\n")[1].split("\n## ")[
    0
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)
BLOCKS = BLOCK.findall(SECTION)


def block(language, has):
    """The one in this language that has this text."""
    (found,) = [b for lang, b in BLOCKS if lang == language and has in b]
    return found


SETTINGS = block("sh", "export AWS_ENDPOINT")
# Every other block is a part of the reader's session.
SESSION = {
    "iam": block("sh", "keyturn iam"),
    "cli": block("sh", "create-secret"),
    "python": block("python", "boto3"),
    "js": block("js", "SecretsManagerClient"),
    "rotation": block("sh", "rotate-secret"),
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Who follows README.md: what his shell has, and nothing else."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "node_modules").symlink_to(server.NODE_MODULES)
    with Endpoint(folder) as endpoint:
        yield Reader(endpoint)


class Reader:
    def __init__(self, endpoint):
        self.keyturn, self.folder = endpoint.keyturn, endpoint.folder
        told = endpoint.environment()
        exported = re.findall(r"\b([A-Z_]+)=", SETTINGS)
        self.env = {
            "PATH": f"{BUILD}/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "KEYTURN_SOCKET": str(endpoint.keyturn.socket),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "NODE_NO_WARNINGS": "1",  # of the year in which Node 20 ends
            **{name: told[name] for name in exported},
        }

    def run(self, *command, text=None):
        done = subprocess.run(
            command,
            input=text,
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done
        assert "Traceback" not in done.stderr and "rror" not in done.stderr
        return done.stdout

    def bash(self, script):
        return self.run("bash", "-eu", text=script)


def values(output):
    """The JSON documents, and the lines that are none, in a row."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while output[at:].strip():
        at += len(output[at:]) - len(output[at:].lstrip())
        if output[at] in "{[":
            value, at = decoder.raw_decode(output, at)
        else:
            value, _, _ = output[at:].partition("\n")
            at += len(value)
        found.append(value)
    return found


def test_every_block_is_tried():
    tried = {SETTINGS, *SESSION.values()}
    assert {b for lang, b in BLOCKS if lang != "ini"} == tried


def test_the_settings_are_the_ones_of_the_server_here(reader):
    names = re.findall(r"^(\w+) *=", block("ini", "listen"), re.M)
    assert names == ["listen", "tls_cert", "tls_key"]
    assert set(names) < set(reader.keyturn.settings)


def test_a_user_and_its_key_are_made(reader):
    said = reader.bash(SESSION["iam"])
    lines = dict(re.findall(r"^export (\w+)=(\S+)$", said, re.M))
    assert set(lines) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}, said
    reader.env |= lines


def test_the_command_line(reader):
    who, made, put, current, previous, names, gone, back = values(
        reader.bash(SESSION["cli"])
    )
    assert who["Account"] == "000000000000"
    assert who["Arn"] == "arn:aws:iam::000000000000:user/app"
    assert made["Name"] == put["Name"] == "prod/api"
    assert current == {"user": "app", "password": "second"}
    assert json.loads(previous["SecretString"])["password"] == "first"
    assert names == ["prod/api"]
    assert gone["ARN"] == back["ARN"] == made["ARN"]


def test_python(reader):
    (reader.folder / "reader.py").write_text(SESSION["python"])
    said = reader.run("/usr/bin/python3", "reader.py")
    assert json.loads(said) == {"user": "app", "password": "second"}


def test_javascript(reader):
    (reader.folder / "reader.mjs").write_text(SESSION["js"])
    said = reader.run("node", "reader.mjs")
    assert json.loads(said) == {"user": "app", "password": "second"}


def test_a_rotation_that_changes_a_real_password(reader):
    # The reader's shell has it still.
    function = re.match(r"aws\(\).*\n", SESSION["cli"])[0]
    with PostgresServer() as postgres:
        postgres.start()
        case = Case(postgres)
        first = case.role("app")
        value = json.dumps(case.secret("app", first))
        reader.keyturn.call(
            "CreateSecret", {"Name": "prod/db", "SecretString": value}
        )
        started, dates = values(reader.bash(function + SESSION["rotation"]))
        assert started["Name"] == "prod/db" and dates[1] is not None
        assert reader.keyturn.wait_rotation("prod/db")["LastOutcome"] == (
            "succeeded"
        )
        now = reader.keyturn.secret("prod/db")["password"]
        assert now != first
        assert postgres.logs_in("app", now)
        assert not postgres.logs_in("app", first)
