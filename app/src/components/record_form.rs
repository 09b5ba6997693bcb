//! What the forms of clusters, customers and releases have in common: whatever comes of sending one, the fields stay;
//! leaving it asks first; Ctrl+Enter saves; the same rules speak here and on the server.
use super::ui::{icon::Icon, notice::Failure, time::Time};
use crate::{
    browser,
    domain::{
        id::{ClusterId, CustomerId},
        validation_errors::{InvalidField, ValidationErrors},
        vocabulary::Field,
    },
    error::{AppError, Stale, ViolationDetail},
    paths,
};
use leptos::prelude::*;

/// A field where what is there now differs from what was typed: its label, and both.
pub type Difference = (&'static str, String, String);

/// What a form asks of its page, beside saving.
#[derive(Clone, Copy)]
pub struct FormRequests {
    pub error: RwSignal<Option<AppError>>,
    pub is_busy: Signal<bool>,
    /// An inactive row holds the name: have that one back.
    pub on_restore: Callback<i64>,
    /// The person has seen what somebody else saved: from here on the form is based on that.
    pub on_seen: Callback<()>,
}

#[component]
pub fn RecordForm(
    #[prop(into)] submit: String,
    #[prop(into)] cancel: String,
    /// Of the row that is edited, for a browser without JavaScript.
    version: Option<i64>,
    asks: FormRequests,
    #[prop(into)] is_dirty: Signal<bool>,
    on_submit: Callback<()>,
    children: Children,
) -> impl IntoView {
    let error = asks.error;
    browser::unsaved_guard::guard(is_dirty);
    // Somebody else's change has a box of its own.
    let failure =
        Signal::derive(move || error.get().filter(|it| !matches!(it, AppError::Stale(_))));
    view! {
        <form
            class="card form"
            method="post"
            on:submit=move |event| {
                event.prevent_default();
                on_submit.run(());
            }
            on:keydown=move |event| {
                if browser::form::is_save(&event) {
                    event.prevent_default();
                    browser::form::send(&event);
                }
            }
        >
            <div class="form__body">
                {version.map(|it| view! { <input type="hidden" name="version" value=it.to_string()/> })}
                <Failure error=failure/>
                <RestoreOffer asks=asks/>
                {children()}
            </div>
            <div class="form__foot">
                <span class="quiet small live-only wide">
                    <kbd>"Ctrl"</kbd>
                    " "
                    <kbd>"Enter"</kbd>
                    " saves"
                </span>
                <a class="button push" href=cancel>"Cancel"</a>
                <button
                    class="button"
                    data-kind="ink"
                    type="submit"
                    aria-keyshortcuts="Control+Enter"
                    aria-busy=move || asks.is_busy.get().then_some("true")
                >
                    {submit}
                </button>
            </div>
        </form>
    }
}

/// What is typed is checked before it is sent; from then on a problem goes as soon as it is put right.
pub fn checked<Draft: Clone + 'static>(
    error: RwSignal<Option<AppError>>,
    draft: impl Fn() -> Draft + Copy + Send + Sync + 'static,
    problems: impl Fn(Draft) -> Option<ValidationErrors> + Copy + Send + Sync + 'static,
    on_submit: Callback<Draft>,
) -> Callback<()> {
    let find = move || problems(draft()).map(AppError::from);
    Effect::new(move |_| {
        let now = find();
        if matches!(error.get_untracked(), Some(AppError::Invalid(_))) {
            error.set(now);
        }
    });
    Callback::new(move |()| match untrack(find) {
        Some(invalid) => {
            error.set(Some(invalid));
            browser::form::show_wrong();
        }
        None => on_submit.run(untrack(draft)),
    })
}

/// All that is wrong: what the rules say, and what only the form can see.
pub fn all_problems<T>(
    parsed: Result<T, ValidationErrors>,
    other: Option<InvalidField>,
) -> Option<ValidationErrors> {
    let mut problems = parsed.err().map(|it| it.0).unwrap_or_default();
    problems.extend(other);
    (!problems.is_empty()).then_some(ValidationErrors(problems))
}

/// The row that holds a name and is inactive: what it is, and where it can be had back.
fn holder(error: &AppError) -> Option<(i64, String, String)> {
    let AppError::Refused(refused) = error else {
        return None;
    };
    let ViolationDetail::Taken(Some((id, name))) = &refused.about else {
        return None;
    };
    let path = match refused.field {
        Some(Field::Namespace) => paths::customer(CustomerId(*id)),
        _ => paths::cluster(ClusterId(*id)),
    };
    Some((*id, name.clone(), path))
}

#[component]
fn RestoreOffer(asks: FormRequests) -> impl IntoView {
    move || {
        let found = asks.error.with(|it| it.as_ref().and_then(holder));
        found.map(|(id, name, path)| {
            view! {
                <div class="row">
                    <button
                        class="button live-only"
                        type="button"
                        on:click=move |_| asks.on_restore.run(id)
                    >
                        {format!("Restore {name}")}
                    </button>
                    <a class="link" href=path>"Look at the inactive one"</a>
                </div>
            }
        })
    }
}

/// Somebody else was faster: who and when, what is there now, and the choice between both. Nothing typed is lost.
#[component]
pub fn StaleNotice(
    error: RwSignal<Option<AppError>>,
    /// Where both differ; none while the present row is not here yet.
    #[prop(into)]
    differences: Signal<Option<Vec<Difference>>>,
    /// Takes over what is there now.
    on_take: Callback<()>,
    /// Saves what was typed in its place.
    on_keep: Callback<()>,
) -> impl IntoView {
    let stale = move || match error.get() {
        Some(AppError::Stale(it)) => Some(*it),
        _ => None,
    };
    let table = move || {
        differences.get().map(|found| {
            let rows = found
                .into_iter()
                .map(|(label, now, typed)| {
                    view! {
                        <tr>
                            <th scope="row">{label}</th>
                            <td>{shown(now)}</td>
                            <td>{shown(typed)}</td>
                        </tr>
                    }
                })
                .collect_view();
            view! {
                <table class="table stale">
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">"Now"</th>
                            <th scope="col">"What you typed"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            }
        })
    };
    move || {
        stale().map(|Stale { changed_by, changed_at, .. }| {
            let by = changed_by.unwrap_or_else(|| "Somebody".to_owned());
            view! {
                <div class="alert" role="alert">
                    <Icon name="i-warn"/>
                    <div class="stack stack-s grow">
                        <p>
                            <b>{by}" changed this in the meantime"</b>
                            {changed_at.map(|at| view! { ", at "<Time at=at/> })}
                            ". What you typed is still here; saved again, it takes the place of what is there now."
                        </p>
                        {table}
                        <div class="row live-only">
                            <button class="button" type="button" data-size="s" on:click=move |_| on_take.run(())>
                                "Take the current values"
                            </button>
                            <button class="button" type="button" data-size="s" on:click=move |_| on_keep.run(())>
                                "Save mine instead"
                            </button>
                        </div>
                    </div>
                </div>
            }
        })
    }
}

/// An empty field is said to be one.
fn shown(text: String) -> String {
    if text.trim().is_empty() {
        "empty".to_owned()
    } else {
        text
    }
}

/// Pairs of fields that differ.
pub fn differences(fields: Vec<Difference>) -> Vec<Difference> {
    fields.into_iter().filter(|it| it.1 != it.2).collect()
}
