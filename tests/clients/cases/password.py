"""GetRandomPassword."""

import re

from table import case, constraint, do, matches, refused

PUNCTUATION = r"!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~"
EACH = rf"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[{PUNCTUATION}])"
ALL = rf"[a-zA-Z0-9{PUNCTUATION}]"


def drawn(given, pattern):
    """Several draws: each must fit."""
    return [
        do("GetRandomPassword", given, {"RandomPassword": matches(pattern)})
        for _ in range(4)
    ]


def good(title, given, pattern):
    return case(f"GetRandomPassword: {title}", *drawn(given, pattern))


def bad(title, given, expected):
    return case(
        f"GetRandomPassword refuses {title}",
        do("GetRandomPassword", given, expected),
    )


NO_CASE = {"ExcludeUppercase": True, "ExcludeLowercase": True}
TOO_SHORT = refused(
    "InvalidParameterException",
    re.compile("^Password length is too short based on the required types"),
)

CASES = [
    good("32 characters with each of four types", {}, EACH + ALL + "{32}"),
    good(
        "the shortest with each type", {"PasswordLength": 4}, EACH + ALL + "{4}"
    ),
    good(
        "one character of any type",
        {"PasswordLength": 1, "RequireEachIncludedType": False},
        ALL,
    ),
    good("4096 characters", {"PasswordLength": 4096}, EACH + ALL + "{4096}"),
    good(
        "without numbers",
        {"ExcludeNumbers": True},
        rf"[a-zA-Z{PUNCTUATION}]{{32}}",
    ),
    good(
        "without punctuation", {"ExcludePunctuation": True}, "[a-zA-Z0-9]{32}"
    ),
    good(
        "without upper case",
        {"ExcludeUppercase": True},
        rf"[a-z0-9{PUNCTUATION}]{{32}}",
    ),
    good(
        "without lower case",
        {"ExcludeLowercase": True},
        rf"[A-Z0-9{PUNCTUATION}]{{32}}",
    ),
    good("numbers alone", {**NO_CASE, "ExcludePunctuation": True}, "[0-9]{32}"),
    good(
        "a blank may be in it",
        {"IncludeSpace": True},
        rf"[a-zA-Z0-9 {PUNCTUATION}]{{32}}",
    ),
    good(
        "a blank alone",
        {
            **NO_CASE,
            "ExcludePunctuation": True,
            "ExcludeNumbers": True,
            "IncludeSpace": True,
            "PasswordLength": 5,
            "RequireEachIncludedType": False,
        },
        " {5}",
    ),
    good(
        "without characters that are named",
        {
            "ExcludeCharacters": "abcdefghijklmABCDEFGHIJKLM01234\"@/\\'",
            "PasswordLength": 400,
        },
        rf"(?!.*[a-mA-M0-4\"@/\\']){ALL}{{400}}",
    ),
    good(
        "two types, two characters",
        {
            "ExcludePunctuation": True,
            "ExcludeNumbers": True,
            "PasswordLength": 2,
        },
        "(?=.*[a-z])(?=.*[A-Z])[a-zA-Z]{2}",
    ),
    bad("a length below the number of types", {"PasswordLength": 3}, TOO_SHORT),
    bad(
        "a length of 0",
        {"PasswordLength": 0},
        constraint(
            "passwordLength", "have value greater than or equal to 1", "'0'"
        ),
    ),
    bad(
        "a length of 4097",
        {"PasswordLength": 4097},
        constraint(
            "passwordLength", "have value less than or equal to 4096", "'4097'"
        ),
    ),
    bad(
        "to exclude every type",
        {**NO_CASE, "ExcludePunctuation": True, "ExcludeNumbers": True},
        refused("InvalidParameterException"),
    ),
    bad(
        "to exclude every character of a type that is required",
        {"ExcludeCharacters": "0123456789"},
        refused("InvalidParameterException"),
    ),
    bad(
        "4097 characters to exclude",
        {"ExcludeCharacters": "x" * 4097},
        constraint(
            "excludeCharacters", "have length less than or equal to 4096"
        ),
    ),
]
