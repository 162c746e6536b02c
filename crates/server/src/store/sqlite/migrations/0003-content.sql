CREATE TABLE posts (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    author TEXT NOT NULL REFERENCES accounts (id),
    text TEXT NOT NULL,
    media_count INTEGER NOT NULL,
    likes INTEGER NOT NULL DEFAULT 0,
    comments INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    key TEXT
) STRICT;
CREATE INDEX posts_by_author ON posts (author, position);

CREATE TABLE likes (
    post TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    account TEXT NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (post, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE comments (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    post TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    author TEXT NOT NULL REFERENCES accounts (id),
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    key TEXT
) STRICT;
CREATE INDEX comments_by_post ON comments (post, position);

-- `one` sorts before `other`, so that two have one conversation.
CREATE TABLE conversations (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    one TEXT NOT NULL REFERENCES accounts (id),
    other TEXT NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    last_message_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (one, other),
    CHECK (one < other)
) STRICT;

-- Each conversation from both sides, so that either one's list is one range of one index.
CREATE TABLE participants (
    account TEXT NOT NULL REFERENCES accounts (id),
    position INTEGER NOT NULL REFERENCES conversations (position),
    peer TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL REFERENCES conversations (id),
    author TEXT NOT NULL REFERENCES accounts (id),
    text TEXT NOT NULL,
    media_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    key TEXT
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation, position);

CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    offset INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'finished', 'gone')),
    -- Whether the bytes of a gone upload are removed.
    swept INTEGER NOT NULL DEFAULT 0 CHECK (swept IN (0, 1)),
    created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    key TEXT,
    CHECK (offset <= size)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_digest ON uploads (account, digest, size) WHERE state = 'finished';
CREATE INDEX uploads_by_age ON uploads (touched_at) WHERE state <> 'gone';
CREATE INDEX uploads_unswept ON uploads (id) WHERE state = 'gone' AND swept = 0;

-- What each post and message shows, in order.
CREATE TABLE attachments (
    holder TEXT NOT NULL,
    place INTEGER NOT NULL,
    upload TEXT NOT NULL REFERENCES uploads (id),
    PRIMARY KEY (holder, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_by_upload ON attachments (upload, holder);
