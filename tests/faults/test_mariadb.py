"""kill -9 at every fault point while a password on MariaDB rotates: of a single
user, of one with two passwords, and of two users that take turns; then the
proof that nothing is lost."""

import pytest

import fault_case
import mysql_server
from fault_case import RETIRE, STEPS, Scenario, kills
from server import new_password

NO_FINISH = (
    "rot.finish.before_send",  # no rotator of MySQL has a finishSecret
    "rot.save.after_commit",  # nor keeps a note
)


class MariaDb(Scenario):
    plugin = "mysql"
    passes_not = NO_FINISH

    def account(self, name):
        password = new_password()
        self.database.sql(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'")
        return password

    def prepare(self):
        self.admin = self.manager("mgr", "CREATE USER ON *.*", "SELECT ON mysql.*")

    def manager(self, name, *grants):
        password = self.account(name)
        for grant in grants:
            self.database.sql(f"GRANT {grant} TO '{name}'@'%'")
        return self.create(name, self.database.secret(name, password))

    def new_secret(self):
        name = self.next_name("app")
        value = self.database.secret(
            name, self.account(name), masterarn=self.admin
        )
        self.create(name, value)
        return name

    def logs_in(self, value):
        return self.database.logs_in(value["username"], value["password"])


class SingleUser(MariaDb):
    name = rotator = "mysql-single-user"
    passes_not = (
        *NO_FINISH,
        "rot.retire.before_send",
        "rot.retire.after_ack",
        "rot.retire.after_record",
    )

    def prepare(self):
        pass

    def new_secret(self):
        name = self.next_name("one")
        self.create(name, self.database.secret(name, self.account(name)))
        return name


class DualPassword(MariaDb):
    name = rotator = "mysql-dual-password"
    overlap = True
    steps = (*STEPS, RETIRE)


class Alternating(MariaDb):
    name = rotator = "mysql-alternating-users"
    overlap = True
    steps = (*STEPS, RETIRE)

    def prepare(self):
        self.admin = self.manager(
            "mgr2", "CREATE USER ON *.*", "PROCESS ON *.*",
            "SELECT, UPDATE ON mysql.*",
        )  # fmt: skip

    def new_secret(self):
        role = self.next_name("team")
        login = f"{role}_a"
        password = self.account(login)
        self.database.sql(
            f"CREATE ROLE {role}",
            f"GRANT SELECT ON mysql.* TO {role}",
            f"GRANT {role} TO '{login}'@'%'",
            f"SET DEFAULT ROLE {role} FOR '{login}'@'%'",
            f"GRANT {role} TO 'mgr2'@'%' WITH ADMIN OPTION",
        )
        self.create(
            role, self.database.secret(login, password, masterarn=self.admin)
        )
        return role


SCENARIOS = (SingleUser, DualPassword, Alternating)


@pytest.fixture(scope="module")
def scenarios():
    with mysql_server.MariaDb() as database:
        with fault_case.scenarios("mariadb", SCENARIOS, database.start()) as all_:
            yield all_


@pytest.mark.parametrize("kind, point, at", kills(SCENARIOS))
def test_nothing_is_lost(scenarios, kind, point, at):
    scenarios[kind].kill(point, at)


@pytest.mark.parametrize("kind", SCENARIOS)
def test_store_is_made_in_spite_of_kills(scenarios, kind):
    scenarios[kind].prove_store()


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
