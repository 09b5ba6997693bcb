//! Tests of what is dialled, and of what is not: redirects, targets that are no longer allowed, secrets that cannot be read.
use super::{
    SendingApp,
    receiver::{HookAnswer, HookReceiver},
    settings,
};
use crate::harness::TestApp;
use app::domain::webhook::DeliveryState;
use server::{ops::out_settings::OutSettings, outbound::secret_box::SecretBox};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let other = HookReceiver::start(Vec::new()).await;
    let away = HookAnswer::Header(307, "location", other.url.clone());
    let receiver = HookReceiver::start(vec![away]).await;
    let sending = SendingApp::new(&[]).await;
    let hook = sending.tested(&receiver.url).await.hook;
    let given_up = sending.delivery(hook.id, DeliveryState::GivenUp).await;
    assert_eq!(given_up.status, Some(307));
    let error = given_up.error.unwrap();
    assert!(error.contains("redirects are not followed"), "{error}");
    assert!(other.got().is_empty());
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_no_longer_allowed_is_a_failed_try_with_its_reason() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let nothing_private = OutSettings {
        waits: Vec::new(),
        ..OutSettings::default()
    };
    let sending = SendingApp::over(TestApp::new().await, nothing_private);
    let hook = sending.tested(&receiver.url).await.hook;
    let given_up = sending.delivery(hook.id, DeliveryState::GivenUp).await;
    let error = given_up.error.unwrap();
    assert!(error.contains("ROLLCALL_OUT_ALLOW"), "{error}");
    assert!(receiver.got().is_empty());
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_refused_when_it_is_dialled_if_it_leads_to_an_address_that_is_not_allowed() {
    // As a name that changed: when it is saved it may, when it is dialled it may not.
    let app = TestApp::new().await;
    let receiver = HookReceiver::start(Vec::new()).await;
    let by_name = receiver.url.replace("127.0.0.1", "localhost");
    let nothing_private = OutSettings {
        waits: Vec::new(),
        ..OutSettings::default()
    };
    let sending = SendingApp::over(app, nothing_private);
    let hook = sending.tested(&by_name).await.hook;
    let given_up = sending.delivery(hook.id, DeliveryState::GivenUp).await;
    let error = given_up.error.unwrap();
    assert!(error.contains("a loopback address"), "{error}");
    assert!(receiver.got().is_empty());
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_read_switches_its_hook_off_and_says_so() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let keys = tempfile::tempdir().unwrap();
    let other = SecretBox::at(keys.path().join("other.key"));
    other.seal("made").unwrap();
    let sending = SendingApp::with_key(TestApp::new().await, settings(&[]), Arc::new(other));
    let hook = sending.tested(&receiver.url).await.hook;
    sending.delivery(hook.id, DeliveryState::GivenUp).await;
    let off = sending.webhook(hook.id).await;
    assert!(!off.is_active);
    let why = off.off_reason.unwrap();
    assert!(why.contains("the secret cannot be read"), "{why}");
    assert!(receiver.got().is_empty());
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_answer_the_first_kilobyte_is_kept() {
    let receiver = HookReceiver::start(vec![HookAnswer::Long(1024 * 1024)]).await;
    let sending = SendingApp::new(&[]).await;
    let hook = sending.tested(&receiver.url).await.hook;
    let delivered = sending.delivery(hook.id, DeliveryState::Delivered).await;
    assert_eq!(delivered.answer.unwrap(), "x".repeat(1024));
    sending.end().await;
}
