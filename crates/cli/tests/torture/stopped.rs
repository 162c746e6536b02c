//! A server that stands still for longer than anybody waits for an answer, and then gives it.

use crate::play::Play;
use crate::setup::Setup;
use crate::signal;

const WORLDS: u64 = 2;
/// Writes while it stands still.
const WRITES: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_at_any_moment_answers_too_late_and_nothing_is_doubled() {
    for seed in crate::seeds(WORLDS) {
        let mut play = Play::begin(Setup::fair(seed)).await;
        play.start_client().await;
        let hold = play.hold_some_request().await;
        signal::stop(&play.world.server.child).await;
        // Whether the server has the request, or has answered it: of the next one it has heard nothing.
        drop(hold);
        play.write().await;
        play.until("it was given up", |state| {
            state
                .message
                .as_ref()
                .is_some_and(|said| said.contains("no answer"))
        })
        .await;
        for _ in 0..WRITES {
            play.write().await;
        }
        signal::go_on(&play.world.server.child);
        play.settle().await;
        play.inspect();
        play.end().await;
    }
}
