//! The commands: one verb, one file.
//!
//! Owns the closed set of them and which file each is in. Never does any of it.

use clap::Subcommand;

use crate::context::Context;
use crate::demo::{self, DemoArgs, DemoClientArgs, DemoServerArgs};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::write::WaitArgs;

// Who one is.
mod signup;
mod login;
mod logout;

// Writing.
mod post;
mod comment;
mod like;
mod follow;
mod message;
mod enqueue;

// Reading.
mod feed;
mod thread;
mod conversations;
mod conversation;
mod profile;

// What is on its way.
mod status;
mod sync;
mod run;
mod queue;
mod online;
mod accept_server;
mod doctor;

// The rest.
mod bench;
mod serve;
mod completions;
mod man;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show in a few seconds that nothing is lost: a server, a client that is killed, and a network that fails
    Demo(DemoArgs),
    /// Make an account on a server, and sign in
    Signup(signup::Args),
    /// Sign in
    Login(login::Args),
    /// Sign out
    Logout(logout::Args),
    /// Write a post; or change or delete one
    Post(post::Args),
    /// Write a comment on a post; or change or delete one
    Comment(comment::Args),
    /// Like a post
    Like(like::Args),
    /// Like a post no longer
    Unlike(like::Args),
    /// Follow somebody
    Follow(follow::Args),
    /// Follow somebody no longer
    Unfollow(follow::Args),
    /// Send somebody a message
    Message(message::Args),
    /// Queue writes from a file of JSON lines
    Enqueue(enqueue::Args),
    /// Show the posts of the people you follow
    Feed(feed::Args),
    /// Show a post with its comments
    Thread(thread::Args),
    /// Show your conversations
    Conversations(conversations::Args),
    /// Show the messages of a conversation
    Conversation(conversation::Args),
    /// Show somebody's profile, or yours
    Profile(profile::Args),
    /// Say how the queue stands
    Status(status::Args),
    /// Send all that waits, then end
    Sync(sync::Args),
    /// Stay, and send whatever comes
    Run,
    /// Look into the queue, and decide on what needs you
    #[command(subcommand)]
    Queue(queue::Action),
    /// Stay offline until `outrigger online`
    Offline,
    /// Go online again
    Online(WaitArgs),
    /// Go on with a server that was restored from a backup
    AcceptServer(WaitArgs),
    /// Look for what is wrong, and say what to do
    Doctor,
    /// Measure on this machine how close it comes to what the disk and the network allow
    Bench(bench::Args),
    /// Run a server
    Serve(serve::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
    /// Write the manual pages into a folder
    Man(man::Args),
    /// The client process of a demonstration
    #[command(hide = true)]
    DemoClient(DemoClientArgs),
    /// The server process of a demonstration
    #[command(hide = true)]
    DemoServer(DemoServerArgs),
    /// The server process of a bench
    #[command(hide = true)]
    BenchServer(bench::ServerArgs),
    /// A process of a bench that opens a database and says what that took
    #[command(hide = true)]
    BenchOpen(bench::OpenArgs),
}

impl Command {
    /// Whether it is the server, which ends in its own way and logs more.
    pub(crate) const fn serves(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// Does it.
    pub(crate) async fn run(self, context: &Context<'_>) -> Result<ExitCode, Error> {
        match self {
            Self::Demo(args) => {
                let json = context.output.is_json();
                demo::run(DemoArgs { json, ..args }).await
            }
            Self::Signup(args) => signup::run(context, args).await,
            Self::Login(args) => login::run(context, args).await,
            Self::Logout(args) => logout::run(context, args).await,
            Self::Post(args) => post::run(context, args).await,
            Self::Comment(args) => comment::run(context, args).await,
            Self::Like(args) => like::run(context, args, true).await,
            Self::Unlike(args) => like::run(context, args, false).await,
            Self::Follow(args) => follow::run(context, args, true).await,
            Self::Unfollow(args) => follow::run(context, args, false).await,
            Self::Message(args) => message::run(context, args).await,
            Self::Enqueue(args) => enqueue::run(context, args).await,
            Self::Feed(args) => feed::run(context, args).await,
            Self::Thread(args) => thread::run(context, args).await,
            Self::Conversations(args) => conversations::run(context, args).await,
            Self::Conversation(args) => conversation::run(context, args).await,
            Self::Profile(args) => profile::run(context, args).await,
            Self::Status(args) => status::run(context, args).await,
            Self::Sync(args) => sync::run(context, args).await,
            Self::Run => run::run(context).await,
            Self::Queue(action) => queue::run(context, action).await,
            Self::Offline => online::leave(context).await,
            Self::Online(wait) => online::run(context, wait).await,
            Self::AcceptServer(wait) => accept_server::run(context, wait).await,
            Self::Doctor => doctor::run(context).await,
            Self::Bench(args) => bench::run(context, args).await,
            Self::Serve(args) => serve::run(context, args).await,
            Self::Completions(args) => completions::run(context, args),
            Self::Man(args) => man::run(context, args),
            Self::DemoClient(args) => demo::run_client(args).await,
            Self::DemoServer(args) => demo::run_server(args).await,
            Self::BenchServer(args) => bench::serve(args).await,
            Self::BenchOpen(args) => bench::open(context, args),
        }
    }
}
