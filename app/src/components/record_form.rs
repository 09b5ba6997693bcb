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
        merge::{Merge, MergeSide},
        validation_errors::{InvalidField, ValidationErrors},
        vocabulary::Field,
    },
    error::{AppError, ViolationDetail},
    paths,
};
use leptos::prelude::*;

/// What is said of a conflict where there are no buttons to choose: the form is then based on what was saved since.
const WITHOUT_CHOICE: &str = " Saving replaces theirs.";

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

/// What a form does when somebody else has saved the record first (R102): what only one side has changed is merged, and saved if
/// the person had asked for that. Of the fields that both changed the person chooses: the two answers are for `StaleNotice`. An
/// answer that is given before the record as it is now is read is carried out once it is.
pub fn conflict_answers<Draft: Merge + Clone + PartialEq + Send + Sync + 'static>(
    requests: FormRequests,
    before: StoredValue<Draft>,
    current: Signal<Option<Draft>>,
    is_posted: bool,
    typed: impl Fn() -> Draft + Copy + Send + Sync + 'static,
    fill: impl Fn(Draft) + Copy + Send + Sync + 'static,
    send: Callback<()>,
) -> (Callback<()>, Callback<()>) {
    let merged = move |now: &Draft, side| {
        let mine = untrack(typed);
        before.with_value(|before| Draft::merged(before, now, &mine, side))
    };
    let accept = move |now: Draft| {
        requests.on_seen.run(());
        before.set_value(now);
    };
    let take_over = move |chosen: Draft, now: Draft| {
        fill(chosen);
        accept(now);
        requests.error.set(None);
    };
    let save_over = move |now: Draft| {
        accept(now);
        send.run(());
    };
    // The answer that waits for the record to be read.
    let waiting = StoredValue::new(None::<MergeSide>);
    Effect::new(move |_| {
        let is_stale = |it: &Option<AppError>| matches!(it, Some(AppError::Stale(_)));
        if !requests.error.with(is_stale) {
            waiting.set_value(None);
        }
    });
    Effect::new(move |_| {
        let Some(now) = current.get() else {
            return;
        };
        let answer = waiting.get_value();
        waiting.set_value(None);
        let (mine, theirs) = (
            merged(&now, MergeSide::Mine),
            merged(&now, MergeSide::Theirs),
        );
        let asks = mine != theirs;
        if mine != untrack(typed) {
            fill(mine);
        }
        if asks {
            match answer {
                Some(MergeSide::Theirs) => take_over(theirs, now),
                Some(MergeSide::Mine) => save_over(now),
                None => {}
            }
            return;
        }
        let is_refused =
            |it: &Option<AppError>| it.as_ref().is_some_and(AppError::is_overtaken_save);
        let was_sent = requests.error.with_untracked(is_refused);
        accept(now);
        requests.error.set(None);
        if answer.map_or(was_sent, |it| it == MergeSide::Mine) {
            send.run(());
        }
    });
    let take = Callback::new(move |()| {
        // A form that was posted and rendered again knows no more than the record as it is now.
        let posted = is_posted.then(|| before.get_value());
        match (current.get_untracked(), posted) {
            (Some(now), _) => take_over(merged(&now, MergeSide::Theirs), now),
            (None, Some(posted)) => take_over(posted.clone(), posted),
            (None, None) => waiting.set_value(Some(MergeSide::Theirs)),
        }
    });
    let keep = Callback::new(move |()| match current.get_untracked() {
        Some(now) => save_over(now),
        None if is_posted => send.run(()),
        None => waiting.set_value(Some(MergeSide::Mine)),
    });
    (take, keep)
}

/// The fields that both sides have changed; none until the record as it is now is read. Of a form that was posted and rendered
/// again it is not known what it began with: there it is all fields that differ.
pub fn conflicts<Draft: Merge + Clone + Send + Sync + 'static>(
    before: StoredValue<Draft>,
    current: Signal<Option<Draft>>,
    is_posted: bool,
    typed: impl Fn() -> Draft + Copy + Send + Sync + 'static,
    texts: impl Fn(Draft) -> FieldTexts + Copy + Send + Sync + 'static,
) -> Signal<Option<Vec<Difference>>> {
    Signal::derive(move || {
        let Some(now) = current.get() else {
            return is_posted.then(|| differing(texts(before.get_value()), texts(typed())));
        };
        let mine = typed();
        let of = |side| before.with_value(|before| texts(Draft::merged(before, &now, &mine, side)));
        Some(differing(of(MergeSide::Theirs), of(MergeSide::Mine)))
    })
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
        // The button whose answer waits for that.
        let waits = RwSignal::new(None::<MergeSide>);
        let answer = move |side: MergeSide, callback: Callback<()>| {
            waits.set(Some(side));
            callback.run(());
        };
        let is_waiting = move |side: MergeSide| {
            (waits.get() == Some(side) && differences.with(Option::is_none)).then_some("true")
        };
        stale().map(|it| {
            let (changed_by, changed_at) = (it.changed_by, it.changed_at);
            let by = changed_by.unwrap_or_else(|| "Someone".to_owned());
            view! {
                <div class="alert" role="alert">
                    <Icon name="i-warn"/>
                    <div class="stack stack-s grow">
                        <p>
                            <b>{by}" changed this"</b>
                            {changed_at.map(|at| view! { " at "<Time at=at/> })}
                            ". What you typed is still here."
                            <span class="live-only">" Choose before you save: Keep mine saves it over theirs."</span>
                            <noscript inner_html=WITHOUT_CHOICE></noscript>
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
                            <button
                                class="button"
                                type="button"
                                data-size="s"
                                aria-busy=move || is_waiting(MergeSide::Mine)
                                on:click=move |_| answer(MergeSide::Mine, on_keep)
                            >
                                "Keep mine"
                            </button>
                            <button
                                class="button"
                                type="button"
                                data-size="s"
                                aria-busy=move || is_waiting(MergeSide::Theirs)
                                on:click=move |_| answer(MergeSide::Theirs, on_take)
                            >
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

/// The fields whose values differ.
fn differing(theirs: FieldTexts, mine: FieldTexts) -> Vec<Difference> {
    let pairs = theirs.into_iter().zip(mine);
    let all = pairs.map(|((label, theirs), (_, mine))| (label, theirs, mine));
    all.filter(|it| it.1 != it.2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customer::CustomerDraft;

    fn draft(name: &str, description: &str) -> CustomerDraft {
        CustomerDraft {
            name: name.into(),
            description: description.into(),
            ..CustomerDraft::default()
        }
    }

    fn asked(is_posted: bool, current: Option<CustomerDraft>) -> Option<Vec<Difference>> {
        let owner = Owner::new();
        owner.with(|| {
            let texts =
                |it: CustomerDraft| vec![("Name", it.name), ("Description", it.description)];
            let before = StoredValue::new(draft("Acme", ""));
            let current = Signal::stored(current);
            let typed = || draft("Mine", "");
            conflicts(before, current, is_posted, typed, texts).get_untracked()
        })
    }

    #[test]
    fn a_conflict_asks_only_for_fields_that_both_have_changed() {
        let name = ("Name", "Theirs".to_owned(), "Mine".to_owned());
        assert_eq!(
            asked(false, Some(draft("Theirs", "theirs"))),
            Some(vec![name])
        );
        assert_eq!(
            asked(false, Some(draft("Acme", "theirs"))),
            Some(Vec::new())
        );
        assert_eq!(asked(false, None), None);
        let posted = ("Name", "Acme".to_owned(), "Mine".to_owned());
        assert_eq!(asked(true, None), Some(vec![posted]));
    }
}
