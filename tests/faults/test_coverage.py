"""Every row of the table of fault points (engine/base/fault.h) was killed at,
by the other files of this folder, in this build.  CMakeLists.txt runs this
one last."""

import pytest

import fault_table
from fault_case import fault_points
from keyturn_server import KEYTURND

PARTS = ("postgres", "mariadb", "oauth")


@pytest.fixture(scope="module")
def rows():
    found = []
    for part in PARTS:
        path = fault_table.path_of(part)
        hint = f"run faults/{part} first, all of it: tests/run faults"
        assert path.exists(), hint
        assert path.stat().st_mtime > KEYTURND.stat().st_mtime, hint
        found += fault_table.read(part)
    return found


def test_every_point_is_killed_at(rows):
    never = set(fault_points()) - {row["point"] for row in rows}
    assert not never, f"no test kills at {', '.join(sorted(never))}"


def test_table_holds_every_kill(rows):
    text = fault_table.TABLE.read_text()
    assert len(text.splitlines()) == len(rows) + 1
    assert all(row["point"] in text for row in rows)
