//! The cells that need attention on the dashboard (R107), under the release that they are of.
use super::{
    step_state::state_icon,
    ui::{icon::Icon, time::Time},
};
use crate::{
    domain::{
        attention::{Urgency, waiting_text},
        cluster::hue,
        id::ReleaseId,
        summary::Attention,
    },
    error::capitalized,
    paths,
};
use leptos::prelude::*;

/// How many cells are visible; the others are folded.
const UNFOLDED_CELLS: usize = 8;

/// What is listed: each `Urgency`.
const RULE: &str =
    "Failed or reverted, lost its runner, in progress by you, or running longer than usual";

/// The section; nothing if no cell needs attention. `names` are those of the active releases.
pub fn attention_list(
    mut first: Vec<Attention>,
    has_more: bool,
    names: &[(ReleaseId, String)],
) -> impl IntoView + use<> {
    let n = first.len();
    let rest = first.split_off(n.min(UNFOLDED_CELLS));
    let n_rest = rest.len();
    let count = if has_more {
        format!("{n}+")
    } else {
        n.to_string()
    };
    let (first, rest) = (groups(first, names), groups(rest, names));
    (n > 0).then(|| {
        view! {
            <section aria-labelledby="needs">
                <div class="section__head">
                    <h2 id="needs">"Needs attention"</h2>
                    <span class="count">{count}</span>
                    <span class="quiet small">{RULE}</span>
                </div>
                <div class="card">{first}</div>
                {(n_rest > 0)
                    .then(|| {
                        view! {
                            <details class="card folded">
                                <summary>{format!("{n_rest} more")}</summary>
                                {rest}
                            </details>
                        }
                    })}
            </section>
        }
    })
}

/// The cells of each release under its name. They come with those of a release together.
fn groups(cells: Vec<Attention>, names: &[(ReleaseId, String)]) -> impl IntoView + use<> {
    let mut groups: Vec<(ReleaseId, Vec<Attention>)> = Vec::new();
    for cell in cells {
        match groups.last_mut() {
            Some((release, of)) if *release == cell.release_id => of.push(cell),
            _ => groups.push((cell.release_id, vec![cell])),
        }
    }
    groups
        .into_iter()
        .map(|(release, cells)| {
            let name = names.iter().find(|(id, _)| *id == release);
            let name = name.map(|it| it.1.clone()).unwrap_or_default();
            let n = cells.len();
            let lines = cells.into_iter().map(line).collect_view();
            view! {
                <div class="attention__group">
                    <h3 class="attention__release">
                        <a href=paths::release(release)>{name}</a>
                        " "
                        <span class="count">{n}</span>
                    </h3>
                    <ul class="attention">{lines}</ul>
                </div>
            }
        })
        .collect_view()
}

/// Why a cell needs attention: the reason, or for how long who has been at it.
fn reason(it: &Attention) -> String {
    let waiting = || waiting_text(it.elapsed_seconds, it.usual_seconds);
    match it.urgency {
        Urgency::Own => format!("In progress by you for {}", waiting()),
        Urgency::Long => match &it.by {
            Some(by) => format!("In progress by {by} for {}", waiting()),
            None => format!("In progress for {}", waiting()),
        },
        Urgency::Lost => capitalized(it.reason.as_deref().unwrap_or("lost its runner")),
        Urgency::Failed | Urgency::Reverted => {
            let reason = it.reason.clone();
            reason.unwrap_or_else(|| it.status.label().to_owned())
        }
    }
}

/// One cell.
fn line(it: Attention) -> impl IntoView {
    let label = format!("Open {}, {}", it.step, it.customer);
    let why = reason(&it);
    let by = it.by.map(|by| format!("{by}, "));
    view! {
        <li data-state=it.status.as_str()>
            <Icon name=state_icon(it.status)/>
            <div class="grow">
                <div>
                    <b>{it.step}</b>
                    " "
                    <span class="muted">"for "{it.customer}</span>
                </div>
                <p>{why}</p>
            </div>
            <span class="place" data-cluster=hue(it.cluster_id)>{it.cluster}</span>
            <span class="quiet small">{by}{it.at.map(|at| view! { <Time at=at/> })}</span>
            <a class="button" data-size="s" href=paths::step(it.release_id, it.step_id) aria-label=label>"Open"</a>
        </li>
    }
}
