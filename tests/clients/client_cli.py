"""Debian's awscli, as a client of the table (see cli_process.py)."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

from play import Answer
from wire import MODEL

PROGRAM = pathlib.Path(__file__).with_name("cli_process.py")
CONFIG = """\
[default]
parameter_validation = false
retry_mode = standard
max_attempts = 1
"""
ERROR = re.compile(
    r"\s*An error occurred \((\S+?)\) when calling the \w+ operation"
    r"(?: \([^)]*\))?: (.*)\n",
    re.S,
)
TIME = re.compile(r"Date$")


def to_wire(value, member=""):
    """Times are printed in ISO 8601."""
    if isinstance(value, dict):
        return {k: to_wire(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [to_wire(v) for v in value]
    if isinstance(value, str) and TIME.search(member):
        return datetime.datetime.fromisoformat(value).timestamp()
    return value


class Cli:
    name = "cli"

    def __init__(self, endpoint):
        config = endpoint.folder / "aws-config"
        config.write_text(CONFIG)
        self.endpoint = endpoint
        self.environment = {
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": str(endpoint.folder / "none"),
            "AWS_DATA_PATH": str(MODEL),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
        if endpoint.ca:
            self.environment["AWS_CA_BUNDLE"] = str(endpoint.ca)
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment},
        )

    def credentials(self, who):
        key_id, key, token = self.endpoint.credentials(who)
        return {
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": key,
            # Empty is none.
            "AWS_SESSION_TOKEN": token or "",
        }

    def send(self, who, arguments, **more):
        request = {
            "arguments": arguments,
            "environment": self.credentials(who),
            **more,
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def call(self, action, given, region, who):
        reply = self.send(
            who,
            [
                f"--region={region}",
                f"--endpoint-url={self.endpoint.url}",
                "--output=json",
                "--no-paginate",
            ],
            action=action,
            input=given,
        )
        said = ERROR.fullmatch(reply["err"])
        sent = reply["status"] is not None
        assert sent and (reply["code"] == 0 or said), reply
        if reply["code"] != 0:
            return Answer(
                reply["status"],
                kind=said[1],
                message=said[2],
                headers=reply["headers"],
            )
        fields = to_wire(json.loads(reply["out"] or "{}"))
        # Which it prints where a member is named Errors, of itself.
        fields.pop("ResponseMetadata", None)
        return Answer(reply["status"], fields, headers=reply["headers"])

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
