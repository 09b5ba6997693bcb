//! Tests of messages as their receivers get them: signed, with links, one for each batch, without texts and values.
use super::{
    SendingApp, now,
    receiver::{GotMessage, HookReceiver},
    settings, stamp,
};
use crate::world::World;
use app::{
    domain::{
        vocabulary::StepAction,
        webhook::{HookEvent, WebhookKind},
    },
    store::steps::transitions::TransitionOptions,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;

/// Whether a message is signed with this secret, as the standard tells receivers to find out.
fn is_signed(got: &GotMessage, secret: &str) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let (id, at) = (got.header("webhook-id"), got.header("webhook-timestamp"));
    let signed = format!("{id}.{at}.{}", got.body);
    let signature = got.header("webhook-signature").strip_prefix("v1,").unwrap();
    let signature = STANDARD.decode(signature).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_signed_with_the_secret_that_was_shown() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let sending = SendingApp::new(&[]).await;
    let made = sending.tested(&receiver.url).await;
    let got = &receiver.wait_for(1).await[0];
    assert!(is_signed(got, made.secret.as_deref().unwrap()));
    assert!(!is_signed(
        got,
        &format!("whsec_{}", STANDARD.encode([7; 32]))
    ));
    assert_eq!(got.header("content-type"), "application/json");
    let at: i64 = got.header("webhook-timestamp").parse().unwrap();
    assert!((now().timestamp() - at).abs() < 60);
    assert_eq!(got.json()["type"], "test");
    assert_eq!(got.json()["data"]["actor"], "Ana");
    sending.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_one_message_with_links_and_without_texts() {
    let world = World::active().await;
    let mut ids = Vec::new();
    for customer in [&world.acme, &world.globex] {
        let steps = world.steps(customer.id).await;
        ids.extend(steps.into_iter().map(|it| it.id));
    }
    let secrets_of_steps: Vec<String> = world
        .steps(world.acme.id)
        .await
        .into_iter()
        .map(|it| it.content)
        .collect();
    let june = world.june;
    let receiver = HookReceiver::start(Vec::new()).await;
    let slack = HookReceiver::start(Vec::new()).await;
    let teams = HookReceiver::start(Vec::new()).await;
    let sending = SendingApp::over(world.app, settings(&[]));
    let events = [HookEvent::StepFailed];
    for (kind, target) in [
        (WebhookKind::Webhook, &receiver.url),
        (WebhookKind::Slack, &slack.url),
        (WebhookKind::Teams, &teams.url),
    ] {
        sending.hook(kind, target, &events).await;
    }
    let options = TransitionOptions {
        reason: Some("timeout & <more>".to_owned()),
        ..TransitionOptions::default()
    };
    let n = ids.len();
    let store = &sending.app.store;
    let done = store
        .act_on_steps(ids, StepAction::Fail, options, stamp())
        .await;
    done.unwrap();
    let got = receiver.wait_for(1).await;
    let message = got[0].json();
    assert_eq!(message["type"], "step.failed");
    let data = &message["data"];
    assert_eq!(data["count"], n);
    assert_eq!(data["reason"], "timeout & <more>");
    let link = format!("https://rollcall.example.com/releases/{june}");
    assert_eq!(data["release"]["url"], link.as_str());
    let step = data["steps"][0]["url"].as_str().unwrap();
    assert!(step.starts_with(&link), "{step}");
    let chat = [&slack.wait_for(1).await[0], &teams.wait_for(1).await[0]].map(|it| {
        assert!(it.header("webhook-signature").is_empty());
        it.body.clone()
    });
    for body in [&got[0].body, &chat[0], &chat[1]] {
        for text in &secrets_of_steps {
            assert!(!body.contains(text.as_str()), "{text}: {body}");
        }
        assert!(body.contains(&link), "{body}");
    }
    assert!(
        chat[0].contains("timeout &amp; &lt;more&gt;"),
        "{}",
        chat[0]
    );
    sending.end().await;
    assert_eq!(receiver.got().len(), 1);
}
