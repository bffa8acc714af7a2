"""Where the clients are sent: a keyturnd behind TLS, with an authority that
only they trust, and users of its own.

    with Endpoint(folder) as endpoint:
        endpoint.url, endpoint.ca, endpoint.credentials("root")
"""

import pathlib

import principals
from certificates import Authority
from keyturn_server import KeyturnServer

REGION = "us-east-1"
REGION2 = "eu-west-1"


class Endpoint:
    """folder: for what the clients need besides."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.keyturn = KeyturnServer()
        authority = Authority(self.keyturn.dir)
        self.ca = authority.path
        cert, key = authority.issue("server")
        self.keyturn.write_settings(
            listen="127.0.0.1:0 tls",
            tls_cert=cert,
            tls_key=key,
            replica_regions=REGION2,
        )

    def __enter__(self):
        self.keyturn.__enter__()
        port = self.keyturn.wait_event("ready")["port"]
        self.url = f"https://127.0.0.1:{port}"
        self.kms_key = self.keyturn.call(
            "keyturn.CreateKey", {"Alias": "alias/clients"}
        )["Key"]["ARN"]
        keys = principals.make_users(self.keyturn)
        principals.make_role(self.keyturn)
        sts = principals.sts(self.url, self.ca, keys["root"])
        keys |= principals.make_sessions(sts)
        key_id, key, _ = keys["root"]
        keys["forger"] = (key_id, key[::-1], None)
        keys["stranger"] = ("AKIAABCDEFGHIJKLMNOP", key, None)
        self.keys = keys
        return self

    def __exit__(self, *failure):
        return self.keyturn.__exit__(*failure)

    def credentials(self, who):
        """Access key id, secret access key, session token or None."""
        return self.keys[who]

    def environment(self, who="root"):
        """What a client of AWS's is told by its environment, as README.md
        says it."""
        key_id, key, token = self.credentials(who)
        env = {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.url,
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": key,
            "AWS_CA_BUNDLE": str(self.ca),
            "NODE_EXTRA_CA_CERTS": str(self.ca),
            "SSL_CERT_FILE": str(self.ca),
        }
        return {**env, "AWS_SESSION_TOKEN": token} if token else env
