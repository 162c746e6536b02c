//! The app for browsers, over sockets: where it is, in which form, what a browser may do with it, and that the API is as it was.

use std::io::Read as _;

use outrigger_server::{HttpLimits, Site};
use reqwest::Method;
use serde_json::Value;

use crate::running::{Running, refused, start, start_serving};

const PAGE: &str = "<!doctype html><title>App</title>";

async fn with_app() -> Running {
    let files = [
        ("app/index.html", PAGE),
        ("app/inspector.html", "<!doctype html><title>Inspector</title>"),
        ("app/sw.js", "self.skipWaiting();"),
        ("app/style.css", "body { margin: 0 }"),
        ("app/manifest.webmanifest", "{}"),
        ("package/index.js", "export {};"),
        ("package/wasm/outrigger_web_bg.wasm", "\0asm"),
        ("build.json", r#"{"version": "1", "files": []}"#),
    ];
    let site = Site::of(files.map(|(path, text)| (path, text.as_bytes().to_vec())));
    start_serving(HttpLimits::default(), site).await
}

#[tokio::test]
async fn each_file_has_its_place_and_its_type() {
    let server = with_app().await;
    for (path, media_type, text) in [
        ("/", "text/html; charset=utf-8", PAGE),
        ("/?from=elsewhere", "text/html; charset=utf-8", PAGE),
        ("/app/index.html", "text/html; charset=utf-8", PAGE),
        (
            "/inspector",
            "text/html; charset=utf-8",
            "<!doctype html><title>Inspector</title>",
        ),
        ("/sw.js", "text/javascript; charset=utf-8", "self.skipWaiting();"),
        ("/app/style.css", "text/css; charset=utf-8", "body { margin: 0 }"),
        ("/manifest.webmanifest", "application/manifest+json", "{}"),
        (
            "/package/index.js",
            "text/javascript; charset=utf-8",
            "export {};",
        ),
        ("/package/wasm/outrigger_web_bg.wasm", "application/wasm", "\0asm"),
        (
            "/build.json",
            "application/json",
            r#"{"version": "1", "files": []}"#,
        ),
    ] {
        // Nobody signs in to load the app.
        let answer = server.client.get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], media_type, "{path}");
        assert_eq!(answer.text().await.unwrap(), text, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_told_as_the_api_tells_it() {
    let server = with_app().await;
    // A page of an app that lacks it, files that are not there, and roads out of the folders.
    for path in [
        "/gallery",
        "/app/missing.js",
        "/app/",
        "/package",
        "/app/../build.json",
        "/index.html",
        "/v1",
    ] {
        let raw = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = server.raw(raw.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(answer.contains("application/problem+json"), "{path}: {answer}");
    }
    let posted = server.send(Method::POST, "/", |it| it.body("x")).await;
    assert_eq!(posted.headers()["allow"], "GET, HEAD");
    refused(posted, 405, "method-not-allowed").await;
    server.stop().await;
}

#[tokio::test]
async fn gzip_is_sent_to_whoever_takes_it_and_nothing_to_whoever_has_it() {
    let server = with_app().await;
    let get =
        |name: &'static str, value: String| server.send(Method::GET, "/", move |it| it.header(name, value));

    let plain = server.get("/").await;
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    assert_eq!(plain.headers()["content-length"], PAGE.len().to_string().as_str());
    let tag = plain.headers()["etag"].to_str().unwrap().to_owned();

    let gzipped = get("accept-encoding", "br, gzip".to_owned()).await;
    assert_eq!(gzipped.headers()["content-encoding"], "gzip");
    assert_eq!(gzipped.headers()["etag"], tag.as_str());
    let bytes = gzipped.bytes().await.unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_ref())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, PAGE);

    for known in [
        tag.clone(),
        format!("\"other\", {tag}"),
        tag.replace("W/", ""),
        "*".to_owned(),
    ] {
        let unchanged = get("if-none-match", known.clone()).await;
        assert_eq!(unchanged.status(), 304, "{known}");
        assert_eq!(unchanged.headers()["etag"], tag.as_str());
        assert_eq!(unchanged.headers()["cache-control"], "no-cache");
        assert_eq!(unchanged.bytes().await.unwrap().len(), 0);
    }
    assert_eq!(get("if-none-match", "W/\"other\"".to_owned()).await.status(), 200);

    let head = server.send(Method::HEAD, "/", |it| it).await;
    assert_eq!(head.headers()["content-length"], PAGE.len().to_string().as_str());
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_browser_may_load_nothing_from_elsewhere() {
    let server = with_app().await;
    // A Worker keeps to the policy that comes with its own script.
    for path in ["/", "/sw.js", "/package/index.js"] {
        let answer = server.get(path).await;
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
            "{policy}"
        );
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("http"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        assert!(headers.contains_key("permissions-policy"));
        assert_eq!(headers["cache-control"], "no-cache");
    }
    let of_the_api = server.get("/v1/me").await;
    assert!(!of_the_api.headers().contains_key("content-security-policy"));
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_the_app_says_how_to_build_it() {
    let server = start_serving(HttpLimits::default(), Site::default()).await;
    for path in ["/", "/inspector", "/gallery"] {
        let answer = server.client.get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(answer.headers().contains_key("content-security-policy"));
        assert!(answer.text().await.unwrap().contains("cargo xtask web"));
    }
    refused(server.get("/build.json").await, 404, "not-found").await;
    refused(server.get("/app/index.html").await, 404, "not-found").await;
    server.stop().await;
}

#[tokio::test]
async fn what_is_embedded_is_whole() {
    // With whatever was built before this test was: the app, or nothing.
    let server = start().await;
    let build = server.get("/build.json").await;
    assert_eq!(build.status() == 200, !Site::embedded().is_empty());
    if build.status() == 200 {
        let build: Value = build.json().await.unwrap();
        for path in build["files"].as_array().unwrap() {
            let answer = server.get(path.as_str().unwrap()).await;
            assert_eq!(answer.status(), 200, "{path}");
            assert!(!answer.bytes().await.unwrap().is_empty(), "{path}");
        }
    }
    server.stop().await;
}
