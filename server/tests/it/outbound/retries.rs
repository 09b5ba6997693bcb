//! Tests of how often and when a message is sent: again after a failure, under the same id, and not for ever.
use super::{
    SendingApp, now,
    receiver::{HookAnswer, HookReceiver},
};
use app::domain::webhook::{DeliveryState, HookEvent, WebhookKind};
use std::{collections::BTreeSet, time::Duration};

const SHORT: Duration = Duration::from_millis(10);
/// A wait that a test does not live to see the end of.
const LONG: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_answers_500_ten_times_gets_the_message_at_last_under_the_same_id() {
    let receiver = HookReceiver::start(vec![HookAnswer::Status(500); 10]).await;
    let sending = SendingApp::new(&[SHORT; 10]).await;
    let hook = sending.tested(&receiver.url).await.hook;
    let got = receiver.wait_for(11).await;
    let ids: BTreeSet<&str> = got.iter().map(|it| it.header("webhook-id")).collect();
    let delivered = sending.delivery(hook.id, DeliveryState::Delivered).await;
    assert_eq!(ids, [delivered.message_id.as_str()].into());
    assert_eq!((delivered.tries, delivered.status), (11, Some(200)));
    assert_eq!(delivered.answer.as_deref(), Some("said"));
    assert_eq!((delivered.error, delivered.next_at), (None, None));
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_last_wait_a_message_is_given_up_and_replay_sends_it_again() {
    let receiver = HookReceiver::start(vec![HookAnswer::Status(500); 2]).await;
    let sending = SendingApp::new(&[SHORT]).await;
    let hook = sending.tested(&receiver.url).await.hook;
    let given_up = sending.delivery(hook.id, DeliveryState::GivenUp).await;
    assert_eq!((given_up.tries, given_up.status), (2, Some(500)));
    let error = given_up.error.unwrap();
    assert!(error.contains("500"), "{error}");
    let store = &sending.app.store;
    store
        .replay_delivery(hook.id, given_up.n, now())
        .await
        .unwrap();
    let got = receiver.wait_for(3).await;
    assert_eq!(got[2].header("webhook-id"), given_up.message_id);
    sending.delivery(hook.id, DeliveryState::Delivered).await;
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_time_gets_it() {
    let busy = HookAnswer::Header(429, "retry-after", "1".to_owned());
    let receiver = HookReceiver::start(vec![busy]).await;
    let sending = SendingApp::new(&[SHORT]).await;
    sending.tested(&receiver.url).await;
    let got = receiver.wait_for(2).await;
    let between = got[1].at - got[0].at;
    assert!(between >= Duration::from_millis(900), "{between:?}");
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_says_gone_switches_its_hook_off() {
    let receiver = HookReceiver::start(vec![HookAnswer::Status(410)]).await;
    let sending = SendingApp::new(&[SHORT]).await;
    let hook = sending.tested(&receiver.url).await.hook;
    sending.delivery(hook.id, DeliveryState::GivenUp).await;
    let off = sending.webhook(hook.id).await;
    assert!(!off.is_active);
    let why = off.off_reason.unwrap();
    assert!(why.contains("410"), "{why}");
    assert_eq!(receiver.got().len(), 1);
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_not_there_is_tried_again_later() {
    let sending = SendingApp::new(&[LONG]).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-part", listener.local_addr().unwrap());
    drop(listener);
    let hook = sending.tested(&url).await.hook;
    let failed = sending.delivery(hook.id, DeliveryState::Failed).await;
    assert_eq!((failed.status, failed.answer), (None, None));
    let error = failed.error.unwrap();
    assert!(error.contains("There is no answer"), "{error}");
    // What the libraries between say of it is left out.
    assert!(
        error.contains("refused") && !error.contains("client error"),
        "{error}"
    );
    // The address of a hook may be its secret.
    assert!(!error.contains("secret-part"), "{error}");
    assert!(failed.next_at.unwrap() > now());
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_holds_up_nobody_and_fails_after_15_seconds() {
    let slow = HookReceiver::start(vec![HookAnswer::Never]).await;
    let quick = HookReceiver::start(Vec::new()).await;
    let sending = SendingApp::new(&[LONG]).await;
    let hook = sending.tested(&slow.url).await.hook;
    let asked = slow.wait_for(1).await[0].at;
    sending.tested(&quick.url).await;
    let arrived = quick.wait_for(1).await[0].at;
    assert!(arrived - asked < Duration::from_secs(10));
    let failed = sending.delivery(hook.id, DeliveryState::Failed).await;
    let took = asked.elapsed();
    assert!((14..30).contains(&took.as_secs()), "{took:?}");
    let error = failed.error.unwrap();
    assert!(error.contains("15 seconds"), "{error}");
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_the_history_is_sent_once_a_day() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let sending = SendingApp::new(&[LONG]).await;
    let events = [HookEvent::HistoryHead];
    let made = sending
        .hook(WebhookKind::Webhook, &receiver.url, &events)
        .await;
    let tell = async || sending.app.database.tell_history_head(now()).await.unwrap();
    // The sender may have told it by itself.
    assert!(tell().await <= 1);
    let head = receiver.wait_for(1).await[0].json();
    assert_eq!(head["type"], "history.head");
    let hash = head["data"]["head"]["hash"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    sending
        .delivery(made.hook.id, DeliveryState::Delivered)
        .await;
    assert_eq!(tell().await, 0);
    assert_eq!(receiver.wait_for(1).await.len(), 1);
    sending.end().await;
}
