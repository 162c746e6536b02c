//! What the commands share: the home folder, who is signed in, and the running service.
//!
//! Owns the service from its first use to the end of the run. Never decides what is done with it.

use outrigger_client::{Config, Session, SessionCredentials, SyncService};
use outrigger_social::{Social, limits};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

use crate::clock;
use crate::error::Error;
use crate::home::Home;
use crate::local;
use crate::output::Output;
use crate::session;
use crate::settings::Account;
use crate::show::Viewer;

/// How long somebody waits at a terminal before they are shown what is here.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The service of the social app.
pub(crate) type Service = SyncService<Social>;

/// One run.
pub(crate) struct Context<'a> {
    pub(crate) home: Home,
    pub(crate) output: &'a Output,
    /// KiB to be held back on the disk, where that was said.
    reserve: Option<u32>,
    service: OnceCell<Service>,
}

impl<'a> Context<'a> {
    /// In this home folder.
    pub(crate) fn new(
        home: Option<PathBuf>,
        reserve: Option<u32>,
        output: &'a Output,
    ) -> Result<Self, Error> {
        Ok(Self {
            home: Home::find(home)?,
            output,
            reserve,
            service: OnceCell::new(),
        })
    }

    /// Who is signed in.
    pub(crate) fn account(&self) -> Result<Account, Error> {
        self.home.account()?.ok_or(Error::SignedOut)
    }

    /// The signed-in user, as the social app knows them.
    pub(crate) fn social(&self) -> Result<Social, Error> {
        Ok(Social::new(self.account()?.user()))
    }

    /// The signed-in user, looking now.
    pub(crate) fn viewer(&self) -> Result<Viewer, Error> {
        Ok(Viewer {
            me: self.social()?.me(),
            now: clock::now(),
        })
    }

    /// The service; it is opened when it is first needed, and then sends what waits.
    pub(crate) async fn service(&self) -> Result<&Service, Error> {
        let open = || async {
            let account = self.account()?;
            self.open(&account).await
        };
        self.service.get_or_try_init(open).await
    }

    /// Reads the account's database: beside the service where it runs, else without starting it.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, outrigger_engine::Error> + Send + 'static,
    {
        match self.service.get() {
            Some(service) => Ok(service.read(read).await?),
            None => local::read(self, read).await,
        }
    }

    /// Signs this home in: the session is kept, the account's database made or opened, and what waits in it goes on.
    pub(crate) async fn adopt(&self, account: &Account, session: Session) -> Result<&Service, Error> {
        self.credentials(account).await?.adopt(session).await?;
        self.home.keep_account(account)?;
        let service = self.service().await?;
        service.signed_in().await?;
        Ok(service)
    }

    /// The session of an account.
    pub(crate) async fn credentials(&self, account: &Account) -> Result<SessionCredentials, Error> {
        Ok(SessionCredentials::open(&account.server, session::store(&self.home)).await?)
    }

    /// Ends the service, if it runs; what waits is kept.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        match self.service.get() {
            Some(service) => Ok(service.close().await?),
            None => Ok(()),
        }
    }

    async fn open(&self, account: &Account) -> Result<Service, Error> {
        let config = self.config(account).await?;
        Ok(SyncService::open(Social::new(account.user()), config).await?)
    }

    /// How the service of an account is opened.
    pub(crate) async fn config(&self, account: &Account) -> Result<Config, Error> {
        let mut config = Config::new(
            self.home.database(account),
            self.home.files(account),
            account.server.clone(),
            &account.id,
            Arc::new(self.credentials(account).await?),
        );
        config.shared = true;
        config.fetch_timeout = FETCH_TIMEOUT;
        config.reserve_bytes = self
            .reserve
            .map_or(config.reserve_bytes, |kib| u64::from(kib) << 10);
        config.limits.one_attachment_bytes_max = limits::FILE_BYTES_MAX;
        Ok(config)
    }
}
