"""AWS's own client library (boto3) against a keyturnd of the tests."""

import json
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest

REGION = "us-east-1"


def client(url, key, service="secretsmanager", region=REGION, **more):
    """`key`: (id, secret), or with a session token behind them."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        aws_session_token=key[2] if len(key) > 2 else None,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, parameter_validation=False
        ),
        **more,
    )


def refusal(call, **arguments):
    """The error that the call must end with, as (code, message)."""
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(**arguments)
    error = failure.value.response["Error"]
    return error["Code"], error["Message"]


def sign(url, key, target, body, region=REGION, service="secretsmanager"):
    """Headers and body of a request as botocore signs it, whatever its
    model knows of the target."""
    text = json.dumps(body)
    request = botocore.awsrequest.AWSRequest(
        "POST", url, data=text,
        headers={"Content-Type": "application/x-amz-json-1.1",
                 "X-Amz-Target": target})
    credentials = botocore.credentials.Credentials(*key)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return {**request.headers, "Host": urllib.parse.urlsplit(url).netloc}, text
