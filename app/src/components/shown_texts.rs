//! The texts of steps that a page has shown (R81): an action that proves its text is sent with the one that the person has seen.
use crate::domain::id::StepId;
use leptos::prelude::*;
use std::sync::Arc;

/// A text that was on the page, with its SHA-256.
#[derive(Debug, PartialEq, Eq)]
pub struct ShownText {
    /// As the server computed it.
    pub sha256: String,
    /// The resolved text.
    pub text: String,
}

/// The texts of steps that this page has shown: on screen, and copied.
#[derive(Clone, Copy, Default)]
pub struct ShownTexts(StoredValue<Vec<ShownStep>>);

/// The texts of one step.
struct ShownStep {
    step: StepId,
    screen: Option<Arc<ShownText>>,
    copied: Option<Arc<ShownText>>,
}

impl ShownTexts {
    /// Remembers the text that was copied, or what is on screen: none while the names of variables are shown there.
    pub fn show(self, step: StepId, text: Option<Arc<ShownText>>, is_copied: bool) {
        self.0.try_update_value(|all| {
            let at = all.iter().position(|it| it.step == step);
            let at = at.unwrap_or_else(|| {
                all.push(ShownStep {
                    step,
                    screen: None,
                    copied: None,
                });
                all.len() - 1
            });
            let place = if is_copied {
                &mut all[at].copied
            } else {
                &mut all[at].screen
            };
            *place = text;
        });
    }

    /// The step was done: what is shown from now on counts.
    pub fn forget(self, step: StepId) {
        self.0
            .try_update_value(|all| all.retain(|it| it.step != step));
    }

    /// The texts of a step: on screen, and copied.
    pub fn of(self, step: StepId) -> (Option<Arc<ShownText>>, Option<Arc<ShownText>>) {
        let shown = self.0.try_with_value(|all| {
            let of = all.iter().find(|it| it.step == step);
            of.map(|it| (it.screen.clone(), it.copied.clone()))
        });
        shown.flatten().unwrap_or_default()
    }
}
