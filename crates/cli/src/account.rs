//! Signing up, in and out: the few requests that have no session yet, or end it.
//!
//! Owns these requests and what their answers mean. Never keeps anything: that is [`crate::context`]'s.

use outrigger_client::{Session, engine::http::Response};
use outrigger_social::{limits, wire};
use reqwest::header::CONTENT_TYPE;
use std::time::Duration;
use url::Url;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;

const TIMEOUT: Duration = Duration::from_secs(15);
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Makes an account.
pub(crate) async fn sign_up(server: &Url, credentials: &wire::Credentials) -> Result<Session, Error> {
    limits::name(&credentials.name)?;
    limits::password(&credentials.password)?;
    session(post(server, "v1/accounts", credentials).await?)
}

/// Signs in.
pub(crate) async fn sign_in(server: &Url, credentials: &wire::Credentials) -> Result<Session, Error> {
    limits::name(&credentials.name)?;
    session(post(server, "v1/sessions", credentials).await?)
}

/// Ends a session on the server. `false`: its access token has run out, so that this is not the session's word.
pub(crate) async fn sign_out(server: &Url, session: &Session) -> Result<bool, Error> {
    let request = client(server)?
        .delete(address(server, "v1/sessions/current")?)
        .bearer_auth(session.access_token.expose());
    let answer = answer(server, request).await?;
    match answer.status {
        200..=299 => Ok(true),
        401 => Ok(false),
        _ => Err(refused(&answer)),
    }
}

/// A GET that needs no session; the whole answer, whatever it says.
pub(crate) async fn get(server: &Url, path: &str) -> Result<Response, Error> {
    answer(server, client(server)?.get(address(server, path)?)).await
}

async fn post(server: &Url, path: &str, credentials: &wire::Credentials) -> Result<Response, Error> {
    // Large enough for any password: what grows leaves copies behind.
    let mut body = Zeroizing::new(Vec::with_capacity(4 << 10));
    serde_json::to_writer(&mut *body, credentials)
        .map_err(|_| Error::Failed("BUG: a name and a password are JSON".to_owned()))?;
    let request = client(server)?
        .post(address(server, path)?)
        .header(CONTENT_TYPE, "application/json")
        .body(bytes::Bytes::from_owner(body));
    answer(server, request).await
}

fn session(mut answer: Response) -> Result<Session, Error> {
    if !answer.is_success() {
        return Err(refused(&answer));
    }
    let session = answer.json();
    answer.body.zeroize();
    session.map_err(|_| Error::Refused {
        detail: "its answer is not a session; is it an Outrigger server?".to_owned(),
    })
}

fn refused(answer: &Response) -> Error {
    let Ok(problem) = answer.json::<wire::Problem>() else {
        return Error::Refused {
            detail: format!(
                "status {}, and no reason that could be read; is it an Outrigger server?",
                answer.status
            ),
        };
    };
    match problem.r#type.strip_prefix(wire::PROBLEM_PREFIX) {
        Some("wrong-password") => Error::WrongPassword("the name or the password is wrong".to_owned()),
        Some("name-taken") => Error::Usage {
            message: "this name is taken".to_owned(),
            advice: "take another one, or sign in with: outrigger login NAME".to_owned(),
        },
        _ => Error::Refused {
            detail: crate::text::one_line(&problem.detail),
        },
    }
}

fn client(server: &Url) -> Result<reqwest::Client, Error> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only where another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let builder = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("outrigger/", env!("CARGO_PKG_VERSION")));
    // No proxy stands between a machine and itself.
    let builder = if is_this_machine(server) {
        builder.no_proxy()
    } else {
        builder
    };
    builder
        .build()
        .map_err(|error| Error::Failed(format!("no HTTP client: {error}")))
}

/// Whether the server runs on this machine.
pub(crate) fn is_this_machine(server: &Url) -> bool {
    match server.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn address(server: &Url, path: &str) -> Result<Url, Error> {
    let base = server.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/{path}")).map_err(|error| Error::Failed(format!("no such address: {error}")))
}

async fn answer(server: &Url, request: reqwest::RequestBuilder) -> Result<Response, Error> {
    let unreached = |error: reqwest::Error| Error::Unreached {
        server: server.to_string(),
        reason: reason(&error),
    };
    let mut answer = request.send().await.map_err(unreached)?;
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned().into(), value)
        })
        .collect();
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreached)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            break;
        }
    }
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// What failed, in a few words.
fn reason(error: &reqwest::Error) -> String {
    use std::error::Error as _;
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    match cause {
        _ if error.is_timeout() => "no answer in time".to_owned(),
        Some(cause) => cause.to_string(),
        None => "no connection".to_owned(),
    }
}
