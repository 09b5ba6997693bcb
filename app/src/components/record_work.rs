//! What failed and what is missing in the work of a customer or a cluster, on its page, with links into the cells (R107).
use super::{
    step_state::state_icon,
    ui::{icon::Icon, time::Time},
};
use crate::{
    domain::{
        actor_stamp::ActorStamp,
        digit_groups::grouped,
        plural::pluralize,
        summary::{FailedCell, RecordGap, RecordWork},
    },
    paths,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// Both sections; nothing where nothing failed or is missing. A cluster's page also names the customers.
pub fn record_work(work: RecordWork, names_customers: bool) -> impl IntoView {
    let RecordWork {
        failed,
        n_failed,
        missing,
    } = work;
    let n_shown = failed.len();
    let more = (n_failed as usize > n_shown).then(|| {
        let text = format!("Showing {n_shown} of {}", grouped(n_failed as usize));
        view! { <p class="quiet small pager">{text}</p> }
    });
    let failed = (n_shown > 0).then(|| {
        let rows = failed
            .into_iter()
            .map(|it| failed_row(it, names_customers))
            .collect_view();
        view! {
            <section aria-labelledby="failed">
                <div class="section__head">
                    <h2 id="failed">"Failed or reverted"</h2>
                    <span class="count">{grouped(n_failed as usize)}</span>
                </div>
                <div class="card scroll-x">
                    <table class="table stacked" data-of="failed">
                        <thead>
                            <tr>
                                <th scope="col">"Step"</th>
                                {names_customers.then(|| view! { <th scope="col">"Customer"</th> })}
                                <th scope="col">"Release"</th>
                                <th scope="col">"Reason"</th>
                                <th scope="col">"By"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                {more}
            </section>
        }
    });
    let n_missing = missing.len();
    let blocked = blocked_class(names_customers);
    let missing = (n_missing > 0).then(|| {
        let rows = missing
            .into_iter()
            .map(|it| gap_row(it, names_customers))
            .collect_view();
        view! {
            <section aria-labelledby="missing">
                <div class="section__head">
                    <h2 id="missing">"Missing values"</h2>
                    <span class="count">{n_missing}</span>
                </div>
                <div class="card scroll-x">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Variable"</th>
                                <th class="wide" scope="col">"Release"</th>
                                {names_customers.then(|| view! { <th scope="col" class="num">"Customers"</th> })}
                                <th scope="col" class=blocked>"Blocked steps"</th>
                                <td></td>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
    });
    view! {
        {failed}
        {missing}
    }
}

fn failed_row(it: FailedCell, names_customers: bool) -> impl IntoView {
    let by = it.by.map(|by| format!("{by}, "));
    view! {
        <tr data-state=it.status.as_str()>
            <td>
                <span class="row">
                    <Icon name=state_icon(it.status)/>
                    <a class="link" href=paths::step(it.release_id, it.step_id)>{it.step}</a>
                </span>
            </td>
            {names_customers.then(|| view! { <td>{it.customer}</td> })}
            <td class="muted">{it.release}</td>
            <td class="muted">{it.reason}</td>
            <td class="quiet small">{by}{it.at.map(|at| view! { <Time at=at/> })}</td>
        </tr>
    }
}

/// A phone has room for one number beside a variable.
fn blocked_class(names_customers: bool) -> &'static str {
    if names_customers { "num wide" } else { "num" }
}

fn gap_row(it: RecordGap, names_customers: bool) -> impl IntoView {
    let first = pluralize(it.cells, "step");
    let label = format!("Open the first of {first} without {}", it.variable);
    view! {
        <tr>
            <td class="mono">{it.variable}</td>
            <td class="muted wide">{it.release}</td>
            {names_customers.then(|| view! { <td class="num">{grouped(it.customers as usize)}</td> })}
            <td class=blocked_class(names_customers)>{grouped(it.cells as usize)}</td>
            <td>
                <a class="link" href=paths::step(it.release_id, it.step_id) aria-label=label>"Open"</a>
            </td>
        </tr>
    }
}

/// When a record was changed last, and by whom if the history has it.
pub fn last_changed(updated_at: DateTime<Utc>, changed: Option<ActorStamp>) -> impl IntoView {
    let (by, at) = match changed {
        Some(ActorStamp { by, at }) => (Some(format!(" by {by}")), at),
        None => (None, updated_at),
    };
    view! {
        <div>
            <dt>"Last changed"</dt>
            <dd>
                <Time at=at/>
                {by}
            </dd>
        </div>
    }
}
