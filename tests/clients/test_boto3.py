"""Every case of the table through python3-boto3."""

import botocore.exceptions
import pytest

import principals
from client_boto3 import Boto3

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
