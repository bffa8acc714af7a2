"""Every case of the table through python3-boto3; and STS, and the model that
the old botocore is taught."""

import json

import boto3
import botocore.exceptions
import pytest

import principals
from client_boto3 import Boto3
from server import SOURCE
from wire import MODEL

NEWEST = SOURCE / "../shared/api/secretsmanager-2017-10-17.json"

CLIENT = Boto3.name


@pytest.fixture(scope="module")
def client(endpoint):
    client = Boto3(endpoint)
    yield client
    client.close()


def test_answers_as_aws_does(case, play):
    play(case)


@pytest.mark.parametrize(
    ("who", "arn"),
    [
        ("nobody", "arn:aws:iam::000000000000:user/nobody"),
        (
            "session",
            "arn:aws:sts::000000000000:assumed-role/deployer/session",
        ),
    ],
)
def test_sts_says_who_asks(endpoint, who, arn):
    sts = principals.sts(endpoint.url, endpoint.ca, endpoint.credentials(who))
    said = sts.get_caller_identity()
    assert (said["Account"], said["Arn"]) == ("000000000000", arn)
    assert said["UserId"] and said["ResponseMetadata"]["RequestId"]


def test_sts_gives_no_role_to_whom_it_does_not_trust(endpoint):
    sts = principals.sts(
        endpoint.url, endpoint.ca, endpoint.credentials("nobody")
    )
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        sts.assume_role(RoleArn=principals.ROLE_ARN, RoleSessionName="any")
    told = refused.value.response
    assert told["Error"]["Code"] == "AccessDenied"
    assert told["Error"]["Message"] == (
        "User: arn:aws:iam::000000000000:user/nobody is not authorized to "
        f"perform: sts:AssumeRole on resource: {principals.ROLE_ARN}"
    )
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 403


def bare(model):
    """Without its documentation."""
    if isinstance(model, dict):
        return {k: bare(v) for k, v in model.items() if k != "documentation"}
    if isinstance(model, list):
        return [bare(v) for v in model]
    return model


@pytest.mark.skipif(not NEWEST.exists(), reason="../shared/api is not here")
def test_the_old_botocore_is_taught_the_newest_model(monkeypatch):
    monkeypatch.setenv("AWS_DATA_PATH", str(MODEL))
    loader = boto3.Session()._session.get_component("data_loader")
    taught = loader.load_service_model("secretsmanager", "service-2")
    newest = json.loads(NEWEST.read_text())
    for part in ("operations", "shapes"):
        assert bare(taught[part]) == bare(newest[part])
