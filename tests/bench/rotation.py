"""Complete rotations a second, beside what the database alone allows; what an
idle daemon weighs; how long it takes to start.  README.md says how it is
measured and what limits it.
"""

import argparse
import collections
import os
import time

from contestants import Bare, Engine, MariaDb, Postgres
from proc import cpu_seconds, status
from tables import median, met, spread, table

AT_ONCE = (1, 8, 32)
RSS_GOAL_MIB, START_GOAL_MS = 12, 100
COST_GOAL, THROUGHPUT_GOAL = 1.25, 0.8
STARTS = 9
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def count_of(target, at_once):
    """Enough for about three seconds of work."""
    quick = 20 if target.kind == "mysql" else 1
    return quick * max(24, 2 * at_once)


class Rounds:
    """Bare and engine by turns, the one that begins changing each round."""

    def __init__(self, target, bare, engine, arns):
        self.target, self.bare = target, bare
        self.engine, self.arns = engine, arns
        self.results = collections.defaultdict(list)
        self.cpu_ms = collections.defaultdict(list)

    def used(self):
        """CPU seconds so far: the server, bare, keyturnd, plugin host, we."""
        return [
            cpu_seconds(self.target.process.pid, children=True),
            cpu_seconds(self.bare.process.pid),
            cpu_seconds(self.engine.process.pid),
            sum(map(cpu_seconds, self.engine.children())),
            time.process_time(),
        ]

    def timed(self, name, n, run):
        count = count_of(self.target, n)
        before = self.used()
        result = run(count)
        used = [b - a for a, b in zip(before, self.used())]
        self.cpu_ms[name, n].append([s * 1e3 / count for s in used])
        return result

    def run_bare(self, n):
        return self.timed("bare", n, lambda c: self.bare.run(n, c))

    def run_engine(self, n):
        """By other secrets each time: one may have 1000 versions a day."""
        self.arns = self.arns[n:] + self.arns[:n]
        return self.timed(
            "engine", n, lambda c: self.engine.rotate(self.arns[:n], c)
        )

    def round(self, number):
        for n in AT_ONCE:
            runs = [("bare", self.run_bare), ("engine", self.run_engine)]
            if number % 2 == 1:
                runs.reverse()
            pair = {name: run(n) for name, run in runs}
            self.results[n].append((pair["bare"], pair["engine"]))

    def row(self, n):
        pairs, count = self.results[n], count_of(self.target, n)
        bare = median(count / b.seconds for b, _ in pairs)
        engine = median(count / e.seconds for _, e in pairs)
        ratios = [b.seconds / e.seconds for b, e in pairs]
        ratio = median(ratios)
        if n == 1:
            goal = f"cost <= {COST_GOAL:.2f} x: is {1 / ratio:.2f} x"
            good = 1 / ratio <= COST_GOAL
        else:
            goal = f"rate >= {THROUGHPUT_GOAL:.2f} x"
            good = ratio >= THROUGHPUT_GOAL
        return [
            n, f"{bare:.1f}", f"{engine:.1f}",
            spread(ratios),
            f"{median(b.median_ms for b, _ in pairs):.1f}",
            f"{median(e.median_ms for _, e in pairs):.1f}",
            goal, met(good) if n != 8 else "(no goal)",
        ]  # fmt: skip

    def print(self):
        table(
            "Complete rotations a second "
            f"({self.target.rotator}, median of {len(self.results[1])} rounds)",
            ["at once", "bare", "engine", "engine/bare", "bare ms",
             "engine ms", "goal", ""],
            [self.row(n) for n in AT_ONCE],
        )  # fmt: skip
        table(
            "Processor time of one rotation, ms",
            ["at once", "", "server", "client", "keyturnd", "plugin host",
             "this program", "sum"],
            [self.cpu_row(n, who) for n in AT_ONCE for who in ("bare", "engine")],
        )  # fmt: skip

    def cpu_row(self, n, who):
        used = [median(x) for x in zip(*self.cpu_ms[who, n])]
        return [n, who, *(f"{x:.1f}" for x in used), f"{sum(used):.1f}"]


def print_steps(engine, arn):
    """Where the time of one at a time goes, by the rotation's own history."""
    reply = engine.call(
        "keyturn.ListRotationAttempts", {"SecretId": arn, "MaxResults": 80}
    )
    by_step = collections.defaultdict(list)
    for attempt in reply["Attempts"]:
        by_step[attempt["Step"]].append(attempt["DurationMs"])
    table(
        "The steps, one at a time (medians of the history)",
        ["step", "ms"],
        [(s, f"{median(by_step[s]):.2f}") for s in STEPS if s in by_step],
    )


def idle_row(plugins, label):
    with Engine(plugins=plugins) as engine:
        engine.call("keyturn.Status")
        rss = status(engine.process.pid, "VmRSS") / 1024
        anon = status(engine.process.pid, "RssAnon") / 1024
        hosts = [status(p, "VmRSS") / 1024 for p in engine.children()]
    return [
        label, f"{rss:.1f}", f"{anon:.1f}",
        " ".join(f"{h:.1f}" for h in hosts) or "-",
        f"< {RSS_GOAL_MIB}", met(rss < RSS_GOAL_MIB),
    ]  # fmt: skip


def start_row(plugins, label):
    with Engine(plugins=plugins) as engine:
        times = []
        for _ in range(STARTS):
            engine.stop()
            engine.start()
            times.append(engine.start_ms)
    return [
        label, f"{median(times):.1f}", f"{min(times):.1f}", f"{max(times):.1f}",
        f"< {START_GOAL_MS}", met(median(times) < START_GOAL_MS),
    ]  # fmt: skip


def print_idle(plugin):
    kinds = [([], "no plugin"), ([plugin], f"{plugin} warm"), (None, "all warm")]
    table(
        "Idle memory, MiB (after the start and one call)",
        ["keyturnd with", "RSS", "of it anonymous", "RSS of plugin hosts",
         "goal", ""],
        [idle_row(*kind) for kind in kinds],
    )  # fmt: skip
    table(
        f"Cold start to READY=1, ms (median of {STARTS}, the store exists)",
        ["keyturnd with", "median", "least", "most", "goal", ""],
        [start_row(*kind) for kind in kinds],
    )


def print_rotations(target, rounds):
    names = range(max(AT_ONCE))
    engine = Engine(plugins=[target.plugin])
    with target.start(), engine:
        bare = Bare(target, [f"bare_{i}" for i in names])
        arns = [engine.add_secret(target, f"engine_{i}") for i in names]
        bare.run(max(AT_ONCE), len(names))  # caches are warm on both sides
        engine.rotate(arns, len(names))
        r = Rounds(target, bare, engine, arns)
        for i in range(rounds):
            r.round(i)
        r.print()
        engine.rotate(arns[:1], 20)
        print_steps(engine, arns[0])
        rss = status(engine.process.pid, "VmRSS") / 1024
        print(f"\n  keyturnd afterwards: RSS {rss:.1f} MiB")
        bare.close()


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run rotation")
    parser.add_argument("--mariadb", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-idle", action="store_true",
                        help="only the rotations")  # fmt: skip
    args = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f} before the start")
    target = MariaDb() if args.mariadb else Postgres()
    print_rotations(target, args.rounds)
    if not args.no_idle:
        print_idle(target.plugin)


if __name__ == "__main__":
    main()
