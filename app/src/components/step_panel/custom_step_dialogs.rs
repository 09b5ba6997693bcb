//! Dialogs that add, edit and delete a custom step: a step of one customer only. A new one goes to a position of the
//! customer's list, or to the template as well. The dialog also works without an open step.
use super::{
    events::StepRequest,
    panel_session::StepDialogFields,
    step_detail::{StepDetailState, known_names_of},
};
use crate::{
    components::rights::Allowed, components::step_editor::StepEditor,
    components::ui::dialog::Dialog, components::ui::field::SelectField,
    components::ui::field::TextField, components::ui::notice::Failure,
    domain::customer_work::CustomStepPositions, domain::id::StepId, domain::order::Position,
    domain::permission::Permission, domain::vocabulary::Category, domain::vocabulary::Field,
    domain::vocabulary::StepType, error::AppError,
};
use leptos::prelude::*;

/// Value of the option that puts the step before all others.
const FIRST: &str = "first";

/// The options of the position field for a category: values and labels.
fn position_options(places: &CustomStepPositions, category: &str) -> Vec<(String, String)> {
    let mut options = vec![(FIRST.to_owned(), "First".to_owned())];
    for (id, of, name) in &places.steps {
        if of.as_str() == category {
            options.push((id.to_string(), format!("After {name}")));
        }
    }
    options
}

/// The chosen position; the last one if none is chosen.
pub fn chosen_position(
    places: &CustomStepPositions,
    category: &str,
    chosen: &str,
) -> Position<StepId> {
    let mut of_category = places.steps.iter().filter(|it| it.1.as_str() == category);
    if chosen == FIRST {
        return of_category
            .next()
            .map_or(Position::Last, |it| Position::Before(it.0));
    }
    let chosen = chosen.parse().ok().map(StepId);
    of_category
        .find(|it| Some(it.0) == chosen)
        .map_or(Position::Last, |it| Position::After(it.0))
}

/// Says who gets the step.
fn recipients_text(places: &CustomStepPositions, customer: &str, to_template: bool) -> String {
    let names = &places.customers;
    match names.len() {
        _ if !to_template => format!("For {customer} only."),
        0 | 1 => format!("{customer} and customers added later."),
        n => format!(
            "All {n} customers in this release get it: {}.",
            names.join(", ")
        ),
    }
}

/// What the dialog of a custom step shows beside its fields.
pub struct CustomStepContext {
    /// The dialog's title.
    pub title: String,
    /// The customer's name.
    pub customer: String,
    /// Names of the variables that the editor knows.
    pub known: Vec<String>,
    /// Where a new step can go, once it is read; none for an existing step, which keeps its position.
    pub positions: Option<RwSignal<Option<CustomStepPositions>>>,
}

/// Says that the fields hold what was typed before and not saved, with a way to throw it away.
#[component]
pub fn RestoredNotice(fields: StepDialogFields, on_discard: Callback<()>) -> impl IntoView {
    view! {
        <Show when=move || fields.is_restored.get()>
            <p class="quiet small" role="status">
                "Restored what you typed. "
                <button type="button" class="link" on:click=move |_| on_discard.run(())>"Discard"</button>
            </p>
        </Show>
    }
}

/// The form of a custom step in a dialog.
#[component]
pub fn CustomStepDialog(
    open: RwSignal<bool>,
    context: CustomStepContext,
    fields: StepDialogFields,
    #[prop(into)] error: Signal<Option<AppError>>,
    on_submit: Callback<()>,
    /// Throws away what is typed.
    on_discard: Callback<()>,
) -> impl IntoView {
    let CustomStepContext {
        title,
        customer,
        known,
        positions,
    } = context;
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let categories: Vec<(String, String)> = Category::ALL
        .iter()
        .map(|it| (it.to_string(), it.label().to_owned()))
        .collect();
    let kinds: Vec<(String, String)> = StepType::ALL
        .iter()
        .map(|it| (it.to_string(), it.to_string()))
        .collect();
    let kind = Signal::derive(move || fields.kind.get().parse().unwrap_or(StepType::Text));
    let customer = StoredValue::new(customer);
    let is_new = positions.is_some();
    let options = move || {
        let positions = positions.and_then(|it| it.get()).unwrap_or_default();
        let category = fields.category.get();
        let options = position_options(&positions, &category);
        let chosen = fields.position.get();
        let last = options.len() - 1;
        let is_known = options.iter().any(|it| it.0 == chosen);
        options
            .into_iter()
            .enumerate()
            .map(|(index, (key, label))| {
                let is_chosen = key == chosen || (!is_known && index == last);
                view! { <option value=key selected=is_chosen>{label}</option> }
            })
            .collect_view()
    };
    let recipients = move || {
        let positions = positions.and_then(|it| it.get()).unwrap_or_default();
        customer.with_value(|it| recipients_text(&positions, it, fields.to_template.get()))
    };
    view! {
        <Dialog open=open title=title wide=true>
            <form on:submit=move |event| {
                event.prevent_default();
                on_submit.run(());
            }>
                <div class="dialog__body stack">
                    <Failure error=error/>
                    <RestoredNotice fields=fields on_discard=on_discard/>
                    <TextField label="Name" id="custom-name" value=fields.name error=at(Field::Name)/>
                    <div class="form__row">
                        {is_new
                            .then(|| {
                                view! {
                                    <SelectField
                                        label="Category"
                                        id="custom-category"
                                        value=fields.category
                                        options=categories.clone()
                                        error=at(Field::Category)
                                    />
                                }
                            })}
                        <SelectField
                            label="Type"
                            id="custom-type"
                            value=fields.kind
                            options=kinds.clone()
                            error=at(Field::Type)
                        />
                        {is_new
                            .then(|| {
                                view! {
                                    <div class="field">
                                        <label for="custom-place">"Position"</label>
                                        <select
                                            class="input"
                                            id="custom-place"
                                            on:change=move |event| fields.position.set(event_target_value(&event))
                                        >
                                            {options}
                                        </select>
                                    </div>
                                }
                            })}
                    </div>
                    <StepEditor
                        value=fields.content
                        kind=kind
                        known=Signal::stored(known.clone())
                        id="custom-content"
                        is_of_customer=true
                        error=at(Field::Content)
                    />
                    {is_new
                        .then(|| {
                            view! {
                                <div class="field">
                                    <Allowed permission=Permission::Promote>
                                        <label class="row">
                                            <input
                                                type="checkbox"
                                                class="check"
                                                aria-describedby="custom-reach"
                                                prop:checked=move || fields.to_template.get()
                                                on:change=move |event| fields.to_template.set(event_target_checked(&event))
                                            />
                                            "Add to template"
                                        </label>
                                    </Allowed>
                                    <span class="hint" id="custom-reach" aria-live="polite">{recipients}</span>
                                </div>
                            }
                        })}
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="button" data-kind="ink" type="submit">
                        {if is_new { "Add step" } else { "Save changes" }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// Dialog that adds a custom step to the list of the open step's customer.
#[component]
pub fn AddStepDialog(state: StepDetailState) -> impl IntoView {
    let (customer, known) =
        state.read(|it| (it.detail.customer.customer.name.clone(), known_names_of(it)));
    let positions = RwSignal::new(None::<CustomStepPositions>);
    state.request(StepRequest::AskPlaces(positions));
    let add = Callback::new(move |()| {
        let draft = state.fields().draft();
        let chosen = state.fields().position.get_untracked();
        let place = positions.with_untracked(|it| {
            it.as_ref().map_or(Position::Last, |it| {
                chosen_position(it, &draft.category, &chosen)
            })
        });
        state.request(StepRequest::AddCustom {
            draft,
            place,
            to_template: state.fields().to_template.get_untracked(),
        });
    });
    let context = CustomStepContext {
        title: format!("Add custom step for {customer}"),
        customer,
        known,
        positions: Some(positions),
    };
    view! {
        <CustomStepDialog
            open=state.dialog_open()
            context=context
            fields=state.fields()
            error=state.unsaved
            on_submit=add
            on_discard=Callback::new(move |()| state.discard_typed())
        />
    }
}

/// Dialog that edits the open custom step.
#[component]
pub fn EditStepDialog(state: StepDetailState) -> impl IntoView {
    let (name, customer, known) = state.read(|it| {
        let detail = &it.detail;
        let customer = detail.customer.customer.name.clone();
        (detail.step.name.clone(), customer, known_names_of(it))
    });
    let save = Callback::new(move |()| {
        state.request(StepRequest::Edit(state.fields().draft()));
    });
    let context = CustomStepContext {
        title: format!("Edit {name}"),
        customer,
        known,
        positions: None,
    };
    view! {
        <CustomStepDialog
            open=state.dialog_open()
            context=context
            fields=state.fields()
            error=state.unsaved
            on_submit=save
            on_discard=Callback::new(move |()| state.discard_typed())
        />
    }
}

/// Asks before the open custom step is deleted.
#[component]
pub fn DeleteStepDialog(state: StepDetailState) -> impl IntoView {
    let open = state.dialog_open();
    let (name, customer) = state.read(|it| {
        let detail = &it.detail;
        (
            detail.step.name.clone(),
            detail.customer.customer.name.clone(),
        )
    });
    view! {
        <Dialog open=open title=format!("Delete {name}")>
            <div class="dialog__body stack">
                <Failure error=state.unsaved/>
                <p>{format!("Removed from {customer}'s steps. Its history is kept, and you can undo this.")}</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button
                    class="button"
                    data-kind="danger"
                    type="button"
                    on:click=move |_| state.request(StepRequest::Delete)
                >
                    "Delete"
                </button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions() -> CustomStepPositions {
        let step = |id, category, name: &str| (StepId(id), category, name.to_owned());
        CustomStepPositions {
            steps: vec![
                step(3, Category::Deploy, "Announce"),
                step(5, Category::Deploy, "Upgrade"),
                step(7, Category::Verify, "Check"),
            ],
            customers: vec!["Acme".into(), "Globex".into()],
        }
    }

    #[test]
    fn positions_are_first_and_after_each_step_of_the_category() {
        let labels: Vec<String> = position_options(&positions(), "deploy")
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(labels, ["First", "After Announce", "After Upgrade"]);
        let position = |category, chosen| chosen_position(&positions(), category, chosen);
        assert_eq!(position("deploy", FIRST), Position::Before(StepId(3)));
        assert_eq!(position("deploy", "3"), Position::After(StepId(3)));
        // A step of another category, or no choice, means the last position.
        assert_eq!(position("verify", "3"), Position::Last);
        assert_eq!(position("verify", ""), Position::Last);
        assert_eq!(
            chosen_position(&CustomStepPositions::default(), "deploy", FIRST),
            Position::Last
        );
    }

    #[test]
    fn the_dialog_says_who_gets_the_step() {
        assert_eq!(
            recipients_text(&positions(), "Acme", false),
            "For Acme only."
        );
        assert_eq!(
            recipients_text(&positions(), "Acme", true),
            "All 2 customers in this release get it: Acme, Globex."
        );
    }
}
