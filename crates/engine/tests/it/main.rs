//! The engine from outside.

mod scenarios;
