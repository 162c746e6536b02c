//! The client over SQLCipher, built and tried.
//!
//! Owns building what stands outside of the workspace with the workspace's own versions. Never a part of what is built together: it would put
//! SQLCipher under everything.

use std::path::Path;

use crate::packages;
use crate::shell::{self, Failure};

pub(crate) const MANIFEST: &str = "proofs/sqlcipher/Cargo.toml";
const HEADER: &str = "/usr/include/openssl/crypto.h";

pub(crate) fn run() -> Result<(), Failure> {
    let is_there = || Path::new(HEADER).exists() || std::env::var_os("OPENSSL_DIR").is_some();
    if !packages::needed("OpenSSL's libcrypto, to build with,", is_there, &["libssl-dev"])? {
        println!("the encrypted database was not tried");
        return Ok(());
    }
    let (from, to) = (
        shell::root().join("Cargo.lock"),
        shell::root().join(MANIFEST).with_file_name("Cargo.lock"),
    );
    std::fs::copy(&from, &to)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", to.display())))?;
    shell::run(
        shell::cargo_command(&["test", "--quiet", "--manifest-path", MANIFEST])
            .env("CARGO_TARGET_DIR", shell::target()),
    )
}
