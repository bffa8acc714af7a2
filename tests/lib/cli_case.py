"""The keyturn command against a KeyturnServer, piped or at a terminal.

    cli = Cli(keyturn)
    cli.ok("status")                          # what it printed
    cli.json("rotation", "list")              # parsed
    cli.fails(4, "secret", "get", "nothing")  # what it complained
    cli.tty("secret", "put", "a", answers=[("not shown", "s\n")])

What was given to hide() must never be in what is printed.
"""

import json
import os
import pty
import re
import select
import subprocess
import termios
import time

from server import BUILD

PROGRAM = BUILD / "bin" / "keyturn"
ENV = {
    "PATH": os.environ["PATH"],
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "ASAN_OPTIONS": "exitcode=99",
}


class Cli:
    def __init__(self, keyturn, **env):
        self.keyturn = keyturn
        self.env = {**ENV, "KEYTURN_SOCKET": str(keyturn.socket), **env}
        self.hidden = []

    def hide(self, text):
        self.hidden.append(text)
        return text

    def check(self, text):
        assert "Sanitizer" not in text and "runtime error" not in text, text
        for hidden in self.hidden:
            assert hidden not in text

    def run(self, *args, input=None, **more):
        done = subprocess.run(
            [str(a) for a in (PROGRAM, *args)],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            env=self.env,
            start_new_session=True,  # no terminal to ask at
            **more,
        )
        self.check(done.stdout + done.stderr)
        return done

    def ok(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *args, code=0, **more):
        done = self.run(*args, "--json", **more)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def fails(self, code, *args, **more):
        """What it says on stderr; nothing may be on stdout."""
        done = self.run(*args, **more)
        assert done.returncode == code, done.stdout + done.stderr
        assert done.stdout == ""
        return done.stderr

    def tty(self, *args, answers=(), code=0, columns=100, lines=40,
            seconds=60):
        """What a terminal got.  Each answer is typed when its question has
        been asked since the last one."""
        fd, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (lines, columns))
        pid = os.fork()
        if pid == 0:
            os.close(fd)
            os.login_tty(theirs)
            os.execve(
                PROGRAM,
                ["keyturn", *map(str, args)],
                {"TERM": "xterm", **self.env},
            )
        os.close(theirs)
        try:
            shown = talk(fd, list(answers), time.monotonic() + seconds)
        finally:
            os.close(fd)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.check(shown)
        assert status == code, shown
        return shown


def talk(fd, answers, end):
    shown, since = b"", b""
    while True:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            raise TimeoutError(f"no end in time; so far:\n{shown.decode()}")
        try:
            data = os.read(fd, 65536)
        except OSError:  # EIO: the other side is gone
            data = b""
        if not data:
            assert not answers, f"never asked {answers[0][0]}:\n{shown.decode()}"
            return shown.decode().replace("\r\n", "\n")
        shown += data
        since += data
        if answers and answers[0][0].encode() in since:
            os.write(fd, answers.pop(0)[1].encode())
            since = b""


def plain(text):
    """Without colours and movements of the cursor."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def rows(text):
    """A table's lines as dicts by its headings."""
    lines = text.splitlines()
    names = re.split(r"\s{2,}", lines[0].strip())
    starts = [re.search(rf"(^|\s\s){re.escape(n)}(\s|$)", lines[0]).start()
              for n in names]
    starts = [s if s == 0 else s + 2 for s in starts] + [None]
    return [{name: line[a:b].strip()
             for name, a, b in zip(names, starts, starts[1:])}
            for line in lines[1:] if line.strip()]
