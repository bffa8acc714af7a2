-- Rotation: rules, jobs, their history, and events for the sinks.

-- How the last rotation came out: 0 well, otherwise enum job_outcome.
ALTER TABLE secret ADD COLUMN trouble bigint NOT NULL DEFAULT 0;
CREATE INDEX secret_trouble ON secret (trouble) WHERE trouble <> 0;

-- armed: enabled, not paused, the secret not deleted, next_due_us set.  Every
-- change of one of these sets it again (RULES_ARM).
CREATE TABLE rules (
  secret_id bigint PRIMARY KEY REFERENCES secret (id) ON DELETE CASCADE,
  enabled bigint NOT NULL,
  paused bigint NOT NULL,
  armed bigint NOT NULL,
  rotator text NOT NULL,
  rotator_arn text NOT NULL,
  days bigint NOT NULL,
  expression text NOT NULL,
  duration text NOT NULL,
  zone text NOT NULL,
  blackouts text NOT NULL,
  options text NOT NULL,
  jitter_s bigint NOT NULL,
  grace_s bigint NOT NULL,
  anchor_us bigint NOT NULL,
  next_due_us bigint NOT NULL,
  window_end_us bigint NOT NULL
);
CREATE INDEX rules_due ON rules (next_due_us) WHERE armed = 1;

-- claim_us: the later of wake_us and lease_until_us.
CREATE TABLE job (
  id @ID@,
  secret_id bigint NOT NULL REFERENCES secret (id) ON DELETE CASCADE,
  version_id text NOT NULL,
  current_id text NOT NULL,
  rotator text NOT NULL,
  kind bigint NOT NULL,
  outcome bigint NOT NULL,
  cancel bigint NOT NULL,
  phase bigint NOT NULL,
  flags bigint NOT NULL,
  attempt bigint NOT NULL,
  redraws bigint NOT NULL,
  created_us bigint NOT NULL,
  started_us bigint NOT NULL,
  ended_us bigint NOT NULL,
  wake_us bigint NOT NULL,
  window_end_us bigint NOT NULL,
  due_in_s bigint NOT NULL,
  owner text NOT NULL,
  fence bigint NOT NULL,
  lease_until_us bigint NOT NULL,
  claim_us bigint NOT NULL,
  last_class bigint NOT NULL,
  last_step text NOT NULL,
  last_code text NOT NULL,
  last_message text NOT NULL,
  note bytea
);
-- One active rotation a secret, whatever the code believes.
CREATE UNIQUE INDEX job_active ON job (secret_id) WHERE outcome = 0;
CREATE INDEX job_claim ON job (claim_us) WHERE outcome = 0;
CREATE INDEX job_secret ON job (secret_id, id);

CREATE TABLE attempt (
  id @ID@,
  job_id bigint NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  secret_id bigint NOT NULL REFERENCES secret (id) ON DELETE CASCADE,
  step text NOT NULL,
  attempt bigint NOT NULL,
  started_us bigint NOT NULL,
  duration_us bigint NOT NULL,
  kt_class bigint NOT NULL,
  code text NOT NULL,
  message text NOT NULL,
  version_id text NOT NULL
);
CREATE INDEX attempt_job ON attempt (job_id, id);
CREATE INDEX attempt_secret ON attempt (secret_id, id);

-- No references: an event outlives what it tells of.
CREATE TABLE event (
  id @ID@,
  type text NOT NULL,
  secret_id bigint NOT NULL,
  job_id bigint NOT NULL,
  time_us bigint NOT NULL,
  payload text NOT NULL
);
