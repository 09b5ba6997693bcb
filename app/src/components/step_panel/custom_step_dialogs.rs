//! A step of one customer alone: added at a place of its list or to the template as well, edited, deleted. The dialog stands
//! also where no step is on the desk.
use super::{
    StepPanelEvent,
    step_detail::{StepDetailState, StepDialogFields, known_to},
};
use crate::{
    components::{
        step_editor::StepEditor,
        ui::{
            dialog::Dialog,
            field::{SelectField, TextField},
            notice::Failure,
        },
    },
    domain::{
        customer_work::CustomStepPositions,
        id::StepId,
        order::Position,
        vocabulary::{Category, Field, StepType},
    },
    error::AppError,
};
use leptos::prelude::*;

const FIRST: &str = "first";

/// The places of a category: what they are called, and how they stand in the form.
fn offered(places: &CustomStepPositions, category: &str) -> Vec<(String, String)> {
    let mut offered = vec![(FIRST.to_owned(), "First".to_owned())];
    for (id, of, name) in &places.steps {
        if of.as_str() == category {
            offered.push((id.to_string(), format!("After {name}")));
        }
    }
    offered
}

/// The place that was chosen; nothing chosen is the last.
pub fn chosen_place(
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

/// Who gets the step.
fn reach(places: &CustomStepPositions, customer: &str, to_template: bool) -> String {
    let names = &places.customers;
    match names.len() {
        _ if !to_template => format!("Only {customer} gets it."),
        0 | 1 => format!("{customer} gets it, and who is added to this release later."),
        n => format!(
            "All {n} customers in this release get it: {}.",
            names.join(", ")
        ),
    }
}

#[component]
pub fn CustomStepDialog(
    open: RwSignal<bool>,
    #[prop(into)] title: String,
    fields: StepDialogFields,
    #[prop(into)] error: Signal<Option<AppError>>,
    /// The customer's name.
    #[prop(into)]
    customer: String,
    known: Vec<String>,
    /// Where a new step can be put; none for one that stays where it is.
    places: Option<RwSignal<Option<CustomStepPositions>>>,
    on_submit: Callback<()>,
) -> impl IntoView {
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
    let is_new = places.is_some();
    let options = move || {
        let places = places.and_then(|it| it.get()).unwrap_or_default();
        let category = fields.category.get();
        let offered = offered(&places, &category);
        let chosen = fields.place.get();
        let last = offered.len() - 1;
        let is_known = offered.iter().any(|it| it.0 == chosen);
        offered
            .into_iter()
            .enumerate()
            .map(|(index, (key, label))| {
                let is_chosen = key == chosen || (!is_known && index == last);
                view! { <option value=key selected=is_chosen>{label}</option> }
            })
            .collect_view()
    };
    let who = move || {
        let places = places.and_then(|it| it.get()).unwrap_or_default();
        customer.with_value(|it| reach(&places, it, fields.to_template.get()))
    };
    view! {
        <Dialog open=open title=title wide=true>
            <form on:submit=move |event| {
                event.prevent_default();
                on_submit.run(());
            }>
                <div class="dialog__body stack">
                    <Failure error=error/>
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
                                            on:change=move |event| fields.place.set(event_target_value(&event))
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
                        error=at(Field::Content)
                    />
                    {is_new
                        .then(|| {
                            view! {
                                <div class="field">
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
                                    <span class="hint" id="custom-reach" aria-live="polite">{who}</span>
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

/// A new step beside the one on the desk.
#[component]
pub fn AddDialog(desk: StepDetailState) -> impl IntoView {
    let (customer, known) =
        desk.read(|it| (it.detail.customer.customer.name.clone(), known_to(it)));
    let places = RwSignal::new(None::<CustomStepPositions>);
    desk.on_wish.run(StepPanelEvent::AskPlaces(places));
    let add = Callback::new(move |()| {
        let draft = desk.fields().draft();
        let chosen = desk.fields().place.get_untracked();
        let place = places.with_untracked(|it| {
            it.as_ref().map_or(Position::Last, |it| {
                chosen_place(it, &draft.category, &chosen)
            })
        });
        desk.on_wish.run(StepPanelEvent::AddCustom {
            draft,
            place,
            to_template: desk.fields().to_template.get_untracked(),
        });
    });
    view! {
        <CustomStepDialog
            open=desk.dialog()
            title=format!("Add custom step for {customer}")
            fields=desk.fields()
            error=desk.unsaved
            customer=customer
            known=known
            places=Some(places)
            on_submit=add
        />
    }
}

#[component]
pub fn EditDialog(desk: StepDetailState) -> impl IntoView {
    let (name, customer, known) = desk.read(|it| {
        let detail = &it.detail;
        let customer = detail.customer.customer.name.clone();
        (detail.step.name.clone(), customer, known_to(it))
    });
    let save = Callback::new(move |()| {
        desk.on_wish
            .run(StepPanelEvent::Edit(desk.fields().draft()))
    });
    view! {
        <CustomStepDialog
            open=desk.dialog()
            title=format!("Edit {name}")
            fields=desk.fields()
            error=desk.unsaved
            customer=customer
            known=known
            places=None
            on_submit=save
        />
    }
}

#[component]
pub fn DeleteDialog(desk: StepDetailState) -> impl IntoView {
    let open = desk.dialog();
    let (name, customer) = desk.read(|it| {
        let detail = &it.detail;
        (
            detail.step.name.clone(),
            detail.customer.customer.name.clone(),
        )
    });
    view! {
        <Dialog open=open title=format!("Delete {name}")>
            <div class="dialog__body stack">
                <Failure error=desk.unsaved/>
                <p>{format!("The step leaves {customer}'s list. Its history stays, and it can be undone.")}</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button
                    class="button"
                    data-kind="danger"
                    type="button"
                    on:click=move |_| desk.on_wish.run(StepPanelEvent::Delete)
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

    fn places() -> CustomStepPositions {
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
    fn places_read_first_and_after_each_step_of_the_category() {
        let labels: Vec<String> = offered(&places(), "deploy")
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(labels, ["First", "After Announce", "After Upgrade"]);
        let place = |category, chosen| chosen_place(&places(), category, chosen);
        assert_eq!(place("deploy", FIRST), Position::Before(StepId(3)));
        assert_eq!(place("deploy", "3"), Position::After(StepId(3)));
        // Of another category, or nothing chosen: last.
        assert_eq!(place("verify", "3"), Position::Last);
        assert_eq!(place("verify", ""), Position::Last);
        assert_eq!(
            chosen_place(&CustomStepPositions::default(), "deploy", FIRST),
            Position::Last
        );
    }

    #[test]
    fn it_is_said_who_gets_the_step() {
        assert_eq!(reach(&places(), "Acme", false), "Only Acme gets it.");
        assert_eq!(
            reach(&places(), "Acme", true),
            "All 2 customers in this release get it: Acme, Globex."
        );
    }
}
