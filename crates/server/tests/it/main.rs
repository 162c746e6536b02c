//! The server as its clients meet it: most tests hand requests to the core, those of HTTP itself use sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod batch;
mod conformance;
mod crawl;
mod http;
mod keys;
mod laws;
mod pages;
mod resources;
mod restart;
mod running;
mod sessions;
mod site;
mod uploads;
mod watermark;
mod world;
