//! HTTP as data: what comes to the core and what it answers, without a socket.
//!
//! Owns the shapes of a request and an answer. Never decides anything.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::ids::UploadId;
use crate::problem::ProblemKind;

/// A request. Header names are in lower case.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// In upper case.
    pub method: String,
    /// Path and query, as received.
    pub url: String,
    /// One value for each name.
    pub headers: BTreeMap<String, String>,
    /// Decompressed.
    pub body: Bytes,
}

impl fmt::Debug for Request {
    /// The body is not shown: it may be a password, or what somebody says to somebody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            url: url.into(),
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a JSON body and its media type.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Bytes::from(serde_json::to_vec(body).expect("BUG: wire types are JSON"));
        self.header("content-type", "application/json")
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        self.url.split_once('?').map_or(&self.url, |(path, _)| path)
    }

    /// The query, without its question mark; empty when there is none.
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// One header's value.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Who calls, as far as the transport knows: the token is checked by the core.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// The bearer token, if one was sent.
    pub token: Option<Zeroizing<String>>,
    /// The other end of the connection, for the rate of requests that name no account.
    pub peer: Option<IpAddr>,
}

impl Caller {
    /// A caller with an access token.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self {
            token: Some(Zeroizing::new(token.into())),
            peer: None,
        }
    }

    /// A caller without one.
    pub fn anonymous() -> Self {
        Self::default()
    }
}

impl fmt::Debug for Caller {
    /// Tokens are never shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "…");
        formatter
            .debug_struct("Caller")
            .field("token", &token)
            .field("peer", &self.peer)
            .finish()
    }
}

/// What an answer carries.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes at hand; empty for none.
    Bytes(Bytes),
    /// A finished upload, streamed from where it lies.
    Blob {
        /// Which.
        id: UploadId,
        /// Its length in bytes.
        size: u64,
    },
}

impl fmt::Debug for Body {
    /// Bytes are not shown: they may be tokens, or what somebody says to somebody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Blob { id, size } => write!(f, "{size} bytes of {id}"),
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    /// What it carries.
    pub body: Body,
    /// Which problem it tells of, if one; for metrics, never sent.
    pub problem: Option<ProblemKind>,
}

impl Response {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: BTreeMap::new(),
            body: Body::Bytes(Bytes::new()),
            problem: None,
        }
    }

    /// An answer with a JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(body).expect("BUG: wire types are JSON");
        Self {
            body: Body::Bytes(Bytes::from(bytes)),
            ..Self::empty(status)
        }
        .header("content-type", "application/json")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The bytes of the body; empty for one that is streamed.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Bytes(bytes) => bytes,
            Body::Blob { .. } => &[],
        }
    }
}
