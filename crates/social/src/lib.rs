//! The social app on Outrigger.

pub mod limits;
pub mod wire;
