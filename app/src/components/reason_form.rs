//! Form for the reason why steps are failed, skipped or reverted, for one cell and for many. Enter submits it, and the
//! last reasons of this browser are offered again.
use super::ui::{field::LongField, notice::Failure};
use crate::{
    browser::dom,
    domain::vocabulary::{Field, StepAction},
    error::AppError,
};
use leptos::{ev, prelude::*};

/// The label of the submit button: "Fail", "Skip", "Revert".
pub fn verb(action: StepAction) -> &'static str {
    action.label().trim_end_matches('…')
}

/// How many reasons are remembered per action.
const REASONS_MAX: usize = 4;

/// Separates stored reasons: the ASCII record separator, which cannot be typed.
const SEPARATOR: char = '\u{1e}';

/// The stored reasons after one more was given: the newest first, each once.
fn with_reason(before: &str, reason: &str) -> String {
    let reason = reason.trim();
    let earlier = before
        .split(SEPARATOR)
        .filter(|it| !it.is_empty() && *it != reason);
    let all = Some(reason)
        .filter(|it| !it.is_empty())
        .into_iter()
        .chain(earlier);
    let all: Vec<&str> = all.take(REASONS_MAX).collect();
    all.join(&SEPARATOR.to_string())
}

/// The form. Failing and skipping require a reason; for a revert it may be empty.
#[component]
pub fn ReasonForm(
    action: StepAction,
    /// What is typed: kept by the page, so that closing the form does not throw it away.
    reason: RwSignal<String>,
    #[prop(into)] id: String,
    #[prop(into)] error: Signal<Option<AppError>>,
    /// Whether the reason was sent and has had no answer for some time: then closing the form cancels nothing, and that is said.
    #[prop(into)]
    waits: Signal<bool>,
    on_reason: Callback<String>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let key = format!("rollcall.reasons.{action}");
    let offered = dom::read_setting(&key).unwrap_or_default();
    let send = StoredValue::new(move || {
        let given = reason.get_untracked();
        let before = dom::read_setting(&key).unwrap_or_default();
        dom::write_setting(&key, &with_reason(&before, &given));
        on_reason.run(given);
    });
    let send = move || send.with_value(|send| send());
    let field = format!("#{id}");
    let options = offered
        .split(SEPARATOR)
        .filter(|it| !it.is_empty())
        .map(|text| view! { <option value=text.to_owned()>{text.to_owned()}</option> })
        .collect_view();
    let choose = move |event| {
        let text = event_target_value(&event);
        if !text.is_empty() {
            reason.set(text);
            dom::focus(&field);
        }
    };
    let hint = if action.needs_reason() {
        "Saved in history. Enter to save, Shift+Enter for a new line."
    } else {
        "Optional. Enter to save, Shift+Enter for a new line."
    };
    // An invalid reason is reported below the field.
    let other = Signal::derive(move || {
        let error = error.get();
        error.filter(|it| !matches!(it, AppError::Invalid(_)))
    });
    view! {
        <form
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
            on:keydown=move |event: ev::KeyboardEvent| {
                let sends = event.key() == "Enter" && !event.shift_key() && !event.is_composing();
                if sends && dom::closest(&event, "textarea").is_some() {
                    event.prevent_default();
                    // The key may be held since it opened this form.
                    if !event.repeat() {
                        send();
                    }
                }
            }
        >
            <div class="dialog__body stack">
                <Failure error=other on_retry=Callback::new(move |()| send())/>
                <LongField
                    label="Reason"
                    id=id
                    value=reason
                    rows=2
                    hint=hint
                    error=Signal::derive(move || error.get().and_then(|it| it.message_for(Field::Reason)))
                />
                {(!offered.is_empty())
                    .then(|| {
                        view! {
                            <select class="input" data-size="s" aria-label="Recent reasons" on:change=choose>
                                <option value="">"Recent reasons"</option>
                                {options}
                            </select>
                        }
                    })}
            </div>
            <div class="dialog__foot">
                <p class="quiet small" role="status">
                    {move || waits.get().then_some("Waiting to be saved. Closing this doesn't cancel it.")}
                </p>
                <button class="button push" type="button" on:click=move |_| on_cancel.run(())>
                    {move || if waits.get() { "Close" } else { "Cancel" }}
                </button>
                <button class="button" data-kind="ink" type="submit">{verb(action)}</button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reasons_are_stored_each_once_and_the_newest_first() {
        let mut all = String::new();
        for reason in ["a", "b", " a ", "", "c", "d", "e"] {
            all = with_reason(&all, reason);
        }
        assert_eq!(
            all.split(SEPARATOR).collect::<Vec<_>>(),
            ["e", "d", "c", "a"]
        );
    }

    #[test]
    fn the_label_of_the_submit_button_has_no_ellipsis() {
        assert_eq!(verb(StepAction::Fail), "Fail");
        assert_eq!(verb(StepAction::Revert), "Revert");
    }
}
