//! The parts of the page of runners (R73) beside their table: the form that makes one, its token with the line that starts it, and
//! the question before one is deleted.
use super::{
    account_parts::{CardForm, CardRequest},
    incoming_hook_parts::origin_of,
    ui::{dialog::Dialog, field::TextField, follow_effect::follow, icon::Icon},
};
use crate::{
    browser,
    domain::{
        id::ClusterId,
        plural::pluralize,
        quote::shell_word,
        runner::{MadeRunner, Runner, RunnerDraft},
        vocabulary::Field,
    },
    paths,
};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// By what a runner runs sql steps, unless its admin writes another command.
const SQL_COMMAND: &str = "psql -X -v ON_ERROR_STOP=1 --single-transaction -f {file}";

/// The line that starts a runner. The token is no argument, which every user of the machine could read.
fn start_line(origin: &str, made: &MadeRunner, clusters: &str, has_sql: bool) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.,".contains(it);
    let clusters = if clusters.chars().all(is_plain) {
        clusters.to_owned()
    } else {
        shell_word(clusters)
    };
    let token = &made.token;
    let sql = if has_sql {
        format!(" --kinds bash,sql --sql {}", shell_word(SQL_COMMAND))
    } else {
        String::new()
    };
    format!(
        "ROLLCALL_RUNNER_TOKEN={token} rollcall runner --url {origin} --clusters {clusters}{sql}"
    )
}

/// A text that is there to be copied.
fn copied(text: Signal<String>, label: &'static str) -> impl IntoView {
    let copy = move |_| {
        let text = text.get_untracked();
        leptos::task::spawn_local(async move {
            let _ = browser::clipboard::copy(&text).await;
        });
    };
    view! {
        <div class="secret">
            <code>{move || text.get()}</code>
            <button class="button" data-size="s" type="button" aria-label=label on:click=copy>
                "Copy"
            </button>
        </div>
    }
}

/// The token of a runner that was just made, and the line that starts it.
#[component]
fn RunnerStart(
    made: MadeRunner,
    /// Ids and names of clusters.
    clusters: Vec<(ClusterId, String)>,
) -> impl IntoView {
    let ids = &made.runner.cluster_ids;
    let names: Vec<String> = clusters
        .into_iter()
        .filter(|it| ids.contains(&it.0))
        .map(|it| it.1)
        .collect();
    let told = format!(
        "Copy the token of {} now. It is shown this once",
        made.runner.name
    );
    let token = made.token.clone();
    let has_sql = RwSignal::new(false);
    let (origin, names) = (browser::dom::current_url(), names.join(","));
    let line = move || start_line(origin_of(&origin), &made, &names, has_sql.get());
    view! {
        <div class="alert" role="status">
            <div class="stack stack-s grow">
                <p>{told}</p>
                {copied(Signal::derive(move || token.clone()), "Copy token")}
                <p>"Start it where the cluster can be reached:"</p>
                {copied(Signal::derive(line), "Copy command")}
                <label class="choice">
                    <input
                        class="check"
                        type="checkbox"
                        prop:checked=move || has_sql.get()
                        on:change=move |event| has_sql.set(event_target_checked(&event))
                    />
                    <span>"Also run sql steps. Change the command to match your database"</span>
                </label>
            </div>
        </div>
    }
}

/// The form that makes a runner, and the token of the one that was just made.
#[component]
pub fn RunnerForm(
    /// Ids and names of the clusters to choose from.
    clusters: Vec<(ClusterId, String)>,
    made: RwSignal<Option<MadeRunner>>,
    request: CardRequest,
    on_create: Callback<RunnerDraft>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let chosen = RwSignal::new(BTreeSet::<ClusterId>::new());
    // Once it is there, the form is empty again.
    follow(move |_| {
        if made.with(Option::is_some) {
            name.set(String::new());
            chosen.set(BTreeSet::new());
        }
    });
    let clusters = StoredValue::new(clusters);
    let submit = Callback::new(move |()| {
        let chosen = chosen.get_untracked();
        let named = clusters.get_value().into_iter();
        on_create.run(RunnerDraft {
            name: name.get_untracked(),
            clusters: named
                .filter(|it| chosen.contains(&it.0))
                .map(|it| it.1)
                .collect(),
        });
    });
    let start = move || {
        made.get()
            .map(|it| view! { <RunnerStart made=it clusters=clusters.get_value()/> })
    };
    view! {
        {start}
        <CardForm id="runner-form" request=request button="Create runner" on_submit=submit>
            <TextField
                label="Name"
                id="runner-name"
                value=name
                error=request.at(Field::Name)
                hint="Shown with its runs, such as eu-1"
            />
            <RunnerClusters clusters=clusters chosen=chosen error=request.at(Field::ClusterNames)/>
        </CardForm>
    }
}

/// The choice of clusters whose runs a runner may fetch.
#[component]
fn RunnerClusters(
    clusters: StoredValue<Vec<(ClusterId, String)>>,
    chosen: RwSignal<BTreeSet<ClusterId>>,
    error: Signal<Option<String>>,
) -> impl IntoView {
    let boxes = clusters.get_value().into_iter().map(|(id, name)| {
        view! {
            <label class="choice">
                <input
                    class="check"
                    type="checkbox"
                    prop:checked=move || chosen.with(|it| it.contains(&id))
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=move || error.with(Option::is_some).then_some("runner-clusters-error")
                    on:change=move |event| {
                        let is_on = event_target_checked(&event);
                        chosen
                            .update(|it| {
                                if is_on {
                                    it.insert(id);
                                } else {
                                    it.remove(&id);
                                }
                            });
                    }
                />
                <span>{name}</span>
            </label>
        }
    });
    let boxes = boxes.collect_view();
    let nothing = clusters.with_value(Vec::is_empty).then(|| {
        view! { <a class="link" href=paths::NEW_CLUSTER>"Add a cluster first"</a> }
    });
    let message = move || {
        error.get().map(|text| {
            view! {
                <div class="field" id="runner-clusters-error">
                    <span class="error">
                        <Icon name="i-warn" small=true/>
                        <span>{text}</span>
                    </span>
                </div>
            }
        })
    };
    view! {
        <fieldset class="roles">
            <legend class="label">"Clusters"</legend>
            {message}
            {boxes}
            {nothing}
        </fieldset>
    }
}

/// The dialog before a runner is deleted; open while one is asked about.
#[component]
pub fn RunnerDeletion(
    asked: RwSignal<Option<Runner>>,
    /// Deletes it.
    on_delete: Callback<Runner>,
) -> impl IntoView {
    move || {
        asked.get().map(|runner| {
            let open = RwSignal::new(true);
            follow(move |_| {
                if !open.get() {
                    asked.set(None);
                }
            });
            let title = format!("Delete {}", runner.name);
            let n = runner.running.len();
            let work = (n > 0).then(|| format!("{} in progress on it will be lost.", pluralize(n, "run")));
            let runner = StoredValue::new(runner);
            let delete = move |_| {
                let runner = runner.get_value();
                asked.set(None);
                on_delete.run(runner);
            };
            view! {
                <Dialog open=open title=title>
                    <div class="dialog__body stack stack-s">
                        <p class="muted">"Its token stops working. The history of its runs is kept."</p>
                        {work.clone().map(|it| view! { <p class="alert">{it}</p> })}
                    </div>
                    <div class="dialog__foot">
                        <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                            "Cancel"
                        </button>
                        <button class="button" data-kind="ink" type="button" on:click=delete>
                            "Delete"
                        </button>
                    </div>
                </Dialog>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::RunnerId;
    use chrono::DateTime;

    #[test]
    fn the_line_that_starts_a_runner_is_one_for_a_shell_and_its_token_is_no_argument() {
        let runner = Runner {
            id: RunnerId(4),
            name: "eu-1".into(),
            cluster_ids: [ClusterId(1), ClusterId(2)].into(),
            created_by: "Ana".into(),
            created_at: DateTime::UNIX_EPOCH,
            seen_at: None,
            kinds: Vec::new(),
            serves: BTreeSet::new(),
            max_parallel: None,
            program_version: None,
            running: Vec::new(),
        };
        let made = MadeRunner {
            runner,
            token: "rcr_0".into(),
        };
        let line = |clusters, has_sql| {
            start_line("https://rollcall.example.com", &made, clusters, has_sql)
        };
        let plain = "ROLLCALL_RUNNER_TOKEN=rcr_0 rollcall runner --url https://rollcall.example.com --clusters prod-eu,prod-us";
        assert_eq!(line("prod-eu,prod-us", false), plain);
        let sql =
            " --kinds bash,sql --sql 'psql -X -v ON_ERROR_STOP=1 --single-transaction -f {file}'";
        assert_eq!(line("prod-eu,prod-us", true), [plain, sql].concat());
        let line = line("prod us;rm", false);
        assert!(line.ends_with("--clusters 'prod us;rm'"), "{line}");
    }
}
