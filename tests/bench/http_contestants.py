"""What the API's benchmark drives: keyturnd on a processor of its own with a
store full of secrets, bare_http on the same one, and the load on another.
"""

import collections
import json
import os
import subprocess
import time

import keyturn_server
import server

BIN = server.BUILD / "bin"
SERVER_CPU, LOAD_CPU = "0", "1"
VALUE_BYTES = 1024
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OwnSecrets",
            "Effect": "Allow",
            "Action": [
                "secretsmanager:GetSecretValue",
                "secretsmanager:DescribeSecret",
                "secretsmanager:PutSecretValue",
            ],
            "Resource": "arn:aws:secretsmanager:*:*:secret:bench/*",
        },
        {
            "Effect": "Deny",
            "Action": "secretsmanager:*",
            "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
        },
    ],
}
OPEN_FILES = 20000
CONNECTIONS_MAX = 15000  # that one address may have

Run = collections.namedtuple("Run", "rate p50_us p99_us longest_us bytes")


def pinned(cpu, *command):
    """Every thread it makes stays there, too."""
    return ["taskset", "-c", cpu, *map(str, command)]


class Lines:
    """A program that is given commands and answers each with a line."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args[-1]} ended at: {line[:60]}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Load(Lines):
    def __init__(self):
        super().__init__(pinned(LOAD_CPU, BIN / "load"))

    def key(self, key_id, key, region="us-east-1"):
        self.say(f"key {key_id} {key} {region}")

    def sign(self, operation, secrets, count, value_bytes=0):
        self.say(f"sign {operation} {secrets} {count} {value_bytes}")

    def run(self, port, connections, seconds):
        n, took, *rest = map(
            float, self.say(f"run {port} {connections} {seconds}").split()
        )
        return Run(n / took, *rest)

    def idle(self, port, connections):
        self.say(f"idle {port} {connections}")


class BareHttp(Lines):
    """Answers with as many bytes as keyturnd does."""

    def __init__(self, reply_bytes):
        super().__init__(
            pinned(SERVER_CPU, BIN / "bare_http", round(reply_bytes))
        )
        self.port = int(self.process.stdout.readline())


class Daemon(keyturn_server.KeyturnServer):
    """One thread for the API, because it has one processor."""

    def __init__(self):
        super().__init__(
            settings={"workers": 1, "max_per_address": CONNECTIONS_MAX}, plugins=[]
        )
        self.write_settings(listen=f"127.0.0.1:{self.port}")

    def restart(self, **settings):
        self.stop()
        self.write_settings(**settings)
        self.start()

    def add_user(self):
        """Who may do what the benchmark does, from here: his access key."""
        self.call("keyturn.CreateUser", {"UserName": "bench"})
        self.call("keyturn.PutEntityPolicy", {
            "Entity": "user/bench", "PolicyName": "bench",
            "PolicyDocument": json.dumps(POLICY),
        })  # fmt: skip
        made = self.call("keyturn.CreateAccessKey", {"UserName": "bench"})
        made = made.get("AccessKey", made)
        return made["AccessKeyId"], made["SecretAccessKey"]

    def start_command(self):
        files = ["prlimit", f"--nofile={OPEN_FILES}:{OPEN_FILES}"]
        return pinned(SERVER_CPU, *files, *super().start_command())

    def fill(self, count):
        """Over one connection: ten thousand handshakes would take longer."""
        connection = keyturn_server.UnixConnection(self.socket)
        for i in range(count):
            connection.request(
                "POST", "/",
                json.dumps({
                    "Name": f"bench/{i:05}",
                    "ClientRequestToken": f"{i:032}",
                    "SecretString": "0123456789abcdef" * (VALUE_BYTES // 16),
                }),
                {"X-Amz-Target": "secretsmanager.CreateSecret"},
            )  # fmt: skip
            reply = connection.getresponse()
            text = reply.read()
            if reply.status != 200:
                raise RuntimeError(f"a secret was not made: {text}")
        connection.close()


def disk_syncs_per_second(folder, seconds=2.0):
    """What the disk of this folder does at most, one after the other: 4 KiB over
    what is there, and fdatasync, as in SQLite's log once it goes round."""
    path = folder / "sync-probe"
    block, blocks = os.urandom(4096), 1024
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(fd, block * blocks)
        os.fsync(fd)
        count, start = 0, time.monotonic()
        while (took := time.monotonic() - start) < seconds:
            os.pwrite(fd, block, count % blocks * len(block))
            os.fdatasync(fd)
            count += 1
        return count / took
    finally:
        os.close(fd)
        path.unlink()
