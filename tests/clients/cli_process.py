#!/usr/bin/python3
"""Debian's awscli, driven by lines of JSON: the program itself, in a process
that stays, because one start of it takes more than a second.

In: {"arguments": […], "environment": {…}}, or with "action" and "input" in
place of the arguments that spell them.  Out: {"code", "out", "err", "status",
"headers", "arguments"}; status and headers are those of the last answer.
"""

import contextlib
import io
import json
import os
import sys

import awscli.clidriver
from awscli.botocore import xform_name


def option(shape, member, value):
    """As a person types it, or None."""
    kind = shape.type_name if shape else None
    name = xform_name(member, "-")
    if kind == "boolean" and isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    if kind in ("string", "blob") and isinstance(value, str):
        return f"--{name}={value}"
    if kind in ("integer", "long") and type(value) is int:
        return f"--{name}={value}"
    if kind in ("list", "structure") and isinstance(value, (list, dict)):
        return f"--{name}={json.dumps(value)}"
    return None


def options(driver, action, given):
    """What has no spelling as options (a member of a wrong type, a required
    one left out) goes as JSON."""
    model = driver.session.get_service_model("secretsmanager")
    shape = model.operation_model(action).input_shape
    spelled = [option(shape.members.get(m), m, v) for m, v in given.items()]
    if None in spelled or set(shape.required_members) - set(given):
        spelled = ["--cli-input-json", json.dumps(given)]
    return ["secretsmanager", xform_name(action, "-"), *spelled]


USES_MAX = 50


class Driver:
    def __init__(self):
        self.driver = awscli.clidriver.create_clidriver()
        self.driver.session.register("after-call.*", self.note)
        self.seen = None
        self.uses = 0

    def note(self, http_response, **kwargs):
        self.seen = http_response

    def run(self, arguments, action=None, given=None):
        self.uses += 1
        if action is not None:
            arguments = [*options(self.driver, action, given), *arguments]
        out, err = io.StringIO(), io.StringIO()
        self.seen = None
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = self.driver.main(arguments)
        seen = self.seen
        return {
            "code": code,
            "out": out.getvalue(),
            "err": err.getvalue(),
            "status": seen.status_code if seen else None,
            "headers": (
                {k.lower(): v for k, v in seen.headers.items()} if seen else {}
            ),
            "arguments": arguments,
        }


def main():
    # A session keeps the credentials that it found; and the handlers of each
    # command, which makes it slower and slower.
    drivers = {}
    replies = sys.stdout
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update(request["environment"])
        who = request["environment"].get("AWS_ACCESS_KEY_ID")
        driver = drivers.get(who)
        if driver is None or driver.uses >= USES_MAX:
            driver = drivers[who] = Driver()
        reply = driver.run(
            request["arguments"], request.get("action"), request.get("input")
        )
        print(json.dumps(reply), file=replies, flush=True)


main()
