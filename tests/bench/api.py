"""Secrets read and written a second over signed HTTP, beside an HTTP server
that does nothing; what ten thousand idle connections weigh; where the time of
a request goes.  README.md says how it is measured.
"""

import argparse
import collections
import os
import threading

import key_probe
from http_contestants import (
    VALUE_BYTES,
    BareHttp,
    Daemon,
    Load,
    disk_syncs_per_second,
)
from proc import cpu_seconds, status
from stages import shares
from tables import median, met, spread, table

SECRETS, CONNECTIONS, IDLE = 10000, 32, 10000
PUTS = 30000  # more than a run can send
RATE_GOAL, P99_GOAL_US, RSS_GOAL_MIB = 0.35, 2000, 64
READS = ("GetSecretValue", "DescribeSecret")


class Reads:
    """One operation: bare and keyturnd by turns, the one that begins changing
    each round."""

    def __init__(self, daemon, load, operation, seconds):
        self.daemon, self.load = daemon, load
        self.operation, self.seconds = operation, seconds
        self.pairs = []
        load.sign(operation, SECRETS, SECRETS)
        warm, asked = None, 0
        while asked < SECRETS:  # the first reading of a day is noted
            warm = self.run(daemon.port)
            asked += warm.rate * seconds
        self.bare = BareHttp(warm.bytes)
        self.run(self.bare.port)

    def run(self, port):
        return self.load.run(port, CONNECTIONS, self.seconds)

    def round(self, number):
        ports = [self.bare.port, self.daemon.port]
        if number % 2 == 1:
            ports.reverse()
        runs = {port: self.run(port) for port in ports}
        self.pairs.append((runs[self.bare.port], runs[self.daemon.port]))

    def row(self):
        ratios = [d.rate / b.rate for b, d in self.pairs]
        daemon = [d for _, d in self.pairs]
        p99 = median(d.p99_us for d in daemon)
        return [
            self.operation,
            f"{median(b.rate for b, _ in self.pairs):.0f}",
            f"{median(d.rate for d in daemon):.0f}",
            spread(ratios),
            f">= {RATE_GOAL:.2f}", met(median(ratios) >= RATE_GOAL),
            f"{median(b.p99_us for b, _ in self.pairs) / 1e3:.2f}",
            f"{median(d.p50_us for d in daemon) / 1e3:.2f}",
            f"{p99 / 1e3:.2f}",
            f"< {P99_GOAL_US / 1e3:.0f}", met(p99 < P99_GOAL_US),
        ]  # fmt: skip

    def stages(self):
        """Microseconds of one request by stage, and in all."""
        before = cpu_seconds(self.daemon.process.pid)
        run = self.run(self.daemon.port)
        used = cpu_seconds(self.daemon.process.pid) - before
        each_us = used * 1e6 / (run.rate * self.seconds)
        busy = threading.Thread(
            target=self.load.run,
            args=(self.daemon.port, CONNECTIONS, self.seconds + 2),
        )
        busy.start()
        found = shares(self.daemon.process.pid, self.seconds)
        busy.join()
        return each_us, found


def print_reads(daemon, load, rounds, seconds):
    stages = {}
    rows = []
    for operation in READS:
        reads = Reads(daemon, load, operation, seconds)
        for i in range(rounds):
            reads.round(i)
        rows.append(reads.row())
        stages[operation] = reads.stages()
        reads.bare.close()
    table(
        f"Requests a second: {CONNECTIONS} keep-alive connections, {SECRETS} "
        f"secrets of {VALUE_BYTES} bytes, median of {rounds} rounds",
        ["operation", "bare", "keyturnd", "keyturnd/bare", "goal", "",
         "bare p99 ms", "p50 ms", "p99 ms", "goal", ""],
        rows,
    )  # fmt: skip
    print_stages(stages)


def print_stages(stages):
    names = collections.Counter()
    for each_us, found in stages.values():
        if found is None:
            print("\n  no perf here: it is not said where the time goes")
            return
        names.update({n: share * each_us for n, share in found.items()})
    rows = [
        [name, *(f"{s.get(name, 0) * us:.1f}" for us, s in stages.values())]
        for name, _ in names.most_common()
    ]
    rows.append(["in all", *(f"{us:.1f}" for us, _ in stages.values())])
    table("Processor time of one request, us", ["stage", *stages], rows)


def print_puts(daemon, load, rounds, seconds):
    rates, disk, p99 = [], [], []
    for _ in range(rounds):
        disk.append(disk_syncs_per_second(daemon.data))
        load.sign("PutSecretValue", SECRETS, PUTS, VALUE_BYTES)
        run = load.run(daemon.port, CONNECTIONS, seconds)
        rates.append(run.rate)
        p99.append(run.p99_us)
    table(
        f"PutSecretValue a second, {CONNECTIONS} connections",
        ["PutSecretValue", "the disk's own syncs", "ratio", "p99 ms"],
        [[f"{median(rates):.0f}", f"{median(disk):.0f}",
          spread([r / d for r, d in zip(rates, disk)]),
          f"{median(p99) / 1e3:.1f}"]],
    )  # fmt: skip


def print_idle(daemon, load):
    """A fresh daemon, so that only the connections make the difference."""
    pid = daemon.process.pid
    before = status(pid, "VmRSS") / 1024
    load.sign("GetSecretValue", SECRETS, SECRETS)
    load.idle(daemon.port, IDLE)
    after = status(pid, "VmRSS") / 1024
    table(
        f"Memory with {IDLE} idle connections that have had an answer each, MiB",
        ["RSS before", "RSS", "KiB a connection", "goal", ""],
        [[f"{before:.1f}", f"{after:.1f}",
          f"{(after - before) * 1024 / IDLE:.1f}", f"< {RSS_GOAL_MIB}",
          met(after < RSS_GOAL_MIB)]],
    )  # fmt: skip


def print_key_timing(daemon, key_id):
    rows, t = key_probe.measure(daemon.port, key_id)
    table(
        "A wrong signature, us from request to refusal (no goal: below a t of "
        "4.5 nothing is seen)",
        ["access key", "median", "mean"],
        [[name, f"{median_us:.2f}", f"{mean_us:.2f}"]
         for name, (median_us, mean_us) in zip(("known", "unknown"), rows)],
    )  # fmt: skip
    print(f"\n  difference {rows[1][1] - rows[0][1]:+.2f} us, t {t:.1f}")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run api")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of a run")
    parser.add_argument("--no-idle", action="store_true",
                        help="without the idle connections")  # fmt: skip
    args = parser.parse_args()
    load_average = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} processors, load {load_average:.1f} before the start"
    )
    with Daemon() as daemon:
        daemon.fill(SECRETS)
        load = Load()
        key = daemon.add_user()
        load.key(*key)
        print_reads(daemon, load, args.rounds, args.seconds)
        print_key_timing(daemon, key[0])
        daemon.restart(workers=4)  # as they are by default: they wait for disks
        print_puts(daemon, load, args.rounds, args.seconds)
        if not args.no_idle:
            daemon.restart(workers=1)
            print_idle(daemon, load)
        load.close()


if __name__ == "__main__":
    main()
