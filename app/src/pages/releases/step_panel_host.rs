//! What stands beside the grid: the panel of the open step. It is read here, and not by the page around, so that what
//! reads it is no part of the grid's weight.
use super::step_detail_actions::{Panel, PanelProps, StepPanelOutcome};
use crate::{
    api::steps::read_step,
    components::{
        matrix::state::MatrixState,
        pending_actions::FailedAction,
        step_panel::{PanelNeighbors, step_detail::StepMemory},
        ui::notice::sentence,
    },
    domain::{
        id::StepId,
        vocabulary::{Noun, StepAction},
    },
    error::AppError,
    pages::{fetch::Fetch, owned},
};
use leptos::prelude::*;

#[component]
pub fn Side(
    state: MatrixState,
    open_step: Memo<Option<StepId>>,
    /// Raised when the step is to be read again.
    again: RwSignal<u32>,
    refused: RwSignal<Option<FailedAction>>,
    asking: RwSignal<Option<StepAction>>,
    copying: RwSignal<u32>,
    can_work: bool,
    on_news: Callback<(StepId, StepPanelOutcome)>,
    on_close: Callback<()>,
) -> impl IntoView {
    let memory = StepMemory::default();
    let around = Owner::current().unwrap_or_default();
    let release = state.grid.with_untracked(|it| it.release.id);
    let detail = Fetch::new(
        move || (open_step.get(), again.get()),
        move |(step, _)| async move {
            match step {
                Some(step) => match read_step(step).await? {
                    // Never another release's step beside this one's grid.
                    found if found.detail.release.id == release => Ok(Some(found)),
                    _ => Err(AppError::NotFound(Noun::Step)),
                },
                None => Ok(None),
            }
        },
    );
    view! {
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
                                Panel(PanelProps {
                                    open,
                                    memory,
                                    places: Signal::derive(move || state.places(step)),
                                    refused,
                                    asking,
                                    copying,
                                    can_work,
                                    on_news,
                                    on_go: Callback::new(move |toward: PanelNeighbors| state.go_toward(toward)),
                                })
                                    .into_any()
                            }
                            Ok(None) => ().into_any(),
                            Err(error) => {
                                view! {
                                    <aside class="sheet" data-aside="" aria-label="Step">
                                        <div class="empty">
                                            <p role="alert">{sentence(&error.to_string())}</p>
                                            <button class="button" on:click=move |_| on_close.run(())>"Close"</button>
                                        </div>
                                    </aside>
                                }
                                    .into_any()
                            }
                        },
                    )
                })
            }}
        </Transition>
    }
}
