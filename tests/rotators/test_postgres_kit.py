"""Both strategies pass the conformance kit, on both releases."""

import json
import subprocess

import pytest

from postgres_case import ALTERNATING, POSTGRES, SINGLE, case, server  # noqa: F401
from server import BUILD


def run_kit(rotator, document, folder):
    path = folder / "secret.json"
    path.write_text(json.dumps(document))
    done = subprocess.run(
        [BUILD / "bin" / "keyturn", "rotator", "check", POSTGRES.path,
         "--secret", path, "--rotator", rotator, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    report = json.loads(done.stdout)
    outcomes = {f["rule"]: (f["outcome"], f.get("text", ""))
                for f in report["findings"]}
    assert report["passed"], {
        rule: said for rule, said in outcomes.items() if said[0] == "fail"}
    assert not (folder / "secret.json.kit").exists()
    secret = json.loads(path.read_text())["secret"]
    skipped = sorted(r for r, said in outcomes.items() if said[0] == "skip")
    return secret, skipped


@pytest.mark.parametrize("admin", [False, True])
def test_single_user_conforms(case, tmp_path, admin):
    user = case.name("app")
    document = {"secret": case.secret(user, case.role(user))}
    if admin:
        document |= case.manager([user])
    secret, skipped = run_kit(SINGLE, document, tmp_path)
    case.passwords.append(secret["password"])
    assert case.logs_in(secret)
    assert skipped == ["finish", "overlap", "retire"] + (
        [] if admin else ["wrong-admin"])


@pytest.mark.parametrize("adopt", [False, True])
def test_alternating_users_conform(case, tmp_path, adopt):
    user = case.name("app") + ("" if adopt else "_a")
    password = case.role(user)
    document = {"secret": case.secret(user, password),
                "options": {"adopt": adopt}}
    owner = user
    if not adopt:
        owner = user[:-2]
        case.sql(f"CREATE ROLE {owner}; GRANT {owner} TO {user};"
                 f"ALTER ROLE {user} SET role TO {owner}")
    document |= case.manager([owner, user] if not adopt else [user])
    secret, skipped = run_kit(ALTERNATING, document, tmp_path)
    case.passwords.append(secret["password"])
    assert case.logs_in(secret)
    assert skipped == ["finish"]
