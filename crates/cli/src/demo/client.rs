//! The client process of the demo: a real service on a real database, which does what it is told line by line until it is killed.
//!
//! Owns the way from orders to the service and back. Knows nothing of the story that it is in.

use outrigger_client::{Config, SessionCredentials, SyncService, Written};
use outrigger_engine::Write;
use outrigger_engine::ids::ServerId;
use outrigger_engine::inspect::Filter;
use outrigger_social::id::PostId;
use outrigger_social::{Mutation, Observation, Social, reads, wire};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::DemoClientArgs;
use super::lines::{MetPost, Order, ParkedItem, Person, Report};
use super::place;
use super::trouble::Trouble;

/// More often than the story has faults.
const LOOKS_MAX: u32 = 100;

/// Runs until the orders end.
pub(crate) async fn run(args: DemoClientArgs) -> Result<(), Trouble> {
    let (folder, server) = (args.folder.as_path(), args.server);
    let credentials = SessionCredentials::open(&server, Arc::new(place::session_file(folder))).await?;
    let account = credentials
        .session()
        .ok_or_else(|| Trouble::Story("the client's folder has no session".to_owned()))?
        .account;
    let me = wire::User {
        id: account.id.clone(),
        name: account.name,
    };
    let mut config = Config::new(
        place::database(folder),
        place::attachments(folder),
        server,
        account.id,
        Arc::new(credentials),
    );
    config.shared = args.shared;
    config.reserve_bytes = args.reserve_bytes.unwrap_or(config.reserve_bytes);
    config.period = args.period.map_or(config.period, Duration::from_millis);
    let service = SyncService::open(Social::new(me), config).await?;
    say(&Report::Ready)?;
    let mut states = service.state();
    let telling = tokio::spawn(async move {
        loop {
            if say_with(|| Report::State(states.borrow_and_update().clone())).is_err() {
                return;
            }
            if states.changed().await.is_err() {
                return;
            }
        }
    });
    let done = obey_all(&service).await;
    telling.abort();
    let closed = service.close().await;
    done?;
    Ok(closed?)
}

async fn obey_all(service: &SyncService<Social>) -> Result<(), Trouble> {
    let reading = Trouble::io("read orders");
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    let mut next = orders.next_line().await.map_err(reading)?;
    while let Some(line) = next {
        let order = serde_json::from_str(&line)
            .map_err(|error| Trouble::Story(format!("the order {line:?} cannot be read: {error}")))?;
        if matches!(order, Order::Close) {
            return Ok(());
        }
        if matches!(order, Order::State) {
            say_state(service).await?;
        } else if let Some(report) = obey(service, order).await {
            say(&report)?;
        }
        next = orders.next_line().await.map_err(Trouble::io("read orders"))?;
    }
    Ok(())
}

/// Does what an order says; what goes wrong is a report too.
async fn obey(service: &SyncService<Social>, order: Order) -> Option<Report> {
    let done = |result: Result<(), Trouble>| match result {
        Ok(()) => Report::Done,
        Err(trouble) => Report::Failed {
            reason: trouble.to_string(),
        },
    };
    match order {
        Order::Write {
            number,
            mutations,
            files,
        } => Some(match write(service, mutations, files).await {
            Ok(written) => Report::Wrote {
                number,
                mutations: written.iter().map(|write| write.id).collect(),
            },
            Err(error) => Report::Refused {
                number,
                reason: error.to_string(),
            },
        }),
        Order::Meet { names } => Some(match meet(service, &names).await {
            Ok(people) => Report::Met { people },
            Err(trouble) => done(Err(trouble)),
        }),
        Order::Look { post } => Some(done(look(service, &ServerId(post)).await)),
        Order::Sync => match service.trigger_sync().await {
            Ok(()) => None,
            Err(error) => Some(done(Err(error.into()))),
        },
        Order::RetryFailed => Some(done(service.retry_failed().await.map(|_| ()).map_err(Into::into))),
        Order::Discard { mutation } => Some(match service.discard(mutation).await {
            Ok(discarded) => Report::TakenBack {
                mutations: discarded.gone,
            },
            // It went along with what it needed, which was taken back before.
            Err(outrigger_client::Error::Engine(outrigger_engine::Error::Unknown(_))) => Report::TakenBack {
                mutations: Vec::new(),
            },
            Err(error) => done(Err(error.into())),
        }),
        Order::Parked => Some(match parked(service).await {
            Ok(items) => Report::Parked { items },
            Err(trouble) => done(Err(trouble)),
        }),
        Order::State | Order::Close => None,
    }
}

async fn write(
    service: &SyncService<Social>,
    mutations: Vec<Mutation>,
    files: Vec<PathBuf>,
) -> Result<Vec<Written>, outrigger_client::Error> {
    let mut staged = Vec::with_capacity(files.len());
    for file in files {
        staged.push(service.stage(file).await?);
    }
    let writes = mutations.into_iter().map(|mutation| {
        let names = |file: &outrigger_engine::StagedFile| {
            mutation.media().iter().any(|media| media.sha256 == file.sha256)
        };
        let files = staged.iter().filter(|file| names(file)).cloned().collect();
        Write {
            id: None,
            mutation,
            files,
        }
    });
    service.mutate_all(writes.collect()).await
}

async fn meet(service: &SyncService<Social>, names: &[String]) -> Result<Vec<Person>, Trouble> {
    let mut people = Vec::with_capacity(names.len());
    for name in names {
        let found = service.fetch(&reads::user_named(name)).await?;
        let profile: wire::Page<wire::Profile> = found.json().map_err(unreadable)?;
        let profiles = Observation::profiles(&found).map_err(unreadable)?.observation;
        let (Some(profile), Some(user)) = (profile.items.first(), profiles.users().first().copied()) else {
            return Err(Trouble::Story(format!("there is no {name}")));
        };
        service.observe(profiles, found.began).await?;
        let posts = reads::posts_of(&ServerId(profile.id.clone()), None);
        let posts = service.fetch(&posts).await?;
        let server_ids: wire::Page<wire::Post> = posts.json().map_err(unreadable)?;
        let observation = Observation::feed(&posts).map_err(unreadable)?.observation;
        let seen = service.observe(observation, posts.began).await?;
        let seen = seen.into_iter().filter(|entity| entity.kind == PostId::KIND);
        let met = seen.zip(server_ids.items).map(|(entity, post)| MetPost {
            post: PostId(entity.id),
            server_id: post.id,
        });
        people.push(Person {
            name: name.clone(),
            user,
            posts: met.collect(),
        });
    }
    Ok(people)
}

/// The network may still be as bad as the story made it, and a read is not queued: the user looks again until she sees the post.
async fn look(service: &SyncService<Social>, post: &ServerId) -> Result<(), Trouble> {
    for _ in 1..LOOKS_MAX {
        if seen(service, post).await.is_ok() {
            return Ok(());
        }
    }
    seen(service, post).await
}

async fn seen(service: &SyncService<Social>, post: &ServerId) -> Result<(), Trouble> {
    let found = service.fetch(&reads::post(post)).await?;
    let observation = Observation::post(&found).map_err(unreadable)?;
    service.observe(observation, found.began).await?;
    Ok(())
}

async fn parked(service: &SyncService<Social>) -> Result<Vec<ParkedItem>, Trouble> {
    let items = service.pending(Filter::Parked, None, 1_000).await?;
    let parked = items.into_iter().filter_map(|item| {
        let why = item.parked?;
        Some(ParkedItem {
            mutation: item.mutation,
            name: item.name,
            word: why.word().to_owned(),
            detail: why.detail().to_owned(),
        })
    });
    Ok(parked.collect())
}

fn unreadable(error: impl std::fmt::Display) -> Trouble {
    Trouble::Story(format!("the server's answer cannot be read: {error}"))
}

/// A call that changes nothing comes back after the state of all calls before it was published.
async fn say_state(service: &SyncService<Social>) -> Result<(), Trouble> {
    service.mutate_all(Vec::new()).await?;
    let state = service.state();
    say_with(|| Report::Now(state.borrow().clone()))
}

/// Says something: the line is out, whole, once this returns.
fn say(report: &Report) -> Result<(), Trouble> {
    say_with(|| report.clone())
}

/// Says what holds at the moment of saying it, so that no older state is said after a newer one.
fn say_with(report: impl FnOnce() -> Report) -> Result<(), Trouble> {
    let mut out = std::io::stdout().lock();
    let report = report();
    let mut line = serde_json::to_vec(&report)
        .map_err(|error| Trouble::Story(format!("a report cannot be written: {error}")))?;
    line.push(b'\n');
    out.write_all(&line)
        .and_then(|()| out.flush())
        .map_err(Trouble::io("report"))
}
