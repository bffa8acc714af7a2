"""Every case of the table through npm's @aws-sdk/client-secrets-manager."""

import pytest

from client_javascript import JavaScript

CLIENT = JavaScript.name


@pytest.fixture(scope="module")
def client(endpoint):
    client = JavaScript(endpoint)
    yield client
    client.close()


def test_answers_as_aws_does(case, play):
    play(case)
