//! Signing up, signing in, refreshing: the operations that come without an access token.
//!
//! Owns when passwords are hashed: never inside a transaction.

use outrigger_social::{limits, wire};
use rand::CryptoRng;

use super::{Server, answer, settle};
use crate::action::Failure;
use crate::blobs::Blobs;
use crate::exchange::{Caller, Request, Response};
use crate::ids::{Now, UserId};
use crate::input;
use crate::operation::{Operation, Resolved};
use crate::problem::{Problem, ProblemKind};
use crate::rate::network;
use crate::session::{self, Lifetimes};
use crate::store::Store;
use crate::store::accounts::UserRow;

impl<S: Store, B: Blobs> Server<S, B> {
    pub(super) fn sign(
        &self,
        now: Now,
        random: &mut dyn CryptoRng,
        caller: &Caller,
        request: &Request,
        resolved: &Resolved,
    ) -> Response {
        let peer = caller.peer.map_or_else(|| "unknown".to_owned(), network);
        let signed = self
            .peers
            .take(&peer, 1, now.monotonic)
            .map_err(Failure::from)
            .and_then(|()| match resolved.operation {
                Some(Operation::SignUp) => self.sign_up(now, random, input::json(request)?),
                Some(Operation::SignIn) => self.sign_in(now, random, input::json(request)?),
                _ => self.refresh(now, input::json(request)?),
            });
        answer(settle(signed))
    }

    fn sign_up(
        &self,
        now: Now,
        random: &mut dyn CryptoRng,
        credentials: wire::Credentials,
    ) -> Result<Response, Failure> {
        let wire::Credentials { name, password } = &credentials;
        limits::name(name).map_err(|refused| Problem::invalid("name", refused.to_string()))?;
        limits::password(password).map_err(|refused| Problem::invalid("password", refused.to_string()))?;
        let hash = self.passwords.hash(password, random);
        let user = UserRow {
            id: UserId::new(now.wall, random),
            name: name.clone(),
        };
        let session = self.store.write(|tx| {
            if !tx.insert_account(&user, &hash, now.wall)? {
                return Ok(None);
            }
            session::begin(tx, &user, self.lifetimes(), now, random).map(Some)
        })?;
        match session {
            Some(session) => Ok(issued(201, &session)),
            None => {
                Err(Problem::new(ProblemKind::NameTaken, "somebody has that name: choose another").into())
            }
        }
    }

    fn sign_in(
        &self,
        now: Now,
        random: &mut dyn CryptoRng,
        credentials: wire::Credentials,
    ) -> Result<Response, Failure> {
        let wrong = || {
            Problem::new(
                ProblemKind::WrongPassword,
                "there is no such name with that password",
            )
        };
        // No name and no password is longer; a hash of a whole body would be work for nothing.
        limits::name(&credentials.name).map_err(|_| wrong())?;
        limits::password(&credentials.password).map_err(|_| wrong())?;
        // Taken before the guess is judged, so that many at once are no more than many in turn.
        self.names.take(&credentials.name, 1, now.monotonic)?;
        let known = self
            .store
            .read(|snapshot| snapshot.credentials(&credentials.name))?;
        let hash = known.as_ref().map_or(&self.nobodys_hash, |(_, hash)| hash);
        let is_right = self.passwords.verify(&credentials.password, hash);
        let (user, _) = known.filter(|_| is_right).ok_or_else(wrong)?;
        self.names.give_back(&credentials.name);
        let session = self
            .store
            .write(|tx| session::begin(tx, &user, self.lifetimes(), now, random))?;
        Ok(issued(201, &session))
    }

    fn refresh(&self, now: Now, refresh: wire::Refresh) -> Result<Response, Failure> {
        let lifetimes = self.lifetimes();
        let refreshed = self
            .store
            .write(|tx| session::refresh(tx, &refresh.refresh_token, lifetimes, now))?;
        Ok(issued(200, &refreshed?))
    }

    fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            access: self.settings.access_token_ttl,
            refresh: self.settings.refresh_token_ttl,
        }
    }
}

/// Tokens are kept by nobody on the way.
fn issued(status: u16, session: &wire::Session) -> Response {
    Response::json(status, session).header("cache-control", "no-store")
}
