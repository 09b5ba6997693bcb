//! Page of the runners, `/runners` (R73): what each does now, a form that makes one, and their deletion; for admins.
use super::{SerialRequest, fetch::Fetch, loaded, loaded_part, refresh_on_change::refresh_on_runs};
use crate::{
    api::{
        clusters::list_clusters,
        runners::{create_runner, delete_runner, list_runners},
        runs::list_runs,
    },
    browser,
    components::{
        account_parts::CardRequest,
        layout::page_head::PageHead,
        runner_parts::{RunnerDeletion, RunnerForm},
        runner_table::{DELETES, ShownRunners, runners_html},
        ui::{
            notice::{Failure, NeedsScript},
            toast::Toasts,
        },
    },
    domain::{
        cluster::ClusterSummary,
        id::{ClusterId, RunnerId},
        run::RunFilter,
        runner::{MadeRunner, Runner, RunnerDraft},
    },
    error::AppError,
};
use leptos::prelude::*;
use std::time::Duration;

/// That a runner was heard of is no change: the page asks.
const READ_EVERY: Duration = Duration::from_secs(3);
/// As many runs that are not over are named; of others only their number is told.
const NAMED_RUNS_MAX: u32 = 500;

async fn read_runners() -> Result<ShownRunners, AppError> {
    let listed = list_runners().await?;
    let unfinished = RunFilter {
        is_unfinished: true,
        limit: Some(NAMED_RUNS_MAX),
        ..RunFilter::default()
    };
    let runs = list_runs(unfinished).await?.items;
    let clusters = list_clusters(true).await?.into_iter();
    Ok(ShownRunners {
        listed,
        runs,
        clusters: clusters.map(id_and_name).collect(),
    })
}

fn id_and_name(it: ClusterSummary) -> (ClusterId, String) {
    (it.cluster.id, it.cluster.name)
}

/// The page.
#[component]
pub fn RunnersPage() -> impl IntoView {
    let clusters = Fetch::new(|| (), |()| list_clusters(false));
    let runners = Fetch::new(|| (), |()| read_runners());
    refresh_on_runs(runners.refetch_callback());
    browser::foreign_changes::repeat_read(READ_EVERY, move || runners.refetch());
    // Outside of what is fetched: a token is told only once.
    let made = RwSignal::new(None::<MadeRunner>);
    loaded(clusters, move |clusters| {
        let clusters = clusters.into_iter().map(id_and_name).collect();
        show(clusters, runners, made)
    })
}

fn show(
    clusters: Vec<(ClusterId, String)>,
    runners: Fetch<ShownRunners>,
    made: RwSignal<Option<MadeRunner>>,
) -> impl IntoView {
    let toasts = Toasts::from_context();
    let asked = RwSignal::new(None::<Runner>);
    let (creating, deleting) = (SerialRequest::new(), SerialRequest::new());
    let on_create = Callback::new(move |draft: RunnerDraft| {
        creating.run(create_runner(draft), move |it| {
            made.set(Some(it.row));
            browser::dom::after(0, || browser::dom::focus(".secret button"));
            runners.refetch();
        });
    });
    let on_delete = Callback::new(move |runner: Runner| {
        let (id, name) = (runner.id, runner.name);
        deleting.run(delete_runner(id), move |()| {
            toasts.show(format!("Deleted {name}"), None);
            if made.with_untracked(|it| it.as_ref().is_some_and(|it| it.runner.id == id)) {
                made.set(None);
            }
            browser::dom::focus_heading();
            runners.refetch();
        });
    });
    let request = CardRequest {
        error: creating.error,
        is_busy: creating.is_busy(),
    };
    view! {
        <PageHead title="Runners"/>
        <div class="page__body stack">
            <NeedsScript/>
            <p class="muted">"A runner fetches steps and runs them with its own access. Rollcall holds no kubeconfig and no password"</p>
            <Failure error=deleting.error/>
            {loaded_part(runners, move |it| table(it, asked))}
            <RunnerDeletion asked=asked on_delete=on_delete/>
            <section class="stack stack-s" aria-labelledby="new-runner-title">
                <h2 id="new-runner-title">"New runner"</h2>
                <RunnerForm clusters=clusters made=made request=request on_create=on_create/>
            </section>
        </div>
    }
}

/// The table, with one listener for its buttons.
fn table(shown: ShownRunners, asked: RwSignal<Option<Runner>>) -> impl IntoView {
    let html = runners_html(&shown);
    let shown = StoredValue::new(shown.listed.runners);
    let on_click = move |event: leptos::ev::MouseEvent| {
        let id = browser::dom::closest_attribute(&event, DELETES);
        let id: Option<RunnerId> = id.and_then(|it| it.parse().ok());
        let runner = shown.with_value(|it| {
            let mut all = it.iter();
            all.find(|it| Some(it.id) == id).cloned()
        });
        if runner.is_some() {
            asked.set(runner);
        }
    };
    view! { <div inner_html=html on:click=on_click></div> }
}
