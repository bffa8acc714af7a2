"""keyturnd that cannot start, or is started wrongly: it says one line with
what, where and what to do, ends with an exit code that is not 0, and what was
in the store is still there afterwards.
"""

import base64
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess

import pytest

from keyturn_server import KEYTURND, ApiError, KeyturnServer

VALUES = {f"db/{i}": f"value {i}" for i in range(40)}


def run(server, *args, environment=None):
    """keyturnd, to its end; exit code, and what it said beside its log."""
    done = subprocess.run(
        [KEYTURND, *args],
        cwd=server.dir,
        env={**server.env(), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=30,
        **server.as_user(),
    )
    lines = [x for x in done.stdout.splitlines() if not is_warning(x)]
    return done.returncode, lines


def is_warning(line):
    """A line of the log; about memory that cannot be locked only."""
    try:
        return json.loads(line)["event"] == "memory_not_locked"
    except ValueError:
        return False


def refuses(server, *texts, command="run", code=1, environment=None, config=None):
    """One line that has all the texts; exit code."""
    got, lines = run(
        server,
        command,
        "--config",
        config or server.config,
        environment=environment,
    )
    assert got == code, lines
    assert len(lines) == 1, lines
    assert lines[0].startswith("keyturnd: "), lines
    for text in texts:
        assert str(text) in lines[0], lines


@pytest.fixture(scope="module")
def whole():
    """A store with values in it, and no keyturnd that runs."""
    with KeyturnServer() as server:
        for name, value in VALUES.items():
            server.call("CreateSecret", {"Name": name, "SecretString": value})
        server.stop()
        files = {
            p.name: p.read_bytes() for p in server.data.iterdir() if p.is_file()
        }
        yield server, files


@pytest.fixture
def server(whole):
    """After the test everything is put back, and has to be there."""
    server, files = whole
    settings = dict(server.settings)
    yield server
    server.stop()
    server.settings = settings
    server.write_settings()
    os.chmod(server.data, 0o700)
    for path in server.data.iterdir():
        if path.name == "audit":
            continue  # what was tried was written down
        if path.is_dir():
            path.rmdir()
        elif path.name not in files:
            path.unlink()
    for name, content in files.items():
        (server.data / name).write_bytes(content)
        server.own(server.data / name, 0o600)


def intact(server):
    """Starts, and has everything."""
    server.start()
    for name, value in VALUES.items():
        assert server.secret(name) == value
    server.stop()


# ---- settings ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text, line, expected",
    [
        ("datadir = /x", 1, "unknown setting datadir; the nearest is data_dir"),
        ("\n\n# c\nworker = 4", 4, "unknown setting worker; the nearest is workers"),
        ("[keyturnd]\nSocket = /x", 2, "unknown setting Socket; the nearest is socket"),
        ("[other]\nworkers = 3", 2, "unknown section [other]"),
        ("workers = 0", 1, "workers = 0: expected a number from 1 to 64"),
        ("workers = 65", 1, "expected a number from 1 to 64"),
        ("workers = many", 1, "expected a number from 1 to 64"),
        ("workers = 4x", 1, "expected a number from 1 to 64"),
        ("workers =", 1, "expected a number from 1 to 64"),
        ("workers = 99999999999999999999", 1, "expected a number from 1 to 64"),
        ("log_level = loud", 1, "expected debug, info, warn or error"),
        ("lease = 3h", 1, "expected 5 to 3600 seconds, as in 30, 30s, 2m or 500ms"),
        ("step_timeout = 9999999999999999m", 1, "expected 1 to 3600 seconds"),
        ("dev = maybe", 1, "expected yes or no"),
        ("region = EU_1", 1, "as in eu-central-1"),
        ("account = 12", 1, "expected twelve digits"),
        ("data_dir =", 1, "expected a text of 1 to 1023 bytes"),
        ("socket =", 1, "expected a text of 1 to 1023 bytes"),
        ("workers", 1, "expected NAME = VALUE"),
        ("workers = 4\nworkers = 5", 2, "workers was set in line 1 already"),
        ("node = " + "n" * 400, 1, "the line is longer than"),
    ],
)
def test_bad_settings_are_refused_with_their_line(server, text, line, expected):
    server.config.write_text(text + "\n")
    for command in ("run", "init"):
        refuses(server, f"{server.config}:{line}: ", expected, command=command, code=2)
    got, lines = run(server, "--check-config", "--config", server.config)
    assert got == 2 and len(lines) == 1


@pytest.mark.parametrize(
    "name, value, expected",
    [
        (
            "KEYTURN_WORKER",
            "3",
            "unknown setting KEYTURN_WORKER; the nearest is KEYTURN_WORKERS",
        ),
        ("KEYTURN_data_dir", "/x", "the nearest is KEYTURN_DATA_DIR"),
        ("KEYTURN_", "", "unknown setting KEYTURN_;"),
        ("KEYTURN_" + "X" * 500, "", "unknown setting KEYTURN_X"),
        ("KEYTURN_WORKERS", "0", "KEYTURN_WORKERS = 0: expected a number from 1"),
        ("KEYTURN_SOCKET", "", "KEYTURN_SOCKET = : expected a text of 1 to"),
    ],
)
def test_bad_variables_are_refused(server, name, value, expected):
    refuses(server, "environment: ", expected, code=2, environment={name: value})


def test_variables_that_orchestrators_set_are_none_of_ours(server):
    foreign = {
        "KEYTURN_PORT": "tcp://10.0.0.1:8200",
        "KEYTURN_PORT_8200_TCP_ADDR": "10.0.0.1",
        "KEYTURN_SERVICE_HOST": "10.0.0.1",
    }
    got, lines = run(
        server, "--check-config", "--config", server.config, environment=foreign
    )
    assert got == 0, lines


@pytest.mark.parametrize("path", ["/nonexistent.conf", "."])
def test_settings_that_cannot_be_read(server, path):
    refuses(server, "cannot read the settings in", path, code=2, config=path)


@pytest.mark.parametrize(
    "listen, expected",
    [
        ("localhost", "as in 127.0.0.1:8200"),
        ("127.0.0.1:99999", "as in 127.0.0.1:8200"),
        ("127.0.0.1:", "as in 127.0.0.1:8200"),
        ("192.0.2.1:80", "or set allow_plain_http = yes"),
    ],
)
def test_addresses_that_cannot_be_meant(server, listen, expected):
    server.write_settings(listen=listen)
    refuses(server, listen, expected, code=2)


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"listen": "192.0.2.1:80", "allow_plain_http": "yes"},
         "set another address or port"),
        ({"admin_group": "nosuchgroup"}, "there is no such group"),
        ({"plugin_dir": "/nonexistent"}, "plugin_dir /nonexistent"),
        ({"rotator_program": "/nonexistent"}, "where keyturn-rotator is"),
        ({"socket": "/nonexistent/a/k.sock"}, "set socket to a path"),
        ({"socket": "/" + "x" * 120}, "longer than 107 bytes; choose a shorter"),
        ({"data_dir": "/nonexistent"}, "make one by keyturnd init --config"),
        ({"store": "/nonexistent/x.db"}, "there is no store at /nonexistent/x.db"),
    ],
)
def test_settings_that_lead_nowhere(server, changes, expected):
    server.write_settings(**changes)
    refuses(server, next(iter(changes.values())), expected)


def test_a_port_in_use(server):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = "127.0.0.1:%d" % other.getsockname()[1]
        server.write_settings(listen=address)
        refuses(server, f"listen {address}: Address already in use; set another")


def test_a_word_too_many(server):
    for args in (["nope"], ["init", "run"], ["--nope"], ["run", "--config"]):
        got, lines = run(server, *args)
        assert got == 2 and lines[-1] == "Try: keyturnd --help"


# ---- the root key ------------------------------------------------------------


def make_other(path, _):
    path.write_bytes(b"keyturn-root-key-v1 " + base64.b64encode(bytes(32)) + b"\n")


@pytest.mark.parametrize(
    "break_it, expected",
    [
        (lambda p, k: os.chmod(p, 0o644), "is open to others (mode 0644); run: chmod"),
        (lambda p, k: os.chmod(p, 0o640), "is open to others (mode 0640); run: chmod"),
        (lambda p, k: p.unlink(), "an old one needs its own back"),
        (lambda p, k: p.write_bytes(k[:20]), "has 20 bytes, not the 65"),
        (lambda p, k: p.write_bytes(b""), "has 0 bytes, not the 65"),
        (lambda p, k: p.write_bytes(b"x" * 65), "is not a root key"),
        (lambda p, k: (p.unlink(), p.mkdir()), "is not a regular file; put back"),
        (make_other, "this root key is not the store's"),
    ],
    ids=["others", "group", "gone", "short", "empty", "garbage", "folder", "other"],
)
def test_a_root_key_that_is_none(server, whole, break_it, expected):
    key = server.data / "root.key"
    good = whole[1]["root.key"]
    break_it(key, good)
    refuses(server, key, expected)
    if key.is_dir():
        key.rmdir()
    key.write_bytes(good)
    server.own(key, 0o600)
    intact(server)


def test_a_root_key_of_another_user(server):
    if os.geteuid() != 0:
        pytest.skip("needs root: it gives a file away")
    key = server.data / "root.key"
    os.chown(key, 0, 0)
    refuses(server, key, "Permission denied; it must belong to the user", "(uid ")
    server.own(key, 0o600)
    intact(server)


# ---- the store ---------------------------------------------------------------


def newer(path):
    with sqlite3.connect(path) as db:
        db.execute("UPDATE schema_version SET version = 99")
    db.close()


def foreign(path):
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE a (b)")
    db.close()


def torn(path):
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "break_it, expected",
    [
        (newer, ("has schema version 99", "run the version that made it")),
        (foreign, ("is not a Keyturn store", "set store to the right file")),
        (torn, ("is damaged", "restore it from a backup")),
        (lambda p: os.truncate(p, 12288), ("is damaged", "restore it from a")),
        (lambda p: os.truncate(p, 0), ("is not a Keyturn store", "set store to")),
        (
            lambda p: p.write_bytes(os.urandom(40000)),
            ("is not a Keyturn store", "set store to"),
        ),
        (
            lambda p: os.chmod(p, 0o400),
            ("Permission denied", "must be writable for the user"),
        ),
    ],
    ids=["newer", "foreign", "torn", "cut", "empty", "garbage", "readonly"],
)
def test_a_store_that_cannot_be_used(server, whole, break_it, expected):
    path = server.data / "keyturn.db"
    break_it(path)
    for file in server.data.glob("keyturn.db-*"):
        file.unlink()
    if path.stat().st_mode & 0o200:
        server.own(path, 0o600)
    before = path.read_bytes()
    beside = set(server.data.iterdir())
    refuses(server, path, *expected)
    assert path.read_bytes() == before, "it was written to"
    if before == whole[1]["keyturn.db"]:
        assert set(server.data.iterdir()) == beside, "it left files"
    refuses(server, path, "already; nothing was changed", command="init")
    assert path.read_bytes() == before
    path.unlink()
    path.write_bytes(whole[1]["keyturn.db"])
    server.own(path, 0o600)
    intact(server)


def test_a_value_that_was_changed_or_moved_in_the_store(server, whole):
    """Nobody gets it, the log says it, and the others are served."""
    path = server.data / "keyturn.db"
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT s.name, v.id, v.sealed FROM version v"
            " JOIN secret s ON s.id = v.secret_id"
        )
        sealed = {name: (row, blob) for name, row, blob in rows}
        put = "UPDATE version SET sealed = ? WHERE id = ?"
        row, blob = sealed["db/0"]
        db.execute(put, (blob[:-1] + bytes([blob[-1] ^ 1]), row))
        db.execute(put, (sealed["db/2"][1], sealed["db/1"][0]))
    db.close()
    for file in server.data.glob("keyturn.db*"):
        server.own(file, 0o600)
    server.start()
    for name in ("db/0", "db/1"):
        with pytest.raises(ApiError) as caught:
            server.secret(name)
        error = caught.value
        assert (error.status, error.type) == (400, "DecryptionFailure")
        assert f":secret:{name}-" in error.message
        assert "was changed in the store, or is another's" in error.message
        assert [e for e in server.events("api_fault") if name in e["error"]]
    assert server.secret("db/2") == VALUES["db/2"]
    server.stop()
    for file in server.data.glob("keyturn.db*"):
        file.unlink()
    path.write_bytes(whole[1]["keyturn.db"])
    server.own(path, 0o600)
    intact(server)


def test_a_folder_that_is_not_writable(server):
    os.chmod(server.data, 0o500)
    refuses(server, server.data / "keyturn.db", "must be writable for the user")
    os.chmod(server.data, 0o700)
    intact(server)


# ---- two of them -------------------------------------------------------------


def test_a_second_daemon_on_the_same_store(server):
    server.start()
    refuses(server, server.data / "keyturn.db", "another keyturnd has the store")
    mine = server.settings["socket"]
    server.write_settings(socket=server.dir / "other.sock")
    refuses(server, "another keyturnd has the store", "stop it first")
    server.write_settings(socket=mine)
    assert server.secret("db/0") == VALUES["db/0"]
    server.stop()
    intact(server)


def test_a_second_daemon_on_the_same_socket(server):
    server.start()
    other = KeyturnServer(settings={"socket": server.socket})
    try:
        other.init()
        refuses(other, f"socket {server.socket}: another keyturnd answers there")
        assert server.secret("db/0") == VALUES["db/0"]
    finally:
        other.close()
    server.stop()
    intact(server)


def test_a_socket_left_behind_by_a_crash_is_replaced(server):
    server.start()
    server.stop(signal.SIGKILL)
    assert server.socket.exists()
    intact(server)


def test_a_file_in_place_of_the_socket_is_not_replaced(server):
    path = server.dir / "precious"
    path.write_text("data")
    server.write_settings(socket=path)
    refuses(server, f"socket {path}: Address already in use; set socket to a path")
    assert path.read_text() == "data"


def test_init_again(server):
    refuses(server, "keyturn.db already; nothing was changed", command="init")
    server.start()
    refuses(server, "keyturn.db already; nothing was changed", command="init")
    assert server.secret("db/1") == VALUES["db/1"]
    server.stop()
    intact(server)


# ---- init --------------------------------------------------------------------


@pytest.fixture
def fresh():
    server = KeyturnServer()
    yield server
    server.close()


def test_init_where_nothing_can_be_made(fresh):
    for path, expected in (
        ("/nonexistent/data", "cannot make data_dir /nonexistent/data: No such file"),
        (fresh.config, f"data_dir {fresh.config} is no folder; set data_dir to"),
    ):
        fresh.write_settings(data_dir=path)
        refuses(fresh, expected, command="init")
    closed = fresh.dir / "closed"
    closed.mkdir()
    fresh.own(closed, 0o500)
    fresh.write_settings(data_dir=closed / "data")
    refuses(fresh, "Permission denied; make it for the user", command="init")


def test_init_in_the_folder_of_another_user(fresh):
    if os.geteuid() != 0:
        pytest.skip("needs root: it acts as two users")
    fresh.data.mkdir(mode=0o700)  # root's
    refuses(fresh, "root.key: Permission denied", "its folder must be", command="init")
    # And root, who could, would make files that the daemon cannot read.
    fresh.own(fresh.data)
    done = subprocess.run(
        [KEYTURND, "init", "--config", fresh.config],
        env=fresh.env(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"belongs to user id {fresh.user.pw_uid}: run keyturnd init" in done.stderr
    assert list(fresh.data.iterdir()) == []
    fresh.start()


def test_init_keeps_a_root_key_that_is_there(fresh):
    fresh.init()
    key = (fresh.data / "root.key").read_bytes()
    for path in fresh.data.glob("keyturn.db*"):
        path.unlink()
    fresh.init()
    assert (fresh.data / "root.key").read_bytes() == key
    # Half a key is not replaced either: somebody may need what is left of it.
    for path in fresh.data.glob("keyturn.db*"):
        path.unlink()
    pathlib.Path(fresh.data / "root.key").write_bytes(key[:10])
    refuses(fresh, "has 10 bytes, not the 65", command="init")
    assert (fresh.data / "root.key").read_bytes() == key[:10]
    assert not (fresh.data / "keyturn.db").exists()
