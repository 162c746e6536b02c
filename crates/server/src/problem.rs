//! Every error that a caller can be answered with: the closed list of the protocol, and its RFC 9457 form.
//!
//! Owns names, statuses and which of them a key records. Never holds a cause that is not meant for the caller.

use outrigger_social::wire;

use crate::exchange::Response;
use crate::ids::Version;

/// The type of a problem, as in `docs/protocol.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "the names are the protocol's, and `title` says what each means"
)]
pub enum ProblemKind {
    Malformed,
    InvalidGrant,
    ClientRequired,
    Unauthorized,
    WrongPassword,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Timeout,
    InProgress,
    ClientRewound,
    ClientRetired,
    NameTaken,
    OffsetMismatch,
    UploadGone,
    VersionMismatch,
    TusVersion,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    KeyReused,
    UploadMissing,
    ChecksumMismatch,
    UnknownKind,
    DependencyFailed,
    RateLimited,
    HeadersTooLarge,
    Internal,
    Unavailable,
}

impl ProblemKind {
    /// Status, name and title, in one place.
    const fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Malformed => (400, "malformed", "The request cannot be read"),
            Self::InvalidGrant => (
                400,
                "invalid-grant",
                "The refresh token is expired, revoked or reused",
            ),
            Self::ClientRequired => (400, "client-required", "A key needs Outrigger-Client"),
            Self::Unauthorized => (401, "unauthorized", "No valid access token"),
            Self::WrongPassword => (401, "wrong-password", "The name or the password is wrong"),
            Self::Forbidden => (403, "forbidden", "Only its author may change it"),
            Self::NotFound => (404, "not-found", "Not found"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The resource has no such method"),
            Self::Timeout => (408, "timeout", "The request took too long to arrive"),
            Self::InProgress => (409, "in-progress", "The same key is being handled now"),
            Self::ClientRewound => (
                409,
                "client-rewound",
                "The client was restored from an older copy",
            ),
            Self::ClientRetired => (409, "client-retired", "The client id is retired"),
            Self::NameTaken => (409, "name-taken", "The name is taken"),
            Self::OffsetMismatch => (409, "offset-mismatch", "The upload stands at another offset"),
            Self::UploadGone => (410, "upload-gone", "The upload is expired or removed"),
            Self::VersionMismatch => (412, "version-mismatch", "The object has another version"),
            Self::TusVersion => (412, "tus-version", "The tus version is not supported"),
            Self::TooLarge => (413, "too-large", "The request is too large"),
            Self::UnsupportedMediaType => (415, "unsupported-media-type", "The media type is not supported"),
            Self::Invalid => (422, "invalid", "A field is refused"),
            Self::KeyReused => (422, "key-reused", "The key was used for another request"),
            Self::UploadMissing => (422, "upload-missing", "An upload is unknown, unfinished or gone"),
            Self::ChecksumMismatch => (422, "checksum-mismatch", "The bytes have another digest"),
            Self::UnknownKind => (422, "unknown-kind", "The kind is not known"),
            Self::DependencyFailed => (
                424,
                "dependency-failed",
                "What the request depends on did not succeed",
            ),
            Self::RateLimited => (429, "rate-limited", "Too many requests"),
            Self::HeadersTooLarge => (431, "headers-too-large", "The headers are too large"),
            Self::Internal => (500, "internal", "The server failed"),
            Self::Unavailable => (503, "unavailable", "The server is overloaded"),
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        self.parts().0
    }

    /// The last part of the type URN.
    pub const fn name(self) -> &'static str {
        self.parts().1
    }

    /// The name in words.
    pub const fn title(self) -> &'static str {
        self.parts().2
    }

    /// Whether the answer is a definitive rejection, which a key records and replays. The others say something of the
    /// moment (who calls, how busy it is, what else failed), so the same request may well succeed later.
    pub const fn is_definitive(self) -> bool {
        !matches!(
            self,
            Self::Unauthorized
                | Self::WrongPassword
                | Self::Timeout
                | Self::InProgress
                | Self::ClientRewound
                | Self::ClientRetired
                | Self::KeyReused
                | Self::DependencyFailed
                | Self::RateLimited
                | Self::HeadersTooLarge
                | Self::Internal
                | Self::Unavailable
        )
    }
}

/// One problem: what is answered in place of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which one.
    pub kind: ProblemKind,
    /// What happened, for people.
    pub detail: String,
    errors: Vec<wire::FieldError>,
    headers: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem told in one sentence.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// The request cannot be read, for this reason.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Malformed, detail)
    }

    /// There is nothing of that name, or nothing that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(
            ProblemKind::NotFound,
            "there is nothing at this address that you may see",
        )
    }

    /// One field is refused.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = wire::FieldError {
            field: field.to_owned(),
            detail: detail.clone(),
        };
        Self {
            errors: vec![error],
            ..Self::new(ProblemKind::Invalid, format!("{field}: {detail}"))
        }
    }

    /// The object stands at `current`, which the answer carries.
    pub fn version_mismatch(current: Version) -> Self {
        let detail = format!("it stands at version {current}: read it again and decide anew");
        Self::new(ProblemKind::VersionMismatch, detail).header("etag", current.etag())
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer.
    pub fn into_response(self) -> Response {
        let body = wire::Problem {
            r#type: format!("{}{}", wire::PROBLEM_PREFIX, self.kind.name()),
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            detail: self.detail,
            errors: self.errors,
        };
        let mut response = Response::json(self.kind.status(), &body);
        response
            .headers
            .insert("content-type".to_owned(), "application/problem+json".to_owned());
        for (name, value) in self.headers {
            response.headers.insert(name.to_owned(), value);
        }
        response.problem = Some(self.kind);
        response
    }
}
