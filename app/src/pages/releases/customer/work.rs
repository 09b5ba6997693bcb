//! View of one customer's work: the step list on the left, the open step large on the right. The open step is part of
//! the URL, so that a reload or a shared link shows the same step.
use super::{
    add_step::AddStepProps,
    foreign_changes::show_change,
    overview::{Overview, neighbor_link},
    page_dialogs::CustomerPageDialogs,
    page_state::CustomerPageState,
    shown_list::ShownList,
    work_controller::WorkController,
};
use crate::{
    browser::foreign_changes::on_change, components::layout::page_head::PageHead,
    components::pending_actions::ActionRequest, components::rights::OwnRights,
    components::run_step::RunStep, components::step_panel::lost_step::LostStep,
    components::step_panel::reason_prompt::ReasonPrompt,
    components::step_panel::step_detail::known_names,
    components::take_over_dialog::TakeOverDialogProps, components::ui::bar::Bar,
    components::ui::icon::Icon, components::undo_buttons::UndoButtons,
    components::work_steps::WorkStepList, components::work_steps::WorkSteps,
    components::work_steps::shown_status, domain::cluster::Cluster, domain::customer::Customer,
    domain::customer_work::NeighborCustomer, domain::customer_work::WorkList,
    domain::customer_work::WorkRow, domain::digit_groups::grouped_count, domain::id::BatchId,
    domain::id::StepId, domain::permission::Permission, domain::progress::NO_STEPS,
    domain::release::Release, domain::vocabulary::Category, domain::vocabulary::Noun,
    domain::vocabulary::ReleaseStatus, error::AppError, pages::first_online_call, pages::latched,
    pages::releases::step_detail_actions::SendStepRequest,
    pages::releases::step_detail_actions::StepPanelOutcome,
    pages::releases::step_detail_actions::open_step_detail, pages::with_child_owner, paths,
};
use leptos::prelude::*;

/// "Deploy, step 6 of 14"
fn step_position(rows: &[WorkRow], step: StepId) -> String {
    let at = rows.iter().position(|it| it.id == step);
    at.map_or_else(String::new, |at| {
        let category = rows[at].category.label();
        format!("{category}, step {} of {}", at + 1, rows.len())
    })
}

/// The work list of one customer. `reload` fetches the list again.
#[component]
pub fn CustomerWork(
    mut list: WorkList,
    shown: ShownList,
    page: CustomerPageState,
    reload: Callback<()>,
    dialogs: CustomerPageDialogs,
) -> impl IntoView {
    let rows = std::mem::take(&mut list.rows);
    let next_unfinished = RwSignal::new(list.next_unfinished.take());
    let WorkList {
        release,
        customer,
        cluster,
        previous,
        next,
        ..
    } = list.clone();
    let ids = (release.id, customer.id);
    let may_work = OwnRights::from_context().may(Permission::ActOnSteps);
    let can_work = release.status == ReleaseStatus::Active && may_work;
    let known = StoredValue::new(known_names(&customer, &cluster, &release));
    let customer_name = customer.name.clone();
    let next_customer = Signal::derive(move || {
        next_unfinished.with(|it| Some(paths::customer_steps(ids.0, it.as_ref()?.id)))
    });
    let work = WorkController::new(ids, customer_name, can_work, rows, page, reload);
    shown.set(list, work, next_unfinished);
    on_change(move |change| show_change(work, &change));
    let on_take_over = Callback::new(move |step| {
        let request = ActionRequest::taking_over();
        work.on_outcome(step, StepPanelOutcome::Act(request));
    });
    let names = Callback::new(move |step| Some(untrack(|| work.names(step))));
    let on_act = Callback::new(move |(step, request): (StepId, ActionRequest)| {
        work.on_outcome(step, StepPanelOutcome::Act(request));
    });
    let waits = Callback::new(move |(step, request): (StepId, ActionRequest)| {
        let sent = (step, request.action);
        page.waiting.with(|all| all.contains(&sent))
    });
    let adding = RwSignal::new(false);
    let on_added = Callback::new(move |(text, batch): (String, Option<BatchId>)| {
        work.on_added(text, batch);
    });
    let asked = work.take_over.asked;
    let needs_take_over = latched(move || !asked.with(Vec::is_empty));
    let needs_keys = latched(move || page.shows_keys.get());
    let needs_adding = latched(move || adding.get());
    let preload = first_online_call(dialogs.preload);
    let add_step = move || {
        (dialogs.add_step)(AddStepProps {
            open: adding,
            page,
            ids,
            customer: work.customer_name(),
            known: known.get_value(),
            on_added,
        })
    };
    view! {
        {head(work, &release, customer, &cluster, previous, next)}
        <div
            class="run"
            data-open=move || work.open_step.get().is_some().then_some("")
            on:pointerenter=move |_| preload()
            on:keydown=move |_| preload()
        >
            {step_list(work, adding)}
            {step_pane(work, next_customer, dialogs.request)}
        </div>
        <ReasonPrompt
            memory=page.memory
            asking=page.asking
            refused=page.refused
            names=names
            on_act=on_act
            waits=waits
        />
        {move || {
            needs_take_over
                .get()
                .then(|| (dialogs.take_over)(TakeOverDialogProps { asked, on_take_over }))
        }}
        {move || needs_keys.get().then(|| (dialogs.keys)(page.shows_keys))}
        {move || needs_adding.get().then(add_step)}
    }
}

/// The page head: the customer, the progress, and links to the neighbouring customers and the matrix.
fn head(
    work: WorkController,
    release: &Release,
    customer: Customer,
    cluster: &Cluster,
    previous: Option<NeighborCustomer>,
    next: Option<NeighborCustomer>,
) -> impl IntoView + use<> {
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (release.name.clone(), paths::release(work.release)),
    ];
    let (cluster_name, namespace) = (cluster.name.clone(), customer.namespace);
    let (is_inactive, release_name) = (!customer.is_active, release.name.clone());
    let place = move || {
        view! {
            <b>{cluster_name.clone()}</b>
            <span class="mono">{namespace.clone()}</span>
            // The breadcrumb has no room on a phone.
            <span class="narrow">{release_name.clone()}</span>
            {is_inactive.then(|| view! { <span class="badge">"Inactive"</span> })}
        }
    };
    let counts = move || work.progress();
    let may_undo = work.can_work && OwnRights::from_context().may(Permission::UndoWork);
    let undo = work.page.undo;
    let on_step = Callback::new(move |is_redo| undo.step(is_redo));
    view! {
        <div class="place-bar" data-cluster=cluster.hue()>
            <PageHead title=customer.name crumbs=crumbs beside=place>
                <span class="meterline wide">
                    <span class="meterline__bar">
                        <Bar counts=Signal::derive(move || counts().counts) large=true/>
                    </span>
                    <span>
                        <b>{move || counts().counts.percent_text(NO_STEPS)}</b>
                        " "
                        <span class="quiet">
                            {move || {
                                let (finished, total) = (counts().counts.finished(), counts().total);
                                format!("{} of {}", grouped_count(finished), grouped_count(total))
                            }}
                        </span>
                    </span>
                </span>
                {may_undo
                    .then(|| {
                        view! {
                            <UndoButtons
                                undo=undo.newest(false)
                                redo=undo.newest(true)
                                has_menu=false
                                on_step=on_step
                            />
                        }
                    })}
                {neighbor_link(previous, work.release, "Previous", "left")}
                {neighbor_link(next, work.release, "Next", "right")}
                <a class="button" href=paths::release(work.release)>"Matrix"</a>
            </PageHead>
        </div>
    }
}

/// The steps of both categories, and below them what can be done with the whole list.
fn step_list(work: WorkController, adding: RwSignal<bool>) -> impl IntoView {
    let (release, customer) = (work.release, work.customer);
    let list = WorkStepList {
        rows: work.rows,
        ids: (release, customer),
        open: work.open_step,
        waiting: work.page.waiting,
        can_move: work.can_work,
        is_busy: work.ordering.is_busy(),
        on_move: Callback::new(move |(step, place)| work.move_step(step, place)),
    };
    view! {
        <nav class="run__list" aria-label="Steps">
            {Category::ALL
                .iter()
                .map(|category| view! { <WorkSteps list=list category=*category/> })
                .collect_view()}
            <div class="run__foot">
                {work
                    .can_work
                    .then(|| {
                        view! {
                            <button class="button" data-size="s" type="button" on:click=move |_| adding.set(true)>
                                <Icon name="i-plus" small=true/>
                                "Add custom step…"
                            </button>
                        }
                    })}
                <a class="button" data-kind="ghost" data-size="s" href=paths::customer_print(release, customer)>"Print"</a>
                <a
                    class="button"
                    data-kind="ghost"
                    data-size="s"
                    href=paths::customer_checklist(release, customer)
                    download=""
                    rel="external"
                >
                    "Download Markdown"
                </a>
                <button
                    class="link quiet small wide live-only"
                    type="button"
                    data-does="help"
                    on:click=move |_| work.page.shows_keys.set(true)
                >
                    "Press ? for shortcuts"
                </button>
            </div>
        </nav>
    }
}

/// The notes of a step that is not there any more, or could not be read.
fn lost_step(work: WorkController, step: StepId, text: String, error: Option<AppError>) -> AnyView {
    let page = work.page;
    view! {
        <section class="run__step" data-home="" tabindex="-1" aria-label="Step" data-of-step=step.to_string()>
            <div class="run__inner">
                <LostStep
                    step=step
                    text=text
                    memory=page.memory
                    error=error.unwrap_or(AppError::NotFound(Noun::Step))
                    by=page.changed_by.get_value()
                    on_discard=Callback::new(move |()| {
                        work.open.run(None);
                        work.reload.run(());
                    })
                />
            </div>
        </section>
    }
    .into_any()
}

/// The open step once it is fetched; the overview while none is open.
fn step_pane(
    work: WorkController,
    next_customer: Signal<Option<String>>,
    send_request: SendStepRequest,
) -> impl IntoView {
    let owner = Owner::current().unwrap_or_default();
    let next_step = Signal::derive(move || work.next_step());
    let has_failed = Signal::derive(move || work.first_failed().is_some());
    let on_retry = Callback::new(move |()| work.open_failed());
    let on_outcome = Callback::new(move |(step, outcome): (StepId, StepPanelOutcome)| {
        work.on_outcome(step, outcome);
    });
    view! {
        <Transition fallback=|| ()>
            {move || {
                let owner = owner.clone();
                Suspend::new(async move {
                    let found = work.detail.get().await;
                    with_child_owner(
                        &owner,
                        &work.rows,
                        move || {
                            let is_there = matches!(found, Ok(Some(_)));
                            let lost = if is_there { None } else { work.lost_notes() };
                            match (found, lost) {
                                (Ok(Some(open)), _) => {
                                    let step = open.detail.step.id;
                                    let page = work.page;
                                    let state = open_step_detail(
                                        open,
                                        page.memory,
                                        work.can_work,
                                        page.refused,
                                        page.asking,
                                        on_outcome,
                                        send_request,
                                    );
                                    let position = Signal::derive(move || {
                                        work.rows.with(|rows| step_position(rows, step))
                                    });
                                    let status = state.status;
                                    let in_list = Signal::derive(move || {
                                        let found = work.rows.with(|rows| {
                                            page.waiting.with(|waiting| shown_status(rows, waiting, step))
                                        });
                                        found.unwrap_or(status)
                                    });
                                    let on_next = Callback::new(move |()| work.open_next(true));
                                    view! {
                                        <RunStep
                                            state=state
                                            position=position
                                            next_step=next_step
                                            has_failed=has_failed
                                            copy_requests=page.copy_requests
                                            asked_for=work.open_step
                                            is_acted_on=Signal::derive(move || page.is_acted_on(step))
                                            waits=Signal::derive(move || {
                                                page.waiting.with(|all| all.iter().any(|it| it.0 == step))
                                            })
                                            in_list=in_list
                                            list=paths::customer_step_list(work.release, work.customer)
                                            next_customer=next_customer
                                            on_next=on_next
                                        />
                                    }
                                        .into_any()
                                }
                                (found, Some((step, text))) => {
                                    lost_step(work, step, text, found.err())
                                }
                                (Ok(None), None) => {
                                    view! {
                                        <Overview
                                            rows=work.rows
                                            missing_step=Signal::derive(move || work.missing_step())
                                            next_step=next_step
                                            on_retry=on_retry
                                            next_customer=next_customer
                                        />
                                    }
                                        .into_any()
                                }
                                (Err(error), None) => {
                                    view! {
                                        <section class="run__step" aria-label="Step">
                                            <p role="alert">{work.why_missing(&error)}</p>
                                        </section>
                                    }
                                        .into_any()
                                }
                            }
                        },
                    )
                })
            }}
        </Transition>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::{CustomerId, ReleaseId},
        step::CustomerStep,
    };
    use chrono::DateTime;

    #[test]
    fn the_position_of_a_step_counts_through_both_categories() {
        let blank = CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH);
        let row = |id, category| WorkRow {
            id: StepId(id),
            category,
            ..WorkRow::new(&blank, false)
        };
        let rows = [row(4, Category::Deploy), row(9, Category::Verify)];
        assert_eq!(step_position(&rows, StepId(9)), "Verify, step 2 of 2");
        assert_eq!(step_position(&rows, StepId(7)), "");
    }
}
