//! The raw HTTP client: the same library as the client's, ready bytes, connections that are kept, and nothing else.
//!
//! Owns the limit of the network. Each connection takes the next request and reads its answer to the end; what the answers say is looked at only
//! afterwards. Never tries anything twice.

use bytes::Bytes;
use outrigger_engine::http::{Body, HttpRequest, Response};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;
use url::Url;

use crate::error::Error;

/// A client of one server, as one account.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    server: Url,
    token: Option<String>,
}

/// A request, ready to be made any number of times.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    method: reqwest::Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Http {
    pub(crate) fn new(server: &Url, token: Option<&str>) -> Result<Self, Error> {
        // Fails where it is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
        Ok(Self {
            client,
            server: server.clone(),
            token: token.map(str::to_owned),
        })
    }

    /// Makes one request.
    pub(crate) async fn make(&self, ready: &Ready) -> Result<Answered, Error> {
        let url = self.server.join(&ready.path).map_err(|_| unusable(&ready.path))?;
        let mut request = reqwest::Request::new(ready.method.clone(), url);
        *request.headers_mut() = ready.headers.clone();
        if let Some(token) = &self.token {
            request
                .headers_mut()
                .insert(AUTHORIZATION, header(&format!("Bearer {token}"))?);
        }
        if !ready.body.is_empty() {
            *request.body_mut() = Some(ready.body.clone().into());
        }
        let answer = self.client.execute(request).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await?;
        Ok(Answered {
            status,
            headers,
            body,
        })
    }

    /// Makes all of them, in this order, on so many connections at once.
    pub(crate) async fn make_all(
        &self,
        all: &Arc<Vec<Ready>>,
        connections: usize,
    ) -> Result<Vec<Answered>, Error> {
        let next = Arc::new(AtomicUsize::new(0));
        let mut working = JoinSet::new();
        for _ in 0..connections {
            let (http, all, next) = (self.clone(), Arc::clone(all), Arc::clone(&next));
            working.spawn(async move {
                let mut answers = Vec::new();
                while let Some(ready) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    answers.push(http.make(ready).await?);
                }
                Ok::<_, Error>(answers)
            });
        }
        let mut answers = Vec::with_capacity(all.len());
        while let Some(done) = working.join_next().await {
            let done = done.map_err(|error| Error::Unmeasured(format!("a connection was lost: {error}")))?;
            answers.extend(done?);
        }
        Ok(answers)
    }

    /// Asks something while the world is prepared; anything but success is an error.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answered, Error> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| unusable(method))?;
        let mut ready = Ready {
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        if let Some(body) = body {
            ready.headers.insert(
                reqwest::header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            ready.body = body.to_string().into();
        }
        let answered = self.make(&ready).await?;
        answered.expect_success()?;
        Ok(answered)
    }
}

impl Ready {
    /// The engine's request, kept. With changes to the text of headers and body.
    pub(crate) fn new(request: &HttpRequest, change: impl Fn(&str) -> String) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable(name))?;
            headers.append(name, header(&change(value))?);
        }
        let body = match &request.body {
            Body::Empty => Bytes::new(),
            Body::Bytes(bytes) => change(&String::from_utf8_lossy(bytes)).into(),
            Body::FilePart { .. } => return Err(unusable("a part of a file")),
        };
        let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes())
            .map_err(|_| unusable(request.method.as_str()))?;
        Ok(Self {
            method,
            path: request.path.clone(),
            headers,
            body,
        })
    }

    /// A request with bytes of a file.
    pub(crate) fn with_bytes(
        method: reqwest::Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Result<Self, Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), header(value)?);
        }
        Ok(Self {
            method,
            path: path.to_owned(),
            headers: map,
            body,
        })
    }
}

impl Answered {
    /// Whether it did what was asked, every item of a batch included.
    pub(crate) fn expect_success(&self) -> Result<(), Error> {
        let refused = |status: u64, why: String| {
            Error::Unmeasured(format!("the server answered the bench with {status}: {why}"))
        };
        if !(200..300).contains(&self.status) {
            return Err(refused(
                self.status.into(),
                String::from_utf8_lossy(&self.body).into_owned(),
            ));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else {
            return Ok(());
        };
        let items = body["responses"].as_array().map_or(&[][..], Vec::as_slice);
        for item in items {
            let status = item["status"].as_u64().unwrap_or(0);
            if !(200..300).contains(&status) {
                return Err(refused(status, item.to_string()));
            }
        }
        Ok(())
    }

    pub(crate) fn json(&self) -> Result<Value, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::Unmeasured(format!("the server's answer is not JSON: {error}")))
    }

    /// As the engine is told it.
    pub(crate) fn response(&self) -> Response {
        let headers = self.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (Cow::Owned(name.as_str().to_owned()), value)
        });
        Response {
            status: self.status,
            headers: headers.collect(),
            body: self.body.to_vec(),
        }
    }
}

fn header(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| unusable(value))
}

fn unusable(what: &str) -> Error {
    Error::Unmeasured(format!("BUG: {what:?} cannot stand in a request"))
}
