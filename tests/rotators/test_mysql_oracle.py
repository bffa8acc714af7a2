"""rotators/mysql built with Oracle's own client library: whole rotations
by it on MySQL 9; what it cannot do on MariaDB is said."""

import os
import pathlib
import subprocess

import pytest

import mysql_server
from mysql_case import DUAL, SINGLE, Case, server_fixture
from server import new_password
from step import Plugin

SOURCE = pathlib.Path(os.environ["KEYTURN_SOURCE"])
HERE = pathlib.Path("/usr/lib") / f"{os.uname().machine}-linux-gnu"
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Werror"]

server = server_fixture("mysql9", "mariadb")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """The plugin of the same sources.  The library comes from a newer system,
    so the steps run under that system's loader."""
    try:
        usr = pathlib.Path(mysql_server.fetch_mysql9())
    except mysql_server.Missing as missing:
        pytest.skip(str(missing))
    libraries = usr / "lib" / HERE.name
    path = tmp_path_factory.mktemp("oracle") / "mysql.so"
    subprocess.run(
        ["cc", "-std=gnu17", "-O1", *WARNINGS, "-fPIC", "-shared",
         "-fvisibility=hidden", "-D_GNU_SOURCE", '-DKEYTURN_VERSION="0"',
         f"-I{SOURCE}/sdk/include", f"-I{usr}/include/mysql",
         f"-I{usr}/include", *SOURCE.glob("rotators/mysql/*.c"),
         "-o", path, libraries / "libmysqlclient.so.24", "-lcrypto",
         "-Wl,--allow-shlib-undefined"],
        check=True,
    )  # fmt: skip
    needed = subprocess.run(
        ["readelf", "-d", path], stdout=subprocess.PIPE, text=True, check=True
    )
    assert "libmysqlclient.so" in needed.stdout
    assert "libmariadb" not in needed.stdout
    places = f"{libraries}:{HERE}:{compiler_libraries()}"
    loader = usr / "lib64" / "ld-linux-x86-64.so.2"
    return Plugin(path, [loader, "--library-path", places])


def compiler_libraries():
    """Where the sanitizers' libraries are."""
    found = subprocess.run(
        ["cc", "-print-file-name=libasan.so"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return pathlib.Path(found.stdout.strip()).resolve().parent


@pytest.fixture
def case(server, plugin):
    c = Case(server, plugin)
    yield c
    c.end()


@pytest.mark.parametrize("server", ["mysql9"], indirect=True)
@pytest.mark.parametrize("rotator", [SINGLE, DUAL])
def test_whole_rotation(case, rotator):
    name = case.name("app")
    password = case.account(name)
    state = {**case.state(name, password), **case.manager()}
    before = state["AWSCURRENT"]
    case.lines(rotator, state)
    state = case.rotate(rotator, state)
    assert case.logs_in(state["AWSCURRENT"])
    assert case.logs_in(before) == (rotator == DUAL)
    if rotator == DUAL:
        case.ok(rotator, "retire", state)
        assert not case.logs_in(before)


def test_wrong_password_is_auth_and_a_missing_plugin_config(case):
    """Oracle's library has lost mysql_native_password, which is MariaDB's
    default: that is no wrong password, and is said as what it is."""
    name = case.name("app")
    case.account(name)
    state = case.state(name, new_password())
    answer = case.refused(SINGLE, "check", state)
    if case.is_mariadb:
        assert answer == ("CONFIG", "plugin-unknown")
    else:
        assert answer == ("AUTH", "password-refused")
