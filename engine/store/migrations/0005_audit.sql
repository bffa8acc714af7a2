-- The audit trail's signing key, sealed, and where the trail ends; metering.

CREATE TABLE audit (
  id bigint PRIMARY KEY CHECK (id = 1),
  sealed_key bytea NOT NULL,
  sequence bigint NOT NULL,
  hash bytea NOT NULL,
  digests bigint NOT NULL
);

-- month: year * 100 + month, UTC.
CREATE TABLE usage_call (
  month bigint NOT NULL,
  principal text NOT NULL,
  action text NOT NULL,
  calls bigint NOT NULL,
  PRIMARY KEY (month, principal, action)
);

-- What the secrets held: each second of each secret.
CREATE TABLE usage_held (
  month bigint PRIMARY KEY,
  secret_s bigint NOT NULL
);

-- Until when that is counted, and how many secrets there were then.
CREATE TABLE usage_mark (
  id bigint PRIMARY KEY CHECK (id = 1),
  counted_us bigint NOT NULL,
  secrets bigint NOT NULL
);
