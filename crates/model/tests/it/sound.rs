//! Every state of every world keeps every law. With `OUTRIGGER_MODEL_LONG=1` larger worlds are looked at too: minutes, and some gigabytes.

use outrigger_model::bounds::{Bounds, ClientCopy, ServerCopy};
use outrigger_model::report::look_at;

#[track_caller]
fn check(bounds: Bounds) {
    let report = look_at(bounds, 1);
    println!("{report}");
    assert!(report.is_whole && report.broken.is_empty(), "{report}");
    assert!(report.unseen.is_empty(), "a law says nothing here: {report}");
}

fn check_long(bounds: Bounds) {
    if std::env::var_os("OUTRIGGER_MODEL_LONG").is_some() {
        check(bounds);
    } else {
        println!("{:<36} left out: OUTRIGGER_MODEL_LONG=1 looks at it", bounds.name);
    }
}

fn two_lanes(name: &'static str) -> Bounds {
    Bounds {
        writes: 2,
        lanes: &[0, 1],
        batches: true,
        ..Bounds::plain(name)
    }
}

fn one_lane(name: &'static str) -> Bounds {
    Bounds {
        lanes: &[0, 0],
        ..two_lanes(name)
    }
}

#[test]
fn a_bad_network() {
    check(Bounds {
        batches: true,
        ..Bounds::plain("a bad network")
    });
}

#[test]
fn a_server_that_refuses() {
    check(Bounds {
        refusals: 1,
        at_once: 2,
        ..Bounds::plain("a server that refuses")
    });
    check(Bounds {
        refusals: 1,
        ..two_lanes("a server that refuses a batch")
    });
}

#[test]
fn a_restored_client() {
    check(Bounds {
        client: ClientCopy::Restored,
        ..Bounds::plain("a restored client")
    });
}

#[test]
fn a_restored_client_of_a_steady_server() {
    check(Bounds {
        client: ClientCopy::Restored,
        failures: false,
        ..Bounds::plain("a restored client, a steady server")
    });
}

#[test]
fn a_restored_client_with_batches() {
    check(Bounds {
        client: ClientCopy::Restored,
        ..two_lanes("a restored client with batches")
    });
}

#[test]
fn a_cloned_client() {
    check(Bounds {
        client: ClientCopy::Cloned,
        ..one_lane("a cloned client")
    });
}

#[test]
fn a_restored_server() {
    check(Bounds {
        server: ServerCopy::RestoredInNewEpoch,
        ..two_lanes("a restored server")
    });
    check(Bounds {
        server: ServerCopy::RestoredInNewEpoch,
        ..one_lane("a restored server, one lane")
    });
}

#[test]
fn a_server_restored_silently() {
    check(Bounds {
        server: ServerCopy::RestoredSilently,
        ..one_lane("a server restored silently")
    });
}

#[test]
fn long_a_restored_server() {
    check_long(Bounds {
        server: ServerCopy::RestoredInNewEpoch,
        failures: false,
        knows_epoch: true,
        ..Bounds::plain("a restored server, three writes")
    });
}

#[test]
fn long_a_cloned_client() {
    check_long(Bounds {
        client: ClientCopy::Cloned,
        batches: false,
        ..two_lanes("a cloned client, two lanes")
    });
}
