"""Development mode: one access key that is the same everywhere, for unmodified
AWS clients over TCP, and a mark that keeps it away from other stores."""

import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest

import keyturn_server

KEY_ID = "AKIDKEYTURNDEVROOT00"
KEY = "keyturn-development-root-not-a-secret-00"
DEV = {"KEYTURN_DEV": "1"}


def server(environment=DEV):
    k = keyturn_server.KeyturnServer(environment=environment)
    k.write_settings(listen=f"127.0.0.1:{k.port}")
    return k


def url(k):
    return f"http://127.0.0.1:{k.port}"


def client(k, key_id=KEY_ID, key=KEY, region="us-east-1"):
    return boto3.client(
        "secretsmanager",
        endpoint_url=url(k),
        region_name=region,
        aws_access_key_id=key_id,
        aws_secret_access_key=key,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def refusal(call):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call()
    return failure.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def dev():
    with server() as k:
        yield k


def test_the_known_key_may_do_everything(dev):
    aws = client(dev)
    aws.create_secret(Name="a/known", SecretString="of no worth")
    got = aws.get_secret_value(SecretId="a/known")
    assert got["SecretString"] == "of no worth"
    assert dev.call("keyturn.Status")["Dev"] is True


def test_what_people_write_where_anything_will_do_is_a_key_too(dev):
    client(dev, "test", "test").list_secrets()
    assert refusal(client(dev, "test", "tset").list_secrets) == "InvalidSignatureException"


def test_the_log_says_it_loudly(dev):
    said = dev.wait_event("DEVELOPMENT_MODE")
    assert said["level"] == "warn" and said["access_key_id"] == KEY_ID
    assert KEY not in dev.log_text()


def test_another_secret_key_is_refused(dev):
    aws = client(dev, key=KEY[:-1] + "1")
    assert refusal(aws.list_secrets) == "InvalidSignatureException"


def test_another_access_key_is_refused(dev):
    aws = client(dev, key_id="AKIDKEYTURNDEVROOT01")
    assert refusal(aws.list_secrets) == "UnrecognizedClientException"


def test_another_region_is_refused(dev):
    aws = client(dev, region="eu-west-1")
    assert refusal(aws.list_secrets) == "InvalidSignatureException"


def test_an_unsigned_request_is_refused(dev):
    request = urllib.request.Request(
        url(dev),
        b"{}",
        {"X-Amz-Target": "secretsmanager.ListSecrets"},
    )
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(request)
    assert failure.value.code == 400
    assert b"MissingAuthenticationToken" in failure.value.read()


def test_the_key_and_the_secrets_survive_a_restart():
    with server() as k:
        client(k).create_secret(Name="kept", SecretString="s")
        k.stop()
        k.start()
        got = client(k).get_secret_value(SecretId="kept")
        assert got["SecretString"] == "s"


def test_without_development_mode_nobody_knows_the_key():
    with server(environment={}) as k:
        assert refusal(client(k).list_secrets) == "UnrecognizedClientException"


def test_a_store_of_development_mode_opens_without_it_and_forgets_the_key():
    with server() as k:
        client(k).create_secret(Name="kept", SecretString="s")
        k.stop()
        k.environment = {}
        k.start()
        assert refusal(client(k).list_secrets) == "UnrecognizedClientException"
        assert k.secret("kept") == "s"


def test_development_mode_opens_no_store_of_init():
    with server(environment={}) as k:
        k.stop()
        k.environment = DEV
        with pytest.raises(RuntimeError, match="was not made in development mode"):
            k.start()
        assert k.process is None
