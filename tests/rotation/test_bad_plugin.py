"""Files in the plugin folder that are no plugins: each is named in keyturnd's
status with what is wrong and what to do, and the others work as before."""

import os
import shutil

import pytest

import server
from keyturn_server import ApiError, KeyturnServer, MemoryTarget

BAD = server.BUILD / "test-plugins"

EXPECTED = {
    "abi_newer": "and this Keyturn speaks 1; upgrade Keyturn, or rebuild",
    "abi_older": "and this Keyturn speaks 1; rebuild the plugin with its header",
    "bad_name": "has a bad name; use 1 to 64 of a-z 0-9 -",
    "empty": "not an ELF file; name the plugin's .so",
    "no_set": "needs create_secret, set_secret and test_secret; one is NULL",
    "no_symbol": "exports no kt_module; add KT_MODULE(&your_rotator);",
    "not_elf": "not an ELF file; name the plugin's .so",
    "same_name": "two rotators are named",
    "tiny_struct": "set .size = sizeof(struct kt_rotator)",
    "unresolved": "cannot load the plugin: ",
}


@pytest.fixture(scope="module")
def keyturn():
    """All of them in one folder, with a good one."""
    with KeyturnServer(plugins=["memory"]) as k:
        target = MemoryTarget(k)
        k.call("CreateSecret", {"Name": "s", "SecretString": target.value()})
        k.stop()
        for name in EXPECTED:
            k.add_plugin(BAD / f"{name}.so")
        k.start()
        k.target = target
        yield k


def problems(k):
    """Plugin to message; Status and ListRotators agree."""
    said = k.call("keyturn.Status")["Problems"]
    assert k.call("keyturn.ListRotators")["Problems"] == said
    return {p["Plugin"]: p["Message"] for p in said}


def message_of(k, name):
    found = [m for p, m in problems(k).items() if p.startswith(name)]
    return found[0] if len(found) == 1 else None


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_wrong_is_said(keyturn, name):
    message = message_of(keyturn, name)
    assert message, problems(keyturn)
    assert EXPECTED[name] in message
    assert f"{name}.so" in message and "\n" not in message
    logged = [e for e in keyturn.events() if f"{name}.so" in str(e)]
    assert logged and logged[0]["level"] in ("warn", "error")


def test_the_others_work(keyturn):
    assert len(problems(keyturn)) == len(EXPECTED)
    names = {r["Name"] for r in keyturn.call("keyturn.ListRotators")["Rotators"]}
    assert names == {"memory-single-user", "memory-overlap"}
    keyturn.call(
        "RotateSecret",
        {"SecretId": "s", "RotationLambdaARN": "memory-single-user"},
    )
    assert keyturn.wait_rotation("s")["LastOutcome"] == "succeeded"
    assert keyturn.target.accepts(keyturn.secret("s")["password"])


@pytest.fixture
def own():
    """keyturnd with one plugin whose file a test may spoil."""
    with KeyturnServer(plugins=["memory"]) as k:
        k.target = MemoryTarget(k)
        k.call("CreateSecret", {"Name": "s", "SecretString": k.target.value()})
        yield k


def reload(k):
    n = len(k.events("reloaded"))
    k.process.send_signal(1)
    k.wait_for(lambda: len(k.events("reloaded")) > n)


@pytest.mark.parametrize("where", ["file", "folder"])
@pytest.mark.parametrize(
    "mode, expected",
    [
        (0o757, "can be written by everybody; chmod go-w it"),
        (0o775, "can be written by its group; chmod go-w it"),
    ],
)
def test_what_others_can_write_is_not_loaded(own, where, mode, expected):
    own.stop()
    path = own.plugins / "memory.so" if where == "file" else own.plugins
    own.own(path, mode)
    own.start()
    message = own.wait_for(lambda: message_of(own, "memory"))
    assert str(path) in message and expected in message
    assert own.call("keyturn.ListRotators")["Rotators"] == []
    with pytest.raises(ApiError, match="No rotator 'memory-single-user'"):
        own.call(
            "RotateSecret",
            {"SecretId": "s", "RotationLambdaARN": "memory-single-user"},
        )
    # Put right, it is there after a reload.
    own.own(path, 0o755)
    reload(own)
    own.wait_for(lambda: own.call("keyturn.ListRotators")["Rotators"])
    own.call(
        "RotateSecret",
        {"SecretId": "s", "RotationLambdaARN": "memory-single-user"},
    )
    assert own.wait_rotation("s")["LastOutcome"] == "succeeded"


@pytest.mark.parametrize("where", ["file", "folder"])
def test_what_another_user_owns_is_not_loaded(own, where):
    if os.geteuid() != 0:
        pytest.skip("needs root: it gives files away")
    own.stop()
    path = own.plugins / "memory.so" if where == "file" else own.plugins
    os.chown(path, 1, 1)
    own.start()
    message = own.wait_for(lambda: message_of(own, "memory"))
    assert "belongs to user 1, who could change the plugin; chown it" in message
    os.chown(path, 0, 0)
    reload(own)
    own.wait_for(lambda: own.call("keyturn.ListRotators")["Rotators"])


def test_a_bad_plugin_that_comes_later_changes_nothing(own):
    shutil.copy(BAD / "not_elf.so", own.plugins / "later.so")
    own.own(own.plugins / "later.so", 0o755)
    os.symlink("nowhere.so", own.plugins / "dangling.so")
    (own.plugins / "readme.txt").write_text("no plugin, and no problem")
    reload(own)
    own.wait_for(lambda: len(problems(own)) == 2)
    assert "not an ELF file" in message_of(own, "later")
    assert "no such plugin" in message_of(own, "dangling")
    assert len(own.call("keyturn.ListRotators")["Rotators"]) == 2
    # And goes away with its file.
    (own.plugins / "later.so").unlink()
    (own.plugins / "dangling.so").unlink()
    reload(own)
    own.wait_for(lambda: problems(own) == {})


def test_rules_outlive_their_plugin(own):
    """Taken away, a rotator's secrets say so, and rotate when it is back."""
    own.call(
        "RotateSecret",
        {
            "SecretId": "s",
            "RotationLambdaARN": "memory-single-user",
            "RotationRules": {"AutomaticallyAfterDays": 30},
        },
    )
    assert own.wait_rotation("s")["LastOutcome"] == "succeeded"
    before = own.secret("s")
    own.stop()
    plugin = own.plugins / "memory.so"
    plugin.rename(own.dir / "away.so")
    own.start()
    with pytest.raises(ApiError, match="No rotator 'memory-single-user'"):
        own.call("RotateSecret", {"SecretId": "s"})
    assert own.secret("s") == before
    assert own.rotation("s")["Rotator"] == "memory-single-user"
    (own.dir / "away.so").rename(plugin)
    reload(own)
    own.wait_for(lambda: own.call("keyturn.ListRotators")["Rotators"])
    own.call("RotateSecret", {"SecretId": "s"})
    assert own.wait_rotation("s")["LastOutcome"] == "succeeded"
    assert own.target.accepts(own.secret("s")["password"])
