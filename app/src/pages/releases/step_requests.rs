//! Requests of the dialogs of a step, and of its comparisons: loaded with the dialogs, since each request has code of its own.
use super::step_detail_actions::{StepDetailActions, VersionedSave};
use crate::{
    api::steps::{
        add_custom_step, compare_texts, delete_custom_step, edit_custom_step, keep_override,
        override_step, preview_promotion, promote_step, read_changed_text, read_custom_places,
        reset_step,
    },
    components::step_panel::events::{OpenStepDialog, StepRequest},
    domain::{
        normalize::saved_message,
        own_changes::{KEEP_OVERRIDE, OVERRIDE, RESET},
    },
};
use leptos::prelude::*;
use std::sync::Arc;

/// Sends what is asked for.
pub fn send_step_request(actions: &StepDetailActions, request: StepRequest) {
    let step = Arc::clone(&actions.step);
    let id = step.id;
    match request {
        StepRequest::Override(content) => {
            let text = saved_message("Text overridden for this customer", &content);
            let send: VersionedSave =
                Box::new(move |version| Box::pin(override_step(id, content.clone(), version)));
            actions.save_text(Some(OpenStepDialog::Override), send, Some(OVERRIDE), text);
        }
        StepRequest::Keep => {
            let send: VersionedSave = Box::new(move |version| Box::pin(keep_override(id, version)));
            let text = "Override kept".to_owned();
            actions.save_text(Some(OpenStepDialog::Drift), send, Some(KEEP_OVERRIDE), text);
        }
        StepRequest::Reset => {
            let send: VersionedSave = Box::new(move |_| Box::pin(reset_step(id)));
            let text = "Reset to the template's text".to_owned();
            actions.save_text(Some(OpenStepDialog::Drift), send, Some(RESET), text);
        }
        StepRequest::Edit(draft) => {
            let text = saved_message(&format!("Saved {}", draft.name.trim()), &draft.content);
            let send: VersionedSave =
                Box::new(move |version| Box::pin(edit_custom_step(id, draft.clone(), version)));
            actions.save_text(Some(OpenStepDialog::Edit), send, None, text);
        }
        StepRequest::Delete => {
            let text = format!("Deleted {}", step.name);
            actions.send_wide(OpenStepDialog::Delete, delete_custom_step(id), text, true);
        }
        StepRequest::Promote => {
            let text = format!("Promoted {} to the template", step.name);
            let send: VersionedSave = Box::new(move |version| Box::pin(promote_step(id, version)));
            actions.save_text(Some(OpenStepDialog::Promote), send, None, text);
        }
        StepRequest::AddCustom {
            draft,
            place,
            to_template,
        } => {
            let text = saved_message(&format!("Added {}", draft.name.trim()), &draft.content);
            let (release, customer) = (step.release_id, step.customer_id);
            let sent = add_custom_step(release, customer, draft, place, to_template);
            actions.send_wide(OpenStepDialog::AddCustom, sent, text, false);
        }
        StepRequest::Compare {
            before,
            after,
            into,
        } => leptos::task::spawn_local(async move {
            match compare_texts(before, after).await {
                Ok(rows) => drop(into.rows.try_set(Some(rows))),
                Err(error) => drop(into.error.try_set(Some(error))),
            }
        }),
        StepRequest::CompareNow(shown, into) => leptos::task::spawn_local(async move {
            let _ = into.try_set(Some(read_changed_text(id, shown).await));
        }),
        StepRequest::AskPlaces(into) => leptos::task::spawn_local(async move {
            let answer = read_custom_places(step.release_id, step.customer_id).await;
            if let Ok(places) = answer {
                let _ = into.try_set(Some(places));
            }
        }),
        StepRequest::AskPromotion(into) => {
            let unsaved = actions.session.unsaved.clone();
            leptos::task::spawn_local(async move {
                match preview_promotion(id).await {
                    Ok(promotion) => {
                        let _ = into.try_set(Some(promotion));
                    }
                    Err(error) => unsaved.set(Some((id, Some(OpenStepDialog::Promote), error))),
                }
            });
        }
    }
}
