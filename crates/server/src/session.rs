//! Sessions: token families, their rotation, and who a caller is.
//!
//! Owns tokens. The database knows them by their SHA-256 only, and the next pair is derived from the one that is shown, so
//! that an answer that was lost can be given again. Never logs or stores a token.
//!
//! **Invariant:** a refresh token is answered with one successor, again and again, until that successor is first shown, as
//! an access token or a refresh token. After that, showing the old one means that two hold it: the family ends (RFC 9700
//! §4.14). Access tokens of older pairs stay good until they expire, within minutes, so that requests in flight do not
//! fail on a rotation; the end of the family ends them all at once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use outrigger_planted::{self as planted, Bug};
use outrigger_social::wire;
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::ids::{FamilyId, Generation, Now};
use crate::problem::{Problem, ProblemKind};
use crate::store::accounts::{FamilyRow, TokenHash, TokenKind, TokenRow, UserRow};
use crate::store::{Result as StoreResult, Snapshot, Transaction};
use crate::view;

/// How long tokens live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) access: Duration,
    pub(crate) refresh: Duration,
}

/// A caller whose access token is good.
#[derive(Debug, Clone)]
pub(crate) struct Authenticated {
    pub(crate) user: UserRow,
    family: FamilyRow,
    generation: Generation,
}

/// Finds out who calls.
pub(crate) fn authenticate(
    snapshot: &dyn Snapshot,
    token: Option<&Zeroizing<String>>,
    now: Now,
) -> StoreResult<Result<Authenticated, Problem>> {
    let refused = |detail: &str| {
        Err(Problem::new(ProblemKind::Unauthorized, detail).header("www-authenticate", "Bearer"))
    };
    let Some(token) = token else {
        return Ok(refused("send Authorization: Bearer with an access token"));
    };
    let found = snapshot.token(TokenKind::Access, &hash(token))?;
    Ok(match found {
        Some((token, family))
            if !family.revoked && (token.expires_at > now.wall || planted::is(Bug::ExpiredTokenAccepted)) =>
        {
            Ok(Authenticated {
                user: family.account.clone(),
                family,
                generation: token.generation,
            })
        }
        _ => refused("the access token is unknown or expired: refresh the session"),
    })
}

impl Authenticated {
    /// Whether the client shows this pair for the first time.
    pub(crate) fn is_first(&self) -> bool {
        self.generation > self.family.shown
    }

    /// Notes that the client has this pair, so what it replaced is not given again.
    pub(crate) fn note_shown(&self, tx: &mut dyn Transaction) -> StoreResult<()> {
        if self.is_first() {
            tx.raise_shown(&self.family.id, self.generation)
        } else {
            Ok(())
        }
    }

    /// Ends the session.
    pub(crate) fn revoke(&self, tx: &mut dyn Transaction) -> StoreResult<()> {
        tx.revoke_family(&self.family.id)
    }
}

/// Begins a family for an account.
pub(crate) fn begin(
    tx: &mut dyn Transaction,
    user: &UserRow,
    lifetimes: Lifetimes,
    now: Now,
    random: &mut dyn CryptoRng,
) -> StoreResult<wire::Session> {
    let family = FamilyId::new(now.wall, random);
    tx.insert_family(&family, &user.id, now.wall)?;
    let pair = Pair {
        access: token("ora_", random),
        refresh: token("orr_", random),
    };
    hand_out(tx, &family, Generation(0), &pair, lifetimes, now)?;
    Ok(pair.session(user, lifetimes))
}

/// Exchanges a refresh token. The answer is a success or a problem, and either way what was written stays: finding out
/// that a token was stolen ends the family.
pub(crate) fn refresh(
    tx: &mut dyn Transaction,
    shown: &str,
    lifetimes: Lifetimes,
    now: Now,
) -> StoreResult<Result<wire::Session, Problem>> {
    let invalid = |detail: &str| Ok(Err(Problem::new(ProblemKind::InvalidGrant, detail)));
    let Some((row, family)) = tx.token(TokenKind::Refresh, &hash(shown))? else {
        return invalid("the refresh token is unknown: sign in again");
    };
    if family.revoked || row.expires_at <= now.wall {
        return invalid("the session has ended: sign in again");
    }
    let next = Generation(row.generation.0 + 1);
    if next.0 <= family.newest.0
        && (next < family.newest || family.shown >= next || planted::is(Bug::RefreshedOnlyOnce))
    {
        tx.revoke_family(&family.id)?;
        tracing::warn!(family = %family.id, "a refresh token was reused: the session has ended");
        return invalid("the refresh token was used before: sign in again");
    }
    tx.raise_shown(&family.id, row.generation)?;
    tx.raise_newest(&family.id, next)?;
    let pair = Pair::after(&tx.secret()?, shown);
    hand_out(tx, &family.id, next, &pair, lifetimes, now)?;
    Ok(Ok(pair.session(&family.account, lifetimes)))
}

struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    /// The pair that follows a refresh token: always the same one, and nobody can tell it without the server's secret.
    fn after(secret: &[u8; 32], refresh: &str) -> Self {
        let derive = |prefix: &str| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("BUG: any key length will do");
            mac.update(b"successor");
            mac.update(prefix.as_bytes());
            mac.update(refresh.as_bytes());
            format!("{prefix}{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
        };
        Self {
            access: derive("ora_"),
            refresh: derive("orr_"),
        }
    }

    fn session(self, user: &UserRow, lifetimes: Lifetimes) -> wire::Session {
        wire::Session {
            access_token: self.access,
            refresh_token: self.refresh,
            expires_in: lifetimes.access.as_secs(),
            account: view::user(user),
        }
    }
}

fn hand_out(
    tx: &mut dyn Transaction,
    family: &FamilyId,
    generation: Generation,
    pair: &Pair,
    lifetimes: Lifetimes,
    now: Now,
) -> StoreResult<()> {
    let tokens = [
        (TokenKind::Access, &pair.access, lifetimes.access),
        (TokenKind::Refresh, &pair.refresh, lifetimes.refresh),
    ];
    for (kind, token, lifetime) in tokens {
        let expires_at = now.wall.plus(lifetime);
        tx.put_token(
            family,
            &TokenRow {
                hash: hash(token),
                kind,
                generation,
                expires_at,
            },
        )?;
    }
    Ok(())
}

/// Two hundred and fifty-six random bits.
fn token(prefix: &str, random: &mut dyn CryptoRng) -> String {
    let mut bytes = [0u8; 32];
    random.fill_bytes(&mut bytes);
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
