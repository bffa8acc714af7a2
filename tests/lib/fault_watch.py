"""A client that logs in with AWSCURRENT all the time, while keyturnd is killed
and comes back: in between it uses what it knows, as applications do.
"""

import http.client
import threading

from keyturn_server import ApiError

DOWN = (OSError, http.client.HTTPException)
PAUSE_SECONDS = 0.03


class Watch:
    """Runs from its making until end(), which fails when a value did not log
    in although it was AWSCURRENT before and after."""

    def __init__(self, kill):
        self.kill = kill
        self.version, self.value = self.read()
        self.refused = None  # the version that did not log in
        self.gaps, self.logins = [], 0
        self.over = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def read(self):
        reply = self.kill.k.call("GetSecretValue", {"SecretId": self.kill.name})
        return reply["VersionId"], self.kill.k.secret(self.kill.name)

    def run(self):
        try:
            while not self.over.wait(PAUSE_SECONDS):
                self.look()
        except Exception as failure:  # told by end()
            self.failure = failure

    def look(self):
        try:
            before, value = self.read()
            after, _ = self.read()
        except (ApiError, *DOWN):
            pass
        else:
            if before != after:
                return
            if self.refused == before:
                self.gaps.append(before)
            self.refused = None
            self.version, self.value = before, value
        if self.kill.logs_in(self.value):
            self.logins += 1
        else:
            self.refused = self.version

    def end(self):
        self.over.set()
        self.thread.join(30)
        assert self.failure is None, self.failure
        assert not self.gaps, "AWSCURRENT did not log in all the time"
        assert self.logins > 0
