"""Where the time of a request goes: samples of a running keyturnd's stack, each
put down to the innermost function that the table below knows.

perf (Debian's linux-perf) takes the samples; by the processor's clock, so that
it works in a virtual machine, too.
"""

import collections
import re
import shutil
import subprocess
import tempfile

# A stack is looked at from the inside out, and the first frame that fits any
# of these patterns says the stage.
STAGES = [
    (r"(__GI_)?(___?libc_)?read$|uv__read$", "read from the socket"),
    (r"connection_send$|uv_try_write$", "write to the socket"),
    (r"epoll_p?wait", "wait for what is next (epoll)"),
    (r"request_feed$", "parse HTTP"),
    (r"sigv4_verify$|sigv4_new$|sigv4_free$", "verify the signature"),
    (r"directory_|dev_key_find$", "find the access key"),
    (r"policy_", "evaluate policies"),
    (r"json_read$", "parse JSON"),
    (r"validate", "validate the input"),
    (r"(call|secret)_(find|secret|resolve)", "find the secret"),
    (r"store_version_touch$", "note the access"),
    (r"store_version_get$", "read the value"),
    (r"shape_", "read and write the rest of the secret"),
    (r"value_open$", "decrypt"),
    (r"audit_", "audit"),
    (r"random_uuid$", "draw the request id"),
    (r"request_(clear|release|init)$", "make ready for the next request"),
    (r"reply_send$", "write the reply's head"),
    (r"api_handle$", "the operation itself, dispatch"),
    (r"uv_|on_read$|feed$", "libuv, and what is around it"),
]
OTHER = "unknown"
STAGES = [(re.compile(pattern), name) for pattern, name in STAGES]


def stage_of(frames):
    """`frames` from the innermost outwards."""
    for frame in frames:
        for pattern, name in STAGES:
            if pattern.match(frame):
                return name
    return OTHER


def samples(script):
    """perf script's text: a header line, frames, an empty line."""
    frames = []
    for line in script:
        line = line.strip()
        if not line:
            if frames:
                yield frames
            frames = []
        elif re.match(r"[0-9a-f]+ ", line):
            frames.append(re.split(r"[ +]", line, maxsplit=2)[1])


def shares(pid, seconds):
    """{stage: share of the samples}, or None where perf cannot be had.  The
    caller keeps the process busy meanwhile."""
    if shutil.which("perf") is None:
        return None
    with tempfile.NamedTemporaryFile(prefix="kt-perf-") as data:
        subprocess.run(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1499",
             "--call-graph", "dwarf,8192", "-p", str(pid), "-o", data.name,
             "--", "sleep", str(seconds)],
            stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        count = collections.Counter()
        script = subprocess.Popen(
            ["perf", "script", "-i", data.name, "-F", "ip,sym"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        for frames in samples(script.stdout):
            count[stage_of(frames)] += 1
        script.wait()
    total = sum(count.values())
    return {name: n / total for name, n in count.items()} if total else None
