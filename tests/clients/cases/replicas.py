"""ReplicateSecretToRegions, RemoveRegionsFromReplication,
StopReplicationToReplica, and replicas as every action sees them.  $region is
the primary's region, $region2 the replica's."""

from table import (
    ARN,
    MARKED,
    NOT_FOUND,
    NOW,
    TEXT,
    TIME,
    any_order,
    arn,
    case,
    constraint,
    create,
    delete,
    do,
    matches,
    maybe,
    missing,
    put,
    refused,
    value_is,
)

THERE = arn(region="eu-west-1")


def status(state, **more):
    return {
        "Region": "$region2",
        "Status": matches(state),
        "StatusMessage": maybe(TEXT),
        "KmsKeyId": maybe(TEXT),
        **more,
    }


SYNCED = status("InSync")
BEGUN = status("InProgress|InSync")
REPLICATE = do(
    "ReplicateSecretToRegions",
    {"SecretId": "$name", "AddReplicaRegions": [{"Region": "$region2"}]},
    {"ARN": ARN, "ReplicationStatus": [BEGUN]},
)


def described(stages=("AWSCURRENT",), version="$t1", region=None, **more):
    return do(
        "DescribeSecret",
        {"SecretId": "$name"},
        {
            "ARN": ARN if region is None else THERE,
            "Name": "$name",
            "LastChangedDate": NOW,
            "CreatedDate": NOW,
            "LastAccessedDate": maybe(TIME),
            "VersionIdsToStages": {version: list(stages)},
            **more,
        },
        region=region,
        until=True,
    )


def value_there(text, version="$t1"):
    return do(
        "GetSecretValue",
        {"SecretId": "$name"},
        {
            "ARN": THERE,
            "Name": "$name",
            "VersionId": version,
            "SecretString": text,
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": NOW,
        },
        region="$region2",
        until=True,
    )


READ_ONLY = refused(
    "InvalidParameterException",
    "Operation not permitted on a replica secret. Call must be made in "
    "primary secret's region.",
)


def bad(title, given, expected):
    return case(
        f"ReplicateSecretToRegions refuses {title}",
        create(),
        do(
            "ReplicateSecretToRegions",
            {
                "SecretId": "$name",
                "AddReplicaRegions": [{"Region": "$region2"}],
                **given,
            },
            expected,
        ),
    )


CASES = [
    case(
        "ReplicateSecretToRegions: the replica is read in its region",
        create(Tags=[{"Key": "k", "Value": "v"}]),
        REPLICATE,
        described(
            Tags=[{"Key": "k", "Value": "v"}],
            PrimaryRegion="$region",
            ReplicationStatus=[SYNCED],
        ),
        value_there("s3cret"),
        described(
            region="$region2",
            Tags=[{"Key": "k", "Value": "v"}],
            PrimaryRegion="$region",
            ReplicationStatus=maybe(any_order(SYNCED)),
        ),
    ),
    case(
        "A secret without a replica is not in the other region",
        create(),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            NOT_FOUND,
            region="$region2",
        ),
        do(
            "DescribeSecret", {"SecretId": "$arn"}, NOT_FOUND, region="$region2"
        ),
    ),
    case(
        "ListSecrets: by the primary's region",
        create(),
        REPLICATE,
        value_there("s3cret"),
        *(
            do(
                "ListSecrets",
                {
                    "Filters": [
                        {"Key": "name", "Values": ["$prefix"]},
                        {"Key": "primary-region", "Values": [primary]},
                    ]
                },
                {"SecretList": rows},
                region="$region2",
            )
            for primary, rows in (
                (
                    "$region",
                    [
                        {
                            "ARN": THERE,
                            "Name": "$name",
                            "LastChangedDate": NOW,
                            "CreatedDate": NOW,
                            "LastAccessedDate": maybe(TIME),
                            "PrimaryRegion": "$region",
                            "SecretVersionsToStages": {"$t1": ["AWSCURRENT"]},
                        }
                    ],
                ),
                ("$region2", []),
            )
        ),
    ),
    case(
        "ReplicateSecretToRegions: a replica follows",
        create(),
        REPLICATE,
        value_there("s3cret"),
        put("second", "t2"),
        do(
            "GetSecretValue",
            {"SecretId": "$replica_arn"},
            {
                "ARN": THERE,
                "Name": "$name",
                "VersionId": "$t2",
                "SecretString": "second",
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": NOW,
            },
            region="$region2",
            until=True,
        ),
    ),
    case(
        "CreateSecret: with replicas",
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretString": "s3cret",
                "ClientRequestToken": "$t1",
                "AddReplicaRegions": [{"Region": "$region2"}],
            },
            {
                "ARN": ARN,
                "Name": "$name",
                "VersionId": "$t1",
                "ReplicationStatus": [BEGUN],
            },
        ),
        value_there("s3cret"),
    ),
    case(
        "A replica refuses to be written, and its primary to be deleted",
        create(),
        REPLICATE,
        value_there("s3cret"),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "second",
                "ClientRequestToken": "$t2",
            },
            READ_ONLY,
            region="$region2",
        ),
        do(
            "UpdateSecret",
            {
                "SecretId": "$name",
                "Description": "d",
                "ClientRequestToken": "$t2",
            },
            READ_ONLY,
            region="$region2",
        ),
        do(
            "TagResource",
            {"SecretId": "$name", "Tags": [{"Key": "k", "Value": "v"}]},
            READ_ONLY,
            region="$region2",
        ),
        do(
            "DeleteSecret",
            {"SecretId": "$name"},
            refused(("InvalidRequestException", "InvalidParameterException")),
        ),
        value_is("s3cret"),
    ),
    case(
        "RemoveRegionsFromReplication: the replica is gone",
        create(),
        REPLICATE,
        value_there("s3cret"),
        do(
            "RemoveRegionsFromReplication",
            {"SecretId": "$arn", "RemoveReplicaRegions": ["$region2"]},
            {"ARN": ARN, "ReplicationStatus": maybe([])},
        ),
        do(
            "GetSecretValue",
            {"SecretId": "$name"},
            NOT_FOUND,
            region="$region2",
            until=True,
        ),
        delete(),
    ),
    case(
        "StopReplicationToReplica: the replica is a secret of its own",
        create(),
        REPLICATE,
        value_there("s3cret"),
        do(
            "StopReplicationToReplica",
            {"SecretId": "$name"},
            {"ARN": THERE},
            region="$region2",
        ),
        do(
            "PutSecretValue",
            {
                "SecretId": "$name",
                "SecretString": "second",
                "ClientRequestToken": "$t2",
            },
            {
                "ARN": THERE,
                "Name": "$name",
                "VersionId": "$t2",
                "VersionStages": ["AWSCURRENT"],
            },
            region="$region2",
        ),
        value_there("second", "$t2"),
        value_is("s3cret"),
        delete(),
    ),
    case(
        "ReplicateSecretToRegions: a secret of that name is in the way, and "
        "is overwritten when told",
        create(),
        do(
            "CreateSecret",
            {
                "Name": "$name",
                "SecretString": "other",
                "ClientRequestToken": "$t2",
            },
            {
                "ARN": arn("name_there", region="eu-west-1"),
                "Name": "$name",
                "VersionId": "$t2",
            },
            region="$region2",
        ),
        do(
            "ReplicateSecretToRegions",
            {
                "SecretId": "$name",
                "AddReplicaRegions": [{"Region": "$region2"}],
            },
            {"ARN": ARN, "ReplicationStatus": [status("InProgress|Failed")]},
        ),
        described(
            PrimaryRegion="$region",
            ReplicationStatus=[status("Failed")],
        ),
        do(
            "ReplicateSecretToRegions",
            {
                "SecretId": "$name",
                "AddReplicaRegions": [{"Region": "$region2"}],
                "ForceOverwriteReplicaSecret": True,
            },
            {"ARN": ARN, "ReplicationStatus": [BEGUN]},
        ),
        value_there("s3cret"),
        name_there="$name",
    ),
    bad(
        "no regions",
        {"AddReplicaRegions": []},
        constraint(
            "addReplicaRegions", "have length greater than or equal to 1"
        ),
    ),
    bad(
        "what is not a region's name",
        {"AddReplicaRegions": [{"Region": "Mars"}]},
        constraint(
            "addReplicaRegions.1.member.region",
            "satisfy regular expression pattern: .*",
        ),
    ),
    bad(
        "a region that there is not",
        {"AddReplicaRegions": [{"Region": "xx-nowhere-9"}]},
        refused("InvalidParameterException"),
    ),
    bad(
        "its own region",
        {"AddReplicaRegions": [{"Region": "$region"}]},
        refused("InvalidParameterException"),
    ),
    bad("an unknown secret", {"SecretId": "$name2"}, NOT_FOUND),
    case(
        "The replication operations refuse no SecretId, and no regions",
        do(
            "ReplicateSecretToRegions",
            {"AddReplicaRegions": [{"Region": "$region2"}]},
            missing("secretId"),
        ),
        do(
            "ReplicateSecretToRegions",
            {"SecretId": "$name"},
            missing("addReplicaRegions"),
        ),
        do(
            "RemoveRegionsFromReplication",
            {"SecretId": "$name"},
            missing("removeReplicaRegions"),
        ),
        do("StopReplicationToReplica", {}, missing("secretId")),
    ),
    case(
        "RemoveRegionsFromReplication and StopReplicationToReplica refuse an "
        "unknown secret",
        do(
            "RemoveRegionsFromReplication",
            {"SecretId": "$name", "RemoveReplicaRegions": ["$region2"]},
            NOT_FOUND,
        ),
        do("StopReplicationToReplica", {"SecretId": "$name"}, NOT_FOUND),
    ),
    case(
        "RemoveRegionsFromReplication refuses a region without a replica",
        create(),
        do(
            "RemoveRegionsFromReplication",
            {"SecretId": "$name", "RemoveReplicaRegions": ["$region2"]},
            refused("InvalidParameterException"),
        ),
    ),
    case(
        "StopReplicationToReplica refuses a secret that is no replica",
        create(),
        do(
            "StopReplicationToReplica",
            {"SecretId": "$name"},
            refused(("InvalidParameterException", "InvalidRequestException")),
        ),
    ),
    case(
        "ReplicateSecretToRegions refuses a secret that awaits deletion",
        create(),
        delete(),
        do(
            "ReplicateSecretToRegions",
            {
                "SecretId": "$name",
                "AddReplicaRegions": [{"Region": "$region2"}],
            },
            MARKED,
        ),
    ),
]
