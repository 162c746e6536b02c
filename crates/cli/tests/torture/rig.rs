//! The parts of `outrigger demo` that the tests stand on: the same world, network, user and audit.
//!
//! Owns nothing.

#[path = "../../src/demo/audit.rs"]
pub(crate) mod audit;
#[path = "../../src/demo/fault.rs"]
pub(crate) mod fault;
#[path = "../../src/demo/ledger.rs"]
pub(crate) mod ledger;
#[path = "../../src/demo/lines.rs"]
pub(crate) mod lines;
#[path = "../../src/demo/message.rs"]
pub(crate) mod message;
#[path = "../../src/demo/pilot.rs"]
pub(crate) mod pilot;
#[path = "../../src/demo/place.rs"]
pub(crate) mod place;
#[path = "../../src/demo/png.rs"]
pub(crate) mod png;
#[path = "../../src/demo/process.rs"]
pub(crate) mod process;
#[path = "../../src/demo/proxy.rs"]
pub(crate) mod proxy;
#[path = "../../src/demo/remote.rs"]
pub(crate) mod remote;
#[path = "../../src/demo/trouble.rs"]
pub(crate) mod trouble;
#[path = "../../src/demo/workload.rs"]
pub(crate) mod workload;
#[path = "../../src/demo/world.rs"]
pub(crate) mod world;
