-- The store itself, KMS keys, secrets and their versions.
-- @ID@ is the driver's word for an ever growing 64-bit primary key.
-- Times are microseconds since 1970 UTC, 0 where there is none.

CREATE TABLE schema_version (version bigint NOT NULL);
INSERT INTO schema_version (version) VALUES (0);

CREATE TABLE meta (
  id bigint PRIMARY KEY CHECK (id = 1),
  store_id text NOT NULL,
  region text NOT NULL,
  account text NOT NULL,
  created_us bigint NOT NULL,
  key_check bytea NOT NULL
);

CREATE TABLE kms_key (
  id @ID@,
  key_id text NOT NULL UNIQUE,
  alias text NOT NULL,
  wrapped bytea NOT NULL,
  created_us bigint NOT NULL
);

CREATE TABLE secret (
  id @ID@,
  arn text NOT NULL UNIQUE,
  partial_arn text NOT NULL UNIQUE,
  name text NOT NULL UNIQUE,
  description text NOT NULL,
  kms_key_id text NOT NULL,
  created_us bigint NOT NULL,
  changed_us bigint NOT NULL,
  accessed_us bigint NOT NULL,
  rotated_us bigint NOT NULL,
  deleted_us bigint NOT NULL,
  purge_us bigint NOT NULL,
  tagged bigint NOT NULL
);
CREATE INDEX secret_purge ON secret (purge_us) WHERE purge_us <> 0;

CREATE TABLE tag (
  secret_id bigint NOT NULL REFERENCES secret (id) ON DELETE CASCADE,
  place bigint NOT NULL,
  tag_key text NOT NULL,
  tag_value text NOT NULL,
  PRIMARY KEY (secret_id, tag_key)
);

-- sealed is NULL in a placeholder: a rotation was started, its value is not
-- made yet.
CREATE TABLE version (
  id @ID@,
  secret_id bigint NOT NULL REFERENCES secret (id) ON DELETE CASCADE,
  version_id text NOT NULL,
  created_us bigint NOT NULL,
  accessed_us bigint NOT NULL,
  is_binary bigint NOT NULL,
  key_id text NOT NULL,
  sealed bytea,
  UNIQUE (secret_id, version_id)
);
CREATE INDEX version_age ON version (secret_id, created_us);

CREATE TABLE label (
  secret_id bigint NOT NULL,
  label text NOT NULL,
  version_id text NOT NULL,
  PRIMARY KEY (secret_id, label),
  FOREIGN KEY (secret_id, version_id)
    REFERENCES version (secret_id, version_id) ON DELETE CASCADE
);
CREATE INDEX label_version ON label (secret_id, version_id);
