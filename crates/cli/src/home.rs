//! The home folder: where an account's things are.
//!
//! Owns its layout; what `account.json` says is [`crate::settings`]'s:
//!
//! ```text
//! account.json            who is signed in, and where
//! session.json            the session (0600), or a note that the keyring holds it
//! <account>/outrigger.db  the account's database
//! <account>/files/        attachments that wait
//! server/                 the data of `outrigger serve`
//! ```
//!
//! Never opens a database.

use outrigger_client::SessionFile;
use outrigger_social::wire;
use std::env;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::settings::Account;

impl Account {
    /// The same, as the social app knows it.
    pub(crate) fn user(&self) -> wire::User {
        wire::User {
            id: self.id.clone(),
            name: self.name.clone(),
        }
    }
}

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    path: PathBuf,
}

impl Home {
    /// The one that was named, else the one of this user of the system.
    pub(crate) fn find(named: Option<PathBuf>) -> Result<Self, Error> {
        let path = named
            // As an empty variable is.
            .filter(|path| !path.as_os_str().is_empty())
            .or_else(data_folder)
            .ok_or_else(|| Error::Failed("there is no home folder: name one with --home".to_owned()))?;
        // Else it would mean another folder after a change of directory.
        let path = std::path::absolute(&path).map_err(|error| Error::file("find", &path, error))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Who is signed in.
    pub(crate) fn account(&self) -> Result<Option<Account>, Error> {
        let path = self.account_file();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", &path, error)),
        };
        match Account::read(&bytes) {
            Some(account) => Ok(Some(account)),
            None => Err(Error::NeedsYou {
                message: format!("{} cannot be read: it was changed or cut short", path.display()),
                advice: "move it away and sign in again; what waits is kept in its own folder".to_owned(),
            }),
        }
    }

    /// Notes who is signed in, in one step.
    pub(crate) fn keep_account(&self, account: &Account) -> Result<(), Error> {
        if !account.has_folder_name() {
            return Err(Error::Refused {
                detail: format!("it gave the account an id that cannot be used: {:?}", account.id),
            });
        }
        let path = self.account_file();
        let draft = self.path.join("account.json.new");
        let keep = || -> io::Result<()> {
            make_private_folder(&self.path)?;
            let mut file = File::create(&draft)?;
            file.write_all(&account.written()?)?;
            file.sync_all()?;
            fs::rename(&draft, &path)
        };
        keep().map_err(|error| Error::file("write", &path, error))
    }

    /// Nobody is signed in from now on.
    pub(crate) fn forget_account(&self) -> Result<(), Error> {
        let path = self.account_file();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", &path, error)),
            _ => Ok(()),
        }
    }

    /// What holds the session, or says where it is.
    pub(crate) fn session_file(&self) -> SessionFile {
        SessionFile::new(self.path.join("session.json"))
    }

    /// What belongs to an account.
    pub(crate) fn folder(&self, account: &Account) -> PathBuf {
        self.path.join(&account.id)
    }

    /// An account's database.
    pub(crate) fn database(&self, account: &Account) -> PathBuf {
        self.folder(account).join("outrigger.db")
    }

    /// An account's attachments that wait.
    pub(crate) fn files(&self, account: &Account) -> PathBuf {
        self.folder(account).join("files")
    }

    /// The data of a server that runs here.
    pub(crate) fn server_data(&self) -> PathBuf {
        self.path.join("server")
    }

    /// Keeps other processes out of an account's database, as long as what is given back lives. One that is in it is an error: what it
    /// has open must not be removed.
    pub(crate) fn hold_alone(&self, account: &Account) -> Result<Option<File>, Error> {
        // The client's own lock file: each process that has the database open holds it, shared.
        let path = self.folder(account).join("outrigger.db.lock");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("open", &path, error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::Error(error)) => Err(Error::file("lock", &path, error)),
            Err(TryLockError::WouldBlock) => Err(Error::NeedsYou {
                message: "another outrigger is running in this home folder".to_owned(),
                advice: "end it first; nothing was removed".to_owned(),
            }),
        }
    }

    /// Removes all that belongs to an account, overwritten.
    pub(crate) fn remove(&self, account: &Account) -> Result<(), Error> {
        let folder = self.folder(account);
        outrigger_client::erase_folder(&folder).map_err(|error| Error::file("remove", &folder, error))
    }

    fn account_file(&self) -> PathBuf {
        self.path.join("account.json")
    }
}

/// Makes a file that only its owner may read; there must be none.
pub(crate) fn make_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Where this user of the system keeps the data of programs (XDG base directories; `LOCALAPPDATA` on Windows).
fn data_folder() -> Option<PathBuf> {
    let variable = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let data = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| variable("LOCALAPPDATA"));
    let data = data.or_else(|| Some(variable("HOME")?.join(".local/share")));
    Some(data?.join("outrigger"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn account(id: &str) -> Account {
        Account {
            server: Url::parse("http://127.0.0.1:8420").unwrap(),
            id: id.to_owned(),
            name: "alice".to_owned(),
        }
    }

    #[test]
    fn the_account_is_noted_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::find(Some(folder.path().join("deep/home"))).unwrap();
        assert_eq!(home.account().unwrap(), None);
        home.keep_account(&account("usr_1")).unwrap();
        home.keep_account(&account("usr_2")).unwrap();
        assert_eq!(home.account().unwrap(), Some(account("usr_2")));
        home.forget_account().unwrap();
        home.forget_account().unwrap();
        assert_eq!(home.account().unwrap(), None);
    }

    #[test]
    fn a_server_cannot_choose_a_folder_outside() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::find(Some(folder.path().to_owned())).unwrap();
        for id in ["", "..", "a/b", "/etc", "server", "a\\b"] {
            assert!(home.keep_account(&account(id)).is_err(), "{id:?}");
        }
        fs::write(
            folder.path().join("account.json"),
            serde_json::to_vec(&account("../x")).unwrap(),
        )
        .unwrap();
        assert!(matches!(home.account(), Err(Error::NeedsYou { .. })));
    }
}
