"""The audit trail: one record for every request, allowed or refused, and for
what keyturnd does by itself; no answer without it; nothing secret in it."""

import base64
import json
import secrets
import stat
import subprocess
import threading

import pytest

import aws_client
from conftest import ModelServer
from keyturn_server import ApiError, KeyturnServer, UnixConnection
from rotation_case import Secret, fast_server

SERVICE = "secretsmanager.amazonaws.com"
ALWAYS = {
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName",
    "awsRegion", "sourceIPAddress", "requestParameters", "responseElements",
    "requestID", "eventID", "readOnly", "eventType", "managementEvent",
    "recipientAccountId", "eventCategory", "keyturn",
}
# What CloudTrail's documentation of record contents names besides.
MAYBE = {
    "userAgent", "errorCode", "errorMessage", "additionalEventData",
    "resources", "vpcEndpointId", "tlsDetails", "omitted",
}


def folder(keyturn):
    return keyturn.data / "audit"


def records(keyturn, name=None):
    """All of them, in order; with a name, those of that event."""
    lines = []
    for file in sorted(folder(keyturn).glob("audit-*.jsonl")):
        lines += [json.loads(line) for line in file.read_text().splitlines()]
    return [r for r in lines if name is None or r["eventName"] == name]


def whole(keyturn):
    found = keyturn.call("keyturn.VerifyAudit")
    assert found["Whole"], found["Findings"]
    return found


def raw(keyturn, target, body):
    """Status, answer and request id of a request as it is."""
    connection = UnixConnection(keyturn.socket)
    connection.request("POST", "/", body, {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, text, reply.headers["x-amzn-RequestId"]


def test_each_answer_has_its_record(keyturn):
    name = keyturn.create("value")
    asked = [
        ("secretsmanager.GetSecretValue", {"SecretId": name}, None),
        ("secretsmanager.DescribeSecret", {"SecretId": name}, None),
        ("secretsmanager.GetSecretValue", {"SecretId": "no/such"},
         "ResourceNotFoundException"),
        ("secretsmanager.GetSecretValue", {"SecretId": 7},
         "SerializationException"),
        ("secretsmanager.GetSecretValue", {}, "ValidationException"),
        ("secretsmanager.TagResource",
         {"SecretId": name, "Tags": [{"Key": "k", "Value": "v"}]}, None),
        ("keyturn.Status", {}, None),
    ]
    for target, body, error in asked:
        status, text, request = raw(keyturn, target, json.dumps(body))
        assert (status == 200) == (error is None), text
        r = next(x for x in records(keyturn) if x["requestID"] == request)
        assert ALWAYS <= r.keys() <= ALWAYS | MAYBE
        service = target.split(".")[0]
        assert r["eventSource"] == (SERVICE if service == "secretsmanager" else service)
        assert r["eventName"] == target.split(".")[1]
        assert r["eventType"] == "AwsApiCall"
        assert r["eventVersion"] == "1.11"
        assert r.get("errorCode") == error
        if error is not None:
            assert r["errorMessage"] == json.loads(text)["Message"]
        assert r["sourceIPAddress"].startswith("unix:uid=")
        assert r["userIdentity"]["type"] == "Root"
        assert r["readOnly"] == (not target.endswith("TagResource"))
    whole(keyturn)


def test_a_request_for_nothing_that_is_has_a_record_too(keyturn):
    for target in ("secretsmanager.Nonsense", "x", ""):
        status, _, request = raw(keyturn, target, "{}")
        assert status == 400
        r = records(keyturn)[-1]
        assert (r["requestID"], r["eventName"], r["errorCode"]) == (
            request, "UnknownOperation", "UnknownOperationException")
        assert r["userIdentity"] == {"type": "Unknown"}
        assert f"'{target}'" in r["errorMessage"]


def test_a_record_says_what_it_was_about(keyturn, token):
    name = keyturn.create("first")
    arn = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    keyturn.call("PutSecretValue", {"SecretId": name, "SecretString": "second",
                                    "ClientRequestToken": token})
    r = records(keyturn, "PutSecretValue")[-1]
    assert r["requestParameters"]["secretId"] == name
    assert r["requestParameters"]["clientRequestToken"] == token
    assert r["responseElements"] == {"arn": arn, "name": name,
                                     "versionId": token}
    assert r["resources"] == [{"accountId": r["recipientAccountId"],
                               "type": "AWS::SecretsManager::Secret",
                               "ARN": arn}]
    made = records(keyturn, "CreateSecret")[-1]
    assert made["requestParameters"]["name"] == name
    assert made["responseElements"]["arn"] == arn
    keyturn.call("GetSecretValue", {"SecretId": name, "VersionStage": "AWSPREVIOUS"})
    r = records(keyturn, "GetSecretValue")[-1]
    assert r["requestParameters"] == {"secretId": name,
                                      "versionStage": "AWSPREVIOUS"}
    assert r["responseElements"] is None


def test_aws_clients_are_named_and_refusals_too():
    k = KeyturnServer(environment={"KEYTURN_DEV": "1"})
    k.write_settings(listen=f"127.0.0.1:{k.port}")
    with k:
        url = f"http://127.0.0.1:{k.port}"
        good = aws_client.client(url, ("test", "test"))
        good.create_secret(Name="a", SecretString="s")
        r = records(k, "CreateSecret")[-1]
        assert r["userIdentity"]["accessKeyId"] == "test"
        assert r["userIdentity"]["type"] == "Root"
        assert r["sourceIPAddress"] == "127.0.0.1"
        assert "Boto3" in r["userAgent"]
        for key, code in ((("test", "wrong"), "InvalidSignatureException"),
                          (("AKIAUNKNOWN", "x"), "UnrecognizedClientException")):
            aws_client.refusal(aws_client.client(url, key).get_secret_value,
                               SecretId="a")
            r = records(k)[-1]
            assert (r["eventName"], r["errorCode"]) == ("GetSecretValue", code)
            assert r["userIdentity"]["type"] == "Unknown"
            assert r["userIdentity"]["accessKeyId"] == key[0]
        whole(k)


def service_events(keyturn, arn):
    return [r["eventName"] for r in records(keyturn)
            if r["eventType"] == "AwsServiceEvent"
            and r["additionalEventData"]["SecretId"] == arn]


def test_rotations_are_told():
    with fast_server() as k:
        good, bad = Secret(k), Secret(k, fail={"set": "DENIED"})
        version = good.rotate()
        good.rest()
        bad.rotate()
        bad.rest()
        k.wait_for(lambda: "RotationSucceeded" in service_events(k, good.arn)
                   and "RotationFailed" in service_events(k, bad.arn))
        assert service_events(k, good.arn) == ["RotationStarted",
                                               "RotationSucceeded"]
        assert service_events(k, bad.arn) == ["RotationStarted",
                                              "RotationFailed"]
        r = records(k, "RotationSucceeded")[0]
        assert r["userIdentity"] == {"accountId": r["recipientAccountId"],
                                     "invokedBy": SERVICE}
        assert r["sourceIPAddress"] == r["userAgent"] == SERVICE
        assert r["requestParameters"] is r["responseElements"] is None
        assert r["additionalEventData"] == {
            "SecretId": good.arn, "VersionId": version,
            "Rotator": "memory-single-user"}
        assert r["requestID"] == f"Rotation-{good.arn}-{version}"
        failed = records(k, "RotationFailed")[0]
        assert failed["additionalEventData"]["Step"] == "setSecret"
        assert failed["errorCode"]
        whole(k)


def test_deletions_are_told(keyturn):
    name = keyturn.create("v")
    arn = keyturn.call("DescribeSecret", {"SecretId": name})["ARN"]
    keyturn.call("DeleteSecret", {"SecretId": name, "RecoveryWindowInDays": 7})
    keyturn.call("RestoreSecret", {"SecretId": name})
    keyturn.call("DeleteSecret",
                 {"SecretId": name, "ForceDeleteWithoutRecovery": True})
    want = ["StartSecretVersionDelete", "CancelSecretVersionDelete",
            "EndSecretVersionDelete"]
    keyturn.wait_for(lambda: len(service_events(keyturn, arn)) == 3)
    assert service_events(keyturn, arn) == want


def test_a_secret_that_is_purged_by_time_is_told():
    with KeyturnServer(clock=True) as k:
        arn = k.call("CreateSecret", {"Name": "a", "SecretString": "v"})["ARN"]
        k.call("DeleteSecret", {"SecretId": "a", "RecoveryWindowInDays": 7})
        k.advance(7 * 86400 + 60)
        k.wait_for(lambda: service_events(k, arn)[-1:]
                   == ["EndSecretVersionDelete"])


# ---- nothing secret ----


def traces(value):
    """What a value can be found by: itself, its ends, in base64."""
    yield value.encode()
    yield value[:12].encode()
    for shift in range(3):
        yield base64.b64encode(b"x" * shift + value.encode())[4:-4]


def test_no_value_gets_in_whatever_is_sent():
    k = ModelServer()
    with k:
        canaries = {secrets.token_urlsafe(24) for _ in range(8)}
        a, b, c, d, e, f, g, h = sorted(canaries)
        name = k.create(json.dumps({"password": a}))
        k.call("PutSecretValue", {"SecretId": name, "SecretString": b})
        k.call("UpdateSecret", {"SecretId": name, "SecretBinary":
                                base64.b64encode(c.encode()).decode()})
        drawn = k.call("GetRandomPassword")["RandomPassword"]
        k.call("GetSecretValue", {"SecretId": name})
        k.call("BatchGetSecretValue", {"SecretIdList": [name]})
        # Refused ones: their message must not give it away, either.
        wrong = [
            ("PutSecretValue", {"SecretId": name, "SecretString": d * 3000}),
            ("PutSecretValue", {"SecretId": name, "SecretString": [e]}),
            ("PutSecretValue", {"SecretId": name, "SecretString": e,
                                "SecretBinary": "!" + f}),
            ("PutSecretValue", {"SecretId": name, "SecretBinary": "!" + f}),
            ("CreateSecret", {"Name": name, "SecretString": g}),
            ("CreateSecret", {"Name": "x y", "SecretString": g}),
            ("CreateSecret", {"Name": "z", "SecretString": {"a": g}}),
        ]
        for target, body in wrong:
            with pytest.raises(ApiError):
                KeyturnServer.call(k, target, body)
        for body in ('{"SecretString": "%s' % h, '{"%s": 1, "%s": 2}' % (h, h),
                     '"%s"' % h, h):
            status, _, _ = raw(k, "secretsmanager.PutSecretValue", body)
            assert status == 400
        key = k.call("keyturn.CreateUser", {"UserName": "u"}) and k.call(
            "keyturn.CreateAccessKey", {"UserName": "u"})
        known = canaries | {drawn, json.dumps(key).split('"SecretAccessKey":')[1]
                            .split('"')[1]}
        k.stop()
        files = [p for p in folder(k).rglob("*") if p.is_file()]
        assert len(files) == 3
        for file in files:
            content = file.read_bytes()
            for value in known:
                for trace in traces(value):
                    assert trace not in content, (file.name, value)


# ---- files ----


def test_files_are_ours_alone(keyturn):
    assert stat.S_IMODE(folder(keyturn).stat().st_mode) == 0o700
    names = set()
    for file in folder(keyturn).iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        names.add(file.name.split("-")[0])
    assert {"audit", "public"} <= names


def test_a_folder_that_others_may_read_is_refused():
    with KeyturnServer() as k:
        k.stop()
        folder(k).chmod(0o755)
        with pytest.raises(RuntimeError, match="run: chmod 700"):
            k.start()


def test_a_full_file_is_followed_by_another_and_signed():
    with KeyturnServer(settings={"audit_file_size": 1}) as k:
        k.call("CreateSecret", {"Name": "a", "SecretString": "v"})
        agent = "a" * 1900
        while len(list(folder(k).glob("audit-*"))) < 2:
            for _ in range(50):
                k.post('{"SecretId": "a"}', {"User-Agent": agent, "X-Amz-Target":
                                             "secretsmanager.DescribeSecret"})
        k.wait_for(lambda: (folder(k) / "digests.jsonl").exists())
        found = whole(k)
        assert found["Files"] >= 2 and found["Digests"] >= 1


# ---- crashes and cuts ----


def ask_until_killed(k, answered):
    while True:
        try:
            _, _, request = raw(k, "secretsmanager.DescribeSecret",
                                '{"SecretId": "a"}')
        except OSError:
            return
        except Exception:  # half an answer
            return
        answered.append(request)


def test_a_kill_loses_no_record_of_an_answer():
    with KeyturnServer() as k:
        k.call("CreateSecret", {"Name": "a", "SecretString": "v"})
        answered = []
        for _ in range(4):
            known = len(answered)
            askers = [threading.Thread(target=ask_until_killed,
                                       args=(k, answered)) for _ in range(4)]
            for asker in askers:
                asker.start()
            k.wait_for(lambda: len(answered) > known + 50)
            k.process.kill()
            k.process.wait()
            for asker in askers:
                asker.join()
            k.start()
            whole(k)
        told = {r.get("requestID") for r in records(k)}
        assert set(answered) <= told


@pytest.mark.parametrize("spoil", ["cut", "cut in a line", "change", "empty"])
def test_what_is_spoilt_while_it_is_down_is_told(spoil):
    with KeyturnServer() as k:
        for i in range(5):
            k.call("CreateSecret", {"Name": f"a{i}", "SecretString": "v"})
        k.stop()
        file = next(folder(k).glob("audit-*"))
        text = file.read_text()
        lines = text.splitlines(keepends=True)
        if spoil == "cut":
            text = "".join(lines[:-2])
        elif spoil == "cut in a line":
            text = text[:-40]
        elif spoil == "change":
            text = "".join(lines[:-1]) + lines[-1].replace("a4", "a5")
        else:
            text = ""
        file.write_text(text)
        k.start()
        assert k.wait_event("audit_trail_damaged")["next"]
        assert not k.call("keyturn.VerifyAudit")["Whole"]
        damaged = records_of_lines(file)
        assert "AuditTrailDamaged" in [r["eventName"] for r in damaged]
        k.stop()
        k.start()  # for ever
        assert not k.call("keyturn.VerifyAudit")["Whole"]


def records_of_lines(file):
    found = []
    for line in file.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue  # the piece that a cut left
    return found


# ---- no room ----


@pytest.fixture
def small(root):
    """The trail on a file system of its own, of one megabyte."""
    k = ModelServer(settings={"metrics_listen": "127.0.0.1:0"})
    audit = k.dir / "audit"
    audit.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "keyturn-test", audit],
        capture_output=True, text=True)
    if mounted.returncode != 0:
        k.close()
        pytest.skip(f"needs mount: {mounted.stderr.strip()}")
    k.own(audit, 0o700)
    k.write_settings(audit_dir=audit)
    try:
        with k:
            yield k
            k.stop()
            assert "Sanitizer" not in k.log_text()
    finally:
        k.stop()
        subprocess.run(["umount", "-l", audit], check=True)
        k.close()


def health(k):
    connection = UnixConnection(k.socket)
    connection.request("GET", "/health")
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, text


def ask_anything(k, target, body):
    """Only a fault of the server counts."""
    try:
        KeyturnServer.call(k, target, body)
    except ApiError as error:
        if error.status == 500:
            raise


def test_no_answer_without_its_record(small):
    k = small
    k.create("v", name="a")
    assert health(k) == (200, "ok\n")
    filler = k.dir / "audit" / "filler"
    with open(filler, "ab", buffering=0) as f:
        for size in (65536, 4096, 1):
            try:
                while True:
                    f.write(b"\0" * size)
            except OSError:
                pass
    # Changes stop first, then reads do, when what was reserved is used up.
    with pytest.raises(ApiError, match="the audit trail .* is full; nothing"):
        for _ in range(500):
            k.call("UpdateSecret", {"SecretId": "a", "Description": "d"})
    assert k.wait_event("audit_short_of_room")["next"]
    assert k.call("GetSecretValue", {"SecretId": "a"})["SecretString"] == "v"
    assert health(k) == (200, "ok\n")
    for target, body in (
        ("GetSecretValue", {"SecretId": "a"}),
        ("DescribeSecret", {"SecretId": "a"}),
        ("GetRandomPassword", {}),
        ("GetSecretValue", {"SecretId": "no/such"}),
        ("UpdateSecret", {"SecretId": "a", "Description": "d"}),
    ):
        with pytest.raises(ApiError) as refusal:
            for _ in range(500):
                ask_anything(k, target, body)
        assert refusal.value.status == 500
        assert refusal.value.type == "InternalServiceError"
    assert health(k) == (503, "the audit trail cannot be written\n")
    assert k.wait_event("audit_failing")["level"] == "error"
    assert any("is full" in e["error"] for e in k.events("api_fault"))
    filler.unlink()
    # By itself: nobody may ask while the health says no.
    k.wait_for(lambda: health(k)[0] == 200)
    assert k.call("GetSecretValue", {"SecretId": "a"})["SecretString"] == "v"
    k.wait_event("audit_recovered")
    found = whole(k)
    assert found["Unfinished"] == 0


# ---- looking ----


def test_search_finds_by_each_member(keyturn):
    name = keyturn.create("v")
    for _ in range(3):
        keyturn.call("GetSecretValue", {"SecretId": name})
    with pytest.raises(ApiError):
        keyturn.call("GetSecretValue", {"SecretId": name, "VersionId": "0" * 36})

    def found(**query):
        reply = keyturn.call("keyturn.SearchAudit", {"Secret": name, **query})
        return [e["eventName"] for e in reply["Events"]]

    assert found() == ["GetSecretValue"] * 4 + ["CreateSecret"]
    assert found(Action="CreateSecret") == ["CreateSecret"]
    assert found(Error="any") == ["GetSecretValue"]
    assert found(Error="ValidationException") == []
    assert found(SourceIp="unix:") == found()
    assert found(User="nobody") == []
    assert found(MaxResults=2) == ["GetSecretValue"] * 2
    assert found(Until=1e9) == []
    assert len(found(Since=1e9)) == 5
    pages, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        reply = keyturn.call("keyturn.SearchAudit",
                             {"Secret": name, "MaxResults": 2, **more})
        pages += [e["eventID"] for e in reply["Events"]]
        token = reply.get("NextToken")
        if not token:
            break
    assert len(pages) == len(set(pages)) == 5


def test_search_refuses_what_it_does_not_understand(keyturn):
    for body in ({"Since": "yesterday"}, {"Until": -5}, {"MaxResults": 0},
                 {"User": 7}, {"NextToken": "made up"}, {"Action": ""}):
        with pytest.raises(ApiError) as refusal:
            keyturn.call("keyturn.SearchAudit", body)
        assert refusal.value.status == 400
