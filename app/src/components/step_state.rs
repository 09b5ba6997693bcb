//! Icons and labels of step states and step types. Every view takes them from here, so that they cannot differ.
use super::ui::icon::Icon;
use crate::domain::{
    step::CustomerStep,
    text_change::TextComparison,
    vocabulary::{StepStatus, StepType},
};
use leptos::prelude::*;

/// The id of a state's icon in the sprite.
pub fn state_icon(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "g-pending",
        StepStatus::InProgress => "g-in_progress",
        StepStatus::Done => "g-done",
        StepStatus::Failed => "g-failed",
        StepStatus::Skipped => "g-skipped",
        StepStatus::Reverted => "g-reverted",
    }
}

/// The id of a type's icon in the sprite.
pub fn type_icon(kind: StepType) -> &'static str {
    match kind {
        StepType::Bash => "t-bash",
        StepType::Sql => "t-sql",
        StepType::Text => "t-text",
    }
}

/// A state as icon and label.
#[component]
pub fn StepStateLabel(status: StepStatus) -> impl IntoView {
    view! {
        <span class="state" data-state=status.as_str()>
            <Icon name=state_icon(status)/>
            {status.label()}
        </span>
    }
}

/// What somebody did who set a state: "Ben marked it failed".
pub fn state_set_phrase(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "reopened it",
        StepStatus::InProgress => "started it",
        StepStatus::Done => "marked it done",
        StepStatus::Failed => "marked it failed",
        StepStatus::Skipped => "skipped it",
        StepStatus::Reverted => "reverted it",
    }
}

/// Says who set a state that the page does not show: "Ben marked it failed at 13:04: boom".
pub fn state_set_text(now: &TextComparison, at: Option<&str>) -> String {
    let what = state_set_phrase(now.status);
    let mut text = match (&now.state_by, at) {
        (Some(by), Some(at)) => format!("{by} {what} at {at}"),
        _ => format!("It is {} now", now.status.in_sentence()),
    };
    if let Some(reason) = &now.reason {
        text.extend([": ", reason.as_str()]);
    }
    text
}

/// Says that somebody else has changed the step before: "Already done by Ana at 14:02".
pub fn already_in_state_text(row: &CustomerStep, at: Option<String>) -> String {
    let mut text = format!("Already {}", row.status.in_sentence());
    if let Some(by) = &row.state_by {
        text.extend([" by ", by.as_str()]);
    }
    if let Some(at) = &at {
        text.extend([" at ", at.as_str()]);
    }
    text
}
