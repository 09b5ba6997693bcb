//! What the store asks when a hook is saved (R62): a new secret, and whether its target may be called.
use super::{
    guard::check_target,
    secret_box::{SecretBox, SecretError},
    signature,
};
use crate::ops::allowed_targets::AllowedTargets;
use app::{
    domain::{rule_violation::RuleViolation, webhook::WebhookKind},
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
}

impl HookGate {
    /// With these targets, and this key.
    pub fn new(allowed: Arc<AllowedTargets>, secrets: Arc<SecretBox>) -> Self {
        Self { allowed, secrets }
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
    fn new_secret(&self) -> Result<HookSecret, StoreError> {
        let shown = signature::new_secret().map_err(|it| StoreError::Open(it.to_string()))?;
        let sealed = self.secrets.seal(&shown).map_err(refused)?;
        Ok(HookSecret { shown, sealed })
    }

    fn check_target<'a>(&'a self, kind: WebhookKind, target: &'a str) -> TargetCheck<'a> {
        Box::pin(check_target(kind, target, &self.allowed))
    }
}

/// An admin can do something about the key, so the admin is told.
fn refused(error: SecretError) -> StoreError {
    let reason = chain(&error);
    tracing::error!(error = %reason, "no secret was made for a hook");
    RuleViolation::NoSecretKey { reason }.into()
}
