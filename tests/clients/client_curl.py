"""curl --aws-sigv4, as a client of the table: what it shows is the answer as
it was on the wire."""

import json
import os
import subprocess

from keyturn_server import CLOCK
from play import Answer

TYPE = "application/x-amz-json-1.1"


class Curl:
    name = "curl"

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def request(self, body, headers, region, who="root", sign=True, ahead=None):
        """Status, headers (names in lower case), body.  ahead: by how many
        seconds its clock is."""
        key_id, key, token = self.endpoint.credentials(who)
        settings = [
            "silent",
            "show-error",
            "include",
            f'url = "{self.endpoint.url}/"',
            'data-binary = "@-"',
        ]
        settings += [f'header = "{name}: {value}"' for name, value in headers]
        if sign:
            settings.append(f'aws-sigv4 = "aws:amz:{region}:secretsmanager"')
            settings.append(f'user = "{key_id}:{key}"')
        if token:
            settings.append(f'header = "X-Amz-Security-Token: {token}"')
        if self.endpoint.ca:
            settings.append(f'cacert = "{self.endpoint.ca}"')
        config = self.endpoint.folder / "curl.conf"  # no keys in arguments
        config.write_text("\n".join(settings) + "\n")
        done = subprocess.run(
            ["curl", "--config", str(config)],
            input=body.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.clock(ahead)},
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        head, _, text = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        told = (line.split(": ", 1) for line in lines[1:])
        return (
            int(lines[0].split()[1]),
            {name.lower(): value for name, value in told},
            text.decode(),
        )

    def clock(self, ahead):
        if ahead is None:
            return {}
        shift = self.endpoint.folder / "curl.clock"
        shift.write_bytes(round(ahead * 1e6).to_bytes(8, "little", signed=True))
        return {"LD_PRELOAD": str(CLOCK), "CLOCK_SHIFT_FILE": str(shift)}

    def answer(self, status, headers, text):
        reply = json.loads(text)
        if status == 200:
            assert_is_set(reply)
            return Answer(status, reply, headers=headers)
        # Message, or for an unmodelled error message: SDKs read both.
        message = reply.get("Message", reply.get("message"))
        kind = reply["__type"].split("#")[-1]
        return Answer(status, kind=kind, message=message, headers=headers)

    def call(self, action, given, region, who):
        headers = [
            ("Content-Type", TYPE),
            ("X-Amz-Target", f"secretsmanager.{action}"),
        ]
        return self.answer(
            *self.request(json.dumps(given), headers, region, who)
        )

    def close(self):
        pass


def assert_is_set(value, where="the answer"):
    """Members that are not set are left out: never null, never an empty
    token."""
    assert value is not None, f"{where} is null"
    if isinstance(value, dict):
        for key, member in value.items():
            assert (key, member) != ("NextToken", ""), f"{where}: {value}"
            assert_is_set(member, f"{where}.{key}")
    elif isinstance(value, list):
        for member in value:
            assert_is_set(member, where)
