//! `/`: what needs attention, how the active releases stand, what happened; or, at first, what to do first.
use super::{fetch::Fetch, loaded};
use crate::{
    api::overview::read_dashboard,
    components::{
        activity_list::ActivityList,
        layout::page_head::PageHead,
        step_state::state_icon,
        ui::{
            bar::Bar,
            icon::Icon,
            time::{Time, day},
        },
    },
    domain::{
        cluster::hue,
        id::ClusterId,
        progress::Progress,
        step::StepStatus,
        summary::{ActiveRelease, Attention, Dashboard, Part},
    },
    paths,
};
use leptos::prelude::*;

#[component]
pub fn DashboardPage() -> impl IntoView {
    let dashboard = Fetch::new(|| (), |()| read_dashboard());
    loaded(dashboard, |it| {
        if it.clusters == 0 || it.customers == 0 || it.releases == 0 {
            first_run(it).into_any()
        } else {
            overview(it).into_any()
        }
    })
}

fn overview(it: Dashboard) -> impl IntoView {
    let Dashboard {
        attention,
        active,
        recent,
        ..
    } = it;
    let recent: Vec<_> = recent.into_iter().take(12).collect();
    let (n_attention, n_active) = (attention.len(), active.len());
    view! {
        <PageHead title="Dashboard">
            <a class="button" href=paths::NEW_RELEASE>"New release"</a>
        </PageHead>
        <div class="page__body aside-layout">
            <div class="stack">
                {(n_attention > 0)
                    .then(|| {
                        view! {
                            <section aria-labelledby="needs">
                                <div class="section__head">
                                    <h2 id="needs">"Needs attention"</h2>
                                    <span class="count">{n_attention}</span>
                                    <span class="quiet small">"failed, reverted, or in progress for over two hours"</span>
                                </div>
                                <ul class="card attention">{attention.into_iter().map(attention_line).collect_view()}</ul>
                            </section>
                        }
                    })}
                <section aria-labelledby="active">
                    <div class="section__head">
                        <h2 id="active">"Active releases"</h2>
                        <span class="count">{n_active}</span>
                    </div>
                    {if n_active == 0 {
                        view! {
                            <div class="card empty">
                                <p>"No release is active. Open a draft and activate it for the customers that it goes to."</p>
                                <a class="button" href=paths::RELEASES>"All releases"</a>
                            </div>
                        }
                            .into_any()
                    } else {
                        view! { <div class="stack stack-s">{active.into_iter().map(active_release).collect_view()}</div> }
                            .into_any()
                    }}
                </section>
            </div>
            <section aria-labelledby="recent">
                <div class="section__head">
                    <h2 id="recent">"Recently"</h2>
                    <a class="link small push" href=paths::ACTIVITY>"All activity"</a>
                </div>
                <ActivityList lines=recent/>
            </section>
        </div>
    }
}

fn attention_line(it: Attention) -> impl IntoView {
    let label = format!("Open {}, {}", it.step, it.customer);
    view! {
        <li data-state=it.status.as_str()>
            <Icon name=state_icon(it.status)/>
            <div class="grow">
                <div class="clip">
                    <b>{it.step}</b>
                    " "
                    <span class="muted">"for "{it.customer}</span>
                </div>
                <p>{it.reason.unwrap_or_else(|| it.status.label().to_owned())}</p>
            </div>
            <span class="place" data-cluster=hue(it.cluster_id)>{it.cluster}</span>
            <span class="quiet small">{it.by}" "{it.at.map(|at| view! { <Time at=at/> })}</span>
            <a class="button" data-size="s" href=paths::step(it.release_id, it.step_id) aria-label=label>"Open"</a>
        </li>
    }
}

/// "44 %", or that there are no steps.
pub fn percent(progress: &Progress) -> String {
    progress
        .percent
        .map_or_else(|| "no steps".to_owned(), |it| format!("{it} %"))
}

/// The counts by state, those that most need attention first.
pub fn states(progress: Progress) -> impl IntoView {
    StepStatus::BY_ATTENTION
        .into_iter()
        .filter(|it| progress.counts.of(*it) > 0)
        .map(|status| {
            view! {
                <span data-state=status.as_str()>
                    <Icon name=state_icon(status) small=true/>
                    {format!("{} {}", progress.counts.of(status), status.word())}
                </span>
            }
        })
        .collect_view()
}

fn plural(n: u32, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

fn active_release(it: ActiveRelease) -> impl IntoView {
    let summary = it.summary;
    let release = summary.release;
    let mut about = vec![format!(
        "{}{}",
        match release.kind {
            crate::domain::release::ReleaseType::Release => "Release",
            crate::domain::release::ReleaseType::Hotfix => "Hotfix",
            crate::domain::release::ReleaseType::Onboarding => "Onboarding",
        },
        release
            .version_number
            .as_ref()
            .map(|it| format!(" {it}"))
            .unwrap_or_default()
    )];
    about.push(plural(summary.templates, "step"));
    about.push(plural(summary.customers, "customer"));
    about.extend(release.release_date.map(|it| format!("due {}", day(it))));
    view! {
        <article class="card release">
            <div class="release__head">
                <div>
                    <h3>
                        <a href=paths::release(release.id)>{release.name}</a>
                    </h3>
                    <span class="quiet small">{about.join(", ")}</span>
                </div>
                <span class="figure">
                    {summary.progress.percent.unwrap_or_default()}
                    " "
                    <small>"%"</small>
                </span>
            </div>
            <Bar counts=summary.progress.counts large=true/>
            <div class="release__states">{states(summary.progress)}</div>
            <ul class="release__places">{it.clusters.into_iter().map(place).collect_view()}</ul>
        </article>
    }
}

fn place(part: Part) -> impl IntoView {
    view! {
        <li>
            <span class="place" data-cluster=hue(ClusterId(part.id))>{part.name}</span>
            <Bar counts=part.progress.counts/>
            <span class="num">{percent(&part.progress)}</span>
            <span class="quiet num">{plural(part.customers, "customer")}</span>
        </li>
    }
}

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
                     label: &'static str| {
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
                    <h2 class="first__title">"Every step, every customer, once."</h2>
                    <p class="muted first__lead">"Three things to enter, then the first release can go out."</p>
                </div>
                <ol>
                    {card(1, "Add a cluster", "Its name and where its kubeconfig lies. Rollcall keeps the path and never opens the file.", None, paths::NEW_CLUSTER, "Add cluster")}
                    {card(2, "Add customers", "One namespace each.", Some("needs a cluster"), paths::NEW_CUSTOMER, "Add customer")}
                    {card(3, "Write the first release", "Steps to deploy, steps to verify: bash, sql or text.", Some("needs a customer"), paths::NEW_RELEASE, "New release")}
                </ol>
            </div>
            <figure aria-hidden="true" class="wide">{preview()}</figure>
        </div>
    }
}

/// A small matrix, to show what is coming.
fn preview() -> impl IntoView {
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
