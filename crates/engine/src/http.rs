//! HTTP as data: what the engine asks a host to send, and what the host brings back.
//!
//! Owns shapes only. Never opens a socket, never adds credentials: those are the host's.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use crate::ids::{Entity, ServerId};

/// A request method (RFC 9110 §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// HEAD
    Head,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// As it stands in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A header: a lower-case name and its value.
pub type Header = (Cow<'static, str>, String);

/// The value of a header, by its lower-case name.
pub(crate) fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// A body to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    Empty,
    /// These bytes; the content type is among the headers.
    Bytes(Vec<u8>),
    /// A part of a file in the host's attachment folder.
    FilePart {
        /// The file's name in that folder.
        file: String,
        /// The first byte.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
}

/// One HTTP request, complete but for the server's address and the caller's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Path and query, beginning with `/`. An absolute URL only where the server's own answer gave one.
    pub path: String,
    /// Headers.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Body,
}

impl HttpRequest {
    /// A GET of this path, with nothing else: what a probe is.
    pub fn get(path: impl Into<String>) -> Self {
        Self::bare(Method::Get, path)
    }

    pub(crate) fn bare(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Body::Empty,
        }
    }
}

/// One HTTP response, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers, with lower-case names.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether the status is 2xx.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The media type, without parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.header("content-type")
            .map(|value| value.split(';').next().unwrap_or(value).trim())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Where it is not the JSON of a `T`, as when it was cut.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Somebody answered; whether it was the server is for the app to recognise.
    Response(Response),
    /// Nobody did: DNS, connect, TLS, a broken connection, a time-out.
    Unreached {
        /// What failed, for people; no secrets.
        reason: String,
    },
}

/// Where a request goes: a path, or the resource of an entity and what follows it.
///
/// An entity's server id is put in when the request is made; in a batch it may be a reference to the request that creates the entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    prefix: String,
    entity: Option<Entity>,
    rest: String,
}

impl Target {
    /// A path that names no entity.
    pub fn path(path: impl Into<String>) -> Self {
        Self {
            prefix: path.into(),
            entity: None,
            rest: String::new(),
        }
    }

    /// The resource of an entity: `collection` (ending in `/`), then its server id.
    pub fn resource(collection: impl Into<String>, entity: &Entity) -> Self {
        Self {
            prefix: collection.into(),
            entity: Some(entity.clone()),
            rest: String::new(),
        }
    }

    /// What follows, as `/comments`.
    #[must_use]
    pub fn then(mut self, rest: &str) -> Self {
        self.rest.push_str(rest);
        self
    }

    pub(crate) fn entity(&self) -> Option<&Entity> {
        self.entity.as_ref()
    }

    /// The path, with the entity's id as the server knows it.
    pub(crate) fn resolve(&self, server_id: Option<&ServerId>) -> String {
        match server_id {
            Some(id) => format!("{}{}{}", self.prefix, percent_encode(&id.0), self.rest),
            None => format!("{}{}", self.prefix, self.rest),
        }
    }

    /// The path in a batch in which another request creates the entity (OData 4.01 JSON §19.4.1).
    pub(crate) fn refer(&self, request_id: &str) -> String {
        format!("${request_id}{}", self.rest)
    }
}

/// Percent-encodes all that is not unreserved (RFC 3986 §2.3), so that neither an id in a path nor a value in a query can change what it stands in.
pub fn percent_encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Kind, LocalId};

    #[test]
    fn an_id_cannot_leave_its_segment() {
        let entity = Entity::new(Kind::new("post"), LocalId(uuid::Uuid::nil()));
        let target = Target::resource("/v1/posts/", &entity).then("/like");
        assert_eq!(
            target.resolve(Some(&ServerId("../me?x#".into()))),
            "/v1/posts/..%2Fme%3Fx%23/like"
        );
        assert_eq!(target.refer("3"), "$3/like");
    }
}
