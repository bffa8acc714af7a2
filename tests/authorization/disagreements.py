"""Where the oracle and we disagree, with the sentence that decides.

Each entry takes from a case what is in dispute and writes what the sentence
says in its place.  To the case written so, the oracle must give the answer
that we gave to the case as it was: an entry explains nothing else.

Sentences are of the IAM User Guide; `page` is the last part of their address
under https://docs.aws.amazon.com/IAM/latest/UserGuide/.
"""

import copy
import datetime
import ipaddress
import re

from cases import KEYS

NEVER = "arn:aws:iam::999999999999:user/nobody"
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
SETS = {key.lower() for key, (kind, _, _) in KEYS.items() if kind == "strings"}


def listed(value):
    return value if isinstance(value, list) else [value]


KINDS = ("resource_policy", "trust", "boundary", "session")


def policies(case):
    return case["identity"] + [case[kind] for kind in KINDS if kind in case]


def attached(case):
    """The statements of what hangs on the secret or the role."""
    policy = case.get("resource_policy") or case.get("trust") or {}
    return listed(policy.get("Statement", []))


def statements(case):
    return [s for p in policies(case) for s in listed(p["Statement"])]


def values_of(case, key):
    """What the request has for a key; None: nothing."""
    for name, value in case["context"].items():
        if name.lower() == key.lower():
            return listed(value)
    return None


def parts(operator):
    """(quantifier, operator without IfExists, IfExists, negated)"""
    quantifier, _, base = operator.rpartition(":")
    if_exists = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    return quantifier, base, if_exists, "Not" in base


def settle(case, decide):
    """Asks decide(statement, operator, key, values) about every condition:
    True or False take its place, a string is another operator, None leaves it.
    Is anything settled?"""
    changed = False
    for number, statement in enumerate(statements(case)):
        settled = {}
        for operator, block in statement.get("Condition", {}).items():
            for key, values in block.items():
                says = decide(statement, operator, key, listed(values))
                changed = changed or says is not None
                if says is False:
                    settled.setdefault("Null", {})[
                        f"aws:PrincipalTag/never{number}{len(str(settled))}"
                    ] = "false"
                elif says is not True:
                    settled.setdefault(says or operator, {})[key] = values
        if "Condition" in statement:
            statement["Condition"] = settled
    return changed


# --- entries


def root_has_all(case):
    if not case["root"]:
        return False
    case["identity"] = [ALLOW_ALL]
    return True


def named_session_is_not_limited(case):
    """Only the resource's policy is left to allow, and the session's only to
    deny."""
    if "session" not in case or case["account"] != case["owner"]:
        return False
    if "resource_policy" not in case:
        return False
    allow = copy.deepcopy(ALLOW_ALL["Statement"])
    denies = [
        s for s in listed(case["session"]["Statement"]) if s["Effect"] == "Deny"
    ]
    case["session"]["Statement"] = denies + allow
    for policy in case["identity"]:
        policy["Statement"] = [
            s for s in listed(policy["Statement"]) if s["Effect"] == "Deny"
        ]
    return True


def spared_must_be_named(case):
    """A NotPrincipal of a Deny keeps only who asks, not his account or role."""
    changed = False
    for statement in attached(case):
        spared = statement.get("NotPrincipal", {}).get("AWS")
        if spared is None or statement["Effect"] != "Deny":
            continue
        root = re.compile(r"\d{12}|arn:aws:iam::\d{12}:root")
        kept = [
            name
            for name in listed(spared)
            if name not in case["arns"][1:]
            and (case["root"] or not root.fullmatch(name))
        ]
        changed = changed or kept != listed(spared)
        statement["NotPrincipal"]["AWS"] = kept or NEVER
    return changed


def all_but_some_is_no_name(case):
    """An Allow for all but some is also one for the account, which leaves it to
    an identity's policy; there it is put, and limited as they are."""
    moved = []
    own = case["arns"] + [case["account"], f"arn:aws:iam::{case['account']}:root"]
    for statement in attached(case):
        if "NotPrincipal" not in statement or statement["Effect"] == "Deny":
            continue
        spared = listed(statement.pop("NotPrincipal")["AWS"])
        if set(spared) & set(own):
            statement["Principal"] = {"AWS": NEVER}
            continue
        moved.append(dict(statement))
        if "NotResource" not in statement:
            moved[-1].setdefault("Resource", "*")
        statement["Principal"] = {"AWS": case["account"]}
    if not moved or case["account"] != case["owner"]:
        return False
    version = (case.get("resource_policy") or case["trust"]).get("Version")
    case["identity"].append(
        {"Version": version or "2008-10-17", "Statement": moved}
    )
    return True


def old_versions_have_no_variables(case):
    changed = False

    def plain(value):
        if isinstance(value, str):
            return value.replace("${", "$-{")  # no request has a $
        if isinstance(value, list):
            return [plain(v) for v in value]
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        return value

    for policy in policies(case):
        if policy.get("Version") == "2012-10-17" or "${" not in str(policy):
            continue
        policy["Statement"] = plain(policy["Statement"])
        policy["Version"] = "2012-10-17"
        changed = True
    return changed


def dates_are_years_or_seconds(case):
    changed = False

    def written(value):
        nonlocal changed
        if re.fullmatch(r"\d{4}", str(value)):
            changed = True
            return f"{value}-01-01T00:00:00Z"
        if re.fullmatch(r"\d{5,}", str(value)):
            changed = True
            at = datetime.datetime.fromtimestamp(int(value), datetime.UTC)
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return value

    for statement in statements(case):
        for operator, block in statement.get("Condition", {}).items():
            if not parts(operator)[1].startswith("Date"):
                continue
            for key, values in block.items():
                block[key] = [written(v) for v in listed(values)]
    return changed


def null_is_what_is_empty(case):
    """Of sets, and of Null: no value but "" is no value."""

    def decide(_statement, operator, key, values):
        quantifier, base, if_exists, negated = parts(operator)
        have = values_of(case, key)
        if have is None or any(have):
            return None
        if base == "Null":
            return any(str(v).lower() == "true" for v in values)
        if quantifier:
            return quantifier == "ForAllValues"
        return (if_exists or negated) if have == [] else None

    return settle(case, decide)


def sets_are_by_the_request(case):
    """A key of several values that has one is as one of one value."""

    def decide(_statement, operator, key, _values):
        quantifier, base, if_exists, negated = parts(operator)
        if key.lower() not in SETS or quantifier or base == "Null":
            return None
        have = values_of(case, key)
        if not have:
            return if_exists or negated
        return f"ForAnyValue:{operator}" if len(have) == 1 else None

    return settle(case, decide)


def is_of_type(base, value):
    if base.startswith("Numeric"):
        return re.fullmatch(r"[-+]?\d+(\.\d+)?", value) is not None
    if base.startswith("Arn"):
        return re.match(r"arn(:[^:]*){4}:", value) is not None
    if "IpAddress" in base:
        try:
            return bool(ipaddress.ip_address(value))
        except ValueError:
            return False
    if base == "Bool":
        return value.lower() in ("true", "false")
    if base == "BinaryEquals":
        return re.fullmatch(r"[A-Za-z0-9+/]*=?=?", value) is not None
    return True


def faults_deny(case):
    """What cannot be compared holds in a Deny, and does not in an Allow."""

    def decide(statement, operator, key, values):
        quantifier, base, _, _ = parts(operator)
        have = values_of(case, key)
        if not have or base == "Null":
            return None
        several = not quantifier and len(have) > 1
        strange = not all(is_of_type(base, v) for v in have) or (
            base.startswith("Arn")
            and not all(is_of_type(base, v) for v in values)
        )
        return statement["Effect"] == "Deny" if several or strange else None

    return settle(case, decide)


def unresolved_is_invalid(case):
    """A NotResource with a variable that has no value speaks of nothing."""
    changed = False

    def is_valid(statement):
        for text in listed(statement.get("NotResource", [])):
            for key in re.findall(r"\$\{([^},]+)\}", text):
                if key not in "*?$" and not values_of(case, key):
                    return False
        return True

    for policy in policies(case):
        kept = [s for s in listed(policy["Statement"]) if is_valid(s)]
        changed = changed or len(kept) != len(listed(policy["Statement"]))
        policy["Statement"] = kept
    return changed


def ranges_are_all_alike(case):
    """A range of all is two of half; an address alone is a range of one."""
    changed = False

    def alike(value):
        if value == "0.0.0.0/0":
            return ["0.0.0.0/1", "128.0.0.0/1"]
        return [value] if "/" in value else [value + "/32"]

    for statement in statements(case):
        for operator, block in statement.get("Condition", {}).items():
            if "IpAddress" not in operator:
                continue
            for key, values in block.items():
                block[key] = [w for v in listed(values) for w in alike(v)]
                changed = changed or block[key] != listed(values)
    return changed


def special_variables_are_characters(case):
    """Where there are no wildcards, ${*} is as good as *."""
    changed = False

    def plain(value):
        return re.sub(r"\$\{([*?$])\}", r"\1", value)

    for policy in policies(case):
        if policy.get("Version") != "2012-10-17":
            continue
        for statement in listed(policy["Statement"]):
            for operator, block in statement.get("Condition", {}).items():
                if not re.search("String(Not)?Equals", operator):
                    continue
                for key, values in block.items():
                    block[key] = [plain(v) for v in listed(values)]
                    changed = changed or block[key] != listed(values)
    return changed


def empty_value_is_a_value(case):
    changed = False

    def filled(value):
        nonlocal changed
        if isinstance(value, str):
            for variable, key in re.findall(r"(\$\{([^},]+)\})", value):
                if values_of(case, key) == [""]:
                    value = value.replace(variable, "")
                    changed = True
            return value
        if isinstance(value, list):
            return [filled(v) for v in value]
        if isinstance(value, dict):
            return {k: filled(v) for k, v in value.items()}
        return value

    for policy in policies(case):
        if policy.get("Version") == "2012-10-17":
            policy["Statement"] = filled(policy["Statement"])
    return changed


ENTRIES = {
    "root has all that nobody denies": (
        root_has_all,
        "reference_policies_evaluation-logic.html",
        "By default, all requests are implicitly denied with the exception of "
        "the AWS account root user, which has full access.",
    ),
    "a session that is named, or everyone, is not limited by its policy": (
        named_session_is_not_limited,
        "reference_policies_evaluation-logic.html",
        "Permissions granted directly to a session are not limited by an "
        "implicit deny in an identity-based policy, a permissions boundary, or "
        "session policy. (Of everyone, reference_policies_elements_principal: "
        "Identity-based policy types, such as permissions boundaries or session "
        "policies, do not limit permissions granted using the aws:PrincipalArn "
        "condition key with a wildcard(*) in the Principal element, unless the "
        "identity-based policies contain an explicit deny.)",
    ),
    "NotPrincipal with Deny spares only whom it names": (
        spared_must_be_named,
        "reference_policies_elements_notprincipal.html",
        "In the following example, all principals except the assumed-role user "
        "named cross-account-audit-app in AWS account 444455556666 are "
        "explicitly denied access to a resource. As a best practice, the "
        "NotPrincipal element contains the ARN of the assumed-role user "
        "(cross-account-audit-app), the role (cross-account-read-only-role), "
        "and the AWS account that the role belongs to (444455556666).",
    ),
    "NotPrincipal with Allow names nobody": (
        all_but_some_is_no_name,
        "reference_policies_evaluation-logic.html",
        "If a resource-based policy grants permission directly to the IAM user "
        "or the session principal that is making the request, then an implicit "
        "deny in an identity-based policy, a permissions boundary, or a session "
        "policy does not impact the final decision.",
    ),
    "before 2012-10-17 there are no variables": (
        old_versions_have_no_variables,
        "reference_policies_variables.html",
        "If you don't include the Version element and set it to an appropriate "
        "version date, variables like ${aws:username} are treated as literal "
        "strings in the policy.",
    ),
    "dates may be years, and seconds since 1970": (
        dates_are_years_or_seconds,
        "reference_policies_elements_condition_operators.html",
        "You must specify date/time values with one of the W3C implementations "
        "of the ISO 8601 date formats or in epoch (UNIX) time.",
    ),
    "a set of nothing but empty texts is empty": (
        null_is_what_is_empty,
        "reference_policies_multi-value-conditions.html",
        "If the key values in the request resolve to an empty data set (for "
        "example, an empty string), a condition operator modified by "
        "ForAllValues returns true, and a condition operator modified by "
        "ForAnyValue returns false.",
    ),
    "how many values a key has is the request's to say": (
        sets_are_by_the_request,
        "reference_policies_condition-single-vs-multi-valued-context-keys.html",
        "The difference between single-valued and multivalued context keys "
        "depends on the number of values in the request context, not the "
        "number of values in the policy condition.",
    ),
    "what cannot be evaluated does not allow": (
        faults_deny,
        "reference_policies_evaluation-logic.html",
        "If the AWS enforcement code encounters an error at any point during "
        "the evaluation, then it generates an exception and closes.",
    ),
    "a statement whose variable has no value is invalid": (
        unresolved_is_invalid,
        "reference_policies_variables.html",
        "not present means that the value is not in the current request "
        "information, and any attempt to match it fails and causes the "
        "statement to be invalid.",
    ),
    "an address is a range, and so is 0.0.0.0/0": (
        ranges_are_all_alike,
        "reference_policies_elements_condition_operators.html",
        "The value must be in the standard CIDR format (for example, "
        "203.0.113.0/24 or 2001:DB8:1234:5678::/64). If you specify an IP "
        "address without the associated routing prefix, IAM uses the default "
        "prefix value of /32.",
    ),
    "${*} is an asterisk for every string operator": (
        special_variables_are_characters,
        "reference_policies_variables.html",
        "${*} - use where you need an * (asterisk) character. ... These "
        "predefined policy variables can be used in any string where you can "
        "use regular policy variables.",
    ),
    "an empty value is put in place of its variable": (
        empty_value_is_a_value,
        "reference_policies_variables.html",
        "When you use a policy variable, AWS substitutes a value from the "
        "request context key in place of the variable in your policy.",
    ),
}
