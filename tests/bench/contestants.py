"""What the benchmark drives: the engine, whose log tells when a rotation has
ended, and bare_rotation, which does the database's part alone.  Both work on
roles of their own on one server.
"""

import collections
import json
import queue
import socket
import subprocess
import threading
import time
import uuid

import keyturn_server
import mysql_server
import postgres_server
import server

BARE = server.BUILD / "bin" / "bare_rotation"
Result = collections.namedtuple("Result", "seconds median_ms")


class Postgres(postgres_server.PostgresServer):
    """As Debian sets it up: what is written is synced."""

    kind, plugin = "postgres", "postgres"
    rotator = "postgres-single-user"

    def __init__(self):
        version = 15 if 15 in postgres_server.installed() else 18
        super().__init__(version, settings={
            "fsync": "on", "synchronous_commit": "on", "max_connections": 200,
            "shared_buffers": "128MB", "log_statement": "none",
            "log_connections": "off", "autovacuum": "on",
        })  # fmt: skip

    def add_role(self, name, password):
        self.sql(f"CREATE ROLE {name} LOGIN PASSWORD %s", password)


class MariaDb(mysql_server.MariaDb):
    kind, plugin = "mysql", "mysql"
    rotator = "mysql-single-user"

    def __init__(self):
        super().__init__(
            "--innodb-flush-log-at-trx-commit=1", "--general-log=OFF",
            "--slow-query-log=OFF", "--skip-log-bin", "--max-connections=200",
        )  # fmt: skip

    def add_role(self, name, password):
        self.sql(f"CREATE USER {name} IDENTIFIED BY '{password}'")


class Bare:
    """bare_rotation; it is given its roles by its standard input."""

    def __init__(self, target, roles):
        self.process = subprocess.Popen(
            [BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.say(f"server {target.kind} 127.0.0.1 {target.port} postgres")
        for role in roles:
            password = server.new_password()
            target.add_role(role, password)
            self.say(f"role {role} {password} {server.new_password()}")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def run(self, at_once, count):
        self.say(f"run {at_once} {count}")
        answer = self.process.stdout.readline().split()
        return Result(*map(float, answer))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Engine(keyturn_server.KeyturnServer):
    """keyturnd with its log on a pipe: the line rotation_ended is awaited, so
    nothing is polled while it is measured."""

    def start(self):
        if not (self.data / "keyturn.db").exists():
            self.init()
        self.ends = queue.Queue()
        self.tail = collections.deque(maxlen=40)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.dir / "notify.sock"
        path.unlink(missing_ok=True)
        self.notify.bind(str(path))
        self.own(path, 0o600)
        self.notify.settimeout(30)
        began = time.monotonic()
        self.process = subprocess.Popen(
            [str(c) for c in self.start_command()],
            cwd=self.dir,
            env={**self.env(), "NOTIFY_SOCKET": str(path)},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **self.as_user(),
        )
        threading.Thread(target=self.read_log, daemon=True).start()
        while self.notify.recv(200) != b"READY=1":
            pass
        self.start_ms = (time.monotonic() - began) * 1e3
        self.notify.close()
        self.connection = keyturn_server.UnixConnection(self.socket)
        return self

    def read_log(self):
        for line in self.process.stderr:
            self.tail.append(line.decode())
            if b'"rotation_ended"' in line:
                self.ends.put((time.monotonic(), json.loads(line)))

    def log_text(self):
        return "".join(self.tail)

    def post(self, body, headers=None, path="/", timeout=60):
        """One connection for all, as SDKs keep it."""
        self.connection.request("POST", path, body, headers or {})
        reply = self.connection.getresponse()
        return reply.status, reply.read().decode()

    def add_secret(self, target, role):
        password = server.new_password()
        target.add_role(role, password)
        value = {
            "engine": target.kind, "host": "127.0.0.1", "port": target.port,
            "username": role, "password": password,
        }  # fmt: skip
        if target.kind == "postgres":
            value["dbname"] = "postgres"
        created = self.call(
            "CreateSecret", {"Name": role, "SecretString": json.dumps(value)}
        )
        self.call("keyturn.PutRotationRules", {
            "SecretId": role, "RotationLambdaARN": target.rotator,
            "RotationRules": {"AutomaticallyAfterDays": 30},
        })  # fmt: skip
        return created["ARN"]

    def begin(self, arn):
        """RotateSecret with as little work on our side as can be: it runs on
        the processors that are measured."""
        body = f'{{"SecretId":"{arn}","ClientRequestToken":"{uuid.uuid4()}"}}'
        self.connection.sock.sendall(
            "POST / HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/x-amz-json-1.1\r\n"
            "X-Amz-Target: secretsmanager.RotateSecret\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        reply = self.connection.sock.recv(65536)
        while not reply.endswith(b"}"):
            reply += self.connection.sock.recv(65536)
        if not reply.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"a rotation did not begin: {reply}")

    def rotate(self, arns, count):
        """Each secret is rotated again as soon as its rotation has ended."""
        begun, took, started = {}, [], 0
        start = time.monotonic()
        for arn in arns[:count]:
            begun[arn] = time.monotonic()
            self.begin(arn)
            started += 1
        while len(took) < count:
            at, line = self.ends.get(timeout=60)
            arn = line["arn"]
            if line["outcome"] != "succeeded":
                raise RuntimeError(f"a rotation failed\n{self.log_text()}")
            took.append((at - begun[arn]) * 1e3)
            if started < count:
                begun[arn] = time.monotonic()
                self.begin(arn)
                started += 1
        return Result(at - start, sorted(took)[count // 2])
