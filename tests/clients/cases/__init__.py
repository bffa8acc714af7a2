"""The table: what AWS Secrets Manager answers, action by action.

Written from the service model (its constraints and documentation) and from
AWS's user guide; texts of errors as AWS words them, None where they are not
known.  What an action says of its own is in the file of that action; each
file's good cases come first, then the bad ones.
"""

from cases import (
    access,
    batch,
    create,
    delete,
    describe,
    external,
    lists,
    password,
    policies,
    put,
    read,
    replicas,
    rotation,
    sequences,
    stages,
    tags,
    update,
)
from table import Refusal

MODULES = (
    create,
    read,
    put,
    update,
    stages,
    describe,
    lists,
    batch,
    delete,
    tags,
    policies,
    rotation,
    replicas,
    password,
    external,
    sequences,
    access,
)
CASES = [case for module in MODULES for case in module.CASES]
assert len({case.title for case in CASES}) == len(CASES)

# Every action is asked well and badly, besides by whom it is not allowed.
STEPS = [step for case in CASES for step in case.steps]
ACTIONS = set(access.INPUTS)
GOOD = {s.action for s in STEPS if not isinstance(s.expected, Refusal)}
BAD = {
    s.action
    for s in STEPS
    if isinstance(s.expected, Refusal)
    and s.expected.kinds != ("AccessDeniedException",)
}
assert GOOD == BAD == ACTIONS, (ACTIONS - GOOD, ACTIONS - BAD)
