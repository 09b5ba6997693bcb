//! `rollcall serve`: opens the database, listens, starts the background tasks, and shuts down gracefully.
use crate::{
    demo,
    http::{host_check::Arrival, router::router},
    ops::{
        anchors::Anchors, backup, config::Settings, database, failure::Failure,
        limits::SHUTDOWN_GRACE, prometheus,
    },
};
use app::{
    api::context::{self, Context},
    store::{engine::sqlite, error::chain},
};
use axum::Extension;
use std::{io, sync::Arc};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

/// Serves until Ctrl-C or SIGTERM; `demo` fills an empty database with the example first.
pub async fn serve(settings: Settings, demo: bool) -> Result<(), Failure> {
    let anchors = Arc::new(Anchors::open(&settings)?);
    let (store, _) = database::open(&settings.database_url).await?;
    if demo && demo::load(&store, context::now()).await? {
        tracing::info!("the demo is loaded");
    }
    anchors.add_newest(&store).await;
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
    if !address.ip().is_loopback() {
        tracing::warn!(
            "{address} can be reached from other machines, and there is no login yet: anybody can change anything"
        );
    }
    let mut hosts = settings.hosts;
    if !address.ip().is_unspecified() {
        hosts.add_address(address.ip());
    }
    let context = Context {
        store: store.clone(),
        default_actor: settings.actor,
    };
    tokio::spawn(prometheus::run_upkeep());
    tokio::spawn(Arc::clone(&anchors).keep_adding(store.clone()));
    if let Some(schedule) = settings.backups {
        let database = sqlite::path_of(&settings.database_url);
        tokio::spawn(backup::run_schedule(schedule, database));
    }
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let router = router(context, hosts)
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
    if let Err(error) = store.close().await {
        tracing::warn!(error = %chain(&error), "the database was not closed cleanly; nothing is lost");
    }
    Ok(())
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
