//! The server of the notes, with what it says to a client that was restored from an older copy.
//!
//! The engine's own tests have one that takes such a client for a failure: where acknowledged writes may be lost, it is what must happen.

use outrigger_engine::http::{Answer, HttpRequest, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use crate::backend::Backend;

#[derive(Default)]
pub(crate) struct Server {
    pub(crate) backend: Backend,
    /// What was sent under each key.
    requests: BTreeMap<String, String>,
    keys: BTreeMap<(String, i64), String>,
    watermarks: BTreeMap<String, i64>,
    retired: BTreeSet<String>,
    highest: BTreeMap<String, String>,
    /// How often it had to say that a client is an older copy of itself.
    pub(crate) rewound: u64,
}

fn say(status: u16, body: &Value) -> Answer {
    Answer::Response(Response {
        status,
        headers: vec![("content-type".into(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    })
}

impl Server {
    pub(crate) fn handle(&mut self, request: &HttpRequest) -> Answer {
        if let Some(rest) = request.path.strip_prefix("/clients/") {
            let client = rest.trim_end_matches("/retire").to_owned();
            let highest = self.highest.get(&client).cloned();
            self.retired.insert(client);
            return say(200, &json!({ "highest_key": highest }));
        }
        let header = |wanted: &str| {
            let found = request.headers.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.clone())
        };
        let (Some(key), Some(client)) = (header("idempotency-key"), header("outrigger-client")) else {
            return self.backend.handle(request);
        };
        let (client, sequence, acknowledged) = crate::backend::parse_client(&client);
        let sequence = sequence.unwrap();
        if self.retired.contains(&client) {
            return say(409, &json!({ "type": "client-retired" }));
        }
        let watermark = self.watermarks.entry(client.clone()).or_default();
        *watermark = (*watermark).max(acknowledged);
        let at = (client.clone(), sequence);
        if sequence <= *watermark || self.keys.get(&at).is_some_and(|known| *known != key) {
            self.rewound += 1;
            return say(409, &json!({ "type": "client-rewound" }));
        }
        let said = format!("{} {} {:?}", request.method.as_str(), request.path, request.body);
        if self.requests.get(&key).is_some_and(|known| *known != said) {
            self.rewound += 1;
            return say(422, &json!({ "type": "key-reused" }));
        }
        self.requests.insert(key.clone(), said);
        self.keys.insert(at, key.clone());
        let highest = self.highest.entry(client).or_default();
        let key = key.trim_matches('"').to_owned();
        if *highest < key {
            *highest = key;
        }
        self.backend.handle(request)
    }
}
