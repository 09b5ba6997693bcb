//! One customer's work: the list at the left, the open step large at the right. Which one is open stands in the address, so
//! that the place is never lost.
use super::{
    CustomerPageState, keys,
    overview::{AddStep, Overview, beside},
};
use crate::{
    api::steps::{act_on_step, read_step, reorder_steps},
    browser::{dom, drag},
    components::{
        layout::page_head::PageHead,
        matrix::{keyboard::GridCommand, messages::done_text},
        pending_actions::{ActionRequest, FailedAction},
        run_step::{RunStep, RunStepActions, STEP},
        step_panel::step_detail::known_names,
        step_state::already,
        ui::{bar::Bar, icon::Icon, notice::sentence, time::Clock, toast::Toasts},
        work_steps::WorkSteps,
    },
    domain::{
        customer_work::{WorkList, WorkRow, next_open, progress, reordered},
        event::Changed,
        id::{BatchId, StepId},
        step::CustomerStep,
        vocabulary::{Category, ReleaseStatus, StepAction},
    },
    pages::{
        SerialRequest,
        dashboard::percent,
        fetch::Fetch,
        owned,
        releases::step_detail_actions::{StepPanelOutcome, open_step_detail},
    },
    paths,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

/// "Deploy, step 6 of 14".
fn place_of(rows: &[WorkRow], step: StepId) -> String {
    let at = rows.iter().position(|it| it.id == step);
    at.map_or_else(String::new, |at| {
        let category = rows[at].category.label();
        format!("{category}, step {} of {}", at + 1, rows.len())
    })
}

#[component]
pub fn Work(list: WorkList, kept: CustomerPageState, reload: Callback<()>) -> impl IntoView {
    let WorkList {
        release,
        customer,
        cluster,
        rows,
        previous,
        next,
    } = list;
    let of = (release.id, customer.id);
    let can_work = release.status == ReleaseStatus::Active;
    let known = known_names(&customer, &cluster, &release);
    let rows = RwSignal::new(rows);
    let CustomerPageState {
        memory,
        refused,
        asking,
        copying,
    } = kept;
    let toasts = Toasts::here();
    let clock = Clock::here();
    let query = use_query_map();
    let open_step = Memo::new(move |_| {
        let asked = query.with(|it| it.get("step").and_then(|it| it.parse::<StepId>().ok()))?;
        rows.with(|rows| rows.iter().any(|it| it.id == asked))
            .then_some(asked)
    });
    let navigate = use_navigate();
    let go = Callback::new(move |step: Option<StepId>| {
        let path = step.map_or_else(
            || paths::customer_steps(of.0, of.1),
            |step| paths::customer_step(of.0, of.1, step),
        );
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&path, options);
    });
    // Another step: what was asked of the one before is over, and the keyboard comes along.
    Effect::new(move |before: Option<Option<StepId>>| {
        let now = open_step.get();
        if before.is_some_and(|it| it != now) {
            refused.set(None);
            asking.set(None);
            if now.is_some() {
                dom::focus(STEP);
            }
        }
        now
    });
    let detail = Fetch::new(
        move || open_step.get(),
        |step| async move {
            match step {
                Some(step) => read_step(step).await.map(Some),
                None => Ok(None),
            }
        },
    );
    let put = move |step: &CustomerStep| {
        let _ = rows.try_update(|rows| {
            if let Some(row) = rows.iter_mut().find(|it| it.id == step.id) {
                *row = WorkRow::new(step, row.is_unresolved);
            }
        });
    };
    let after = move |step: Option<StepId>, forward: bool| {
        rows.try_with_untracked(|rows| next_open(rows, step, forward))
            .flatten()
    };
    let whom = StoredValue::new(customer.name.clone());
    let is_acting = RwSignal::new(false);
    let act = move |step: StepId, wish: ActionRequest| {
        if is_acting.get_untracked() {
            return;
        }
        is_acting.set(true);
        leptos::task::spawn_local(async move {
            let action = wish.action;
            let asked = wish.clone();
            let answer = act_on_step(step, action, wish.reason, wish.allow_unresolved).await;
            // The page may be gone by now.
            let (None, Some(whom)) = (is_acting.try_set(false), whom.try_get_value()) else {
                return;
            };
            let Changed { row, batch_id } = match answer {
                Ok(changed) => changed,
                Err(error) => {
                    let is_there = open_step.get_untracked() == Some(step);
                    if is_there {
                        refused.set(Some(FailedAction { wish: asked, error }));
                    } else {
                        toasts.say(sentence(&error.to_string()), None);
                    }
                    return;
                }
            };
            put(&row);
            asking.set(None);
            refused.set(None);
            let is_new = batch_id.is_some();
            let text = if is_new {
                done_text(action, &row.name, &whom)
            } else {
                let at = row.state_at.map(|it| untrack(|| clock.time(it)));
                format!("{}: {} for {whom}", already(&row, at), row.name)
            };
            toasts.say(text, batch_id);
            let goes_on = is_new
                && matches!(action, StepAction::Done | StepAction::Skip)
                && open_step.get_untracked() == Some(step);
            match after(Some(step), true).filter(|_| goes_on) {
                Some(next) => go.run(Some(next)),
                None => detail.refetch(),
            }
        });
    };
    let on_news = Callback::new(move |(step, news): (StepId, StepPanelOutcome)| match news {
        StepPanelOutcome::Act(wish) => act(step, wish),
        StepPanelOutcome::Changed(row, text, batch) => {
            put(&row);
            toasts.say(text, batch);
            detail.refetch();
        }
        StepPanelOutcome::Others(text, batch, is_gone) => {
            toasts.say(text, batch);
            if is_gone {
                go.run(None);
            }
            reload.run(());
        }
        StepPanelOutcome::Stale => detail.refetch(),
        StepPanelOutcome::Close => go.run(None),
    });
    let to_next = move |forward: bool| match after(open_step.get_untracked(), forward) {
        Some(step) => go.run(Some(step)),
        None => toasts.say("No other step is open.", None),
    };
    let wish_action = move |action: StepAction| {
        let Some(step) = open_step.get_untracked() else {
            return;
        };
        let status = rows.with_untracked(|rows| {
            let row = rows.iter().find(|it| it.id == step);
            row.map(|it| it.status)
        });
        if !can_work {
            toasts.say("The release is not active.", None);
        } else if !action.accepts_reason() {
            act(step, ActionRequest::new(action));
        } else if let Some(status) = status.filter(|it| !action.allows(*it)) {
            let text = format!(
                "A {} step cannot be {}.",
                status.in_sentence(),
                action.past_tense()
            );
            toasts.say(text, None);
        } else {
            refused.set(None);
            asking.set(Some(action));
        }
    };
    keys::hear(move |command| match command {
        GridCommand::Act(action) => wish_action(action),
        GridCommand::Copy if open_step.get_untracked().is_some() => copying.update(|it| *it += 1),
        GridCommand::NextOpen => to_next(true),
        GridCommand::PreviousOpen => to_next(false),
        GridCommand::Close if open_step.get_untracked().is_some() => go.run(None),
        _ => {}
    });
    let ordering = SerialRequest::new();
    Effect::new(move |_| {
        if let Some(error) = ordering.error.get() {
            drag::forget();
            toasts.say(sentence(&error.to_string()), None);
            reload.run(());
        }
    });
    let on_order = Callback::new(
        move |(category, order, moved): (Category, Vec<StepId>, StepId)| {
            let request = reorder_steps(of.0, of.1, category, order.clone());
            ordering.run(request, move |it| {
                let name = rows.with_untracked(|rows| {
                    let row = rows.iter().find(|it| it.id == moved);
                    row.map(|it| it.name.clone()).unwrap_or_default()
                });
                rows.update(|rows| *rows = reordered(rows, category, &order));
                let text = format!("Moved {name}, for this customer alone");
                toasts.say(text, it.batch_id);
            });
        },
    );
    let around = Owner::current().unwrap_or_default();
    let adding = RwSignal::new(false);
    let on_added = Callback::new(move |(text, batch): (String, Option<BatchId>)| {
        toasts.say(text, batch);
        reload.run(());
    });
    let counts = move || rows.with(|rows| progress(rows));
    let behind = Signal::derive(move || {
        let now = open_step.get();
        rows.with(|rows| {
            let step = next_open(rows, now, true)?;
            let at = rows.iter().position(|it| it.id == step)?;
            Some(RunStepActions {
                number: at + 1,
                row: rows[at].clone(),
                path: paths::customer_step(of.0, of.1, step),
            })
        })
    });
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (release.name.clone(), paths::release(of.0)),
    ];
    let (cluster_name, namespace) = (cluster.name.clone(), customer.namespace.clone());
    let is_inactive = !customer.is_active;
    let place = move || {
        view! {
            <b>{cluster_name.clone()}</b>
            <span class="mono">{namespace.clone()}</span>
            {is_inactive.then(|| view! { <span class="badge">"Inactive"</span> })}
        }
    };
    view! {
        <div class="place-bar" data-cluster=cluster.hue()>
            <PageHead title=customer.name.clone() crumbs=crumbs beside=place>
                <span class="meterline wide">
                    <span class="meterline__bar">
                        <Bar counts=Signal::derive(move || counts().counts) large=true/>
                    </span>
                    <span>
                        <b>{move || percent(&counts())}</b>
                        " "
                        <span class="quiet">
                            {move || format!("{} of {}", counts().counts.finished(), counts().total)}
                        </span>
                    </span>
                </span>
                {beside(previous, of.0, "Previous", "left")}
                {beside(next, of.0, "Next", "right")}
                <a class="button" href=paths::release(of.0)>"Matrix"</a>
            </PageHead>
        </div>
        <div class="run" data-open=move || open_step.get().is_some().then_some("")>
            <nav class="run__list" aria-label="Steps">
                {Category::ALL
                    .iter()
                    .map(|category| {
                        view! {
                            <WorkSteps
                                rows=rows
                                category=*category
                                of=of
                                open=open_step
                                can_move=can_work
                                is_busy=ordering.is_busy()
                                on_order=on_order
                            />
                        }
                    })
                    .collect_view()}
                <div class="run__foot">
                    {can_work
                        .then(|| {
                            view! {
                                <button class="button" data-size="s" type="button" on:click=move |_| adding.set(true)>
                                    <Icon name="i-plus" small=true/>
                                    "Add custom step…"
                                </button>
                            }
                        })}
                    <a class="button" data-kind="ghost" data-size="s" href=paths::customer_print(of.0, of.1)>"Print"</a>
                    <a
                        class="button"
                        data-kind="ghost"
                        data-size="s"
                        href=paths::customer_checklist(of.0, of.1)
                        download=""
                        rel="external"
                    >
                        "Download Markdown"
                    </a>
                </div>
            </nav>
            <Transition fallback=|| ()>
                {move || {
                    let around = around.clone();
                    Suspend::new(async move {
                        let found = detail.get().await;
                        owned(
                            &around,
                            move || match found {
                                Ok(Some(open)) => {
                                    let step = open.detail.step.id;
                                    let desk = open_step_detail(open, memory, can_work, refused, asking, on_news);
                                    let place = Signal::derive(move || rows.with(|rows| place_of(rows, step)));
                                    let on_next = Callback::new(move |()| to_next(true));
                                    view! {
                                        <RunStep desk=desk place=place behind=behind copying=copying on_next=on_next/>
                                    }
                                        .into_any()
                                }
                                Ok(None) => view! { <Overview rows=rows behind=behind/> }.into_any(),
                                Err(error) => {
                                    view! {
                                        <section class="run__step" aria-label="Step">
                                            <p role="alert">{sentence(&error.to_string())}</p>
                                        </section>
                                    }
                                        .into_any()
                                }
                            },
                        )
                    })
                }}
            </Transition>
        </div>
        <AddStep open=adding kept=kept of=of customer=whom.get_value() known=known on_added=on_added/>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{CustomerId, ReleaseId};
    use chrono::DateTime;

    #[test]
    fn a_step_s_place_counts_through_both_categories() {
        let blank = CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH);
        let row = |id, category| WorkRow {
            id: StepId(id),
            category,
            ..WorkRow::new(&blank, false)
        };
        let rows = [row(4, Category::Deploy), row(9, Category::Verify)];
        assert_eq!(place_of(&rows, StepId(9)), "Verify, step 2 of 2");
        assert_eq!(place_of(&rows, StepId(7)), "");
    }
}
