//! Field for the value of a variable that is missing, with the choice of the record that it is set at (R103). What is typed belongs
//! to the page, so that it outlives the field.
use super::ui::{icon::Icon, notice::sentence, time::Clock};
use crate::{
    browser::form::to_nfc,
    domain::{
        value_edit::{ValueEdit, ValuePlace},
        vocabulary::Field,
    },
    error::AppError,
};
use leptos::prelude::*;

/// A value that is typed and not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedValue {
    /// The field that it is typed in.
    pub field: String,
    /// What saving it sends.
    pub edit: ValueEdit,
}

/// The values that are typed on a page and not saved, and why the last ones could not be.
#[derive(Clone, Default)]
pub struct ValueDrafts {
    typed: ArcRwSignal<Vec<TypedValue>>,
    refused: ArcRwSignal<Option<(Vec<ValueEdit>, AppError)>>,
    is_busy: ArcRwSignal<bool>,
    is_saved: ArcRwSignal<bool>,
}

impl ValueDrafts {
    /// What is typed in a field; none before anything is. Tracked.
    pub fn edit(&self, field: &str) -> Option<ValueEdit> {
        self.typed.with(|all| {
            let found = all.iter().find(|it| it.field == field);
            found.map(|it| it.edit.clone())
        })
    }

    /// Remembers what is typed in a field.
    pub fn put(&self, field: &str, edit: ValueEdit) {
        self.typed.update(|all| {
            all.retain(|it| it.field != field);
            all.push(TypedValue {
                field: field.to_owned(),
                edit,
            });
        });
    }

    /// All values that are typed, without empty ones. Tracked.
    pub fn edits(&self) -> Vec<ValueEdit> {
        let typed = self.typed.get().into_iter().map(|it| it.edit);
        typed.filter(|it| !it.value.is_empty()).collect()
    }

    /// Whether something is typed. Tracked.
    pub fn is_dirty(&self) -> bool {
        let is_typed = |it: &TypedValue| !it.edit.value.is_empty();
        self.typed.with(|all| all.iter().any(is_typed))
    }

    /// What is typed, for the next page that has these fields. Nothing is notified: fields of a page that is left may not be removed
    /// yet, and would read signals that are disposed.
    pub fn take_typed(&self) -> Vec<TypedValue> {
        let typed = self
            .typed
            .try_maybe_update(|it| (false, std::mem::take(it)));
        typed.unwrap_or_default()
    }

    /// Puts back what was typed on an earlier page.
    pub fn restore(&self, typed: Vec<TypedValue>) {
        self.typed.set(typed);
    }

    /// Forgets these values, also that they were refused.
    pub fn forget(&self, edits: &[ValueEdit]) {
        let is_one = |it: &TypedValue| {
            let same = |other: &ValueEdit| {
                (other.place, &other.variable, &other.value)
                    == (it.edit.place, &it.edit.variable, &it.edit.value)
            };
            edits.iter().any(same)
        };
        self.typed.update(|all| all.retain(|it| !is_one(it)));
        self.refused.set(None);
    }

    /// Values are about to be sent. False if others have no answer yet.
    pub fn begin(&self) -> bool {
        if self.is_busy.get_untracked() {
            return false;
        }
        self.is_busy.set(true);
        true
    }

    /// The values have their answer. What was typed since stays.
    pub fn finish(&self, edits: &[ValueEdit], error: Option<AppError>) {
        self.is_busy.set(false);
        if let Some(error) = error {
            self.refused.set(Some((edits.to_vec(), error)));
        } else {
            self.forget(edits);
            self.is_saved.set(true);
        }
    }

    /// Whether values could not be saved, and nothing was done about it. Read without subscribing.
    pub fn is_refused(&self) -> bool {
        self.refused.with_untracked(Option::is_some)
    }

    /// Whether values were saved since this was asked last.
    pub fn take_saved(&self) -> bool {
        let was_saved = self.is_saved.get_untracked();
        if was_saved {
            self.is_saved.set(false);
        }
        was_saved
    }
}

/// The field, the record that its value is set at, and the button that saves it.
#[component]
pub fn ValueField(
    drafts: ValueDrafts,
    /// Tells the field from others of the page.
    field: String,
    variable: String,
    /// The records that the value can be set at, with their names. The first one is chosen.
    places: Vec<(ValuePlace, String)>,
    on_save: Callback<Vec<ValueEdit>>,
) -> impl IntoView {
    let first = places.first().map(|it| it.0);
    first.map(|first| {
        let options = places.iter().enumerate();
        let options: Vec<(String, String)> = options
            .map(|(index, it)| (index.to_string(), format!("for {}", it.1)))
            .collect();
        let (label, where_label) = (
            format!("Value of {variable}"),
            format!("Where to set {variable}"),
        );
        let own = StoredValue::new((drafts, field, variable, places));
        let now = move || {
            own.with_value(|(drafts, field, variable, places)| {
                let typed = drafts.edit(field);
                let typed = typed.filter(|it| places.iter().any(|place| place.0 == it.place));
                typed.unwrap_or_else(|| ValueEdit {
                    place: first,
                    variable: variable.clone(),
                    value: String::new(),
                    replaces: false,
                })
            })
        };
        let put = move |edit| own.with_value(|it| it.0.put(&it.1, edit));
        let choose = move |event| {
            let index = event_target_value(&event).parse::<usize>().ok();
            let chosen = own.with_value(|it| it.3.get(index?).map(|it| it.0));
            if let Some(place) = chosen {
                put(ValueEdit {
                    place,
                    ..untrack(now)
                });
            }
        };
        let chosen = move || {
            let place = now().place;
            let at = own.with_value(|it| it.3.iter().position(|it| it.0 == place));
            at.unwrap_or_default().to_string()
        };
        // A long name is cut in the field.
        let chosen_name = move || {
            let place = now().place;
            own.with_value(|it| {
                let chosen = it.3.iter().find(|it| it.0 == place);
                chosen.map(|it| format!("for {}", it.1))
            })
        };
        let choice = if let [(_, only)] = options.as_slice() {
            view! { <span class="quiet small">{only.clone()}</span> }.into_any()
        } else {
            let options = options
                .into_iter()
                .map(|(value, label)| view! { <option value=value>{label}</option> })
                .collect_view();
            view! {
                <select
                    class="input"
                    data-size="s"
                    aria-label=where_label
                    title=chosen_name
                    prop:value=chosen
                    on:change=choose
                >
                    {options}
                </select>
            }
            .into_any()
        };
        view! {
            <form
                class="value-field live-only"
                on:submit=move |event| {
                    event.prevent_default();
                    let edit = untrack(now);
                    if !edit.value.is_empty() {
                        on_save.run(vec![edit]);
                    }
                }
            >
                <input
                    class="input mono"
                    data-size="s"
                    aria-label=label
                    placeholder="not set"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || now().value
                    on:input=move |event| {
                        put(ValueEdit {
                            value: to_nfc(event_target_value(&event)),
                            ..untrack(now)
                        });
                    }
                />
                {choice}
                <button class="button" data-size="s" type="submit">"Save"</button>
            </form>
        }
    })
}

/// Why the last values were not saved. If somebody else has set one of them since, the person chooses.
#[component]
pub fn ValueProblem(drafts: ValueDrafts, on_save: Callback<Vec<ValueEdit>>) -> impl IntoView {
    let clock = Clock::from_context();
    let drafts = StoredValue::new(drafts);
    let keep = move |edits: Vec<ValueEdit>| {
        let edits = edits.into_iter().map(|it| ValueEdit {
            replaces: true,
            ..it
        });
        on_save.run(edits.collect());
    };
    move || {
        let (edits, error) = drafts.with_value(|it| it.refused.get())?;
        let stale = match error {
            AppError::Stale(stale) => stale,
            error => {
                let fields = [
                    Field::Variables,
                    Field::KubeconfigPath,
                    Field::VersionNumber,
                ];
                let at_field = fields.into_iter().find_map(|it| error.message_for(it));
                let text = at_field.unwrap_or_else(|| error.to_string());
                return Some(
                    view! {
                        <div class="alert" data-tone="danger" role="alert">
                            <Icon name="i-warn"/>
                            <span>{sentence(&text)}</span>
                        </div>
                    }
                    .into_any(),
                );
            }
        };
        let by = stale.changed_by.as_deref().unwrap_or("Someone");
        let who = match stale.changed_at {
            Some(at) => format!("{by} changed this at {}", clock.time(at)),
            None => format!("{by} changed this since then"),
        };
        let typed: Vec<String> = edits.iter().map(|it| it.value.clone()).collect();
        let (mine, theirs) = (edits.clone(), edits);
        Some(
            view! {
                <div class="alert" role="alert">
                    <Icon name="i-warn"/>
                    <div class="grow stack stack-s">
                        <b>{who}</b>
                        <p>"Yours: " <span class="mono">{typed.join(", ")}</span></p>
                        <p class="row">
                            <button type="button" class="button" data-size="s" on:click=move |_| keep(mine.clone())>
                                "Keep mine"
                            </button>
                            <button
                                type="button"
                                class="button"
                                data-size="s"
                                on:click=move |_| drafts.with_value(|it| it.forget(&theirs))
                            >
                                "Take theirs"
                            </button>
                        </p>
                    </div>
                </div>
            }
            .into_any(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CustomerId;

    fn edit(variable: &str, value: &str) -> ValueEdit {
        ValueEdit {
            place: ValuePlace::Customer(CustomerId(1)),
            variable: variable.into(),
            value: value.into(),
            replaces: false,
        }
    }

    #[test]
    fn what_was_typed_while_a_value_was_being_saved_stays() {
        let drafts = ValueDrafts::default();
        let (host, zone) = (edit("var.HOST", "a"), edit("var.ZONE", "b"));
        drafts.put("1", host.clone());
        drafts.put("2", zone.clone());
        assert!(drafts.begin() && !drafts.begin());
        drafts.put("2", edit("var.ZONE", "bc"));
        drafts.finish(&[host, zone], None);
        assert_eq!(drafts.edits(), [edit("var.ZONE", "bc")]);
        assert!(drafts.take_saved() && !drafts.take_saved());
    }

    #[test]
    fn a_value_that_was_refused_stays_until_it_is_saved_or_given_up() {
        let drafts = ValueDrafts::default();
        let host = edit("var.HOST", "a");
        drafts.put("1", host.clone());
        assert!(drafts.begin());
        let conflict = AppError::overtaken(Some("Ana".into()), None);
        drafts.finish(std::slice::from_ref(&host), Some(conflict));
        assert!(drafts.is_dirty() && drafts.begin());
        // Over the other's value, on purpose.
        let kept = ValueEdit {
            replaces: true,
            ..host
        };
        drafts.finish(&[kept], None);
        assert!(!drafts.is_dirty());
    }
}
