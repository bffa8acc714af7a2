"""Can a stranger tell by time which access keys exist?  Wrong signatures, under
a key that somebody has and uses and under one that nobody has, in an order
that is drawn, over one connection to a running daemon.
"""

import datetime
import math
import random
import socket
import statistics
import time

PROBES, WARM = 20000, 500


def request(key_id):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    return (
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/x-amz-json-1.1\r\n"
        "X-Amz-Target: secretsmanager.GetSecretValue\r\n"
        f"X-Amz-Date: {now}\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={key_id}/{now[:8]}/us-east-1"
        "/secretsmanager/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target"
        f", Signature={'0' * 64}\r\nContent-Length: 2\r\n\r\n{{}}"
    ).encode()


def probe(connection, key_id, name):
    text = request(key_id)
    start = time.perf_counter_ns()
    connection.sendall(text)
    reply = connection.recv(65536)
    took = time.perf_counter_ns() - start
    if name not in reply:
        raise RuntimeError(f"another answer than {name}: {reply}")
    return took


def trimmed(times):
    """Without the slowest tenth, which is what else the machine did."""
    return sorted(times)[: len(times) * 9 // 10]


def measure(port, key_id):
    """[known, unknown] as (median, mean) in us, and Welch's t."""
    times = {True: [], False: []}
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(PROBES):
            known = random.random() < 0.5
            took = probe(
                connection,
                key_id if known else key_id[:-4] + "ZZZZ",
                b"InvalidSignature" if known else b"UnrecognizedClient",
            )
            if i >= WARM:
                times[known].append(took / 1e3)
    samples = [trimmed(times[known]) for known in (True, False)]
    means = [statistics.fmean(s) for s in samples]
    error = math.sqrt(sum(statistics.variance(s) / len(s) for s in samples))
    rows = [(statistics.median(s), m) for s, m in zip(samples, means)]
    return rows, (means[1] - means[0]) / error
