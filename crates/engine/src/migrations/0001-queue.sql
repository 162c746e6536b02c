-- Whose database this is.
CREATE TABLE outrigger_identity (
    one                 INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    app                 TEXT    NOT NULL,
    app_migrations      INTEGER NOT NULL,
    server              TEXT    NOT NULL,
    account             TEXT    NOT NULL,
    client              BLOB    NOT NULL,
    epoch               TEXT
) STRICT;

-- What changes with nearly every transaction: the timeline, the generator of ids, the counters, the state of the connection.
CREATE TABLE outrigger_state (
    one             INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    timeline        INTEGER NOT NULL,
    wall            INTEGER NOT NULL,
    id_millis       INTEGER NOT NULL,
    id_counter      INTEGER NOT NULL,
    pending         INTEGER NOT NULL,
    in_flight       INTEGER NOT NULL,
    failed          INTEGER NOT NULL,
    blocked         INTEGER NOT NULL,
    payload_bytes   INTEGER NOT NULL,
    attachment_bytes INTEGER NOT NULL,
    run_total       INTEGER NOT NULL,
    run_bytes_total INTEGER NOT NULL,
    run_bytes_done  INTEGER NOT NULL,
    place_next      INTEGER NOT NULL,
    sequence_next   INTEGER NOT NULL,
    newest          BLOB    NOT NULL,
    watermark       INTEGER NOT NULL,
    well            INTEGER NOT NULL,
    batch_max       INTEGER NOT NULL,
    connection      TEXT    NOT NULL
) STRICT;

-- Who drains. A generation is never reused; every write of queue state checks it.
CREATE TABLE outrigger_lease (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    holder     BLOB    NOT NULL,
    generation INTEGER NOT NULL,
    until      INTEGER NOT NULL
) STRICT;

-- One row for each write that has not arrived.
CREATE TABLE outrigger_queue (
    place       INTEGER NOT NULL PRIMARY KEY,
    mutation    BLOB    NOT NULL,
    key         BLOB    NOT NULL,
    sequence    INTEGER,
    name        TEXT    NOT NULL,
    intent      INTEGER NOT NULL,
    entity_kind TEXT    NOT NULL,
    entity      BLOB    NOT NULL,
    lane        BLOB    NOT NULL,
    state       INTEGER NOT NULL,
    in_lane     INTEGER NOT NULL,
    blockers    INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    well_seen   INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    written_at  INTEGER NOT NULL,
    upload      BLOB,
    parked      TEXT,
    version     INTEGER NOT NULL,
    payload     TEXT    NOT NULL
) STRICT;
-- Each index is paid for with every write: what can be found through another has none of its own, and none repeats the place, which ends every index.
CREATE UNIQUE INDEX outrigger_queue_mutation ON outrigger_queue (mutation);
-- The first key of a row is its mutation's id.
CREATE INDEX outrigger_queue_key ON outrigger_queue (key) WHERE key <> mutation;
CREATE INDEX outrigger_queue_entity ON outrigger_queue (entity);
-- A row in the lane of its own entity is found through the entity.
CREATE INDEX outrigger_queue_lane ON outrigger_queue (lane) WHERE in_lane = 1 AND lane <> entity;
CREATE INDEX outrigger_queue_moving ON outrigger_queue (state, due) WHERE state = 1 OR state = 2;
CREATE INDEX outrigger_queue_parked ON outrigger_queue (state) WHERE state = 3;

-- Which entities, other than its own, a waiting mutation names.
CREATE TABLE outrigger_mention (
    entity BLOB    NOT NULL,
    place  INTEGER NOT NULL,
    PRIMARY KEY (entity, place)
) STRICT, WITHOUT ROWID;

-- What a row waits for: `place` waits for `blocker`.
CREATE TABLE outrigger_edge (
    place   INTEGER NOT NULL,
    blocker INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    PRIMARY KEY (place, blocker)
) STRICT, WITHOUT ROWID;
CREATE INDEX outrigger_edge_blocker ON outrigger_edge (blocker, place);

-- The request of a row as it was first made: it is made again to the letter.
CREATE TABLE outrigger_sent (
    sequence INTEGER NOT NULL PRIMARY KEY,
    place    INTEGER NOT NULL,
    method   TEXT    NOT NULL,
    target   TEXT    NOT NULL,
    guarded  INTEGER NOT NULL,
    body     TEXT
) STRICT;

-- What the server last confirmed of each entity that has pending work; no row: nothing.
CREATE TABLE outrigger_base (
    entity BLOB NOT NULL PRIMARY KEY,
    kind   TEXT NOT NULL,
    row    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What the server calls things.
CREATE TABLE outrigger_id (
    local_id  BLOB NOT NULL PRIMARY KEY,
    kind      TEXT NOT NULL,
    server_id TEXT NOT NULL,
    version   TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX outrigger_id_server ON outrigger_id (kind, server_id);

-- Files of waiting mutations, one row for each content.
CREATE TABLE outrigger_attachment (
    sha256     BLOB    NOT NULL PRIMARY KEY,
    file       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    media_type TEXT    NOT NULL,
    url        TEXT,
    offset     INTEGER,
    counted    INTEGER NOT NULL,
    remote     TEXT,
    done       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outrigger_attachment_use (
    sha256 BLOB    NOT NULL,
    place  INTEGER NOT NULL,
    PRIMARY KEY (sha256, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX outrigger_attachment_use_place ON outrigger_attachment_use (place);

-- Files that are being copied; what no write takes is swept.
CREATE TABLE outrigger_staging (
    file   TEXT    NOT NULL PRIMARY KEY,
    staged INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which mutation stands for one that was merged into it.
CREATE TABLE outrigger_merged (
    mutation BLOB NOT NULL PRIMARY KEY,
    into_mutation BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outrigger_merged_into ON outrigger_merged (into_mutation);

-- The last outcomes, with what it takes to show them and to find out what a restored server lost.
CREATE TABLE outrigger_journal (
    entry       INTEGER NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    mutation    BLOB    NOT NULL,
    key         BLOB    NOT NULL,
    sequence    INTEGER,
    name        TEXT    NOT NULL,
    intent      INTEGER NOT NULL,
    entity_kind TEXT    NOT NULL,
    entity      BLOB    NOT NULL,
    lane        BLOB    NOT NULL,
    outcome     TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    payload     TEXT    NOT NULL
) STRICT;
CREATE INDEX outrigger_journal_mutation ON outrigger_journal (mutation);

-- Uncertain rows of which the server can be asked whether they took effect.
CREATE TABLE outrigger_look_up (
    place INTEGER NOT NULL PRIMARY KEY
) STRICT;
