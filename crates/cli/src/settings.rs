//! What is set from outside: a server's address, and `account.json`, which says who is signed in, and where.
//!
//! Owns how both are read, and that neither holds a secret. Never touches a file: the fuzzer reads with it, too (`crates/fuzz`).

use serde::{Deserialize, Serialize};
use url::Url;

/// Where a server listens that was started without options.
pub(crate) const SERVER: &str = "http://127.0.0.1:8420";

/// Reads a server's address. What is said of one that cannot be used repeats nothing of it.
pub(crate) fn server(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; it looks like {SERVER}"))?;
    match url.scheme() {
        // It would be kept and shown.
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err("it holds no name and no password: they are asked for".to_owned())
        }
        "http" | "https" if url.host().is_some() => Ok(url),
        _ => Err(format!("it begins with http:// or https://, as {SERVER}")),
    }
}

/// Who is signed in, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The server's base URL.
    #[serde(with = "as_text")]
    pub(crate) server: Url,
    /// The server's id of the account.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
}

/// URLs in files: such as a server's address may be.
mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use url::Url;

    pub(super) fn serialize<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(url.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::server(&text).map_err(D::Error::custom)
    }
}

impl Account {
    /// What the file says, if it is one that this program may have written.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let account: Option<Self> = serde_json::from_slice(bytes).ok();
        account.filter(Self::has_folder_name)
    }

    /// What the file is to say.
    pub(crate) fn written(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
    }

    /// Whether the server's id may name a folder here.
    pub(crate) fn has_folder_name(&self) -> bool {
        let alphabet = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        (1..=100).contains(&self.id.len()) && self.id.chars().all(alphabet) && self.id != "server"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_an_address_without_a_name_and_a_password() {
        assert_eq!(server(SERVER).unwrap().as_str(), "http://127.0.0.1:8420/");
        for wrong in ["", "nowhere", "ftp://example.org", "https://"] {
            assert!(server(wrong).unwrap_err().contains(SERVER), "{wrong:?}");
        }
        for secret in [
            "https://alice:hush@example.org",
            "https://hush@example.org",
            "ssh://:hush@x",
        ] {
            let said = server(secret).unwrap_err();
            assert!(!said.contains("hush"), "{said}");
        }
    }

    #[test]
    fn a_file_with_a_secret_or_another_kind_of_server_is_not_ours() {
        let file = |server: &str| format!(r#"{{"server": "{server}", "id": "usr_1", "name": "alice"}}"#);
        assert!(Account::read(file(SERVER).as_bytes()).is_some());
        for wrong in ["https://alice:hush@example.org", "file:///etc", "data:x"] {
            assert_eq!(Account::read(file(wrong).as_bytes()), None, "{wrong}");
        }
    }
}
