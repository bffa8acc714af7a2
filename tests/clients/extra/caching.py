"""PyPI's aws-secretsmanager-caching: what it holds is fresh after its time."""

import os
import time

import boto3
from aws_secretsmanager_caching import SecretCache, SecretCacheConfig

NAME = "extra/caching"
REFRESH = 1  # seconds, its least


def want(fact, what):
    assert fact, what
    print("ok", what)


client = boto3.client(
    "secretsmanager",
    endpoint_url=os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"],
)
client.create_secret(Name=NAME, SecretString="one")
cache = SecretCache(
    SecretCacheConfig(secret_refresh_interval=REFRESH), client=client
)
want(cache.get_secret_string(NAME) == "one", "the first read")
client.put_secret_value(SecretId=NAME, SecretString="two")
time.sleep(REFRESH + 0.1)  # it looks at the wall clock
want(cache.get_secret_string(NAME) == "two", "the new value is seen")
want(
    cache.get_secret_string(NAME, version_stage="AWSPREVIOUS") == "one",
    "and the one before",
)
try:
    cache.get_secret_string("extra/none")
    want(False, "an unknown secret is refused")
except client.exceptions.ResourceNotFoundException:
    want(True, "an unknown secret is refused")
client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
