"""Debian's python3-boto3, as a client of the table."""

import os

import boto3
import botocore.config
import botocore.exceptions

from play import Answer
from wire import MODEL, to_blobs, to_wire

CONFIG = botocore.config.Config(
    parameter_validation=False,  # the server is what is tested
    retries={"total_max_attempts": 1},
)


class Boto3:
    name = "boto3"

    def __init__(self, endpoint):
        os.environ["AWS_DATA_PATH"] = str(MODEL)
        self.session = boto3.Session()  # which reads it once
        self.endpoint = endpoint
        self.clients = {}

    def client(self, region, who):
        if (region, who) not in self.clients:
            key_id, key, token = self.endpoint.credentials(who)
            self.clients[region, who] = self.session.client(
                "secretsmanager",
                endpoint_url=self.endpoint.url,
                region_name=region,
                aws_access_key_id=key_id,
                aws_secret_access_key=key,
                aws_session_token=token,
                verify=self.endpoint.ca,
                config=CONFIG,
            )
        return self.clients[region, who]

    def call(self, action, given, region, who):
        client = self.client(region, who)
        try:
            reply = client._make_api_call(action, to_blobs(given))
        except botocore.exceptions.ClientError as error:
            return self.refusal(error)
        meta = reply.pop("ResponseMetadata")
        return Answer(
            meta["HTTPStatusCode"], to_wire(reply), headers=meta["HTTPHeaders"]
        )

    def refusal(self, error):
        told, meta = error.response["Error"], error.response["ResponseMetadata"]
        return Answer(
            meta["HTTPStatusCode"],
            kind=told["Code"],
            message=told["Message"],
            headers=meta["HTTPHeaders"],
        )

    def close(self):
        for client in self.clients.values():
            client.close()
