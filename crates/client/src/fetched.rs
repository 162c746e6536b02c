//! What a read of the server brought.
//!
//! Owns an answer together with the moment at which it was asked for. Never judges it.

use outrigger_engine::http::Response;
use outrigger_engine::ids::ReadMark;
use std::ops::Deref;

/// The answer to a [`fetch`](crate::SyncService::fetch).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The answer.
    pub response: Response,
    /// What was confirmed when it was asked for: goes along to [`observe`](crate::SyncService::observe).
    pub began: ReadMark,
}

impl Deref for Fetched {
    type Target = Response;

    fn deref(&self) -> &Response {
        &self.response
    }
}
