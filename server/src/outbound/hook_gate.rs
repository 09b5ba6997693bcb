//! Implements for the store what it asks when a hook is saved (R62): a new secret, whether its target may be called, and a preview of
//! a message.
use super::{
    guard::check_target,
    mail_message,
    message_text::MessageText,
    secret_box::{SecretBox, SecretError},
    signature, slack, teams,
};
use crate::ops::allowed_targets::AllowedTargets;
use app::{
    domain::{hook_message::HookMessage, rule_violation::RuleViolation, webhook::WebhookKind},
    store::{
        error::{StoreError, chain},
        outbox::hook_rules::{HookRules, HookSecret, TargetCheck},
    },
};
use std::{fmt, sync::Arc};

/// The answers, by the settings and the key of the secrets.
pub struct HookGate {
    allowed: Arc<AllowedTargets>,
    secrets: Arc<SecretBox>,
    /// The address that people open.
    public_url: Option<String>,
}

impl HookGate {
    /// With these targets, this key, and links to this address.
    pub fn new(
        allowed: Arc<AllowedTargets>,
        secrets: Arc<SecretBox>,
        public_url: Option<String>,
    ) -> Self {
        Self {
            allowed,
            secrets,
            public_url,
        }
    }
}

/// Without the key.
impl fmt::Debug for HookGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookGate")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

impl HookRules for HookGate {
    fn new_secret(&self, is_first: bool) -> Result<HookSecret, StoreError> {
        let not_made = |error: SecretError| refused("no secret was made", &error);
        if !is_first {
            self.secrets.must_be_readable().map_err(not_made)?;
        }
        let shown = signature::new_secret().map_err(|it| StoreError::Open(it.to_string()))?;
        let sealed = self.secrets.seal(&shown).map_err(not_made)?;
        Ok(HookSecret { shown, sealed })
    }

    fn check_secret(&self, sealed: &[u8]) -> Result<(), StoreError> {
        match self.secrets.open(sealed) {
            Ok(_) => Ok(()),
            Err(error) => Err(refused("the secret cannot be read", &error)),
        }
    }

    fn check_target<'a>(&'a self, kind: WebhookKind, target: &'a str) -> TargetCheck<'a> {
        Box::pin(check_target(kind, target, &self.allowed))
    }

    fn preview(&self, kind: WebhookKind, message: &HookMessage) -> String {
        let message = message.clone().linked(self.public_url.as_deref());
        let text = MessageText::from(&message);
        match kind {
            WebhookKind::Webhook => serde_json::to_string_pretty(&message).unwrap_or_default(),
            WebhookKind::Slack => format!("{:#}", slack::body(&text)),
            WebhookKind::Teams => format!("{:#}", teams::body(&text)),
            WebhookKind::Email => mail_message::preview(&text),
        }
    }
}

/// An admin can do something about the key, so the admin is told.
fn refused(what: &str, error: &SecretError) -> StoreError {
    let advice = match error {
        SecretError::NoKeyFile | SecretError::NotMade { .. } => "",
        SecretError::NotRead { .. } | SecretError::OtherKey(_) => {
            ". Put the key back that the secrets were encrypted with, or name its file with ROLLCALL_KEY_FILE; without it, delete these webhooks and make new ones"
        }
    };
    let reason = format!("{what}: {}{advice}", chain(error));
    tracing::error!(error = %reason, "the key of the secrets of hooks is of no use");
    RuleViolation::NoSecretKey { reason }.into()
}
