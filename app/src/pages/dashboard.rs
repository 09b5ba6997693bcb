//! Dashboard, `/`: steps that need attention, missing values, the progress of active releases and recent activity; or,
//! while records are missing, the first steps to take.
use super::{
    fetch::Fetch, loaded, missing_values::MissingRequests, refresh_on_change::refresh_on_change,
};
use crate::{
    api::dashboard::read_dashboard,
    components::{
        activity_list::ActivityList,
        layout::page_head::PageHead,
        rights::{Allowed, OwnRights},
        step_state::state_icon,
        ui::{
            bar::Bar,
            icon::Icon,
            time::{Time, long_date},
        },
    },
    domain::{
        cluster::hue,
        id::{ClusterId, ReleaseId},
        permission::Permission,
        plural::pluralize,
        progress::{NO_STEPS, Progress},
        summary::{ActiveRelease, Attention, Dashboard, PartProgress},
        vocabulary::StepStatus,
    },
    paths,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let dashboard = Fetch::new(|| (), |()| read_dashboard());
    refresh_on_change(dashboard.refetch_callback(), |_| true);
    let values = MissingRequests::new(dashboard.refetch_callback());
    let page = loaded(dashboard, move |it| {
        let is_first_run = it.clusters == 0 || it.customers == 0 || it.releases == 0;
        if is_first_run && OwnRights::from_context().may(Permission::Clusters) {
            first_run(it).into_any()
        } else {
            overview(it, values).into_any()
        }
    });
    view! {
        {page}
        {values.dialog()}
    }
}

/// The dashboard of an installation with clusters, customers and releases.
fn overview(it: Dashboard, values: MissingRequests) -> impl IntoView {
    let Dashboard {
        attention,
        has_more_attention,
        stale_hours,
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
    // Few releases show their clusters; many show them folded.
    let is_brief = n_active > DETAILED_RELEASES_MAX;
    view! {
        <PageHead title="Dashboard">
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
                {needs_attention(attention, has_more_attention, stale_hours, &names)}
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

/// How many lines of "Needs attention" are visible; the others are folded.
const ATTENTION_LINES: usize = 8;

/// The section of failed, reverted and stale steps.
fn needs_attention(
    mut first: Vec<Attention>,
    has_more: bool,
    stale_hours: u32,
    names: &[(ReleaseId, String)],
) -> impl IntoView + use<> {
    let n = first.len();
    let rest = first.split_off(n.min(ATTENTION_LINES));
    let n_rest = rest.len();
    let hours = if stale_hours == 2 {
        "two hours".to_owned()
    } else {
        format!("{stale_hours} hours")
    };
    let still = format!("In progress for over {hours}");
    let rule = format!("Failed, reverted, or running over {stale_hours} h");
    let of = |it: &Attention| {
        let found = names.iter().find(|(id, _)| *id == it.release_id);
        found.map(|it| it.1.clone()).unwrap_or_default()
    };
    let lines = |all: Vec<Attention>| {
        all.into_iter()
            .map(|it| {
                let release = of(&it);
                attention_line(it, release, &still)
            })
            .collect_view()
    };
    let count = if has_more {
        format!("{n}+")
    } else {
        n.to_string()
    };
    let (first, rest) = (lines(first), lines(rest));
    (n > 0).then(|| {
        view! {
            <section aria-labelledby="needs">
                <div class="section__head">
                    <h2 id="needs">"Needs attention"</h2>
                    <span class="count">{count}</span>
                    <span class="quiet small">{rule}</span>
                </div>
                <ul class="card attention">{first}</ul>
                {(n_rest > 0)
                    .then(|| {
                        view! {
                            <details class="card folded">
                                <summary>{format!("{n_rest} more")}</summary>
                                <ul class="attention">{rest}</ul>
                            </details>
                        }
                    })}
            </section>
        }
    })
}

/// One step that needs attention; `still` says how long a stale step has been in progress.
fn attention_line(it: Attention, release: String, still: &str) -> impl IntoView + use<> {
    let label = format!("Open {}, {}", it.step, it.customer);
    let why = it.reason.unwrap_or_else(|| match it.status {
        StepStatus::InProgress => still.to_owned(),
        status => status.label().to_owned(),
    });
    let by = it.by.map(|by| format!("{by}, "));
    view! {
        <li data-state=it.status.as_str()>
            <Icon name=state_icon(it.status)/>
            <div class="grow">
                <div class="clip">
                    <b>{it.step}</b>
                    " "
                    <span class="muted">"for "{it.customer}", "{release}</span>
                </div>
                <p>{why}</p>
            </div>
            <span class="place" data-cluster=hue(it.cluster_id)>{it.cluster}</span>
            <span class="quiet small">{by}{it.at.map(|at| view! { <Time at=at/> })}</span>
            <a class="button" data-size="s" href=paths::step(it.release_id, it.step_id) aria-label=label>"Open"</a>
        </li>
    }
}

/// The number of steps in each state that occurs, the states that need attention first.
pub fn status_counts(progress: Progress) -> impl IntoView {
    StepStatus::BY_ATTENTION
        .into_iter()
        .filter(|it| progress.counts.of(*it) > 0)
        .map(|status| {
            view! {
                <span data-state=status.as_str()>
                    <Icon name=state_icon(status) small=true/>
                    {format!("{} {}", progress.counts.of(status), status.in_sentence())}
                </span>
            }
        })
        .collect_view()
}

/// An active release with its progress.
fn active_release(it: ActiveRelease, is_brief: bool) -> impl IntoView {
    let summary = it.summary;
    let release = summary.release;
    let number = release.version_number.as_ref();
    let number = number.map(|it| format!(" {it}")).unwrap_or_default();
    let mut about = vec![format!("{}{number}", release.kind.label())];
    about.push(pluralize(summary.templates, "step"));
    about.push(pluralize(summary.customers, "customer"));
    about.extend(
        release
            .release_date
            .map(|it| format!("due {}", long_date(it))),
    );
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
                    <span class="quiet small">{about.join(", ")}</span>
                </div>
                <span class="figure">{figure}</span>
            </div>
            <Bar counts=summary.progress.counts large=true/>
            <div class="release__states">{status_counts(summary.progress)}</div>
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

/// The progress in one cluster.
fn cluster_progress(part: PartProgress) -> impl IntoView {
    view! {
        <li>
            <span class="place" data-cluster=hue(ClusterId(part.id))>{part.name}</span>
            <Bar counts=part.progress.counts/>
            <span class="num">{part.progress.counts.percent_text(NO_STEPS)}</span>
            <span class="quiet num">{pluralize(part.customers, "customer")}</span>
        </li>
    }
}

/// The steps to a first release, shown while clusters, customers or releases are missing.
fn first_run(it: Dashboard) -> impl IntoView {
    let next = if it.clusters == 0 {
        1
    } else if it.customers == 0 {
        2
    } else {
        3
    };
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
                                <a class="button" data-kind="ink" href=path>{label}</a>
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
                <div>
                    <h2 class="first__title">"Set up your first release"</h2>
                    <p class="muted first__lead">"Three steps to your first rollout"</p>
                </div>
                <ol>
                    {card(1, "Add a cluster", "Name and kubeconfig path. Rollcall never opens the file.", None, paths::NEW_CLUSTER, "Add cluster", None)}
                    {card(2, "Add customers", "One namespace per customer. Paste from a spreadsheet or kubectl get ns.", Some("Add a cluster first"), paths::NEW_CUSTOMER, "Add customer", Some((paths::PASTE_CUSTOMERS, "Paste customers…")))}
                    {card(3, "Create a release", "Add deploy and verify steps, or import a Markdown runbook.", Some("Add a customer first"), paths::NEW_RELEASE, "New release", None)}
                </ol>
            </div>
            <figure aria-hidden="true" class="wide">{matrix_preview()}</figure>
        </div>
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
