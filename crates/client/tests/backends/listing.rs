//! The listing in the documentation is the example.

#[test]
fn the_documentation_shows_the_example_as_it_is() {
    let example = include_str!("../../examples/todo.rs");
    let documentation = include_str!("../../../../docs/backends.md");
    let (app, _) = example.split_once("\n/// The list as it is shown").unwrap();
    let start = app.find("/// What a user can do").unwrap();
    assert!(
        documentation.contains(app[start..].trim_end()),
        "docs/backends.md lists another app than examples/todo.rs has"
    );
    let last_line = format!("ends at line {}", app.lines().count());
    assert!(documentation.contains(&last_line), "its App {last_line}");
    assert!(app.lines().count() < 150, "an app is less than 150 lines");
}
