"""Lists over the API: pages, filters, what is left out."""

import base64
import sqlite3
import uuid

import pytest

from conftest import ModelServer, put, refused


@pytest.fixture
def family(keyturn):
    """Five secrets whose names begin alike; the prefix."""
    prefix = f"f{uuid.uuid4().hex}"
    for i in range(5):
        keyturn.create(
            "v",
            name=f"{prefix}/{i}",
            Description=f"Number {i} of the Orders-DB",
            Tags=[{"Key": f"{prefix}-key", "Value": f"{prefix}-{i % 2}"}],
        )
    return prefix


def pages(keyturn, operation, member, body):
    """All items, one by one, and how many pages they came in."""
    items, n = [], 0
    body = dict(body)
    while True:
        reply = keyturn.call(operation, body)
        items += reply[member]
        n += 1
        if "NextToken" not in reply:
            return items, n
        assert n < 1000
        body["NextToken"] = reply["NextToken"]


def names(keyturn, *filters, **more):
    body = {"Filters": [{"Key": k, "Values": v} for k, v in filters], **more}
    found, _ = pages(keyturn, "ListSecrets", "SecretList", body)
    return [s["Name"] for s in found]


@pytest.mark.parametrize("size, n", [(1, 5), (2, 3), (4, 2), (5, 1), (100, 1)])
def test_pages_of_secrets(keyturn, family, size, n):
    found, count = pages(
        keyturn,
        "ListSecrets",
        "SecretList",
        {"MaxResults": size, "Filters": [{"Key": "name", "Values": [family]}]},
    )
    assert [s["Name"] for s in found] == [f"{family}/{i}" for i in range(5)]
    assert count == n


def test_what_a_list_says_is_what_describe_says(keyturn, family):
    reply = keyturn.call(
        "ListSecrets", {"Filters": [{"Key": "name", "Values": [f"{family}/3"]}]}
    )
    (listed,) = reply["SecretList"]
    said = keyturn.call("DescribeSecret", {"SecretId": f"{family}/3"})
    said["SecretVersionsToStages"] = said.pop("VersionIdsToStages")
    assert listed == said
    assert "NextToken" not in reply


def test_deleted_secrets_are_listed_when_asked_for(keyturn, family):
    keyturn.call("DeleteSecret", {"SecretId": f"{family}/2"})
    mine = ("name", [family])
    assert names(keyturn, mine) == [f"{family}/{i}" for i in (0, 1, 3, 4)]
    assert len(names(keyturn, mine, IncludePlannedDeletion=True)) == 5
    # A page counts what is shown, not what is passed over.
    found = names(keyturn, mine, MaxResults=2)
    assert found == [f"{family}/{i}" for i in (0, 1, 3, 4)]


@pytest.mark.parametrize("operation", ["ListSecrets", "ListSecretVersionIds"])
@pytest.mark.parametrize("size", [0, 101, -1])
def test_pages_have_1_to_100(keyturn, operation, size):
    name = keyturn.create("v")
    with refused("ValidationException", f"Value '{size}' at 'maxResults'"):
        keyturn.call(operation, {"SecretId": name, "MaxResults": size})


# ---- tokens ------------------------------------------------------------------


@pytest.fixture
def begun(keyturn, family):
    """A list that was begun: its request, and the token to go on with."""
    body = {"Filters": [{"Key": "name", "Values": [family]}], "MaxResults": 2}
    return body, keyturn.call("ListSecrets", body)["NextToken"]


@pytest.mark.parametrize("forged", ["x", "=", "AAAA", "kt1-5", "A" * 4096, "!" * 64])
def test_made_up_tokens_are_refused(keyturn, forged):
    name = keyturn.create("v")
    for operation in ("ListSecrets", "ListSecretVersionIds"):
        with refused("InvalidNextTokenException", "The NextToken value is invalid."):
            keyturn.call(operation, {"SecretId": name, "NextToken": forged})
    for operation in ("ListRotations", "ListRotationAttempts"):
        with refused("InvalidNextTokenException"):
            keyturn.call(f"keyturn.{operation}", {"NextToken": forged})


def test_a_token_with_one_bit_changed_is_refused(keyturn, begun):
    body, token = begun
    raw = bytearray(base64.b64decode(token))
    keyturn.call("ListSecrets", {**body, "NextToken": token})
    for bit in range(len(raw) * 8):
        raw[bit // 8] ^= 1 << bit % 8
        changed = base64.b64encode(raw).decode()
        raw[bit // 8] ^= 1 << bit % 8
        with refused("InvalidNextTokenException"):
            keyturn.call("ListSecrets", {**body, "NextToken": changed})


def test_a_token_has_one_spelling(keyturn, begun):
    body, token = begun
    for other in (token + "=", " " + token, token + "\n", token[:-4], token.rstrip("=")):
        if other == token:
            continue
        with refused("InvalidNextTokenException"):
            keyturn.call("ListSecrets", {**body, "NextToken": other})


@pytest.mark.parametrize(
    "other",
    [
        {"Filters": [{"Key": "name", "Values": ["x"]}]},
        {"SortBy": "name"},
        {"SortOrder": "desc"},
        {"IncludePlannedDeletion": True},
    ],
)
def test_a_token_is_of_one_request(keyturn, begun, other):
    body, token = begun
    with refused("InvalidNextTokenException"):
        keyturn.call("ListSecrets", {**body, **other, "NextToken": token})
    with refused("InvalidNextTokenException"):
        keyturn.call("keyturn.ListRotations", {**body, "NextToken": token})
    # How many come is no part of which come.
    reply = keyturn.call("ListSecrets", {**body, "MaxResults": 3, "NextToken": token})
    assert len(reply["SecretList"]) == 3


def test_a_token_of_one_secrets_versions_is_not_anothers(keyturn):
    one, two = keyturn.create("0"), keyturn.create("0")
    put(keyturn, one, "1"), put(keyturn, two, "1")
    token = keyturn.call("ListSecretVersionIds", {"SecretId": one, "MaxResults": 1})[
        "NextToken"
    ]
    with refused("InvalidNextTokenException"):
        keyturn.call("ListSecretVersionIds", {"SecretId": two, "NextToken": token})


def test_tokens_outlive_a_restart():
    with ModelServer(plugins=[]) as server:
        for i in range(4):
            server.create("v", name=f"n{i}")
        body = {"MaxResults": 2, "SortBy": "name"}
        token = server.call("ListSecrets", body)["NextToken"]
        server.stop()
        server.start()
        reply = server.call("ListSecrets", {**body, "NextToken": token})
        assert [s["Name"] for s in reply["SecretList"]] == ["n2", "n3"]
        assert "NextToken" not in reply


def test_another_stores_token_is_refused(begun):
    body, token = begun
    with ModelServer(plugins=[]) as other:
        with refused("InvalidNextTokenException"):
            other.call("ListSecrets", {**body, "NextToken": token})


def test_what_comes_and_goes_moves_nothing_else(keyturn, family):
    body = {"Filters": [{"Key": "name", "Values": [family]}], "SortBy": "name"}
    reply = keyturn.call("ListSecrets", {**body, "MaxResults": 2})
    assert [s["Name"] for s in reply["SecretList"]] == [f"{family}/0", f"{family}/1"]
    for gone in (0, 1, 3):
        keyturn.call(
            "DeleteSecret",
            {"SecretId": f"{family}/{gone}", "ForceDeleteWithoutRecovery": True},
        )
    keyturn.create("v", name=f"{family}/00")  # behind us
    keyturn.create("v", name=f"{family}/22")  # before us
    body["NextToken"] = reply["NextToken"]
    found, _ = pages(keyturn, "ListSecrets", "SecretList", {**body, "MaxResults": 1})
    assert [s["Name"] for s in found] == [f"{family}/{i}" for i in (2, 22, 4)]


# ---- order -------------------------------------------------------------------
# The newest model's SortBy and SortOrder.  It leaves open which order holds
# where none is named; AWS's own example (list-secrets) has the oldest first.


def test_orders(keyturn, family):
    for i in (2, 0, 4):
        put(keyturn, f"{family}/{i}", "changed")
    keyturn.call("GetSecretValue", {"SecretId": f"{family}/3"})
    mine = ("name", [family])

    def digits(**more):
        found = names(keyturn, mine, MaxResults=2, **more)
        return "".join(name[-1] for name in found)

    assert digits() == digits(SortBy="created-date") == "01234"
    assert digits(SortOrder="desc") == "43210"
    assert digits(SortBy="name", SortOrder="asc") == "01234"
    assert digits(SortBy="name", SortOrder="desc") == "43210"
    assert digits(SortBy="last-changed-date") == "13204"
    assert digits(SortBy="last-changed-date", SortOrder="desc") == "40231"
    assert digits(SortBy="last-accessed-date") == "01243"  # never read: first
    assert digits(SortBy="last-accessed-date", SortOrder="desc") == "34210"


@pytest.mark.parametrize("body", [{"SortBy": "size"}, {"SortOrder": "up"}])
def test_unknown_orders_are_refused(keyturn, body):
    with refused("ValidationException"):
        keyturn.call("ListSecrets", body)


# ---- versions ----------------------------------------------------------------


def test_versions_in_pages(keyturn):
    name = keyturn.create("0")
    made = [put(keyturn, name, str(i)) for i in range(1, 7)]
    body = {"SecretId": name, "IncludeDeprecated": True}
    for size in (1, 3, 7, 100):
        found, n = pages(
            keyturn, "ListSecretVersionIds", "Versions", {**body, "MaxResults": size}
        )
        assert len({v["VersionId"] for v in found}) == len(found) == 7
        assert {v["VersionId"] for v in found} > set(made)
        assert n == -(-7 // size)
    reply = keyturn.call("ListSecretVersionIds", body)
    assert reply["Name"] == name and reply["ARN"].startswith("arn:")


# ---- filters -----------------------------------------------------------------


def test_filter_by_name_is_a_prefix_and_minds_the_case(keyturn, family):
    assert len(names(keyturn, ("name", [family]))) == 5
    assert names(keyturn, ("name", [family.upper()])) == []
    assert names(keyturn, ("name", [family[1:]])) == []
    some = names(keyturn, ("name", [f"{family}/1", f"{family}/4"]))
    assert some == [f"{family}/1", f"{family}/4"]
    mine = ("name", [family])
    assert len(names(keyturn, mine, ("name", [f"!{family}/0"]))) == 4


def test_filter_by_description_is_by_words(keyturn, family):
    mine = ("name", [family])
    for words in ("number", "ORDERS-", "3", "num 3", "Orders-DB"):
        found = names(keyturn, mine, ("description", [words]))
        assert f"{family}/3" in found, words
    assert names(keyturn, mine, ("description", ["num 3"])) == [f"{family}/3"]
    assert names(keyturn, mine, ("description", ["umber"])) == []
    assert len(names(keyturn, mine, ("description", ["!3"]))) == 4


def test_filter_by_tags(keyturn, family):
    assert len(names(keyturn, ("tag-key", [f"{family}-k"]))) == 5
    assert names(keyturn, ("tag-key", [f"{family}-K"])) == []
    odd = names(keyturn, ("tag-value", [f"{family}-1"]))
    assert odd == [f"{family}/1", f"{family}/3"]
    both = names(
        keyturn, ("tag-key", [f"{family}-key"]), ("tag-value", [f"{family}-0"])
    )
    assert both == [f"{family}/{i}" for i in (0, 2, 4)]


# behaviours of AWS: a value of "all" is split into words, each of which begins
# some word of any field; fields are split at / _ + = . @ -, blanks and camel
# case (COMPANYThings is COMPAN and YThings).


@pytest.mark.parametrize(
    "value, found",
    [
        ("orders", True),  # the name, whatever the case
        ("ORD", True),
        ("rders", False),  # not the beginning of a word
        ("app", True),  # MyAppLogin
        ("login my", True),
        ("plogin", False),
        ("nightly", True),  # the description
        ("night batch eu", True),  # name, description and a tag together
        ("night batch uk", False),
        ("compan", True),
        ("company", False),
        ("ythings", True),
        ("things", False),
        ("eu-west", True),
        ("prod", True),
        ("/", True),  # no word at all
    ],
)
def test_filter_by_all(keyturn, value, found):
    name = f"{uuid.uuid4().hex}/MyAppLogin.orders_db"
    keyturn.create(
        "v",
        name=name,
        Description="Used by the Nightly-batch",
        Tags=[
            {"Key": "COMPANYThings", "Value": "eu-west@prod"},
        ],
    )
    mine = ("name", [name])
    assert names(keyturn, mine, ("all", [value])) == ([name] if found else [])
    assert names(keyturn, mine, ("all", ["!" + value])) == ([] if found else [name])


def test_filter_by_region_and_service(keyturn, family):
    mine = ("name", [family])
    region = keyturn.call("keyturn.Status")["Region"]
    assert len(names(keyturn, mine, ("primary-region", [region[:4]]))) == 5
    assert names(keyturn, mine, ("primary-region", [region.upper()])) == []
    assert names(keyturn, mine, ("primary-region", ["!" + region])) == []
    assert names(keyturn, mine, ("owning-service", ["rds"])) == []
    assert len(names(keyturn, mine, ("owning-service", ["!rds"]))) == 5


def test_filters_and_values(keyturn, family):
    """Values: one is enough.  Filters: all of them."""
    mine = ("name", [family])
    found = names(keyturn, mine, ("description", ["3", "!orders", "4"]))
    assert found == [f"{family}/3", f"{family}/4"]
    found = names(
        keyturn, mine, ("description", ["3", "4"]), ("name", [f"!{family}/4"])
    )
    assert found == [f"{family}/3"]


@pytest.mark.parametrize(
    "filters, kind",
    [
        ([{"Key": "owner", "Values": ["x"]}], "ValidationException"),
        ([{"Values": ["x"]}], "InvalidParameterException"),
        ([{"Key": "name"}], "InvalidParameterException"),
        ([{"Key": "name", "Values": []}], "ValidationException"),
        ([{"Key": "name", "Values": ["x"] * 11}], "ValidationException"),
        ([{"Key": "name", "Values": ["x"]}] * 11, "ValidationException"),
        ([{"Key": "name", "Values": [5]}], "SerializationException"),
        ("name", "SerializationException"),
        (["name"], "SerializationException"),
    ],
)
def test_bad_filters_are_refused(keyturn, filters, kind):
    with refused(kind, "ilter"):
        keyturn.call("ListSecrets", {"Filters": filters})


# ---- many secrets --------------------------------------------------------------
# "NextToken … can occur even when the response includes no values at all, such
# as when you ask for a filtered view of a long list" (the service model).

MANY = 11_000


@pytest.fixture(scope="module")
def many():
    """A store of many secrets, put there while nobody looks."""
    with ModelServer(plugins=[]) as server:
        server.create("v", name="first", Tags=[{"Key": "k", "Value": "v"}])
        server.stop()
        with sqlite3.connect(server.data / "keyturn.db") as db:
            columns = [row[1] for row in db.execute("PRAGMA table_info(secret)")]
            new = {
                "id": "s.id + n.i",
                "arn": "substr(s.arn, 1, length(s.arn) - 12) || printf('%06d', n.i) || '-AbCdEf'",
                "partial_arn": "substr(s.partial_arn, 1, length(s.partial_arn) - 5)"
                " || printf('%06d', n.i)",
                "name_key": "s.region || ':' || printf('%06d', n.i)",
                "name": "printf('%06d', n.i)",
                "created_us": "s.created_us + n.i",
            }
            db.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                f"WHERE i < {MANY}) INSERT INTO secret ({', '.join(columns)}) SELECT "
                + ", ".join(new.get(c, f"s.{c}") for c in columns)
                + " FROM secret s, n"
            )
        db.close()
        server.start()
        yield server


@pytest.mark.parametrize("by", ["created-date", "name", "last-changed-date"])
def test_many_secrets_all_come_once(many, by):
    found, n = pages(many, "ListSecrets", "SecretList", {"SortBy": by})
    assert n == MANY // 100 + 1
    assert len({s["ARN"] for s in found}) == len(found) == MANY + 1


def test_a_page_can_be_empty_while_there_is_more(many):
    body = {"Filters": [{"Key": "name", "Values": [f"{MANY:06}"]}]}
    reply = many.call("ListSecrets", body)
    assert reply["SecretList"] == [] and reply["NextToken"]
    found, n = pages(many, "ListSecrets", "SecretList", body)
    assert [s["Name"] for s in found] == [f"{MANY:06}"]
    assert n == 3  # 5,000 secrets are looked at for a page
    assert names(many, ("tag-key", ["k"])) == ["first"]
