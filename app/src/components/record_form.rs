//! Frame and behaviour that the forms of clusters, customers and releases share: the fields keep what is typed whatever
//! the server answers, leaving with unsaved edits asks first, Ctrl+Enter saves, and the server's rules are checked
//! before sending.
use super::ui::{
    icon::Icon,
    notice::{Failure, NeedsScript},
    time::Time,
};
use crate::{
    browser,
    domain::{
        id::{ClusterId, CustomerId, UserId},
        validation_errors::{InvalidField, ValidationErrors},
        vocabulary::Field,
    },
    error::{AppError, Stale, ViolationDetail},
    paths,
};
use leptos::prelude::*;

/// A field whose saved value differs from the typed one: label, saved value, typed value.
pub type Difference = (&'static str, String, String);

/// The texts of a draft's fields, each with its label.
pub type FieldTexts = Vec<(&'static str, String)>;

/// The request of a form as its page runs it, and what the form asks of the page beside saving.
#[derive(Clone, Copy)]
pub struct FormRequests {
    /// Why the draft is invalid, or why saving failed.
    pub error: RwSignal<Option<AppError>>,
    /// Whether the draft is being saved.
    pub is_busy: Signal<bool>,
    /// Restores the inactive record that holds the name; gets its id.
    pub on_restore: Callback<i64>,
    /// The person has seen the version that somebody else saved; the next save is based on it.
    pub on_seen: Callback<()>,
}

/// What the page decides about a form.
pub struct FormFrame {
    /// The version of the record that is edited, sent along by browsers without JavaScript; none for a new record.
    pub version: Option<i64>,
    /// The label of the submit button.
    pub submit_label: String,
    /// Where Cancel leads.
    pub cancel_path: String,
    /// The request that saves, and what the form asks beside it.
    pub requests: FormRequests,
}

/// The form element with its errors, its fields as children, and its buttons.
#[component]
pub fn RecordForm(
    frame: FormFrame,
    #[prop(into)] is_dirty: Signal<bool>,
    on_submit: Callback<()>,
    /// Whether the server takes no post of the form, so that it cannot be sent without JavaScript.
    #[prop(optional)]
    needs_script: bool,
    children: Children,
) -> impl IntoView {
    let FormFrame {
        version,
        submit_label,
        cancel_path,
        requests,
    } = frame;
    let error = requests.error;
    let submit_class = if needs_script {
        "button live-only"
    } else {
        "button"
    };
    browser::unsaved_guard::guard(is_dirty);
    // A conflict with somebody else's change is shown by `StaleNotice`, and what a field refuses at that field.
    let is_elsewhere = |it: &AppError| match it {
        AppError::Stale(_) => true,
        AppError::Refused(refused) => refused.field.is_some(),
        _ => false,
    };
    let failure = Signal::derive(move || error.get().filter(|it| !is_elsewhere(it)));
    view! {
        <form
            class="card form"
            method="post"
            on:submit=move |event| {
                event.prevent_default();
                on_submit.run(());
            }
            on:keydown=move |event| {
                if browser::form::is_submit_shortcut(&event) {
                    event.prevent_default();
                    browser::form::submit_form(&event);
                }
            }
        >
            <div class="form__body">
                {version.map(|it| view! { <input type="hidden" name="version" value=it.to_string()/> })}
                {needs_script.then(|| view! { <NeedsScript/> })}
                <Failure error=failure/>
                <RestoreOffer requests=requests/>
                {children()}
            </div>
            <div class="form__foot">
                <span class="quiet small live-only wide">
                    <kbd>"Ctrl"</kbd>
                    "+"
                    <kbd>"Enter"</kbd>
                    " to save"
                </span>
                <a class="button push" href=cancel_path>"Cancel"</a>
                <button
                    class=submit_class
                    data-kind="ink"
                    type="submit"
                    aria-keyshortcuts="Control+Enter"
                    aria-busy=move || requests.is_busy.get().then_some("true")
                >
                    {submit_label}
                </button>
            </div>
        </form>
    }
}

/// Submits a draft that passes the rules, else shows its errors. Once shown, an error disappears as soon as the field
/// is valid.
pub fn validated_submit<Draft: Clone + 'static>(
    error: RwSignal<Option<AppError>>,
    draft: impl Fn() -> Draft + Copy + Send + Sync + 'static,
    validate: impl Fn(Draft) -> Option<ValidationErrors> + Copy + Send + Sync + 'static,
    on_submit: Callback<Draft>,
) -> Callback<()> {
    let find = move || validate(draft()).map(AppError::from);
    Effect::new(move |_| {
        let now = find();
        if matches!(error.get_untracked(), Some(AppError::Invalid(_))) {
            error.set(now);
        }
    });
    let is_sent = StoredValue::new(false);
    Effect::new(move |_| {
        let is_about_fields = error.with(|it| it.as_ref().is_some_and(AppError::is_about_fields));
        // What the server refuses is gone to as well. While an error is corrected, the focus stays.
        if is_about_fields && is_sent.get_value() {
            is_sent.set_value(false);
            browser::form::focus_first_invalid();
        }
    });
    Callback::new(move |()| {
        if let Some(invalid) = untrack(find) {
            error.set(Some(invalid));
            browser::form::focus_first_invalid();
        } else {
            is_sent.set_value(true);
            on_submit.run(untrack(draft));
        }
    })
}

/// The two answers to a conflict, for `StaleNotice`: taking over the saved record, and saving the typed one in its place.
pub fn conflict_answers<Draft: Clone + Send + Sync + 'static>(
    requests: FormRequests,
    before: StoredValue<Draft>,
    now: impl Fn() -> Option<Draft> + Send + Sync + 'static,
    fill: impl Fn(Draft) + Send + Sync + 'static,
    send: Callback<()>,
) -> (Callback<()>, Callback<()>) {
    let take = Callback::new(move |()| {
        if let Some(now) = untrack(&now) {
            requests.on_seen.run(());
            before.set_value(now.clone());
            fill(now);
            requests.error.set(None);
        }
    });
    let keep = Callback::new(move |()| {
        requests.on_seen.run(());
        send.run(());
    });
    (take, keep)
}

/// The errors of the rules together with the one that only the form can find.
pub fn all_errors<T>(
    parsed: Result<T, ValidationErrors>,
    other: Option<InvalidField>,
) -> Option<ValidationErrors> {
    let mut errors = parsed.err().map(|it| it.0).unwrap_or_default();
    errors.extend(other);
    (!errors.is_empty()).then_some(ValidationErrors(errors))
}

/// The id, the name, what it is, and its page.
type InactiveHolder = (i64, String, &'static str, String);

/// The inactive record that holds the name.
fn inactive_holder(error: &AppError) -> Option<InactiveHolder> {
    let AppError::Refused(refused) = error else {
        return None;
    };
    let ViolationDetail::Taken(Some((id, name))) = &refused.about else {
        return None;
    };
    let (noun, path) = match refused.field {
        Some(Field::Namespace) => ("customer", paths::customer(CustomerId(*id))),
        Some(Field::Login) => ("user", paths::edit_user(UserId(*id))),
        _ => ("cluster", paths::cluster(ClusterId(*id))),
    };
    Some((*id, name.clone(), noun, path))
}

/// Offers to restore the inactive record that holds the name.
#[component]
fn RestoreOffer(requests: FormRequests) -> impl IntoView {
    move || {
        let found = requests
            .error
            .with(|it| it.as_ref().and_then(inactive_holder));
        found.map(|(id, name, noun, path)| {
            view! {
                <div class="row">
                    <button
                        class="button live-only"
                        type="button"
                        on:click=move |_| requests.on_restore.run(id)
                    >
                        {format!("Restore {name}")}
                    </button>
                    <a class="link" href=path>{format!("View inactive {noun}")}</a>
                </div>
            }
        })
    }
}

/// Notice that somebody else has saved the record first: who and when, the fields that differ, and the choice between
/// both versions. What is typed stays.
#[component]
pub fn StaleNotice(
    error: RwSignal<Option<AppError>>,
    /// The fields that differ; none until the saved record is read.
    #[prop(into)]
    differences: Signal<Option<Vec<Difference>>>,
    /// Takes over the saved values.
    on_take: Callback<()>,
    /// Saves the typed values in their place.
    on_keep: Callback<()>,
) -> impl IntoView {
    let stale = move || match error.get() {
        Some(AppError::Stale(it)) => Some(*it),
        _ => None,
    };
    // A form that the server has rendered again after a failed POST shows at once what differs.
    let shows = RwSignal::new(error.with_untracked(Option::is_some));
    let table = move || {
        differences.get().filter(|_| shows.get()).map(|found| {
            let rows = found
                .into_iter()
                .map(|(label, now, typed)| {
                    view! {
                        <tr>
                            <th scope="row">{label}</th>
                            <td>{or_empty(now)}</td>
                            <td>{or_empty(typed)}</td>
                        </tr>
                    }
                })
                .collect_view();
            view! {
                <table class="table stale">
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">"Theirs"</th>
                            <th scope="col">"Yours"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            }
        })
    };
    move || {
        stale().map(|Stale { changed_by, changed_at, .. }| {
            let by = changed_by.unwrap_or_else(|| "Someone".to_owned());
            view! {
                <div class="alert" role="alert">
                    <Icon name="i-warn"/>
                    <div class="stack stack-s grow">
                        <p>
                            <b>{by}" changed this"</b>
                            {changed_at.map(|at| view! { " at "<Time at=at/> })}
                            ". What you typed is still here. Saving replaces it."
                        </p>
                        {table}
                        <div class="row live-only">
                            <button
                                class="button"
                                type="button"
                                data-size="s"
                                aria-expanded=move || shows.get().to_string()
                                on:click=move |_| shows.update(|it| *it = !*it)
                            >
                                "Show changes"
                            </button>
                            <button class="button" type="button" data-size="s" on:click=move |_| on_keep.run(())>
                                "Keep mine"
                            </button>
                            <button class="button" type="button" data-size="s" on:click=move |_| on_take.run(())>
                                "Take theirs"
                            </button>
                        </div>
                    </div>
                </div>
            }
        })
    }
}

/// The value of a field, or "empty".
fn or_empty(text: String) -> String {
    if text.trim().is_empty() {
        "empty".to_owned()
    } else {
        text
    }
}

/// What somebody else has changed since the form was loaded, where another value is typed. `loaded` is none for a form that was
/// posted: what it was loaded with is not known.
pub fn differing(
    loaded: Option<&[(&'static str, String)]>,
    now: FieldTexts,
    typed: FieldTexts,
) -> Vec<Difference> {
    let pairs = now.into_iter().zip(typed);
    let all = pairs.map(|((label, now), (_, typed))| (label, now, typed));
    let was = |label: &str, now: &str| {
        loaded.is_some_and(|all| all.iter().any(|it| it.0 == label && it.1 == now))
    };
    all.filter(|it| it.1 != it.2 && !was(it.0, &it.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_names_only_what_somebody_else_has_changed() {
        let texts =
            |name: &str, email: &str| vec![("Name", name.to_owned()), ("Email", email.to_owned())];
        let found = |loaded: Option<FieldTexts>| {
            differing(loaded.as_deref(), texts("Ana", "new"), texts("Mine", "old"))
        };
        let email = ("Email", "new".to_owned(), "old".to_owned());
        assert_eq!(found(Some(texts("Ana", "old"))), [email]);
        assert_eq!(found(None).len(), 2);
    }
}
