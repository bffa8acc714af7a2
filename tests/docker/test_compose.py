"""docker/Dockerfile and docker/compose.yaml, built and run for real.

Images cannot be pulled everywhere, so debian:bookworm-slim is made by
debootstrap, and postgres/ and mariadb/ stand in for the official images of the
databases; compose.yaml takes them through its variables.  The tests run in
the order they stand in: the last ones stop what the first ones started.
"""

import contextlib
import json
import pathlib
import resource
import time

import boto3
import botocore.config
import botocore.exceptions
import psycopg2
import pymysql
import pytest

import docker_host
import server

try:
    docker_host.check()
except docker_host.Missing as missing:
    pytest.skip(f"no containers here: {missing}", allow_module_level=True)

HERE = pathlib.Path(__file__).parent
KEYTURN = "keyturn-test/keyturn"
STAND_INS = ("postgres", "mariadb")
SECRETS = {"postgres": "test/postgres/shop", "mariadb": "test/mariadb/shop"}
SEED = server.SOURCE / "docker" / "seed" / "values"
# What the entrypoint prints, and what it prints it for.
KEY_ID = "AKIDKEYTURNDEVROOT00"
KEY = "keyturn-development-root-not-a-secret-00"
DEFAULT_MEMLOCK = 33554432


def wait_for(what, seconds, describe=lambda: ""):
    """The first true answer of what(); containers tell of nothing by
    themselves, so it is asked for."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s\n{describe()}")
        time.sleep(0.2)


@pytest.fixture(scope="module")
def host():
    """A dockerd with the four images."""
    with contextlib.ExitStack() as stack:
        try:
            host = stack.enter_context(docker_host.DockerHost())
        except docker_host.Missing as missing:
            pytest.skip(f"no containers here: {missing}")
        for name in STAND_INS:
            folder = HERE / name
            host.build(f"keyturn-test/{name}", folder / "Dockerfile", folder)
        dockerfile = server.SOURCE / "docker" / "Dockerfile"
        # Named, so that its layers are there next time.
        host.build(
            "keyturn-test/build", dockerfile, server.SOURCE, "--target", "build"
        )
        host.build(KEYTURN, dockerfile, server.SOURCE)
        host.prune()
        yield host


@pytest.fixture(scope="module")
def environment():
    _, limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if limit == resource.RLIM_INFINITY:
        limit = DEFAULT_MEMLOCK
    return {
        "KEYTURN_IMAGE": KEYTURN,
        "POSTGRES_IMAGE": "keyturn-test/postgres",
        "MARIADB_IMAGE": "keyturn-test/mariadb",
        "KEYTURN_PORT": str(server.free_port()),
        # dockerd cannot give more than it has where it may not raise limits.
        "KEYTURN_MEMLOCK": str(min(DEFAULT_MEMLOCK, limit)),
    }


@pytest.fixture(scope="module")
def compose(host, environment):
    compose = docker_host.Compose(
        host, server.SOURCE / "docker" / "compose.yaml", environment
    )
    try:
        compose("up", "--detach", "--no-build")
        yield compose
    finally:
        compose("down", "--volumes", "--timeout", "30")


@pytest.fixture(scope="module")
def keyturn(compose):
    return compose.container("keyturn")


@pytest.fixture(scope="module")
def aws(environment):
    """An unmodified AWS client on the published port, with root's key."""
    return boto3.client(
        "secretsmanager",
        endpoint_url=f"http://127.0.0.1:{environment['KEYTURN_PORT']}",
        region_name="us-east-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=KEY,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def health(host, container):
    return host.inspect(container)["State"]["Health"]["Status"]


def wait_healthy(host, container):
    wait_for(
        lambda: health(host, container) == "healthy",
        60,
        lambda: host.logs(container)[-4000:],
    )


def seeded(name):
    return json.loads((SEED / f"{name}-shop.json").read_text())["password"]


def log_in(compose, name, value):
    """Who the server says we are."""
    address = compose.address(name)
    if name == "postgres":
        connection = psycopg2.connect(
            host=address,
            port=value["port"],
            user=value["username"],
            password=value["password"],
            dbname=value["dbname"],
        )
        question = "SELECT current_user"
    else:
        connection = pymysql.connect(
            host=address,
            port=value["port"],
            user=value["username"],
            password=value["password"],
            database=value["dbname"],
        )
        question = "SELECT substring_index(current_user(), '@', 1)"
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0]
    finally:
        connection.close()


def current(aws, name):
    """The version and the value that clients get."""
    reply = aws.get_secret_value(SecretId=SECRETS[name])
    return reply["VersionId"], json.loads(reply["SecretString"])


def history(host, keyturn, name):
    reply = host.docker(
        *("exec", keyturn, "keyturn", "rotation", "history", SECRETS[name]),
        "--json",
    )
    return json.loads(reply)["Attempts"]


# ---- the image -------------------------------------------------------------


def test_image_runs_as_an_unprivileged_user(host):
    assert host.docker("run", "--rm", "--network=none", KEYTURN, "id", "-u") == "8200"


def test_image_says_how_it_is_run(host):
    config = host.inspect(KEYTURN)["Config"]
    assert config["Healthcheck"]["Test"] == ["CMD", "keyturn", "status"]
    assert list(config["Volumes"]) == ["/var/lib/keyturn"]
    assert config["StopSignal"] == "SIGTERM"


def test_image_holds_nothing_of_the_build(host):
    find = "command -v cc cmake ninja; ls /src /usr/local/include/* /tmp/*; true"
    said = host.docker("run", "--rm", "--network=none", KEYTURN, "sh", "-c", find)
    assert all(line.startswith("ls: ") for line in said.splitlines())


def test_without_development_mode_there_is_no_banner(host):
    container = host.docker("run", "--detach", "--network=none", KEYTURN)
    try:
        wait_for(lambda: '"event":"ready"' in host.logs(container), 60)
        wait_for(lambda: "no plan in" in host.logs(container), 60)
        said = host.logs(container)
        assert "KEYTURN_DEV" not in said and KEY not in said
        assert "keep a copy elsewhere" in said  # keyturnd init's
        wait_healthy(host, container)
        # A store that was made in earnest is never opened with that key.
        assert host.docker("stop", "--time", "30", container) == container
        assert host.inspect(container)["State"]["ExitCode"] == 0
        again = host.run(
            *("docker", "run", "--rm", "--network=none", "--volumes-from"),
            *(container, "--env", "KEYTURN_DEV=1", KEYTURN),
            check=False,
        )
        assert again.returncode == 1
        assert "was not made in development mode" in again.stdout
    finally:
        host.docker("rm", "--force", "--volumes", container)


def test_plan_that_is_wrong_is_told_and_keyturnd_runs(host, tmp_path):
    tmp_path.chmod(0o755)
    plan = tmp_path / "typo.json"
    plan.write_text('{"secrets": [{"nmae": "a"}]}\n')
    plan.chmod(0o644)
    container = host.docker(
        *("run", "--detach", "--network=none", "--env", "KEYTURN_DEV=1"),
        *("--volume", f"{tmp_path}:/etc/keyturn/plans:ro", KEYTURN),
    )
    try:
        wait_for(lambda: "was NOT applied" in host.logs(container), 60)
        said = host.logs(container)
        assert "/etc/keyturn/plans/typo.json:1" in said, said
        wait_healthy(host, container)
    finally:
        host.docker("rm", "--force", "--volumes", container)


# ---- the topology ----------------------------------------------------------


def test_every_service_becomes_healthy(host, compose):
    for service in ("postgres", "mariadb", "keyturn"):
        wait_healthy(host, compose.container(service))


def test_keyturnd_is_process_one_and_nothing_waits_for_its_end(host, keyturn):
    wait_for(lambda: "applied /etc/keyturn/plans" in host.logs(keyturn), 60)

    def processes():
        lines = host.docker("top", keyturn, "-eo", "pid,stat,user,comm")
        return [line.split() for line in lines.splitlines()[1:]]

    first = host.inspect(keyturn)["State"]["Pid"]
    assert [p[3] for p in processes() if int(p[0]) == first] == ["keyturnd"]
    wait_for(lambda: not any(p[1].startswith("Z") for p in processes()), 30)
    assert {p[3] for p in processes()} <= {"keyturnd", "keyturn-rotator", "keyturn"}
    assert {p[2] for p in processes()} == {"8200"}


def test_development_mode_is_told_loudly(host, keyturn):
    said = host.logs(keyturn)
    assert "KEYTURN_DEV is set: DEVELOPMENT MODE" in said
    assert f"AWS_ACCESS_KEY_ID={KEY_ID}" in said
    assert f"AWS_SECRET_ACCESS_KEY={KEY}" in said
    assert '"event":"DEVELOPMENT_MODE"' in said


def test_two_credentials_rotate_twice_and_current_always_logs_in(
    host, compose, keyturn, aws
):
    """The seed's passwords give way, then those of the first rotation."""
    seen = {name: [] for name in SECRETS}

    def both_rotated_twice():
        for name, versions in seen.items():
            version, value = current(aws, name)
            assert log_in(compose, name, value) == "shop"
            if value["password"] != seeded(name) and version not in versions:
                versions.append(version)
        return all(len(versions) >= 2 for versions in seen.values())

    wait_for(both_rotated_twice, 300, lambda: host.logs(keyturn)[-6000:])
    for name in SECRETS:
        tested = [
            a["VersionId"]
            for a in history(host, keyturn, name)
            if a["Step"] == "testSecret" and a["Class"] == "OK"
        ]
        assert set(tested) >= set(seen[name])


def test_the_first_passwords_are_dead(compose):
    with pytest.raises(pymysql.err.OperationalError, match="1045"):
        log_in(compose, "mariadb", seed_value("mariadb"))
    with pytest.raises(psycopg2.OperationalError, match="shop_a"):
        log_in(compose, "postgres", seed_value("postgres"))


def seed_value(name):
    return json.loads((SEED / f"{name}-shop.json").read_text())


def test_logs_hold_no_password(host, compose, keyturn, aws):
    said = host.logs(keyturn)
    for name in SECRETS:
        assert current(aws, name)[1]["password"] not in said
        assert seeded(name) not in said
        assert seed_value_of_admin(name) not in said


def seed_value_of_admin(name):
    return json.loads((SEED / f"{name}-admin.json").read_text())["password"]


# ---- the end, and the start after it ----------------------------------------


def test_sigterm_ends_it_cleanly(host, keyturn):
    host.docker("stop", "--time", "30", keyturn)
    state = host.inspect(keyturn)["State"]
    assert state["ExitCode"] == 0 and not state["OOMKilled"]
    assert '"event":"stopped"' in host.logs(keyturn).splitlines()[-1]


def test_state_is_on_the_volume(host, compose, keyturn, aws):
    """A new container on the old volume goes on where the other ended."""
    compose("rm", "--force", "keyturn")
    compose("up", "--detach", "--no-build", "keyturn")
    fresh = compose.container("keyturn")
    assert fresh != keyturn
    wait_healthy(host, fresh)
    wait_for(lambda: "applied /etc/keyturn/plans" in host.logs(fresh), 60)
    assert "using the store at /var/lib/keyturn/keyturn.db" in host.logs(fresh)
    for name in SECRETS:
        _, value = current(aws, name)
        assert value["password"] != seeded(name)
        assert log_in(compose, name, value) == "shop"
        assert len(history(host, fresh, name)) >= 6
