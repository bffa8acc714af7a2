"""TLS: what is spoken and what is not, certificates renewed under living
connections, and certificates of clients."""

import json
import os
import re
import socket
import ssl
import subprocess
import time

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import pytest

from certificates import Authority
from conftest import ModelServer

DEV = {"KEYTURN_DEV": "1"}
KEY_ID = "AKIDKEYTURNDEVROOT00"
KEY = "keyturn-development-root-not-a-secret-00"
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


class TlsServer(ModelServer):
    """keyturnd behind TLS, with an authority of its own."""

    def __init__(self, **settings):
        super().__init__(environment=DEV)
        self.ca = Authority(self.dir)
        self.cert, self.key = self.ca.issue("server")
        self.write_settings(
            listen="127.0.0.1:0 tls endpoint=vpce-0abc",
            tls_cert=self.cert,
            tls_key=self.key,
            **settings,
        )

    @property
    def address(self):
        return "127.0.0.1", self.wait_event("ready")["port"]

    def context(self, low=None, high=None, cert=None, alpn=None):
        """A client that trusts the authority."""
        c = ssl.create_default_context(cafile=str(self.ca.path))
        c.minimum_version = low or ssl.TLSVersion.TLSv1_2
        c.maximum_version = high or ssl.TLSVersion.TLSv1_3
        # Python forgives who does not say that it ends; we do not.
        c.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        if cert:
            c.load_cert_chain(*[str(path) for path in cert])
        if alpn:
            c.set_alpn_protocols(alpn)
        return c

    def connect(self, context=None, **wrap):
        s = socket.create_connection(self.address, timeout=30)
        return (context or self.context()).wrap_socket(
            s,
            server_hostname="127.0.0.1",
            suppress_ragged_eofs=False,
            **wrap,
        )

    def openssl(self, *args, text=HEALTH):
        return subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % self.address, *args],
            input=text,
            capture_output=True,
            timeout=30,
        )


@pytest.fixture(scope="module")
def tls():
    with TlsServer() as server:
        yield server


def exchange(s, text=HEALTH):
    """Status and body."""
    s.sendall(text)
    return read_reply(s)


def read_reply(s):
    text = b""
    while b"\r\n\r\n" not in text:
        part = s.recv(65536)
        assert part, text
        text += part
    head, body = text.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(body) < length:
        body += s.recv(length - len(body))
    return int(head.split()[1]), body


def serial(s):
    return s.getpeercert()["serialNumber"]


# ---- what is spoken ----------------------------------------------------------


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_both_versions_are_spoken(tls, version):
    one = ssl.TLSVersion[version]
    with tls.connect(tls.context(one, one)) as s:
        assert s.version() == version.replace("_", ".")
        for _ in range(3):
            assert exchange(s) == (200, b"ok\n")


def test_older_versions_are_refused(tls):
    for version in ("-tls1", "-tls1_1"):
        done = tls.openssl(version, "-cipher", "DEFAULT@SECLEVEL=0")
        assert done.returncode != 0
        assert b"alert protocol version" in done.stderr
    # It is the version and nothing else.
    done = tls.openssl("-tls1_2", "-quiet", "-no_ign_eof")
    assert done.returncode == 0


@pytest.mark.parametrize(
    "cipher", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"]
)
def test_ciphers_without_secrecy_or_authentication_are_refused(tls, cipher):
    done = tls.openssl("-tls1_2", "-cipher", cipher)
    assert b"handshake failure" in done.stderr


def test_only_1_3_where_it_is_wanted():
    with TlsServer(tls_min_version="1.3") as server:
        old = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
            server.connect(server.context(old, old))
        with server.connect() as s:
            assert s.version() == "TLSv1.3"


def test_http_1_1_is_what_is_agreed_upon(tls):
    with tls.connect(tls.context(alpn=["h2", "http/1.1"])) as s:
        assert s.selected_alpn_protocol() == "http/1.1"
        assert exchange(s)[0] == 200
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        tls.connect(tls.context(alpn=["h2"]))


def test_an_rsa_key_is_as_good(tls):
    with TlsServer() as server:
        server.ca.issue("server", rsa_key=True)
        server.hang_up()
        with server.connect() as s:
            assert exchange(s)[0] == 200


def test_sessions_are_resumed(tls):
    old = ssl.TLSVersion.TLSv1_2
    context = tls.context(old, old)
    with tls.connect(context) as s:
        session = s.session
        assert not s.session_reused
    with tls.connect(context, session=session) as s:
        assert s.session_reused
        assert exchange(s)[0] == 200


def test_nobody_renegotiates(tls):
    done = tls.openssl("-tls1_2", text=b"R\n")  # the command to do it
    assert b"RENEGOTIATING" in done.stdout + done.stderr
    assert b"no renegotiation" in done.stderr


def test_plain_http_is_told_so(tls):
    with socket.create_connection(tls.address, timeout=30) as s:
        status, body = exchange(s)
        assert status == 400
        assert body == (
            b"this port speaks TLS: write https:// in the address of the "
            b"endpoint\n"
        )
        assert s.recv(100) == b""


@pytest.mark.parametrize(
    "text",
    [
        b"\x00" * 100,
        b"\x16\x03\x01\x02\x00" + b"\x11" * 512,
        b"\x16\x03\x01\xff\xff",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x80\x2e\x01\x00\x02",
        b"hello\n",
    ],
)
def test_what_is_no_tls_is_hung_up_on(tls, text):
    with socket.create_connection(tls.address, timeout=30) as s:
        s.sendall(text)
        s.shutdown(socket.SHUT_WR)
        while s.recv(1000):
            pass
    assert tls.call("keyturn.Status")


# ---- records and requests ----------------------------------------------------


def test_both_ends_say_that_it_is_over(tls):
    with tls.connect() as s:
        assert exchange(s)[0] == 200
        raw = s.unwrap()  # fails without the server's close_notify
        assert raw.recv(1) == b""
    with tls.connect() as s:
        assert exchange(s, HEALTH[:-2] + b"Connection: close\r\n\r\n")[0] == 200
        assert s.recv(1) == b""  # and not "EOF in violation of protocol"


def test_every_cut_of_records_is_put_together(tls):
    """One byte at a time on the socket, handshake and all."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    end = tls.context().wrap_bio(inward, outward, server_hostname="127.0.0.1")
    reply = b""
    with socket.create_connection(tls.address, timeout=30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def act(what):
            while True:
                try:
                    done = what()
                except ssl.SSLWantReadError:
                    done = None
                for byte in outward.read():
                    s.sendall(bytes([byte]))
                if done is not None:
                    return done
                inward.write(s.recv(65536))

        act(lambda: end.do_handshake() or True)
        act(lambda: end.write(HEALTH))
        while not reply.endswith(b"ok\n"):
            reply += act(lambda: end.read(65536))
    assert reply.startswith(b"HTTP/1.1 200 ")


def test_many_requests_in_one_record(tls):
    with tls.connect() as s:
        s.sendall(HEALTH * 40)
        text = b""
        while text.count(b"ok\n") < 40:
            text += s.recv(65536)


def test_a_body_of_many_records(tls):
    with tls.connect() as s:
        body = b"x" * 600000
        head = (
            b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: keyturn.Status\r\n"
            b"Content-Length: %d\r\n\r\n"
        )
        s.sendall(head % 400000 + body[:400000])
        assert read_reply(s)[0] == 400  # not signed
        s.sendall(head % len(body))
        assert read_reply(s)[0] == 413
        assert s.recv(1) == b""


def client(server):
    return boto3.client(
        "secretsmanager",
        endpoint_url="https://%s:%d" % server.address,
        region_name="us-east-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=KEY,
        verify=str(server.ca.path),
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def test_aws_own_client_over_tls(tls):
    aws = client(tls)
    for size in (1, 1000, 16384, 65536):
        value = os.urandom(size // 2 + 1).hex()[:size]
        made = aws.create_secret(Name=f"tls/{size}", SecretString=value)
        got = aws.get_secret_value(SecretId=made["ARN"])
        assert got["SecretString"] == value


def signed(server, target, body):
    """A whole request, as bytes."""
    r = botocore.awsrequest.AWSRequest(
        "POST",
        "https://%s:%d/" % server.address,
        {"X-Amz-Target": f"secretsmanager.{target}",
         "Content-Length": str(len(body))},
        body.encode(),
    )
    credentials = botocore.credentials.Credentials(KEY_ID, KEY)
    botocore.auth.SigV4Auth(credentials, "secretsmanager", "us-east-1").add_auth(r)
    head = "".join(f"{k}: {v}\r\n" for k, v in r.headers.items())
    host = "%s:%d" % server.address
    return f"POST / HTTP/1.1\r\nHost: {host}\r\n{head}\r\n{body}".encode()


def test_a_large_reply_waits_for_its_reader(tls):
    """More than the socket takes at once; the next request waits meanwhile."""
    aws = client(tls)
    for i in range(100):
        aws.create_secret(Name=f"large/{i}", Description="\x01" * 2048,
                          SecretString="v")
    text = signed(tls, "ListSecrets", json.dumps(
        {"MaxResults": 100, "Filters": [{"Key": "name", "Values": ["large/"]}]}
    ))
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(30)
    raw.connect(tls.address)
    with tls.context().wrap_socket(raw, server_hostname="127.0.0.1",
                                   suppress_ragged_eofs=False) as s:
        for _ in range(2):
            s.sendall(text)
            time.sleep(0.3)  # it is stuck; what comes now is not read yet
            s.sendall(HEALTH)
            status, body = read_reply(s)
            assert status == 200 and len(body) > 1000000
            assert len(json.loads(body)["SecretList"]) == 100
            assert read_reply(s) == (200, b"ok\n")


def test_curl_waits_for_100_continue(tls):
    done = subprocess.run(
        [
            "curl", "-sv", "--cacert", tls.ca.path,
            "https://%s:%d/" % tls.address,
            "-H", "Expect: 100-continue", "-H", "X-Amz-Target: keyturn.Status",
            "-d", "x" * 60000,
        ],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "< HTTP/1.1 100 Continue" in done.stderr
    assert "< HTTP/1.1 400 " in done.stderr  # not signed
    assert json.loads(done.stdout)["__type"] == (
        "MissingAuthenticationTokenException"
    )


# ---- certificates renewed ----------------------------------------------------


def test_a_new_certificate_drops_no_connection():
    with TlsServer() as server, server.connect() as old, \
            server.connect() as half:
        before = serial(old)
        half.sendall(HEALTH[:20])
        server.ca.issue("server")
        server.hang_up()
        with server.connect() as new:
            assert serial(new) != before
            assert exchange(new)[0] == 200
        half.sendall(HEALTH[20:])
        assert read_reply(half) == (200, b"ok\n")
        assert exchange(old) == (200, b"ok\n")
        assert len(server.events("certificate")) == 2


def test_a_certificate_may_move_to_another_file():
    with TlsServer() as server:
        with server.connect() as s:
            before = serial(s)
        cert, key = server.ca.issue("other")
        server.write_settings(tls_cert=cert, tls_key=key)
        server.hang_up()
        with server.connect() as s:
            assert serial(s) != before


def wrong_key(server):
    server.ca.issue("other")
    (server.dir / "other.key").rename(server.key)
    return "tls_key .*server.key is not the key of the certificate in .*crt"


def no_certificate(server):
    server.cert.write_text("nonsense")
    return "tls_cert .*server.crt: no start line"


def certificate_gone(server):
    server.cert.unlink()
    return "tls_cert .*server.crt: No such file or directory"


def key_gone(server):
    server.key.unlink()
    return "tls_key .*server.key: No such file or directory"


def key_empty(server):
    server.key.write_text("")
    return "tls_key .*server.key: there is no private key in PEM format"


def key_encrypted(server):
    server.ca.issue("server", password=b"1234")
    return "tls_key .*server.key: there is no private key in PEM format"


def key_open(server):
    os.chmod(server.key, 0o644)
    return r"tls_key .*server.key is open to others \(mode 0644\); run: chmod"


def expired(server):
    server.ca.issue("server", days=-1)
    return "tls_cert .*server.crt has expired"


@pytest.mark.parametrize(
    "spoil",
    [
        wrong_key,
        no_certificate,
        certificate_gone,
        key_gone,
        key_empty,
        key_encrypted,
        key_open,
        expired,
    ],
)
def test_a_bad_new_certificate_is_refused_and_the_old_one_stays(spoil):
    with TlsServer() as server:
        with server.connect() as s:
            before = serial(s)
        expected = spoil(server)
        server.hang_up()
        (line,) = server.events("certificate_refused")
        assert re.search(expected, line["error"]), line
        assert line["next"] == "the one that was read before stays"
        with server.connect() as s:
            assert serial(s) == before
            assert exchange(s)[0] == 200


@pytest.mark.parametrize("spoil", [wrong_key, key_open, key_gone])
def test_keyturnd_does_not_start_with_a_bad_one(spoil):
    server = TlsServer()
    expected = spoil(server)
    with pytest.raises(RuntimeError) as failure:
        server.start()
    server.close()
    (line,) = re.findall("^keyturnd: (.*)$", str(failure.value), re.M)
    assert re.search(expected, line)


def test_an_expired_one_is_warned_of_at_the_start():
    server = TlsServer()
    server.ca.issue("server", days=-1)
    with server:
        assert server.events("certificate_expired")[0]["level"] == "warn"


def test_no_byte_of_the_key_is_logged(tls):
    text = tls.log_text()
    for line in tls.key.read_text().splitlines():
        assert line not in text


# ---- certificates of clients -------------------------------------------------


def with_clients(auth):
    server = TlsServer(tls_client_auth=auth)
    server.write_settings(tls_client_ca=server.ca.path)
    return server


def refused(server, cert=None):
    """In TLS 1.3 a client is up before its certificate was looked at."""
    try:
        with server.connect(server.context(cert=cert)) as s:
            exchange(s)
    except (ssl.SSLError, ConnectionResetError, AssertionError) as failure:
        return str(failure)
    return None


def test_a_required_certificate_must_be_shown_and_good():
    with with_clients("required") as server:
        mine = server.ca.issue("client")
        others = Authority(server.dir, "stranger").issue("client2")
        with server.connect(server.context(cert=mine)) as s:
            assert exchange(s)[0] == 200
        assert "CERTIFICATE_REQUIRED" in refused(server)
        assert "UNKNOWN_CA" in refused(server, others)
        assert "EXPIRED" in refused(server, server.ca.issue("old", days=-1))


def test_an_optional_certificate_must_be_good():
    with with_clients("optional") as server:
        others = Authority(server.dir, "stranger").issue("client2")
        assert refused(server, server.ca.issue("client")) is None
        assert refused(server) is None
        assert "UNKNOWN_CA" in refused(server, others)


def test_nobody_is_asked_where_it_is_off(tls):
    others = Authority(tls.dir, "stranger").issue("client2")
    assert refused(tls, others) is None


def test_another_authority_takes_over_by_sighup():
    with with_clients("required") as server:
        stranger = Authority(server.dir, "stranger")
        theirs = stranger.issue("client2")
        assert "UNKNOWN_CA" in refused(server, theirs)
        server.write_settings(tls_client_ca=stranger.path)
        server.hang_up()
        assert refused(server, theirs) is None
        assert "UNKNOWN_CA" in refused(server, server.ca.issue("client"))


# ---- time --------------------------------------------------------------------


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01", b"half"])
def test_a_handshake_must_end_in_time(first):
    with TlsServer(request_timeout=1) as server:
        if first == b"half":
            inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
            end = server.context().wrap_bio(inward, outward,
                                            server_hostname="127.0.0.1")
            with pytest.raises(ssl.SSLWantReadError):
                end.do_handshake()
            first = outward.read()
        with socket.create_connection(server.address, timeout=30) as s:
            begin = time.monotonic()
            s.sendall(first)
            while s.recv(65536):
                pass
            assert time.monotonic() - begin < 10
        with server.connect() as s:
            time.sleep(3)  # up in time, and idle since: it may be
            assert exchange(s)[0] == 200
