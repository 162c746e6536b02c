//! A server that stands still for longer than anybody waits for an answer, and then gives it.

use crate::play::Play;
use crate::rig::proxy::Point;
use crate::setup::Setup;
use crate::signal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_answers_too_late_and_nothing_is_doubled() {
    let mut play = Play::begin(Setup::fair(51)).await;
    play.start_client().await;
    let mut hold = play.world.proxy().hold(Point::Arrived, 0);
    play.write().await;
    hold.reached().await;
    signal::stop(&play.world.server.child).await;
    // The server has the request, and does not look at it.
    drop(hold);
    play.until("it was given up", |state| {
        state
            .message
            .as_ref()
            .is_some_and(|said| said.contains("no answer"))
    })
    .await;
    for _ in 0..10 {
        play.write().await;
    }
    signal::go_on(&play.world.server.child);
    play.settle().await;
    play.inspect();
    play.end().await;
}
