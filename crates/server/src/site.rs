//! The app for browsers, as files in memory.
//!
//! Owns the files and the forms in which they are kept: by gzip, as nearly everybody takes them, and as they are only once somebody has asked for that.
//! Never decides where they are served.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// What this server was built with: path, hash and the bytes by gzip; from `build.rs`.
const EMBEDDED: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// What is served to browsers beside the API. Cheap to clone.
#[derive(Clone, Default)]
pub struct Site(Arc<BTreeMap<String, File>>);

/// One file.
pub(crate) struct File {
    /// Of its bytes as they are, in hexadecimal.
    pub(crate) hash: String,
    pub(crate) gzipped: Bytes,
    plain: OnceLock<Bytes>,
}

impl Site {
    /// The app that was built before this server was (`cargo xtask web`); empty if none was.
    pub fn embedded() -> Self {
        let files = EMBEDDED.iter().map(|(path, hash, gzipped)| {
            let file = File {
                hash: (*hash).to_owned(),
                gzipped: Bytes::from_static(gzipped),
                plain: OnceLock::new(),
            };
            ((*path).to_owned(), file)
        });
        Self(Arc::new(files.collect()))
    }

    /// Another app: its files by their paths, such as `app/index.html` or `package/index.js`.
    pub fn of<P: Into<String>>(files: impl IntoIterator<Item = (P, Vec<u8>)>) -> Self {
        let files = files
            .into_iter()
            .map(|(path, bytes)| (path.into(), File::of(bytes)));
        Self(Arc::new(files.collect()))
    }

    /// Whether there is no app.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }
}

impl fmt::Debug for Site {
    /// The files are not shown: they are many, and long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files", self.0.len())
    }
}

impl File {
    fn of(bytes: Vec<u8>) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let gzipped = encoder.write_all(&bytes).and_then(|()| encoder.finish());
        Self {
            hash: Sha256::digest(&bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            gzipped: Bytes::from(gzipped.expect("BUG: memory can be written")),
            plain: OnceLock::from(Bytes::from(bytes)),
        }
    }

    /// The bytes as they are. Once inflated they stay: slow callers share them, however many they are.
    pub(crate) fn plain(&self) -> Bytes {
        let inflated = || {
            let mut bytes = Vec::new();
            GzDecoder::new(self.gzipped.as_ref())
                .read_to_end(&mut bytes)
                .expect("BUG: what was embedded is whole");
            Bytes::from(bytes)
        };
        self.plain.get_or_init(inflated).clone()
    }
}
