-- What this device knows of the social app. Each row is one entity as it is shown: what the server confirmed, with the pending changes on it.
--
-- `confirmed`: the server has it. `hidden`: a pending delete hides it; it is kept because counters need it.
-- `position`: where it stands among its kind by time; what the server has not confirmed stands after all that it has.

CREATE TABLE users (
    id   BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX users_name ON users (name);
CREATE INDEX users_short ON users (lower(hex(substr(id, 13))));

CREATE TABLE posts (
    id         BLOB    NOT NULL PRIMARY KEY,
    author     BLOB    NOT NULL,
    text       TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL,
    hidden     INTEGER NOT NULL,
    position   INTEGER NOT NULL
) STRICT;
CREATE INDEX posts_position ON posts (position, id) WHERE hidden = 0;
CREATE INDEX posts_author ON posts (author, position, id) WHERE hidden = 0;
CREATE INDEX posts_unsettled ON posts (author) WHERE confirmed = 0 OR hidden = 1;
CREATE INDEX posts_short ON posts (lower(hex(substr(id, 13))));

CREATE TABLE comments (
    id         BLOB    NOT NULL PRIMARY KEY,
    post       BLOB    NOT NULL,
    author     BLOB    NOT NULL,
    text       TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    confirmed  INTEGER NOT NULL,
    hidden     INTEGER NOT NULL,
    position   INTEGER NOT NULL
) STRICT;
CREATE INDEX comments_post ON comments (post, position, id) WHERE hidden = 0;
CREATE INDEX comments_unsettled ON comments (post) WHERE confirmed = 0 OR hidden = 1;
CREATE INDEX comments_short ON comments (lower(hex(substr(id, 13))));

CREATE TABLE conversations (
    id       BLOB    NOT NULL PRIMARY KEY,
    user     BLOB    NOT NULL,
    last_ms  INTEGER NOT NULL,
    -- The latest position in it; kept in step with its messages, no part of its base row.
    activity INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_activity ON conversations (activity, id);
CREATE INDEX conversations_short ON conversations (lower(hex(substr(id, 13))));

CREATE TABLE messages (
    id           BLOB    NOT NULL PRIMARY KEY,
    conversation BLOB    NOT NULL,
    author       BLOB    NOT NULL,
    text         TEXT    NOT NULL,
    created_ms   INTEGER NOT NULL,
    confirmed    INTEGER NOT NULL,
    position     INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_conversation ON messages (conversation, position, id);
CREATE INDEX messages_short ON messages (lower(hex(substr(id, 13))));

-- Pictures and clips of a post or a message, in order. `server_id` is NULL until they are uploaded.
CREATE TABLE media (
    owner      BLOB    NOT NULL,
    ordinal    INTEGER NOT NULL,
    sha256     BLOB    NOT NULL,
    media_type TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    server_id  TEXT,
    PRIMARY KEY (owner, ordinal)
) STRICT, WITHOUT ROWID;

-- What the signed-in user likes, and whom they follow.
CREATE TABLE likes (
    id   BLOB NOT NULL PRIMARY KEY,
    post BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX likes_post ON likes (post);
CREATE TABLE follows (
    id   BLOB NOT NULL PRIMARY KEY,
    user BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX follows_user ON follows (user);

-- Counts as the server last said them: entities of their own, so that reading a post again never disturbs what is pending about it.
CREATE TABLE post_counts (
    id             BLOB    NOT NULL PRIMARY KEY,
    post           BLOB    NOT NULL,
    likes          INTEGER NOT NULL,
    liked          INTEGER NOT NULL,
    comments       INTEGER NOT NULL,
    answered_at_ms INTEGER NOT NULL,
    read_at_ms     INTEGER NOT NULL,
    adjusted       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX post_counts_post ON post_counts (post);
CREATE TABLE user_counts (
    id        BLOB    NOT NULL PRIMARY KEY,
    user      BLOB    NOT NULL,
    posts     INTEGER NOT NULL,
    followers INTEGER NOT NULL,
    following INTEGER NOT NULL,
    followed  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_counts_user ON user_counts (user);
