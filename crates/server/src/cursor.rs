//! Cursors: where a page ended, sealed so that only this server, this caller and this list can go on from there.
//!
//! Owns their text form. Never holds state: a cursor lives as long as the database's epoch.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use outrigger_planted::{self as planted, Bug};
use sha2::Sha256;

use crate::ids::{Position, UserId};
use crate::problem::Problem;

const POSITION_BYTES: usize = 8;
const TAG_BYTES: usize = 16;

/// Makes and reads cursors.
#[derive(Clone)]
pub(crate) struct Cursors {
    secret: [u8; 32],
    epoch: String,
}

impl Cursors {
    pub(crate) fn new(secret: [u8; 32], epoch: String) -> Self {
        Self { secret, epoch }
    }

    /// The cursor of what lies beyond `position` of `list`, for `viewer` only.
    pub(crate) fn seal(&self, viewer: &UserId, list: &str, position: Position) -> String {
        let position = position.0.to_be_bytes();
        let tag = self.mac(viewer, list, position).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&position[..], &tag[..TAG_BYTES]].concat())
    }

    /// Reads a cursor; one of another server, epoch, caller or list is malformed.
    pub(crate) fn open(&self, viewer: &UserId, list: &str, cursor: &str) -> Result<Position, Problem> {
        let alien = || Problem::malformed("the cursor is not of this list: begin it again");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| alien())?;
        let (position, tag) = bytes.split_at_checked(POSITION_BYTES).ok_or_else(alien)?;
        let position: [u8; POSITION_BYTES] = position.try_into().map_err(|_| alien())?;
        if tag.len() != TAG_BYTES {
            return Err(alien());
        }
        self.mac(viewer, list, position)
            .verify_truncated_left(tag)
            .map_err(|_| alien())?;
        Ok(Position(u64::from_be_bytes(position)))
    }

    fn mac(&self, viewer: &UserId, list: &str, position: [u8; POSITION_BYTES]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("BUG: any key length will do");
        let viewer = match planted::is(Bug::CursorNotScopedToUser) {
            true => "",
            false => viewer.as_str(),
        };
        for part in ["cursor", &self.epoch, viewer, list] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        mac.update(&position);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_for_its_list_and_caller_only() {
        let cursors = Cursors::new([1; 32], "epoch".to_owned());
        let (alice, bob) = (UserId::named("usr_a"), UserId::named("usr_b"));
        let cursor = cursors.seal(&alice, "feed", Position(7));
        assert_eq!(cursors.open(&alice, "feed", &cursor), Ok(Position(7)));
        assert!(cursors.open(&bob, "feed", &cursor).is_err());
        assert!(cursors.open(&alice, "posts", &cursor).is_err());
        let restored = Cursors::new([1; 32], "another".to_owned());
        assert!(restored.open(&alice, "feed", &cursor).is_err());
        for alien in ["", "x", "AAAA", &format!("{cursor}AAAA"), &cursor[..20]] {
            assert!(cursors.open(&alice, "feed", alien).is_err(), "{alien}");
        }
    }
}
