//! How close Outrigger comes to what the disk and the network allow, measured side by side in one run.

pub use outrigger_steps::{scene, workload};
