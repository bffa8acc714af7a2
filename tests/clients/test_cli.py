"""Every case of the table through Debian's awscli."""

import pytest

from client_cli import Cli

CLIENT = Cli.name


@pytest.fixture(scope="module")
def client(endpoint):
    client = Cli(endpoint)
    yield client
    client.close()


def test_answers_as_aws_does(case, play):
    play(case)
