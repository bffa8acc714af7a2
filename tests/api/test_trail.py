"""What requests leave in the audit trail: the members that may be told, of
AWS's operations and ours, and never a value."""

import base64
import json
import uuid

import pytest

from conftest import new_token
from keyturn_server import ApiError

HIDDEN = f"hunter2-{uuid.uuid4().hex}"


def lines(keyturn, event):
    return [
        line
        for path in sorted((keyturn.data / "audit").glob("audit-*.jsonl"))
        for line in map(json.loads, path.read_text().splitlines())
        if line["eventName"] == event
    ]


def told(keyturn, event, **members):
    """requestParameters of the one request of that kind that has these."""
    (found,) = [
        parameters
        for parameters in (
            line["requestParameters"] or {} for line in lines(keyturn, event)
        )
        if members.items() <= parameters.items()
    ]
    return found


def test_members_are_told_as_cloudtrail_spells_them(keyturn):
    token = new_token()
    name = keyturn.create("v", ClientRequestToken=token, Description="words")
    assert told(keyturn, "CreateSecret", name=name) == {
        "name": name,
        "clientRequestToken": token,
    }
    keyturn.call(
        "PutSecretValue",
        {
            "SecretId": name,
            "SecretString": "w",
            "VersionStages": ["a", "b"],
            "ClientRequestToken": (token := new_token()),
        },
    )
    assert told(keyturn, "PutSecretValue", secretId=name) == {
        "secretId": name,
        "clientRequestToken": token,
        "versionStages": ["a", "b"],
    }
    keyturn.call("DeleteSecret", {"SecretId": name, "RecoveryWindowInDays": 9})
    assert told(keyturn, "DeleteSecret", secretId=name) == {
        "secretId": name,
        "recoveryWindowInDays": 9,
    }
    (line,) = [x for x in lines(keyturn, "DeleteSecret")
               if x["requestParameters"]["secretId"] == name]
    assert line["resources"][0]["ARN"].rsplit("-", 1)[0].endswith(f":secret:{name}")


def test_a_refused_request_is_told_with_what_is_of_its_type(keyturn):
    with pytest.raises(ApiError):
        keyturn.call("GetSecretValue", {"SecretId": "", "VersionId": 5})
    assert told(keyturn, "GetSecretValue", secretId="") == {"secretId": ""}
    (line,) = [x for x in lines(keyturn, "GetSecretValue")
               if (x["requestParameters"] or {}).get("secretId") == ""]
    assert line["errorCode"] == "SerializationException"


def test_operations_of_ours_say_whom_they_are_about(keyturn):
    user = f"user-{uuid.uuid4().hex}"
    key = f"alias/{uuid.uuid4().hex}"
    keyturn.call("keyturn.CreateUser", {"UserName": user, "Path": "/x/"})
    assert told(keyturn, "CreateUser", userName=user) == {
        "userName": user,
        "path": "/x/",
    }
    keyturn.call("keyturn.TagEntity", {
        "Entity": f"user/{user}", "Tags": [{"Key": "k", "Value": "v"}]})
    keyturn.call("keyturn.UntagEntity", {"Entity": f"user/{user}", "TagKeys": ["k"]})
    assert told(keyturn, "UntagEntity", entity=f"user/{user}") == {
        "entity": f"user/{user}",
        "tagKeys": ["k"],
    }
    keyturn.call("keyturn.CreateKey", {"Alias": key, "Description": "d"})
    assert told(keyturn, "CreateKey", alias=key) == {"alias": key}


def test_no_member_of_any_request_hides_another(keyturn):
    """However many others come with it."""
    user = f"user-{uuid.uuid4().hex}"
    others = ("SecretId", "Entity", "GroupName", "RoleName", "PolicyName", "Policy",
              "AccessKeyId", "Status", "Kind", "As", "Action", "Resource", "Alias",
              "RotationLambdaARN")
    keyturn.call("keyturn.CreateUser", {"UserName": user,
                                        **{name: "x" for name in others}})
    assert told(keyturn, "CreateUser", userName=user)["alias"] == "x"


def test_values_are_never_told(keyturn):
    """Wherever they stand in a request, right or wrong."""
    binary = base64.b64encode(HIDDEN.encode()).decode()
    name = keyturn.create(HIDDEN)
    keyturn.secret(name)
    for operation, body in (
        ("PutSecretValue", {"SecretString": HIDDEN + "2"}),
        ("PutSecretValue", {"SecretBinary": binary}),
        ("PutSecretValue", {"SecretBinary": HIDDEN}),
        ("PutSecretValue", {"SecretString": [HIDDEN]}),
        ("PutSecretValue", {"SecretString": HIDDEN * 2000}),
        ("PutSecretValue", {"SecretString": HIDDEN, "RotationToken": HIDDEN + "/"}),
        ("PutSecretValue", {"SecretString": HIDDEN, "SecretBinary": binary}),
        ("UpdateSecret", {"SecretString": HIDDEN, "Secretstring": HIDDEN}),
        ("UpdateSecret", {"SecretString": HIDDEN, "KmsKeyId": "alias/nobody"}),
    ):
        try:
            keyturn.call(operation, {"SecretId": name, **body})
        except ApiError as error:
            assert "hunter2" not in error.message
    with pytest.raises(ApiError):
        keyturn.create(HIDDEN, name=name)
    text = "".join(p.read_text() for p in (keyturn.data / "audit").iterdir()
                   if p.suffix == ".jsonl")
    assert name in text
    assert "hunter2" not in text and binary not in text
    assert "hunter2" not in keyturn.log_text()
