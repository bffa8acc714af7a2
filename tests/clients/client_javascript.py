"""npm's @aws-sdk/client-secrets-manager, as a client of the table: one Node
process, fed with lines of JSON."""

import json
import os
import pathlib
import subprocess

import server
from play import Answer

PROGRAM = pathlib.Path(__file__).with_name("client_javascript.mjs")
SDK = server.NODE_MODULES / "@aws-sdk" / "client-secrets-manager"


class JavaScript:
    name = "javascript"

    def __init__(self, endpoint):
        self.endpoint = endpoint
        env = {
            **os.environ,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": endpoint.url,
        }
        if endpoint.ca:
            env["NODE_EXTRA_CA_CERTS"] = str(endpoint.ca)
        main = json.loads((SDK / "package.json").read_text())["main"]
        self.process = subprocess.Popen(
            ["node", str(PROGRAM), str(SDK / main)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )

    def call(self, action, given, region, who):
        key_id, key, token = self.endpoint.credentials(who)
        credentials = {"accessKeyId": key_id, "secretAccessKey": key}
        if token:
            credentials["sessionToken"] = token
        request = {
            "action": action,
            "input": given,
            "region": region,
            "credentials": credentials,
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        assert "broken" not in reply, f"{request}\n{reply['broken']}"
        return Answer(**reply)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
