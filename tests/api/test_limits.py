"""Limits of the door: how many come in, how long they may take, how much of
the secret memory they may fill; and where keyturnd listens at all."""

import contextlib
import http.client
import json
import pathlib
import re
import socket
import threading
import time

import pytest

from conftest import ModelServer

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
POST = (
    b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: keyturn.Status\r\n"
    b"Content-Length: %d\r\n\r\n"
)


class LimitedServer(ModelServer):
    def __init__(self, **settings):
        super().__init__(
            settings={
                "listen": "127.0.0.1:0",
                "metrics_listen": "127.0.0.1:0",
                **settings,
            }
        )

    def port_of(self, number):
        return self.wait_for(lambda: self.events("listening")[number:])[0]["port"]

    def connect(self, source="127.0.0.1", seconds=30):
        return socket.create_connection(
            ("127.0.0.1", self.port_of(0)), seconds, (source, 0)
        )

    def metrics(self):
        """None: refused, as while the address's last connection is still
        counted."""
        c = http.client.HTTPConnection("127.0.0.1", self.port_of(-1), timeout=30)
        try:
            c.request("GET", "/metrics")
            return c.getresponse().read().decode()
        except ConnectionError:
            return None
        finally:
            c.close()

    def metric(self, name):
        text = self.wait_for(self.metrics)
        return float(
            re.search(rf"^{re.escape(name)} (\S+)$", text, re.M).group(1)
        )

    def body_bytes(self):
        return self.metric("keyturn_http_body_bytes")


@pytest.fixture
def limited():
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(LimitedServer(**settings))


def answers(s):
    s.sendall(HEALTH)
    return s.recv(1000).startswith(b"HTTP/1.1 200 ")


def is_closed(s):
    """Soon, and with nothing said."""
    try:
        return s.recv(1000) == b""
    except ConnectionResetError:
        return True


# ---- how many ----------------------------------------------------------------


def test_one_address_takes_no_more_than_its_share(limited):
    server = limited(max_per_address=5)
    mine = [server.connect() for _ in range(5)]
    assert all(answers(s) for s in mine)
    assert is_closed(server.connect())
    assert answers(server.connect(source="127.0.0.2"))
    (line,) = server.events("connection_refused")
    assert (line["from"], line["limit"]) == ("127.0.0.1", "max_per_address")
    assert all(answers(s) for s in mine)
    mine.pop().close()
    server.wait_for(lambda: answers_new(server))


def answers_new(server):
    with server.connect() as s:
        try:
            return answers(s)
        except OSError:
            return False


def test_all_together_take_no_more_than_there_is(limited):
    server = limited(max_connections=6)
    taken = [server.connect(f"127.0.0.{2 + i}") for i in range(6)]
    assert all(answers(s) for s in taken)
    assert is_closed(server.connect("127.0.0.99"))
    assert server.events("connection_refused")[0]["limit"] == "max_connections"
    # The operator gets in all the same.
    assert server.call("keyturn.Status")
    for s in taken:
        s.close()
    server.wait_for(lambda: answers_new(server))


def test_refusals_do_not_fill_the_log(limited):
    server = limited(max_per_address=1)
    with server.connect() as first:
        assert answers(first)
        for _ in range(50):
            assert is_closed(server.connect())
    assert len(server.events("connection_refused")) == 1
    server.wait_for(
        lambda: server.metric("keyturn_connections_refused_total") >= 50
    )


def test_limits_change_by_sighup(limited):
    server = limited(max_per_address=2)
    both = [server.connect(), server.connect()]
    assert all(answers(s) for s in both)
    assert is_closed(server.connect())
    server.write_settings(max_per_address=3)
    server.hang_up()
    both.append(server.connect())
    assert answers(both[-1])
    assert is_closed(server.connect())


def test_a_thousand_connections_are_served(limited):
    server = limited()
    with contextlib.ExitStack() as stack:
        many = [stack.enter_context(server.connect()) for _ in range(999)]
        assert all(answers(s) for s in many)
        assert server.metric('keyturn_connections{family="tcp"}') == 1000
        assert all(answers(s) for s in reversed(many))
    server.wait_for(
        lambda: server.metric('keyturn_connections{family="tcp"}') == 1
    )


class FewDescriptors(LimitedServer):
    """Starts with a soft limit that it may raise to 2,000."""

    def start_command(self):
        return ["prlimit", "--nofile=256:2000", *super().start_command()]


def test_keyturnd_takes_the_descriptors_that_it_may_have():
    with FewDescriptors(max_connections=400) as server:
        assert not server.events("few_descriptors")
        many = [server.connect() for _ in range(350)]
        assert all(answers(s) for s in many)
    with FewDescriptors() as server:
        (line,) = server.events("few_descriptors")
        assert line["limit"] == 2000 and line["wanted"] > 10000


# ---- how long ----------------------------------------------------------------


def test_slow_requests_are_hung_up_on_and_others_served(limited):
    """Slowloris: a byte now and then, by many."""
    server = limited(request_timeout=2)
    slow = [server.connect() for _ in range(200)]
    ended = []

    def drip(sockets):
        for s in sockets:
            s.setblocking(False)
        text = POST % 500 + b"x" * 500
        for i in range(60):
            for s in list(sockets):
                try:
                    s.send(text[i : i + 1])
                    if s.recv(100) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    pass
                except OSError:
                    ended.append(time.monotonic())
                    sockets.remove(s)
            time.sleep(0.1)

    begin = time.monotonic()
    thread = threading.Thread(target=drip, args=[slow])
    thread.start()
    served = 0
    while thread.is_alive() and time.monotonic() - begin < 4:
        served += answers_new(server)
        assert server.call("keyturn.Status")
    thread.join()
    assert served > 10 and len(ended) == 200
    assert 1.5 < min(ended) - begin and max(ended) - begin < 5


def test_idle_connections_go_and_busy_ones_stay(limited):
    server = limited(idle_timeout=2)
    with server.connect() as idle, server.connect() as fresh, \
            server.connect() as busy:
        assert answers(fresh)
        begin = time.monotonic()
        while time.monotonic() - begin < 5:
            assert answers(busy)
            time.sleep(0.2)
        for s in (idle, fresh):
            s.setblocking(False)
            assert s.recv(1) == b""


# ---- how much ----------------------------------------------------------------


@pytest.mark.parametrize("sent", [100, 1000, 30000, 524288])
def test_a_body_takes_four_times_its_size_at_most(limited, sent):
    """What is promised to come is not what memory is kept for."""
    server = limited()
    with server.connect() as s:
        s.sendall(POST % 524288 + b" " * (sent - 1))
        server.wait_for(lambda: server.body_bytes() >= sent - 1)
        assert server.body_bytes() <= max(4 * sent, 256)
    server.wait_for(lambda: server.body_bytes() == 0)


def half_sent(server, stack):
    """A connection that has sent half a large request."""
    s = stack.enter_context(server.connect())
    with contextlib.suppress(ConnectionError):
        s.sendall(POST % 500000 + b"x" * 499000)
    return s


def test_unfinished_bodies_leave_room_for_others(limited):
    server = limited()
    name = server.create("x" * 60000)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            half_sent(server, stack)
        assert 1 << 20 < server.body_bytes() <= 4 << 20
        assert server.secret(name) == "x" * 60000
        server.create("y" * 60000)
        assert server.metric("keyturn_http_requests_refused_total") > 20
    server.wait_for(lambda: server.body_bytes() == 0)
    with contextlib.ExitStack() as stack:
        half_sent(server, stack)
        server.wait_for(lambda: server.body_bytes() >= 499000)


def test_a_refused_body_is_told_to_try_again(limited):
    server = limited()
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            s = half_sent(server, stack)
        status, _, rest = s.recv(10000).partition(b"\r\n")
        assert status == b"HTTP/1.1 503 Service Unavailable"
        head, _, body = rest.partition(b"\r\n\r\n")
        assert b"x-amzn-ErrorType: ServiceUnavailable" in head
        assert json.loads(body)["__type"] == "ServiceUnavailable"


# ---- where -------------------------------------------------------------------


def why_not(**settings):
    """The one line that a keyturnd ends with."""
    server = ModelServer(settings=settings)
    try:
        with pytest.raises(RuntimeError) as failure:
            server.init()
            server.start()
    finally:
        server.close()
    (line,) = re.findall("^keyturnd: (.*)$", str(failure.value), re.M)
    return line


@pytest.mark.parametrize(
    "address", ["0.0.0.0:0", "[::]:0", "10.1.2.3:8200", "[fe80::1]:8200"]
)
def test_plain_http_for_others_to_read_is_refused(address):
    assert why_not(listen=f"127.0.0.1:0, {address} endpoint=x") == (
        f"listen {address}: others can reach this address, and read along with "
        "plain HTTP: write tls behind it and set tls_cert and tls_key, or set "
        "allow_plain_http = yes"
    )


@pytest.mark.parametrize(
    "more", [{"allow_plain_http": "yes"}, {"dev": "yes"}]
)
def test_plain_http_is_there_when_the_operator_insists(limited, more):
    server = limited(listen="0.0.0.0:0", **more)
    assert answers(server.connect())


def test_loopback_needs_no_word(limited):
    server = limited(
        listen="127.0.0.1:0,[::1]:0 endpoint=vpce-0a.b_c, 127.9.9.9:0",
        metrics_listen="",
    )
    for number, host in ((0, "127.0.0.1"), (1, "::1"), (2, "127.9.9.9")):
        with socket.create_connection((host, server.port_of(number)), 30) as s:
            assert answers(s)
    assert [x.get("endpoint") for x in server.events("listening")] == [
        None,
        "vpce-0a.b_c",
        None,
    ]


def test_a_list_goes_on_in_indented_lines(limited):
    server = limited(
        listen="127.0.0.1:0 endpoint=one\n\t127.0.0.1:0 endpoint=two\n"
        + "    [::1]:0, 127.0.0.1:0 endpoint=four\n" * 6,
        metrics_listen="",
    )
    names = [x.get("endpoint") for x in server.events("listening")]
    assert names == ["one", "two"] + [None, "four"] * 6
    assert answers(server.connect())


def test_tls_without_a_certificate_is_refused():
    assert why_not(listen="0.0.0.0:0 tls") == (
        "listen 0.0.0.0:0 tls: set tls_cert and tls_key"
    )


@pytest.mark.parametrize(
    "text",
    [
        "8200",
        "localhost:8200",
        "127.0.0.1",
        "127.0.0.1:65536",
        "127.0.0.1:0,",
        ",127.0.0.1:0",
        "127.0.0.1:0 127.0.0.1:1",
        "127.0.0.1:0 TLS",
        "127.0.0.1:0 tls tls",
        "127.0.0.1:0 endpoint=",
        "127.0.0.1:0 endpoint=a/b",
        "127.0.0.1:0 endpoint=a endpoint=b",
        "127.0.0.1:0 endpoint=" + "a" * 64,
        "\n ".join(["127.0.0.1:0"] * 15),
        "127.0.0.1:0\n tls",
    ],
)
def test_a_list_that_is_none_is_refused_with_its_grammar(text):
    line = why_not(listen=text)
    assert re.search(r"keyturnd\.conf:\d+: listen = ", line)
    assert "expected up to 14 of ADDRESS:PORT [tls] [endpoint=NAME]" in line


def test_an_address_that_another_has_is_refused(limited):
    """Although each worker of ours has a socket on it."""
    server = limited()
    taken = f"127.0.0.1:{server.port_of(0)}"
    assert why_not(listen=taken) == (
        f"listen {taken}: Address already in use; set another address or port, "
        "or stop what listens there"
    )


def waits(process):
    """How often each thread has slept."""
    tasks = pathlib.Path(f"/proc/{process.pid}/task")
    return {
        task.name: int(
            re.search(
                r"^voluntary_ctxt_switches:\s*(\d+)",
                (task / "status").read_text(),
                re.M,
            ).group(1)
        )
        for task in tasks.iterdir()
    }


def test_every_worker_gets_its_share_of_connections(limited):
    server = limited(workers=4)
    before = waits(server.process)
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            assert answers(stack.enter_context(server.connect()))
        after = waits(server.process)
    awake = [n - before.get(thread, 0) for thread, n in after.items()]
    assert sum(n >= 20 for n in awake) == 4, awake


# ---- metrics -----------------------------------------------------------------


def test_metrics_have_a_listener_of_their_own(limited):
    server = limited()
    for path, method, status in (
        ("/metrics", "GET", 200),
        ("/metrics", "HEAD", 200),
        ("/metrics", "POST", 405),
        ("/", "GET", 404),
        ("/health", "GET", 404),
    ):
        c = http.client.HTTPConnection("127.0.0.1", server.port_of(-1), timeout=30)
        c.request(method, path)
        reply = c.getresponse()
        assert (reply.status, path, method) == (status, path, method)
        reply.read()
        c.close()
    # And the API's listener does not have them.
    c = http.client.HTTPConnection("127.0.0.1", server.port_of(0), timeout=30)
    c.request("GET", "/metrics")
    assert c.getresponse().status == 405


def test_requests_and_connections_are_counted(limited):
    server = limited()
    before = server.metric("keyturn_http_requests_total")
    with server.connect() as s:
        for _ in range(10):
            assert answers(s)
    assert server.metric("keyturn_http_requests_total") >= before + 11
    with server.connect() as s:
        s.sendall(b"nonsense\r\n\r\n")
        s.recv(1000)
    assert server.metric("keyturn_http_requests_refused_total") == 1
