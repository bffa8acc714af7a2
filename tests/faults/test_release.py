"""A release has no fault points: not their names, not their code, and it
refuses to be told to fail at one."""

import shutil
import subprocess

import pytest

import keyturn_server
from fault_case import fault_points
from server import BUILD, SOURCE

RELEASE = BUILD / "release"
PROGRAMS = ("keyturnd", "keyturn-rotator")


@pytest.fixture(scope="module")
def release():
    """The release preset's settings, in a folder of our own build's."""
    launcher = shutil.which("ccache")
    configure = [
        "cmake", "-S", SOURCE, "-B", RELEASE, "-G", "Ninja",
        "-DCMAKE_BUILD_TYPE=Release", "-DKEYTURN_TESTS=OFF",
        *([f"-DCMAKE_C_COMPILER_LAUNCHER={launcher}"] if launcher else []),
    ]  # fmt: skip
    build = ["cmake", "--build", RELEASE, "--target", *PROGRAMS]
    for command in (configure, [*build, "-j", "2"]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return RELEASE


@pytest.mark.parametrize("program", PROGRAMS)
def test_release_names_no_fault_point(release, program):
    path = release / "bin" / program
    content = path.read_bytes()
    for point in fault_points():
        assert point.encode() not in content
    symbols = subprocess.run(["nm", path], capture_output=True, check=True)
    assert b"secret_malloc" in symbols.stdout  # it has symbols
    assert b"fault_" not in symbols.stdout.replace(b"default_", b"")


def test_release_has_no_option_for_them(release):
    done = subprocess.run(
        [release / "bin" / "keyturnd", "--fault-points"], capture_output=True
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"unrecognized option" in done.stderr


def test_release_refuses_to_be_told(release):
    done = subprocess.run(
        [release / "bin" / "keyturnd", "--check-config"],
        env={"KEYTURN_FAULT": "store.commit=kill"},
        capture_output=True,
    )
    assert done.returncode == 2
    assert b"unknown setting KEYTURN_FAULT" in done.stderr


def test_test_build_says_that_it_is_one():
    environment = {"KEYTURN_FAULT": "store.commit=kill@99999"}
    with keyturn_server.KeyturnServer(None, environment, plugins=()) as k:
        [line] = k.events("KEYTURN_FAULT")
        assert line["level"] == "warn" and "for tests only" in line["next"]


def test_name_that_is_none_is_refused():
    """A test that kills nowhere would prove nothing."""
    with keyturn_server.KeyturnServer(plugins=()) as k:
        k.stop()
        k.environment["KEYTURN_FAULT"] = "rot.set.after_lunch=kill"
        with pytest.raises(RuntimeError, match="after_lunch"):
            k.start()
