//! The choice among the steps of the release that a new one is cloned from.
use super::wizard::Wizard;
use crate::{
    api::releases::read_release,
    components::{step_state::type_icon, ui::icon::Icon},
    domain::{id::ReleaseId, template::StepTemplate},
};
use leptos::prelude::*;

/// Reads the steps of a release, unless another one is chosen by the time that they are here.
fn read_steps(wizard: Wizard, from: ReleaseId, is_empty: RwSignal<bool>) {
    leptos::task::spawn_local(async move {
        let Ok(detail) = read_release(from).await else {
            // Creating it says why.
            return;
        };
        let is_still_chosen = wizard.from.try_get_untracked() == Some(from.to_string());
        if is_still_chosen {
            is_empty.set(detail.templates.is_empty());
            wizard.cloned.set(detail.templates);
        }
    });
}

/// A box for each step, all of them ticked at first. Shown once the steps are read; without JavaScript all are copied.
#[component]
pub fn CloneChoice(wizard: Wizard) -> impl IntoView {
    let from = Memo::new(move |_| wizard.cloned_release());
    // Whether the release turned out to have no steps.
    let is_empty = RwSignal::new(false);
    Effect::new(move |_| {
        let from = from.get();
        is_empty.set(false);
        let Some(from) = from else { return };
        // Those of the same release stay while they are read again, and so do the boxes that are not ticked.
        let is_other = |all: &Vec<StepTemplate>| all.iter().any(|it| it.release_id != from);
        if wizard.cloned.with_untracked(is_other) {
            wizard.cloned.set(Vec::new());
        }
        read_steps(wizard, from, is_empty);
    });
    move || {
        let steps = wizard.cloned.get();
        if is_empty.get() {
            return Some(view! { <p class="muted">"No steps to copy."</p> }.into_any());
        }
        (!steps.is_empty()).then(|| {
            let boxes = steps
                .into_iter()
                .map(|it| step_box(wizard, it))
                .collect_view();
            view! {
                <fieldset class="field">
                    <legend class="label">"Steps to copy"</legend>
                    <ul class="wizard__steps">{boxes}</ul>
                </fieldset>
            }
            .into_any()
        })
    }
}

fn step_box(wizard: Wizard, step: StepTemplate) -> impl IntoView {
    let id = step.id;
    view! {
        <li>
            <label class="row">
                <input
                    type="checkbox"
                    class="check"
                    prop:checked=move || wizard.left_out.with(|it| !it.contains(&id))
                    on:change=move |event| {
                        let is_copied = event_target_checked(&event);
                        wizard
                            .left_out
                            .update(|it| {
                                if is_copied {
                                    it.remove(&id);
                                } else {
                                    it.insert(id);
                                }
                            });
                    }
                />
                <Icon name=type_icon(step.kind)/>
                <span>{step.name}</span>
                <span class="quiet small">{step.category.label()}</span>
            </label>
        </li>
    }
}
