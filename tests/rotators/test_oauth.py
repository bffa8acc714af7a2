"""rotators/oauth on a real server that rotates refresh tokens and punishes
their reuse.  Faults are in test_oauth_faults.py."""

import pytest

from oauth_case import oauth, server  # noqa: F401 (fixtures)
from oauth_server import free_port


@pytest.mark.parametrize("word", ["basic", "post", "none"])
def test_ten_rotations_in_a_row(oauth, word):
    state = oauth.state(word)
    tokens = {state["AWSCURRENT"]["refresh_token"]}
    for _ in range(10):
        state = oauth.rotate(state)
        current = state["AWSCURRENT"]
        tokens.add(current["refresh_token"])
        assert oauth.server.works(current["access_token"])
    assert len(tokens) == 11
    seen = oauth.server.seen()
    assert seen["token"] == 10 and seen["revoked"] == 0
    kind = {"basic": "Basic", "post": "post", "none": "none"}[word]
    assert seen["auth"] == [kind] * 10


def test_default_client_auth_follows_the_secret(oauth):
    for word, kind in (("basic", "Basic"), ("none", "none")):
        state = oauth.state(word)
        del state["AWSCURRENT"]["client_auth"]
        oauth.rotate(state)
        assert oauth.server.seen()["auth"] == [kind]


def test_pending_value_holds_what_came(oauth):
    state = oauth.state(scope="stays until the server says another")
    result, state = oauth.run("create", state)
    pending, current = state["AWSPENDING"], state["AWSCURRENT"]
    assert result["class"] == "OK" and result["mutating"]
    assert result["due_in"] == 2700  # 75 % of 3600
    assert pending["token_type"] == "Bearer"
    assert pending["scope"] == "openid offline_access email"
    assert pending["client_secret"] == current["client_secret"]
    assert abs(int(pending["expires_at"]) - oauth.now() - 3600) < 60
    result, _ = oauth.run("finish", state)
    assert 2600 < result["due_in"] <= 2700


def test_option_scope_is_asked_for(oauth):
    state = oauth.state(options={"scope": "openid email"})
    state = oauth.ok("create", state)
    assert state["AWSPENDING"]["scope"] == "openid email"
    assert oauth.server.seen()["params"] == [
        ["grant_type", "refresh_token", "scope"]
    ]
    state = oauth.state(options={"scope": "openid everything"})
    assert oauth.refused("create", state) == ("CONFIG", "invalid-scope")


def test_missing_refresh_token_keeps_the_old_one(oauth):
    state = oauth.state(
        token_endpoint=oauth.server.url("/plain/token"),
        introspection_endpoint="",
        refresh_token="plain-" + "a" * 30,
    )
    old = state["AWSCURRENT"]["refresh_token"]
    for _ in range(2):
        result, after = oauth.run("create", state)
        assert result["class"] == "OK" and result["due_in"] == 90
        assert any("stays in use" in line["text"] for line in result["log"])
        assert after["AWSPENDING"]["refresh_token"] == old
        state = oauth.rotate(state)


def test_second_create_does_not_exchange_again(oauth):
    state = oauth.ok("create", oauth.state())
    again = oauth.ok("create", state)
    assert again["AWSPENDING"] == state["AWSPENDING"]
    assert oauth.server.seen()["token"] == 1


def test_reuse_kills_the_family(oauth):
    """Why nothing here may retry blindly: the server is what we say it is."""
    state = oauth.rotate(oauth.state("post"))
    old, new = state["AWSPREVIOUS"], state["AWSCURRENT"]
    assert oauth.server.works(new["access_token"])
    status, reply = oauth.server.present(old)
    assert (status, reply["error"]) == (400, "invalid_grant")
    assert oauth.server.seen()["revoked"] >= 1
    assert not oauth.server.works(new["access_token"])
    assert oauth.refused("check", state) == (
        "REAUTH_REQUIRED", "grant-inactive")  # fmt: skip
    assert oauth.refused("create", state) == (
        "REAUTH_REQUIRED", "invalid-grant")  # fmt: skip


def test_introspection_says_inactive(oauth):
    state = oauth.ok("create", oauth.state())
    state["AWSPENDING"]["access_token"] = "never-was-one"
    assert oauth.refused("test", state) == ("AUTH", "access-token-inactive")


def test_probe_url(oauth):
    state = oauth.state(introspection_endpoint="",
                        probe_url=oauth.server.url("/api/me"))  # fmt: skip
    state = oauth.rotate(state)
    assert oauth.ok("test", state, stage="AWSCURRENT")
    state["AWSCURRENT"]["access_token"] = "never-was-one"
    assert oauth.refused("test", state, stage="AWSCURRENT") == (
        "AUTH", "access-token-refused")  # fmt: skip
    state["AWSCURRENT"]["access_token"] = "ends\r\nX-Header: here"
    assert oauth.refused("test", state, stage="AWSCURRENT") == (
        "CONFIG", "access-token")  # fmt: skip
    state["AWSCURRENT"]["access_token"] = "any"
    state["AWSCURRENT"]["probe_url"] = oauth.server.url("/nowhere")
    assert oauth.refused("test", state, stage="AWSCURRENT") == (
        "CONFIG", "probe-unexpected")  # fmt: skip


def test_without_an_endpoint_it_says_that_nothing_was_tested(oauth):
    state = oauth.ok("create", oauth.state(introspection_endpoint=""))
    result, _ = oauth.run("test", state)
    assert result["class"] == "OK"
    assert [line["level"] for line in result["log"]] == ["warn"]
    assert "nothing was tested" in result["log"][0]["text"]


def test_current_is_dead_once_its_token_is_spent(oauth):
    """Its access token still works: calling it good would make the engine
    drop the only refresh token there is."""
    state = oauth.state(access_token=True)
    assert oauth.ok("test", state, stage="AWSCURRENT")
    state = oauth.ok("create", state)
    assert oauth.server.works(state["AWSCURRENT"]["access_token"])
    assert oauth.refused("test", state, stage="AWSCURRENT") == (
        "AUTH", "token-spent")  # fmt: skip


def test_no_revert_and_no_retire(oauth):
    state = oauth.ok("create", oauth.state())
    for step in ("revert", "retire"):
        result, _ = oauth.run(step, state)
        assert result["class"] == "MISSING"
        assert "has no step" in result["message"]


def test_check_spends_nothing(oauth):
    state = oauth.state()
    for _ in range(3):
        result, after = oauth.run("check", state)
        assert result["class"] == "OK" and not result["mutating"]
        assert after["AWSCURRENT"] == state["AWSCURRENT"]
    assert oauth.server.seen()["token"] == 0
    oauth.rotate(state)


def test_check_warns_of_what_it_cannot_know(oauth):
    result, _ = oauth.run("check", oauth.state(introspection_endpoint=""))
    assert result["class"] == "OK"
    assert [line["level"] for line in result["log"]] == [
        "warn", "warn", "info"]  # fmt: skip


# ---- TLS ------------------------------------------------------------------


def tls_state(oauth, **more):
    return oauth.state(
        **{
            "token_endpoint": oauth.server.tls_url(),
            "introspection_endpoint":
                oauth.server.tls_url("/token/introspection"),
            **more,
        }
    )  # fmt: skip


def test_tls_with_an_authority_by_path_and_by_text(oauth):
    ca = oauth.server.dir / "ca.crt"
    for cafile in (str(ca), ca.read_text()):
        state = tls_state(oauth, cafile=cafile)
        oauth.ok("check", state)
        oauth.rotate(state)


def test_untrusted_server_gets_no_token(oauth):
    other = (oauth.server.dir / "other.crt").read_text()
    localhost = f"https://localhost:{oauth.server.tls_port}/token"
    ca = (oauth.server.dir / "ca.crt").read_text()
    for more in (
        {},
        {"cafile": other},
        {"cafile": ca, "token_endpoint": localhost},  # not in the certificate
    ):
        state = tls_state(oauth, **more)
        for step in ("check", "create"):
            assert oauth.refused(step, state) == ("CONFIG", "tls-untrusted")
    assert oauth.refused("check", tls_state(oauth, cafile="/no/such")) == (
        "CONFIG", "cafile")  # fmt: skip
    assert oauth.server.seen()["token"] == 0


def test_tls_to_a_plain_port_fails_before_the_token_is_sent(oauth):
    state = oauth.state(
        token_endpoint=f"https://127.0.0.1:{oauth.server.port}/token")
    result, after = oauth.run("create", state)
    assert (result["class"], result["code"]) == ("UNREACHABLE", "tls-failed")
    assert after["saved"].startswith("unspent ")


# ---- what a person may get wrong ------------------------------------------


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"token_endpoint": "http://id.example/token"}, "endpoint"),
        ({"token_endpoint": "http://127.0.0.1.example/t"}, "endpoint"),
        ({"token_endpoint": "http://127.evil/t"}, "endpoint"),
        ({"token_endpoint": "http://localhost@evil.example/t"}, "endpoint"),
        ({"token_endpoint": "https://a:b@id.example/token"}, "endpoint"),
        ({"token_endpoint": "https://id.example/token#x"}, "endpoint"),
        ({"token_endpoint": "ftp://id.example/token"}, "endpoint"),
        ({"token_endpoint": "file:///etc/passwd"}, "endpoint"),
        ({"token_endpoint": "id.example/token"}, "endpoint"),
        ({"token_endpoint": "https://id.example/a b"}, "endpoint"),
        ({"introspection_endpoint": "http://id.example/i"}, "endpoint"),
        ({"probe_url": "http://api.example/me"}, "endpoint"),
        ({"token_endpoint": None}, "field-missing"),
        ({"client_id": ""}, "field-missing"),
        ({"refresh_token": None}, "field-missing"),
        ({"client_secret": None}, "field-missing"),
        ({"client_auth": "private_key_jwt"}, "client-auth"),
    ],
)
def test_fields_that_cannot_work(oauth, more, code):
    state = oauth.state()
    state["AWSCURRENT"].update(more)
    for name in [n for n, v in more.items() if v is None]:
        del state["AWSCURRENT"][name]
    for step in ("check", "create"):
        assert oauth.refused(step, state) == ("CONFIG", code)


def test_wrong_client_secret_spends_nothing(oauth):
    state = oauth.state("basic")
    right = state["AWSCURRENT"]["client_secret"]
    state["AWSCURRENT"]["client_secret"] = "wrong"
    result, state = oauth.run("create", state)
    assert (result["class"], result["code"]) == ("CONFIG", "invalid-client")
    assert "client_secret" in result["message"]
    assert state["saved"].startswith("unspent ")
    state["AWSCURRENT"]["client_secret"] = right
    oauth.rotate(state)


def test_server_that_is_down(oauth):
    state = oauth.state()
    up = state["AWSCURRENT"]["token_endpoint"]
    down = f"http://127.0.0.1:{free_port()}/token"
    state["AWSCURRENT"]["token_endpoint"] = down
    for step in ("check", "create", "create", "create"):
        result, state = oauth.run(step, state)
        assert (result["class"], result["code"]) == (
            "UNREACHABLE", "unreachable")  # fmt: skip
    assert state["saved"].startswith("unspent ")
    state["AWSCURRENT"]["token_endpoint"] = up
    oauth.rotate(state)


def test_proxy_environment_is_ignored(oauth):
    dead = f"http://127.0.0.1:{free_port()}"
    env = {"http_proxy": dead, "all_proxy": dead, "HTTPS_PROXY": dead}
    oauth.ok("create", oauth.state(), env=env)
