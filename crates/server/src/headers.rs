//! The structured headers of a request: keys and clients (RFC 8941), preconditions, and those of tus.
//!
//! Owns their syntax. Never decides what follows from them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outrigger_planted::{self as planted, Bug};

use crate::exchange::Request;
use crate::ids::{ClientId, IdempotencyKey, Sequence, Version, Watermark};
use crate::problem::{Problem, ProblemKind};
use crate::store::uploads::Digest;

/// `Outrigger-Client`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientHeader {
    pub(crate) client: ClientId,
    pub(crate) sequence: Option<Sequence>,
    pub(crate) ack: Option<Watermark>,
}

/// What makes a mutation happen once: its key, and the sequence that its client gave the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Once {
    pub(crate) key: IdempotencyKey,
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
}

/// Reads `Outrigger-Client`, if there is one.
pub(crate) fn client(request: &Request) -> Result<Option<ClientHeader>, Problem> {
    let Some(text) = request.header_value("outrigger-client") else {
        return Ok(None);
    };
    let malformed =
        || Problem::malformed("Outrigger-Client is a quoted UUID with the parameters seq and ack");
    let (quoted, parameters) = quoted_string(text.trim()).ok_or_else(malformed)?;
    let client = ClientId::parse(&quoted).ok_or_else(malformed)?;
    let mut header = ClientHeader {
        client,
        sequence: None,
        ack: None,
    };
    for parameter in parameters.split(';').skip(1) {
        let (name, value) = parameter.trim().split_once('=').unwrap_or((parameter.trim(), ""));
        match name {
            "seq" => header.sequence = Some(Sequence(integer(value).ok_or_else(malformed)?)),
            "ack" => header.ack = Some(Watermark(integer(value).ok_or_else(malformed)?)),
            _ => {} // Parameters of later versions.
        }
    }
    if !parameters.is_empty() && !parameters.starts_with(';') || header.sequence == Some(Sequence(0)) {
        return Err(malformed());
    }
    Ok(Some(header))
}

/// `Outrigger-Epoch`: the life of the database that a request is meant for; a quoted UUID.
pub(crate) fn epoch(request: &Request) -> Result<Option<String>, Problem> {
    let Some(text) = request.header_value("outrigger-epoch") else {
        return Ok(None);
    };
    match quoted_string(text.trim()) {
        Some((epoch, "")) if ClientId::parse(&epoch).is_some() => Ok(Some(epoch.to_string())),
        _ => Err(Problem::malformed("Outrigger-Epoch is a quoted UUID")),
    }
}

/// Reads `Idempotency-Key` and joins it with the client that sends it.
pub(crate) fn once(request: &Request, client: Option<&ClientHeader>) -> Result<Option<Once>, Problem> {
    let Some(text) = request.header_value("idempotency-key") else {
        return Ok(None);
    };
    let malformed = || Problem::malformed("Idempotency-Key is a quoted UUIDv7");
    let (quoted, rest) = quoted_string(text.trim()).ok_or_else(malformed)?;
    let key = IdempotencyKey::parse(&quoted)
        .filter(|_| rest.is_empty())
        .ok_or_else(malformed)?;
    let Some(client) = client else {
        let detail = "a key is known within its client: send Outrigger-Client with it";
        return Err(Problem::new(ProblemKind::ClientRequired, detail));
    };
    let sequence = client
        .sequence
        .ok_or_else(|| Problem::malformed("Outrigger-Client needs seq beside a key"))?;
    Ok(Some(Once {
        key,
        client: client.client.clone(),
        sequence,
    }))
}

/// `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Whatever the version.
    Any,
    /// One of these.
    Versions(Vec<Version>),
}

impl IfMatch {
    /// Refuses an object at another version.
    pub(crate) fn check(&self, current: Version) -> Result<(), Problem> {
        match self {
            Self::Versions(versions) if !versions.contains(&current) && !planted::is(Bug::IfMatchIgnored) => {
                Err(Problem::version_mismatch(current))
            }
            Self::Any | Self::Versions(_) => Ok(()),
        }
    }
}

/// Reads `If-Match`; without one, any version will do.
pub(crate) fn if_match(request: &Request) -> Result<IfMatch, Problem> {
    let Some(text) = request.header_value("if-match") else {
        return Ok(IfMatch::Any);
    };
    if text.trim() == "*" {
        return Ok(IfMatch::Any);
    }
    let malformed = || Problem::malformed("If-Match is * or a list of entity tags");
    let mut versions = Vec::new();
    for tag in text.split(',').map(str::trim) {
        let is_weak = tag.starts_with("W/");
        let (tag, rest) = quoted_string(tag.trim_start_matches("W/")).ok_or_else(malformed)?;
        if !rest.is_empty() {
            return Err(malformed());
        }
        // A weak tag and a tag that this server never made match nothing.
        if let (false, Ok(version)) = (is_weak, tag.parse()) {
            versions.push(Version(version));
        }
    }
    Ok(IfMatch::Versions(versions))
}

/// What `POST /v1/uploads` says of the file to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadHeaders {
    pub(crate) length: u64,
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
}

/// Reads `Upload-Length` and `Upload-Metadata`.
pub(crate) fn upload(request: &Request) -> Result<UploadHeaders, Problem> {
    let length = request
        .header_value("upload-length")
        .and_then(integer)
        .ok_or_else(|| Problem::malformed("Upload-Length is a number of bytes"))?;
    let metadata = request.header_value("upload-metadata").unwrap_or_default();
    let value = |name: &str| {
        let pairs = metadata.split(',').filter_map(|pair| pair.trim().split_once(' '));
        let encoded = pairs.into_iter().find(|(key, _)| *key == name)?.1;
        String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()
    };
    let media_type = value("type")
        .ok_or_else(|| Problem::malformed("Upload-Metadata needs type, in base64"))?
        .to_ascii_lowercase();
    let digest = value("sha256")
        .and_then(|text| Digest::parse(&text))
        .ok_or_else(|| Problem::malformed("Upload-Metadata needs sha256, the hex digest in base64"))?;
    Ok(UploadHeaders {
        length,
        media_type,
        digest,
    })
}

/// Refuses a version of tus other than ours; a request that names none is taken for ours.
pub(crate) fn tus_version(request: &Request) -> Result<(), Problem> {
    match request.header_value("tus-resumable") {
        None | Some("1.0.0") => Ok(()),
        Some(_) => Err(
            Problem::new(ProblemKind::TusVersion, "this server speaks tus 1.0.0")
                .header("tus-version", "1.0.0"),
        ),
    }
}

/// Reads `Upload-Offset`.
pub(crate) fn upload_offset(request: &Request) -> Result<u64, Problem> {
    request
        .header_value("upload-offset")
        .and_then(integer)
        .ok_or_else(|| Problem::malformed("Upload-Offset is a number of bytes"))
}

/// Whether the body is declared to be JSON in UTF-8.
pub(crate) fn is_json(request: &Request) -> bool {
    let declared = request.header_value("content-type").unwrap_or_default();
    let mut parts = declared.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| {
            let charset = parameter.to_ascii_lowercase();
            !charset.starts_with("charset=")
                || charset.trim_start_matches("charset=").trim_matches('"') == "utf-8"
        })
}

/// An RFC 8941 string at the head of `text`, and what follows it.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.strip_prefix('"')?.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 2..])),
            '\\' => match characters.next()? {
                (_, escaped @ ('"' | '\\')) => value.push(escaped),
                _ => return None,
            },
            ' '..='~' => value.push(character),
            _ => return None,
        }
    }
    None
}

/// A number of at most fifteen digits, as RFC 8941 has them.
fn integer(text: &str) -> Option<u64> {
    let is_number = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "0198c0aa-0000-7000-8000-000000000001";

    fn parsed(text: &str) -> Option<(Option<u64>, Option<u64>)> {
        let request = Request::new("POST", "/v1/posts").header("outrigger-client", text);
        let header = client(&request).ok()??;
        Some((header.sequence.map(|it| it.0), header.ack.map(|it| it.0)))
    }

    #[test]
    fn a_client_has_a_sequence_and_an_ack() {
        assert_eq!(parsed(&format!("\"{CLIENT}\"")), Some((None, None)));
        assert_eq!(
            parsed(&format!("\"{CLIENT}\";seq=12;ack=7")),
            Some((Some(12), Some(7)))
        );
        assert_eq!(
            parsed(&format!("\"{CLIENT}\"; ack=0; later=?1")),
            Some((None, Some(0)))
        );
    }

    #[test]
    fn an_alien_client_is_refused() {
        let long = "9".repeat(16);
        for alien in [
            CLIENT.to_owned(),
            "\"x\"".to_owned(),
            format!("\"{CLIENT}"),
            format!("\"{CLIENT}\"seq=1"),
            format!("\"{CLIENT}\";seq=0"),
            format!("\"{CLIENT}\";seq=-1"),
            format!("\"{CLIENT}\";ack={long}"),
        ] {
            assert_eq!(parsed(&alien), None, "{alien}");
        }
    }

    #[test]
    fn preconditions_name_versions() {
        let read = |text: &str| if_match(&Request::new("PATCH", "/").header("if-match", text));
        assert_eq!(read("*"), Ok(IfMatch::Any));
        assert_eq!(
            read("\"3\", \"4\""),
            Ok(IfMatch::Versions(vec![Version(3), Version(4)]))
        );
        assert_eq!(read("W/\"3\", \"x\""), Ok(IfMatch::Versions(vec![])));
        assert!(read("3").is_err());
    }
}
