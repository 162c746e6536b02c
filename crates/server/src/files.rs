//! Files and folders that only their owner may read.
//!
//! Owns permissions and the fsync of folders. Never deletes anything.

use std::fs::{File, OpenOptions};
use std::path::Path;

use crate::error::Error;

/// Makes a folder for its owner only, or narrows one that is there.
pub(crate) fn make_private_folder(path: &Path) -> Result<(), Error> {
    let make = || -> std::io::Result<()> {
        std::fs::create_dir_all(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    };
    make().map_err(|source| Error::files(path, source))
}

/// Makes a file for its owner only, or narrows one that is there. SQLite gives its journals the same permissions.
pub(crate) fn make_private_file(path: &Path) -> Result<(), Error> {
    let make = || -> std::io::Result<()> {
        private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    };
    make().map_err(|source| Error::files(path, source))
}

/// Files made with these options are for their owner only.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes the entries of a folder durable, where the system can.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}
