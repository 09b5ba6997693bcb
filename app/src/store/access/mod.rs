//! What a caller may do and see. A change cannot begin without a `Permit`, and only `permit` makes one; reads go through
//! `visible`, whose queries find nothing out of the caller's scope (R22, R23).
pub mod past_clusters;
mod subjects;
pub mod visible;

use super::{Store, error::StoreError};
use crate::domain::permission::{Need, Permission, Subject};
use visible::Visible;

/// Proof that the caller may make a change. Only `Store::permit` makes one.
#[derive(Debug)]
#[must_use = "a permit that no change takes protects nothing"]
pub struct Permit {
    permission: Permission,
}

impl Permit {
    /// What it was asked for; an idempotency key remembers it.
    pub fn permission(&self) -> Permission {
        self.permission
    }
}

impl Store {
    /// Asks whether the caller may do this. What does not exist for the caller is not found, whatever its role: a refusal
    /// would say that it exists. Errors: not found; a role that is too low.
    pub async fn permit(&self, need: Need) -> Result<Permit, StoreError> {
        let Need {
            permission,
            subject,
        } = need;
        let may = self.caller.may(permission);
        let must_be_asked = match subject {
            Subject::Anything => false,
            // A caller who may not manage users does not learn whether this id exists.
            Subject::User(_) => may,
            // Sessions, tokens and views belong to one person, independently of scopes.
            Subject::Session(_) | Subject::Token(_) | Subject::View(_) => true,
            // A caller that may do and see all needs no query; the method that follows finds what is missing.
            _ => !may || !self.caller.sees_all(),
        };
        if must_be_asked {
            self.must_see(&subject).await?;
        }
        if may {
            Ok(Permit { permission })
        } else {
            Err(StoreError::NeedsRole(permission.role()))
        }
    }

    /// Refuses a row that does not exist for the caller. Asks nothing for one that sees all: its load says what is missing.
    /// Errors: not found.
    pub(in crate::store) async fn see(
        &self,
        subject: impl Into<Subject>,
    ) -> Result<(), StoreError> {
        if self.caller.sees_all() {
            return Ok(());
        }
        self.must_see(&subject.into()).await
    }

    /// Refuses a read that needs more than the lowest role. Errors: a role that is too low.
    pub(in crate::store) fn must_have(&self, permission: Permission) -> Result<(), StoreError> {
        if self.caller.may(permission) {
            Ok(())
        } else {
            Err(StoreError::NeedsRole(permission.role()))
        }
    }

    /// The queries of what the caller sees.
    pub(in crate::store) fn visible(&self) -> Visible<'_> {
        Visible::of(&self.caller)
    }
}
