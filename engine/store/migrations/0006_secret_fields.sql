-- KMS keys that are named by a secret; what the newest model says of one.

ALTER TABLE kms_key ADD COLUMN description text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX kms_key_alias ON kms_key (alias) WHERE alias <> '';

-- key_id: the kms_key that kms_key_id, as the client spelled it, stands for;
-- '' is the default key, which everything was sealed by until now, whatever
-- kms_key_id said.
ALTER TABLE secret ADD COLUMN key_id text NOT NULL DEFAULT '';
UPDATE secret SET kms_key_id = '';
-- Of a managed external secret: who holds it.
ALTER TABLE secret ADD COLUMN type text NOT NULL DEFAULT '';

-- Of its rotation.  metadata: a JSON array of {"Key", "Value"}, '' for none.
CREATE TABLE external_rotation (
  secret_id bigint PRIMARY KEY REFERENCES secret (id) ON DELETE CASCADE,
  role_arn text NOT NULL,
  metadata text NOT NULL
);
