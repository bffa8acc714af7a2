"""GET /metrics of a keyturnd that works: what Prometheus's own checker says,
and that the numbers are those of what was done."""

import http.client
import pathlib
import re
import subprocess

import pytest

import server
from keyturn_server import ApiError
from rotation_case import Secret, fast_server


@pytest.fixture(scope="module")
def keyturn():
    with fast_server(metrics_listen="127.0.0.1:0") as k:
        good = Secret(k)
        good.rotated()
        busy = Secret(k, fail={"set": "BUSY", "times": 2})
        busy.rotated()
        good.rules(ScheduleExpression="rate(4 hours)")
        for _ in range(5):
            k.call("GetSecretValue", {"SecretId": good.name})
        with pytest.raises(ApiError):
            k.call("GetSecretValue", {"SecretId": "no/such"})
        k.names = (good.name, busy.name)
        yield k
        assert "Sanitizer" not in k.log_text()


def port(k):
    return k.wait_for(lambda: k.events("listening"))[-1]["port"]


def page(k, path="/metrics", method="GET"):
    c = http.client.HTTPConnection("127.0.0.1", port(k), timeout=30)
    c.request(method, path)
    reply = c.getresponse()
    text = reply.read().decode()
    c.close()
    return reply.status, reply.headers["Content-Type"], text


def value(text, sample):
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.M)
    assert found, f"{sample} is not in\n{text}"
    return float(found.group(1))


def test_promtool_has_nothing_to_say(keyturn):
    fetched = subprocess.run(
        [pathlib.Path(server.__file__).with_name("fetch-promtool")],
        capture_output=True, text=True)
    if fetched.returncode == 77:
        pytest.skip(f"needs promtool: {fetched.stderr.strip()}")
    assert fetched.returncode == 0, fetched.stderr
    done = subprocess.run([fetched.stdout.strip(), "check", "metrics"],
                          input=page(keyturn)[2], capture_output=True,
                          text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_requests_are_counted(keyturn):
    status, kind, text = page(keyturn)
    assert status == 200 and kind.startswith("text/plain; version=0.0.4")
    get = 'action="secretsmanager.GetSecretValue"'
    assert value(text, f'keyturn_api_requests_total{{{get},result="ok"}}') >= 5
    assert value(
        text, f'keyturn_api_requests_total{{{get},result="refused"}}') == 1
    name = "keyturn_api_request_duration_seconds"
    count = value(text, f"{name}_count{{{get}}}")
    assert value(text, f'{name}_bucket{{{get},le="+Inf"}}') == count
    assert 0 < value(text, f"{name}_sum{{{get}}}") < 60


def test_rotations_are_counted(keyturn):
    text = page(keyturn)[2]
    steps = 'rotator="memory-single-user",step="setSecret"'
    total = "keyturn_rotation_steps_total"
    assert value(text, f'{total}{{{steps},class="OK"}}') == 2
    assert value(text, f'{total}{{{steps},class="BUSY"}}') == 2
    # The second BUSY, and the OK after it.
    retries = "keyturn_rotation_retries_total"
    assert value(text, f'{retries}{{{steps},class="BUSY"}}') == 1
    assert value(text, f'{retries}{{{steps},class="OK"}}') == 1
    rotator = '{rotator="memory-single-user"}'
    assert 0 <= value(
        text, f"keyturn_rotation_last_success_age_seconds{rotator}") < 300
    assert 0 < value(text, f"keyturn_rotation_next_seconds{rotator}") <= 14400
    assert value(text, f"keyturn_rotation_lateness_seconds{rotator}") == 0
    assert value(text, f"keyturn_rotator_secrets{rotator}") == 2
    assert value(text, "keyturn_rotations_failed") == 0


def test_what_it_did_by_itself_is_counted(keyturn):
    told = 'keyturn_events_total{event="Rotation%s"}'
    keyturn.wait_for(
        lambda: value(page(keyturn)[2], told % "Succeeded") == 2)
    text = page(keyturn)[2]
    assert value(text, told % "Started") == 2
    assert value(text, told % "Failed") == 0


def test_the_audit_trail_is_watched(keyturn):
    text = page(keyturn)[2]
    assert value(text, "keyturn_audit_records_total") > 10
    assert value(text, "keyturn_audit_failures_total") == 0
    assert value(text, "keyturn_audit_failing") == 0


def test_no_secret_is_named(keyturn):
    text = page(keyturn)[2]
    for name in keyturn.names:
        assert name not in text


def test_the_listener_has_nothing_else(keyturn):
    assert page(keyturn, "/")[0] == 404
    assert page(keyturn, "/metrics", "POST")[0] == 405
    assert page(keyturn, "/health")[0] == 404
