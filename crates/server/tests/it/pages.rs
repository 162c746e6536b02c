//! Pages: whatever their size, a list is shown whole, each item once.

use proptest::prelude::*;
use serde_json::json;

use crate::world::{Person, World};

/// Every id of a list, page by page.
fn walk(person: &Person<'_>, url: &str, limit: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = String::new();
    loop {
        let joint = if url.contains('?') { '&' } else { '?' };
        let page = person.get(&format!("{url}{joint}limit={limit}{next}"));
        let cursor = page.json()["next"].as_str().map(str::to_owned);
        ids.extend(page.ids());
        match cursor {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return ids,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_any_size_show_each_item_once(
        authors in prop::collection::vec(0..3_usize, 0..25),
        limit in 1..12_usize,
    ) {
        let world = World::new();
        let people = ["alice", "bob", "carol"].map(|name| world.sign_up(name));
        let alice = &people[0];
        alice.put(&format!("/v1/users/{}/follow", people[1].id)).is(200);
        let mut everyone = Vec::new();
        let mut following = Vec::new();
        for author in authors {
            let id = people[author].says("x").trim_start_matches("/v1/posts/").to_owned();
            everyone.insert(0, id.clone());
            if author < 2 {
                following.insert(0, id);
            }
        }
        prop_assert_eq!(walk(alice, "/v1/feed?scope=everyone", limit), everyone);
        prop_assert_eq!(walk(alice, "/v1/feed", limit), following);
    }

    #[test]
    fn what_is_written_meanwhile_neither_repeats_nor_hides_what_was_there(
        count in 1..15_usize,
        limit in 1..6_usize,
    ) {
        let world = World::new();
        let alice = world.sign_up("alice");
        let url = alice.says("x");
        let comments = format!("{url}/comments");
        let comment = || alice.post(&comments, json!({"text": "x"})).created()["id"].as_str().unwrap().to_owned();
        let expected: Vec<_> = (0..count).map(|_| comment()).collect();
        let first = alice.get(&format!("{comments}?limit={limit}"));
        let cursor = first.json()["next"].as_str().map(str::to_owned);
        let mut seen = first.ids();
        comment();
        if let Some(cursor) = cursor {
            seen.extend(alice.get(&format!("{comments}?limit=100&cursor={cursor}")).ids());
        }
        prop_assert_eq!(&seen[..count], expected);
    }
}

#[test]
fn other_lists_are_paged_too() {
    let world = World::new();
    let alice = world.sign_up("alice");
    for name in ["bob", "carol", "dave"] {
        alice.talks_to(&world.sign_up(name));
    }
    let conversations = walk(&alice, "/v1/conversations", 2);
    assert_eq!(conversations.len(), 3);
    let messages = format!("/v1/conversations/{}/messages", conversations[0]);
    let sent: Vec<_> = (0..5)
        .map(|_| {
            alice.post(&messages, json!({"text": "x"})).created()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .rev()
        .collect();
    let listed = walk(&alice, &messages, 2);
    assert_eq!(listed.len(), 5);
    assert!(sent.iter().all(|id| listed.contains(id)));
    assert_eq!(walk(&alice, &format!("/v1/users/{}/posts", alice.id), 1).len(), 0);
}

#[test]
fn limits_and_cursors_are_checked() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    alice.says("1");
    alice.says("2");
    for limit in ["0", "101", "-1", "x", ""] {
        alice
            .get(&format!("/v1/feed?limit={limit}"))
            .is(400)
            .refused("malformed");
    }
    let page = alice.get("/v1/feed?limit=1").ok();
    let cursor = page["next"].as_str().unwrap();
    alice.get(&format!("/v1/feed?cursor={cursor}")).is(200);
    alice
        .get(&format!("/v1/feed?scope=everyone&cursor={cursor}"))
        .is(400)
        .refused("malformed");
    alice.get("/v1/feed?cursor=alien").is(400).refused("malformed");
    bob.get(&format!("/v1/feed?cursor={cursor}"))
        .is(400)
        .refused("malformed");
}
