//! Answers as the server would give them, for measuring what the engine does with one.
//!
//! Owns their words. Stands for no server: nothing that is measured over HTTP is answered here.

use outrigger_engine::http::{Answer, Body, HttpRequest, Response};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;

const MADE: &str = "2026-09-01T08:00:00.000Z";
static MADE_SO_FAR: AtomicU64 = AtomicU64::new(0);

/// The answer to a request, and how many writes it answers.
pub(super) fn to(request: &HttpRequest) -> Result<(Answer, usize), Error> {
    let body = match &request.body {
        Body::Bytes(bytes) => serde_json::from_slice(bytes)
            .map_err(|error| Error::Unmeasured(format!("the engine sent no JSON: {error}")))?,
        _ => Value::Null,
    };
    let Some(items) = body["requests"].as_array() else {
        let (status, body) = to_one(request.method.as_str(), &request.path, &body);
        return Ok((response(status, &body), 1));
    };
    let answers: Vec<Value> = items.iter().map(to_item).collect();
    Ok((response(200, &json!({ "responses": answers })), items.len()))
}

fn to_item(item: &Value) -> Value {
    let text = |field: &str| item[field].as_str().unwrap_or_default();
    let (status, body) = to_one(text("method"), text("url"), &item["body"]);
    json!({ "id": item["id"], "status": status, "headers": {}, "body": body })
}

fn to_one(method: &str, path: &str, body: &Value) -> (u16, Value) {
    let number = MADE_SO_FAR.fetch_add(1, Ordering::Relaxed);
    let me = json!({ "id": "usr_me", "name": "me" });
    let counts = json!({ "likes": 1, "comments": 1 });
    let target = path.split('/').nth(3).unwrap_or_default();
    let made = |prefix: &str, mut fields: Value| {
        fields["id"] = format!("{prefix}_bench{number:012}").into();
        fields["author"] = me.clone();
        fields["text"] = body["text"].clone();
        fields["created_at"] = MADE.into();
        fields["updated_at"] = MADE.into();
        fields["version"] = 1.into();
        (201, fields)
    };
    if path.ends_with("/comments") {
        made("cmt", json!({ "post": target, "counts": counts }))
    } else if path.ends_with("/messages") {
        made("msg", json!({ "conversation": target, "media": [] }))
    } else if method == "PUT" {
        let post = json!({ "id": target, "author": me, "text": "", "media": [], "counts": counts, "liked": true,
            "created_at": MADE, "updated_at": MADE, "version": 1 });
        (200, post)
    } else {
        made("post", json!({ "media": [], "counts": counts, "liked": false }))
    }
}

fn response(status: u16, body: &Value) -> Answer {
    Answer::Response(Response {
        status,
        headers: vec![
            ("content-type".into(), "application/json".to_owned()),
            ("outrigger-epoch".into(), "\"bench\"".to_owned()),
        ],
        body: body.to_string().into_bytes(),
    })
}
