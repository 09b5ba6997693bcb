//! One delivery attempt of a message to a hook (R62): formats it for its receiver, signs and sends it, and says how that ended.
use super::{
    client::{ANSWER_MAX_BYTES, OutAnswer, OutClient, OutError},
    dial_rule::OutRule,
    mail_message,
    message_text::MessageText,
    retry::next_try,
    secret_box::SecretBox,
    signature::sign,
    slack, smtp, teams,
};
use crate::ops::out_settings::OutSettings;
use app::{
    domain::{
        hook_message::HookMessage,
        webhook::{ANSWER_KEPT_BYTES, WebhookKind},
    },
    store::{
        error::chain,
        outbox::deliveries::{ClaimedDelivery, DeliveryOutcome},
    },
};
use axum::http::{StatusCode, header};
use chrono::{DateTime, Utc};
use std::{sync::Arc, time::Duration};

/// Sends messages, and says what became of each.
pub struct Courier {
    client: OutClient,
    secrets: Arc<SecretBox>,
    settings: OutSettings,
    /// The address that people open.
    public_url: Option<String>,
}

/// What a receiver has said.
struct ReceiverAnswer {
    status: u16,
    answer: String,
    /// Why it has not taken the message; none if it has.
    refusal: Option<String>,
    /// Who has not got it, if only some have.
    left_out: Option<String>,
    /// How long it asks to be left alone.
    asked: Option<Duration>,
}

/// Why nobody has said anything.
enum Unsent {
    /// It may work later.
    Failed(String),
    /// Not before somebody does something.
    Off(String),
}

impl From<OutError> for Unsent {
    fn from(error: OutError) -> Self {
        Self::Failed(chain(&error))
    }
}

impl Courier {
    /// With the settings of the program, and the address that people open.
    pub fn new(settings: OutSettings, public_url: Option<String>, secrets: Arc<SecretBox>) -> Self {
        Self {
            client: OutClient::new(OutRule::Hook(Arc::clone(&settings.allowed))),
            secrets,
            settings,
            public_url,
        }
    }

    /// Tries to deliver a message. `clock` tells the time, before the try and after it.
    pub async fn deliver(
        &self,
        delivery: &ClaimedDelivery,
        clock: fn() -> DateTime<Utc>,
    ) -> DeliveryOutcome {
        let tried = match delivery.kind {
            WebhookKind::Email => self.mail(delivery).await,
            _ => self.post(delivery, clock()).await,
        };
        let n_tries = delivery.tries.saturating_add(1);
        outcome(tried, &self.settings.waits, n_tries, clock())
    }

    fn message(&self, delivery: &ClaimedDelivery) -> HookMessage {
        delivery.message.clone().linked(self.public_url.as_deref())
    }

    async fn post(
        &self,
        delivery: &ClaimedDelivery,
        now: DateTime<Utc>,
    ) -> Result<ReceiverAnswer, Unsent> {
        let message = self.message(delivery);
        let text = || MessageText::from(&message);
        let body = match delivery.kind {
            WebhookKind::Slack => slack::body(&text()).to_string(),
            WebhookKind::Teams => teams::body(&text()).to_string(),
            WebhookKind::Webhook | WebhookKind::Email => {
                serde_json::to_string(&message).unwrap_or_default()
            }
        };
        let url = self.client.check(&delivery.target)?;
        let mut request = self
            .client
            .http()?
            .post(url)
            .header(header::CONTENT_TYPE, "application/json");
        if delivery.kind.is_signed() {
            let secret = self.secret(delivery)?;
            let (id, timestamp) = (&delivery.message_id, now.timestamp());
            let signature = sign(&secret, id, timestamp, body.as_bytes());
            let signature =
                signature.ok_or_else(|| Unsent::Off("the secret signs nothing".to_owned()))?;
            request = request
                .header("webhook-id", id)
                .header("webhook-timestamp", timestamp)
                .header("webhook-signature", signature);
        }
        let answer = self
            .client
            .send(request.body(body), ANSWER_MAX_BYTES)
            .await?;
        Ok(receiver_answer(&answer, now))
    }

    /// The secret in clear. One that cannot be read is of no use tomorrow either.
    fn secret(&self, delivery: &ClaimedDelivery) -> Result<String, Unsent> {
        let sealed = delivery.secret.as_deref().unwrap_or_default();
        let secret = self.secrets.open(sealed);
        secret.map_err(|error| Unsent::Off(format!("the secret cannot be read: {error}")))
    }

    async fn mail(&self, delivery: &ClaimedDelivery) -> Result<ReceiverAnswer, Unsent> {
        let Some(smtp) = &self.settings.smtp else {
            let why = "no mail is sent from here: set ROLLCALL_SMTP_URL and ROLLCALL_SMTP_FROM";
            return Err(Unsent::Failed(why.to_owned()));
        };
        let text = MessageText::from(&self.message(delivery));
        let mail = mail_message::mail(&text, &delivery.message_id, &smtp.from, &delivery.target);
        let mail = mail.map_err(|error| Unsent::Failed(chain(&error)))?;
        match smtp::deliver(smtp, &mail).await {
            Ok(taken) => Ok(ReceiverAnswer {
                status: taken.answer.code().into(),
                answer: taken.answer.message().collect::<Vec<_>>().join(" "),
                refusal: None,
                left_out: left_out(&taken.refused),
                asked: None,
            }),
            Err(error) => match error.status() {
                Some(status) => Ok(ReceiverAnswer {
                    status,
                    answer: String::new(),
                    refusal: Some(chain(&error)),
                    left_out: None,
                    asked: None,
                }),
                None => Err(Unsent::Failed(chain(&error))),
            },
        }
    }
}

fn receiver_answer(answer: &OutAnswer, now: DateTime<Utc>) -> ReceiverAnswer {
    let status = answer.status;
    let refusal = if status.is_success() {
        None
    } else if status == StatusCode::GONE {
        Some("the receiver is gone (410)".to_owned())
    } else if status.is_redirection() {
        Some(format!(
            "the answer is {status}, and redirects are not followed"
        ))
    } else {
        Some(format!("the answer is {status}"))
    };
    let kept = answer.body.get(..ANSWER_KEPT_BYTES);
    ReceiverAnswer {
        status: status.as_u16(),
        answer: String::from_utf8_lossy(kept.unwrap_or(&answer.body)).into_owned(),
        refusal,
        left_out: None,
        asked: answer.retry_after(now),
    }
}

/// Which addresses the mail server refused, though it took the mail for others.
fn left_out(refused: &[String]) -> Option<String> {
    let is_any = !refused.is_empty();
    is_any.then(|| format!("the mail server refused {}", refused.join("; ")))
}

/// A reason as pages show it: with a capital.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What becomes of the message after this number of tries.
fn outcome(
    tried: Result<ReceiverAnswer, Unsent>,
    waits: &[Duration],
    n_tries: u32,
    now: DateTime<Utc>,
) -> DeliveryOutcome {
    let (status, answer, error, asked) = match tried {
        Ok(said) => {
            let (status, answer) = (Some(said.status), Some(said.answer));
            match said.refusal {
                None => {
                    return DeliveryOutcome::Delivered {
                        status,
                        answer,
                        error: said.left_out.as_deref().map(sentence),
                    };
                }
                // The receiver says that it is gone for good.
                Some(error) if said.status == StatusCode::GONE => {
                    return DeliveryOutcome::SwitchOff {
                        status,
                        answer,
                        error: sentence(&error),
                    };
                }
                Some(error) => (status, answer, error, said.asked),
            }
        }
        Err(Unsent::Off(error)) => {
            return DeliveryOutcome::SwitchOff {
                status: None,
                answer: None,
                error: sentence(&error),
            };
        }
        Err(Unsent::Failed(error)) => (None, None, error, None),
    };
    let error = sentence(&error);
    match next_try(waits, n_tries, asked, now) {
        Some(next_at) => DeliveryOutcome::Failed {
            status,
            answer,
            error,
            next_at,
        },
        None => DeliveryOutcome::GivenUp {
            status,
            answer,
            error,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderMap, HeaderValue};

    const WAITS: [Duration; 1] = [Duration::from_secs(5)];

    fn after(status: u16, retry_after: Option<&'static str>, n_tries: u32) -> DeliveryOutcome {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(text));
        }
        let answer = OutAnswer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: b"body".to_vec(),
        };
        let now = DateTime::UNIX_EPOCH;
        outcome(Ok(receiver_answer(&answer, now)), &WAITS, n_tries, now)
    }

    fn next_of(outcome: &DeliveryOutcome) -> Option<i64> {
        match outcome {
            DeliveryOutcome::Failed { next_at, .. } => Some(next_at.timestamp()),
            _ => None,
        }
    }

    #[test]
    fn a_success_is_delivered_and_everything_else_is_tried_again() {
        for status in [200, 201, 204] {
            let delivered = DeliveryOutcome::Delivered {
                status: Some(status),
                answer: Some("body".into()),
                error: None,
            };
            assert_eq!(after(status, None, 1), delivered);
        }
        for status in [301, 302, 307, 400, 404, 429, 500, 502, 504] {
            assert_eq!(next_of(&after(status, None, 1)), Some(5), "{status}");
        }
        let DeliveryOutcome::Failed { error, .. } = after(302, None, 1) else {
            panic!("a redirect is no failure");
        };
        assert!(error.contains("redirects are not followed"), "{error}");
    }

    #[test]
    fn retry_after_slows_down() {
        for status in [429, 502, 503, 504] {
            assert_eq!(next_of(&after(status, Some("60"), 1)), Some(60));
        }
    }

    #[test]
    fn gone_switches_the_hook_off_and_the_last_wait_gives_the_message_up() {
        let gone = after(410, None, 1);
        assert!(matches!(gone, DeliveryOutcome::SwitchOff { .. }));
        let last = after(500, Some("60"), 2);
        assert!(matches!(last, DeliveryOutcome::GivenUp { .. }));
    }

    #[test]
    fn a_secret_that_cannot_be_read_switches_the_hook_off_and_no_answer_is_tried_again() {
        let now = DateTime::UNIX_EPOCH;
        let off = outcome(Err(Unsent::Off("key".into())), &WAITS, 1, now);
        assert!(matches!(off, DeliveryOutcome::SwitchOff { .. }));
        let failed = outcome(Err(OutError::Late.into()), &WAITS, 1, now);
        assert_eq!(next_of(&failed), Some(5));
    }
}
