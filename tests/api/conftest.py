"""What the tests of the API share: one keyturnd a file, and every reply held
against the service model.

shapes.json is an extract of botocore's secretsmanager-2017-10-17 (Copyright
Amazon.com, Inc. or its affiliates, Apache License 2.0): each operation's
request with its constraints, the members of its reply with their types, and
the errors it may answer.
"""

import contextlib
import json
import os
import pathlib
import uuid

import pytest

from keyturn_server import ApiError, KeyturnServer

SHAPES = json.loads(
    pathlib.Path(__file__).with_name("shapes.json").read_text()
)
# Errors of the protocol, which the model leaves out.
ANY_OPERATION = {
    "AccessDeniedException",
    "SerializationException",
    "ValidationException",
}
TYPES = {
    "string": str,
    "blob": str,  # base64
    "boolean": bool,
    "integer": int,
    "timestamp": (int, float),
}


def check(reply, shape, where):
    """Is it what the model says, with nothing besides, and nothing unset?"""
    if isinstance(shape, str):
        assert isinstance(reply, TYPES[shape]), f"{where}: {reply!r}"
        assert reply != "" or where.endswith(".Value"), f"{where} is empty"
    elif isinstance(shape, list):
        assert isinstance(reply, list), f"{where}: {reply!r}"
        for i, item in enumerate(reply):
            check(item, shape[0], f"{where}[{i}]")
    else:
        assert isinstance(reply, dict), f"{where}: {reply!r}"
        for key, value in reply.items():
            assert "*" in shape or key in shape, f"{where}.{key} is unknown"
            check(value, shape.get("*", shape.get(key)), f"{where}.{key}")


class ModelServer(KeyturnServer):
    def call(self, target, body=None, timeout=60):
        shape = SHAPES.get(target)
        try:
            reply = super().call(target, body, timeout)
        except ApiError as error:
            known = ANY_OPERATION | set(shape["errors"] if shape else ())
            assert shape is None or error.type in known, error
            assert error.message and "\n" not in error.message
            raise
        if shape is not None:
            check(reply, shape["reply"], target)
        return reply

    def create(self, value=None, name=None, **more):
        """A secret of this test's own; its name."""
        name = name or f"t/{uuid.uuid4().hex}"
        if value is not None:
            more["SecretString"] = value
        self.call("CreateSecret", {"Name": name, **more})
        return name

    def stages(self, name):
        reply = self.call("DescribeSecret", {"SecretId": name})
        return {
            version: sorted(labels)
            for version, labels in reply.get("VersionIdsToStages", {}).items()
        }


def new_token():
    return str(uuid.uuid4())


def put(keyturn, name, value, *stages, token=None):
    token = token or new_token()
    body = {"SecretId": name, "SecretString": value, "ClientRequestToken": token}
    if stages:
        body["VersionStages"] = list(stages)
    keyturn.call("PutSecretValue", body)
    return token


@contextlib.contextmanager
def refused(kind, text=None):
    """The API must refuse, with this type and (part of a) message."""
    with pytest.raises(ApiError) as caught:
        yield caught
    error = caught.value
    assert error.type == kind, error
    assert error.status == (503 if kind == "InternalServiceError" else 400)
    if text is not None:
        assert text in error.message, error.message


@pytest.fixture(scope="module")
def keyturn():
    with ModelServer() as server:
        yield server
        assert server.process.poll() is None, server.log_text()[-4000:]
        assert "Sanitizer" not in server.log_text()


@pytest.fixture
def token():
    return str(uuid.uuid4())


@pytest.fixture
def root():
    if os.geteuid() != 0:
        pytest.skip("needs root: it acts as other users")
