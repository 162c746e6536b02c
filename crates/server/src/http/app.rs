//! From an HTTP request to the core and back: bounds on headers, the operational pages, the app for browsers, and which thread may block.
//!
//! Owns what every request passes. Never answers anything but the API's own problems: there is no other router to refuse.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::sync::Semaphore;
use zeroize::{Zeroize as _, Zeroizing};

use super::clock::{Clock, system_random};
use super::metrics::Metrics;
use super::site::Served;
use super::streams::{self, blocking};
use super::writer::Queue;
use super::{HttpLimits, LocalServer, body, openapi};
use crate::exchange::{self, Caller, Request, Response};
use crate::operation::{self, BodyKind, Operation, Route, Work};
use crate::problem::{Problem, ProblemKind};
use crate::server::{Exchange, unavailable};
use crate::site::Site;

/// Passwords hashed at once: each takes a core and much memory.
const PASSWORDS_MAX: usize = 2;
/// Requests for a session at once, beside all others: they come without a token, so that who holds all of these keeps out only who would sign in.
const SESSIONS_MAX: usize = 64;
/// Uploads published at once: each holds its whole file in memory for a moment.
const PUBLISHED_MAX: usize = 8;
/// Reads at once.
const READS_MAX: usize = 16;

/// What the handlers share.
pub(super) struct App {
    pub(super) server: Arc<LocalServer>,
    pub(super) limits: HttpLimits,
    pub(super) clock: Clock,
    queue: Queue,
    metrics: Metrics,
    requests: Semaphore,
    sessions: Semaphore,
    reads: Semaphore,
    passwords: Semaphore,
    pub(super) publishing: Semaphore,
    document: String,
    site: Site,
}

impl App {
    pub(super) fn new(server: Arc<LocalServer>, queue: Queue, limits: HttpLimits, site: Site) -> Arc<Self> {
        Arc::new(Self {
            server,
            queue,
            clock: Clock::start(),
            metrics: Metrics::default(),
            requests: Semaphore::new(limits.requests_max),
            sessions: Semaphore::new(SESSIONS_MAX),
            reads: Semaphore::new(READS_MAX),
            passwords: Semaphore::new(PASSWORDS_MAX),
            publishing: Semaphore::new(PUBLISHED_MAX),
            document: openapi::openapi(),
            limits,
            site,
        })
    }

    /// The service of one connection.
    pub(super) fn router(self: Arc<Self>, peer: IpAddr) -> Router {
        Router::new().fallback(move |request: axum::extract::Request| self.clone().answer(peer, request))
    }

    async fn answer(self: Arc<Self>, peer: IpAddr, request: axum::extract::Request) -> http::Response<Body> {
        let began = self.clock.now().monotonic;
        let method = request.method().clone();
        let (route, mut response) = self.route(peer, request).await;
        if let Ok(epoch) = HeaderValue::try_from(format!("\"{}\"", self.server.epoch())) {
            response.headers_mut().entry("outrigger-epoch").or_insert(epoch);
        }
        let nosniff = HeaderValue::from_static("nosniff");
        response
            .headers_mut()
            .insert(http::header::X_CONTENT_TYPE_OPTIONS, nosniff);
        let status = response.status().as_u16();
        let duration = self.clock.now().monotonic.saturating_sub(began);
        self.metrics.observe(route, status, duration);
        // Paths name objects and queries name people, so the log names the route only.
        tracing::info!(%method, route, status, micros = duration.as_micros() as u64, "answered");
        response
    }

    async fn route(
        self: &Arc<Self>,
        peer: IpAddr,
        request: axum::extract::Request,
    ) -> (&'static str, http::Response<Body>) {
        let page = match request.uri().path() {
            "/healthz" => Some(("healthz", text("text/plain; charset=utf-8", "ok\n".to_owned()))),
            "/readyz" => Some(("readyz", self.readiness().await)),
            "/metrics" => {
                let page = self.metrics.render(&self.server.counters, &self.queue.latency);
                Some(("metrics", text("text/plain; version=0.0.4; charset=utf-8", page)))
            }
            "/openapi.json" => Some(("openapi", text("application/json", self.document.clone()))),
            path => Served::at(path, &self.site).map(|served| ("site", served.answer(request.headers()))),
        };
        match page {
            Some((route, page)) if [Method::GET, Method::HEAD].contains(request.method()) => (route, page),
            Some((route, _)) => {
                let problem = Problem::new(ProblemKind::MethodNotAllowed, "here are GET, HEAD");
                (
                    route,
                    self.plain(problem.header("allow", "GET, HEAD").into_response()),
                )
            }
            None => self.api(peer, request).await,
        }
    }

    async fn readiness(self: &Arc<Self>) -> http::Response<Body> {
        let app = self.clone();
        match blocking(move || app.server.is_ready()).await {
            Ok(true) => text("text/plain; charset=utf-8", "ready\n".to_owned()),
            _ => self.plain(unavailable().into_response()),
        }
    }

    async fn api(
        self: &Arc<Self>,
        peer: IpAddr,
        request: axum::extract::Request,
    ) -> (&'static str, http::Response<Body>) {
        let (parts, body) = request.into_parts();
        let (caller, mut request) = match self.head(peer, &parts) {
            Ok(head) => head,
            Err(problem) => return ("refused", self.plain(problem.into_response())),
        };
        let resolved = match operation::resolve(&request.method, request.path()) {
            Ok(resolved) => resolved,
            Err(problem) => {
                let response = self.server.finish(&request, problem.into_response());
                return ("unknown", self.plain(response));
            }
        };
        let route = resolved.route.name;
        let places = match resolved.route.work {
            Work::Session => &self.sessions,
            _ => &self.requests,
        };
        let Ok(_permit) = places.try_acquire() else {
            return (
                route,
                self.plain(self.server.finish(&request, unavailable().into_response())),
            );
        };
        let is_crowded = self.requests.available_permits() < self.limits.requests_max / 2;
        if needs_token_first(resolved.route, &body, &parts.headers, is_crowded)
            && let Err(problem) = self.check_token(&caller).await
        {
            let response = self.server.finish(&request, problem.into_response());
            return (route, self.plain(response));
        }
        let head = Request {
            body: bytes::Bytes::new(),
            ..request.clone()
        };
        let handled = match resolved.operation {
            Some(Operation::AppendUpload(_)) => self.append(caller, request, &parts.headers, body).await,
            _ => match body::read(
                &parts.headers,
                body,
                self.limits.body_bytes_max,
                self.limits.body_timeout,
            )
            .await
            {
                Ok(bytes) => {
                    request.body = bytes;
                    self.handle(resolved.route, caller, request).await
                }
                Err(problem) => Err(problem),
            },
        };
        let response = handled.unwrap_or_else(Problem::into_response);
        let response = self.server.finish(&head, response);
        (route, self.sent(response).await)
    }

    /// Reads method, address and headers within their bounds.
    fn head(&self, peer: IpAddr, parts: &http::request::Parts) -> Result<(Caller, Request), Problem> {
        let url = parts
            .uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        let bytes: usize = parts
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if parts.headers.len() > self.limits.headers_max || url.len() + bytes > self.limits.header_bytes_max {
            let detail = format!(
                "a request has at most {} header fields and, with its address, {} bytes of them",
                self.limits.headers_max, self.limits.header_bytes_max
            );
            return Err(Problem::new(ProblemKind::HeadersTooLarge, detail));
        }
        let mut request = Request::new(parts.method.as_str(), url);
        let mut token = None;
        for name in parts.headers.keys() {
            let values: Result<Vec<&str>, _> = parts
                .headers
                .get_all(name)
                .iter()
                .map(HeaderValue::to_str)
                .collect();
            let value = values
                .map_err(|_| Problem::malformed(format!("the header {name} is not in ASCII")))?
                .join(", ");
            if name == http::header::AUTHORIZATION {
                let value = Zeroizing::new(value);
                token = bearer(&value).map(|token| Zeroizing::new(token.to_owned()));
                continue;
            }
            request.headers.insert(name.as_str().to_owned(), value);
        }
        // HEAD is GET without the body, but for uploads, which have no GET.
        if parts.method == Method::HEAD && operation::resolve("HEAD", request.path()).is_err() {
            request.method = "GET".to_owned();
        }
        Ok((
            Caller {
                token,
                peer: Some(peer),
            },
            request,
        ))
    }

    async fn append(
        self: &Arc<Self>,
        caller: Caller,
        request: Request,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Response, Problem> {
        body::refuse_encoded(headers)?;
        streams::append(self, caller, request, body, body::declared_length(headers)).await
    }

    /// Hands a request to the core, on a thread that may do what it does.
    async fn handle(
        self: &Arc<Self>,
        route: &Route,
        caller: Caller,
        request: Request,
    ) -> Result<Response, Problem> {
        let gate = match route.work {
            Work::Mutation | Work::Command | Work::Batch => {
                return self.queue.apply(Exchange::new(caller, request)).await;
            }
            // A refresh hashes no password, and does not wait for those who do.
            Work::Session if route.body == BodyKind::Credentials => &self.passwords,
            Work::Session | Work::Read | Work::Append => &self.reads,
        };
        let _permit = gate.acquire().await.map_err(|_| unavailable())?;
        let app = self.clone();
        let is_secret = route.work == Work::Session;
        blocking(move || {
            let mut random = system_random();
            let response = app.server.handle(app.clock.now(), &mut random, &caller, &request);
            if is_secret && let Ok(mut body) = request.body.try_into_mut() {
                body.zeroize();
            }
            response
        })
        .await
    }

    /// Refuses who has no good token.
    async fn check_token(self: &Arc<Self>, caller: &Caller) -> Result<(), Problem> {
        let _permit = self.reads.acquire().await.map_err(|_| unavailable())?;
        let (app, caller) = (self.clone(), caller.clone());
        blocking(move || app.server.check_token(app.clock.now(), &caller)).await?
    }

    async fn sent(self: &Arc<Self>, response: Response) -> http::Response<Body> {
        let (id, size) = match &response.body {
            exchange::Body::Bytes(_) => return self.plain(response),
            exchange::Body::Blob { id, size } => (id.clone(), *size),
        };
        match streams::blob(self, id, size).await {
            Ok(body) => http_response(response, body),
            Err(problem) => self.plain(problem.into_response()),
        }
    }

    fn plain(&self, response: Response) -> http::Response<Body> {
        let body = Body::from(bytes::Bytes::copy_from_slice(response.bytes()));
        http_response(response, body)
    }
}

/// A body that is larger than most, or will be, is not read for somebody who may not send any; nor is any where many wait. That a small one is read costs
/// less than asking.
const BODY_BYTES_UNASKED: u64 = 16 * 1024;

fn needs_token_first(route: &Route, body: &Body, headers: &HeaderMap, is_crowded: bool) -> bool {
    let is_large = || {
        body.size_hint()
            .upper()
            .is_none_or(|bytes| bytes > BODY_BYTES_UNASKED)
    };
    // Those of a session come without a token, and an upload asks before it reads.
    !matches!(route.work, Work::Session | Work::Append)
        && (is_crowded || is_large() || headers.contains_key(http::header::CONTENT_ENCODING))
}

fn http_response(response: Response, body: Body) -> http::Response<Body> {
    let mut sent = http::Response::new(body);
    *sent.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            sent.headers_mut().insert(name, value);
        }
    }
    sent
}

fn text(media_type: &'static str, text: String) -> http::Response<Body> {
    let mut page = http::Response::new(Body::from(text));
    page.headers_mut()
        .insert(http::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    page
}

/// The token of `Authorization: Bearer`.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
