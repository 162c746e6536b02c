//! The OpenAPI document.

pub(super) fn document() -> String {
    String::from("{}")
}
