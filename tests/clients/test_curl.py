"""Every case of the table through curl --aws-sigv4."""

import pytest

from client_curl import Curl

CLIENT = Curl.name


@pytest.fixture(scope="module")
def client(endpoint):
    client = Curl(endpoint)
    yield client
    client.close()


def test_answers_as_aws_does(case, play):
    play(case)
