"""What happened at each fault point: a row for each kill, in a table for
people, BUILD/faults-table.txt.  Times count from the restart: until AWSCURRENT
logged in, until the rotation was over.

The test files run at the same time, so each has a part of its own, and the
table is made of all parts that there are.
"""

import fcntl
import json

from server import BUILD

PARTS = BUILD / "faults-table"
TABLE = BUILD / "faults-table.txt"
HEAD = {
    "scenario": "scenario",
    "point": "killed at",
    "at": "passing",
    "down": "old value then",
    "resumed": "went on with",
    "outcome": "outcome",
    "ms": "ms to login",
    "rest": "ms to rest",
}
_rows = []


def add(row):
    _rows.append(row)


def path_of(part):
    return PARTS / f"{part}.json"


def read(part):
    return json.loads(path_of(part).read_text())


def write(part):
    """At the end of a test file: its rows, and the table anew."""
    PARTS.mkdir(exist_ok=True)
    with open(PARTS / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path_of(part).write_text(json.dumps(_rows))
        rows = [HEAD]
        for path in sorted(PARTS.glob("*.json")):
            rows += json.loads(path.read_text())
        TABLE.write_text(text(rows))


def text(rows):
    rows = [{**row, "at": row["at"].lstrip("@")} for row in rows]
    width = {k: max(len(str(row[k])) for row in rows) for k in HEAD}
    lines = ["  ".join(str(row[k]).ljust(width[k]) for k in HEAD) for row in rows]
    return "".join(line.rstrip() + "\n" for line in lines)
