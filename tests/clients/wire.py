"""What the clients make of a request and of an answer, against what is on the
wire (which is how the table spells it)."""

import base64
import datetime
import pathlib

# Teaches a botocore of 2022 what the service model has gained since; its
# shapes are botocore's (Apache License 2.0).
MODEL = pathlib.Path(__file__).with_name("model")
BLOBS = {"SecretBinary"}


def to_blobs(value):
    """Bytes where the wire has base64."""
    if isinstance(value, list):
        return [to_blobs(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {
        k: (
            base64.b64decode(v)
            if k in BLOBS and isinstance(v, str)
            else to_blobs(v)
        )
        for k, v in value.items()
    }


def to_wire(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list):
        return [to_wire(v) for v in value]
    if isinstance(value, dict):
        return {k: to_wire(v) for k, v in value.items()}
    return value
