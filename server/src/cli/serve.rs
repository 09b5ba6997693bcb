//! `rollcall serve`: opens the database, listens, starts the background tasks, and shuts down gracefully.
use crate::{
    demo,
    http::{
        peer::{Arrival, PromptListener},
        router::router,
    },
    jenkins::{client::JenkinsClient, polls::Polls, worker::JenkinsWorker},
    live::Live,
    ops::{
        anchors::Anchors,
        auth_settings::AuthMode,
        backup,
        config::{InvalidSetting, Settings},
        database,
        failure::Failure,
        first_admin,
        limits::SHUTDOWN_GRACE,
        open_files, prometheus, run_upkeep,
    },
    outbound::{delivery::Courier, hook_gate::HookGate, secret_box::SecretBox, sender::Sender},
    rancher::client::RancherClient,
};
use app::{
    api::context::{self, Context},
    domain::rancher::RancherSource,
    store::{Database, accounts::password_hash, engine::database_url::file_of, error::chain},
};
use axum::Extension;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

/// How late it may be told when a session or a token was used last.
const LAST_USED_INTERVAL: Duration = Duration::from_mins(1);
/// How long messages that are being sent may take at the end. Then there is time to end in order.
const SENDER_GRACE: Duration = SHUTDOWN_GRACE.saturating_sub(Duration::from_secs(1));

/// Serves until Ctrl-C or SIGTERM; `demo` fills an empty database with the example first.
pub async fn serve(settings: Settings, demo: bool) -> Result<(), Failure> {
    if !settings.auth.may_listen_at(settings.address) {
        return Err(InvalidSetting::AuthUnsaid.into());
    }
    open_files::raise_limit();
    let anchors = Arc::new(Anchors::open(&settings)?);
    // A token that cannot be read is told now.
    settings.rancher.check().map_err(InvalidSetting::from)?;
    settings.jenkins.check().map_err(InvalidSetting::from)?;
    let rancher = RancherClient::new(settings.rancher.clone());
    let rancher: Arc<dyn RancherSource> = Arc::new(rancher);
    let secrets = Arc::new(SecretBox::of(&settings));
    secrets.check(&settings)?;
    let (database, _) = database::open(&settings.database_url).await?;
    let database = database.with_matrix_cache(settings.matrix_cache_bytes);
    if demo && demo::load(&database, context::now()).await? {
        tracing::info!("the demo is loaded");
    }
    anchors.add_newest(&database).await;
    let sender = prepare_sender(&database, &settings, secrets);
    let jenkins = prepare_jenkins(&database, &settings);
    let listener = TcpListener::bind(settings.address)
        .await
        .map_err(|cause| Failure::Listen {
            address: settings.address.to_string(),
            cause,
        })?;
    let address = listener.local_addr()?;
    // Before the address is logged: a supervisor that waits for this line may send a signal at once, and without a handler a
    // signal kills the process.
    let mut signals = ShutdownSignals::handle()?;
    tracing::info!("Rollcall is at http://{address}");
    if settings.auth.is_open_to_others(address) {
        tracing::warn!(
            "{address} can be reached from other machines, and ROLLCALL_AUTH is open: anybody can change anything"
        );
        // Whoever writes a step's text would run code there.
        database.refuse_runners();
    }
    database.set_run_lease(settings.run_lease);
    prepare_sign_in(&database, settings.auth.mode).await?;
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
    tokio::spawn(prometheus::run_upkeep());
    tokio::spawn(keep_writing_last_used(database.clone()));
    tokio::spawn(run_upkeep::keep(database.clone()));
    tokio::spawn(Arc::clone(&anchors).keep_adding(database.clone()));
    if let Some((schedule, path)) = settings.backups.zip(file_of(&settings.database_url)) {
        tokio::spawn(backup::run_schedule(schedule, path));
    }
    let live = Live::new(database.clone());
    live.start();
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let sending = tokio::spawn(sender.run(stop.subscribe(), SENDER_GRACE));
    let abort_sending = sending.abort_handle();
    let following = jenkins.map(|it| tokio::spawn(it.run(stop.subscribe(), SENDER_GRACE)));
    let router = router(context, hosts, settings.auth, live.clone())
        .layer(Extension(anchors))
        .layer(Extension(rancher))
        .into_make_service_with_connect_info::<Arrival>();
    let serving = tokio::spawn(
        axum::serve(PromptListener(listener), router)
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
        // They would hold up the end.
        live.stop();
        tokio::time::sleep(SHUTDOWN_GRACE).await;
        abort.abort();
        abort_sending.abort();
    });
    if let Ok(result) = serving.await {
        result?;
    } else {
        tracing::warn!("some requests were cut off");
    }
    // It has been told to end too, and writes what became of its last messages.
    let _ = sending.await;
    if let Some(following) = following {
        let _ = following.await;
    }
    write_last_used(&database).await;
    if let Err(error) = database.close().await {
        tracing::warn!(error = %chain(&error), "the database was not closed cleanly; nothing is lost");
    }
    Ok(())
}

/// The sender of messages to hooks, and what the store asks when a hook is saved.
fn prepare_sender(database: &Database, settings: &Settings, secrets: Arc<SecretBox>) -> Sender {
    let (out, public_url) = (settings.out.clone(), settings.public_url.clone());
    let (allowed, key) = (Arc::clone(&out.allowed), Arc::clone(&secrets));
    database.set_hook_rules(Arc::new(HookGate::new(allowed, key, public_url.clone())));
    let is_alone = file_of(&settings.database_url).is_some();
    let courier = Courier::new(out, public_url, secrets);
    Sender::new(database.clone(), courier, is_alone)
}

/// What runs steps at Jenkins, if the settings name one.
fn prepare_jenkins(database: &Database, settings: &Settings) -> Option<JenkinsWorker> {
    let client = Arc::new(JenkinsClient::new(settings.jenkins.clone())?);
    database.set_jenkins();
    let is_alone = file_of(&settings.database_url).is_some();
    let (database, polls) = (database.clone(), Polls::default());
    Some(JenkinsWorker::new(database, client, polls, is_alone))
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

/// What `login` mode needs before the first person comes: the hash that unknown logins are compared with, and while there is no
/// admin the code by which one is made.
async fn prepare_sign_in(database: &Database, mode: AuthMode) -> Result<(), Failure> {
    if mode != AuthMode::Login {
        return Ok(());
    }
    password_hash::prepare().await?;
    if first_admin::announce(database).await? {
        tokio::spawn(first_admin::keep_announcing(database.clone()));
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
