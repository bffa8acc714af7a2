"""A client that logs in with what AWSCURRENT says, all the time (tests/prober).

    with Prober(keyturn, "app") as prober:
        …
    assert prober.counts["failed"] == 0
"""

import json
import signal
import subprocess

import server

PROBER = server.BUILD / "bin" / "prober"


class Prober:
    def __init__(self, keyturn, secret, interval_ms=5):
        self.counts = None
        self.process = subprocess.Popen(
            [
                PROBER,
                "--socket", keyturn.socket,
                "--secret", secret,
                "--interval-ms", str(interval_ms),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def stop(self):
        if self.counts is None:
            self.process.send_signal(signal.SIGTERM)
            said, _ = self.process.communicate(timeout=30)
            assert self.process.returncode == 0, said
            self.counts = json.loads(said)
        return self.counts

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.communicate()
