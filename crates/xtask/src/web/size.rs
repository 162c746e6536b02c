//! How much a browser loads of the package.
//!
//! Owns the budget. Never the app's: that is an example.

use super::bundle::Bundle;
use crate::shell::Failure;

/// The wasm and all JavaScript of the package, by gzip.
const BYTES_MAX: usize = 900 * 1000;

pub(super) fn check(bundle: &Bundle) -> Result<(), Failure> {
    let mut sum = 0;
    for (path, (bytes, gzipped)) in &bundle.sizes {
        let is_counted = path.starts_with("package/") && (path.ends_with(".js") || path.ends_with(".wasm"));
        if is_counted {
            println!("{:>9} {:>9}  {path}", told(*bytes), told(*gzipped));
            sum += gzipped;
        }
    }
    let all = format!(
        "the package is {} by gzip, of {} at most",
        told(sum),
        told(BYTES_MAX)
    );
    if sum > BYTES_MAX {
        return Err(Failure::new(all));
    }
    println!("{all}");
    Ok(())
}

fn told(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}
