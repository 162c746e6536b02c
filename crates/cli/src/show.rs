//! How posts, comments, messages and people look in a terminal.
//!
//! Owns their layout, each with the mark that says where it stands. Never reads a database.

use outrigger_engine::EntityStatus;
use outrigger_engine::time::Wall;
use outrigger_social::id::short;
use outrigger_social::query::{
    CommentView, ConversationView, MediaView, MessageView, PostView, ProfileView, UserView,
};

use crate::style::{self, mark, paint};
use crate::text;

/// Characters of a message in a list.
const PREVIEW_CHARS: usize = 60;

/// A post.
pub(crate) fn post(post: &PostView, now: Wall) -> String {
    let mut lines = vec![head(
        short(post.id.0),
        &post.author,
        post.created_at,
        post.edited,
        now,
        &post.sync,
    )];
    lines.extend(body(&post.text, 2));
    lines.extend(post.media.iter().map(|media| picture(media, 2)));
    let heart = if post.liked { '♥' } else { '♡' };
    let like = match &post.like_sync {
        EntityStatus::Synced => String::new(),
        pending => format!(" {}", mark(pending)),
    };
    lines.push(format!(
        "  {}{like}{}",
        paint(style::DIM, format!("{heart} {}", post.likes)),
        paint(
            style::DIM,
            format!("   {}", text::count(post.comments, "comment", "comments"))
        )
    ));
    lines.join("\n")
}

/// A comment, set in below its post.
pub(crate) fn comment(comment: &CommentView, now: Wall) -> String {
    let head = head(
        short(comment.comment.id.0),
        &comment.author,
        comment.created_at,
        comment.edited,
        now,
        &comment.sync,
    );
    let mut lines = vec![format!("    {head}")];
    lines.extend(body(&comment.text, 6));
    lines.join("\n")
}

/// A message.
pub(crate) fn message(message: &MessageView, now: Wall) -> String {
    let mut lines = vec![head(
        short(message.message.id.0),
        &message.author,
        message.created_at,
        false,
        now,
        &message.sync,
    )];
    lines.extend(body(&message.text, 2));
    lines.extend(message.media.iter().map(|media| picture(media, 2)));
    lines.join("\n")
}

/// A conversation, with the last that was said in it.
pub(crate) fn conversation(conversation: &ConversationView, now: Wall) -> String {
    let with = name(&conversation.with);
    match &conversation.last {
        None => format!("{with}  {}", paint(style::DIM, "no messages here yet")),
        Some(last) => format!(
            "{with}  {}  {} {}",
            text::cut(&said(last), PREVIEW_CHARS),
            paint(style::DIM, text::ago(last.created_at, now)),
            mark(&last.sync)
        ),
    }
}

/// Somebody.
pub(crate) fn profile(profile: &ProfileView) -> String {
    let followed = match (profile.followed, &profile.follow_sync) {
        (true, EntityStatus::Synced) => "  followed by you".to_owned(),
        (false, EntityStatus::Synced) => String::new(),
        (true, pending) => format!("  followed by you {}", mark(pending)),
        (false, pending) => format!("  no longer followed by you {}", mark(pending)),
    };
    format!(
        "{}{followed}\n{}",
        name(&profile.user),
        paint(
            style::DIM,
            format!(
                "{}, {}, follows {}",
                text::count(profile.posts, "post", "posts"),
                text::count(profile.followers, "follower", "followers"),
                profile.following
            )
        )
    )
}

fn head(id: String, author: &UserView, at: Wall, edited: bool, now: Wall, status: &EntityStatus) -> String {
    let edited = if edited { ", edited" } else { "" };
    let about = format!("{id} · {}{edited}", text::ago(at, now));
    format!("{}  {}  {}", name(author), paint(style::DIM, about), mark(status))
}

fn body(words: &str, columns: usize) -> Option<String> {
    (!words.is_empty()).then(|| text::indent(words, columns))
}

fn picture(media: &MediaView, columns: usize) -> String {
    let what = format!(
        "[{}, {}]",
        text::one_line(&media.media_type),
        text::bytes(media.size)
    );
    format!("{}{}", " ".repeat(columns), paint(style::ACCENT, what))
}

fn said(message: &MessageView) -> String {
    match (message.text.is_empty(), message.media.first()) {
        (true, Some(media)) => format!("[{}]", media.media_type),
        _ => message.text.clone(),
    }
}

fn name(user: &UserView) -> String {
    match user.name.as_str() {
        "" => paint(style::DIM, "somebody"),
        name => paint(style::BOLD, format!("@{}", text::one_line(name))),
    }
}
