"""A disk that is full: reads go on, a write is refused with one line, nothing
is lost, a rotation that was under way is ended once there is room again."""

import os
import subprocess

import pytest

from keyturn_server import ApiError, KeyturnServer, MemoryTarget


@pytest.fixture
def keyturn():
    """Its data on a file system of four megabytes; the audit trail is not: its
    own full disk is in tests/api/test_audit.py."""
    if os.geteuid() != 0:
        pytest.skip("needs root: it mounts a tmpfs")
    k = KeyturnServer()
    k.data.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "keyturn-test", k.data],
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        k.close()
        pytest.skip(f"needs mount: {mounted.stderr.strip()}")
    k.own(k.data)
    audit = k.dir / "audit"
    audit.mkdir()
    k.own(audit, 0o700)
    k.write_settings(audit_dir=audit)
    try:
        with k:
            yield k
            k.stop()
            assert "Sanitizer" not in k.log_text()
    finally:
        k.stop()
        subprocess.run(["umount", "-l", k.data], check=True)
        k.close()


def fill(keyturn):
    """Takes all the room that is left."""
    with open(keyturn.data / "filler", "ab", buffering=0) as f:
        for size in (65536, 4096, 1):
            try:
                while True:
                    f.write(b"\0" * size)
            except OSError:
                pass
    assert os.statvfs(keyturn.data).f_bavail == 0


def free(keyturn):
    (keyturn.data / "filler").unlink()


def write_until_full(keyturn, values):
    # To free again: what is in the log has to fit into the store beside it.
    (keyturn.data / "filler").write_bytes(b"\0" * 2300000)
    for i in range(200):
        name = f"full/{i}"
        try:
            keyturn.call("CreateSecret", {"Name": name, "SecretString": "x" * 20000})
        except ApiError as error:
            return error
        values[name] = "x" * 20000
    raise AssertionError("the disk took everything")


def check_all(keyturn, values):
    for name, value in values.items():
        assert keyturn.secret(name) == value


def test_full_disk_refuses_writes_and_loses_nothing(keyturn):
    values = {}
    for i in range(5):
        values[f"s/{i}"] = f"value {i}"
        keyturn.call("CreateSecret", {"Name": f"s/{i}", "SecretString": f"value {i}"})
    error = write_until_full(keyturn, values)
    assert (error.status, error.type) == (500, "InternalServiceError")
    assert error.message == (
        f"the disk with {keyturn.data}/keyturn.db is full; nothing was changed; "
        "free space and repeat"
    )
    fill(keyturn)
    before = keyturn.call("DescribeSecret", {"SecretId": "s/0"})
    for operation, more in (
        ("PutSecretValue", {"SecretString": "y" * 65536}),
        ("UpdateSecret", {"SecretString": "y" * 65536, "Description": "y"}),
    ):
        with pytest.raises(ApiError, match="is full; nothing was changed"):
            keyturn.call(operation, {"SecretId": "s/0", **more})
        assert keyturn.call("DescribeSecret", {"SecretId": "s/0"}) == before
    # Small ones may find room in the log until it is full, too.
    with pytest.raises(ApiError, match="is full; nothing was changed"):
        for i in range(2000):
            keyturn.call("UpdateSecret", {"SecretId": "s/1", "Description": f"{i}"})
    said = keyturn.call("DescribeSecret", {"SecretId": "s/1"})
    assert said.get("Description", "-1") == str(i - 1)
    # Reads go on, the first of a day (which would note it) as well.
    check_all(keyturn, values)
    assert keyturn.call("keyturn.Status")["Secrets"] == len(values)
    free(keyturn)
    keyturn.call("PutSecretValue", {"SecretId": "s/0", "SecretString": "again"})
    values["s/0"] = "again"
    check_all(keyturn, values)
    keyturn.stop()
    keyturn.start()
    check_all(keyturn, values)


def test_killed_and_started_on_a_full_disk(keyturn):
    values = {}
    write_until_full(keyturn, values)
    fill(keyturn)
    keyturn.process.kill()
    keyturn.process.wait()
    try:
        keyturn.start()
    except RuntimeError as failure:
        # It may need room to begin; then it says so, in one line.
        last = str(failure).strip().splitlines()[-1]
        assert last.startswith("keyturnd: the disk with ") and "is full" in last
    else:
        check_all(keyturn, values)
        keyturn.stop()
    free(keyturn)
    keyturn.start()
    check_all(keyturn, values)
    keyturn.call("CreateSecret", {"Name": "after", "SecretString": "v"})
    assert keyturn.secret("after") == "v"


def test_rotation_under_way_is_ended_when_there_is_room(keyturn):
    target = MemoryTarget(keyturn, delay_ms={"set": 700})
    keyturn.call("CreateSecret", {"Name": "r", "SecretString": target.value()})
    keyturn.call(
        "RotateSecret",
        {"SecretId": "r", "RotationLambdaARN": "memory-single-user"},
    )
    keyturn.wait_for(lambda: target.read().get("calls", {}).get("create"))
    fill(keyturn)
    # Whatever could not be written, one of the two values logs in.
    keyturn.wait_for(lambda: "is full" in keyturn.log_text())
    keyturn.secret("r")
    assert candidates(keyturn, target)
    free(keyturn)
    target.change(delay_ms=0)
    rotation = keyturn.wait_rotation("r", 120)
    assert rotation["LastOutcome"] == "succeeded", rotation
    assert target.accepts(keyturn.secret("r")["password"])


def candidates(keyturn, target):
    """The stages whose value logs in."""
    found = []
    for stage in ("AWSCURRENT", "AWSPENDING"):
        try:
            value = keyturn.secret("r", stage)
        except ApiError as error:
            assert error.type == "ResourceNotFoundException"
            continue
        if target.accepts(value["password"]):
            found.append(stage)
    return found
