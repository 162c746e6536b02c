//! Laws, over histories that nobody thought of: repeating any part of a history changes nothing, counts are counts, and a
//! batch ends as its items would alone.

use outrigger_server::exchange::Request;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{Device, Person, World};

/// One thing that somebody does to the posts there are.
#[derive(Debug, Clone)]
enum Step {
    Post,
    Edit(usize),
    Delete(usize),
    Like(usize),
    Unlike(usize),
    Comment(usize),
    Follow,
    Unfollow,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Post),
        1 => any::<usize>().prop_map(Step::Edit),
        1 => any::<usize>().prop_map(Step::Delete),
        2 => any::<usize>().prop_map(Step::Like),
        1 => any::<usize>().prop_map(Step::Unlike),
        2 => any::<usize>().prop_map(Step::Comment),
        1 => Just(Step::Follow),
        1 => Just(Step::Unfollow),
    ];
    prop::collection::vec(step, 1..25)
}

/// The request of a step, about one of the posts made so far.
fn request(step: &Step, posts: &[String], other: &str) -> Request {
    let post = |which: usize| {
        posts
            .get(which % posts.len().max(1))
            .cloned()
            .unwrap_or_else(|| "/v1/posts/post_none".to_owned())
    };
    let text = json!({"text": "x"});
    match step {
        Step::Post => Request::new("POST", "/v1/posts").json(&text),
        Step::Edit(which) => Request::new("PATCH", post(*which)).json(&text),
        Step::Delete(which) => Request::new("DELETE", post(*which)),
        Step::Like(which) => Request::new("PUT", format!("{}/like", post(*which))),
        Step::Unlike(which) => Request::new("DELETE", format!("{}/like", post(*which))),
        Step::Comment(which) => Request::new("POST", format!("{}/comments", post(*which))).json(&text),
        Step::Follow => Request::new("PUT", format!("/v1/users/{other}/follow")),
        Step::Unfollow => Request::new("DELETE", format!("/v1/users/{other}/follow")),
    }
}

/// Everything that can be seen.
fn seen(people: &[Person<'_>]) -> Vec<Value> {
    let mut all = Vec::new();
    for person in people {
        let feed = person.get("/v1/feed?scope=everyone&limit=100").ok();
        for post in feed["items"].as_array().unwrap() {
            let id = post["id"].as_str().unwrap();
            let comments = person.get(&format!("/v1/posts/{id}/comments?limit=100")).ok();
            let count = comments["items"].as_array().unwrap().len();
            assert_eq!(post["counts"]["comments"], count, "counts are counts");
            let likes = |person: &Person<'_>| person.get(&format!("/v1/posts/{id}")).ok()["liked"] == true;
            let count = people.iter().filter(|person| likes(person)).count();
            assert_eq!(post["counts"]["likes"], count, "counts are counts");
            all.push(comments);
        }
        all.push(feed);
        for other in people {
            all.push(person.get(&format!("/v1/users/{}", other.id)).ok());
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn repeating_a_history_changes_nothing(steps in steps(), whose in any::<u32>()) {
        let world = World::new();
        let people = [world.sign_up("alice"), world.sign_up("bob")];
        let devices = [Device::new(1), Device::new(2)];
        let mut posts = Vec::new();
        let mut sent = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let who = (whose >> number) as usize % 2;
            let request = devices[who].stamp(request(step, &posts, &people[1 - who].id));
            let answer = people[who].send(&request);
            if let Step::Post = step {
                posts.push(answer.location());
            }
            sent.push((who, request, answer));
        }
        let before = seen(&people);
        for (who, request, first) in &sent {
            let again = people[*who].send(request);
            prop_assert!(again.is_replayed());
            prop_assert_eq!(again.response.status, first.response.status);
            prop_assert_eq!(again.response.bytes(), first.response.bytes());
        }
        prop_assert_eq!(seen(&people), before);
    }

    #[test]
    fn a_batch_ends_as_its_items_would_alone(steps in steps()) {
        let alone = World::new();
        let together = World::new();
        let worlds = [&alone, &together];
        let [one, batched] = worlds.map(|world| [world.sign_up("alice"), world.sign_up("bob")]);
        prop_assert_eq!(&one[1].id, &batched[1].id, "the same seed makes the same world");
        // Posts that are there before, so that both histories name the same ones.
        let posts: Vec<_> = (0..3).map(|_| one[0].says("x")).collect();
        for _ in 0..3 {
            batched[0].says("x");
        }
        let mut statuses = Vec::new();
        let mut items = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let request = request(step, &posts, &one[1].id);
            statuses.push(json!(one[0].send(&request).response.status));
            let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            items.push(json!({"id": number.to_string(), "method": request.method, "url": request.url, "body": body}));
        }
        let answer = batched[0].post("/v1/batch", json!({"requests": items})).ok();
        let answered: Vec<_> =
            answer["responses"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
        prop_assert_eq!(answered, statuses);
        prop_assert_eq!(seen(&one).len(), seen(&batched).len());
    }
}
