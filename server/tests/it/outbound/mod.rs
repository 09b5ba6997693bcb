//! Tests of messages to hooks as they go out (R62): the sender with a receiver on loopback that answers as a test says, and the real
//! program.
mod dialled;
mod mail;
mod program;
mod receiver;
mod retries;
mod servers;
mod written;

use crate::harness::TestApp;
use app::{
    api::context::now,
    domain::{
        actor_stamp::ActorStamp,
        id::WebhookId,
        webhook::{
            CreatedWebhook, Delivery, DeliveryState, HookEvent, Webhook, WebhookDraft, WebhookKind,
        },
    },
};
use server::{
    ops::{allowed_targets::AllowedTargets, out_settings::OutSettings},
    outbound::{delivery::Courier, secret_box::SecretBox, sender::Sender},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// How long anything may take.
const WAIT_TIMEOUT: Duration = Duration::from_mins(1);
const PUBLIC_URL: &str = "https://rollcall.example.com";

/// An app whose messages are sent, until it is ended.
struct SendingApp {
    app: TestApp,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Settings by which messages go to 127.0.0.1, and are tried again after these waits.
fn settings(waits: &[Duration]) -> OutSettings {
    OutSettings {
        allowed: Arc::new(AllowedTargets::parse("127.0.0.1").unwrap()),
        waits: waits.to_vec(),
        ..OutSettings::default()
    }
}

fn stamp() -> ActorStamp {
    ActorStamp::new("Ana", now()).unwrap()
}

impl SendingApp {
    /// With these waits between tries.
    async fn new(waits: &[Duration]) -> Self {
        Self::over(TestApp::new().await, settings(waits))
    }

    fn over(app: TestApp, settings: OutSettings) -> Self {
        let secrets = Arc::clone(&app.secrets);
        Self::with_key(app, settings, secrets)
    }

    fn with_key(app: TestApp, settings: OutSettings, secrets: Arc<SecretBox>) -> Self {
        let courier = Courier::new(settings, Some(PUBLIC_URL.to_owned()), secrets);
        let sender = Sender::new(app.database.clone(), courier, true);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(sender.run(stopped, Duration::from_secs(5)));
        Self { app, stop, task }
    }

    /// A hook for these events.
    async fn hook(&self, kind: WebhookKind, target: &str, events: &[HookEvent]) -> CreatedWebhook {
        let draft = WebhookDraft {
            name: format!("{kind} {target}").chars().take(100).collect(),
            kind: kind.to_string(),
            target: target.to_owned(),
            events: events.iter().map(ToString::to_string).collect(),
            ..WebhookDraft::default()
        };
        let created = self.app.store.create_webhook(draft, stamp()).await;
        created.unwrap().row
    }

    /// A signed hook, to which a test message is on its way.
    async fn tested(&self, target: &str) -> CreatedWebhook {
        let events = [HookEvent::StepFailed];
        let made = self.hook(WebhookKind::Webhook, target, &events).await;
        self.test(made.hook.id).await;
        made
    }

    async fn test(&self, hook: WebhookId) {
        let sent = self.app.store.test_webhook(hook, stamp()).await;
        sent.unwrap();
    }

    /// The newest delivery of a hook, once it is in this state.
    async fn delivery(&self, hook: WebhookId, state: DeliveryState) -> Delivery {
        let arrived = async {
            loop {
                let newest = self.app.store.newest_deliveries(hook).await.unwrap();
                if let Some(found) = newest.into_iter().next().filter(|it| it.state == state) {
                    return found;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(WAIT_TIMEOUT, arrived).await.unwrap()
    }

    async fn webhook(&self, id: WebhookId) -> Webhook {
        self.app.store.webhook(id).await.unwrap()
    }

    /// Ends the sender as the program does.
    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}
