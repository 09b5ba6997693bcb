//! What the store asks of the program that sends messages (R62): secrets, which are encrypted with a key that is not in the
//! database, and which targets may be called.
use crate::domain::{field_error::FieldError, hook_message::HookMessage, webhook::WebhookKind};
use crate::store::{Database, error::StoreError};
use std::{
    fmt::Debug,
    pin::Pin,
    sync::{Arc, OnceLock},
};

/// Whether a target may be called; the error is for its field.
pub type TargetCheck<'a> = Pin<Box<dyn Future<Output = Result<(), FieldError>> + Send + 'a>>;

/// A new secret of a hook.
pub struct HookSecret {
    /// As its receiver has it, `whsec_…`: shown once.
    pub shown: String,
    /// Encrypted, for the database.
    pub sealed: Vec<u8>,
}

/// The program that sends messages.
pub trait HookRules: Send + Sync + Debug {
    /// A new random secret. A key is made only for the first one (`is_first`): what there is was encrypted with one that is missing
    /// then. Errors: no key to encrypt it with.
    fn new_secret(&self, is_first: bool) -> Result<HookSecret, StoreError>;
    /// Refuses an encrypted secret that cannot be read, and says what to do.
    fn check_secret(&self, sealed: &[u8]) -> Result<(), StoreError>;
    /// Refuses a target that is never called. A name that does not resolve is no error.
    fn check_target<'a>(&'a self, kind: WebhookKind, target: &'a str) -> TargetCheck<'a>;
    /// A message as receivers of this kind get it, in lines to be read: JSON, or the text of a mail.
    fn preview(&self, kind: WebhookKind, message: &HookMessage) -> String;
}

/// The rules, once the program has set them. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct SharedHookRules(Arc<OnceLock<Arc<dyn HookRules>>>);

impl SharedHookRules {
    /// The rules. Errors: nothing sends messages here.
    pub fn get(&self) -> Result<&dyn HookRules, StoreError> {
        match self.0.get() {
            Some(rules) => Ok(rules.as_ref()),
            None => Err(StoreError::Open(
                "no webhooks here: nothing sends their messages".to_owned(),
            )),
        }
    }
}

impl Database {
    /// Sets the rules of webhooks, at the start of the program. Later calls change nothing.
    pub fn set_hook_rules(&self, rules: Arc<dyn HookRules>) {
        // The first rules stay.
        let _ = self.hook_rules.0.set(rules);
    }
}
