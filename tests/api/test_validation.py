"""Every constraint of the service model, broken one at a time: for each
operation and member of shapes.json a request that is fine but for that."""

import uuid

import pytest

from conftest import SHAPES
from keyturn_server import ApiError

ONE = "1 validation error detected: "
WRONG_TYPE = {
    "string": (5, True, [], {}),
    "blob": (5, "no base64", []),
    "boolean": ("true", 1, []),
    "integer": ("7", 7.5, True, []),
    "list": ({}, "x", 5),
    "structure": ([], "x", 5),
}


def good(shape, name=""):
    """A value within all limits."""
    kind = shape["type"]
    if kind == "string":
        if "enum" in shape:
            return shape["enum"][0]
        if "pattern" in shape:
            return {
                "Duration": "3h",
                "Region": "eu-central-1",
                "RemoveReplicaRegions": "eu-central-1",
            }.get(name, "a" * max(1, shape.get("min", 1)))
        return "a" * max(1, shape.get("min", 1))
    if kind == "blob":
        return "AAAA"
    if kind == "boolean":
        return False
    if kind == "integer":
        return shape.get("min", 7)
    if kind == "list":
        return [good(shape["member"], name) for _ in range(shape.get("min", 1))]
    return {}


def utterly_good(operation):
    """What must be there, and nothing else."""
    return {
        name: good(shape, name)
        for name, shape in SHAPES[operation]["request"].items()
        if shape.get("required") or shape.get("token")
    }


def lower(name):
    return name[0].lower() + name[1:]


def beyond(least, most):
    return [n for n in (least and least - 1, most and most + 1) if n is not None]


def breaks(shape, name):
    """(value, what the message says of it) for each constraint."""
    kind = shape["type"]
    least, most = shape.get("min"), shape.get("max")
    if kind == "string":
        sizes = {n: "a" * n for n in beyond(least, most)}
        word = "length"
    elif kind == "blob":
        sizes, word = {0: "", most + 2: "AAAA" * (most // 3 + 1)}, "length"
    elif kind == "integer":
        sizes = {n: n for n in beyond(least, most)}
        word = "value"
    elif kind == "list":
        sizes = {n: [good(shape["member"], name)] * n for n in beyond(least, most)}
        word = "length"
    else:
        sizes = {}
    for size, value in sizes.items():
        if "pattern" in shape:
            continue  # breaks two at once: the unit tests have those
        limit = (
            f"greater than or equal to {least}"
            if least and size < least
            else f"less than or equal to {most}"
        )
        yield value, f"Member must have {word} {limit}"
    if "enum" in shape:
        allowed = ", ".join(shape["enum"])
        yield "nonsense", f"Member must satisfy enum value set: [{allowed}]"
    if "pattern" in shape:
        bad = "*" * max(2, shape.get("min", 2)) + "\u00fc"
        yield bad[-max(2, shape.get("min", 2)) :], (
            f"Member must satisfy regular expression pattern: {shape['pattern']}"
        )


def places(members, path=()):
    """Every member at every depth: (keys to it, its shape)."""
    for name, shape in members.items():
        yield (*path, name), shape
        if shape["type"] == "structure":
            yield from places(shape["members"], (*path, name))
        elif shape["type"] == "list" and shape["member"]["type"] == "structure":
            yield from places(shape["member"]["members"], (*path, name, 0))


def put(body, path, value):
    """body, with the value at that place."""
    for here, after in zip(path, path[1:]):
        if isinstance(body, dict):
            body = body.setdefault(here, [{}] if after == 0 else {})
        else:
            body = body[here]
    body[path[-1]] = value


def spelled(path):
    text = ""
    for key in path:
        text += f".{key + 1}.member" if isinstance(key, int) else f".{lower(key)}"
    return text[1:]


CASES = [
    (operation, path, shape)
    for operation, parts in SHAPES.items()
    for path, shape in places(parts["request"])
]


def refusal(keyturn, operation, body):
    with pytest.raises(ApiError) as caught:
        keyturn.call(operation, body)
    return caught.value


@pytest.mark.parametrize("operation", SHAPES)
def test_a_good_request_passes(keyturn, operation):
    """Otherwise the tests below would show nothing."""
    for name, shape in SHAPES[operation]["request"].items():
        body = {**utterly_good(operation), name: good(shape, name)}
        try:
            keyturn.call(operation, body)
        except ApiError as error:
            assert error.type not in (
                "ValidationException",
                "SerializationException",
            ), (name, error)


@pytest.mark.parametrize("operation", SHAPES)
def test_what_is_required_must_be_there(keyturn, operation):
    for name, shape in SHAPES[operation]["request"].items():
        if not shape.get("required"):
            continue
        for missing in ({}, {name: None}):
            body = utterly_good(operation)
            del body[name]
            error = refusal(keyturn, operation, {**body, **missing})
            assert error.type == "ValidationException"
            assert error.message == (
                f"{ONE}Value null at '{lower(name)}' failed to satisfy constraint: "
                "Member must not be null"
            )


@pytest.mark.parametrize("operation", SHAPES)
def test_every_constraint_is_held(keyturn, operation):
    for case, path, shape in CASES:
        if case != operation:
            continue
        for value, must in breaks(shape, path[-1]):
            body = utterly_good(operation)
            put(body, path, value)
            error = refusal(keyturn, operation, body)
            assert error.type == "ValidationException", (path, error)
            assert error.message.startswith(f"{ONE}Value "), (path, error)
            assert error.message.endswith(
                f" at '{spelled(path)}' failed to satisfy constraint: {must}"
            ), (path, error)
            if shape.get("sensitive"):
                assert error.message.startswith(f"{ONE}Value at "), (path, error)


@pytest.mark.parametrize("operation", SHAPES)
def test_every_item_of_a_list_is_held(keyturn, operation):
    for case, path, shape in CASES:
        if case != operation or shape["type"] != "list":
            continue
        for value, must in breaks(shape["member"], path[-1]):
            body = utterly_good(operation)
            put(body, path, [good(shape["member"], path[-1]), value])
            error = refusal(keyturn, operation, body)
            assert error.type == "ValidationException", (path, error)
            assert (
                f" at '{spelled(path)}' failed to satisfy constraint: "
                "Member must satisfy constraint: [" in error.message
            ), (path, error)
            assert must in error.message, (path, error)


@pytest.mark.parametrize("operation", SHAPES)
def test_every_type_is_held(keyturn, operation):
    for case, path, shape in CASES:
        if case != operation:
            continue
        for value in WRONG_TYPE[shape["type"]]:
            body = utterly_good(operation)
            put(body, path, value)
            error = refusal(keyturn, operation, body)
            assert error.type == "SerializationException", (path, value, error)
            assert f"{path[-1]} must be " in error.message, (path, value, error)


@pytest.mark.parametrize("operation", SHAPES)
def test_members_that_the_model_lacks_are_ignored(keyturn, operation):
    body = {**utterly_good(operation), "Unheard": {"of": [1, 2, None]}}
    try:
        keyturn.call(operation, body)
    except ApiError as error:
        assert error.type not in (
            "ValidationException",
            "SerializationException",
        ), error


def test_all_that_fails_is_said_at_once(keyturn):
    error = refusal(
        keyturn,
        "UpdateSecretVersionStage",
        {"SecretId": "", "VersionStage": "", "MoveToVersionId": "v1"},
    )
    assert error.type == "ValidationException"
    assert error.message == (
        "3 validation errors detected: "
        "Value '' at 'secretId' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value '' at 'versionStage' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value 'v1' at 'moveToVersionId' failed to satisfy constraint: "
        "Member must have length greater than or equal to 32"
    )


def test_a_constraint_comes_before_a_bad_name_and_that_before_a_token(keyturn):
    bad = {"SecretId": "a b", "VersionStages": [], "ClientRequestToken": None}
    error = refusal(keyturn, "PutSecretValue", bad)
    assert error.message.startswith(f"{ONE}Value '[]' at 'versionStages'")
    del bad["VersionStages"]
    error = refusal(keyturn, "PutSecretValue", bad)
    assert error.type == "ValidationException"
    assert error.message.startswith("Invalid name. Must be a valid name")
    bad["SecretId"] = f"never-made-{uuid.uuid4()}"
    error = refusal(keyturn, "PutSecretValue", bad)
    assert error.type == "InvalidRequestException"
    assert error.message.startswith("You must provide a ClientRequestToken value.")
