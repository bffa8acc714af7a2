"""The language of the table in cases/: cases of steps, and what an answer
must be.

A step is one call: do(action, input, answer).  Texts may say $name, $arn and
other variables of the case (see play.py).  The answer is the whole answer,
compared member by member: a plain value stands for itself, a Matcher decides
by itself; refused() is an error.  Values are those of the wire: times are
numbers of seconds, binaries are base64.
"""

import json
import re
import time


class Matcher:
    """check(value, play) returns what is wrong, or None."""

    def __init__(self, name, check):
        self.name, self.check = name, check

    def __repr__(self):
        return self.name


class Refusal:
    """kind: one name, or a tuple of those that are all right."""

    def __init__(self, kind, message, status):
        self.kinds = (kind,) if isinstance(kind, str) else kind
        self.message, self.status = message, status


class Step:
    def __init__(self, action, given, expected, options):
        self.action, self.given, self.expected = action, given, expected
        self.who = options.pop("who", "root")
        self.region = options.pop("region", None)
        # Repeated until the answer is the expected one.
        self.until = options.pop("until", False)
        assert not options, options


class Case:
    """only: the clients that can send it (default: all).  variables: the
    case's own, beside those of play.py."""

    def __init__(self, title, steps, only, variables):
        self.title, self.steps, self.only = title, steps, only
        self.variables = variables


def case(title, *steps, only=None, **variables):
    return Case(title, steps, only, variables)


def do(action, given, expected, **options):
    return Step(action, given, expected, options)


def refused(kind, message=None, status=400):
    """message: the whole text, or a compiled pattern; None where AWS's text
    is not known."""
    return Refusal(kind, message, status)


def matches(pattern):
    """A text that fits as a whole."""
    compiled = re.compile(pattern, re.S)

    def check(value, play):
        if not isinstance(value, str) or not compiled.fullmatch(value):
            return f"does not match {pattern}"
        return None

    return Matcher(f"matches({pattern})", check)


def arn(of="name", region=None):
    """The ARN of the secret whose name is the variable `of`; the first one
    that is seen is the one for the rest of the case."""

    def check(value, play):
        return play.check_arn(value, of, region)

    return Matcher(f"arn({of})", check)


def around(seconds=0, slack=90):
    """A time: now and so many seconds."""

    def check(value, play):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "is not a number of seconds"
        off = value - (time.time() + seconds)
        return None if abs(off) <= slack else f"is off by {off:.0f} s"

    return Matcher(f"around({seconds})", check)


def between(least, most):
    """A number."""

    def check(value, play):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "is not a number"
        return None if least <= value <= most else f"is not in {least}..{most}"

    return Matcher(f"between({least}, {most})", check)


def after(variable):
    """A time later than the one that save() kept."""

    def check(value, play):
        before = play.variable(variable)
        return None if value > before else f"is not after {before}"

    return Matcher(f"after({variable})", check)


def days(n):
    return around(n * 86400)


def _today(value, play):
    """The day, UTC: also the one that ended while the test ran."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "is not a number of seconds"
    if value % 86400 != 0 or not -90 < time.time() - value < 86400 + 90:
        return "is not the day of today"
    return None


def _token(value, play):
    if not isinstance(value, str) or not 1 <= len(value) <= 4096:
        return "is not a token"
    return None


ARN = arn()
NOW = around()
TODAY = Matcher("TODAY", _today)
TOKEN = Matcher("TOKEN", _token)
TIME = between(1.7e9, 1e11)
UUID = matches(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TEXT = matches(r".+")
ANYTHING = Matcher("ANYTHING", lambda value, play: None)


class Maybe:
    """In a structure: the member may be left out."""

    def __init__(self, expected):
        self.expected = expected

    def __repr__(self):
        return f"maybe({self.expected!r})"


def maybe(expected):
    return Maybe(expected)


class AnyOrder:
    """A list with these members, in any order."""

    def __init__(self, members):
        self.members = members

    def __repr__(self):
        return f"any_order{self.members!r}"


def any_order(*members):
    return AnyOrder(members)


class Save:
    """Kept as a variable of the case, for the steps that follow."""

    def __init__(self, variable, expected):
        self.variable, self.expected = variable, expected

    def __repr__(self):
        return f"save({self.variable}, {self.expected!r})"


def save(variable, expected=TEXT):
    return Save(variable, expected)


def json_text(document):
    """JSON of this meaning, spelled in any way."""

    def check(value, play):
        try:
            got = json.loads(value)
        except (TypeError, ValueError):
            return "is not JSON"
        wanted = play.fill(document)
        return None if got == wanted else f"is not {wanted!r}"

    return Matcher(f"json_text({document!r})", check)


def constraint(member, must, value=r"'.*'"):
    """ValidationException's text (value: a pattern)."""
    told = rf"Value {value} at" if value else r"Value (.* )?at"
    return refused(
        "ValidationException",
        re.compile(
            rf"1 validation error detected: {told} '{re.escape(member)}' "
            rf"failed to satisfy constraint: Member must {must}",
            re.S,
        ),
    )


def missing(member):
    return refused(
        "ValidationException",
        f"1 validation error detected: Value null at '{member}' failed to "
        "satisfy constraint: Member must not be null",
    )


NOT_FOUND = refused(
    "ResourceNotFoundException",
    "Secrets Manager can't find the specified secret.",
)
MARKED = refused(
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked "
    "for deletion.",
)
BAD_NAME = refused(
    "ValidationException",
    "Invalid name. Must be a valid name containing alphanumeric characters, "
    "or any of the following: -/_+=.@!",
)


def create(value="s3cret", name="name", token="t1", **more):
    """The step that makes the secret of the variable `name`, AWSCURRENT
    being $t1; value None: without one."""
    given = {"Name": f"${name}", "ClientRequestToken": f"${token}", **more}
    answer = {"ARN": arn(name), "Name": f"${name}"}
    if value is not None:
        given["SecretString"] = value
        answer["VersionId"] = f"${token}"
    return do("CreateSecret", given, answer)


def value_is(text, version="$t1", stages=("AWSCURRENT",), **more):
    """The step GetSecretValue, and its whole answer; more: of the input."""
    return do(
        "GetSecretValue",
        {"SecretId": "$name", **more},
        {
            "ARN": ARN,
            "Name": "$name",
            "VersionId": version,
            "SecretString": text,
            "VersionStages": any_order(*stages),
            "CreatedDate": NOW,
        },
    )


def stages_are(stages, **more):
    """DescribeSecret of a plain secret; stages: {version: [labels]}."""
    return do(
        "DescribeSecret",
        {"SecretId": "$name"},
        {
            "ARN": ARN,
            "Name": "$name",
            "LastChangedDate": NOW,
            "LastAccessedDate": maybe(TODAY),
            "CreatedDate": NOW,
            "VersionIdsToStages": {
                version: any_order(*labels)
                for version, labels in stages.items()
            },
            **more,
        },
    )


def delete(window=30, **more):
    """The step DeleteSecret, with a recovery window."""
    return do(
        "DeleteSecret",
        {"SecretId": "$name", **more},
        {"ARN": ARN, "Name": "$name", "DeletionDate": days(window)},
    )


def force_delete():
    return do(
        "DeleteSecret",
        {"SecretId": "$name", "ForceDeleteWithoutRecovery": True},
        {"ARN": ARN, "Name": "$name", "DeletionDate": NOW},
    )


def put(value, token, *stages, shown=("AWSCURRENT",)):
    """The step PutSecretValue; shown: the stages it ends with."""
    given = {
        "SecretId": "$name",
        "SecretString": value,
        "ClientRequestToken": f"${token}",
    }
    if stages:
        given["VersionStages"] = list(stages)
    return do(
        "PutSecretValue",
        given,
        {
            "ARN": ARN,
            "Name": "$name",
            "VersionId": f"${token}",
            "VersionStages": any_order(*(stages or shown)),
        },
    )


# The clients that have no say in how a request is spelled, and those that
# put a token where there is none.
SDKS = ("boto3", "cli", "javascript")
RAW = ("curl",)
