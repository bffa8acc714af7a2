"""23 actions and sts:AssumeRole, principals, resources, conditions and policies
of all kinds: each case is decided by our evaluator and by npm's iam-simulate,
which runs as a process of its own.  They may differ only where a sentence of
AWS's documentation decides (disagreements.py).
"""

import collections
import copy
import json
import os
import pathlib
import subprocess

import pytest

from cases import ACTIONS, OPERATORS, SERVICE, generate
from disagreements import ENTRIES, parts, statements
from server import BUILD, NODE_MODULES

COUNT, TRUSTS, SEED = 23 * 1100, 2000, 20260301
HERE = pathlib.Path(__file__).parent
PACKAGE = "@cloud-copilot/iam-simulate"
ANSWERS = ["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
SEVERAL = "several of these together"

places = [NODE_MODULES, *os.environ.get("NODE_PATH", "").split(":")]
if not any((pathlib.Path(place) / PACKAGE).exists() for place in places if place):
    pytest.skip(f"npm's {PACKAGE} is missing", allow_module_level=True)


def answers(command, cases):
    """What a process says to each case: a line in, a line out."""
    text = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(cases), done.stderr
    return lines


def ours(cases, program="authorization_decide"):
    return answers([str(BUILD / "bin" / program)], cases)


def oracle(cases):
    """Answers, and the context keys that the action does not have."""
    lines = answers(["node", str(HERE / "simulate.mjs")], cases)
    said = [json.loads(line) for line in lines]
    wrong = [one["answer"] for one in said if one["answer"] not in ANSWERS]
    assert not wrong, wrong[:3]
    return [one["answer"] for one in said], [one["ignored"] for one in said]


@pytest.fixture(scope="module")
def matrix():
    """(cases, our answers, the oracle's).  No case has a key that its action
    does not have: the oracle leaves such keys out."""
    cases = generate(COUNT, TRUSTS, SEED)
    theirs, ignored = oracle(cases)
    for case, keys in zip(cases, ignored):
        dropped = {key.lower() for key in keys}
        case["context"] = {
            key: value
            for key, value in case["context"].items()
            if key.lower() not in dropped
        }
    return cases, ours(cases), theirs


def explain(cases, decided):
    """Per case the entries that explain why we decided so."""
    asked, about = [], []
    for number, case in enumerate(cases):
        whole, count = copy.deepcopy(case), 0
        for name, (rewrite, _, _) in ENTRIES.items():
            alone = copy.deepcopy(case)
            if rewrite(alone):
                asked.append(alone)
                about.append((number, name))
            count += bool(rewrite(whole))
        if count > 1:
            asked.append(whole)
            about.append((number, SEVERAL))
    found = collections.defaultdict(list)
    for (number, name), answer in zip(about, oracle(asked)[0]):
        if answer == decided[number]:
            found[number].append(name)
    return found


def differing(cases, mine, theirs):
    """(cases, our answers, the oracle's) where they are not the same."""
    rows = [row for row in zip(cases, mine, theirs) if row[1] != row[2]]
    return [list(column) for column in zip(*rows)] or [[], [], []]


def write_table(lines):
    text = "\n".join(lines) + "\n"
    (BUILD / "authorization-table.txt").write_text(text)
    return text


def test_matrix_is_wide(matrix):
    cases, mine, _ = matrix
    assert len(cases) >= 20000
    actions = collections.Counter(case["action"] for case in cases)
    assert set(actions) == {SERVICE + a for a in ACTIONS} | {"sts:AssumeRole"}
    assert min(actions.values()) >= 1000
    said = collections.Counter(mine)
    assert set(said) == set(ANSWERS), said
    assert min(said.values()) > len(cases) / 10, said
    operators = collections.Counter(
        operator
        for case in cases
        for statement in statements(case)
        for operator in statement.get("Condition", {})
    )
    bases = {name for names in OPERATORS.values() for name in names}
    assert {parts(operator)[1] for operator in operators} == bases | {"Null"}
    assert min(operators[name] for name in bases) > 100, operators


def test_oracle_agrees_or_the_documentation_decides(matrix, capsys):
    cases, mine, theirs = matrix
    disputed, decided, said = differing(cases, mine, theirs)
    found = explain(disputed, decided)
    counts = collections.Counter(found[n][0] for n in sorted(found))
    table = [f"{len(cases)} cases:"]
    said_by_us = collections.Counter(mine)
    table += [f"  {said_by_us[answer]:6} {answer}" for answer in ANSWERS]
    table.append(f"{len(cases) - len(disputed)} decided alike, {len(disputed)} not:")
    table += [f"  {n:6} {name}" for name, n in counts.most_common()]
    for name, (_, page, sentence) in ENTRIES.items():
        table += ["", f"{name}: {page}", f"  {sentence}"]
    with capsys.disabled():
        print("\n" + write_table(table))
    unexplained = [n for n in range(len(disputed)) if not found[n]]
    assert not unexplained, f"{len(unexplained)} unexplained, the first:\n" + "\n".join(
        f"we say {decided[n]}, the oracle {said[n]}: {json.dumps(disputed[n])}"
        for n in unexplained[:5]
    )
    unused = set(ENTRIES) - {name for names in found.values() for name in names}
    assert not unused, f"no disagreement needs them: {unused}"


DEFECTS = sorted(
    path.name for path in (BUILD / "bin").glob("authorization_decide_*")
)


@pytest.mark.parametrize("program", DEFECTS)
def test_planted_defect_is_seen(matrix, program):
    """Of an evaluator that has it, some answer is left unexplained."""
    cases, right, theirs = (part[: 23 * 250] for part in matrix)
    mine = ours(cases, program)
    rows = [
        n
        for n in range(len(cases))
        if mine[n] not in (right[n], theirs[n])
    ]
    assert rows, "no case asks for it"
    disputed = [cases[n] for n in rows[:40]]
    found = explain(disputed, [mine[n] for n in rows[:40]])
    assert len(found) < len(disputed), f"all {len(rows)} are explained away"


def test_defects_are_planted():
    assert len(DEFECTS) >= 8
