-- Every effect in the order of its commit, written by triggers in the transaction that makes it.
CREATE TABLE sim_effects (
    n      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    what   TEXT    NOT NULL,
    object TEXT    NOT NULL,
    actor  TEXT    NOT NULL,
    text   TEXT    NOT NULL
) STRICT;

CREATE TRIGGER sim_post_made AFTER INSERT ON posts BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('post+', new.id, new.author, new.text);
END;
CREATE TRIGGER sim_post_changed AFTER UPDATE OF text ON posts BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('post', new.id, new.author, new.text);
END;
CREATE TRIGGER sim_post_removed AFTER DELETE ON posts BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('post-', old.id, old.author, old.text);
END;

CREATE TRIGGER sim_comment_made AFTER INSERT ON comments BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('comment+', new.id, new.author, new.text);
END;
CREATE TRIGGER sim_comment_changed AFTER UPDATE OF text ON comments BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('comment', new.id, new.author, new.text);
END;
CREATE TRIGGER sim_comment_removed AFTER DELETE ON comments BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('comment-', old.id, old.author, old.text);
END;

CREATE TRIGGER sim_message_made AFTER INSERT ON messages BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('message+', new.id, new.author, new.text);
END;
CREATE TRIGGER sim_message_removed AFTER DELETE ON messages BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('message-', old.id, old.author, old.text);
END;

CREATE TRIGGER sim_like_made AFTER INSERT ON likes BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('like+', new.post, new.account, '');
END;
CREATE TRIGGER sim_like_removed AFTER DELETE ON likes BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('like-', old.post, old.account, '');
END;

CREATE TRIGGER sim_follow_made AFTER INSERT ON follows BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('follow+', new.followed, new.follower, '');
END;
CREATE TRIGGER sim_follow_removed AFTER DELETE ON follows BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('follow-', old.followed, old.follower, '');
END;

CREATE TRIGGER sim_upload_made AFTER INSERT ON uploads BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('upload+', new.id, new.account, new.offset);
END;
CREATE TRIGGER sim_upload_changed AFTER UPDATE OF offset ON uploads BEGIN
    INSERT INTO sim_effects (what, object, actor, text) VALUES ('upload', new.id, new.account, new.offset);
END;
