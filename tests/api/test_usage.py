"""Metering: calls by principal, action and month; secrets for as long as they
were held; the price at AWS."""

import json
import time

import pytest

import aws_client
from keyturn_server import ApiError, KeyturnServer

ROOT = "arn:aws:iam::000000000000:root"


def usage(keyturn, **body):
    return keyturn.call("keyturn.GetUsage", body)


def calls(reply, action, principal=ROOT):
    return sum(c["Calls"] for c in reply["Calls"]
               if (c["Principal"], c["Action"]) == (principal, action))


def month_of(seconds):
    return time.strftime("%Y-%m", time.gmtime(seconds))


def test_calls_are_counted_refused_ones_too():
    with KeyturnServer() as k:
        before = usage(k)
        k.call("CreateSecret", {"Name": "a", "SecretString": "v"})
        for _ in range(7):
            k.call("GetSecretValue", {"SecretId": "a"})
        with pytest.raises(ApiError):
            k.call("GetSecretValue", {"SecretId": "no/such"})
        after = usage(k)
        assert calls(after, "secretsmanager:GetSecretValue") == 8
        assert calls(after, "secretsmanager:CreateSecret") == 1
        assert calls(after, "keyturn:GetUsage") == calls(
            before, "keyturn:GetUsage") + 1  # this one is not in yet
        assert after["BilledCalls"] == 9
        assert after["TotalCalls"] > 9
        assert after["Month"] == month_of(time.time())
        k.stop()
        k.start()
        assert calls(usage(k), "secretsmanager:GetSecretValue") == 8


def test_who_is_unknown_is_not_metered():
    k = KeyturnServer(environment={"KEYTURN_DEV": "1"})
    k.write_settings(listen=f"127.0.0.1:{k.port}")
    with k:
        wrong = aws_client.client(f"http://127.0.0.1:{k.port}",
                                  ("test", "wrong"))
        aws_client.refusal(wrong.list_secrets)
        assert calls(usage(k), "secretsmanager:ListSecrets") == 0


def test_users_are_counted_apart():
    k = KeyturnServer(environment={"KEYTURN_DEV": "1"})
    k.write_settings(listen=f"127.0.0.1:{k.port}")
    with k:
        k.call("keyturn.CreateUser", {"UserName": "anna"})
        made = json.dumps(k.call("keyturn.CreateAccessKey",
                                 {"UserName": "anna"}))
        key = (made.split('"AccessKeyId": "')[1].split('"')[0],
               made.split('"SecretAccessKey": "')[1].split('"')[0])
        anna = aws_client.client(f"http://127.0.0.1:{k.port}", key)
        code, _ = aws_client.refusal(anna.get_secret_value, SecretId="a")
        assert code == "AccessDeniedException"
        reply = usage(k)
        assert calls(reply, "secretsmanager:GetSecretValue",
                     "arn:aws:iam::000000000000:user/anna") == 1


def test_secrets_cost_by_the_hour_and_calls_by_the_ten_thousand():
    with KeyturnServer(clock=True) as k:
        # To the first of a month, so that a month is a month.
        start = time.gmtime(k.now())
        ahead = (start.tm_year + start.tm_mon // 12, start.tm_mon % 12 + 1)
        k.advance(time.mktime((*ahead, 1, 0, 0, 0, 0, 0, 0)) - time.timezone
                  - k.now() + 5)
        for i in range(3):
            k.call("CreateSecret", {"Name": f"s{i}", "SecretString": "v"})
        k.call("DeleteSecret", {"SecretId": "s2"})  # costs nothing from now on
        first = usage(k)
        month = month_of(k.now())
        assert first["Month"] == month
        assert first["SecretMonths"] < 0.001
        k.advance(31 * 86400)
        reply = usage(k, Month=month)
        assert reply["SecretMonths"] == pytest.approx(2, abs=0.001)
        assert reply["SecretsPrice"] == pytest.approx(0.80, abs=0.001)
        assert reply["CallsPrice"] == pytest.approx(
            reply["BilledCalls"] / 10000 * 0.05, abs=1e-6)
        assert reply["Price"] == pytest.approx(
            reply["SecretsPrice"] + reply["CallsPrice"], abs=1e-5)
        assert reply["Currency"] == "USD"
        assert usage(k)["Month"] != month


def test_a_month_is_a_year_and_a_month():
    with KeyturnServer() as k:
        assert usage(k, Month="1999-12")["Calls"] == []
        for month in ("2026", "2026-13", "2026-00", "26-1", "2026-1", "x",
                      "2026-011", 202611):
            with pytest.raises(ApiError) as refusal:
                usage(k, Month=month)
            assert refusal.value.status == 400
