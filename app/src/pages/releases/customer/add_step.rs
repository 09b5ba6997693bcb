//! Dialog that adds a custom step to one customer's list. Loaded lazily.
use super::page_state::CustomerPageState;
use crate::{
    api::steps::{add_custom_step, read_custom_places},
    components::step_panel::custom_step_dialogs::{
        CustomStepContext, CustomStepDialog, chosen_position,
    },
    domain::{
        customer_work::CustomStepPositions,
        id::{BatchId, CustomerId, ReleaseId},
        order::Position,
        template::TemplateDraft,
    },
    pages::SerialRequest,
};
use leptos::prelude::*;

/// The dialog.
#[component]
pub fn AddStep(
    open: RwSignal<bool>,
    page: CustomerPageState,
    ids: (ReleaseId, CustomerId),
    /// The customer's name.
    customer: String,
    /// Names of the variables that the editor knows.
    known: Vec<String>,
    /// Gets the text of the toast, and the batch that Undo reverts.
    on_added: Callback<(String, Option<BatchId>)>,
) -> impl IntoView {
    let sending = SerialRequest::new();
    let fields = page.memory.fields();
    let positions = RwSignal::new(None::<CustomStepPositions>);
    // What was typed when the dialog was closed without adding the step.
    let kept = StoredValue::new(TemplateDraft::default());
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if !is_open {
            if was_open == Some(true) {
                kept.set_value(fields.draft());
            }
            return is_open;
        }
        sending.error.set(None);
        let draft = kept.get_value();
        if draft == TemplateDraft::default() {
            fields.fill(draft);
        } else {
            fields.restore(draft, String::new());
        }
        leptos::task::spawn_local(async move {
            if let Ok(found) = read_custom_places(ids.0, ids.1).await {
                let _ = positions.try_set(Some(found));
            }
        });
        is_open
    });
    let add = Callback::new(move |()| {
        let draft = fields.draft();
        let chosen = fields.position.get_untracked();
        let position = positions.with_untracked(|it| {
            it.as_ref().map_or(Position::Last, |it| {
                chosen_position(it, &draft.category, &chosen)
            })
        });
        let text = format!("Added {}", draft.name.trim());
        let to_template = fields.to_template.get_untracked();
        let request = add_custom_step(ids.0, ids.1, draft, position, to_template);
        sending.run(request, move |it| {
            fields.fill(TemplateDraft::default());
            open.set(false);
            on_added.run((text, it.batch_id));
        });
    });
    let discard = Callback::new(move |()| fields.fill(TemplateDraft::default()));
    let context = CustomStepContext {
        title: format!("Add custom step for {customer}"),
        customer,
        known,
        positions: Some(positions),
    };
    view! { <CustomStepDialog open=open context=context fields=fields error=sending.error on_submit=add on_discard=discard/> }
}
