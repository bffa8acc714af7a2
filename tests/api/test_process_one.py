"""keyturnd in the place of process 1: started by exec from a script that left
something running, it ends what nobody else waits for."""

import pathlib

import keyturn_server


class ExecServer(keyturn_server.KeyturnServer):
    def start_command(self):
        # The child waits until it is told to end, by the end of its input.
        self.pipe = self.dir / "pipe"
        self.run(["mkfifo", self.pipe])
        script = 'cat "$0" >/dev/null & exec "$@"'
        return ["sh", "-c", script, self.pipe, *super().start_command()]


def states(keyturn):
    """Process name and state of each child."""
    found = []
    for pid in keyturn.children():
        try:
            text = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            continue
        name, rest = text.split("(", 1)[1].rsplit(")", 1)
        found.append((name, rest.split()[0]))
    return found


def test_a_child_that_it_was_born_with_leaves_no_zombie():
    with ExecServer() as k:
        # keyturnd's own children, the plugins, are there beside it.
        k.wait_for(lambda: any(n == "keyturn-rotator" for n, _ in states(k)))
        names = [name for name, _ in states(k)]
        assert names.count("cat") + names.count("sh") == 1
        with open(k.pipe, "wb"):
            pass
        k.wait_for(lambda: all(n == "keyturn-rotator" for n, _ in states(k)))
        assert k.call("keyturn.Status")["EngineRunning"]
