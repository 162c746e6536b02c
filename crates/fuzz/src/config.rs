//! What is set from outside: a server's address, and `account.json`. Read by the very code of `outrigger`.
//!
//! Owns what must hold of it: what is taken is taken back in the same way, and what is refused repeats nothing of a secret.

use std::path::{Component, Path};

use settings::{Account, server};

#[path = "../../cli/src/settings.rs"]
mod settings;

/// Put into each address as its user's password.
const SECRET: &str = "hush-7f3a";

/// The input is a file; and each line of it is an address, once as it is and once with a password in it.
pub fn config(bytes: &[u8]) {
    file(bytes);
    for line in String::from_utf8_lossy(bytes).lines() {
        address(line);
        if let Some((scheme, rest)) = line.split_once("://") {
            address(&format!("{scheme}://alice:{SECRET}@{rest}"));
        }
    }
}

fn file(bytes: &[u8]) {
    let Some(account) = Account::read(bytes) else {
        return;
    };
    let mut folder = Path::new(&account.id).components();
    assert!(
        matches!((folder.next(), folder.next()), (Some(Component::Normal(name)), None) if name == account.id.as_str()),
        "{:?} names no folder of the home folder",
        account.id
    );
    assert_eq!(server(account.server.as_str()).as_ref(), Ok(&account.server));
    let written = account.written().expect("BUG: an account is JSON");
    assert_eq!(Account::read(&written), Some(account));
}

fn address(text: &str) {
    let read = server(text);
    match &read {
        Ok(url) => {
            assert!(
                url.username().is_empty() && url.password().is_none(),
                "{url} holds a secret"
            );
            assert!(
                matches!(url.scheme(), "http" | "https") && url.host().is_some(),
                "{url}"
            );
            assert_eq!(server(url.as_str()).as_ref(), Ok(url));
        }
        Err(said) => assert!(!said.is_empty() && !said.contains(SECRET), "{said}"),
    }
    // A file is as particular as a command line.
    let file = serde_json::json!({ "server": text, "id": "usr_1", "name": "alice" });
    let account = Account::read(file.to_string().as_bytes());
    assert_eq!(account.map(|account| account.server), read.ok());
}
