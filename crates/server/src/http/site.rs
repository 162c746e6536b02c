//! The app for browsers over HTTP.
//!
//! Owns where its files are served and what a browser may do with them: only with this server, and nothing that it did not bring. Never answers for the
//! API, and knows nobody: whoever may connect may load the app.

use axum::body::Body;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use crate::site::{File, Site};

/// Where pages are served, and which files they are. They are there also when the app is not: then they say so.
const PAGES: [(&str, &str); 3] = [
    ("/", "app/index.html"),
    ("/inspector", "app/inspector.html"),
    ("/gallery", "app/gallery.html"),
];

/// What else stands at the root. A Service Worker serves what lies below itself, so it must.
const AT_ROOT: [(&str, &str); 3] = [
    ("/sw.js", "app/sw.js"),
    ("/manifest.webmanifest", "app/manifest.webmanifest"),
    ("/build.json", "build.json"),
];

/// What is served under the path that it has.
const FOLDERS: [&str; 2] = ["app/", "package/"];

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Nothing of the machine beyond storage and network is wanted.
const PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    // Names say nothing of versions, so each is asked for again; it costs no more than a 304.
    (header::CACHE_CONTROL, "no-cache"),
];

const UNBUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Outrigger</title>
<main>
<h1>Outrigger</h1>
<p>This server runs, and its API is at <code>/v1</code>, as <a href=\"/openapi.json\">its OpenAPI document</a> has it.
<p>It was built without the app for browsers. To have that here, run this, in the sources of Outrigger, and start the server anew:
<pre>cargo xtask web
cargo run --release -- serve</pre>
</main>
</html>
";

/// What is served at a path, if it is the app's.
pub(super) enum Served<'a> {
    File(&'a str, &'a File),
    /// A page of an app that is not there.
    Unbuilt,
}

impl<'a> Served<'a> {
    pub(super) fn at(path: &'a str, site: &'a Site) -> Option<Self> {
        let named = PAGES.iter().chain(&AT_ROOT).find(|(at, _)| *at == path);
        let file = match named {
            Some((_, file)) => file,
            None => path
                .strip_prefix('/')
                .filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)))?,
        };
        let is_page = || PAGES.iter().any(|(at, _)| *at == path);
        match site.file(file) {
            Some(found) => Some(Self::File(file, found)),
            None => (site.is_empty() && is_page()).then_some(Self::Unbuilt),
        }
    }

    /// The answer to a GET or HEAD with these headers.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response<Body> {
        let mut response = match self {
            Self::File(path, file) => answer(path, file, asked),
            Self::Unbuilt => typed(
                header_of("text/html; charset=utf-8"),
                Bytes::from_static(UNBUILT.as_bytes()),
            ),
        };
        for (name, value) in HEADERS {
            response.headers_mut().insert(name, header_of(value));
        }
        response
    }
}

fn answer(path: &str, file: &File, asked: &HeaderMap) -> Response<Body> {
    // Weak: the same file by gzip and as it is are not the same bytes.
    let tag = format!("W/\"{}\"", file.hash);
    let mut response = if is_known(&tag, asked) {
        let mut unchanged = Response::new(Body::empty());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else if takes_gzip(asked) {
        let mut gzipped = typed(media_type(path), file.gzipped.clone());
        let encoding = header_of("gzip");
        gzipped.headers_mut().insert(header::CONTENT_ENCODING, encoding);
        gzipped
    } else {
        typed(media_type(path), file.plain())
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, header_of("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn typed(media_type: HeaderValue, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}

fn header_of(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

fn media_type(path: &str) -> HeaderValue {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    header_of(match extension {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    })
}

/// Whether the caller has this already.
fn is_known(tag: &str, asked: &HeaderMap) -> bool {
    let strong = |tag: &str| tag.trim_start_matches("W/").to_owned();
    items(asked, header::IF_NONE_MATCH).any(|known| known == "*" || strong(known) == strong(tag))
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    items(asked, header::ACCEPT_ENCODING).any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().trim_start_matches("q=");
        let is_refused = weight.parse().is_ok_and(|weight: f32| weight == 0.0);
        ["gzip", "x-gzip", "*"].contains(&coding.trim()) && !is_refused
    })
}

/// What a header lists.
fn items(asked: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    asked
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let check = |accepted: &str, expected: bool| {
            let mut asked = HeaderMap::new();
            asked.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(takes_gzip(&asked), expected, "{accepted}");
        };
        check("gzip, deflate, br, zstd", true);
        check("br, gzip;q=0.5", true);
        check("*", true);
        check("identity", false);
        check("gzip;q=0, br", false);
        check("", false);
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
