//! From settings to a served address, and back to a clean end.
use super::{
    anchors::Anchors,
    backup,
    config::Settings,
    failure::{Failure, cause},
    prometheus,
};
use crate::{demo, http::router::router};
use app::{
    api::context::{self, Context},
    store::{Store, engine::sqlite, error::chain},
};
use axum::Extension;
use migration::{Migrator, MigratorTrait};
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// How long requests that are under way may take after the end was asked for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Opens the database and brings it up to date; answers which migrations that took.
pub async fn open(url: &str) -> Result<(Store, Vec<String>), Failure> {
    let store = connect(url).await?;
    let pending = pending(&store, url).await?;
    Migrator::up(store.writer(), None)
        .await
        .map_err(|error| Failure::Migrate {
            path: path(url),
            cause: chain(&error),
        })?;
    Ok((store, pending))
}

/// Opens a database that is there and up to date, and changes nothing.
pub async fn open_present(url: &str) -> Result<Store, Failure> {
    if !sqlite::path_of(url).exists() {
        return Err(Failure::Missing(path(url)));
    }
    let store = connect(url).await?;
    if pending(&store, url).await?.is_empty() {
        Ok(store)
    } else {
        Err(Failure::Older(path(url)))
    }
}

fn path(url: &str) -> String {
    sqlite::path_of(url).display().to_string()
}

async fn connect(url: &str) -> Result<Store, Failure> {
    Store::open(url).await.map_err(|error| Failure::Open {
        path: path(url),
        cause: cause(&error),
    })
}

/// The migrations that the database has not seen. One that this program does not know comes from a newer one.
async fn pending(store: &Store, url: &str) -> Result<Vec<String>, Failure> {
    match Migrator::get_pending_migrations_read_only(store.writer()).await {
        Ok(pending) => Ok(pending.iter().map(|it| it.name().to_owned()).collect()),
        Err(error) if error.to_string().contains("is missing") => Err(Failure::Newer(path(url))),
        Err(error) => Err(Failure::Open {
            path: path(url),
            cause: chain(&error),
        }),
    }
}

/// Serves until Ctrl-C or SIGTERM.
pub async fn serve(settings: Settings, demo: bool) -> Result<(), Failure> {
    let anchors = Arc::new(Anchors::open(&settings)?);
    let (store, _) = open(&settings.database_url).await?;
    if demo && demo::load(&store, context::now()).await? {
        tracing::info!("the demo is loaded");
    }
    let listener = TcpListener::bind(settings.address)
        .await
        .map_err(|cause| Failure::Listen {
            address: settings.address.to_string(),
            cause,
        })?;
    let address = listener.local_addr()?;
    tracing::info!("Rollcall is at http://{address}");
    if !address.ip().is_loopback() {
        tracing::warn!(
            "{address} can be reached from other machines, and there is no login yet: anybody can change anything"
        );
    }
    let context = Context {
        store: store.clone(),
        default_actor: settings.actor,
    };
    tokio::spawn(prometheus::keep_up());
    tokio::spawn(Arc::clone(&anchors).keep_adding(store.clone()));
    if let Some(schedule) = settings.backups {
        let database = sqlite::path_of(&settings.database_url);
        tokio::spawn(backup::keep_making(schedule, database));
    }
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let serving = tokio::spawn(
        axum::serve(listener, router(context).layer(Extension(anchors)))
            .with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|it| *it).await;
            })
            .into_future(),
    );
    let abort = serving.abort_handle();
    tokio::spawn(async move {
        asked_to_end().await;
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

async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
