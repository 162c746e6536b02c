//! What a request asks for beyond its address: its body, its query, and the fingerprint of the whole.
//!
//! Owns reading them. Never checks them against limits: a key is looked up before that.

use outrigger_social::wire;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::exchange::Request;
use crate::headers::{self, UploadHeaders};
use crate::operation::{BodyKind, Route};
use crate::problem::{Problem, ProblemKind};
use crate::store::clients::Fingerprint;

/// The body of a mutation, read but not checked.
#[derive(Debug)]
pub(crate) enum Input {
    None,
    Post(wire::NewPost),
    Comment(wire::NewComment),
    Message(wire::NewMessage),
    Edit(wire::Edit),
    Upload(UploadHeaders),
}

/// Reads the body that the route asks for.
pub(crate) fn read(route: &Route, request: &Request) -> Result<Input, Problem> {
    Ok(match route.body {
        BodyKind::NewPost => Input::Post(json(request)?),
        BodyKind::NewComment => Input::Comment(json(request)?),
        BodyKind::NewMessage => Input::Message(json(request)?),
        BodyKind::Edit => Input::Edit(json(request)?),
        BodyKind::UploadHeaders => {
            headers::tus_version(request)?;
            Input::Upload(headers::upload(request)?)
        }
        _ => Input::None,
    })
}

/// Reads a JSON body.
pub(crate) fn json<'a, T: Deserialize<'a>>(request: &'a Request) -> Result<T, Problem> {
    if !headers::is_json(request) {
        let detail = "the body is application/json in UTF-8, and Content-Type says so";
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    serde_json::from_slice(&request.body).map_err(|error| Problem::malformed(why(&error)))
}

/// What is wrong with a JSON text, without repeating any of it: it may hold a password.
fn why(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => {
            format!("the body lacks a field, or one has a wrong type ({place})")
        }
        _ => format!("the body is not JSON ({place})"),
    }
}

/// SHA-256 over the method, the path and the known fields of the body in a canonical order. Where the body could not be
/// read, over its bytes: the rejection is recorded all the same.
pub(crate) fn fingerprint(request: &Request, input: Result<&Input, &Problem>) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(request.method.as_bytes());
    hash.update([0]);
    hash.update(request.path().as_bytes());
    hash.update([0]);
    match input {
        Ok(Input::None) => {}
        Ok(Input::Post(wire::NewPost { text, media }) | Input::Message(wire::NewMessage { text, media })) => {
            hash.update(canonical(&WithMedia { media, text }));
        }
        Ok(Input::Comment(wire::NewComment { text }) | Input::Edit(wire::Edit { text })) => {
            hash.update(canonical(&Plain { text }));
        }
        // The headers of an upload's creation are its body.
        Ok(Input::Upload(upload)) => {
            hash.update(canonical(&(
                upload.length,
                &upload.media_type,
                upload.digest.as_str(),
            )));
        }
        Err(_) => hash.update(&request.body),
    }
    hash.finalize().into()
}

/// The known fields of a body, sorted by their names.
#[derive(Serialize)]
struct WithMedia<'a> {
    media: &'a [String],
    text: &'a str,
}

/// As above.
#[derive(Serialize)]
struct Plain<'a> {
    text: &'a str,
}

fn canonical(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("BUG: wire types are JSON")
}

/// One parameter of the query, decoded; the last one counts.
pub(crate) fn query_value(request: &Request, name: &str) -> Result<Option<String>, Problem> {
    let mut found = None;
    for pair in request.query().split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if percent_decoded(key).as_deref() == Some(name) {
            let value = percent_decoded(value)
                .ok_or_else(|| Problem::malformed(format!("{name} in the query is not UTF-8")))?;
            found = Some(value);
        }
    }
    Ok(found)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded() {
        let request = Request::new("GET", "/v1/users?name=a%5Fb+c&x&name2=%zz");
        assert_eq!(query_value(&request, "name").unwrap().as_deref(), Some("a_b c"));
        assert_eq!(query_value(&request, "x").unwrap().as_deref(), Some(""));
        assert_eq!(query_value(&request, "y").unwrap(), None);
        assert!(query_value(&request, "name2").is_err());
    }

    #[test]
    fn a_fingerprint_sees_known_fields_in_any_order_and_nothing_else() {
        let print = |body: &str, key: &str| {
            let mut request = Request::new("POST", "/v1/posts").header("x-any", key);
            request.body = body.to_owned().into();
            let request = request.header("content-type", "application/json");
            let input = json::<wire::NewPost>(&request).map(Input::Post);
            fingerprint(&request, input.as_ref())
        };
        assert_eq!(
            print(r#"{"text":"a","media":[],"new":1}"#, "1"),
            print(r#"{ "media": [], "text": "a" }"#, "2")
        );
        assert_ne!(print(r#"{"text":"a"}"#, "1"), print(r#"{"text":"b"}"#, "1"));
    }
}
