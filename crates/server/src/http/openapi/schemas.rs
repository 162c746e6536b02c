//! The schemas of the wire types, narrowed by the limits that both sides check.
//!
//! Owns the narrowing: the types say shapes, [`limits`] says how much.

use outrigger_social::{limits, wire};
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

/// Every schema, by name.
pub(super) fn all() -> Value {
    let mut schemas = Map::new();
    add::<wire::Credentials>(&mut schemas);
    add::<wire::Refresh>(&mut schemas);
    add::<wire::Session>(&mut schemas);
    add::<wire::User>(&mut schemas);
    add::<wire::Profile>(&mut schemas);
    add::<wire::Counts>(&mut schemas);
    add::<wire::Media>(&mut schemas);
    add::<wire::Post>(&mut schemas);
    add::<wire::Comment>(&mut schemas);
    add::<wire::Conversation>(&mut schemas);
    add::<wire::Message>(&mut schemas);
    add::<wire::NewPost>(&mut schemas);
    add::<wire::NewComment>(&mut schemas);
    add::<wire::NewMessage>(&mut schemas);
    add::<wire::Edit>(&mut schemas);
    add::<wire::Retired>(&mut schemas);
    add::<wire::Created>(&mut schemas);
    add::<wire::FieldError>(&mut schemas);
    add::<wire::Problem>(&mut schemas);
    add::<wire::BatchRequest>(&mut schemas);
    add::<wire::Batch>(&mut schemas);
    add::<wire::BatchResponse>(&mut schemas);
    add::<wire::BatchResponses>(&mut schemas);
    let mut schemas = Value::Object(schemas);
    for (pointer, narrower) in narrowed() {
        let schema = schemas.pointer_mut(pointer).and_then(Value::as_object_mut);
        let schema = schema.unwrap_or_else(|| panic!("BUG: no schema at {pointer}"));
        schema.extend(narrower.as_object().cloned().unwrap_or_default());
    }
    schemas
}

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// One page of a list.
pub(super) fn page(item: &str) -> Value {
    json!({
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": reference(item)},
            "next": {"type": ["string", "null"]},
        },
    })
}

fn add<T: ToSchema + PartialSchema>(schemas: &mut Map<String, Value>) {
    let schema = serde_json::to_value(T::schema()).expect("BUG: schemas are JSON");
    schemas.insert(T::name().into_owned(), schema);
}

/// What the limits add, by JSON pointer.
fn narrowed() -> [(&'static str, Value); 9] {
    let shown = r"\S";
    [
        (
            "/Credentials/properties/name",
            json!({"minLength": 2, "maxLength": 32, "pattern": "^[a-z0-9_]{2,32}$"}),
        ),
        (
            "/Credentials/properties/password",
            json!({"minLength": 8, "maxLength": 128}),
        ),
        (
            "/NewPost/properties/text",
            json!({"maxLength": limits::POST_TEXT_MAX}),
        ),
        (
            "/NewPost/properties/media",
            json!({"maxItems": limits::POST_MEDIA_MAX}),
        ),
        (
            "/NewComment/properties/text",
            json!({"minLength": 1, "maxLength": limits::COMMENT_TEXT_MAX, "pattern": shown}),
        ),
        (
            "/NewMessage/properties/text",
            json!({"maxLength": limits::MESSAGE_TEXT_MAX}),
        ),
        (
            "/NewMessage/properties/media",
            json!({"maxItems": limits::MESSAGE_MEDIA_MAX}),
        ),
        (
            "/Batch/properties/requests",
            json!({"maxItems": crate::server::ITEMS_MAX}),
        ),
        (
            "/Edit/properties/text",
            json!({"maxLength": limits::POST_TEXT_MAX}),
        ),
    ]
}
