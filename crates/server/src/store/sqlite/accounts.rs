//! Accounts, follows and tokens in SQLite.

use rusqlite::{Row, params};

use super::{SqliteTransaction, count, integer};
use crate::ids::{FamilyId, Generation, Timestamp, UserId};
use crate::store::Result;
use crate::store::accounts::{
    AccountReads, AccountWrites, FamilyRow, ProfileRow, TokenHash, TokenKind, TokenRow, UserRow,
};

pub(super) const PROFILE: &str = "SELECT id, name, posts, followers, following,
        EXISTS (SELECT 1 FROM follows WHERE follower = ?2 AND followed = accounts.id)
     FROM accounts WHERE id = ?1";
pub(super) const PROFILE_NAMED: &str = "SELECT id, name, posts, followers, following,
        EXISTS (SELECT 1 FROM follows WHERE follower = ?2 AND followed = accounts.id)
     FROM accounts WHERE name = ?1";
pub(super) const TOKEN: &str =
    "SELECT t.generation, t.expires_at, f.id, f.newest, f.shown, f.revoked, a.id, a.name
     FROM tokens t JOIN families f ON f.id = t.family JOIN accounts a ON a.id = f.account
     WHERE t.hash = ?1 AND t.kind = ?2";

impl AccountReads for SqliteTransaction<'_> {
    fn user(&self, id: &UserId) -> Result<Option<UserRow>> {
        self.find(
            "SELECT id, name FROM accounts WHERE id = ?1",
            [id.as_str()],
            |row| user(row, 0),
        )
    }

    fn credentials(&self, name: &str) -> Result<Option<(UserRow, String)>> {
        self.find(
            "SELECT id, name, password_hash FROM accounts WHERE name = ?1",
            [name],
            |row| Ok((user(row, 0)?, row.get(2)?)),
        )
    }

    fn profile(&self, id: &UserId, viewer: &UserId) -> Result<Option<ProfileRow>> {
        self.find(PROFILE, [id.as_str(), viewer.as_str()], profile)
    }

    fn profile_named(&self, name: &str, viewer: &UserId) -> Result<Option<ProfileRow>> {
        self.find(PROFILE_NAMED, [name, viewer.as_str()], profile)
    }

    fn token(&self, kind: TokenKind, hash: &TokenHash) -> Result<Option<(TokenRow, FamilyRow)>> {
        self.find(TOKEN, params![hash, kind_name(kind)], |row| {
            let token = TokenRow {
                hash: *hash,
                kind,
                generation: Generation(count(row.get(0)?)),
                expires_at: Timestamp::from_millis(row.get(1)?),
            };
            let family = FamilyRow {
                id: FamilyId::named(row.get::<_, String>(2)?),
                newest: Generation(count(row.get(3)?)),
                shown: Generation(count(row.get(4)?)),
                revoked: row.get(5)?,
                account: user(row, 6)?,
            };
            Ok((token, family))
        })
    }
}

impl AccountWrites for SqliteTransaction<'_> {
    fn insert_account(&mut self, user: &UserRow, password_hash: &str, at: Timestamp) -> Result<bool> {
        let inserted = self.execute(
            "INSERT INTO accounts (id, name, password_hash, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO NOTHING",
            params![user.id.as_str(), user.name, password_hash, at.millis()],
        )?;
        Ok(inserted == 1)
    }

    fn insert_family(&mut self, id: &FamilyId, account: &UserId, at: Timestamp) -> Result<()> {
        self.execute(
            "INSERT INTO families (id, account, created_at) VALUES (?1, ?2, ?3)",
            params![id.as_str(), account.as_str(), at.millis()],
        )?;
        Ok(())
    }

    fn put_token(&mut self, family: &FamilyId, token: &TokenRow) -> Result<()> {
        self.execute(
            "INSERT INTO tokens (hash, kind, family, generation, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (hash) DO UPDATE SET expires_at = excluded.expires_at",
            params![
                token.hash,
                kind_name(token.kind),
                family.as_str(),
                integer(token.generation.0),
                token.expires_at.millis()
            ],
        )?;
        Ok(())
    }

    fn raise_newest(&mut self, family: &FamilyId, newest: Generation) -> Result<()> {
        self.execute(
            "UPDATE families SET newest = max(newest, ?2) WHERE id = ?1",
            params![family.as_str(), integer(newest.0)],
        )?;
        Ok(())
    }

    fn raise_shown(&mut self, family: &FamilyId, shown: Generation) -> Result<()> {
        self.execute(
            "UPDATE families SET shown = max(shown, ?2) WHERE id = ?1",
            params![family.as_str(), integer(shown.0)],
        )?;
        Ok(())
    }

    fn revoke_family(&mut self, family: &FamilyId) -> Result<()> {
        self.execute("UPDATE families SET revoked = 1 WHERE id = ?1", [family.as_str()])?;
        Ok(())
    }

    fn forget_tokens(&mut self, before: Timestamp, limit: usize) -> Result<usize> {
        let ended: Vec<(Vec<u8>, String)> = self.list(
            "SELECT hash, family FROM tokens WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2",
            params![before.millis(), limit as i64],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (hash, family) in &ended {
            self.execute("DELETE FROM tokens WHERE hash = ?1", [hash])?;
            self.execute(
                "DELETE FROM families
                 WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM tokens WHERE family = ?1)",
                [family],
            )?;
        }
        Ok(ended.len())
    }

    fn insert_follow(&mut self, follower: &UserId, followed: &UserId, at: Timestamp) -> Result<bool> {
        let inserted = self.execute(
            "INSERT INTO follows (follower, followed, created_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (follower, followed) DO NOTHING",
            params![follower.as_str(), followed.as_str(), at.millis()],
        )?;
        self.count_follow(follower, followed, inserted as i64)?;
        Ok(inserted == 1)
    }

    fn delete_follow(&mut self, follower: &UserId, followed: &UserId) -> Result<bool> {
        let deleted = self.execute(
            "DELETE FROM follows WHERE follower = ?1 AND followed = ?2",
            [follower.as_str(), followed.as_str()],
        )?;
        self.count_follow(follower, followed, -(deleted as i64))?;
        Ok(deleted == 1)
    }
}

impl SqliteTransaction<'_> {
    fn count_follow(&self, follower: &UserId, followed: &UserId, by: i64) -> Result<()> {
        self.execute(
            "UPDATE accounts SET following = following + ?2 WHERE id = ?1",
            params![follower.as_str(), by],
        )?;
        self.execute(
            "UPDATE accounts SET followers = followers + ?2 WHERE id = ?1",
            params![followed.as_str(), by],
        )?;
        Ok(())
    }
}

/// A user in two columns from `first` on.
pub(super) fn user(row: &Row<'_>, first: usize) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        id: UserId::named(row.get::<_, String>(first)?),
        name: row.get(first + 1)?,
    })
}

fn profile(row: &Row<'_>) -> rusqlite::Result<ProfileRow> {
    Ok(ProfileRow {
        user: user(row, 0)?,
        posts: count(row.get(2)?),
        followers: count(row.get(3)?),
        following: count(row.get(4)?),
        followed: row.get(5)?,
    })
}

fn kind_name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Access => "access",
        TokenKind::Refresh => "refresh",
    }
}
