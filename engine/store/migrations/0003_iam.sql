-- Users, groups, roles and managed policies; what hangs on them.

-- kind: enum iam_kind of store/iam.h.  name_key is the name in small letters,
-- for names differ by more than that.  document: a role's trust policy, a
-- managed policy's text; else ''.
CREATE TABLE iam_entity (
  id @ID@,
  kind bigint NOT NULL,
  name text NOT NULL,
  name_key text NOT NULL,
  path text NOT NULL,
  entity_id text NOT NULL UNIQUE,
  arn text NOT NULL,
  description text NOT NULL,
  max_session_s bigint NOT NULL,
  created_us bigint NOT NULL,
  changed_us bigint NOT NULL,
  document text NOT NULL,
  boundary_id bigint REFERENCES iam_entity (id),
  UNIQUE (kind, name_key)
);
CREATE INDEX iam_entity_kind ON iam_entity (kind, id);
CREATE INDEX iam_entity_boundary ON iam_entity (boundary_id)
  WHERE boundary_id IS NOT NULL;

CREATE TABLE iam_tag (
  owner_id bigint NOT NULL REFERENCES iam_entity (id) ON DELETE CASCADE,
  place bigint NOT NULL,
  tag_key text NOT NULL,
  tag_value text NOT NULL,
  PRIMARY KEY (owner_id, tag_key)
);

CREATE TABLE iam_member (
  user_id bigint NOT NULL REFERENCES iam_entity (id) ON DELETE CASCADE,
  group_id bigint NOT NULL REFERENCES iam_entity (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, group_id)
);
CREATE INDEX iam_member_group ON iam_member (group_id, user_id);

-- Policies that belong to one user, group or role.
CREATE TABLE iam_inline (
  owner_id bigint NOT NULL REFERENCES iam_entity (id) ON DELETE CASCADE,
  name text NOT NULL,
  document text NOT NULL,
  PRIMARY KEY (owner_id, name)
);

-- Managed policies on users, groups and roles.
CREATE TABLE iam_attached (
  owner_id bigint NOT NULL REFERENCES iam_entity (id) ON DELETE CASCADE,
  policy_id bigint NOT NULL REFERENCES iam_entity (id),
  PRIMARY KEY (owner_id, policy_id)
);
CREATE INDEX iam_attached_policy ON iam_attached (policy_id, owner_id);

-- sealed: the secret access key, by crypto/envelope.  used_us is cut to the
-- day.
CREATE TABLE iam_key (
  id @ID@,
  access_key_id text NOT NULL UNIQUE,
  user_id bigint NOT NULL REFERENCES iam_entity (id) ON DELETE CASCADE,
  active bigint NOT NULL,
  created_us bigint NOT NULL,
  used_us bigint NOT NULL,
  sealed bytea NOT NULL
);
CREATE INDEX iam_key_user ON iam_key (user_id, id);
