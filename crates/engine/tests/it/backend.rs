//! A backend for notes, as small as it can be and still keep the protocol's promises: keys, watermark, versions, batches.
//!
//! It is the oracle too: it remembers every effect with the key that caused it.

use outrigger_engine::http::{Answer, Body, HttpRequest, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A note as the server has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Note {
    pub(crate) text: String,
    pub(crate) version: u64,
    pub(crate) starred: bool,
    pub(crate) lines: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Backend {
    pub(crate) notes: BTreeMap<String, Note>,
    /// Every effect, in order: the key and what it did.
    pub(crate) effects: Vec<(String, String)>,
    answers: BTreeMap<String, (String, u16, Value, Option<String>)>,
    sequences: BTreeMap<(String, i64), String>,
    watermarks: BTreeMap<String, i64>,
    next_id: u64,
}

fn response(status: u16, body: &Value, etag: Option<&str>) -> Response {
    let mut headers = vec![("content-type".into(), "application/json".to_owned())];
    headers.extend(etag.map(|etag| ("etag".into(), etag.to_owned())));
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    Response {
        status,
        headers,
        body,
    }
}

fn problem(status: u16, kind: &str) -> (u16, Value, Option<String>) {
    (status, json!({ "type": kind }), None)
}

/// The client, sequence and acknowledgement in `Outrigger-Client`.
pub(crate) fn parse_client(value: &str) -> (String, Option<i64>, i64) {
    let mut parts = value.split(';');
    let client = parts.next().unwrap().trim_matches('"').to_owned();
    let mut sequence = None;
    let mut acknowledged = 0;
    for part in parts {
        match part.split_once('=').unwrap() {
            ("seq", number) => sequence = Some(number.parse().unwrap()),
            ("ack", number) => acknowledged = number.parse().unwrap(),
            other => panic!("{other:?}"),
        }
    }
    (client, sequence, acknowledged)
}

impl Backend {
    /// Puts a note there that another device wrote.
    pub(crate) fn seed(&mut self, text: &str) -> String {
        self.next_id += 1;
        let id = format!("n{}", self.next_id);
        self.notes.insert(
            id.clone(),
            Note {
                text: text.to_owned(),
                version: 1,
                starred: false,
                lines: Vec::new(),
            },
        );
        id
    }

    /// What the notes say, whatever their ids are.
    pub(crate) fn content(&self) -> Vec<Note> {
        let mut notes: Vec<_> = self
            .notes
            .values()
            .cloned()
            .map(|note| Note { version: 0, ..note })
            .collect();
        notes.sort();
        notes
    }

    pub(crate) fn handle(&mut self, request: &HttpRequest) -> Answer {
        let headers: BTreeMap<String, String> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect();
        let body = match &request.body {
            Body::Bytes(bytes) => serde_json::from_slice(bytes).unwrap(),
            _ => Value::Null,
        };
        if request.path == "/batch" {
            return Answer::Response(self.batch(&headers, &body));
        }
        let (status, body, etag) = self.keyed(request.method.as_str(), &request.path, &headers, &body, None);
        Answer::Response(response(status, &body, etag.as_deref()))
    }

    fn batch(&mut self, headers: &BTreeMap<String, String>, body: &Value) -> Response {
        let (client, _, acknowledged) = parse_client(&headers["outrigger-client"]);
        self.raise(&client, acknowledged);
        let mut done: BTreeMap<String, (u16, String, Option<String>)> = BTreeMap::new();
        let mut responses = Vec::new();
        for item in body["requests"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap().to_owned();
            let depends = item["dependsOn"].as_array().cloned().unwrap_or_default();
            let held = depends
                .iter()
                .any(|on| !(200..300).contains(&done[on.as_str().unwrap()].0));
            let mut headers: BTreeMap<String, String> =
                serde_json::from_value(item["headers"].clone()).unwrap();
            let mut url = item["url"].as_str().unwrap().to_owned();
            let (status, answer, etag) = if held {
                problem(424, "dependency-failed")
            } else {
                if let Some(rest) = url.strip_prefix('$') {
                    let (of, tail) = rest
                        .split_once('/')
                        .map_or((rest, String::new()), |(of, tail)| (of, format!("/{tail}")));
                    url = format!("{}{tail}", done[of].1);
                }
                if let Some(of) = headers.get("if-match").and_then(|value| value.strip_prefix('$')) {
                    let etag = done[of].2.clone().unwrap_or_default();
                    headers.insert("if-match".to_owned(), etag);
                }
                self.keyed(
                    item["method"].as_str().unwrap(),
                    &url,
                    &headers,
                    &item["body"],
                    Some(&client),
                )
            };
            let location = match answer["id"].as_str() {
                Some(id) if url == "/notes" => format!("/notes/{id}"),
                _ => url.clone(),
            };
            done.insert(id.clone(), (status, location, etag.clone()));
            let mut item = json!({ "id": id, "status": status, "headers": {}, "body": answer });
            if let Some(etag) = etag {
                item["headers"]["ETag"] = json!(etag);
            }
            responses.push(item);
        }
        response(200, &json!({ "responses": responses }), None)
    }

    fn raise(&mut self, client: &str, acknowledged: i64) {
        let watermark = self.watermarks.entry(client.to_owned()).or_default();
        *watermark = (*watermark).max(acknowledged);
        let watermark = *watermark;
        let forgotten: Vec<_> = self
            .sequences
            .iter()
            .filter(|((of, sequence), _)| of == client && *sequence <= watermark)
            .map(|(at, key)| (at.clone(), key.clone()))
            .collect();
        for (at, key) in forgotten {
            self.sequences.remove(&at);
            self.answers.remove(&key);
        }
    }

    fn keyed(
        &mut self,
        method: &str,
        path: &str,
        headers: &BTreeMap<String, String>,
        body: &Value,
        batch_of: Option<&str>,
    ) -> (u16, Value, Option<String>) {
        let Some(key) = headers
            .get("idempotency-key")
            .map(|key| key.trim_matches('"').to_owned())
        else {
            return if path == "/health" {
                (200, Value::Null, None)
            } else {
                self.apply("", method, path, headers, body)
            };
        };
        let (client, sequence, acknowledged) = parse_client(&headers["outrigger-client"]);
        if batch_of.is_none() {
            self.raise(&client, acknowledged);
        }
        let sequence = sequence.unwrap();
        let fingerprint = format!("{method} {path} {body}");
        if let Some((known, status, body, etag)) = self.answers.get(&key) {
            assert_eq!(*known, fingerprint, "a key was sent with another request");
            return (*status, body.clone(), etag.clone());
        }
        assert!(
            sequence > self.watermarks[&client],
            "a settled sequence was sent again"
        );
        let other = self.sequences.get(&(client.clone(), sequence));
        assert!(
            other.is_none_or(|other| *other == key),
            "a sequence was given to two keys"
        );
        let (status, answer, etag) = self.apply(&key, method, path, headers, body);
        self.sequences.insert((client, sequence), key.clone());
        self.answers
            .insert(key, (fingerprint, status, answer.clone(), etag.clone()));
        (status, answer, etag)
    }

    fn apply(
        &mut self,
        key: &str,
        method: &str,
        path: &str,
        headers: &BTreeMap<String, String>,
        body: &Value,
    ) -> (u16, Value, Option<String>) {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let text = body["text"].as_str().unwrap_or_default().to_owned();
        if text.contains("bad") {
            return problem(422, "bad-word");
        }
        if (method, parts.as_slice()) == ("POST", &["notes"]) {
            let id = self.seed(&text);
            self.effects.push((key.to_owned(), format!("create {text}")));
            return (201, json!({ "id": id, "text": text }), Some("\"1\"".to_owned()));
        }
        let Some(note) = parts.get(1).and_then(|id| self.notes.get_mut(*id)) else {
            return problem(404, "not-found");
        };
        let effect = match (method, &parts[2..]) {
            ("PATCH", []) => {
                if headers
                    .get("if-match")
                    .is_some_and(|wanted| *wanted != format!("\"{}\"", note.version))
                {
                    return problem(412, "version");
                }
                note.text.clone_from(&text);
                note.version += 1;
                let etag = format!("\"{}\"", note.version);
                self.effects.push((key.to_owned(), format!("update {text}")));
                return (200, json!({ "text": text }), Some(etag));
            }
            ("DELETE", []) => {
                self.notes.remove(parts[1]);
                "delete".to_owned()
            }
            ("PUT", ["star"]) => {
                note.starred = true;
                "star".to_owned()
            }
            ("DELETE", ["star"]) => {
                note.starred = false;
                "unstar".to_owned()
            }
            ("POST", ["lines"]) => {
                note.lines.push(text.clone());
                self.next_id += 1;
                self.effects.push((key.to_owned(), format!("line {text}")));
                return (201, json!({ "id": format!("x{}", self.next_id) }), None);
            }
            other => panic!("no route {other:?}"),
        };
        self.effects.push((key.to_owned(), effect));
        (204, Value::Null, None)
    }
}
