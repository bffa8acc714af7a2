"""Every case of the table through python3-boto3."""

import pytest

from client_boto3 import Boto3

CLIENT = Boto3.name


@pytest.fixture(scope="module")
def client(endpoint):
    client = Boto3(endpoint)
    yield client
    client.close()


def test_answers_as_aws_does(case, play):
    play(case)
