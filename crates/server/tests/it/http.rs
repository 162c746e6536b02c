//! HTTP itself, over sockets: bounds, framework errors, streams, shutdown. Every answer is one that the OpenAPI document
//! names.

use std::io::Write as _;
use std::time::Duration;

use outrigger_server::{HttpLimits, serve};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::running::{config, refused, start, start_with};
use crate::world::PNG;

#[tokio::test]
async fn errors_of_the_framework_are_problems_too() {
    let server = start().await;
    refused(server.get("/nowhere").await, 404, "not-found").await;
    refused(server.get("/v2").await, 404, "not-found").await;
    let wrong_method = server.send(Method::PUT, "/v1/posts", |it| it).await;
    assert_eq!(wrong_method.headers()["allow"], "POST");
    refused(wrong_method, 405, "method-not-allowed").await;
    refused(
        server.send(Method::POST, "/metrics", |it| it).await,
        405,
        "method-not-allowed",
    )
    .await;
    let body = |text: &'static str, media_type: &'static str| {
        server.send(Method::POST, "/v1/posts", move |it| {
            it.header("content-type", media_type).body(text)
        })
    };
    refused(body("{", "application/json").await, 400, "malformed").await;
    refused(body("{}", "application/json").await, 400, "malformed").await;
    refused(
        body("text=x", "application/x-www-form-urlencoded").await,
        415,
        "unsupported-media-type",
    )
    .await;
    refused(
        body("\u{0}", "application/json; charset=latin1").await,
        415,
        "unsupported-media-type",
    )
    .await;
    let no_token = server.client.get(server.url("/v1/me")).send().await.unwrap();
    refused(no_token, 401, "unauthorized").await;
    server.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded_also_when_decompressed() {
    let server = start().await;
    let send = |body: Vec<u8>, encoding: &'static str| {
        server.send(Method::POST, "/v1/batch", move |it| {
            it.header("content-type", "application/json")
                .header("content-encoding", encoding)
                .body(body)
        })
    };
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let small = br#"{"requests": []}"#;
    assert_eq!(send(gzip(small), "gzip").await.status(), 200);
    assert_eq!(send(small.to_vec(), "identity").await.status(), 200);
    refused(
        send(vec![b' '; 1024 * 1024 + 1], "identity").await,
        413,
        "too-large",
    )
    .await;
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    refused(send(bomb, "gzip").await, 413, "too-large").await;
    refused(send(b"not gzip".to_vec(), "gzip").await, 400, "malformed").await;
    refused(send(small.to_vec(), "br").await, 415, "unsupported-media-type").await;
    server.stop().await;
}

#[tokio::test]
async fn a_large_body_is_not_read_for_somebody_without_a_token() {
    let server = start().await;
    let head = "POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    for rest in [
        "content-length: 900000\r\n",
        "content-length: 30\r\ncontent-encoding: gzip\r\n",
        "transfer-encoding: chunked\r\n",
        "authorization: Bearer ora_x\r\ncontent-length: 900000\r\n",
    ] {
        // The body never comes: it would be waited for, and then be a 400 or a 408.
        let answer = server.raw(format!("{head}{rest}\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{rest}: {answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn headers_are_bounded() {
    let server = start().await;
    let large = server
        .send(Method::GET, "/v1/me", |it| {
            it.header("x-large", "x".repeat(17 * 1024))
        })
        .await;
    refused(large, 431, "headers-too-large").await;
    let many = server
        .send(Method::GET, "/v1/me", |it| {
            (0..80).fold(it, |it, number| it.header(format!("x-{number}"), "x"))
        })
        .await;
    refused(many, 431, "headers-too-large").await;
    refused(
        server.get(&format!("/v1/{}", "x".repeat(17 * 1024))).await,
        431,
        "headers-too-large",
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = HttpLimits {
        body_timeout: Duration::from_millis(50),
        ..HttpLimits::default()
    };
    let server = start_with(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head =
        "POST /v1/posts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let count = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("application/problem+json"));
    drop(stream);
    server.stop().await;
}

#[tokio::test]
async fn too_many_requests_at_once_are_refused_with_a_time_to_come_back() {
    let limits = HttpLimits {
        queue_max: 1,
        requests_max: 1,
        ..HttpLimits::default()
    };
    let server = start_with(limits).await;
    // The one place is held by a request whose body is still to come.
    let mut held = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /v1/posts HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n";
    held.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    held.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100"), "its body is being read now");
    let answer = server.get("/v1/me").await;
    assert_eq!(answer.headers()["retry-after"], "1");
    refused(answer, 503, "unavailable").await;
    drop(held);
    server.stop().await;
}

#[tokio::test]
async fn who_has_no_token_cannot_hold_all_places_with_bodies_that_do_not_come() {
    let server = start_with(HttpLimits {
        requests_max: 4,
        ..HttpLimits::default()
    })
    .await;
    let hold = async |path: &str| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        let status = String::from_utf8_lossy(&answer[9..]).into_owned();
        (stream, status)
    };
    let mut held = Vec::new();
    for expected in ["100", "100", "401", "401", "401"] {
        let (stream, status) = hold("/v1/posts").await;
        assert_eq!(status, expected);
        held.push(stream);
    }
    // Those for a session have places of their own.
    for number in 0..66 {
        let (stream, status) = hold("/v1/sessions").await;
        assert_eq!(status, if number < 64 { "100" } else { "503" }, "{number}");
        held.push(stream);
    }
    assert_eq!(server.get("/v1/me").await.status(), 200);
    drop(held);
    server.stop().await;
}

#[tokio::test]
async fn one_address_cannot_have_all_connections() {
    let server = start_with(HttpLimits {
        connections_per_address_max: 2,
        ..HttpLimits::default()
    })
    .await;
    // The client that signed up keeps one connection; this is the second.
    let held = TcpStream::connect(server.address).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    // It is closed without an answer, before or after it could ask.
    let refused = server.raw_or_nothing(request.as_bytes()).await;
    assert_eq!(refused, "");
    assert_eq!(server.get("/v1/me").await.status(), 200);
    drop(held);
    // The server notices in its own time.
    while server.raw_or_nothing(request.as_bytes()).await.is_empty() {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn uploads_stream_in_and_media_streams_out() {
    let server = start().await;
    let mut bytes = PNG.to_vec();
    bytes.resize(6 * 1024 * 1024 + 17, 7);
    let url = server.begin_upload(&bytes).await;
    let half = bytes.len() / 2;
    assert_eq!(server.append(&url, 0, bytes[..half].to_vec()).await.status(), 204);
    assert_eq!(server.stands(&url).await, half as u64);
    refused(
        server.append(&url, 0, bytes[..half].to_vec()).await,
        409,
        "offset-mismatch",
    )
    .await;
    assert_eq!(
        server.append(&url, half, bytes[half..].to_vec()).await.status(),
        204
    );
    let id = url.rsplit('/').next().unwrap();
    let media = server.get(&format!("/v1/media/{id}")).await;
    assert_eq!(media.headers()["content-type"], "image/png");
    assert_eq!(media.headers()["x-content-type-options"], "nosniff");
    assert_eq!(
        media.headers()["content-length"],
        bytes.len().to_string().as_str()
    );
    assert!(media.bytes().await.unwrap() == bytes);
    let folder = server.stop().await;
    assert_eq!(
        std::fs::read_dir(folder.path().join("parts")).unwrap().count(),
        0,
        "parts are tidied up"
    );
}

#[tokio::test]
async fn what_arrived_of_a_cut_upload_is_kept() {
    let server = start().await;
    let url = server.begin_upload(PNG).await;
    let head = format!(
        "PATCH {url} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
        server.token,
        PNG.len()
    );
    let answer = server.raw(&[head.as_bytes(), &PNG[..12]].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    // HEAD ends what may still be going on, so it tells the truth at once.
    let offset = server.stands(&url).await;
    assert_eq!(offset, 12);
    assert_eq!(server.append(&url, 12, PNG[12..].to_vec()).await.status(), 204);
    let more = server.append(&url, PNG.len(), b"more".to_vec()).await;
    refused(more, 413, "too-large").await;
    server.stop().await;
}

#[tokio::test]
async fn a_newer_request_about_an_upload_ends_the_older() {
    let server = start().await;
    let url = server.begin_upload(PNG).await;
    let mut older = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "PATCH {url} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nauthorization: Bearer {}\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
        server.token,
        PNG.len()
    );
    older.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    older.read_exact(&mut interim).await.unwrap();
    assert_eq!(server.append(&url, 0, PNG.to_vec()).await.status(), 204);
    older.write_all(PNG).await.unwrap();
    let mut answer = vec![0; 1024];
    let count = older.read(&mut answer).await.unwrap();
    assert!(answer[..count].starts_with(b"HTTP/1.1 409"));
    assert_eq!(server.stands(&url).await, PNG.len() as u64);
    drop(older);
    server.stop().await;
}

#[tokio::test]
async fn pages_for_operators_are_open() {
    let server = start().await;
    server.get("/v1/me").await;
    let page = |path: &'static str| server.client.get(server.url(path)).send();
    assert_eq!(page("/healthz").await.unwrap().status(), 200);
    assert_eq!(page("/readyz").await.unwrap().status(), 200);
    let metrics = page("/metrics").await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains("outrigger_requests_total{route=\"me\",status=\"200\"} 1"),
        "{metrics}"
    );
    assert!(metrics.contains("outrigger_mutations_total{outcome=\"applied\"}"));
    assert!(!metrics.contains("alice") && !metrics.contains(&server.token));
    let document: Value = page("/openapi.json").await.unwrap().json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    server.stop().await;
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let server = start().await;
    let head = server.send(Method::HEAD, "/v1/me", |it| it).await;
    assert_eq!(head.status(), 200);
    assert!(head.headers()["content-length"] != "0");
    assert!(head.bytes().await.unwrap().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_data_directory_has_one_server_at_a_time_and_lasts() {
    let server = start().await;
    let made = server
        .send(Method::POST, "/v1/posts", |it| it.json(&json!({"text": "kept"})))
        .await;
    let url = made.headers()["location"].to_str().unwrap().to_owned();
    let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = serve(
        config(server.folder.path(), HttpLimits::default()),
        second,
        async {},
    )
    .await;
    assert!(matches!(refused, Err(outrigger_server::Error::InUse { .. })));
    assert!(outrigger_server::renew_epoch(server.folder.path()).is_err());
    let token = server.token.clone();
    let folder = server.stop().await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(
        config(folder.path(), HttpLimits::default()),
        listener,
        async {
            let _ = stopped.await;
        },
    ));
    let read = Client::new()
        .get(format!("http://{address}{url}"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(read.json::<Value>().await.unwrap()["text"], "kept");
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_shutdown_finishes_what_is_in_flight() {
    let server = start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let body = r#"{"text": "last"}"#;
    let head = format!(
        "POST /v1/posts HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        server.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    let stopping = tokio::spawn(server.stop());
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn http_2_is_spoken_too() {
    let server = start().await;
    let client = Client::builder().http2_prior_knowledge().build().unwrap();
    let answer = client
        .get(server.url("/v1/me"))
        .bearer_auth(&server.token)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, reqwest::Version::HTTP_2)
    );
    let missing = client.get(server.url("/nowhere")).send().await.unwrap();
    refused(missing, 404, "not-found").await;
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn headers_that_do_not_come_are_not_waited_for() {
    let limits = HttpLimits {
        header_timeout: Duration::from_millis(50),
        ..HttpLimits::default()
    };
    let server = start_with(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: ")
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_one_to_end() {
    let server = start_with(HttpLimits {
        connections_max: 2,
        ..HttpLimits::default()
    })
    .await;
    // The client that signed up keeps one connection; this is the second.
    let held = TcpStream::connect(server.address).await.unwrap();
    let mut waiting = TcpStream::connect(server.address).await.unwrap();
    waiting
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    drop(held);
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop().await;
}
