//! The OpenAPI document: the table of operations and the schemas of the wire types, said in its words.
//!
//! Owns the translation. Never states anything that the table, the list of problems or the limits do not.

mod schemas;

use std::collections::{BTreeMap, BTreeSet};

use outrigger_social::{limits, wire};
use serde_json::{Map, Value, json};

use crate::action::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::operation::{Answer, BodyKind, ROUTES, Route, Work};
use crate::problem::ProblemKind;

const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const UUID_V7: &str = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

/// The OpenAPI 3.1 document, as it is served at `/openapi.json`.
pub fn openapi() -> String {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in ROUTES {
        let item = paths.entry(route.template).or_default();
        item.insert(route.method.to_ascii_lowercase(), operation(route));
    }
    let mut paths: Map<String, Value> = paths
        .into_iter()
        .map(|(template, item)| (template.to_owned(), Value::Object(item)))
        .collect();
    for (path, media_type) in [
        ("/healthz", "text/plain"),
        ("/readyz", "text/plain"),
        ("/metrics", "text/plain"),
        ("/openapi.json", "application/json"),
    ] {
        paths.insert(path.to_owned(), json!({"get": page(path, media_type)}));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Outrigger",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Applies every write exactly once. Errors are RFC 9457 problems.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "headers": headers(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
    .to_string()
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": responses(route),
    });
    if route.work != Work::Session {
        operation["security"] = json!([{"bearer": []}]);
    }
    if let Some(body) = body(route.body) {
        operation["requestBody"] = body;
    }
    operation
}

fn body(kind: BodyKind) -> Option<Value> {
    let schema = match kind {
        BodyKind::None | BodyKind::UploadHeaders => return None,
        BodyKind::Credentials => "Credentials",
        BodyKind::Refresh => "Refresh",
        BodyKind::NewPost => "NewPost",
        BodyKind::NewComment => "NewComment",
        BodyKind::NewMessage => "NewMessage",
        BodyKind::Edit => "Edit",
        BodyKind::Batch => "Batch",
        BodyKind::Bytes => {
            let bytes = json!({"type": "string", "format": "binary"});
            return Some(json!({
                "required": true,
                "content": {"application/offset+octet-stream": {"schema": bytes}},
            }));
        }
    };
    Some(json!({"required": true, "content": {"application/json": {"schema": schemas::reference(schema)}}}))
}

fn parameters(route: &Route) -> Vec<Value> {
    let mut parameters = Vec::new();
    let mut add = |place: &str, name: &str, is_required: bool, schema: Value| {
        parameters.push(json!({"in": place, "name": name, "required": is_required, "schema": schema}));
    };
    if let Some(name) = route.template.split(['{', '}']).nth(1) {
        let schema = match name {
            "key" => json!({"type": "string", "pattern": format!("^{UUID_V7}$")}),
            "client" => json!({"type": "string", "pattern": format!("^{UUID}$")}),
            _ => json!({"type": "string", "minLength": 1, "maxLength": 100}),
        };
        add("path", name, true, schema);
    }
    // Of one name there is one user: a list without pages.
    if matches!(route.answer, Answer::Page(_)) && route.name != "findUsers" {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT});
        add("query", "limit", false, limit);
        add(
            "query",
            "cursor",
            false,
            json!({"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"}),
        );
    }
    match route.name {
        "findUsers" => add("query", "name", true, json!({"type": "string"})),
        "feed" => {
            let scopes = json!({"type": "string", "enum": ["following", "everyone"], "default": "following"});
            add("query", "scope", false, scopes);
        }
        _ => {}
    }
    if route.work == Work::Mutation {
        let key = json!({"type": "string", "pattern": format!("^\"{UUID_V7}\"$")});
        add("header", "Idempotency-Key", false, key);
    }
    if route.problems.contains(&ProblemKind::VersionMismatch) {
        add(
            "header",
            "If-Match",
            false,
            json!({"type": "string", "pattern": "^\"[1-9][0-9]{0,8}\"$"}),
        );
    }
    if route.work != Work::Session {
        let client = json!({
            "type": "string",
            "pattern": format!("^\"{UUID}\";seq=[1-9][0-9]{{0,8}};ack=0$"),
            "description": "An RFC 8941 string with the integer parameters seq and ack.",
        });
        add("header", "Outrigger-Client", false, client);
        if route.work != Work::Read {
            add(
                "header",
                "Outrigger-Epoch",
                false,
                json!({"type": "string", "pattern": format!("^\"{UUID}\"$")}),
            );
        }
    }
    match route.body {
        BodyKind::UploadHeaders => {
            let length = json!({"type": "integer", "minimum": 1, "maximum": limits::FILE_BYTES_MAX});
            add("header", "Upload-Length", true, length);
            // Pairs of a name and base64; this one is image/png and the digest of nothing.
            let example = "type aW1hZ2UvcG5n,sha256 ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ==";
            let metadata = json!({"type": "string", "pattern": "^type [A-Za-z0-9+/=]+,sha256 [A-Za-z0-9+/=]+$", "examples": [example]});
            add("header", "Upload-Metadata", true, metadata);
        }
        BodyKind::Bytes => {
            let offset = json!({"type": "integer", "minimum": 0, "maximum": limits::FILE_BYTES_MAX});
            add("header", "Upload-Offset", true, offset);
        }
        _ => {}
    }
    parameters
}

fn responses(route: &Route) -> Value {
    let mut by_status: BTreeMap<u16, BTreeSet<ProblemKind>> = BTreeMap::new();
    for problem in problems(route) {
        by_status.entry(problem.status()).or_default().insert(problem);
    }
    let mut responses = Map::new();
    responses.insert(route.status.to_string(), success(route));
    for (status, problems) in by_status {
        responses.insert(status.to_string(), refusal(route.method, &problems));
    }
    Value::Object(responses)
}

fn success(route: &Route) -> Value {
    let content = match route.answer {
        Answer::Empty => None,
        Answer::Schema(name) => Some(json!({"application/json": {"schema": schemas::reference(name)}})),
        Answer::Page(item) => Some(json!({"application/json": {"schema": schemas::page(item)}})),
        Answer::Media => {
            let bytes = json!({"schema": {"type": "string", "format": "binary"}});
            let types = limits::MEDIA_TYPES
                .iter()
                .map(|name| ((*name).to_owned(), bytes.clone()));
            Some(Value::Object(types.collect()))
        }
    };
    let mut names = vec!["Outrigger-Epoch", "Outrigger-Watermark"];
    if let Answer::Schema("Post" | "Comment" | "Message" | "Conversation") = route.answer {
        names.push("ETag");
    }
    if route.status == 201 && route.work == Work::Mutation || route.name == "openConversation" {
        names.push("Location");
    }
    if route.work == Work::Mutation {
        names.push("Idempotency-Replayed");
    }
    if route.template.starts_with("/v1/uploads") && route.work != Work::Read && route.method != "DELETE" {
        names.push("Upload-Offset");
    }
    let mut success = json!({"description": route.summary, "headers": header_references(&names)});
    if let Some(content) = content {
        success["content"] = content;
    }
    success
}

fn refusal(method: &str, problems: &BTreeSet<ProblemKind>) -> Value {
    let titles: Vec<&str> = problems.iter().map(|problem| problem.title()).collect();
    let types: Vec<String> = problems
        .iter()
        .map(|problem| format!("{}{}", wire::PROBLEM_PREFIX, problem.name()))
        .collect();
    let mut names = vec!["Outrigger-Epoch"];
    if problems.contains(&ProblemKind::VersionMismatch) {
        names.push("ETag");
    }
    if problems.contains(&ProblemKind::RateLimited) || problems.contains(&ProblemKind::Unavailable) {
        names.push("Retry-After");
    }
    let mut refusal =
        json!({"description": format!("{}.", titles.join("; ")), "headers": header_references(&names)});
    if method != "HEAD" {
        let schema = json!({
            "allOf": [schemas::reference("Problem"), {"properties": {"type": {"enum": types}}}],
        });
        refusal["content"] = json!({"application/problem+json": {"schema": schema}});
    }
    refusal
}

/// Every problem that a route may answer with: what its row says, and what its nature implies.
fn problems(route: &Route) -> BTreeSet<ProblemKind> {
    use ProblemKind as P;
    let mut problems: BTreeSet<P> = route.problems.iter().copied().collect();
    problems.extend([
        P::Malformed,
        P::Timeout,
        P::TooLarge,
        P::UnsupportedMediaType,
        P::RateLimited,
        P::HeadersTooLarge,
        P::Internal,
        P::Unavailable,
    ]);
    if route.work != Work::Session {
        problems.insert(P::Unauthorized);
    }
    if matches!(route.work, Work::Read | Work::Mutation) {
        problems.insert(P::ClientRetired);
    }
    if route.work == Work::Mutation {
        problems.extend([P::ClientRequired, P::InProgress, P::ClientRewound, P::KeyReused]);
    }
    if route.template.contains('{') {
        problems.insert(P::NotFound);
    }
    problems
}

/// A page that is no operation of the API.
fn page(path: &str, media_type: &str) -> Value {
    let schema = if media_type == "application/json" {
        json!({})
    } else {
        json!({"type": "string"})
    };
    let mut responses = json!({
        "200": {"description": "As it is now.", "content": {media_type: {"schema": schema}}},
        "431": refusal("GET", &BTreeSet::from([ProblemKind::HeadersTooLarge])),
    });
    if path == "/readyz" {
        responses["503"] = refusal("GET", &BTreeSet::from([ProblemKind::Unavailable]));
    }
    json!({
        "operationId": path.trim_start_matches('/').trim_end_matches(".json"),
        "summary": "For operators.",
        "responses": responses,
    })
}

fn headers() -> Value {
    let header = |description: &str, schema: Value| json!({"description": description, "schema": schema});
    let text = || json!({"type": "string"});
    json!({
        "Outrigger-Epoch": header("Which life of the database answered.", text()),
        "Outrigger-Watermark": header("The client's watermark before the request.", json!({"type": "integer", "minimum": 0})),
        "ETag": header("The version of the object.", json!({"type": "string", "pattern": "^\"[0-9]+\"$"})),
        "Location": header("Where the object is.", text()),
        "Idempotency-Replayed": header("The answer is one of before.", json!({"type": "string", "enum": ["true"]})),
        "Upload-Offset": header("How many bytes have arrived.", json!({"type": "integer", "minimum": 0})),
        "Retry-After": header("Seconds to wait.", json!({"type": "integer", "minimum": 1})),
    })
}

fn header_references(names: &[&str]) -> Value {
    let references = names.iter().map(|name| {
        (
            (*name).to_owned(),
            json!({"$ref": format!("#/components/headers/{name}")}),
        )
    });
    Value::Object(references.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_document_resolves() {
        let document: Value = serde_json::from_str(&openapi()).unwrap();
        let mut open = vec![&document];
        let mut count = 0;
        while let Some(value) = open.pop() {
            if let Some(Value::String(reference)) = value.get("$ref") {
                let pointer = reference.trim_start_matches('#');
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                count += 1;
            }
            match value {
                Value::Object(fields) => open.extend(fields.values()),
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        assert!(count > 100);
    }
}
