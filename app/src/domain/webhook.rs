//! Webhooks (R62): where messages about changes go, which events they are of, and what is known of each delivery. What a
//! message says is in `hook_message`.
use super::{
    field_error::FieldError,
    id::{ClusterId, ReleaseId, WebhookId},
    text::Name,
    user::parse_email,
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Characters of a target.
const TARGET_MAX_CHARS: usize = 2_000;
/// Mail addresses of one hook.
const ADDRESSES_MAX: usize = 20;
/// Days that a delivery is kept.
pub const DELIVERIES_KEPT_DAYS: i64 = 30;
/// Bytes of an answer that a delivery keeps.
pub const ANSWER_KEPT_BYTES: usize = 1_024;

words! {
    /// The form in which a hook's messages go out.
    WebhookKind { Webhook = "webhook", Slack = "slack", Teams = "teams", Email = "email" }
}

words! {
    /// What a message is about. `Test` is only sent on demand.
    HookEvent {
        StepFailed = "step.failed", StepDone = "step.done", StepsChanged = "steps.changed",
        ReleaseActivated = "release.activated", ReleaseAttention = "release.attention",
        ReleaseFinished = "release.finished", CustomerFinished = "customer.finished",
        ClusterFinished = "cluster.finished", RunFinished = "run.finished", HistoryHead = "history.head",
        Test = "test",
    }
}

words! {
    /// How far a delivery is.
    DeliveryState { Pending = "pending", Delivered = "delivered", Failed = "failed", GivenUp = "given_up" }
}

impl WebhookKind {
    /// The name on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Webhook => "Webhook",
            Self::Slack => "Slack",
            Self::Teams => "Microsoft Teams",
            Self::Email => "Email",
        }
    }

    /// Whether its messages are signed with a secret of the hook.
    pub fn is_signed(self) -> bool {
        self == Self::Webhook
    }
}

impl HookEvent {
    /// The events that a hook can be for.
    pub fn selectable() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|it| *it != Self::Test)
    }

    /// The name on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::StepFailed => "Steps failed",
            Self::StepDone => "Steps done",
            Self::StepsChanged => "Steps changed state",
            Self::ReleaseActivated => "Release activated",
            Self::ReleaseAttention => "Release needs attention",
            Self::ReleaseFinished => "Release finished",
            Self::CustomerFinished => "Customer finished",
            Self::ClusterFinished => "Cluster finished",
            Self::RunFinished => "Run finished",
            Self::HistoryHead => "History head",
            Self::Test => "Test",
        }
    }

    /// When it is sent, on one line.
    pub fn summary(self) -> &'static str {
        match self {
            Self::StepFailed => "Each time steps are marked failed",
            Self::StepDone => "Each time steps are marked done",
            Self::StepsChanged => "One message per change, however many steps",
            Self::ReleaseActivated => "When a draft goes out to its customers",
            Self::ReleaseAttention => "The first failure since all was well",
            Self::ReleaseFinished => "When the last open step is done or skipped",
            Self::CustomerFinished => "When a customer's last open step is done or skipped",
            Self::ClusterFinished => "When a cluster's last open step is done or skipped",
            Self::RunFinished => "When a run ends",
            Self::HistoryHead => "Once a day: proof of the history so far",
            Self::Test => "Sent by hand",
        }
    }
}

impl DeliveryState {
    /// The name on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Delivered => "Delivered",
            Self::Failed => "Retrying",
            Self::GivenUp => "Given up",
        }
    }
}

/// A hook. Its secret is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub id: WebhookId,
    pub name: String,
    pub kind: WebhookKind,
    /// An address to post to; of `email` mail addresses, separated by commas.
    pub target: String,
    pub events: BTreeSet<HookEvent>,
    /// None: every release.
    pub release_id: Option<ReleaseId>,
    /// None: every cluster. Never empty.
    pub cluster_ids: Option<BTreeSet<ClusterId>>,
    pub is_active: bool,
    /// Why it was switched off by the program; none if a person did, or if it is active.
    pub off_reason: Option<String>,
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

impl Webhook {
    /// The hook as the history keeps it: of an address only the host, because the rest of a chat's address is a secret.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let target = match self.kind {
            WebhookKind::Email => self.target.clone(),
            _ => shown_address(&self.target),
        };
        Self {
            target,
            ..self.clone()
        }
    }

    /// Whether it may tell of this release.
    pub fn is_for(&self, release: ReleaseId) -> bool {
        self.release_id.is_none_or(|it| it == release)
    }
}

/// What a form or a request says of a hook, unchecked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookDraft {
    pub name: String,
    /// The word of a `WebhookKind`.
    pub kind: String,
    pub target: String,
    /// Words of `HookEvent`s.
    pub events: Vec<String>,
    /// None: every release.
    pub release_id: Option<ReleaseId>,
    /// None: every cluster.
    pub cluster_ids: Option<BTreeSet<ClusterId>>,
    pub is_active: bool,
}

/// The fields of a hook after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookFields {
    pub name: Name,
    pub kind: WebhookKind,
    pub target: String,
    pub events: BTreeSet<HookEvent>,
    pub release_id: Option<ReleaseId>,
    pub cluster_ids: Option<BTreeSet<ClusterId>>,
    pub is_active: bool,
}

impl Default for WebhookDraft {
    /// The draft of an empty form.
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: WebhookKind::Webhook.as_str().to_owned(),
            target: String::new(),
            events: Vec::new(),
            release_id: None,
            cluster_ids: None,
            is_active: true,
        }
    }
}

impl From<Webhook> for WebhookDraft {
    fn from(hook: Webhook) -> Self {
        Self {
            name: hook.name,
            kind: hook.kind.as_str().to_owned(),
            target: hook.target,
            events: hook.events.iter().map(ToString::to_string).collect(),
            release_id: hook.release_id,
            cluster_ids: hook.cluster_ids,
            is_active: hook.is_active,
        }
    }
}

impl WebhookDraft {
    /// Validates all fields. Whether release and clusters exist is the store's question, and whether the target may be called that
    /// of `HookRules`. Errors: also a kind or an event that is none, no events, no clusters.
    pub fn parse(self) -> Result<WebhookFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let kind = errors.check(Field::Kind, self.kind.parse::<WebhookKind>());
        let target =
            kind.and_then(|kind| errors.check(Field::Target, parse_target(kind, &self.target)));
        let events = errors.check(Field::Events, parse_events(&self.events));
        let clusters = errors.check(Field::Clusters, parse_clusters(self.cluster_ids));
        let whole = || {
            Some(WebhookFields {
                name: name?,
                kind: kind?,
                target: target?,
                events: events?,
                release_id: self.release_id,
                cluster_ids: clusters?,
                is_active: self.is_active,
            })
        };
        errors.finish(whole())
    }
}

/// An address without what is behind its host.
fn shown_address(target: &str) -> String {
    let (scheme, rest) = target.split_once("://").unwrap_or(("", target));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host == rest {
        target.to_owned()
    } else {
        format!("{scheme}://{host}/…")
    }
}

fn parse_target(kind: WebhookKind, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Missing);
    }
    if kind == WebhookKind::Email {
        return parse_addresses(text);
    }
    let long = text.chars().count();
    if long > TARGET_MAX_CHARS {
        return Err(FieldError::TooLong {
            max: TARGET_MAX_CHARS,
            long,
        });
    }
    let is_http = |it: &str| {
        ["https", "http"]
            .iter()
            .any(|word| it.eq_ignore_ascii_case(word))
    };
    let rest = text.split_once("://").filter(|it| is_http(it.0));
    let is_written = text.chars().all(|it| it.is_ascii_graphic() && it != '\\');
    let host = rest.and_then(|it| it.1.split(['/', '?', '#']).next());
    // No name: none at all, `.` or `..`.
    let is_named = |it: &str| {
        it.split(':')
            .next()
            .is_some_and(|it| !it.trim_matches('.').is_empty())
    };
    // A URL with user info is refused: the credentials would be sent to the host.
    match host.filter(|it| is_written && is_named(it) && !it.contains('@')) {
        Some(_) => Ok(text.to_owned()),
        None => Err(FieldError::NotAUrl),
    }
}

/// Mail addresses, separated by commas.
fn parse_addresses(text: &str) -> Result<String, FieldError> {
    let mut addresses = Vec::new();
    for part in text.split(',').filter(|it| !it.trim().is_empty()) {
        addresses.extend(parse_email(part)?);
    }
    match addresses.len() {
        0 => Err(FieldError::Missing),
        1..=ADDRESSES_MAX => Ok(addresses.join(", ")),
        long => Err(FieldError::TooMany {
            max: ADDRESSES_MAX,
            long,
        }),
    }
}

fn parse_events(words: &[String]) -> Result<BTreeSet<HookEvent>, FieldError> {
    if words.is_empty() {
        return Err(FieldError::EmptyList);
    }
    let event = |word: &String| {
        let found = HookEvent::selectable().find(|it| it.as_str() == word);
        found.ok_or_else(|| FieldError::NotOneOf {
            words: HookEvent::selectable().map(|it| it.to_string()).collect(),
        })
    };
    words.iter().map(event).collect()
}

fn parse_clusters(
    ids: Option<BTreeSet<ClusterId>>,
) -> Result<Option<BTreeSet<ClusterId>>, FieldError> {
    match ids {
        Some(ids) if ids.is_empty() => Err(FieldError::EmptyList),
        ids => Ok(ids),
    }
}

/// A message to one hook, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its number, by which it is replayed.
    pub n: i64,
    /// The same for all tries, also after a replay.
    pub message_id: String,
    pub event: HookEvent,
    pub state: DeliveryState,
    /// How often it was tried since it was made, or replayed.
    pub tries: u32,
    /// When the message was made.
    #[serde(with = "crate::domain::time_serde")]
    pub at: DateTime<Utc>,
    /// When it is tried next; none if it is not.
    #[serde(with = "crate::domain::time_serde::option")]
    pub next_at: Option<DateTime<Utc>>,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The first kilobyte of the last answer.
    pub answer: Option<String>,
    /// Why the last try failed; of a delivered mail, which of its addresses were refused.
    pub error: Option<String>,
}

/// How a hook's deliveries are, at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookHealth {
    /// Not yet tried, or to be tried again.
    pub n_waiting: u64,
    /// Given up within the days that deliveries are kept.
    pub n_given_up: u64,
    /// The newest delivery that was tried or given up.
    pub last: Option<Delivery>,
}

/// A hook with its health, for the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRow {
    pub hook: Webhook,
    pub health: HookHealth,
}

/// A hook that was just made, with its secret, which is shown this once; none of a kind that is not signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedWebhook {
    pub hook: Webhook,
    pub secret: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> WebhookDraft {
        WebhookDraft {
            name: "CI".into(),
            target: "https://example.com/hooks?a=b".into(),
            events: vec!["step.failed".into(), "release.finished".into()],
            ..WebhookDraft::default()
        }
    }

    fn problem(draft: WebhookDraft, field: Field) -> Option<FieldError> {
        let wrong = draft.parse().err()?;
        wrong.error_for(field).cloned()
    }

    #[test]
    fn a_target_is_an_address_with_a_host_and_without_a_password() {
        for good in [
            "https://example.com",
            "http://10.0.0.7:8080/hook",
            "https://[2001:db8::1]/x",
            "HTTPS://example.com/x",
        ] {
            assert_eq!(parse_target(WebhookKind::Slack, good).as_deref(), Ok(good));
        }
        for wrong in [
            "example.com",
            "https://",
            "https:///path",
            "http://./",
            "http://../",
            "http://:80/",
            "ftp://example.com",
            "https://a:b@example.com",
            "https://example.com/a b",
            "https://example.com\\@evil",
        ] {
            assert_eq!(
                parse_target(WebhookKind::Webhook, wrong),
                Err(FieldError::NotAUrl),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_history_keeps_of_an_address_only_its_host() {
        let shown = shown_address("https://hooks.slack.com/services/T0/B0/secret");
        assert_eq!(shown, "https://hooks.slack.com/…");
        assert_eq!(shown_address("http://10.0.0.7:80"), "http://10.0.0.7:80");
    }

    #[test]
    fn mail_goes_to_one_or_several_addresses() {
        let parse = |text| parse_target(WebhookKind::Email, text);
        let two = parse("ana@example.com,ben@example.com ,");
        assert_eq!(two.as_deref(), Ok("ana@example.com, ben@example.com"));
        assert_eq!(
            parse("https://example.com").err(),
            Some(FieldError::NotAnEmail)
        );
        assert_eq!(parse(" , ").err(), Some(FieldError::Missing));
        let many = vec!["ana@example.com"; ADDRESSES_MAX + 1].join(",");
        assert!(matches!(parse(&many), Err(FieldError::TooMany { .. })));
    }

    #[test]
    fn a_hook_is_for_at_least_one_event_and_never_for_a_test() {
        assert!(draft().parse().is_ok());
        let none = WebhookDraft {
            events: Vec::new(),
            ..draft()
        };
        assert_eq!(problem(none, Field::Events), Some(FieldError::EmptyList));
        for word in ["test", "step.exploded"] {
            let wrong = WebhookDraft {
                events: vec![word.into()],
                ..draft()
            };
            let problem = problem(wrong, Field::Events);
            assert!(matches!(problem, Some(FieldError::NotOneOf { .. })));
        }
    }

    #[test]
    fn no_cluster_is_refused_and_leaving_them_out_is_every_cluster() {
        let none = WebhookDraft {
            cluster_ids: Some(BTreeSet::new()),
            ..draft()
        };
        assert_eq!(problem(none, Field::Clusters), Some(FieldError::EmptyList));
        assert_eq!(draft().parse().unwrap().cluster_ids, None);
    }

    #[test]
    fn a_wrong_kind_is_reported_beside_a_missing_name() {
        let wrong = WebhookDraft {
            name: String::new(),
            kind: "pager".into(),
            ..draft()
        };
        let errors = wrong.parse().unwrap_err();
        assert_eq!(errors.error_for(Field::Name), Some(&FieldError::Missing));
        assert!(errors.error_for(Field::Kind).is_some());
    }
}
