//! Who answered: the default for plain REST backends.
//!
//! Owns the signs by which an answer that cannot be the backend's gives itself away. Never decides what follows from it.

use crate::app::{Problem, ProblemKind, Recognition};
use crate::http::Response;

/// Takes 2xx, 4xx and 5xx whose body is empty or JSON for the backend's own; pages, redirects, gateways' statuses and cut JSON for alien.
pub fn plain_rest(response: &Response) -> Recognition {
    match response.status {
        511 => {
            return Recognition::Alien {
                sign: "a network asks to sign in (511)",
            };
        }
        520..=530 => {
            return Recognition::Alien {
                sign: "a gateway answered for the server (52x)",
            };
        }
        300..=399 => return Recognition::Alien { sign: "a redirect" },
        100..=199 => {
            return Recognition::Alien {
                sign: "an interim answer",
            };
        }
        _ => {}
    }
    if !response.body.is_empty() {
        if !response.media_type().is_some_and(is_json) {
            return Recognition::Alien {
                sign: "a body that is not JSON",
            };
        }
        if response.json::<serde::de::IgnoredAny>().is_err() {
            return Recognition::Alien {
                sign: "JSON that was cut short",
            };
        }
    }
    if response.is_success() {
        return Recognition::Answer;
    }
    let detail = String::from_utf8_lossy(&response.body)
        .chars()
        .take(300)
        .collect();
    Recognition::Problem(Problem {
        kind: ProblemKind::Other,
        code: format!("http-{}", response.status),
        detail,
    })
}

/// `application/json` or a type built on it (RFC 6839 §3.1).
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type.eq_ignore_ascii_case("application/json") || media_type.to_ascii_lowercase().ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, media_type: &'static str, body: &str) -> Response {
        let headers = vec![("content-type".into(), media_type.to_owned())];
        Response {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn what_is_not_the_backend_is_alien() {
        for alien in [
            response(200, "text/html", "<html>Sign in to the Wi-Fi</html>"),
            response(302, "application/json", "{}"),
            response(520, "application/json", "{}"),
            response(511, "text/html", ""),
            response(200, "application/json", r#"{"id": 7, "ti"#),
        ] {
            assert!(
                matches!(plain_rest(&alien), Recognition::Alien { .. }),
                "{alien:?}"
            );
        }
    }

    #[test]
    fn json_and_empty_answers_are_the_backends() {
        assert_eq!(
            plain_rest(&response(201, "application/json; charset=utf-8", "{}")),
            Recognition::Answer
        );
        assert_eq!(
            plain_rest(&Response {
                status: 204,
                headers: vec![],
                body: vec![]
            }),
            Recognition::Answer
        );
        let refused = plain_rest(&response(422, "application/problem+json", r#"{"title":"no"}"#));
        assert!(matches!(refused, Recognition::Problem(problem) if problem.code == "http-422"));
    }
}
