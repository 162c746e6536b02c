//! The protocol holds in every state of every small world, and each broken rule is found.

mod flaws;
mod sound;
