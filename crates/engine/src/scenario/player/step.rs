//! What a step means.
//!
//! Owns the way from its JSON to an event. Never hands one in.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Failed, Player};
use crate::event::{Event, Refreshed, StagedFile, Write};
use crate::http::{Answer, Response};
use crate::ids::{AttemptId, CallId, LocalId, MutationId, Sha256};
use crate::scenario::notes::{Mutation, Notes};

/// What a host says before a write that brings files. Nobody waits for the reply: it needs no number of its own.
pub(super) fn staging(write: &Event<Notes>) -> Option<Event<Notes>> {
    let Event::Mutate { call, writes } = write else {
        return None;
    };
    let copies = writes.iter().flat_map(|write| &write.files);
    let files: Vec<_> = copies.map(|copy| copy.file.clone()).collect();
    (!files.is_empty()).then_some(Event::Stage { call: *call, files })
}

impl<O: FnMut() -> rusqlite::Result<Connection>> Player<O> {
    fn call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    fn id(&mut self, name: &str) -> LocalId {
        let id = LocalId::derived(LocalId(uuid::Uuid::nil()), name);
        self.names.insert(id.to_string(), name.to_owned());
        self.names
            .insert(LocalId::derived(id, "star").to_string(), format!("{name}'s star"));
        id
    }

    fn mutation(&mut self, step: &Value) -> Result<(Mutation, Vec<StagedFile>), Failed> {
        let mut step = step.clone();
        for field in ["id", "note"] {
            if let Some(name) = step[field].as_str().map(str::to_owned) {
                step[field] = json!(self.id(&name));
            }
        }
        let mut files = Vec::new();
        if let Some(pictures) = step["pictures"].as_array().cloned() {
            for (index, content) in pictures.iter().enumerate() {
                let content = content.as_str().ok_or("a picture is a string")?;
                let sha256 = Sha256::of(content.as_bytes());
                self.names.insert(sha256.to_string(), format!("sha({content})"));
                let file = format!("{content}-{}-{index}", self.calls);
                files.push(StagedFile {
                    sha256,
                    file,
                    size: content.len() as u64,
                    media_type: "image/png".to_owned(),
                });
            }
            step["pictures"] = json!(files.iter().map(|file| file.sha256).collect::<Vec<_>>());
        }
        Ok((
            serde_json::from_value(step).map_err(|error| Failed::Script(error.to_string()))?,
            files,
        ))
    }

    fn write(&mut self, step: &Value) -> Result<Write<Mutation>, Failed> {
        let (mutation, files) = self.mutation(step)?;
        let id = step["inbox"].as_str().map(|name| MutationId(self.id(name).0));
        Ok(Write { id, mutation, files })
    }

    pub(super) fn event(&mut self, step: &Value) -> Result<Event<Notes>, Failed> {
        let call = self.call();
        let writes = match &step["call"] {
            Value::Array(several) => several.as_slice(),
            _ if step.get("do").is_some() => std::slice::from_ref(step),
            _ => &[],
        };
        if !writes.is_empty() {
            let writes = writes
                .iter()
                .map(|write| self.write(write))
                .collect::<Result<_, _>>()?;
            return Ok(Event::Mutate { call, writes });
        }
        if let Some(attempt) = step["answer"].as_u64() {
            return Ok(Event::Answered {
                attempt: AttemptId(attempt),
                answer: self.answer(step),
            });
        }
        if let Some(edit) = step.get("edit") {
            let (with, _) = self.mutation(edit)?;
            return Ok(Event::Edit {
                call,
                mutation: self.known(&step["which"])?,
                with,
            });
        }
        if step.get("observed").is_some() {
            let rows = self.actual(&step["observed"]);
            let observation =
                serde_json::from_value(rows).map_err(|error| Failed::Script(error.to_string()))?;
            return Ok(Event::Observed {
                call,
                observation,
                began: self.began.take(),
            });
        }
        Ok(match (step["user"].as_str(), step["system"].as_str()) {
            (Some("offline"), _) => Event::SetOnline { call, online: false },
            (Some("online"), _) => Event::SetOnline { call, online: true },
            (Some("sync"), _) => Event::TriggerSync,
            (Some("retry_failed"), _) => Event::RetryFailed { call },
            (Some("retry"), _) => Event::Retry {
                call,
                mutation: self.known(&step["which"])?,
            },
            (Some("discard"), _) => Event::Discard {
                call,
                mutation: self.known(&step["which"])?,
            },
            (Some("accept_server"), _) => Event::AcceptServer { call },
            (Some("signed_in"), _) => Event::SignedIn,
            (_, Some("network_up")) => Event::Network(true),
            (_, Some("network_down")) => Event::Network(false),
            (_, Some("renewed")) => Event::Refreshed(Refreshed::Renewed),
            (_, Some("invalid_grant")) => Event::Refreshed(Refreshed::InvalidGrant),
            (_, Some("reserve_released")) => Event::Reserve { held: false },
            (_, Some("reserve_held")) => Event::Reserve { held: true },
            _ => return Err("no such step".into()),
        })
    }

    fn answer(&self, step: &Value) -> Answer {
        if step.get("unreached").is_some() {
            return Answer::Unreached {
                reason: "connection refused".to_owned(),
            };
        }
        let mut headers: Vec<_> = step["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone().into(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        let body = match &step["body"] {
            Value::Null => Vec::new(),
            Value::String(page) => page.clone().into_bytes(),
            body => self.actual(body).to_string().into_bytes(),
        };
        let media_type = if step["body"].is_string() {
            "text/html"
        } else {
            "application/json"
        };
        headers.push(("content-type".into(), media_type.to_owned()));
        let status = step["status"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(200);
        Answer::Response(Response {
            status,
            headers,
            body,
        })
    }

    /// Names in a step, put back to the ids they stand for.
    fn actual(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let id = self
                    .names
                    .iter()
                    .find(|(_, name)| *name == text)
                    .map(|(id, _)| id);
                json!(id.unwrap_or(text))
            }
            Value::Array(items) => items.iter().map(|item| self.actual(item)).collect(),
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), self.actual(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn known(&self, name: &Value) -> Result<MutationId, Failed> {
        let id = self.actual(name);
        let id = id.as_str().ok_or("which mutation?")?;
        id.parse()
            .map_err(|_| Failed::Script(format!("no mutation is called {id}")))
    }
}
