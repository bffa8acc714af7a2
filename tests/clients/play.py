"""Plays a case of the table through a client, and compares.

Variables of a case: $name (of a secret of its own), $name2, $name3, … the
same; $arn, $arn2, … once an answer had them; $partial: $arn without its
suffix; $t1, $t2, … (request tokens); $account, $region, $region2; $prefix,
which $name and the others begin with; $kms_key: the ARN of one, whose alias
is alias/clients; and what save() kept.
"""

import re
import reprlib
import time
import uuid

from endpoint import REGION, REGION2
from table import AnyOrder, Matcher, Maybe, Refusal, Save

ACCOUNT = "000000000000"
UNTIL_SECONDS = 30

shown = reprlib.Repr()
shown.maxstring = shown.maxother = 200
shown.maxdict = shown.maxlist = 12


class Answer:
    """What a client got: fields, or an error's kind and message.  headers:
    lower-case names; {} where the client does not tell them."""

    def __init__(
        self, status, fields=None, kind=None, message=None, headers=None
    ):
        self.status, self.fields = status, fields
        self.kind, self.message = kind, message
        self.headers = headers or {}

    def __repr__(self):
        if self.kind is None:
            return f"{self.status} {shown.repr(self.fields)}"
        return f"{self.status} {self.kind}: {self.message}"


class Play:
    def __init__(self, case, client, variables=None):
        self.case, self.client = case, client
        self.vars = {
            "prefix": f"c/{uuid.uuid4().hex}",
            "account": ACCOUNT,
            "region": REGION,
            "region2": REGION2,
            **(variables or {}),
        }
        for key, value in case.variables.items():
            self.vars[key] = self.fill(value)

    def variable(self, name):
        if name not in self.vars:
            if re.fullmatch(r"t\d+", name):
                self.vars[name] = str(uuid.uuid4())
            elif re.fullmatch(r"name\d*", name):
                self.vars[name] = f"{self.vars['prefix']}/{name}"
            elif name == "partial":
                return self.vars["arn"][:-7]
            elif name == "replica_arn":
                return self.vars["arn"].replace(
                    f":{self.vars['region']}:", f":{self.vars['region2']}:"
                )
        return self.vars[name]

    def fill(self, value):
        """The value, with its variables filled in."""
        if isinstance(value, str):
            whole = re.fullmatch(r"\$([a-z_]+\d*)", value)
            if whole:
                return self.variable(whole.group(1))
            return re.sub(
                r"\$([a-z_]+\d*)",
                lambda m: str(self.variable(m.group(1))),
                value,
            )
        if isinstance(value, dict):
            return {self.fill(k): self.fill(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.fill(v) for v in value]
        return value

    def check_arn(self, value, of, region):
        """Is it the ARN of the secret named $of (in that region)?"""
        name, region = self.variable(of), region or self.vars["region"]
        form = re.compile(
            rf"arn:aws:secretsmanager:{region}:{self.vars['account']}:secret:"
            rf"{re.escape(name)}-[A-Za-z0-9]{{6}}"
        )
        if not isinstance(value, str) or not form.fullmatch(value):
            return f"is not an ARN of {name} in {region}"
        known = self.vars.setdefault(
            of.replace("name", "arn"),
            value.replace(f":{region}:", f":{self.vars['region']}:"),
        )
        if value.rsplit("-", 1)[1] != known.rsplit("-", 1)[1]:
            return f"is not the ARN of before, {known}"
        return None

    def compare(self, got, want, where=""):
        """What is wrong with it, as a list of lines."""
        if isinstance(want, Save):
            self.vars[want.variable] = got
            return self.compare(got, want.expected, where)
        if isinstance(want, Maybe):
            return self.compare(got, want.expected, where)
        if isinstance(want, Matcher):
            wrong = want.check(got, self)
            return [f"{where}: {got!r} {wrong}"] if wrong else []
        if isinstance(want, AnyOrder):
            return self.compare_any_order(got, want.members, where)
        if isinstance(want, dict):
            return self.compare_structure(got, want, where)
        if isinstance(want, (list, tuple)):
            if not isinstance(got, list) or len(got) != len(want):
                return [f"{where}: {got!r} should have {len(want)} members"]
            return [
                line
                for i, (g, w) in enumerate(zip(got, want))
                for line in self.compare(g, w, f"{where}[{i}]")
            ]
        want = self.fill(want)
        if type(got) is not type(want) or got != want:
            return [f"{where}: {got!r} should be {want!r}"]
        return []

    def compare_structure(self, got, want, where):
        if not isinstance(got, dict):
            return [f"{where}: {got!r} should be a structure"]
        want = {self.fill(k): v for k, v in want.items()}
        lines = [
            f"{where}.{key}: {got[key]!r} should not be there"
            for key in got
            if key not in want
        ]
        for key, w in want.items():
            if key in got:
                lines += self.compare(got[key], w, f"{where}.{key}")
            elif not isinstance(w, Maybe):
                lines.append(f"{where}.{key} is missing, should be {w!r}")
        return lines

    def compare_any_order(self, got, members, where):
        if not isinstance(got, list) or len(got) != len(members):
            return [f"{where}: {got!r} should be {members!r} in any order"]
        left = list(got)
        for want in members:
            for g in left:
                if not self.compare(g, want):
                    left.remove(g)
                    break
            else:
                return [f"{where}: {got!r} has no {self.fill_shown(want)!r}"]
        return []

    def fill_shown(self, want):
        return self.fill(want) if isinstance(want, (str, dict)) else want

    def judge(self, answer, want):
        lines = []
        if answer.headers:
            lines += check_headers(answer)
        if not isinstance(want, Refusal):
            if answer.kind is not None or answer.status != 200:
                return [*lines, f"should have succeeded: {answer}"]
            return lines + self.compare(answer.fields, want)
        if answer.kind not in want.kinds or answer.status != want.status:
            return [
                *lines,
                f"got {answer}; should be {want.status} "
                f"{' or '.join(want.kinds)}",
            ]
        return lines + self.judge_message(answer.message, want.message)

    def judge_message(self, got, want):
        if not got:
            return ["the error has no message"]
        if isinstance(want, re.Pattern):
            if not re.compile(self.fill(want.pattern), re.S).search(got):
                return [f"message {got!r} does not match {want.pattern}"]
        elif want is not None and got != self.fill(want):
            return [f"message {got!r} should be {self.fill(want)!r}"]
        return []

    def take(self, step):
        return self.client.call(
            step.action,
            self.fill(step.given),
            region=self.fill(step.region) or self.vars["region"],
            who=step.who,
        )

    def run(self):
        for number, step in enumerate(self.case.steps, 1):
            end = time.monotonic() + (UNTIL_SECONDS if step.until else 0)
            while True:
                answer = self.take(step)
                wrong = self.judge(answer, step.expected)
                if not wrong or time.monotonic() >= end:
                    break
                time.sleep(0.1)
            assert not wrong, "\n  ".join(
                [
                    f"step {number}, {step.action} {shown.repr(self.fill(step.given))}",
                    *wrong,
                ]
            )


def check_headers(answer):
    """What every answer of the API carries."""
    lines = []
    request_id = answer.headers.get("x-amzn-requestid", "")
    try:
        uuid.UUID(request_id)
    except ValueError:
        lines.append(f"x-amzn-RequestId {request_id!r} is not a UUID")
    kind = answer.headers.get("content-type")
    if kind != "application/x-amz-json-1.1":
        lines.append(f"Content-Type is {kind!r}")
    if answer.kind is not None:
        told = answer.headers.get("x-amzn-errortype", "")
        if told.split("#")[-1].split(":")[0] != answer.kind:
            lines.append(f"x-amzn-ErrorType {told!r} is not {answer.kind}")
    return lines
