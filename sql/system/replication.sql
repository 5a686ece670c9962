-- What a node must know of replication, in the same file as the data, so that both change in one
-- transaction. These tables are part of the replicated state, equal on all nodes.

-- One row: how far the log is applied.
CREATE TABLE "balsa.applied" (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  log_index INTEGER NOT NULL,
  log_term INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  -- Running hash over the entries and their outcomes: equal on all nodes at equal index.
  hash BLOB NOT NULL,
  -- The configuration entry applied last, as it stands in the log; empty before the first.
  configuration BLOB NOT NULL,
  configuration_index INTEGER NOT NULL
) STRICT;

-- Sessions of gateways; the id is the log index of the entry that opened it.
CREATE TABLE "balsa.session" (
  session_id INTEGER PRIMARY KEY,
  node_id INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  -- The gateway knows the outcomes of all lower sequence numbers.
  ack_low INTEGER NOT NULL,
  is_closed INTEGER NOT NULL
) STRICT;

-- Outcomes that a gateway may still ask for, one row for each entry of requests.
CREATE TABLE "balsa.result" (
  session_id INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  log_index INTEGER NOT NULL,
  outcomes BLOB NOT NULL,
  PRIMARY KEY (session_id, first_sequence)
) STRICT, WITHOUT ROWID;

-- Requests that must never be executed.
CREATE TABLE "balsa.fence" (
  session_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (session_id, sequence)
) STRICT, WITHOUT ROWID;

-- Where sequences are: the columns that a sequence shows as a table. Their options are in pg_sequence.
CREATE TABLE "balsa.sequence" (
  oid INTEGER PRIMARY KEY,
  last_value INTEGER NOT NULL,
  log_cnt INTEGER NOT NULL,
  is_called INTEGER NOT NULL
) STRICT;

-- Parts of transactions that are too large for one entry, until the transaction's own entry.
CREATE TABLE "balsa.staged" (
  node_id INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  -- A number of the gateway's.
  transaction_id INTEGER NOT NULL,
  part INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (node_id, incarnation, transaction_id, part)
) STRICT;

-- Transactions that took effect under a name that their client gave them (balsa.idempotency_key).
CREATE TABLE "balsa.idempotency" (
  key TEXT PRIMARY KEY,
  log_index INTEGER NOT NULL,
  -- now() of the transaction.
  at INTEGER NOT NULL,
  outcome BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX "balsa.idempotency_at" ON "balsa.idempotency" (at);

-- Notifications of the transaction that runs: empty between two transactions.
CREATE TABLE "balsa.notification" (
  position INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  payload TEXT NOT NULL,
  pid INTEGER NOT NULL,
  UNIQUE (channel, payload)
) STRICT;

-- Locks that are held, and waited for (token 0).
CREATE TABLE "balsa.lock" (
  resource TEXT NOT NULL,
  session_id INTEGER NOT NULL,
  -- Session of a client of that gateway.
  owner INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  -- Of the owner: it ends with the lock; 0: the lock is the session's.
  transaction_number INTEGER NOT NULL,
  count INTEGER NOT NULL,
  -- Index of the entry that granted it.
  token INTEGER NOT NULL,
  -- Place in the queue.
  log_index INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  PRIMARY KEY (resource, session_id, owner, mode, transaction_number)
) STRICT, WITHOUT ROWID;
