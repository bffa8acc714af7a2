"""What every test server shares: a folder of its own, a free port, an
unprivileged user, and an end that always comes.

A server is a subclass that fills in start_command() and ready(); use it as a
context manager.  Nothing here knows a particular product.
"""

import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("KEYTURN_BUILD", "build/test")).resolve()
SOURCE = pathlib.Path(
    os.environ.get("KEYTURN_SOURCE", pathlib.Path(__file__).parents[2])
).resolve()
NODE_MODULES = SOURCE / "tests" / "node_modules"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def unprivileged_user():
    """The user that servers run as: ourselves, or `nobody` when root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    return pwd.getpwnam("nobody")


def new_password():
    return secrets.token_urlsafe(18)


class Server:
    """One server process; subclasses say how it is started and when ready."""

    name = "server"
    stop_signal = signal.SIGTERM
    start_seconds = 60

    def __init__(self):
        self.user = unprivileged_user()
        self.port = free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"kt-{self.name}-"))
        self.own(self.dir)
        self.process = None

    def own(self, path, mode=0o700):
        os.chmod(path, mode)
        os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def env(self):
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.dir),
            "LC_ALL": "C",
        }

    def as_user(self):
        if os.geteuid() != 0:
            return {}
        return {
            "user": self.user.pw_uid,
            "group": self.user.pw_gid,
            "extra_groups": [],
        }

    def run(self, command, **kwargs):
        """Runs a command to its end as the server's user; raises on failure
        with what it printed."""
        done = subprocess.run(
            [str(c) for c in command],
            cwd=self.dir,
            env=self.env(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self.as_user(),
            **kwargs,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.returncode}\n{done.stdout}")
        return done.stdout

    def start_command(self):
        raise NotImplementedError

    def ready(self):
        """True once it answers; an exception means not yet."""
        raise NotImplementedError

    def start(self):
        self.spawn()
        return self.wait_ready()

    def spawn(self):
        """Starts the process and waits for nothing."""
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                [str(c) for c in self.start_command()],
                cwd=self.dir,
                env=self.env(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.as_user(),
            )

    def wait_ready(self):
        end = time.monotonic() + self.start_seconds
        while True:
            try:
                if self.ready():
                    return self
            except Exception as failure:  # not up yet
                last = failure
            else:
                last = None
            if self.process.poll() is not None or time.monotonic() > end:
                text = self.log_text()[-4000:]
                self.stop()
                raise RuntimeError(f"{self.name} did not start: {last}\n{text}")
            time.sleep(0.05)

    def log_text(self):
        return (self.dir / "log").read_text(errors="replace")

    def stop(self, sig=None):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(sig or self.stop_signal)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
