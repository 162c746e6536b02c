//! Answers that the server did not give: failures, refusals, pauses, and somebody else's pages.
//!
//! Owns their forms, and how long a pause is that one asks for. Never decides when one is given: see [`super::fate`].

use outrigger_engine::http::{Answer, Response};

use super::World;
use super::fate::{AlienForm, DateForm, Fate, PauseForm};
use crate::clock;

/// A pause longer than this is not believed, in milliseconds.
const PAUSE_MS_MAX: i64 = 3_600_000;

impl World<'_> {
    /// An answer that the server did not give. `None` where the fate makes none up.
    pub(super) fn made_up(&self, fate: Fate, real: Option<&Response>) -> Option<Answer> {
        let epoch = self.backend.epoch();
        let ours = |status: u16, kind: &str, retry_after: Vec<String>| {
            let mut response = problem(status, kind, epoch.as_deref());
            let pauses = retry_after.into_iter().map(|value| ("retry-after".into(), value));
            response.headers.extend(pauses);
            Answer::Response(response)
        };
        match fate {
            Fate::Error { status: 408, .. } => Some(ours(408, "timeout", Vec::new())),
            Fate::Error { status: 425, .. } => Some(ours(425, "too-early", Vec::new())),
            Fate::Error { status: 500, .. } => Some(ours(500, "internal", Vec::new())),
            Fate::Error { status, .. } => Some(page(status)),
            Fate::Refused { status } => {
                let kind = match status {
                    400 => "malformed",
                    403 => "forbidden",
                    422 => "invalid",
                    _ => "refused",
                };
                Some(ours(status, kind, Vec::new()))
            }
            Fate::Busy { status, form } => {
                let kind = if status == 429 {
                    "rate-limited"
                } else {
                    "unavailable"
                };
                Some(ours(status, kind, self.pause_values(form)))
            }
            Fate::Alien { form, .. } => Some(alien(form, real, epoch.as_deref())),
            _ => None,
        }
    }

    fn pause_values(&self, form: PauseForm) -> Vec<String> {
        let text = match form {
            PauseForm::None => return Vec::new(),
            PauseForm::Seconds(seconds) => seconds.to_string(),
            PauseForm::Two(seconds) => return vec![seconds.to_string(), "3600".to_owned()],
            PauseForm::Date(form, seconds) => {
                let wall_ms = clock::SERVER_START_MS + self.now_ms + seconds * 1_000;
                match form {
                    DateForm::Fixed => clock::http_date(wall_ms),
                    DateForm::Rfc850 => clock::rfc850_date(wall_ms),
                    DateForm::Asctime => clock::asctime_date(wall_ms),
                }
            }
            PauseForm::NoSuchDate => "Tue, 30 Feb 2027 08:00:00 GMT".to_owned(),
            PauseForm::Fraction => "1.5".to_owned(),
            PauseForm::FarDate => "Fri, 31 Dec 9999 23:59:59 GMT".to_owned(),
            PauseForm::Huge => "99999999999999999999999".to_owned(),
            PauseForm::Negative => "-120".to_owned(),
            PauseForm::Word => "a while".to_owned(),
            PauseForm::Empty => String::new(),
        };
        vec![text]
    }

    /// For how long an answer asks to be left alone, by the clock of the device that reads it.
    pub(super) fn asked_pause_ms(&self, d: usize, response: &Response) -> Option<i64> {
        let is_ours = response.header("outrigger-epoch").is_some();
        if !is_ours || !matches!(response.status, 429 | 503) {
            return None;
        }
        let value = response.header("retry-after")?.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds: i64 = value.parse().unwrap_or(i64::MAX);
            return Some(seconds.saturating_mul(1_000).min(PAUSE_MS_MAX));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        let until = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let left = until.saturating_sub(self.devices[d].wall_ms(self.now_ms));
        Some(left.clamp(0, PAUSE_MS_MAX))
    }
}

fn problem(status: u16, kind: &str, epoch: Option<&str>) -> Response {
    let body = serde_json::json!({
        "type": format!("urn:outrigger:problem:{kind}"),
        "title": kind,
        "status": status,
        "detail": "somebody said so",
    });
    let mut headers = vec![("content-type".into(), "application/problem+json".to_owned())];
    if let Some(epoch) = epoch {
        headers.push(("outrigger-epoch".into(), format!("\"{epoch}\"")));
    }
    Response {
        status,
        headers,
        body: body.to_string().into_bytes(),
    }
}

fn page(status: u16) -> Answer {
    Answer::Response(Response {
        status,
        headers: vec![("content-type".into(), "text/html".to_owned())],
        body: b"<html><body>Something went wrong</body></html>".to_vec(),
    })
}

fn alien(form: AlienForm, real: Option<&Response>, epoch: Option<&str>) -> Answer {
    let json = |body: &str| Response {
        status: 200,
        headers: vec![("content-type".into(), "application/json".to_owned())],
        body: body.as_bytes().to_vec(),
    };
    let response = match form {
        AlienForm::Redirect => Response {
            status: 302,
            headers: vec![("location".into(), "http://portal.example/login".to_owned())],
            body: Vec::new(),
        },
        AlienForm::Page => return page(200),
        AlienForm::Required => return page(511),
        AlienForm::ProxyError => return page(520),
        AlienForm::Empty => Response {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
        },
        AlienForm::OtherJson => json(r#"{"id":"post_1","text":"not ours","version":1}"#),
        AlienForm::CutShort => match real {
            Some(real) if real.body.len() > 1 => Response {
                body: real.body[..real.body.len() / 2].to_vec(),
                ..real.clone()
            },
            _ => {
                let mut cut = json(r#"{"id":"po"#);
                let epoch = epoch.map(|epoch| ("outrigger-epoch".into(), format!("\"{epoch}\"")));
                cut.headers.extend(epoch);
                cut
            }
        },
    };
    Answer::Response(response)
}
