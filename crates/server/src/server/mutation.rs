//! One mutation, read as far as it can be before its turn at the database.
//!
//! Owns what is read, and in which order it is refused. Never looks anything up.

use crate::exchange::Request;
use crate::headers::{self, ClientHeader, IfMatch, Once};
use crate::input::{self, Input};
use crate::operation::{Operation, Resolved};
use crate::problem::Problem;
use crate::store::clients::Fingerprint;

/// A mutation, alone or of a batch.
#[derive(Debug)]
pub(super) struct Mutation {
    pub(super) operation: Operation,
    pub(super) client: Option<ClientHeader>,
    /// Its key, and what the key stands for.
    pub(super) once: Option<(Once, Fingerprint)>,
    /// Refused only once the key is known to be new.
    pub(super) input: Result<Input, Problem>,
    pub(super) if_match: Result<IfMatch, Problem>,
}

impl Mutation {
    pub(super) fn read(
        request: &Request,
        resolved: Resolved,
        client: Option<ClientHeader>,
    ) -> Result<Self, Problem> {
        let once = headers::once(request, client.as_ref())?;
        let operation = resolved.operation.ok_or_else(Problem::not_found)?;
        let input = input::read(resolved.route, request);
        let once = once.map(|once| (once, input::fingerprint(request, input.as_ref())));
        Ok(Self {
            operation,
            client,
            once,
            input,
            if_match: headers::if_match(request),
        })
    }
}
