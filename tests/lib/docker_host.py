"""A dockerd of its own for a test: no bridge, no firewall rules, its socket in
a temporary folder.  Images and build layers stay in the cache, so that only
the first run installs packages; containers, networks and volumes do not.

    with DockerHost() as host:
        host.build("keyturn", "docker/Dockerfile", SOURCE)
        host.docker("run", "--rm", "keyturn", "keyturnd", "--version")
"""

import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

CACHE = (
    pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    / "keyturn-tests"
)
BASE = "debian:bookworm-slim"  # what Dockerfiles say


class Missing(Exception):
    """Containers cannot be had on this machine; the text names why."""


def program(*names):
    for name in names:
        found = shutil.which(name, path="/usr/bin:/usr/sbin:" + os.environ["PATH"])
        if found:
            return found
    raise Missing(f"{names[0]} is not installed")


def check():
    """Raises Missing where there is no use in trying."""
    if os.geteuid() != 0:
        raise Missing("dockerd needs root")
    for name in ("dockerd", "docker", "runc", "debootstrap", "setpriv"):
        program(name)
    done = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise Missing(f"root may not mount here: {done.stdout.strip()}")


class DockerHost:
    def __init__(self):
        check()
        CACHE.mkdir(parents=True, exist_ok=True)
        # One at a time: the cache has one owner.
        self.lock = open(CACHE / "docker.lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.root = CACHE / "docker"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="kt-docker-"))
        self.socket = self.dir / "d.sock"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.dir),
            "LC_ALL": "C.UTF-8",
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_CONFIG": str(self.dir),
            "DOCKER_BUILDKIT": "0",  # there is no bridge to build on
            "COMPOSE_HTTP_TIMEOUT": "200",
        }
        self.process = None

    def start(self):
        command = [
            *(program("setpriv"), "--pdeathsig", "TERM", program("dockerd")),
            *("--data-root", self.root, "--exec-root", self.dir / "exec"),
            *("--pidfile", self.dir / "pid", "--host", f"unix://{self.socket}"),
            *("--containerd-namespace", "keyturn-test"),
            *("--containerd-plugins-namespace", "keyturn-test-plugins"),
            *("--bridge", "none", "--iptables=false", "--ip6tables=false"),
        ]
        with open(self.dir / "log", "wb") as log:
            self.process = subprocess.Popen(
                [str(c) for c in command],
                cwd=self.dir,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 60
        while self.run("docker", "version", check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                text = (self.dir / "log").read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"dockerd did not start\n{text[-4000:]}")
            time.sleep(0.1)
        self.sweep()
        self.import_base()

    def sweep(self):
        """Takes away what a run that was killed left behind."""
        left = self.docker("ps", "-aq").split()
        if left:
            self.docker("rm", "-f", "-v", *left)
        left = self.docker("volume", "ls", "-q").split()
        if left:
            self.docker("volume", "rm", "-f", *left)
        self.docker("network", "prune", "-f")

    def import_base(self):
        if self.docker("images", "-q", BASE):
            return
        done = subprocess.run(
            [pathlib.Path(__file__).with_name("fetch-debian-base")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode == 77:
            raise Missing(done.stderr.strip())
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        self.docker("import", done.stdout.strip(), BASE)

    def run(self, *command, check=True, env=None, timeout=900):
        done = subprocess.run(
            [program(command[0]), *(str(c) for c in command[1:])],
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        if check and done.returncode != 0:
            raise RuntimeError(
                f"{command}: {done.returncode}\n{done.stdout[-6000:]}"
            )
        return done

    def docker(self, *args, **kwargs):
        return self.run("docker", *args, **kwargs).stdout.strip()

    def build(self, tag, dockerfile, context, *args):
        """The host's network: there is no other that reaches the mirror."""
        return self.docker(
            *("build", "--network=host", "--tag", tag, "--file", dockerfile),
            *(*args, context),
        )

    def prune(self):
        """Drops images that a newer build took the name of."""
        self.docker("image", "prune", "-f")

    def inspect(self, container):
        return json.loads(self.docker("inspect", container))[0]

    def logs(self, container):
        return self.docker("logs", container)

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def mounts(self):
        mine = (str(self.root), str(self.dir))
        lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        return [m for m in (line.split()[4] for line in lines) if m.startswith(mine)]

    def close(self):
        self.stop()
        # dockerd itself forgets one: the network namespace of --network=host.
        netns = str(self.dir / "exec" / "netns")
        for mount in self.mounts():
            if mount.startswith(netns):
                subprocess.run(["umount", mount], check=True)
        left = self.mounts()
        for mount in sorted(left, reverse=True):
            subprocess.run(["umount", "-l", mount])
        shutil.rmtree(self.dir, ignore_errors=True)
        self.lock.close()
        if left:
            raise RuntimeError(f"dockerd left mounts: {left}")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()


class Compose:
    """A compose file, run under a name of its own; down() at the end."""

    def __init__(self, host, path, environment):
        self.host, self.path, self.environment = host, path, environment
        self.name = f"kt{os.getpid()}"
        self.addresses = {}

    def __call__(self, *args):
        try:
            command = (program("docker-compose"),)
        except Missing:
            command = (program("docker"), "compose")
        return self.host.run(
            *(*command, "--file", self.path, "--project-name", self.name, *args),
            env=self.environment,
        ).stdout

    def container(self, service):
        return self("ps", "-q", service).strip()

    def address(self, service):
        """Asked for once: a service that keeps its container keeps it."""
        if service not in self.addresses:
            seen = self.host.inspect(self.container(service))
            network = next(iter(seen["NetworkSettings"]["Networks"].values()))
            self.addresses[service] = network["IPAddress"]
        return self.addresses[service]
