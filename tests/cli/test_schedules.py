"""schedules/: every ready-made plan is right, and README.md is true."""

import json
import os
import re
import subprocess

import pytest

from keyturn_server import KeyturnServer
from server import BUILD, SOURCE, new_password

FOLDER = SOURCE / "schedules"
PLANS = sorted(p for p in FOLDER.glob("*.json")
               if not p.name.endswith(".schema.json"))
README = (FOLDER / "README.md").read_text()


def database(engine, user, admin=None):
    value = {"engine": engine, "host": f"{engine}.invalid", "username": user,
             "password": new_password(), "dbname": "shop"}
    return value | ({"masterarn": admin} if admin else {})


VALUES = {
    # quickstart.json, as ./quickstart writes them
    "admin.json": database("postgres", "demo_admin"),
    "app.json": database("postgres", "app_a", "prod/app-admin"),
    "single.json": database("postgres", "demo_single"),
    "app-admin.json": database("postgres", "keyturn"),
    "reporting.json": database("postgres", "reporting"),
    "shop-admin.json": database("mysql", "keyturn"),
    "shop.json": database("mysql", "shop", "prod/shop-admin"),
    "billing-admin.json": database("mariadb", "keyturn"),
    "billing.json": database("mariadb", "billing_a", "prod/billing-admin"),
    "crm-token.json": {"token_endpoint": "https://id.invalid/token",
                       "client_id": "crm", "refresh_token": new_password()},
    "tutorial.json": {"target": "/nowhere/target.json", "username": "app",
                      "password": new_password()},
    # compose.json
    "postgres-admin.json": database("postgres", "keyturn"),
    "postgres-shop.json": database("postgres", "shop_a",
                                   "test/postgres/admin"),
    "mariadb-admin.json": database("mariadb", "keyturn"),
    "mariadb-shop.json": database("mariadb", "shop", "test/mariadb/admin"),
}


@pytest.fixture(scope="module")
def server():
    with KeyturnServer() as k:
        yield k


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    folder = tmp_path_factory.mktemp("values")
    for name, value in VALUES.items():
        path = folder / name
        path.write_text(json.dumps(value) + "\n")
        path.chmod(0o600)
    return folder


def apply(server, *args):
    done = subprocess.run(
        [BUILD / "bin" / "keyturn", "--socket", server.socket, "apply", *args],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(params=PLANS, ids=[p.stem for p in PLANS])
def plan(request):
    return request.param


def secrets_of(plan):
    return json.loads(plan.read_text())["secrets"]


def test_plan_is_right(plan, server, values):
    shown = apply(server, "--dry-run", "--values-dir", values, plan)
    new = [line[2:] for line in shown.splitlines() if line[0] == "+"]
    assert new == [s["name"] for s in secrets_of(plan)]
    assert server.call("ListSecrets")["SecretList"] == []


def test_plan_says_what_it_is(plan):
    document = json.loads(plan.read_text())
    assert document["$schema"] == "plan.schema.json"
    assert len(document["description"]) > 20
    assert all(len(s["description"]) > 10 for s in document["secrets"])


def test_readme_lists_the_plans_and_their_values():
    rows = dict(re.findall(r"^\| `([a-z-]+\.json)` \|.*\| (.+) \|$", README,
                           re.M))
    assert sorted(rows) == [p.name for p in PLANS]
    for plan in PLANS:
        files = {s["value"]["file"] for s in secrets_of(plan)}
        assert files <= set(VALUES)
        named = set(re.findall(r"`([a-z-]+\.json)`", rows[plan.name]))
        assert named in (files, set())  # set(): somebody else makes them


def test_readme_explains_every_key_of_a_rotation():
    schema = json.loads((FOLDER / "plan.schema.json").read_text())
    secret = schema["properties"]["secrets"]["items"]["properties"]
    rows = re.findall(r"^\| (`.+`.*) \|", README, re.M)
    keys = re.findall(r"`(\w+)`", " ".join(rows))
    assert set(secret["rotation"]["properties"]) <= set(keys)


def test_every_rotator_has_a_plan(server):
    named = {s["rotation"]["rotator"] for p in PLANS for s in secrets_of(p)
             if "rotation" in s}
    there = {r["Name"] for r in server.call("keyturn.ListRotators")["Rotators"]}
    # Those that are left out change one account in place, as another does.
    assert there - named == {"memory-single-user", "mysql-single-user"}


@pytest.fixture
def home(server):
    """A folder of the user that keyturnd runs as: the plans, and the program
    in bin/."""
    home = server.dir / "home"
    for folder in (home, home / "schedules", home / "bin"):
        folder.mkdir()
        server.own(folder)
    for source in (*PLANS, BUILD / "bin" / "keyturn"):
        is_plan = source in PLANS
        copy = home / ("schedules" if is_plan else "bin") / source.name
        copy.write_bytes(source.read_bytes())
        server.own(copy, 0o644 if is_plan else 0o755)
    return home


def test_the_tutorial_works_as_it_is_written(server, home):
    block = README.split("# A target in a file")[1]
    script = "".join(line[4:] + "\n" for line in block.splitlines()
                     if line.startswith("    "))
    assert script.count("keyturn ") == 3
    done = subprocess.run(
        ["bash", "-euc", script], cwd=home, text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**server.env(), "PATH": f"{home}/bin:{os.environ['PATH']}",
             "KEYTURN_SOCKET": str(server.socket)}, **server.as_user())
    assert done.returncode == 0, done.stdout + done.stderr
    target = json.loads((home / "tutorial" / "target.json").read_text())
    password = server.secret("tutorial/app")["password"]
    assert len(password) == 24
    assert set(target["accounts"]["app"]) == {"first-password", password}
    assert f"\n{password}\n" in done.stdout
