//! HTTP: the engine's requests as bytes on connections, and the answers back as data.
//!
//! Owns the connection pool, the bounds of time and size, and the one place where a request gets its credentials. Never judges an answer,
//! never tries anything twice but a [`fetch`](Transport::fetch) whose token had run out.

use futures_util::StreamExt as _;
use outrigger_engine::event::Refreshed;
use outrigger_engine::http::{Answer, Body, HttpRequest, Method, Response};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use std::borrow::Cow;
use std::error::Error as _;
use std::io::SeekFrom;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;
use url::{Host, Url};

use crate::config::Config;
use crate::credentials::{Refresher, Secret};
use crate::error::Error;
use crate::files;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const FILE_CHUNK_BYTES: usize = 64 << 10;
const REASON_CHARS_MAX: usize = 200;

/// Everything that is said to the server goes through here.
pub(crate) struct Transport {
    http: reqwest::Client,
    server: Url,
    attachments: PathBuf,
    answer_bytes_max: u64,
    refresher: Arc<Refresher>,
    /// The token of the last request that was answered with 401.
    refused: Mutex<Option<Option<Secret>>>,
}

impl Transport {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self {
            http: http_client(&config.server, &config.user_agent)?,
            server: config.server.clone(),
            attachments: config.attachments.clone(),
            answer_bytes_max: config.answer_bytes_max,
            refresher: Arc::new(Refresher::new(Arc::clone(&config.credentials))),
            refused: Mutex::new(None),
        })
    }

    /// Makes the request, once.
    pub(crate) async fn send(&self, request: HttpRequest, timeout: Duration) -> Answer {
        let token = self.refresher.access_token();
        let answer = match self.attempt(request, token.as_ref(), timeout).await {
            Ok(response) => response,
            Err(reason) => return Answer::Unreached { reason },
        };
        if answer.status == 401 {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        }
        Answer::Response(answer)
    }

    /// Renews the credentials that were refused last.
    pub(crate) async fn refresh(&self) -> Refreshed {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        let refused = refused.unwrap_or_else(|| self.refresher.access_token());
        self.refresher.renew(refused).await
    }

    /// A GET for somebody who waits: where the token has run out it is renewed and the GET made again.
    pub(crate) async fn fetch(&self, path: &str, timeout: Duration) -> Result<Response, Error> {
        let unreached = |reason| Error::Unreached { reason };
        let token = self.refresher.access_token();
        let response = self
            .attempt(get(path), token.as_ref(), timeout)
            .await
            .map_err(unreached)?;
        if response.status != 401 {
            return Ok(response);
        }
        match self.refresher.renew(token).await {
            Refreshed::Renewed => {}
            Refreshed::InvalidGrant => return Err(Error::SignInNeeded),
            Refreshed::Failed => return Err(unreached("the session could not be renewed".to_owned())),
        }
        let token = self.refresher.access_token();
        self.attempt(get(path), token.as_ref(), timeout)
            .await
            .map_err(unreached)
    }

    async fn attempt(
        &self,
        request: HttpRequest,
        token: Option<&Secret>,
        timeout: Duration,
    ) -> Result<Response, String> {
        let whole = async {
            let request = self.prepare(request, token).await?;
            let response = self.http.execute(request).await.map_err(reason)?;
            read_answer(response, self.answer_bytes_max).await
        };
        tokio::time::timeout(timeout, whole)
            .await
            .unwrap_or_else(|_elapsed| Err(format!("no answer within {} s", timeout.as_secs_f32())))
    }

    async fn prepare(
        &self,
        request: HttpRequest,
        token: Option<&Secret>,
    ) -> Result<reqwest::Request, String> {
        let url = self.url(&request.path)?;
        let ours = url.origin() == self.server.origin();
        let mut prepared = reqwest::Request::new(method(request.method), url);
        for (name, value) in &request.headers {
            let (name, value) = header(name, value)?;
            prepared.headers_mut().append(name, value);
        }
        set_authorization(prepared.headers_mut(), token.filter(|_| ours))?;
        match request.body {
            Body::Empty => {}
            Body::Bytes(bytes) => *prepared.body_mut() = Some(bytes.into()),
            Body::FilePart { file, offset, length } => {
                // Else the length would not be known, and the body sent in chunks.
                prepared
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from(length));
                *prepared.body_mut() = Some(self.file_part(&file, offset, length).await?);
            }
        }
        Ok(prepared)
    }

    fn url(&self, path: &str) -> Result<Url, String> {
        let wrong = || "the request has no usable address".to_owned();
        if path.starts_with('/') {
            return url_below(&self.server, path).map_err(|_| wrong());
        }
        let url = Url::parse(path).map_err(|_| wrong())?;
        if may_name(&self.server, &url) {
            Ok(url)
        } else {
            Err(wrong())
        }
    }

    async fn file_part(&self, file: &str, offset: u64, length: u64) -> Result<reqwest::Body, String> {
        let unreadable = |error: std::io::Error| format!("the attachment {file} cannot be read: {error}");
        let path =
            files::within(&self.attachments, file).ok_or_else(|| format!("{file:?} names no attachment"))?;
        let mut opened = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let size = opened.metadata().await.map_err(unreadable)?.len();
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(format!("the attachment {file} has only {size} bytes"));
        }
        opened.seek(SeekFrom::Start(offset)).await.map_err(unreadable)?;
        let stream = ReaderStream::with_capacity(opened.take(length), FILE_CHUNK_BYTES);
        Ok(reqwest::Body::wrap_stream(stream))
    }
}

/// A client for one server: no redirects, connections kept, HTTP/2 where TLS agrees on it.
pub(crate) fn http_client(server: &Url, user_agent: &str) -> Result<reqwest::Client, Error> {
    if !matches!(server.scheme(), "http" | "https") || server.host().is_none() {
        return Err(Error::Config(
            "the server's address must begin with http:// or https://".to_owned(),
        ));
    }
    // It would be kept in the database and shown in messages.
    if !server.username().is_empty() || server.password().is_some() {
        return Err(Error::Config(
            "the server's address must not hold a name or password: give credentials instead".to_owned(),
        ));
    }
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only where another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_keepalive(KEEP_ALIVE)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .tcp_nodelay(true);
    // No proxy stands between a machine and itself.
    let builder = if is_this_machine(server) {
        builder.no_proxy()
    } else {
        builder
    };
    builder
        .build()
        .map_err(|error| Error::Config(format!("no HTTP client: {}", reason(error))))
}

/// Whether the server runs on this machine, so that no network is needed to reach it.
pub(crate) fn is_this_machine(server: &Url) -> bool {
    match server.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => match address.to_canonical() {
            IpAddr::V4(address) => address.is_loopback() || address.is_unspecified(),
            IpAddr::V6(address) => address.is_loopback() || address.is_unspecified(),
        },
        None => false,
    }
}

/// Whether a server may send us to that address, as to where a file is to go. It may name another server, which gets no token; but none
/// that is reached without encryption where it is itself, and nothing on this machine from afar.
fn may_name(server: &Url, other: &Url) -> bool {
    let plain = match other.scheme() {
        "https" => false,
        "http" => true,
        _ => return false,
    };
    !(plain && server.scheme() == "https") && (is_this_machine(server) || !is_this_machine(other))
}

/// The URL of a path below the server's base URL, which may have a path of its own.
pub(crate) fn url_below(server: &Url, path: &str) -> Result<Url, Error> {
    let base = &server[..url::Position::AfterPath];
    let joined = format!("{}{path}", base.trim_end_matches('/'));
    let url = Url::parse(&joined).map_err(|error| Error::Config(format!("no such address: {error}")))?;
    // A path cannot lead to another server, however it is spelled.
    if url.origin() == server.origin() {
        Ok(url)
    } else {
        Err(Error::Config("the address leads away from the server".to_owned()))
    }
}

/// Reads an answer to its end, within a bound.
pub(crate) async fn read_answer(answer: reqwest::Response, bytes_max: u64) -> Result<Response, String> {
    let too_large = || format!("the answer is larger than {bytes_max} bytes");
    if answer.content_length().is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (Cow::Owned(name.as_str().to_owned()), value)
        })
        .collect();
    let mut body = Vec::new();
    let mut chunks = answer.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(reason)?;
        if body.len() as u64 + chunk.len() as u64 > bytes_max {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// What failed, in a few words: no address, which might hold a query, and no secret.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "the request cannot be made"
    } else {
        "the connection broke"
    };
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    let text = match cause {
        Some(cause) => format!("{what}: {cause}"),
        None => what.to_owned(),
    };
    text.chars().take(REASON_CHARS_MAX).collect()
}

fn get(path: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        path: path.to_owned(),
        headers: Vec::new(),
        body: Body::Empty,
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || format!("the header {name:?} cannot be sent");
    let value = HeaderValue::from_str(value).map_err(|_| wrong())?;
    Ok((
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?,
        value,
    ))
}

/// Sets or removes it: whatever the request brought along, only this place decides who it is from.
fn set_authorization(headers: &mut HeaderMap, token: Option<&Secret>) -> Result<(), String> {
    headers.remove(AUTHORIZATION);
    let Some(token) = token else {
        return Ok(());
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| "the access token cannot be sent in a header".to_owned())?;
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_send_us_anywhere() {
        let check = |server: &str, other: &str, expected: bool| {
            let (from, to) = (Url::parse(server).unwrap(), Url::parse(other).unwrap());
            assert_eq!(may_name(&from, &to), expected, "{server} names {other}");
        };
        let far = "https://api.example.org";
        check(far, "https://files.example.net/1", true);
        check(far, "http://files.example.net/1", false);
        check(far, "ftp://files.example.net/1", false);
        check(far, "file:///etc/passwd", false);
        for here in [
            "localhost",
            "127.0.0.1:631",
            "[::1]",
            "0.0.0.0",
            "[::ffff:127.0.0.1]",
        ] {
            check(far, &format!("https://{here}/1"), false);
            check("http://127.0.0.1:8420", &format!("http://{here}/1"), true);
        }
        check("http://192.0.2.1", "http://192.0.2.2/1", true);
        check("http://192.0.2.1", "http://127.0.0.1/1", false);
    }

    fn below(server: &str, path: &str) -> Option<String> {
        url_below(&Url::parse(server).unwrap(), path)
            .ok()
            .map(String::from)
    }

    #[test]
    fn a_path_stays_below_its_server() {
        let check = |server, path, expected: &str| {
            assert_eq!(below(server, path).as_deref(), Some(expected));
        };
        check("https://a.example", "/v1/me", "https://a.example/v1/me");
        check(
            "https://a.example/api/",
            "/v1/me?x=1",
            "https://a.example/api/v1/me?x=1",
        );
        check(
            "https://a.example",
            "//evil.example/x",
            "https://a.example//evil.example/x",
        );
        check("https://a.example/?q#f", "/v1/me", "https://a.example/v1/me");
        assert_eq!(below("https://a.example", "@evil.example/"), None);
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for (server, expected) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost", true),
            ("https://localhost.example", false),
            ("https://10.0.0.1", false),
        ] {
            assert_eq!(
                is_this_machine(&Url::parse(server).unwrap()),
                expected,
                "{server}"
            );
        }
    }
}
