"""What the kernel says about a process."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def status(pid, field):
    """A line of /proc/PID/status, in KiB."""
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(f"{field}:"):
                return int(line.split()[1])
    raise KeyError(field)


def cpu_seconds(pid, children=False):
    """What it used, and what its children had used when they ended."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15 if children else 13])) / TICKS
