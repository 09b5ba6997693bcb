//! Dashboard, `/`: steps that need attention, missing values, the progress of active releases, which version each customer is on,
//! and recent activity; or, while records are missing, the first steps to take.
use super::{
    customer_versions::VersionsTable, fetch::Fetch, loaded, missing_values::MissingRequests,
    refresh_on_change::refresh_on_change,
};
use crate::{
    api::dashboard::read_dashboard,
    components::{
        activity_list::ActivityList,
        attention_list::attention_list,
        first_run::{first_run, refusal},
        layout::page_head::PageHead,
        rights::{Allowed, OwnRights},
        step_state::state_icon,
        ui::{
            bar::Bar,
            icon::Icon,
            posted::Posted,
            time::{CalendarDay, Clock},
        },
    },
    domain::{
        cluster::hue,
        digit_groups::grouped_count,
        id::{ClusterId, ReleaseId},
        permission::Permission,
        plural::pluralize,
        progress::{NO_STEPS, Progress},
        summary::{ActiveRelease, Dashboard, PartProgress},
        vocabulary::StepStatus,
    },
    paths,
};
use chrono::NaiveDate;
use leptos::prelude::*;

/// The page.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let dashboard = Fetch::new(|| (), |()| read_dashboard());
    refresh_on_change(dashboard.refetch_callback(), |_| true);
    let versions = VersionsTable::from_address();
    // A form of the empty dashboard that was refused.
    let posted = Posted::from_context();
    let values = MissingRequests::new(dashboard.refetch_callback());
    let page = loaded(dashboard, move |it| {
        let is_first_run = it.clusters == 0 || it.customers == 0 || it.releases == 0;
        let rights = OwnRights::from_context();
        if is_first_run && rights.may(Permission::Clusters) {
            first_run(&it, rights.may(Permission::Transfer), posted.as_ref()).into_any()
        } else {
            overview(it, versions, values, posted.as_ref()).into_any()
        }
    });
    view! {
        {page}
        {values.dialog()}
    }
}

/// The dashboard of an installation with clusters, customers and releases.
fn overview(
    it: Dashboard,
    versions: VersionsTable,
    values: MissingRequests,
    posted: Option<&Posted>,
) -> impl IntoView + use<> {
    let Dashboard {
        attention,
        has_more_attention,
        missing,
        active,
        recent,
        ..
    } = it;
    let n_active = active.len();
    let names: Vec<(ReleaseId, String)> = active
        .iter()
        .map(|it| (it.summary.release.id, it.summary.release.name.clone()))
        .collect();
    let clock = Clock::from_context();
    let today = move || view! { <span class="quiet">{move || clock.date_and_time()}</span> };
    // Few releases show their clusters; many show them folded.
    let is_brief = n_active > DETAILED_RELEASES_MAX;
    view! {
        <PageHead title="Dashboard" beside=today>
            <Allowed permission=Permission::Releases>
                <a class="button wide" href=paths::NEW_CLUSTER>"New cluster"</a>
                <a class="button wide" href=paths::NEW_CUSTOMER>"New customer"</a>
                <a class="button wide" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
                <a class="button" data-kind="ink" href=paths::NEW_RELEASE>
                    <Icon name="i-plus"/>
                    "New release"
                </a>
            </Allowed>
        </PageHead>
        <div class="page__body aside-layout">
            <div class="stack">
                {refusal(posted)}
                {attention_list(attention, has_more_attention, &names)}
                {values.section(missing)}
                <section aria-labelledby="active">
                    <div class="section__head">
                        <h2 id="active">"Active releases"</h2>
                        <span class="count">{n_active}</span>
                    </div>
                    {if n_active == 0 {
                        view! {
                            <div class="card empty">
                                <p>"No active releases. Open a draft to activate it."</p>
                                <a class="button" href=paths::RELEASES>"All releases"</a>
                            </div>
                        }
                            .into_any()
                    } else {
                        let cards = active.into_iter().map(|it| active_release(it, is_brief)).collect_view();
                        view! { <div class="stack stack-s">{cards}</div> }.into_any()
                    }}
                </section>
                {versions.view()}
            </div>
            <section aria-labelledby="recent">
                <div class="section__head">
                    <h2 id="recent">"Recent activity"</h2>
                    <a class="link small push" href=paths::ACTIVITY>"All activity"</a>
                </div>
                <ActivityList lines=recent/>
            </section>
        </div>
    }
}

/// Up to this number of active releases each shows its clusters.
const DETAILED_RELEASES_MAX: usize = 4;

/// The number of steps in each state that occurs, the states that need attention first.
pub fn status_counts(progress: Progress) -> impl IntoView {
    StepStatus::BY_ATTENTION
        .into_iter()
        .filter(|it| progress.counts.of(*it) > 0)
        .map(|status| {
            view! {
                <span data-state=status.as_str()>
                    <Icon name=state_icon(status) small=true/>
                    {format!("{} {}", grouped_count(progress.counts.of(status)), status.in_sentence())}
                </span>
            }
        })
        .collect_view()
}

/// An active release with its progress.
fn active_release(it: ActiveRelease, is_brief: bool) -> impl IntoView {
    let own = it.own_in_progress;
    let summary = it.summary;
    let release = summary.release;
    let number = release.version_number.as_ref();
    let number = number.map(|it| format!(" {it}")).unwrap_or_default();
    let mut about = vec![format!("{}{number}", release.kind.label())];
    about.push(pluralize(summary.templates, "step"));
    about.push(customers_text(summary.customers));
    let last_cell = it.last_cell.map(|it| {
        let text = format!("Open the last cell: {}, step {}", it.customer, it.number);
        view! { <a class="link push" href=paths::step(release.id, it.step_id)>{text}</a> }
    });
    let due = release.release_date;
    let is_open = summary.progress.counts.finished() < summary.progress.total;
    let figure = match summary.progress.percent {
        Some(percent) => view! { {percent} " " <small>"%"</small> }.into_any(),
        None => view! { <small>"no steps"</small> }.into_any(),
    };
    let n_clusters = pluralize(it.clusters.len(), "cluster");
    let clusters = it.clusters.into_iter().map(cluster_progress).collect_view();
    let clusters = view! { <ul class="release__places">{clusters}</ul> };
    view! {
        <article class="card release" data-brief=is_brief.then_some("")>
            <div class="release__head">
                <div class="grow">
                    <h3>
                        <a href=paths::release(release.id)>{release.name}</a>
                    </h3>
                    <span class="quiet small">
                        {about.join(", ")} {due.map(|it| view! { ", due " <CalendarDay date=it/> })}
                    </span>
                    {due.filter(|_| is_open).map(overdue_badge)}
                </div>
                <span class="figure">{figure}</span>
            </div>
            <Bar counts=summary.progress.counts large=true/>
            <div class="release__states">
                {status_counts(summary.progress)}
                {(own > 0).then(|| view! { <span>{format!("{own} in progress by you")}</span> })}
                {last_cell}
            </div>
            {if is_brief {
                view! {
                    <details class="folded">
                        <summary>{n_clusters}</summary>
                        {clusters}
                    </details>
                }
                    .into_any()
            } else {
                clusters.into_any()
            }}
        </article>
    }
}

/// How far a due date is past: "Due today", "Overdue by 3 days"; none before it.
fn overdue_text(due: NaiveDate, today: NaiveDate) -> Option<String> {
    match (today - due).num_days() {
        0 => Some("Due today".to_owned()),
        days if days > 0 => Some(format!("Overdue by {}", pluralize(days, "day"))),
        _ => None,
    }
}

/// The mark of a due date that is past.
fn overdue_badge(due: NaiveDate) -> impl IntoView {
    let clock = Clock::from_context();
    move || {
        let text = overdue_text(due, clock.today());
        text.map(|it| view! { " " <span class="badge" data-tone="warn">{it}</span> })
    }
}

/// "1 customer", "1,000 customers".
fn customers_text(n: u32) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} customer{ending}", grouped_count(n))
}

/// The progress in one cluster.
fn cluster_progress(part: PartProgress) -> impl IntoView {
    view! {
        <li>
            <span class="place" data-cluster=hue(ClusterId(part.id))>{part.name}</span>
            <Bar counts=part.progress.counts/>
            <span class="num">{part.progress.counts.percent_text(NO_STEPS)}</span>
            <span class="quiet num">{customers_text(part.customers)}</span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_due_date_that_is_past_is_marked_with_the_days_since() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap_or_default();
        let says = |today| overdue_text(day(20), day(today));
        assert_eq!(says(19), None);
        assert_eq!(says(20).as_deref(), Some("Due today"));
        assert_eq!(says(21).as_deref(), Some("Overdue by 1 day"));
        assert_eq!(says(27).as_deref(), Some("Overdue by 7 days"));
    }
}
