//! The limits on what people write: one rule for both sides, checked by the client before it queues and by the server again.
//!
//! Owns numbers and the checks made of them. Never looks at a database.

/// Characters (Unicode scalar values) in a post.
pub const POST_TEXT_MAX: usize = 5_000;
/// Characters in a comment.
pub const COMMENT_TEXT_MAX: usize = 2_000;
/// Characters in a message.
pub const MESSAGE_TEXT_MAX: usize = 2_000;
/// Pictures and clips in a post.
pub const POST_MEDIA_MAX: usize = 10;
/// Pictures and clips in a message.
pub const MESSAGE_MEDIA_MAX: usize = 1;
/// Bytes of one file.
pub const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Media types that can be shown.
pub const MEDIA_TYPES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4"];

/// What is wrong with a text or a name, in words a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing but white space, and no media beside it.
    #[error("the text is empty: write something")]
    Empty,
    /// More characters than allowed.
    #[error("the text has {have} characters, {max} are allowed: shorten it")]
    TooLong {
        /// How many it has.
        have: usize,
        /// How many are allowed.
        max: usize,
    },
    /// More media than allowed.
    #[error("{have} files are attached, {max} are allowed: leave some out")]
    TooManyMedia {
        /// How many are attached.
        have: usize,
        /// How many are allowed.
        max: usize,
    },
    /// A file that is empty or too large.
    #[error("a file of {have} bytes is attached, 1 to {max} are allowed: take a smaller one")]
    FileSize {
        /// How many bytes it has.
        have: u64,
        /// How many are allowed.
        max: u64,
    },
    /// A file of a type that cannot be shown.
    #[error("files of type {have} are not taken: attach a PNG, JPEG, GIF, WebP or MP4")]
    FileType {
        /// Its media type.
        have: String,
    },
    /// A user name outside its alphabet or length.
    #[error("a name has 2 to 32 of the characters a-z, 0-9 and _")]
    Name,
    /// A password outside its length.
    #[error("a password has 8 to 128 characters")]
    Password,
}

fn text(text: &str, max: usize, may_be_empty: bool) -> Result<(), Refused> {
    let have = text.chars().count();
    if have > max {
        return Err(Refused::TooLong { have, max });
    }
    if !may_be_empty && text.trim().is_empty() {
        return Err(Refused::Empty);
    }
    Ok(())
}

fn media(have: usize, max: usize) -> Result<(), Refused> {
    if have > max {
        Err(Refused::TooManyMedia { have, max })
    } else {
        Ok(())
    }
}

/// Checks a new post.
pub fn post(content: &str, media_count: usize) -> Result<(), Refused> {
    media(media_count, POST_MEDIA_MAX)?;
    text(content, POST_TEXT_MAX, media_count > 0)
}

/// Checks a new or edited comment.
pub fn comment(content: &str) -> Result<(), Refused> {
    text(content, COMMENT_TEXT_MAX, false)
}

/// Checks a new message.
pub fn message(content: &str, media_count: usize) -> Result<(), Refused> {
    media(media_count, MESSAGE_MEDIA_MAX)?;
    text(content, MESSAGE_TEXT_MAX, media_count > 0)
}

/// Checks a file that is to be attached.
pub fn file(media_type: &str, size: u64) -> Result<(), Refused> {
    if !(1..=FILE_BYTES_MAX).contains(&size) {
        return Err(Refused::FileSize {
            have: size,
            max: FILE_BYTES_MAX,
        });
    }
    if !MEDIA_TYPES.contains(&media_type) {
        let have = media_type.to_owned();
        return Err(Refused::FileType { have });
    }
    Ok(())
}

/// Checks a user name.
pub fn name(name: &str) -> Result<(), Refused> {
    let alphabet = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if (2..=32).contains(&name.len()) && name.chars().all(alphabet) {
        Ok(())
    } else {
        Err(Refused::Name)
    }
}

/// Checks a password.
pub fn password(password: &str) -> Result<(), Refused> {
    if (8..=128).contains(&password.chars().count()) {
        Ok(())
    } else {
        Err(Refused::Password)
    }
}
