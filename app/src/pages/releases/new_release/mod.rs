//! `/releases/new`: a wizard of three screens, details, steps and customers. All of them are one form, so that it can be sent from
//! each, going back keeps what is typed, and it works without JavaScript.
mod activation_preview;
mod clone_choice;
mod wizard;

use super::steps::{runbook_edits::RunbookEdits, runbook_form::RunbookForm};
use crate::{
    api::{
        customers::list_customers,
        releases::{create_whole_release, list_release_names},
    },
    browser::{form, unsaved_guard},
    components::{
        customer_picker::CustomerPicker,
        layout::page_head::PageHead,
        record_form::validated_submit,
        release_form::{ReleaseFormFields, release_fields},
        release_steps::{
            ReleaseSteps, StepSource, after_new_release, parse_step_source, ticked_customers,
        },
        ui::{notice::Failure, posted::Posted, toast::Toasts},
    },
    domain::{
        customer::CustomerSummary, digit_groups::grouped, id::ReleaseId, release::ReleaseDraft,
        vocabulary::Field,
    },
    pages::{SerialRequest, fetch::Fetch, loaded, navigator},
    paths,
};
use activation_preview::ActivationPreview;
use clone_choice::CloneChoice;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use std::collections::HashSet;
use wizard::{Wizard, WizardScreen};

/// The page: fetches what can be chosen.
#[component]
pub fn NewReleasePage() -> impl IntoView {
    let choices = Fetch::new(
        || (),
        |()| async move {
            let releases = list_release_names().await?;
            Ok((releases, list_customers(false).await?))
        },
    );
    let imports = use_query_map().with_untracked(|it| it.get("import").is_some());
    loaded(choices, move |(releases, customers)| {
        view! {
            <PageHead title="New release" crumbs=vec![("Releases".into(), paths::RELEASES.into())]/>
            <div class="page__body">
                <WizardForm releases=releases customers=customers imports=imports/>
            </div>
        }
    })
}

/// The state of the wizard: empty, or as it was posted.
fn begin(imports: bool, posted: Option<&Posted>) -> Wizard {
    let typed = |field: &str| Posted::field_or(posted, field, String::new());
    let source = if imports && posted.is_none() {
        StepSource::Import
    } else {
        parse_step_source(&typed("steps"))
    };
    let runbook = RwSignal::new(typed("runbook"));
    let chosen: HashSet<_> = posted
        .map(|it| ticked_customers(&it.fields).collect())
        .unwrap_or_default();
    let sending = SerialRequest::new();
    if let Some(posted) = posted {
        sending.error.set(Some(posted.error.clone()));
    }
    let wrong = posted.and_then(|it| WizardScreen::of_error(&it.error));
    Wizard {
        screen: RwSignal::new(wrong.unwrap_or(WizardScreen::Details)),
        fields: ReleaseFormFields::new(&ReleaseDraft::default(), posted),
        source: RwSignal::new(source),
        from: RwSignal::new(typed("from")),
        left_out: RwSignal::new(HashSet::new()),
        cloned: RwSignal::new(Vec::new()),
        runbook: RunbookForm::new(None, runbook, RunbookEdits::none()),
        chosen: RwSignal::new(chosen),
        sending,
    }
}

/// The request that makes the release, to be called when the form is sent.
fn create_request(wizard: Wizard) -> Callback<()> {
    let (go, toasts) = (navigator(), Toasts::from_context());
    let create = Callback::new(move |details: ReleaseDraft| {
        let go = go.clone();
        let new = untrack(|| wizard.with_details(details));
        let n_customers = new.customers.len();
        let next = after_new_release(wizard.source.get_untracked(), &new);
        wizard.sending.run(create_whole_release(new), move |it| {
            let name = it.row.name;
            let text = match n_customers {
                0 => format!("Created {name}"),
                1 => format!("Created and activated {name} for 1 customer"),
                n => format!("Created and activated {name} for {} customers", grouped(n)),
            };
            toasts.show(text, None);
            go(&next(it.row.id));
        });
    });
    let send = validated_submit(
        wizard.sending.error,
        move || wizard.fields.draft(),
        move |draft: ReleaseDraft| wizard.errors(draft),
        create,
    );
    let is_sent = StoredValue::new(false);
    Effect::new(move |_| {
        let wrong = wizard
            .sending
            .error
            .with(|it| it.as_ref().and_then(WizardScreen::of_error));
        // While an error is corrected, the screen stays.
        if let Some(screen) = wrong
            && is_sent.get_value()
        {
            is_sent.set_value(false);
            wizard.screen.set(screen);
        }
    });
    Callback::new(move |()| {
        is_sent.set_value(true);
        send.run(());
    })
}

/// The form with its three screens.
#[component]
fn WizardForm(
    releases: Vec<(ReleaseId, String)>,
    customers: Vec<CustomerSummary>,
    /// Whether the steps are to be imported.
    imports: bool,
) -> impl IntoView {
    let posted = Posted::from_context();
    let wizard = begin(imports, posted.as_ref());
    let error = wizard.sending.error;
    let send = create_request(wizard);
    unsaved_guard::guard(Signal::derive(move || wizard.is_dirty()));
    wizard.take_offers();
    // Fields are counted on their screen, and the others say nothing of them.
    let is_elsewhere = move || {
        wizard
            .wrong_screen()
            .is_some_and(|it| it != wizard.screen.get())
    };
    let failure = Signal::derive(move || {
        let shown = error.get().filter(|_| !is_elsewhere());
        shown.filter(|it| !WizardScreen::is_at_field(it))
    });
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let is_last = wizard.is_on(WizardScreen::Customers);
        if form::is_submit_shortcut(&event) {
            event.prevent_default();
            if is_last {
                form::submit_form(&event);
            } else {
                wizard.step(1);
            }
        } else if form::is_enter_in_field(&event) {
            // Enter in a field goes on, and never sends the form.
            event.prevent_default();
            wizard.step(1);
        }
    };
    let screens = WizardScreen::ALL.map(|screen| {
        let is_here = move || wizard.screen.get() == screen;
        view! {
            <li>
                <button
                    type="button"
                    class="link"
                    aria-current=move || is_here().then_some("step")
                    on:click=move |_| wizard.open(screen)
                >
                    {screen.title()}
                </button>
            </li>
        }
    });
    let shut = move |screen: WizardScreen| move || (wizard.screen.get() != screen).then_some("");
    view! {
        <form
            class="card form wizard"
            method="post"
            on:submit=move |event| {
                event.prevent_default();
                send.run(());
            }
            on:keydown=on_keydown
        >
            <ol class="wizard__path live-only" aria-label="Screens">{screens.collect_view()}</ol>
            <div class="form__body">
                <Failure error=failure/>
                <section class="wizard__screen live-hidden" aria-label="Details" data-shut=shut(WizardScreen::Details)>
                    {release_fields(wizard.fields, error)}
                </section>
                <section class="wizard__screen live-hidden" id="wizard-steps" aria-label="Steps" data-shut=shut(WizardScreen::Steps)>
                    <ReleaseSteps releases=releases source=wizard.source from=wizard.from error=error/>
                    <CloneChoice wizard=wizard/>
                    {runbook_part(wizard)}
                </section>
                <section class="wizard__screen live-hidden" aria-label="Customers" data-shut=shut(WizardScreen::Customers)>
                    {customers_part(wizard, customers)}
                </section>
            </div>
            {foot(wizard)}
        </form>
    }
}

/// The runbook that the steps are imported from, and what was found in it.
fn runbook_part(wizard: Wizard) -> impl IntoView {
    let (runbook, error) = (wizard.runbook, wizard.sending.error);
    let wrong = Signal::derive(move || error.get().and_then(|it| it.message_for(Field::Markdown)));
    let is_shut = move || wizard.source.get() != StepSource::Import;
    view! {
        <div class="live-hidden stack stack-s runbook" data-shut=move || is_shut().then_some("")>
            {runbook.fields(wrong)}
            {move || runbook.notes()}
            {move || runbook.table()}
        </div>
    }
}

/// The customers that the release is activated for, with what that would do.
fn customers_part(wizard: Wizard, customers: Vec<CustomerSummary>) -> impl IntoView {
    if customers.is_empty() {
        return view! { <p class="muted">"No customers yet. You can add them and activate the release later."</p> }
            .into_any();
    }
    let names = StoredValue::new(
        customers
            .iter()
            .map(|it| (it.id, it.name.clone()))
            .collect::<Vec<_>>(),
    );
    let error = wizard.sending.error;
    let wrong = move || error.get().and_then(|it| it.message_for(Field::Customers));
    view! {
        <p class="muted">
            "Choose customers to activate the release for them now: the steps will be created for each selected customer. Or choose none, and activate it later."
        </p>
        {move || wrong().map(|it| view! { <p class="alert" data-tone="danger" role="alert">{it}</p> })}
        <div class="dialog__cols">
            <CustomerPicker customers=customers chosen=wizard.chosen/>
            <ActivationPreview wizard=wizard names=names/>
        </div>
    }
    .into_any()
}

/// The buttons: `Create release` is on each screen.
fn foot(wizard: Wizard) -> impl IntoView {
    let is_first = move || wizard.screen.get() == WizardScreen::Details;
    let is_last = move || wizard.screen.get() == WizardScreen::Customers;
    let is_busy = wizard.sending.is_busy();
    let note = move || match wizard.chosen.with(HashSet::len) {
        0 => None,
        1 => Some("Activates for 1 customer".to_owned()),
        n => Some(format!("Activates for {} customers", grouped(n))),
    };
    view! {
        <div class="form__foot">
            <span class="quiet small live-only wide">
                <kbd>"Ctrl"</kbd>
                "+"
                <kbd>"Enter"</kbd>
                {move || if is_last() { " to create" } else { " to go on" }}
            </span>
            <span class="quiet small push" aria-live="polite">{note}</span>
            <a class="button" href=paths::RELEASES>"Cancel"</a>
            <button class="button live-only" type="button" hidden=is_first on:click=move |_| wizard.step(-1)>
                "Back"
            </button>
            <button
                class="button live-only"
                data-kind="ink"
                type="button"
                aria-keyshortcuts="Control+Enter"
                hidden=is_last
                on:click=move |_| wizard.step(1)
            >
                "Next"
            </button>
            <button
                class="button"
                data-kind=move || is_last().then_some("ink")
                type="submit"
                aria-keyshortcuts=move || is_last().then_some("Control+Enter")
                aria-busy=move || is_busy.get().then_some("true")
            >
                "Create release"
            </button>
        </div>
    }
}
