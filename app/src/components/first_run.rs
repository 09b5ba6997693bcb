//! The dashboard while clusters, customers or releases are missing: the steps to a first release, and on an empty database the
//! example and the import of an export, which are posted as plain forms.
use super::{
    layout::page_head::PageHead,
    step_state::state_icon,
    ui::{icon::Icon, notice::sentence, posted::Posted},
};
use crate::{
    domain::{summary::Dashboard, vocabulary::StepStatus},
    paths,
};
use leptos::prelude::*;

/// Why the example or an import was refused, if the page answers such a form.
pub fn refusal(posted: Option<&Posted>) -> impl IntoView + use<> {
    posted.map(|it| {
        let text = sentence(&it.error.to_string());
        view! {
            <div class="alert" data-tone="danger" role="alert">
                <Icon name="i-warn"/>
                <span>{text}</span>
            </div>
        }
    })
}

/// The page. `may_fill` is whether the person may fill the whole database.
pub fn first_run(it: &Dashboard, may_fill: bool, posted: Option<&Posted>) -> impl IntoView + use<> {
    let next = if it.clusters == 0 {
        1
    } else if it.customers == 0 {
        2
    } else {
        3
    };
    let is_empty = it.clusters == 0 && it.customers == 0 && it.releases == 0;
    let can_import = it.can_import;
    let card = move |number: u8,
                     title: &'static str,
                     text: &'static str,
                     needs: Option<&'static str>,
                     path: &'static str,
                     label: &'static str,
                     other: Option<(&'static str, &'static str)>| {
        let is_next = number == next;
        view! {
            <li class="card" data-next=is_next.then_some("") data-later=(number > next).then_some("")>
                <span class="no">{if number < next { "✓".to_owned() } else { number.to_string() }}</span>
                <h3>{title}</h3>
                {needs.filter(|_| number > next).map(|it| view! { <span class="quiet small">{it}</span> })}
                <p>{text}</p>
                {is_next
                    .then(|| {
                        view! {
                            <div class="row">
                                <a class="button" data-kind="ink" data-start="" autofocus=true href=path>{label}</a>
                                {other.map(|(path, label)| view! { <a class="button" href=path>{label}</a> })}
                            </div>
                        }
                    })}
            </li>
        }
    };
    view! {
        <PageHead title="Dashboard"/>
        <div class="first">
            <div class="stack stack-s">
                {refusal(posted)}
                <div>
                    <h2 class="first__title">"Set up your first release"</h2>
                    <p class="muted first__lead">"Three steps to your first rollout"</p>
                    <a class="link" rel="external" target="_blank" href=paths::GUIDE>"Read the guide"</a>
                </div>
                <ol>
                    {card(1, "Add a cluster", "Name and kubeconfig path. Rollcall never opens the file.", None, paths::FIRST_CLUSTER, "Add cluster", None)}
                    {card(2, "Add customers", "One namespace per customer. Paste from a spreadsheet or kubectl get ns.", Some("Add a cluster first"), paths::PASTE_FIRST_CUSTOMERS, "Paste customers…", Some((paths::FIRST_CUSTOMER, "Add customer")))}
                    {card(3, "Create a release", "Add deploy and verify steps, or import a Markdown runbook.", Some("Add a customer first"), paths::NEW_RELEASE, "New release", Some((paths::IMPORT_RELEASE, "Import a runbook")))}
                </ol>
                {(is_empty && may_fill).then(|| fill_forms(can_import))}
            </div>
            <figure aria-hidden="true" class="wide">{matrix_preview()}</figure>
        </div>
    }
}

/// What fills an empty database at once.
fn fill_forms(can_import: bool) -> impl IntoView {
    view! {
        <form class="row first__fill" method="post" action=paths::DASHBOARD>
            <span class="quiet small">"Just looking?"</span>
            <button class="button" data-size="s" type="submit">"Load the demo"</button>
        </form>
        {can_import
            .then(|| {
                view! {
                    <form class="row first__fill" method="post" action=paths::DASHBOARD enctype="multipart/form-data">
                        <label class="quiet small" for="export-file">"Moving from another Rollcall?"</label>
                        <input class="input" data-size="s" type="file" id="export-file" name="file" accept=".json,application/json" required=true/>
                        <button class="button" data-size="s" type="submit">"Import a database export"</button>
                    </form>
                }
            })}
    }
}

/// An illustration of a matrix.
fn matrix_preview() -> impl IntoView {
    const ROWS: [&str; 6] = [
        "ddd dddd", "ddd ddid", "dsd ddpp", "ddd fppp", "ddi pppp", "ddp pppp",
    ];
    let rows = ROWS
        .iter()
        .enumerate()
        .map(|(row, cells)| {
            let y = 33 + row * 36;
            let glyphs = cells
                .chars()
                .enumerate()
                .filter(|it| it.1 != ' ')
                .map(|(column, letter)| {
                    let status = match letter {
                        'd' => StepStatus::Done,
                        's' => StepStatus::Skipped,
                        'i' => StepStatus::InProgress,
                        'f' => StepStatus::Failed,
                        _ => StepStatus::Pending,
                    };
                    let x = 112 + column * 36;
                    view! {
                        <g data-state=status.as_str()>
                            <use
                                href=format!("#{}", state_icon(status))
                                x=x
                                y=y
                                width="16"
                                height="16"
                                color="var(--glyph)"
                            ></use>
                        </g>
                    }
                })
                .collect_view();
            view! {
                <path class="l" d=format!("M0 {}.5H420", y + 27)></path>
                <rect x="8" y=y + 5 width=50 + (row * 17) % 40 height="6" rx="3" fill="var(--line)"></rect>
                {glyphs}
            }
        })
        .collect_view();
    view! {
        <svg class="preview" viewBox="0 0 420 250">
            <g data-cluster="3">
                <rect x="104" y="8" width="108" height="3" fill="var(--cluster-band)"></rect>
            </g>
            <g data-cluster="1">
                <rect x="248" y="8" width="144" height="3" fill="var(--cluster-band)"></rect>
            </g>
            {rows}
        </svg>
    }
}
