//! The server's one door: a request and the moment go in, an answer comes out.
//!
//! Owns what is asked of every request before its operation: who calls, how often, under which client. Synchronous: no
//! socket, no clock, no randomness of its own; whoever calls it decides on which thread it may block.

mod batch;
mod mutation;
mod sessions;
mod sweep;
mod tally;
mod transfer;

use std::sync::OnceLock;
use std::time::Duration;

use rand::CryptoRng;

use crate::action::{self, Failure, Mutator, Reader};
use crate::blobs::Blobs;
use crate::cursor::Cursors;
use crate::error::Error;
use crate::exchange::{Caller, Request, Response};
use crate::headers::{self, ClientHeader};
use crate::ids::{ClientId, Now};
use crate::once::{self, WATERMARK};
use crate::operation::{self, Operation, Resolved, Work};
use crate::password::PasswordHasher;
use crate::problem::{Problem, ProblemKind};
use crate::rate::{Buckets, Rate};
use crate::session::{self, Authenticated};
use crate::store::accounts::UserRow;
use crate::store::clients::ClientRef;
use crate::store::{Keep, Result as StoreResult, Snapshot, Store, StoreError, Transaction, contained};

use batch::Batch;
pub(crate) use batch::ITEMS_MAX;
use mutation::Mutation;
pub(crate) use tally::Counters;
use tally::Tally;
pub(crate) use transfer::Append;

/// What can be set of the core.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an access token is good.
    pub access_token_ttl: Duration,
    /// How long a refresh token is good: how long a client may stay away without signing in again.
    pub refresh_token_ttl: Duration,
    /// Requests of one account; each item of a batch is one. Without it, any number.
    pub account_rate: Option<Rate>,
    /// Sign-ups, sign-ins and refreshes from one address. Without it, any number.
    pub session_rate: Option<Rate>,
    /// Wrong passwords for one name, from all addresses together. Without it, any number. It keeps out nobody who is signed in.
    pub guess_rate: Option<Rate>,
    /// How long an upload that nothing names is kept after its last byte.
    pub upload_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_ttl: Duration::from_secs(15 * 60),
            refresh_token_ttl: Duration::from_secs(365 * 24 * 3600),
            account_rate: Some(Rate {
                per_second: 500.0,
                burst: 5_000.0,
            }),
            session_rate: Some(Rate {
                per_second: 5.0,
                burst: 100.0,
            }),
            guess_rate: Some(Rate {
                per_second: 0.1,
                burst: 20.0,
            }),
            upload_ttl: Duration::from_secs(24 * 3600),
        }
    }
}

/// The server core over a database and the bytes of uploads.
pub struct Server<S, B> {
    store: S,
    blobs: B,
    passwords: Box<dyn PasswordHasher>,
    /// Verified when a name is unknown, so that an unknown name takes as long as a wrong password.
    nobodys_hash: String,
    settings: Settings,
    epoch: String,
    cursors: Cursors,
    accounts: Buckets,
    peers: Buckets,
    names: Buckets,
    transfers: transfer::Transfers,
    pub(crate) counters: Counters,
}

impl<S, B> std::fmt::Debug for Server<S, B> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Server")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

/// A request and who sends it, on the way to its turn at the database.
#[derive(Debug)]
pub struct Exchange {
    caller: Caller,
    request: Request,
    resolved: Result<Resolved, Problem>,
    /// The batch that the request is, if it is one.
    batch: Option<Result<Batch, Problem>>,
    /// Whether the account's rate allows it: asked once, also where the transaction runs twice.
    allowed: OnceLock<Result<(), Problem>>,
}

impl Exchange {
    /// Reads what can be read before: a batch is much to read, and others wait for those whose turn it is.
    pub fn new(caller: Caller, request: Request) -> Self {
        let resolved = operation::resolve(&request.method, request.path());
        let is_batch = resolved.as_ref().is_ok_and(|it| it.route.work == Work::Batch);
        Self {
            batch: is_batch.then(|| Batch::read(&request)),
            caller,
            request,
            resolved,
            allowed: OnceLock::new(),
        }
    }

    /// How many requests of its account it is: each item of a batch is one.
    fn cost(&self) -> usize {
        match &self.batch {
            Some(Ok(batch)) => batch.len().max(1),
            _ => 1,
        }
    }
}

impl<S: Store, B: Blobs> Server<S, B> {
    /// A server over an open database.
    pub fn new(
        store: S,
        blobs: B,
        passwords: Box<dyn PasswordHasher>,
        settings: Settings,
        random: &mut dyn CryptoRng,
    ) -> Result<Self, Error> {
        let (epoch, secret) = store.read(|snapshot| Ok((snapshot.epoch()?, snapshot.secret()?)))?;
        Ok(Self {
            nobodys_hash: passwords.hash("nobody's password", random),
            cursors: Cursors::new(secret, epoch.clone()),
            accounts: Buckets::new(settings.account_rate),
            peers: Buckets::new(settings.session_rate),
            names: Buckets::new(settings.guess_rate),
            transfers: transfer::Transfers::default(),
            counters: Counters::default(),
            store,
            blobs,
            passwords,
            settings,
            epoch,
        })
    }

    /// Which life of the database this is.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The bytes of uploads, to be streamed where an answer names them.
    pub fn blobs(&self) -> &B {
        &self.blobs
    }

    /// The database.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Whether the database answers.
    pub fn is_ready(&self) -> bool {
        self.store.read(|snapshot| snapshot.epoch()).is_ok()
    }

    /// Refuses a caller without a good token, before anything costly is done for them. That it is good is found out again in the transaction.
    pub(crate) fn check_token(&self, now: Now, caller: &Caller) -> Result<(), Problem> {
        let checked = self
            .store
            .read(|snapshot| session::authenticate(snapshot, caller.token.as_ref(), now));
        match checked {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(problem)) => Err(problem),
            Err(error) => Err(store_failed(&error)),
        }
    }

    /// Answers one request, with its whole body at hand. May block: on the database, on a password, on a disk.
    pub fn handle(
        &self,
        now: Now,
        random: &mut dyn CryptoRng,
        caller: &Caller,
        request: &Request,
    ) -> Response {
        let response = match operation::resolve(&request.method, request.path()) {
            Err(problem) => problem.into_response(),
            Ok(resolved) => match resolved.route.work {
                Work::Session => self.sign(now, random, caller, request, &resolved),
                Work::Read => self.read(now, caller, request, &resolved),
                Work::Append => self.transfer(now, caller, request, &resolved),
                Work::Mutation | Work::Command | Work::Batch => {
                    let exchange = Exchange::new(caller.clone(), request.clone());
                    return self.handle_all(now, random, &[exchange]).remove(0);
                }
            },
        };
        self.finish(request, response)
    }

    /// Answers several mutations or batches, of whomever, in one transaction: one flush of the disk for all. Each has its
    /// own outcome; only when the transaction itself fails do all of them.
    pub fn handle_all(&self, now: Now, random: &mut dyn CryptoRng, exchanges: &[Exchange]) -> Vec<Response> {
        let written = self.store.write(|tx| {
            let mut tally = Tally::default();
            let responses: Vec<_> = exchanges
                .iter()
                .map(|exchange| self.write(tx, &mut tally, now, random, exchange))
                .collect();
            Ok((responses, tally))
        });
        let responses = match written {
            Ok((responses, tally)) => {
                self.counters.add(tally);
                responses
            }
            Err(error) => vec![store_failed(&error).into_response(); exchanges.len()],
        };
        exchanges
            .iter()
            .zip(responses)
            .map(|(exchange, response)| self.finish(&exchange.request, response))
            .collect()
    }

    /// Adds what every answer carries.
    pub(crate) fn finish(&self, request: &Request, response: Response) -> Response {
        let response = response.header("outrigger-epoch", format!("\"{}\"", self.epoch));
        if request.path().starts_with("/v1/uploads") {
            return response.header("tus-resumable", "1.0.0");
        }
        response
    }

    fn read(&self, now: Now, caller: &Caller, request: &Request, resolved: &Resolved) -> Response {
        let mut authenticated = None;
        let read = self.store.read(|snapshot| {
            settle((|| {
                let caller = session::authenticate(snapshot, caller.token.as_ref(), now)??;
                self.accounts.take(caller.user.id.as_str(), 1, now.monotonic)?;
                let client = headers::client(request)?;
                let response =
                    self.read_operation(snapshot, &caller.user, request, resolved, client.as_ref());
                authenticated = Some(caller);
                response
            })())
        });
        // A refreshed pair is noted at its first use, once in the life of a token.
        let noted = match authenticated.filter(Authenticated::is_first) {
            Some(caller) => self.store.write(|tx| caller.note_shown(tx)),
            None => Ok(()),
        };
        answer(noted.and(read))
    }

    /// Carries out a read for a known caller. A read carries its client's watermark, but raises none: it only reads.
    fn read_operation(
        &self,
        snapshot: &dyn Snapshot,
        viewer: &UserRow,
        request: &Request,
        resolved: &Resolved,
        client: Option<&ClientHeader>,
    ) -> Result<Response, Failure> {
        let mut watermark = None;
        if let Some(client) = client {
            once::check_not_retired(snapshot, &viewer.id, client)??;
            let held = snapshot.client(ClientRef {
                account: &viewer.id,
                client: &client.client,
            })?;
            watermark = Some(held.watermark);
        }
        let operation = resolved.operation.as_ref().ok_or_else(Problem::not_found)?;
        let reader = Reader {
            viewer,
            cursors: &self.cursors,
            request,
        };
        let response = match action::read(snapshot, &reader, operation) {
            Err(Failure::Problem(problem)) => problem.into_response(),
            other => other?,
        };
        Ok(match watermark {
            Some(watermark) => response.header(WATERMARK, watermark.to_string()),
            None => response,
        })
    }

    /// Whether a request is meant for this life of the database. What a client acknowledged in a former one says nothing of what was lost when it was
    /// restored, and would raise the watermark by which the client finds out.
    fn is_meant(&self, request: &Request) -> Result<bool, Problem> {
        Ok(headers::epoch(request)?.is_none_or(|known| known == self.epoch))
    }

    /// Answers one mutation, command or batch within a transaction. If the store fails, what it did is undone.
    fn write(
        &self,
        tx: &mut dyn Transaction,
        tally: &mut Tally,
        now: Now,
        random: &mut dyn CryptoRng,
        exchange: &Exchange,
    ) -> Response {
        answer(contained(tx, |tx| {
            settle(self.write_authenticated(tx, tally, now, random, exchange)).map(|it| (Keep::Changes, it))
        }))
    }

    fn write_authenticated(
        &self,
        tx: &mut dyn Transaction,
        tally: &mut Tally,
        now: Now,
        random: &mut dyn CryptoRng,
        exchange: &Exchange,
    ) -> Result<Response, Failure> {
        let request = &exchange.request;
        let caller = session::authenticate(tx.as_snapshot(), exchange.caller.token.as_ref(), now)??;
        let resolved = exchange.resolved.as_ref().map_err(Problem::clone)?;
        let ask = || {
            let account = caller.user.id.as_str();
            self.accounts.take(account, exchange.cost(), now.monotonic)
        };
        exchange.allowed.get_or_init(ask).clone()?;
        caller.note_shown(tx)?;
        let mut client = headers::client(request)?;
        let is_meant = self.is_meant(request)?;
        if let Some(client) = &mut client
            && !is_meant
        {
            client.ack = None;
        }
        let watermark = match &client {
            Some(client) => Some(once::acknowledge(tx, &caller.user.id, client)?),
            None => None,
        };
        let mut writer = Writer {
            now,
            random,
            tally,
            viewer: &caller.user,
        };
        let written = match (&exchange.batch, &resolved.operation) {
            (Some(Ok(batch)), _) => self.apply_batch(tx, &mut writer, batch),
            (Some(Err(problem)), _) => Err(problem.clone().into()),
            (None, Some(Operation::SignOut)) => {
                caller.revoke(tx)?;
                Ok(Response::empty(204))
            }
            (None, Some(Operation::RetireClient(client))) => writer.retire(tx, client),
            _ => match Mutation::read(request, resolved.clone(), client) {
                Ok(mutation) => self.apply(tx, &mut writer, &mutation),
                Err(problem) => Err(problem.into()),
            },
        };
        // A refusal carries the watermark too, so it is an answer from here on.
        let response = match written {
            Err(Failure::Problem(problem)) => problem.into_response(),
            other => other?,
        };
        Ok(match watermark {
            Some(watermark) => response.header(WATERMARK, watermark.to_string()),
            None => response,
        })
    }

    /// Applies one mutation, alone or of a batch: once for its key, or as it comes.
    fn apply(
        &self,
        tx: &mut dyn Transaction,
        writer: &mut Writer<'_>,
        mutation: &Mutation,
    ) -> Result<Response, Failure> {
        let (now, viewer) = (writer.now, writer.viewer);
        let mut effect = |tx: &mut dyn Transaction| {
            let (input, if_match) = match (&mutation.input, &mutation.if_match) {
                (Ok(input), Ok(if_match)) => (input, if_match),
                (Err(problem), _) | (_, Err(problem)) => return Err(problem.clone().into()),
            };
            let mut mutator = Mutator {
                now,
                viewer,
                once: mutation.once.as_ref().map(|(once, _)| once),
                if_match,
                random: &mut *writer.random,
            };
            action::mutate(tx, &mut mutator, &mutation.operation, input)
        };
        let response = match &mutation.once {
            Some((once, fingerprint)) => {
                once::apply_once(tx, &viewer.id, once, *fingerprint, now, &mut effect)?
            }
            None => {
                if let Some(client) = &mutation.client {
                    once::check_not_retired(tx.as_snapshot(), &viewer.id, client)??;
                }
                once::apply_plainly(tx, &mut effect)?
            }
        };
        writer.tally.count(&response);
        Ok(response)
    }
}

/// What the mutations of one request have in common.
struct Writer<'a> {
    now: Now,
    random: &'a mut dyn CryptoRng,
    tally: &'a mut Tally,
    viewer: &'a UserRow,
}

impl Writer<'_> {
    fn retire(&self, tx: &mut dyn Transaction, client: &ClientId) -> Result<Response, Failure> {
        let client = ClientRef {
            account: &self.viewer.id,
            client,
        };
        let already = tx.client(client)?.retired;
        let highest_key = tx
            .retire(client, self.now.wall)?
            .map(|key| key.as_str().to_owned());
        let retired = outrigger_social::wire::Retired { highest_key, already };
        Ok(Response::json(200, &retired))
    }
}

/// Tells a refusal, which is an answer, from a failure of the store.
fn settle(outcome: Result<Response, Failure>) -> StoreResult<Response> {
    match outcome {
        Ok(response) => Ok(response),
        Err(Failure::Problem(problem)) => Ok(problem.into_response()),
        Err(Failure::Store(error)) => Err(error),
    }
}

/// What the caller is told, whatever happened.
fn answer(outcome: StoreResult<Response>) -> Response {
    outcome.unwrap_or_else(|error| store_failed(&error).into_response())
}

/// The cause is for the log; the caller learns only whether to come back.
fn store_failed(error: &StoreError) -> Problem {
    if *error != StoreError::Again {
        tracing::error!(%error, "the store refused");
    }
    match error {
        StoreError::Busy(_) | StoreError::Again => unavailable(),
        StoreError::Failed(_) => internal(),
    }
}

/// The server is overloaded for the moment.
pub(crate) fn unavailable() -> Problem {
    Problem::new(ProblemKind::Unavailable, "come back in a moment").header("retry-after", "1")
}

/// The server failed.
pub(crate) fn internal() -> Problem {
    Problem::new(ProblemKind::Internal, "it is logged; trying again may help")
}
