-- Resource policies; secrets in more than one region.

-- A name is one secret's in its region: name_key is REGION:NAME.  It was the
-- name while all were in one region.
ALTER TABLE secret RENAME COLUMN name TO name_key;
ALTER TABLE secret ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE secret ADD COLUMN region text NOT NULL DEFAULT '';
UPDATE secret SET name = name_key, region = (SELECT m.region FROM meta m);
UPDATE secret SET name_key = region || ':' || name;

-- A replica has a row of its own for its ARN, key and last access.  Whatever
-- refers to a secret (versions, labels, tags, rules) is its primary's, and what
-- it says besides is changed with the primary's row.
ALTER TABLE secret ADD COLUMN primary_id bigint
  REFERENCES secret (id) ON DELETE CASCADE;
ALTER TABLE secret ADD COLUMN primary_region text NOT NULL DEFAULT '';
ALTER TABLE secret ADD COLUMN replicas bigint NOT NULL DEFAULT 0;
CREATE INDEX secret_primary ON secret (primary_id)
  WHERE primary_id IS NOT NULL;

-- Lists in each order begin at one end of an index.
CREATE INDEX secret_created ON secret (region, created_us, id);
CREATE INDEX secret_accessed ON secret (region, accessed_us, id);
CREATE INDEX secret_changed ON secret (region, changed_us, id);

-- Where a secret shall be.  message: why it is not there, '' when it is, as
-- replica_id's row.
CREATE TABLE replica (
  id @ID@,
  secret_id bigint NOT NULL REFERENCES secret (id) ON DELETE CASCADE,
  region text NOT NULL,
  kms_key_id text NOT NULL,
  message text NOT NULL,
  replica_id bigint REFERENCES secret (id) ON DELETE CASCADE,
  UNIQUE (secret_id, region)
);
CREATE INDEX replica_row ON replica (replica_id)
  WHERE replica_id IS NOT NULL;

-- The id grows with each policy that is put, so that it names one text for
-- ever; secret.policy_id is 0 where there is none.
CREATE TABLE resource_policy (
  id @ID@,
  secret_id bigint NOT NULL UNIQUE REFERENCES secret (id) ON DELETE CASCADE,
  policy text NOT NULL
);
ALTER TABLE secret ADD COLUMN policy_id bigint NOT NULL DEFAULT 0;
