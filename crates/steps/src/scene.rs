//! What the user knows before they write: people, their posts, conversations with them. Invented, in the words of the server.
//!
//! Owns the invention. Never talks to a server: see [`crate::workload`] for what is written on it.

use outrigger_engine::http::Response;
use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::ServerId;
use outrigger_social::id::{PostId, UserId};
use outrigger_social::{Observation, wire};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::workload::{CONVERSATIONS, FEED_POSTS, Targets};

/// When everything in it was made.
const MADE: &str = "2026-09-01T08:00:00.000Z";

/// The signed-in user.
pub fn me() -> wire::User {
    wire::User {
        id: "usr_me".to_owned(),
        name: "me".to_owned(),
    }
}

fn friend(number: usize) -> Value {
    json!({ "id": format!("usr_{number:04}"), "name": format!("friend{number}") })
}

/// The reads that bring it.
pub fn observations() -> Vec<Observation> {
    let posts = (0..FEED_POSTS).map(|number| {
        json!({
            "id": format!("post_{number:06}"), "author": friend(number % CONVERSATIONS), "text": format!("post number {number}"),
            "media": [], "counts": { "likes": 0, "comments": 0 }, "liked": false, "created_at": MADE, "updated_at": MADE, "version": 1,
        })
    });
    let conversations = (0..CONVERSATIONS).map(|number| {
        json!({ "id": format!("conv_{number:04}"), "with": friend(number), "last_message_at": null, "version": 1 })
    });
    let feed = Observation::feed(&page(posts.collect())).expect("BUG: an invented page is a page");
    let conversations =
        Observation::conversations(&page(conversations.collect())).expect("BUG: an invented page is a page");
    vec![feed.observation, conversations.observation]
}

fn page(items: Vec<Value>) -> Response {
    Response {
        status: 200,
        headers: vec![
            ("content-type".into(), "application/json".to_owned()),
            ("outrigger-epoch".into(), "bench".to_owned()),
        ],
        body: json!({ "items": items }).to_string().into_bytes(),
    }
}

/// What can be written on, once the device has taken the reads in.
pub fn targets(db: &Connection) -> rusqlite::Result<Targets> {
    let ids = Ids::new(db);
    let mut posts = Vec::with_capacity(FEED_POSTS);
    for number in 0..FEED_POSTS {
        let server_id = ServerId(format!("post_{number:06}"));
        posts.extend(ids.local_id(&PostId::KIND, &server_id)?.map(PostId));
    }
    let conversations =
        (0..CONVERSATIONS).map(|number| UserId::of_server(&format!("usr_{number:04}")).conversation());
    Ok(Targets {
        posts,
        conversations: conversations.collect(),
    })
}
