"""kill -9 at every fault point while a password on PostgreSQL 15 rotates, of a
single user and of two that take turns; then the proof that nothing is lost."""

import pytest

import fault_case
import postgres_server
from fault_case import RETIRE, STEPS, Scenario, kills
from server import new_password

SINGLE_CANNOT = (
    "rot.finish.before_send",  # no rotator of PostgreSQL has a finishSecret
    "rot.save.after_commit",  # nor keeps a note
    "rot.retire.before_send",
    "rot.retire.after_ack",
    "rot.retire.after_record",
)


class Postgres(Scenario):
    plugin = "postgres"

    def role(self, name, words="LOGIN"):
        password = new_password()
        self.database.sql(f"CREATE ROLE {name} {words} PASSWORD %s", password)
        return password

    def value(self, name, password, **more):
        return {
            "engine": "postgres",
            "host": "127.0.0.1",
            "port": self.database.port,
            "username": name,
            "password": password,
            "dbname": "postgres",
            **more,
        }

    def logs_in(self, value):
        return self.database.logs_in(value["username"], value["password"])


class SingleUser(Postgres):
    name = rotator = "postgres-single-user"
    passes_not = SINGLE_CANNOT

    def new_secret(self):
        name = self.next_name("app")
        self.create(name, self.value(name, self.role(name)))
        return name


class Alternating(Postgres):
    name = rotator = "postgres-alternating-users"
    overlap = True
    steps = (*STEPS, RETIRE)
    passes_not = SINGLE_CANNOT[:2]

    def prepare(self):
        password = self.role("manager", "LOGIN CREATEROLE")
        self.admin = self.create("manager", self.value("manager", password))

    def new_secret(self):
        owner = self.next_name("own")
        login = f"{owner}_a"
        self.database.sql(f"CREATE ROLE {owner} NOLOGIN")
        password = self.role(login, "LOGIN NOINHERIT")
        self.database.sql(
            f"GRANT {owner} TO {login}; ALTER ROLE {login} SET role TO {owner}"
        )
        self.create(
            owner,
            self.value(login, password, owner=owner, masterarn=self.admin),
        )
        return owner


SCENARIOS = (SingleUser, Alternating)


@pytest.fixture(scope="module")
def scenarios():
    with postgres_server.PostgresServer(15) as database:
        with fault_case.scenarios("postgres", SCENARIOS, database.start()) as all_:
            yield all_


@pytest.mark.parametrize("kind, point, at", kills(SCENARIOS))
def test_nothing_is_lost(scenarios, kind, point, at):
    scenarios[kind].kill(point, at)


@pytest.mark.parametrize("kind", SCENARIOS)
def test_store_is_made_in_spite_of_kills(scenarios, kind):
    scenarios[kind].prove_store()


def test_new_container_goes_on_at_once(scenarios):
    """It has another host name, and so another name in leases."""
    scenarios[SingleUser].kill("rot.set.after_ack", node="another")


@pytest.mark.parametrize("kind", SCENARIOS)
def test_nothing_is_lost_at_any_commit(scenarios, kind):
    scenarios[kind].kill_each_commit()


@pytest.mark.parametrize("kind, point, at", kills(SCENARIOS, slow=True))
def test_nothing_is_lost_where_a_change_may_still_land(
    scenarios, kind, point, at
):
    scenarios[kind].kill(point, at)


@pytest.mark.parametrize("kind", SCENARIOS)
def test_all_come_to_rest(scenarios, kind):
    scenarios[kind].come_to_rest()
