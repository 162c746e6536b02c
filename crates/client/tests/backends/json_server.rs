//! json-server 0.17.4: integer ids, no keys, no batches, no problem details, and ids of deleted rows given anew.

use outrigger_client::engine::app::{
    Accepted, App, Applied, Facts, Merge, Observed, Recognition, Request, Unresolved,
};
use outrigger_client::engine::http::{HttpRequest, Response};
use outrigger_client::engine::idmap::{IdMap, Ids};
use outrigger_client::engine::ids::Entity;
use outrigger_client::engine::{EntityStatus, SyncKind, Write};
use rusqlite::Connection;
use serde_json::json;

use crate::backend::JsonServer;
use crate::road::Manner;
use crate::todo::{Mutation, Seen, Todos, refresh};
use crate::world::{World, add, arrived, idle, rename, shown, state_like, tick};

fn entry(text: &str, done: bool) -> (String, bool) {
    (text.to_owned(), done)
}

#[tokio::test]
async fn what_is_written_offline_arrives_and_learns_its_ids() {
    let world = World::with(json!([])).await;
    let phone = world.device("phone", Todos).await;
    phone.set_online(false).await.unwrap();
    let (milk, bread, tea) = (phone.new_id(), phone.new_id(), phone.new_id());
    let offline = [
        add(milk, "milk"),
        tick(milk),
        add(bread, "bread"),
        add(tea, "tea"),
        Mutation::Remove(tea),
    ];
    let writes = offline.into_iter().map(Write::from).collect();
    phone.mutate_all(writes).await.unwrap();
    assert_eq!(shown(&phone).await, [entry("bread", false), entry("milk", true)]);
    assert_eq!(
        state_like(&phone, |state| state.pending == 3).await.kind,
        SyncKind::Offline
    );
    assert!(world.server.rows().await.is_empty());

    phone.set_online(true).await.unwrap();
    idle(&phone).await;
    assert_eq!(
        world.server.entries().await,
        [entry("bread", false), entry("milk", true)]
    );
    assert!(world.server.rows().await.iter().all(|row| row["id"].is_i64()));
    assert_eq!(phone.entity_status(milk).await.unwrap(), EntityStatus::Synced);

    phone.mutate(rename(milk, "oat milk")).await.unwrap();
    phone.mutate(Mutation::Remove(bread)).await.unwrap();
    idle(&phone).await;
    assert_eq!(world.server.entries().await, [entry("oat milk", true)]);
    assert_eq!(shown(&phone).await, [entry("oat milk", true)]);
    phone.close().await.unwrap();
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_and_not_sent_again() {
    let world = World::with(json!([])).await;
    let phone = world.device("phone", Todos).await;
    world.road.behave(Manner::LosesAnswer("POST"));
    let milk = phone.new_id();
    let written = phone.mutate(add(milk, "milk")).await.unwrap();
    arrived(written).await;
    assert_eq!(world.server.rows().await.len(), 1);
    let sent = world.road.travelled();
    assert_eq!(
        sent.iter().filter(|line| *line == "POST /todos").count(),
        1,
        "{sent:?}"
    );
    assert!(
        sent.contains(&format!("GET /todos?client_ref={milk}")),
        "{sent:?}"
    );
    // The id was learned from what was found.
    arrived(phone.mutate(tick(milk)).await.unwrap()).await;
    assert_eq!(world.server.entries().await, [entry("milk", true)]);
    phone.close().await.unwrap();
}

/// json-server leaves out a filter by a column that no row has: it answers the look-up with a row of somebody else's.
#[tokio::test]
async fn a_create_that_was_lost_on_its_way_is_sent_again() {
    let world = World::with(json!([{ "id": 7, "text": "theirs", "done": false }])).await;
    let phone = world.device("phone", Todos).await;
    world.road.behave(Manner::LosesRequest("POST"));
    let milk = phone.new_id();
    arrived(phone.mutate(add(milk, "milk")).await.unwrap()).await;
    arrived(phone.mutate(tick(milk)).await.unwrap()).await;
    assert_eq!(
        world.server.entries().await,
        [entry("milk", true), entry("theirs", false)]
    );
    assert_eq!(world.server.rows().await[1]["id"], 8);
    let sent = world.road.travelled();
    assert_eq!(
        sent.iter().filter(|line| *line == "POST /todos").count(),
        2,
        "{sent:?}"
    );
    phone.close().await.unwrap();
}

/// The limit that is documented: without keys and without a look-up a create is sent at least once.
#[tokio::test]
async fn without_a_look_up_a_lost_answer_makes_two_rows() {
    let world = World::with(json!([])).await;
    let phone = world.device("phone", WithoutLookUp(Todos)).await;
    world.road.behave(Manner::LosesAnswer("POST"));
    let milk = phone.new_id();
    arrived(phone.mutate(add(milk, "milk")).await.unwrap()).await;
    let rows = world.server.rows().await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows.iter().all(|row| row["client_ref"] == json!(milk)),
        "{rows:?}"
    );
    // What sets a state may be sent twice without harm.
    world.road.behave(Manner::LosesAnswer("PATCH"));
    arrived(phone.mutate(tick(milk)).await.unwrap()).await;
    world.road.behave(Manner::LosesAnswer("DELETE"));
    arrived(phone.mutate(Mutation::Remove(milk)).await.unwrap()).await;
    assert_eq!(world.server.entries().await, [entry("milk", false)]);
    phone.close().await.unwrap();
}

#[tokio::test]
async fn a_server_that_was_stopped_costs_nothing() {
    let mut world = World::with(json!([])).await;
    let phone = world.device("phone", Todos).await;
    arrived(phone.mutate(add(phone.new_id(), "milk")).await.unwrap()).await;

    world.server.stop().await;
    let bread = phone.mutate(add(phone.new_id(), "bread")).await.unwrap();
    let state = state_like(&phone, |state| state.kind == SyncKind::Offline).await;
    assert_eq!((state.pending, state.failed), (1, 0));
    assert_eq!(shown(&phone).await, [entry("bread", false), entry("milk", false)]);

    world.server = JsonServer::start(&world.file()).await;
    world.road.lead_to(world.server.address);
    phone.trigger_sync().await.unwrap();
    arrived(bread).await;
    assert_eq!(
        world.server.entries().await,
        [entry("bread", false), entry("milk", false)]
    );
    phone.close().await.unwrap();
}

#[tokio::test]
async fn a_portal_acknowledges_nothing() {
    let world = World::with(json!([])).await;
    let phone = world.device("phone", Todos).await;
    world.road.behave(Manner::Portal);
    let milk = phone.mutate(add(phone.new_id(), "milk")).await.unwrap();
    world.road.saw("POST /todos").await;
    let state = state_like(&phone, |state| state.kind == SyncKind::Offline).await;
    assert_eq!((state.pending, state.failed), (1, 0));
    refresh(&phone).await.unwrap();
    assert_eq!(shown(&phone).await, [entry("milk", false)]);
    assert!(world.server.rows().await.is_empty());

    world.road.behave(Manner::Open);
    phone.trigger_sync().await.unwrap();
    arrived(milk).await;
    assert_eq!(world.server.entries().await, [entry("milk", false)]);
    phone.close().await.unwrap();
}

#[tokio::test]
async fn an_id_given_anew_is_the_newer_rows() {
    let world = World::with(json!([])).await;
    let phone = world.device("phone", Todos).await;
    let (milk, bread) = (phone.new_id(), phone.new_id());
    arrived(phone.mutate(add(milk, "milk")).await.unwrap()).await;
    arrived(phone.mutate(Mutation::Remove(milk)).await.unwrap()).await;
    arrived(phone.mutate(add(bread, "bread")).await.unwrap()).await;
    assert_eq!(world.server.rows().await[0]["id"], 1);
    arrived(phone.mutate(tick(bread)).await.unwrap()).await;
    assert_eq!(world.server.entries().await, [entry("bread", true)]);
    phone.close().await.unwrap();
}

#[tokio::test]
async fn two_devices_show_one_list() {
    let world = World::with(json!([{ "id": 7, "text": "theirs", "done": false }])).await;
    let (phone, laptop) = (
        world.device("phone", Todos).await,
        world.device("laptop", Todos).await,
    );
    let milk = phone.new_id();
    arrived(phone.mutate(add(milk, "milk")).await.unwrap()).await;
    refresh(&laptop).await.unwrap();
    assert_eq!(
        shown(&laptop).await,
        [entry("milk", false), entry("theirs", false)]
    );

    // The reference is the local id, on whatever device.
    arrived(laptop.mutate(tick(milk)).await.unwrap()).await;
    world.server.ask("DELETE", "/todos/7", None).await;
    for device in [&phone, &laptop] {
        refresh(device).await.unwrap();
        assert_eq!(shown(device).await, [entry("milk", true)]);
    }
    phone.close().await.unwrap();
    laptop.close().await.unwrap();
}

/// A read may come before it is known whether a create arrived: the row in it is the one that waits, not another.
#[tokio::test]
async fn a_row_is_shown_once_while_its_create_is_in_doubt() {
    let world = World::with(json!([])).await;
    let phone = world.device("phone", WithoutLookUp(Todos)).await;
    world.road.behave(Manner::LosesAnswer("POST"));
    phone.mutate(add(phone.new_id(), "milk")).await.unwrap();
    world.road.saw("GET /todos?_limit=1").await;
    phone.set_online(false).await.unwrap();
    refresh(&phone).await.unwrap();
    assert_eq!(shown(&phone).await, [entry("milk", false)]);
    phone.close().await.unwrap();
}

/// The same app, as an author might write it who knows no way to look a create up.
struct WithoutLookUp(Todos);

impl App for WithoutLookUp {
    type Mutation = Mutation;
    type Observation = Seen;
    const NAME: &'static str = Todos::NAME;
    const PAYLOAD_VERSION: u32 = Todos::PAYLOAD_VERSION;
    const MIGRATIONS: &'static [&'static str] = Todos::MIGRATIONS;

    fn facts(&self, mutation: &Mutation) -> Facts {
        self.0.facts(mutation)
    }

    fn coalesce(&self, old: &Mutation, new: &Mutation) -> Merge<Mutation> {
        self.0.coalesce(old, new)
    }

    fn apply(&self, db: &Connection, mutation: &Mutation) -> rusqlite::Result<Applied> {
        self.0.apply(db, mutation)
    }

    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
        self.0.load(db, entity)
    }

    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
        self.0.store(db, entity, row)
    }

    fn request(&self, mutation: &Mutation, ids: &Ids<'_>) -> Result<Request, Unresolved> {
        self.0.request(mutation, ids)
    }

    fn recognise(&self, response: &Response) -> Recognition {
        self.0.recognise(response)
    }

    fn accept(
        &self,
        db: &Connection,
        mutation: &Mutation,
        response: &Response,
        ids: &Ids<'_>,
    ) -> rusqlite::Result<Accepted> {
        self.0.accept(db, mutation, response, ids)
    }

    fn observe(&self, seen: &Seen, ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        self.0.observe(seen, ids)
    }

    fn probe(&self) -> HttpRequest {
        self.0.probe()
    }
}
