"""./quickstart as a newcomer runs it: in a fresh copy of the tree, to its last
line, a second time, kept running, and stopped."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

SOURCE = pathlib.Path(os.environ["KEYTURN_SOURCE"])
NOT_OURS = shutil.ignore_patterns(
    "build", "build-*", ".git", "node_modules", ".quickstart", ".cache"
)


@pytest.fixture(scope="module")
def copy():
    # Short, because a Unix socket's path is; PostgreSQL's user must get in.
    with tempfile.TemporaryDirectory(prefix="kt-qs-") as folder:
        os.chmod(folder, 0o755)
        tree = pathlib.Path(folder) / "keyturn"
        shutil.copytree(SOURCE, tree, ignore=NOT_OURS)
        yield tree
        run(tree, "--stop")


def run(tree, *args, seconds=800):
    temporary = tree.parent / "tmp"
    temporary.mkdir(mode=0o755, exist_ok=True)
    done = subprocess.run(
        [tree / "quickstart", *args],
        env={
            **os.environ,
            "TMPDIR": str(temporary),
            # What stands in a newcomer's shell must not reach the daemon.
            "KEYTURN_SOCKET": "/nowhere.sock",
            "KEYTURN_WHATEVER": "1",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )
    print(done.stdout)
    return done


def told_the_story(out):
    """Six rotations, each step's duration, and logins that did not fail."""
    rotated = re.findall(r"demo/(app|single): rotated in ", out)
    assert rotated == ["app"] * 5 + ["single"]
    steps = re.findall(r"(\w+Secret) +1 +[0-9.]+ [mu]?s +OK", out)
    for step in ("createSecret", "setSecret", "testSecret"):
        assert steps.count(step) == 6
    stories = re.findall(r"logins while it rotated: (\d+), failed: (\d+)", out)
    (tried, failed), (tried_alone, _) = stories
    assert int(tried) > 5 and int(failed) == 0
    assert int(tried_alone) > 0
    assert re.search(r"longest gap: \d+ ms", out)


def test_first_and_second_run_tell_the_story_and_leave_nothing(copy):
    for _ in range(2):
        done = run(copy)
        assert done.returncode == 0
        told_the_story(done.stdout)
        assert not (copy / ".quickstart").exists()
        assert list((copy.parent / "tmp").iterdir()) == []


def test_kept_running_it_does_what_its_last_lines_say(copy):
    done = run(copy, "--keep")
    assert done.returncode == 0
    told_the_story(done.stdout)
    offered = done.stdout.split("Try next", 1)[1].splitlines()
    export = next(line for line in offered if "export" in line)
    shown = next(line for line in offered if "rotation show" in line)
    after = subprocess.run(
        ["bash", "-ec", f"{export}\n{shown} --json"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rotation = json.loads(after.stdout)
    assert rotation["Rotator"] == "postgres-alternating-users"
    assert rotation["State"] in ("idle", "retiring")
    stopped = run(copy, "--stop")
    assert stopped.returncode == 0
    assert not (copy / ".quickstart").exists()
    assert list((copy.parent / "tmp").iterdir()) == []
