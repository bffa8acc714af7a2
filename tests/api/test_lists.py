"""Lists over the API: pages, filters, what is left out."""

import uuid

import pytest

from conftest import put, refused


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
    with refused("InvalidParameterException", "MaxResults"):
        keyturn.call(operation, {"SecretId": name, "MaxResults": size})


@pytest.mark.parametrize(
    "forged", ["x", "kt1-", "kt1-zz", "kt1--5", "kt1-0", "1", "kt1-5x", "kt1- 5"]
)
def test_forged_tokens_are_refused(keyturn, forged):
    with refused("InvalidNextTokenException"):
        keyturn.call("ListSecrets", {"NextToken": forged})


def test_huge_token_is_an_end_not_a_crash(keyturn):
    name = keyturn.create("v")
    for token in ("kt1-7fffffffffffffff", "kt1-ffffffffffffffff"):
        for operation in ("ListSecrets", "ListSecretVersionIds"):
            try:
                reply = keyturn.call(
                    operation, {"SecretId": name, "NextToken": token}
                )
            except Exception as error:
                assert error.type == "InvalidNextTokenException"
            else:
                assert "NextToken" not in reply


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


@pytest.mark.parametrize(
    "filters, kind",
    [
        ([{"Key": "owner", "Values": ["x"]}], "InvalidParameterException"),
        ([{"Values": ["x"]}], "InvalidParameterException"),
        ([{"Key": "name"}], "ValidationException"),
        ([{"Key": "name", "Values": []}], "ValidationException"),
        ([{"Key": "name", "Values": ["x"] * 11}], "ValidationException"),
        ([{"Key": "name", "Values": ["x"]}] * 11, "ValidationException"),
        ([{"Key": "name", "Values": [5]}], "SerializationException"),
        ("name", "ValidationException"),
        (["name"], "InvalidParameterException"),
    ],
)
def test_bad_filters_are_refused(keyturn, filters, kind):
    with refused(kind, "ilter"):
        keyturn.call("ListSecrets", {"Filters": filters})
