"""HTTP over the Unix socket, good and bad: whatever comes, keyturnd answers
or hangs up, and goes on serving the others."""

import email.utils
import json
import os
import pwd
import re
import socket
import subprocess
import sys
import time
import uuid

import pytest

from conftest import ModelServer
from keyturn_server import UnixConnection

JSON_TYPE = "application/x-amz-json-1.1"
STATUS = {"X-Amz-Target": "keyturn.Status", "Content-Type": JSON_TYPE}


@pytest.fixture
def raw(keyturn):
    """A socket; afterwards others are still served."""
    with connect(keyturn) as s:
        yield s
    assert keyturn.call("keyturn.Status")["EngineRunning"]


def connect(keyturn, seconds=60):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(seconds)
    s.connect(str(keyturn.socket))
    return s


def request(body=b"{}", target="keyturn.Status", **headers):
    if isinstance(body, str):
        body = body.encode()
    head = {
        "Host": "localhost",
        "Content-Type": JSON_TYPE,
        "X-Amz-Target": target,
        "Content-Length": str(len(body)),
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    lines = "".join(f"{k}: {v}\r\n" for k, v in head.items() if v is not None)
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body


def read_head(s):
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        byte = s.recv(1)
        if not byte:
            break
        text += byte
    return text.decode()


def read_reply(s):
    """Status, headers in lower case, body."""
    head = read_head(s)
    status = int(head.split()[1])
    headers = dict(
        (k.lower(), v) for k, v in re.findall(r"([\w-]+): (.*)\r\n", head)
    )
    body = b""
    while len(body) < int(headers["content-length"]):
        part = s.recv(int(headers["content-length"]) - len(body))
        if not part:
            break
        body += part
    return status, headers, body


def closed(s):
    """Nothing more comes, and the connection is over."""
    return s.recv(65536) == b""


# ---- what is good ------------------------------------------------------------


def test_headers_of_a_reply(keyturn, raw):
    raw.sendall(request())
    status, headers, body = read_reply(raw)
    assert status == 200
    assert headers["content-type"] == JSON_TYPE
    said = email.utils.parsedate_to_datetime(headers["date"]).timestamp()
    assert abs(said - time.time()) < 10
    assert uuid.UUID(headers["x-amzn-requestid"])
    assert "x-amzn-errortype" not in headers
    assert json.loads(body)["EngineRunning"] is True
    raw.sendall(request('{"SecretId": "none"}', "secretsmanager.GetSecretValue"))
    status, other, body = read_reply(raw)
    assert status == 400
    assert other["x-amzn-errortype"] == "ResourceNotFoundException"
    assert other["x-amzn-requestid"] != headers["x-amzn-requestid"]
    assert json.loads(body) == {
        "__type": "ResourceNotFoundException",
        "Message": "Secrets Manager can't find the specified secret.",
    }


def test_connection_is_kept_and_closed_as_asked(keyturn, raw):
    for _ in range(50):
        raw.sendall(request())
        assert read_reply(raw)[0] == 200
    raw.sendall(request(Connection="close"))
    status, headers, _ = read_reply(raw)
    assert (status, headers["connection"]) == (200, "close")
    assert closed(raw)


def test_http_1_0_ends_after_one_reply(keyturn, raw):
    raw.sendall(request().replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert read_reply(raw)[0] == 200
    assert closed(raw)


def test_requests_in_one_piece_and_byte_by_byte(keyturn, raw):
    raw.sendall(request() + request('{"SecretId": "none"}',
                                    "secretsmanager.DescribeSecret") + request())
    assert [read_reply(raw)[0] for _ in range(3)] == [200, 400, 200]
    for byte in request():
        raw.sendall(bytes([byte]))
    assert read_reply(raw)[0] == 200


def test_chunked_body(keyturn, raw):
    head, body = request(Content_Length=None, Transfer_Encoding="chunked").split(
        b"\r\n\r\n"
    )
    raw.sendall(head + b"\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert read_reply(raw)[0] == 200


def test_expect_100_continue(keyturn, raw):
    name = f"h/{uuid.uuid4().hex}"
    body = json.dumps(
        {
            "Name": name,
            "SecretString": "x" * 60000,
            "ClientRequestToken": str(uuid.uuid4()),
        }
    ).encode()
    whole = request(body, "secretsmanager.CreateSecret", Expect="100-continue")
    raw.sendall(whole[: -len(body)])
    assert read_head(raw) == "HTTP/1.1 100 Continue\r\n\r\n"
    raw.sendall(body)
    assert read_reply(raw)[0] == 200
    assert keyturn.secret(name) == "x" * 60000
    # A body that would be refused is not asked for.
    raw.sendall(request(Expect="100-continue", Content_Length="600000")[:-2])
    assert read_reply(raw)[0] == 413


def test_health_asks_nobody_who_they_are(keyturn, raw):
    for path in (b"/health", b"/live"):
        raw.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        status, headers, body = read_reply(raw)
        assert (status, body) == (200, b"ok\n")
        assert headers["content-type"] == "text/plain"
    raw.sendall(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")
    head = read_head(raw)
    assert head.startswith("HTTP/1.1 200 ")
    raw.sendall(request())
    assert read_reply(raw)[0] == 200  # no body came with HEAD


def test_other_methods_are_told_what_is_right(keyturn, raw):
    for method in (b"GET", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"):
        raw.sendall(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n")
        status, _, body = read_reply(raw)
        assert (status, body) == (405, b"POST / with X-Amz-Target, or GET /health\n")


def test_content_type_does_not_matter(keyturn):
    """curl's own default, none, and what newer clients of AWS send."""
    for kind in (
        "application/x-www-form-urlencoded",
        "application/json",
        "application/x-amz-json-1.0",
        "text/html",
        "",
    ):
        status, text = keyturn.post("{}", {**STATUS, "Content-Type": kind})
        assert status == 200 and json.loads(text)["EngineRunning"]


# ---- requests that are whole, and wrong --------------------------------------


def refusal(keyturn, body, target="secretsmanager.DescribeSecret"):
    headers = {} if target is None else {"X-Amz-Target": target}
    status, text = keyturn.post(body, headers)
    reply = json.loads(text)
    assert status == 400 and set(reply) == {"__type", "Message"}
    return reply["__type"], reply["Message"]


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "secretsmanager",
        "secretsmanager.",
        "secretsmanager.Nope",
        "secretsmanager.getsecretvalue",
        "SecretsManager.GetSecretValue",
        "GetSecretValue",
        "keyturn.GetSecretValue",
        "x" * 5000,
        "secretsmanager.GetSecretValue ,x",
    ],
)
def test_unknown_target(keyturn, target):
    kind, message = refusal(keyturn, "{}", target)
    assert kind == "UnknownOperationException"
    assert message.startswith("no operation '") and len(message) < 200


@pytest.mark.parametrize(
    "body, expected",
    [
        ("{", "1:1: this is not JSON"),
        ("nonsense", "this is not JSON"),
        ('{"SecretId": "a",}', "1:18: this is not JSON"),
        ('{"SecretId": "a"} x', ": this is not JSON"),
        ("{'SecretId': 'a'}", "this is not JSON"),
        ('{"SecretId": NaN}', "this is not JSON"),
        ('{"SecretId": "a\\u0000b"}', "this is not JSON"),
        (b'{"SecretId": "\xff"}', "this is not JSON"),
        (b'{"SecretId": "a\x00"}', "this is not JSON"),
        ('{"SecretId": "\\ud800"}', "this is not JSON"),
        ("[]", "the body must be a JSON object"),
        ("null", ""),
        ('"x"', ""),
        ("5", ""),
        ('{"SecretId": "a", "SecretId": "b"}', "a key stands twice in one object"),
        (
            '{"SecretId": "a", "X": {"y": 1, "y": 2}}',
            "a key stands twice in one object",
        ),
        ('{"X": ' + "[" * 100000 + "]" * 100000 + "}", "deeper than 16 levels"),
        ('{"X": ' + '{"a":' * 100 + "1" + "}" * 100 + "}", "deeper than 16 levels"),
        ('{"X": [' + "1," * 2100 + "1]}", "more than 2048 values"),
        ('{"SecretId": 5}', "SecretId must be a string"),
        ('{"SecretId": ["a"]}', "SecretId must be a string"),
        ('{"SecretId": {"a": 1}}', "SecretId must be a string"),
    ],
)
def test_bodies_that_are_no_request(keyturn, body, expected):
    kind, message = refusal(keyturn, body)
    assert kind == "SerializationException" and expected in message
    assert "\n" not in message and len(message) < 200


def test_null_is_as_good_as_not_set(keyturn):
    assert refusal(keyturn, '{"SecretId": null}')[0] == "ValidationException"
    name = keyturn.create("v")
    keyturn.call("GetSecretValue", {"SecretId": name, "VersionId": None})


# ---- requests that are none --------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"\x00" * 100,
        os.urandom(4096),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 500,  # TLS
        b"GET\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n"
        b"\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nX-Amz-Target: a\x00b\r\n\r\n",
        b"POST / HTTP/1.1\r\nX-Amz-Target : keyturn.Status\r\n\r\n",
        b"POST / HTTP/1.1\r\n: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_garbage_is_refused_and_hung_up_on(keyturn, raw, text):
    raw.sendall(text)
    status, headers, _ = read_reply(raw)
    assert status in (400, 413) and headers["connection"] == "close"
    assert closed(raw)


def too_large(s):
    status, headers, body = read_reply(s)
    assert status == 413 and headers["connection"] == "close"
    assert headers["x-amzn-errortype"] == "RequestEntityTooLargeException"
    reply = json.loads(body)
    assert reply["__type"] == "RequestEntityTooLargeException"
    return reply["Message"]


def test_too_many_and_too_large_headers(keyturn):
    for headers in (
        "".join(f"X-{i}: v\r\n" for i in range(33)),
        "X: " + "v" * 17000 + "\r\n",
        "X" * 17000 + ": v\r\n",
    ):
        with connect(keyturn) as s:
            s.sendall(f"POST / HTTP/1.1\r\n{headers}\r\n".encode())
            assert "headers" in too_large(s)
    with connect(keyturn) as s:
        s.sendall(b"POST /" + b"x" * 20000 + b" HTTP/1.1\r\n\r\n")
        too_large(s)
    assert keyturn.call("keyturn.Status")


@pytest.mark.parametrize("size", [524289, 600000, 8000000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large(keyturn, size, chunked):
    """The answer arrives although the client is still sending."""
    body = b"x" * size
    head = request(body)[: -len(body)]
    if chunked:
        head = request(
            b"", Content_Length=None, Transfer_Encoding="chunked"
        )
        body = b"%x\r\n" % size + body + b"\r\n0\r\n\r\n"
    with connect(keyturn) as s:
        s.sendall(head)
        try:
            s.sendall(body)
        except (BrokenPipeError, ConnectionResetError):
            pass
        message = too_large(s)
        assert "524288" in message and "65536" in message
    assert keyturn.call("keyturn.Status")


def test_clients_get_to_see_that_a_value_is_too_large(keyturn):
    """By an HTTP library, which sends all before it reads."""
    body = json.dumps({"Name": "n", "SecretString": "x" * 1000000})
    status, text = keyturn.post(body, {"X-Amz-Target": "secretsmanager.CreateSecret"})
    assert status == 413 and "65536" in json.loads(text)["Message"]


# ---- clients that are slow, or go away ---------------------------------------


def test_half_closed_connection_gets_its_reply(keyturn):
    for i in range(60):
        keyturn.create("v" * 10, Description="d" * 2000, name=f"half/{i}")
    body = '{"Filters": [{"Key": "name", "Values": ["half/"]}]}'
    with connect(keyturn) as s:
        # Little room, so that the reply has to wait for its reader.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(request(body * 1, "secretsmanager.ListSecrets"))
        s.shutdown(socket.SHUT_WR)
        status, _, reply = read_reply(s)
        assert status == 200 and len(json.loads(reply)["SecretList"]) == 60
        assert closed(s)


def test_large_reply_to_a_half_closed_connection(keyturn):
    for i in range(100):
        keyturn.create("v", Description="\x01" * 2048, name=f"large/{i}")
    body = '{"Filters": [{"Key": "name", "Values": ["large/"]}]}'
    with connect(keyturn) as s:
        s.sendall(request(body, "secretsmanager.ListSecrets"))
        s.shutdown(socket.SHUT_WR)
        status, headers, reply = read_reply(s)
        assert int(headers["content-length"]) > 1000000
        assert status == 200 and len(json.loads(reply)["SecretList"]) == 100
        assert closed(s)


@pytest.mark.parametrize("cut", [1, 20, 100, -1])
def test_clients_that_go_away_in_the_middle(keyturn, cut):
    whole = request('{"Name": "gone", "SecretString": "v"}',
                    "secretsmanager.CreateSecret")
    for _ in range(50):
        with connect(keyturn) as s:
            s.sendall(whole[:cut])
    with connect(keyturn) as s:
        s.sendall(whole[:cut])
        s.shutdown(socket.SHUT_WR)
        assert closed(s)
    assert keyturn.call("keyturn.Status")


def test_clients_that_never_read(keyturn):
    sockets = [connect(keyturn) for _ in range(20)]
    body = '{"MaxResults": 100, "IncludePlannedDeletion": true}'
    for s in sockets:
        s.sendall(request(body, "secretsmanager.ListSecrets"))
    assert keyturn.call("keyturn.Status")
    for s in sockets:
        s.close()
    assert keyturn.call("keyturn.Status")


def test_a_client_that_never_reads_cannot_keep_keyturnd_from_ending(root):
    with ModelServer() as server:
        for i in range(60):
            server.create("v", Description="\x01" * 2048)
        with connect(server) as s:
            s.sendall(request("{}", "secretsmanager.ListSecrets"))
            assert s.recv(1) == b"H"
            server.process.terminate()
            assert server.process.wait(15) == 0


def test_many_connections(keyturn):
    sockets = []
    for _ in range(300):
        sockets.append(connect(keyturn))
        sockets[-1].sendall(request())
        assert read_reply(sockets[-1])[0] == 200
    for s in sockets:
        s.sendall(request())
    assert all(read_reply(s)[0] == 200 for s in sockets)
    for s in sockets:
        s.close()


# ---- who may call ------------------------------------------------------------

CALL = """
import http.client, json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
c = http.client.HTTPConnection("localhost")
c.sock = s
c.request("POST", "/", sys.argv[3], {"X-Amz-Target": sys.argv[2]})
r = c.getresponse()
print(json.dumps([r.status, r.read().decode()]))
"""


def call_as(socket_path, user, target, body="{}", groups=()):
    done = subprocess.run(
        [sys.executable, "-c", CALL, socket_path, target, body],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=list(groups),
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    status, text = json.loads(done.stdout)
    return status, json.loads(text)


@pytest.fixture(scope="module")
def open_folder():
    """A keyturnd whose socket's folder is open to all, as /run is."""
    if os.geteuid() != 0:
        pytest.skip("needs root: it acts as other users")
    server = ModelServer(settings={"admin_group": "games"})
    os.chmod(server.dir, 0o755)
    with server:
        server.create("secret-value", name="s")
        yield server


def test_another_user_is_refused_everything(open_folder):
    daemon = pwd.getpwnam("daemon")
    for target, body in (
        ("secretsmanager.GetSecretValue", '{"SecretId": "s"}'),
        ("secretsmanager.ListSecrets", "{}"),
        ("secretsmanager.DeleteSecret",
         '{"SecretId": "s", "ForceDeleteWithoutRecovery": true}'),
        ("keyturn.Status", "{}"),
        ("keyturn.Status", "not json, which nobody looks at"),
    ):
        status, reply = call_as(open_folder.socket, daemon, target, body)
        assert (status, reply["__type"]) == (400, "AccessDeniedException")
        assert reply["Message"] == (
            f"User id {daemon.pw_uid} is no administrator of this keyturnd: be "
            "root, its own user, or a member of its admin_group; or sign the "
            "request with an access key."
        )
    assert open_folder.secret("s") == "secret-value"


def test_the_daemons_own_user_and_its_group_are_administrators(open_folder):
    get = ("secretsmanager.GetSecretValue", '{"SecretId": "s"}')
    for user in (open_folder.user, pwd.getpwnam("games")):
        status, reply = call_as(open_folder.socket, user, *get)
        assert (status, reply["SecretString"]) == (200, "secret-value")


def test_tcp_takes_no_unsigned_requests(root):
    with ModelServer(settings={"listen": "127.0.0.1:0"}) as server:
        port = server.wait_event("ready")["port"]
        connection = UnixConnection(server.socket)
        connection.sock = socket.create_connection(("127.0.0.1", port))
        connection.request("POST", "/", "{}", STATUS)
        reply = connection.getresponse()
        assert reply.status == 400
        assert json.loads(reply.read())["__type"] in (
            "AccessDeniedException",
            "MissingAuthenticationTokenException",
        )
        connection.close()
