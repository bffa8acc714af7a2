"""rotators/oauth when replies are lost, servers fail and processes die: the
real server behaves badly on request, and counts what it was sent."""

import json
import socket
import threading

import pytest

from oauth_case import oauth, server  # noqa: F401 (fixtures)
from server import new_password

REAUTH = "REAUTH_REQUIRED"


def note_of(state):
    return state["saved"].split(" ")[0]


# ---- crashes --------------------------------------------------------------


def test_crash_after_the_reply_was_noted_needs_no_second_exchange(oauth):
    state = oauth.ok("create", oauth.state())
    stored = state.pop("AWSPENDING")  # this is what that crash leaves behind
    assert note_of(state) == "reply"
    assert oauth.server.seen()["token"] == 1
    result, state = oauth.run("create", state)
    assert result["class"] == "OK" and not result["mutating"]
    assert state["AWSPENDING"] == stored
    assert 2600 < result["due_in"] <= 2700
    assert oauth.server.seen()["token"] == 0
    oauth.rotate(state)
    assert oauth.server.seen()["revoked"] == 0


def test_noted_reply_expires_from_when_it_came(oauth):
    state = oauth.ok("create", oauth.state())
    del state["AWSPENDING"]
    kind, length, rest = state["saved"].split(" ", 2)
    came, rest = rest.split("\n", 1)
    came = int(came) - 1800  # the engine was down for half an hour
    state["saved"] = f"{kind} {length} {came}\n{rest}"
    result, state = oauth.run("create", state)
    assert int(state["AWSPENDING"]["expires_at"]) == came + 3600
    assert 1300 < result["due_in"] <= 1350


def test_crash_in_flight_before_the_server_had_it(oauth):
    """A process that died in flight; the token was not spent."""
    state = oauth.state()
    token = state["AWSCURRENT"]["refresh_token"]
    state["saved"] = f"spending {len(token)} 0\n{token}"
    state = oauth.rotate(state)
    assert oauth.server.works(state["AWSCURRENT"]["access_token"])
    assert oauth.server.seen()["token"] == 1


def test_crash_in_flight_after_the_server_spent_it(oauth):
    state = oauth.state()
    old = dict(state["AWSCURRENT"])
    oauth.server.fault("hold")
    held = []

    def is_held():
        held.append(oauth.server.seen()["held"])
        return any(held)

    state = oauth.killed("create", state, is_held)
    assert note_of(state) == "spending" and "AWSPENDING" not in state
    assert state["AWSCURRENT"] == old
    result, state = oauth.run("create", state)
    assert (result["class"], result["code"]) == (REAUTH, "grant-lost")
    assert "consent again" in result["message"]
    seen = oauth.server.seen()
    assert seen["token"] == 1 and seen["revoked"] >= 1


def test_crash_in_flight_heals_where_the_server_has_a_reuse_grace(oauth):
    state = grace_state(oauth)
    oauth.server.fault("hold")
    held = []

    def is_held():
        held.append(oauth.server.seen()["held"])
        return any(held)

    state = oauth.killed("create", state, is_held)
    state = oauth.rotate(state)
    oauth.rotate(state)


def test_note_of_another_grant_is_not_ours(oauth):
    """A person put a new grant in while the rotation was waiting."""
    state = oauth.ok("create", oauth.state())
    del state["AWSPENDING"]
    state["AWSCURRENT"] = oauth.server.secret()
    fresh = state["AWSCURRENT"]["refresh_token"]
    result, state = oauth.run("create", state)
    assert result["class"] == "OK" and result["mutating"]
    assert any("replaced" in line["text"] for line in result["log"])
    assert state["AWSPENDING"]["refresh_token"] != fresh
    oauth.rotate(state)


@pytest.mark.parametrize("saved", [
    "", "x", "reply", "reply 5", "reply 5 5", "reply 99999 1\nabc",
    "unheard-of 0 0\n", "reply -1 0\nabc", "spending 18446744073709551615 0\n",
])  # fmt: skip
def test_note_that_is_not_ours(oauth, saved):
    state = {**oauth.state(), "saved": saved}
    result, _ = oauth.run("create", state)
    assert (result["class"], result["code"]) == ("CONFIG", "note-invalid")
    assert oauth.server.seen()["token"] == 0


# ---- lost replies ---------------------------------------------------------


def grace_state(oauth):
    token = "grace-" + new_password()
    oauth.server.ask("/test/grace", {"refresh_token": token})
    return oauth.state(
        token_endpoint=oauth.server.url("/grace/token"),
        introspection_endpoint="",
        refresh_token=token,
    )


@pytest.mark.parametrize("kind", ["drop", "truncate"])
def test_lost_reply_is_retried_once_at_once(oauth, kind):
    oauth.server.fault(kind)
    result, state = oauth.run("create", grace_state(oauth))
    assert result["class"] == "OK"
    assert any("once more" in line["text"] for line in result["log"])
    assert oauth.server.seen()["token"] == 2
    oauth.rotate(state)


@pytest.mark.parametrize("kind", ["drop", "truncate"])
def test_lost_reply_without_grace_costs_the_grant_and_is_told(oauth, kind):
    oauth.server.fault(kind)
    result, state = oauth.run("create", oauth.state())
    assert (result["class"], result["code"]) == (REAUTH, "grant-lost")
    assert "AWSPENDING" not in state
    seen = oauth.server.seen()
    assert seen["token"] == 2 and seen["revoked"] >= 1


def test_reply_lost_before_the_server_had_the_request(oauth):
    oauth.server.fault("drop-before")
    state = oauth.rotate(oauth.state())
    assert oauth.server.works(state["AWSCURRENT"]["access_token"])
    assert oauth.server.seen()["token"] == 2


def test_two_lost_replies_end_the_retries(oauth):
    state = oauth.state(introspection_endpoint="")
    oauth.server.fault("drop-before", 2)
    result, state = oauth.run("create", state)
    assert (result["class"], result["code"]) == ("AMBIGUOUS", "reply-lost")
    assert note_of(state) == "spending-retry"
    assert oauth.server.seen()["token"] == 2
    for _ in range(3):
        result, state = oauth.run("create", state)
        assert (result["class"], result["code"]) == (REAUTH, "grant-unknown")
    assert oauth.server.seen()["token"] == 0
    del state["saved"]  # a person rotates again, as the message says
    oauth.rotate(state)


def test_introspection_decides_after_two_lost_replies(oauth):
    oauth.server.fault("drop-before", 2)
    result, state = oauth.run("create", oauth.state())
    assert result["class"] == "AMBIGUOUS"
    state = oauth.rotate(state)  # the server says: active, so it goes on
    assert oauth.server.works(state["AWSCURRENT"]["access_token"])

    spent = oauth.ok("create", oauth.state())
    del spent["AWSPENDING"]
    token = spent["AWSCURRENT"]["refresh_token"]
    spent["saved"] = f"spending-retry {len(token)} 0\n{token}"
    oauth.server.seen()
    result, _ = oauth.run("create", spent)
    assert (result["class"], result["code"]) == (REAUTH, "grant-unknown")
    assert "not active" in result["message"]
    assert oauth.server.seen()["token"] == 0


def test_silent_server_ends_at_the_deadline(oauth):
    state = oauth.state()
    oauth.server.fault("hold")
    result, state = oauth.run("create", state, deadline_ms=3000)
    assert (result["class"], result["code"]) == ("AMBIGUOUS", "reply-lost")
    assert result["mutating"]
    assert 1500 < result["ms"] < 3000
    assert note_of(state) == "spending"
    assert oauth.server.seen()["token"] == 1


def test_too_little_time_spends_nothing(oauth):
    state = oauth.state()
    result, state = oauth.run("create", state, deadline_ms=1500)
    assert (result["class"], result["code"]) == ("BUSY", "too-late")
    assert not result["mutating"] and "saved" not in state
    assert oauth.server.seen()["token"] == 0


def test_listener_that_never_answers_tls(oauth):
    """Connected, but no handshake: the request cannot have been sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        state = oauth.state(token_endpoint=f"https://127.0.0.1:{port}/token")
        result, state = oauth.run("create", state, deadline_ms=3000)
    assert (result["class"], result["code"]) == ("UNREACHABLE", "unreachable")
    assert note_of(state) == "unspent"


def test_server_that_takes_no_more_than_the_request_line(oauth):
    """Some bytes were taken, then the connection broke: nobody can know."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        state = oauth.state(introspection_endpoint="",
                            token_endpoint=f"http://127.0.0.1:{port}/token")

        def serve():
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(16)

        thread = threading.Thread(target=serve)
        thread.start()
        result, state = oauth.run("create", state)
        thread.join(10)
    assert (result["class"], result["code"]) == ("AMBIGUOUS", "reply-lost")
    assert note_of(state) == "spending-retry"


# ---- answers --------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "class_", "code", "note"),
    [
        ("busy", "BUSY", "busy", "unspent"),
        ("too-many", "BUSY", "busy", "unspent"),
        ("redirect", "CONFIG", "redirect", "unspent"),
        ("unknown-error", "CONFIG", "reply-unexpected", "unspent"),
        ("failed", "AMBIGUOUS", "server-error", "spending"),
    ],
)
def test_refusals_that_do_not_spend(oauth, kind, class_, code, note):
    state = oauth.state()
    oauth.server.fault(kind)
    result, state = oauth.run("create", state)
    assert (result["class"], result["code"]) == (class_, code)
    assert note_of(state) == note
    assert oauth.server.seen()["token"] == 1  # one request, none followed
    assert "shiny" not in result["message"]
    if kind == "busy":
        assert "7 seconds" in result["message"]
    oauth.rotate(state)


def test_server_errors_may_be_waited_out(oauth):
    """A proxy whose server restarts answers 502: that is an answer, and does
    not use up the one retry that a lost reply has."""
    state = oauth.state(introspection_endpoint="")
    oauth.server.fault("failed", 6)
    for _ in range(6):
        result, state = oauth.run("create", state)
        assert result["class"] == "AMBIGUOUS"
        assert note_of(state) == "spending"
    oauth.rotate(state)


def test_refusal_gives_the_retry_back(oauth):
    state = oauth.state(introspection_endpoint="")
    token = state["AWSCURRENT"]["refresh_token"]
    state["saved"] = f"spending {len(token)} 0\n{token}"
    oauth.server.fault("busy", 3)
    for _ in range(3):
        result, state = oauth.run("create", state)
        assert result["class"] == "BUSY"
        assert note_of(state) == "spending"
    oauth.rotate(state)


def test_server_error_after_the_token_was_spent(oauth):
    oauth.server.fault("failed-after")
    result, state = oauth.run("create", oauth.state())
    assert result["class"] == "AMBIGUOUS"
    result, state = oauth.run("create", state)
    assert (result["class"], result["code"]) == (REAUTH, "grant-lost")


def test_redirect_takes_no_token_along(oauth):
    state = oauth.state(refresh_token="plain-" + new_password())
    oauth.server.fault("redirect")  # to an endpoint that would take it
    assert oauth.refused("create", state) == ("CONFIG", "redirect")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("large", "reply-too-large"),
        ("html", "reply-invalid"),
        ("bytes", "reply-invalid"),
        ("empty", "reply-invalid"),
    ],
)
def test_success_that_is_none(oauth, kind, code):
    oauth.server.fault(kind)
    result, state = oauth.run("create", oauth.state())
    assert (result["class"], result["code"]) == ("CONFIG", code)
    assert "AWSPENDING" not in state
    assert "log in" not in json.dumps(result)
    assert oauth.server.seen()["token"] == 1


def test_invalid_reply_is_not_asked_for_twice(oauth):
    oauth.server.fault("html")
    _, state = oauth.run("create", oauth.state())
    assert note_of(state) == "reply"
    assert oauth.refused("create", state) == ("CONFIG", "reply-invalid")
    assert oauth.server.seen()["token"] == 1


def test_error_inside_of_a_success(oauth):
    oauth.server.fault("error-in-200")
    assert oauth.refused("create", oauth.state()) == (REAUTH, "invalid-grant")


def test_server_that_quotes_the_token(oauth):
    """The case's own search for tokens is the test; this shows that the rest
    of the description is still there."""
    oauth.server.fault("echo")
    result, _ = oauth.run("create", oauth.state())
    assert result["code"] == "invalid-grant"
    assert "(the token ... and ... are not good)" in result["message"]


def test_introspection_that_fails_says_nothing_about_the_token(oauth):
    state = oauth.ok("create", oauth.state())
    pending = state["AWSPENDING"]
    pending["introspection_endpoint"] = oauth.server.url("/api/me")
    assert oauth.refused("test", state)[0] == "CONFIG"
    pending["introspection_endpoint"] = "http://127.0.0.1:1/"
    assert oauth.refused("test", state)[0] == "UNREACHABLE"
    pending["introspection_endpoint"] = oauth.server.url("/token/introspection")
    pending["client_secret"] = "wrong"
    assert oauth.refused("test", state) == ("CONFIG", "invalid-client")
