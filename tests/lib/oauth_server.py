"""An OAuth 2.0 server for a test: npm's oidc-provider behind
oauth_server.mjs, over http and https.

    with OAuthServer() as server:
        server.start()
        secret = server.secret("basic")     # a fresh grant of that client
        server.fault("drop")                # the next token request
        assert server.seen()["token"] == 1  # since the last seen()
"""

import json
import pathlib
import shutil
import urllib.error
import urllib.parse
import urllib.request

from postgres_server import make_authority, make_certificate
from server import NODE_MODULES, Server, free_port, new_password

# Identifiers and secrets as nasty as RFC 6749's VSCHAR allows.
CLIENTS = {
    "basic": ("basic:client+1", "client_secret_basic", "s%cret:+ &/=?" + "~"),
    "post": ("post client&2", "client_secret_post", 'p%=&"+'),
    "none": ("public-client", "none", None),
}


class OAuthServer(Server):
    name = "oauth"

    def __init__(self):
        super().__init__()
        self.tls_port = free_port()
        self.clients = {
            word: (client, auth, secret and secret + new_password())
            for word, (client, auth, secret) in CLIENTS.items()
        }
        make_authority(self.dir)
        make_authority(self.dir, "other")
        make_certificate(self.dir, "IP:127.0.0.1")
        for file in self.dir.iterdir():
            self.own(file, 0o600)
        shutil.copy(pathlib.Path(__file__).with_suffix(".mjs"), self.dir)
        self.own(self.dir / "oauth_server.mjs", 0o600)

    def env(self):
        clients = [
            {
                "client_id": client,
                "token_endpoint_auth_method": auth,
                **({"client_secret": secret} if secret else {}),
            }
            for client, auth, secret in self.clients.values()
        ]
        return {
            **super().env(),
            "NODE_MODULES": str(NODE_MODULES),
            "NODE_NO_WARNINGS": "1",
            "CLIENTS": json.dumps(clients),
        }

    def start_command(self):
        return [
            "node", self.dir / "oauth_server.mjs", self.port, self.tls_port,
            self.dir / "server.key", self.dir / "server.crt",
        ]  # fmt: skip

    def url(self, path="/token"):
        return f"http://127.0.0.1:{self.port}{path}"

    def tls_url(self, path="/token"):
        return f"https://127.0.0.1:{self.tls_port}{path}"

    def ask(self, path, body=None):
        request = urllib.request.Request(
            self.url(path), data=json.dumps(body or {}).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def ready(self):
        return self.seen() is not None

    def seen(self):
        return self.ask("/test/seen")

    def fault(self, kind, times=1):
        self.ask("/test/fault", {"kind": kind, "times": times})

    def secret(self, word="basic", access_token=False, **more):
        """A secret's value with a grant that a person just gave."""
        client, auth, secret = self.clients[word]
        asked = {"client": client, "accessToken": access_token}
        return {
            "token_endpoint": self.url(),
            "introspection_endpoint": self.url("/token/introspection"),
            "client_id": client,
            **({"client_secret": secret} if secret else {}),
            "client_auth": auth,
            **self.ask("/test/mint", asked),
            **more,
        }

    def present(self, secret):
        """Presents the secret's refresh token without any care, as a blind
        retry would: (status, reply)."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": secret["refresh_token"],
            "client_id": secret["client_id"],
            "client_secret": secret.get("client_secret", ""),
        }
        request = urllib.request.Request(
            secret["token_endpoint"], data=urllib.parse.urlencode(form).encode()
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as failure:
            return failure.code, json.load(failure)

    def works(self, access_token):
        """Does an API take the access token?"""
        request = urllib.request.Request(
            self.url("/api/me"),
            headers={"Authorization": f"Bearer {access_token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20):
                return True
        except urllib.error.HTTPError as failure:
            assert failure.code == 401
            return False
