//! From settings to a served address, and back to a clean end.
use crate::{config::Settings, demo, router};
use app::{
    api::context::{self, Context},
    store::{Store, error::StoreError},
};
use migration::{Migrator, MigratorTrait};
use std::{io, time::Duration};
use tokio::net::TcpListener;

/// How long requests that are under way may take after the end was asked for.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Why the program ended; each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Settings(#[from] crate::config::Wrong),
    #[error("the database {path} cannot be opened: {cause}. Check the path and its permissions")]
    Open { path: String, cause: String },
    #[error("the database {path} cannot be brought up to date: {cause}")]
    Migrate { path: String, cause: String },
    #[error("cannot listen on {address}: {cause}. Choose another address with ROLLCALL_ADDR")]
    Listen { address: String, cause: io::Error },
    #[error("the demo could not be loaded: {0}")]
    Demo(StoreError),
    #[error("serving failed: {0}")]
    Serve(#[from] io::Error),
}

/// Opens the database and brings it up to date.
pub async fn open(url: &str) -> Result<Store, Failure> {
    let path = app::store::sqlite::path_of(url).display().to_string();
    let open = |error: StoreError| Failure::Open {
        path: path.clone(),
        cause: chain(&error),
    };
    let store = Store::open(url).await.map_err(open)?;
    Migrator::up(store.writer(), None).await.map_err(|error| {
        let text = error.to_string();
        let cause = if text.contains("is missing") {
            "it was written by a newer Rollcall. Use that version, or another database".to_owned()
        } else {
            text
        };
        Failure::Migrate { path, cause }
    })?;
    Ok(store)
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.replace('\n', " ")
}

/// Serves until Ctrl-C or SIGTERM.
pub async fn serve(settings: Settings) -> Result<(), Failure> {
    let store = open(&settings.database_url).await?;
    if settings.demo
        && demo::load(&store, context::now())
            .await
            .map_err(Failure::Demo)?
    {
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
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let serving = tokio::spawn(
        axum::serve(listener, router(context))
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
            LAST_WORDS.as_secs()
        );
        let _ = stop.send(true);
        tokio::time::sleep(LAST_WORDS).await;
        abort.abort();
    });
    if let Ok(result) = serving.await {
        result?;
    } else {
        tracing::warn!("some requests were cut off");
    }
    if let Err(error) = store.close().await {
        tracing::warn!(error = %error, "the database was not closed cleanly; nothing is lost");
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
