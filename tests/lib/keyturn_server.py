"""A keyturnd of its own for a test: store, socket and settings in a temporary
folder, as an unprivileged user.

    with KeyturnServer() as k:
        k.call("CreateSecret", {"Name": "a", "SecretString": "s"})
        k.call("keyturn.Status")

A call goes over the Unix socket; an error of AWS's shape becomes ApiError.
settings and environment are keyturnd's own (see --help-settings).
"""

import base64
import fcntl
import http.client
import json
import pathlib
import shutil
import signal
import socket
import time
import uuid

import server

KEYTURND = server.BUILD / "bin" / "keyturnd"
ROTATOR = server.BUILD / "bin" / "keyturn-rotator"
PLUGINS = server.BUILD / "rotators-out"
CLOCK = server.BUILD / "test-lib" / "clock-shift.so"


class ApiError(Exception):
    """What the API answered: type (AWS's name), message, HTTP status."""

    def __init__(self, status, kind, message):
        super().__init__(f"{kind}: {message}")
        self.status, self.type, self.message = status, kind, message


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class KeyturnServer(server.Server):
    """keyturnd; start() returns when it answers.  `plugins`: names of the
    plugins to offer (default: all that were built).  clock: its wall clock
    can be set, by advance()."""

    name = "keyturnd"
    start_seconds = 30

    def __init__(self, settings=None, environment=None, plugins=None,
                 clock=False):
        super().__init__()
        self.environment = dict(environment or {})
        self.clock = self.dir / "clock" if clock else None
        self.shifted = 0
        if clock:
            self.clock.write_bytes(bytes(8))
            self.own(self.clock, 0o644)
        self.plugins = self.dir / "rotators"
        self.plugins.mkdir()
        self.own(self.plugins, 0o755)
        for plugin in sorted(PLUGINS.glob("*.so")):
            if plugins is None or plugin.stem in plugins:
                self.add_plugin(plugin)
        self.socket = self.dir / "k.sock"
        self.data = self.dir / "data"
        self.config = self.dir / "keyturnd.conf"
        self.settings = {
            "data_dir": self.data,
            "socket": self.socket,
            "plugin_dir": self.plugins,
            "rotator_program": ROTATOR,
            "node": "test",
            **(settings or {}),
        }
        self.write_settings()

    def now(self):
        """What its wall clock says."""
        return time.time() + self.shifted

    def advance(self, seconds):
        """Sets its wall clock forward; a running daemon looks at once."""
        self.shifted += seconds
        with open(self.clock, "r+b") as f:
            f.write(round(self.shifted * 1e6).to_bytes(8, "little", signed=True))
        if self.process is not None:
            self.hang_up()

    def hang_up(self):
        """SIGHUP; returns when the daemon has seen to it, for good or bad."""

        def answers():
            return len(self.events("reloaded") + self.events("reload_refused"))

        before = answers()
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: answers() > before)

    def add_plugin(self, path):
        target = self.plugins / pathlib.Path(path).name
        shutil.copy(path, target)
        self.own(target, 0o755)

    def write_settings(self, **changes):
        """Changes the settings in the file; SIGHUP, or a start, reads it."""
        self.settings.update(changes)
        self.config.write_text(
            "".join(f"{k} = {v}\n" for k, v in self.settings.items())
        )
        self.own(self.config, 0o644)

    def env(self):
        # A sanitizer's report must not be mistaken for a clean exit.
        env = {
            **super().env(),
            "ASAN_OPTIONS": "exitcode=99:abort_on_error=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            **self.environment,
        }
        if self.clock:
            env["ASAN_OPTIONS"] += ":verify_asan_link_order=0"
            env["LD_PRELOAD"] = str(CLOCK)
            env["CLOCK_SHIFT_FILE"] = str(self.clock)
        return env

    def command(self, *args):
        return [KEYTURND, *args, "--config", self.config]

    def init(self):
        return self.run(self.command("init"))

    def start_command(self):
        return self.command("run")

    def start(self):
        if not (self.data / "keyturn.db").exists():
            if self.environment.get("KEYTURN_DEV") is None:
                self.init()
        return super().start()

    def ready(self):
        return self.call("keyturn.Status") is not None

    def __enter__(self):
        if self.process is None:
            self.start()
        return self

    def call(self, target, body=None, timeout=60):
        """The reply as a dict.  A target without a dot is Secrets Manager's.
        A ClientRequestToken is added where AWS's clients add one."""
        body = dict(body or {})
        if "." not in target:
            target = f"secretsmanager.{target}"
        if target.rsplit(".", 1)[1] in (
            "CreateSecret",
            "PutSecretValue",
            "RotateSecret",
            "UpdateSecret",
        ):
            body.setdefault("ClientRequestToken", str(uuid.uuid4()))
        status, text = self.post(
            json.dumps(body), {"X-Amz-Target": target}, timeout=timeout
        )
        try:
            reply = json.loads(text)
        except ValueError:
            raise ApiError(status, "NotJson", text[:300]) from None
        if status != 200:
            raise ApiError(status, reply.get("__type"), reply.get("Message"))
        return reply

    def post(self, body, headers=None, path="/", timeout=60):
        connection = UnixConnection(self.socket, timeout)
        try:
            connection.request(
                "POST",
                path,
                body,
                {"Content-Type": "application/x-amz-json-1.1", **(headers or {})},
            )
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def secret(self, name, stage="AWSCURRENT"):
        """The value: parsed when it is JSON."""
        reply = self.call(
            "GetSecretValue", {"SecretId": name, "VersionStage": stage}
        )
        if "SecretBinary" in reply:
            return base64.b64decode(reply["SecretBinary"])
        try:
            return json.loads(reply["SecretString"])
        except ValueError:
            return reply["SecretString"]

    def rotation(self, name):
        return self.call("keyturn.DescribeRotation", {"SecretId": name})

    def wait_rotation(self, name, seconds=30, states=("idle", "retiring")):
        """The rotation, once it came to rest; failed and stuck count, too."""
        return self.wait_for(
            lambda: self.rest(name, (*states, "failed", "stuck")), seconds
        )

    def rest(self, name, states):
        rotation = self.rotation(name)
        return rotation if rotation["State"] in states else None

    def wait_for(self, what, seconds=30):
        """The first true answer of what()."""
        end = time.monotonic() + seconds
        while True:
            answer = what()
            if answer:
                return answer
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s\n{self.log_text()[-6000:]}")
            time.sleep(0.02)

    def events(self, event=None):
        """The lines of the log, parsed."""
        lines = []
        for line in self.log_text().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue  # a sanitizer's, or a person's
        return [x for x in lines if event is None or x.get("event") == event]

    def wait_event(self, event, seconds=30, **fields):
        def look():
            for line in self.events(event):
                if all(line.get(k) == v for k, v in fields.items()):
                    return line
            return None

        return self.wait_for(look, seconds)

    def children(self):
        """The pids of its plugin processes."""
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}")
        return [int(pid) for pid in (path / "children").read_text().split()]


class MemoryTarget:
    """The target of the memory rotators: a JSON file (rotators/memory)."""

    def __init__(self, keyturn, user="app", password=None, **switches):
        self.password = password or server.new_password()
        self.user = user
        folder = keyturn.dir / f"target-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        keyturn.own(folder)
        self.path = folder / "target.json"
        self.keyturn = keyturn
        self.write({"accounts": {user: [self.password]}, **switches})

    def read(self):
        return json.loads(self.path.read_text())

    def write(self, content):
        fresh = self.path.with_suffix(".fresh")
        fresh.write_text(json.dumps(content))
        self.keyturn.own(fresh, 0o600)
        fresh.rename(self.path)

    def change(self, **switches):
        """Under the rotators' lock, so that no step's write is lost."""
        path = self.path.with_suffix(".json.lock")
        with open(path, "a") as lock:
            self.keyturn.own(path, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.write({**self.read(), **switches})

    def accepts(self, password):
        return password in self.read()["accounts"][self.user]

    def value(self, **more):
        """What the secret must say."""
        return json.dumps(
            {
                "target": str(self.path),
                "username": self.user,
                "password": self.password,
                **more,
            }
        )
