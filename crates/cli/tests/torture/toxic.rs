//! A network that does all that a network can do, to a client that nobody kills.

use crate::link::Wire;
use crate::play::Play;
use crate::rig::lines::Order;
use crate::setup::Setup;

/// Writes in one world.
const WRITES: usize = 60;
const WORLDS: u64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_narrow_crumbling_cut_reset_half_open_and_parted_connections_lose_and_double_nothing() {
    let mut rounds = 0;
    for seed in crate::seeds(WORLDS) {
        let mut play = Play::begin(Setup::toxic(seed)).await;
        play.start_client().await;
        for _ in 0..WRITES {
            play.write().await;
            play.pilot().tell(&Order::Sync).await.unwrap();
        }
        play.settle().await;
        rounds += play.link.rounds();
        play.end().await;
    }
    assert!(rounds > 0, "not everything was ever wrong with the wire");
}

/// The longest wait there is for an answer, once: nothing is given up before its time, and nothing waits for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_never_answers_is_given_up() {
    let mut play = Play::begin(Setup::fair(41)).await;
    play.link.set(Wire::HalfOpen);
    play.start_client().await;
    play.write().await;
    play.until("a request is under way", |state| state.in_flight > 0)
        .await;
    play.until("it was given up", |state| state.in_flight == 0).await;
    let message = play.pilot().state.message.clone().unwrap_or_default();
    assert!(message.contains("no answer within"), "{message}");
    play.link.set(Wire::Clean);
    play.write().await;
    play.end().await;
}
