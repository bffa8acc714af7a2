"""The template builds outside of the tree, against an installed Keyturn, by
CMake and by pkg-config, and is right."""

import base64
import hashlib
import json
import os
import shutil
import stat
import subprocess

import pytest

from server import BUILD, SOURCE
from step import Plugin


def run(*command, env=None, cwd=None):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, cwd=cwd,
                          env={**os.environ, **(env or {})}, timeout=200)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installed Keyturn, as far as an author needs it, that was moved
    after it was installed."""
    first = tmp_path_factory.mktemp("first") / "keyturn"
    run("cmake", "--install", BUILD, "--prefix", first, "--component", "sdk")
    moved = tmp_path_factory.mktemp("moved") / "keyturn"
    shutil.move(first, moved)
    return moved


def pkg_config(prefix, *args):
    (folder,) = {p.parent for p in prefix.rglob("keyturn.pc")}
    return run("pkg-config", *args, "keyturn",
               env={"PKG_CONFIG_PATH": folder}).strip()


@pytest.fixture(scope="module")
def source(prefix, tmp_path_factory):
    copy = tmp_path_factory.mktemp("author") / "my-rotator"
    shutil.copytree(pkg_config(prefix, "--variable=templatedir"), copy)
    return copy


@pytest.fixture(scope="module")
def by_cmake(prefix, source):
    run("cmake", "-S", source, "-B", source / "build",
        f"-DCMAKE_PREFIX_PATH={prefix}",
        "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror -std=c11 "
        "-D_GNU_SOURCE")
    run("cmake", "--build", source / "build")
    return source / "build" / "dovecot.so"


@pytest.fixture(scope="module")
def by_pkg_config(prefix, source):
    out = source / "dovecot.so"
    flags = pkg_config(prefix, "--cflags").split()
    run("cc", "-shared", "-fPIC", "-fvisibility=hidden", *flags,
        source / "dovecot.c", "-o", out, "-lcrypto")
    return out


@pytest.fixture(params=["by_cmake", "by_pkg_config"])
def plugin(request):
    return request.getfixturevalue(request.param)


def line(password):
    digest = hashlib.sha256(password.encode()).digest()
    return f"app:{{SHA256}}{base64.b64encode(digest).decode()}\n"


@pytest.fixture
def target(tmp_path):
    users = tmp_path / "users"
    users.write_text(line("first-password"))
    users.chmod(0o640)
    return users


def secret(target):
    return {"file": str(target), "username": "app",
            "password": "first-password"}


def test_it_exports_nothing_but_its_module(plugin):
    symbols = run("nm", "-D", "--defined-only", "--format=just-symbols",
                  plugin).split()
    assert symbols == ["kt_module"]


def test_it_rotates_the_line_in_the_file(plugin, target):
    state = Plugin(plugin).rotate("dovecot", {"AWSCURRENT": secret(target)})
    assert target.read_text() == line(state["AWSCURRENT"]["password"])
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_the_kit_passes_it(plugin, target, tmp_path):
    path = tmp_path / "secret.json"
    path.write_text(json.dumps(
        {"secret": secret(target),
         "unreachable": {"file": str(tmp_path / "not-there")}}))
    done = subprocess.run(
        [BUILD / "bin" / "keyturn", "rotator", "check", plugin, "--secret",
         path, "--json"],
        stdout=subprocess.PIPE, text=True, timeout=120)
    report = json.loads(done.stdout)
    assert report["passed"], report
    skipped = {f["rule"] for f in report["findings"]
               if f["outcome"] != "pass"}
    assert skipped == {"deadline", "wrong-admin", "overlap", "finish",
                       "retire"}
    new = json.loads(path.read_text())["secret"]["password"]
    assert target.read_text() == line(new)


def test_cmake_installs_it_where_keyturn_looks(prefix, source, by_cmake):
    run("cmake", "--install", source / "build")
    folder = pkg_config(prefix, "--variable=plugindir")
    assert os.path.samefile(os.path.join(folder, "dovecot.so"),
                            next(prefix.rglob("rotators/dovecot.so")))


def test_the_template_stays_short():
    lines = (SOURCE / "sdk/template/dovecot.c").read_text().splitlines()
    assert len(lines) < 120


def test_the_header_is_c11_and_cxx17():
    header = SOURCE / "sdk/include/keyturn/rotator.h"
    for compiler, language, std in [("cc", "c", "c11"),
                                    ("c++", "c++", "c++17")]:
        if shutil.which(compiler) is None:
            pytest.skip(f"{compiler} is not installed")
        run(compiler, "-x", language, f"-std={std}", "-Wall", "-Wextra",
            "-Wpedantic", "-Werror", "-fsyntax-only", header)
