//! `rollcall serve`: opens the database, listens, starts the background tasks, and shuts down gracefully.
use crate::{
    demo,
    http::{peer::Arrival, router::router},
    ops::{
        anchors::Anchors,
        auth_settings::AuthMode,
        backup,
        config::{InvalidSetting, Settings},
        database,
        failure::Failure,
        limits::SHUTDOWN_GRACE,
        prometheus,
    },
};
use app::{
    api::context::{self, Context},
    domain::setup_code::SetupCode,
    store::{
        Database,
        engine::sqlite,
        error::{StoreError, chain},
    },
};
use axum::Extension;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

/// How late it may be told when a session or a token was used last, and that a setup code has expired.
const LAST_USED_INTERVAL: Duration = Duration::from_mins(1);

/// Serves until Ctrl-C or SIGTERM; `demo` fills an empty database with the example first.
pub async fn serve(settings: Settings, demo: bool) -> Result<(), Failure> {
    let anchors = Arc::new(Anchors::open(&settings)?);
    let (database, _) = database::open(&settings.database_url).await?;
    if demo && demo::load(&database, context::now()).await? {
        tracing::info!("the demo is loaded");
    }
    anchors.add_newest(&database).await;
    if !settings.auth.may_listen_at(settings.address) {
        return Err(InvalidSetting::AuthUnsaid.into());
    }
    let listener = TcpListener::bind(settings.address)
        .await
        .map_err(|cause| Failure::Listen {
            address: settings.address.to_string(),
            cause,
        })?;
    let address = listener.local_addr()?;
    // Before the address is told: who knows it may also end the program, and a signal without a handler kills it.
    let mut signals = ShutdownSignals::handle()?;
    tracing::info!("Rollcall is at http://{address}");
    if settings.auth.is_open_to_others(address) {
        tracing::warn!(
            "{address} can be reached from other machines, and ROLLCALL_AUTH is open: anybody can change anything"
        );
    }
    if let Some(provider) = settings.auth.provider()
        && provider.roles.is_empty()
    {
        tracing::warn!(
            "ROLLCALL_OIDC_ROLES is not set: nobody who signs in at the provider has a role here"
        );
    }
    let mut hosts = settings.hosts;
    if !address.ip().is_unspecified() {
        hosts.add_address(address.ip());
    }
    let context = Context {
        database: database.clone(),
        default_actor: settings.actor,
    };
    if settings.auth.mode == AuthMode::Login {
        tokio::spawn(tell_setup_code(database.clone()));
    }
    tokio::spawn(prometheus::run_upkeep());
    tokio::spawn(keep_writing_last_used(database.clone()));
    tokio::spawn(Arc::clone(&anchors).keep_adding(database.clone()));
    if let Some(schedule) = settings.backups {
        let path = sqlite::path_of(&settings.database_url);
        tokio::spawn(backup::run_schedule(schedule, path));
    }
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let router = router(context, hosts, settings.auth)
        .layer(Extension(anchors))
        .into_make_service_with_connect_info::<Arrival>();
    let serving = tokio::spawn(
        axum::serve(listener, router)
            .with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|it| *it).await;
            })
            .into_future(),
    );
    let abort = serving.abort_handle();
    tokio::spawn(async move {
        signals.received().await;
        tracing::info!(
            "ending: requests that are under way have {} seconds",
            SHUTDOWN_GRACE.as_secs()
        );
        let _ = stop.send(true);
        tokio::time::sleep(SHUTDOWN_GRACE).await;
        abort.abort();
    });
    if let Ok(result) = serving.await {
        result?;
    } else {
        tracing::warn!("some requests were cut off");
    }
    write_last_used(&database).await;
    if let Err(error) = database.close().await {
        tracing::warn!(error = %chain(&error), "the database was not closed cleanly; nothing is lost");
    }
    Ok(())
}

/// While there is no active admin, tells in the log the code by which the first one is made (R26): a new one at the start, and when
/// that has expired.
async fn tell_setup_code(database: Database) {
    let mut is_start = true;
    loop {
        match renew_setup_code(&database, is_start).await {
            Ok(Some(code)) => tracing::info!("setup code {code}, open /setup"),
            Ok(None) => {}
            Err(error) => tracing::error!(error = %chain(&error), "no setup code could be made"),
        }
        is_start = false;
        tokio::time::sleep(LAST_USED_INTERVAL).await;
    }
}

/// A new code, if one is needed.
async fn renew_setup_code(
    database: &Database,
    is_start: bool,
) -> Result<Option<SetupCode>, StoreError> {
    let now = context::now();
    if database.active_admins().await? > 0 {
        return Ok(None);
    }
    if !is_start && database.has_setup_code(now).await? {
        return Ok(None);
    }
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|error| StoreError::Open(error.to_string()))?;
    let code = SetupCode::from_random(random);
    database.set_setup_code(&code, now).await?;
    Ok(Some(code))
}

/// Writes when sessions and tokens were used last, as long as the server runs.
async fn keep_writing_last_used(database: Database) {
    loop {
        tokio::time::sleep(LAST_USED_INTERVAL).await;
        write_last_used(&database).await;
    }
}

async fn write_last_used(database: &Database) {
    if let Err(error) = database.write_last_used().await {
        tracing::warn!(error = %chain(&error), "when sessions and tokens were used last was not written");
    }
}

/// Ctrl-C and SIGTERM.
struct ShutdownSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl ShutdownSignals {
    /// From now on the two signals no longer kill the process.
    fn handle() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
