CREATE TABLE clients (
    account TEXT NOT NULL REFERENCES accounts (id),
    client TEXT NOT NULL,
    -- Only rises; keys at or below it may be forgotten.
    watermark INTEGER NOT NULL DEFAULT 0,
    -- The greatest that was recorded when keys were forgotten last.
    highest_key TEXT,
    retired_at INTEGER,
    PRIMARY KEY (account, client)
) STRICT, WITHOUT ROWID;

-- What was answered under each key, until its client's watermark passes its sequence. With rowids: answers are long, and
-- what is long overflows the pages of an index.
CREATE TABLE records (
    account TEXT NOT NULL,
    client TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, client, sequence)
) STRICT;
CREATE UNIQUE INDEX records_by_key ON records (account, client, key);

-- What each key created. Kept for ever: a client restored from an old copy settles by it what it may have sent.
CREATE TABLE created (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    client TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (account, key, client)
) STRICT, WITHOUT ROWID;

-- The change log: one row for each object in each scope, at the version of its newest change; deletions stay.
CREATE TABLE scopes (
    scope TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    scope TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('put', 'delete')),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (scope, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX changes_by_object ON changes (scope, kind, object);
