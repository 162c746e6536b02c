//! Copying a file into the attachment folder, hashed and durable.
//!
//! Owns the copy and the words for what can be wrong with the file. The engine knows of the name before the first byte is copied, so that
//! nothing is left behind that it cannot find: that order is [`SyncService`](crate::SyncService)'s.

use outrigger_engine::StagedFile;
use outrigger_engine::ids::Sha256;
use sha2::Digest as _;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use crate::database::storage;
use crate::error::Error;
use crate::files;
use crate::media_type;

const CHUNK_BYTES: usize = 128 << 10;
/// What bytes without a file are called in an error.
const NAMELESS: &str = "the attachment";

/// Something to attach, opened and found usable.
#[derive(Debug)]
pub(crate) struct Source<R> {
    name: PathBuf,
    from: R,
    size_max: u64,
}

impl Source<File> {
    /// Opens a file. A device or pipe is not even opened, since that could wait for ever.
    pub(crate) fn file(path: PathBuf, size_max: u64) -> Result<Self, Error> {
        let found = std::fs::metadata(&path).map_err(|error| unreadable(&path, error))?;
        if !found.is_file() {
            return Err(Error::NotAFile { path });
        }
        let from = File::open(&path).map_err(|error| unreadable(&path, error))?;
        let size = from.metadata().map_err(|error| unreadable(&path, error))?.len();
        check_size(&path, size, size_max)?;
        Ok(Self {
            name: path,
            from,
            size_max,
        })
    }
}

impl Source<io::Cursor<Vec<u8>>> {
    /// Takes bytes.
    pub(crate) fn bytes(bytes: Vec<u8>, size_max: u64) -> Result<Self, Error> {
        let name = PathBuf::from(NAMELESS);
        check_size(&name, bytes.len() as u64, size_max)?;
        Ok(Self {
            name,
            from: io::Cursor::new(bytes),
            size_max,
        })
    }
}

impl<R: Read> Source<R> {
    /// Copies it into the folder under a name, and makes both durable. On an error nothing is left there.
    pub(crate) fn copy_into(self, folder: &Path, file: String) -> Result<StagedFile, Error> {
        let to = files::within(folder, &file)
            .ok_or_else(|| storage("write", folder, io::Error::other("BUG: it is no file name")))?;
        let copied = self.copy(&to).and_then(|copied| {
            files::sync_folder(folder).map_err(|error| storage("write", folder, error))?;
            Ok(copied)
        });
        let copied = copied.inspect_err(|_| {
            // The engine's sweep finds what cannot be removed now.
            let _ = files::remove(&to);
        })?;
        Ok(StagedFile {
            sha256: copied.sha256,
            file,
            size: copied.size,
            media_type: copied.media_type.to_owned(),
        })
    }

    fn copy(mut self, to: &Path) -> Result<Copied, Error> {
        let mut target = files::private(OpenOptions::new().write(true).create_new(true))
            .open(to)
            .map_err(|error| storage("write", to, error))?;
        let mut digest = sha2::Sha256::new();
        let mut head = Vec::with_capacity(media_type::HEAD_BYTES);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut size = 0;
        loop {
            let length = match self.from.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&self.name, error)),
            };
            let read = &chunk[..length];
            size += length as u64;
            // It may have grown since it was opened.
            check_size(&self.name, size, self.size_max)?;
            let missing = media_type::HEAD_BYTES - head.len();
            head.extend_from_slice(&read[..missing.min(length)]);
            digest.update(read);
            target
                .write_all(read)
                .map_err(|error| storage("write", to, error))?;
        }
        check_size(&self.name, size, self.size_max)?;
        target.sync_all().map_err(|error| storage("write", to, error))?;
        Ok(Copied {
            sha256: Sha256(digest.finalize().into()),
            size,
            media_type: media_type::sniff(&head),
        })
    }
}

struct Copied {
    sha256: Sha256,
    size: u64,
    media_type: &'static str,
}

fn check_size(name: &Path, size: u64, size_max: u64) -> Result<(), Error> {
    let path = || name.to_owned();
    match size {
        0 => Err(Error::FileEmpty { path: path() }),
        _ if size > size_max => Err(Error::FileTooLarge {
            path: path(),
            size,
            size_max,
        }),
        _ => Ok(()),
    }
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Error::FileMissing { path },
        _ => Error::FileUnreadable { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "0198c0de";

    fn staged(folder: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    #[test]
    fn a_file_is_copied_counted_hashed_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("cat.jpg"), folder.path().join("attachments"));
        files::create_private_folder(&to).unwrap();
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.resize(CHUNK_BYTES + 7, 42);
        std::fs::write(&from, &bytes).unwrap();
        let source = Source::file(from, bytes.len() as u64).unwrap();
        let file = source.copy_into(&to, NAME.to_owned()).unwrap();
        assert_eq!(file.sha256, Sha256::of(&bytes));
        assert_eq!(file.size, bytes.len() as u64);
        assert_eq!(file.media_type, "image/png");
        assert_eq!(std::fs::read(to.join(NAME)).unwrap(), bytes);
    }

    #[test]
    fn what_cannot_be_attached_is_said_in_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("empty"), b"").unwrap();
        std::fs::write(path("large"), b"12345").unwrap();
        let check = |name: &str| Source::file(path(name), 4).unwrap_err();
        assert!(matches!(check("none"), Error::FileMissing { .. }));
        assert!(matches!(check("large/none"), Error::FileMissing { .. }));
        assert!(matches!(check(""), Error::NotAFile { .. }));
        assert!(matches!(check("empty"), Error::FileEmpty { .. }));
        assert!(matches!(
            check("large"),
            Error::FileTooLarge {
                size: 5,
                size_max: 4,
                ..
            }
        ));
        assert!(matches!(
            Source::bytes(Vec::new(), 4),
            Err(Error::FileEmpty { .. })
        ));
        assert!(matches!(
            Source::bytes(vec![1; 5], 4),
            Err(Error::FileTooLarge { .. })
        ));
    }

    #[test]
    fn a_file_that_grows_or_breaks_while_it_is_copied_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let growing = Source {
            name: "growing".into(),
            from: io::repeat(1),
            size_max: 1 << 20,
        };
        let error = growing.copy_into(folder.path(), NAME.to_owned()).unwrap_err();
        assert!(matches!(error, Error::FileTooLarge { .. }));

        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("unplugged"))
            }
        }
        let broken = Source {
            name: "broken".into(),
            from: io::Cursor::new(b"some").chain(Broken),
            size_max: 1 << 20,
        };
        let error = broken.copy_into(folder.path(), NAME.to_owned()).unwrap_err();
        assert!(matches!(error, Error::FileUnreadable { .. }));
        assert!(staged(folder.path()).is_empty());
    }

    #[test]
    fn a_name_that_was_used_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), b"mine").unwrap();
        let source = Source::bytes(b"other".to_vec(), 10).unwrap();
        assert!(matches!(
            source.copy_into(folder.path(), NAME.to_owned()),
            Err(Error::Storage { .. })
        ));
    }
}
