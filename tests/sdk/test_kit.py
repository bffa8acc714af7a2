"""The conformance kit: it passes what is right, names what is wrong, and
never loses a password."""

import json
import os
import socketserver
import stat
import subprocess
import threading

import pytest

from server import BUILD

PLUGINS = BUILD / "test-plugins"
MEMORY = BUILD / "rotators-out" / "memory.so"


class Kit:
    """A secret file, and runs of the kit over it."""

    def __init__(self, folder, document):
        self.folder = folder
        self.path = folder / "secret.json"
        self.journal = folder / "secret.json.kit"
        self.path.write_text(json.dumps(document))

    def run(self, plugin, *args):
        done = subprocess.run(
            [BUILD / "bin" / "keyturn", "rotator", "check", plugin,
             "--secret", self.path, "--json", "--deadline", "2", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120)
        self.output = done.stdout + done.stderr
        self.code = done.returncode
        if not done.stdout:
            assert done.returncode in (1, 4)
            return None
        report = json.loads(done.stdout)
        assert report["passed"] == (done.returncode == 0)
        self.unsettled = report["unsettled"]
        self.texts = {f["rule"]: f.get("text", "")
                      for f in report["findings"]}
        return {f["rule"]: f["outcome"] for f in report["findings"]}

    def document(self):
        return json.loads(self.path.read_text())


def failed(outcomes):
    return [rule for rule, outcome in outcomes.items() if outcome == "fail"]


@pytest.fixture
def simple(tmp_path):
    """For the plugins of tests/plugins: a file with one password."""
    target = tmp_path / "target"
    target.write_text("first-password")
    kit = Kit(tmp_path, {"target": str(target), "password": "first-password"})
    kit.target = target
    return kit


@pytest.fixture
def memory(tmp_path):
    target = tmp_path / "target.json"
    target.write_text(json.dumps({
        "accounts": {"app": ["first-password"]},
        "admin": {"username": "root", "password": "admin-password"}}))
    kit = Kit(tmp_path, {
        "secret": {"target": str(target), "username": "app",
                   "password": "first-password"},
        "admin": {"username": "root", "password": "admin-password"},
        "unreachable": {"target": "/nowhere/target.json"}})
    kit.target = target
    return kit


def test_right_plugin_passes_and_the_file_has_the_new_value(simple):
    outcomes = simple.run(PLUGINS / "right.so")
    assert failed(outcomes) == []
    passed = {r for r, o in outcomes.items() if o == "pass"}
    assert passed >= {"descriptor", "schema", "current", "create",
                      "create-twice", "wrong-password", "test-before-set",
                      "set", "journal", "set-twice", "revert", "crash",
                      "promoted", "again", "canary"}
    new = simple.document()["password"]
    assert new != "first-password"
    assert simple.target.read_text() == new
    assert new not in simple.output
    assert not simple.journal.exists()
    assert stat.S_IMODE(os.stat(simple.path).st_mode) == 0o600


@pytest.mark.parametrize("rotator, skipped", [
    ("memory-single-user", {"deadline", "overlap", "retire"}),
    ("memory-overlap", {"deadline"})])
def test_memory_passes_every_rule(memory, rotator, skipped):
    outcomes = memory.run(MEMORY, "--rotator", rotator)
    assert {r for r, o in outcomes.items() if o != "pass"} == skipped
    document = memory.document()
    accepted = json.loads(memory.target.read_text())["accounts"]["app"]
    assert accepted == [document["secret"]["password"]]
    assert document["admin"]["password"] == "admin-password"
    assert document["unreachable"] == {"target": "/nowhere/target.json"}


@pytest.mark.parametrize("name, rule, text", [
    ("blind_test", "wrong-password", "answered OK; expected AUTH"),
    ("blind_test", "test-before-set", "answered OK; expected AUTH"),
    ("unjournaled", "journal", "mutating was never called"),
    ("once_only", "set-twice", "answered AUTH; expected OK"),
    ("crash", "set", ("signal 11", "ended its process")),
    ("exits", "set", "ended its process with status 0"),
    ("hang", "set", "did not return"),
    ("prints", "canary", "set shows a secret value in what it prints"),
    ("bad_schema", "schema", "/oneOf"),
])
def test_each_sin_is_named(simple, name, rule, text):
    outcomes = simple.run(PLUGINS / f"{name}.so")
    assert outcomes[rule] == "fail"
    wanted = text if isinstance(text, tuple) else (text,)
    assert any(t in simple.texts[rule] for t in wanted), simple.texts[rule]
    # Whatever happened, a file tells what logs in, and no output does.
    live = simple.target.read_text()
    files = simple.path.read_text()
    if simple.journal.exists():
        files += simple.journal.read_text()
    assert json.dumps(live)[1:-1] in files
    assert live not in simple.output


@pytest.mark.parametrize("name, only", [
    ("unjournaled", ["journal"]), ("prints", ["canary"])])
def test_one_sin_fails_one_rule(simple, name, only):
    assert failed(simple.run(PLUGINS / f"{name}.so")) == only


def test_crash_leaves_the_old_value_in_place(simple):
    simple.run(PLUGINS / "crash.so")
    assert not simple.unsettled and not simple.journal.exists()
    assert simple.document()["password"] == simple.target.read_text()


def test_secret_that_does_not_fit_runs_no_step(memory):
    document = memory.document()
    document["secret"]["target"] = 17
    memory.path.write_text(json.dumps(document))
    before = memory.target.read_text()
    assert memory.run(MEMORY, "--rotator", "memory-overlap") is None
    assert "/target: expected type string" in memory.output
    assert memory.target.read_text() == before
    assert not memory.journal.exists()


def test_options_that_do_not_fit_run_no_step(memory):
    document = memory.document()
    document["options"] = {"pasword": {}}
    memory.path.write_text(json.dumps(document))
    assert memory.run(MEMORY, "--rotator", "memory-overlap") is None
    assert "/pasword: expected no such member" in memory.output


def test_one_of_several_rotators_must_be_named(memory):
    assert memory.run(MEMORY) is None
    assert "memory-single-user, memory-overlap" in memory.output
    assert memory.run(MEMORY, "--rotator", "memory-both") is None
    assert "has no rotator memory-both" in memory.output


@pytest.mark.parametrize("name, text", [
    ("not_elf", "not an ELF file"), ("abi_newer", "upgrade Keyturn"),
    ("no-such", "no such plugin")])
def test_a_refused_plugin_says_why(simple, name, text):
    assert simple.run(PLUGINS / f"{name}.so") is None
    assert text in simple.output


def test_journal_of_a_dead_run_is_not_overwritten(simple):
    simple.journal.write_text("{}")
    assert simple.run(PLUGINS / "right.so") is None
    assert "an earlier run did not end" in simple.output
    assert simple.target.read_text() == "first-password"


class LineTarget(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            words = self.rfile.readline().decode().split()
            if self.server.is_dead:
                return
            right = words[1:] and words[1] == self.server.password
            if right and words[0] == "set":
                self.server.password = words[2]
                self.server.is_dead = self.server.dies_after_set
                if self.server.is_dead:
                    return
            self.wfile.write(b"ok\n" if right else b"no\n")

    def __init__(self, password):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.password = password
        self.dies_after_set = self.is_dead = False


@pytest.fixture
def tcp(tmp_path):
    with LineTarget("first-password") as target:
        thread = threading.Thread(target=target.serve_forever)
        thread.start()
        kit = Kit(tmp_path, {"host": "127.0.0.1",
                             "port": target.server_address[1],
                             "password": "first-password"})
        kit.target = target
        yield kit
        target.shutdown()
        thread.join()


def test_network_plugin_meets_closed_and_silent_ports(tcp):
    outcomes = tcp.run(PLUGINS / "tcp.so")
    assert failed(outcomes) == []
    assert outcomes["unreachable"] == outcomes["deadline"] == "pass"
    assert tcp.document()["password"] == tcp.target.password


def test_plugin_that_ignores_its_deadline_is_found(tcp):
    outcomes = tcp.run(PLUGINS / "tcp_patient.so")
    assert failed(outcomes) == ["deadline"]
    assert "did not return" in tcp.texts["deadline"]
    assert tcp.document()["password"] == tcp.target.password


def test_journal_keeps_what_cannot_be_settled(tcp):
    """The target takes the new value and is never heard of again."""
    tcp.target.dies_after_set = True
    outcomes = tcp.run(PLUGINS / "tcp.so")
    assert outcomes["set"] == "fail" and tcp.unsettled and tcp.code == 1
    assert tcp.document()["password"] == "first-password"
    kept = json.loads(tcp.journal.read_text())
    assert kept["AWSPENDING"]["password"] == tcp.target.password
    assert stat.S_IMODE(os.stat(tcp.journal).st_mode) == 0o600
