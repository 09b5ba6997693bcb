//! Which step of a customer is open, as the address says it. The plain address opens the next step to be worked on, and then names
//! it, so that the page stays at this step whatever others do.
use crate::{
    browser::dom, components::ui::follow_effect::follow, domain::customer_work::WorkRow,
    domain::customer_work::next_to_do, domain::id::CustomerId, domain::id::ReleaseId,
    domain::id::StepId, pages::releases::text_questions, paths,
};
use leptos::prelude::*;
use leptos_router::{hooks::use_location, params::ParamsMap};

/// The address of the page, as the router has it.
#[derive(Clone, Copy)]
pub struct WorkAddress {
    path: Memo<String>,
    query: Memo<ParamsMap>,
}

impl WorkAddress {
    /// The address of the browser, or of the request.
    pub fn from_context() -> Self {
        let location = use_location();
        Self {
            path: location.pathname,
            query: location.query,
        }
    }

    /// Whether the path is this customer's. It is another's while that page is being loaded. Tracked.
    pub fn is_of(self, (release, customer): (ReleaseId, CustomerId)) -> bool {
        text_questions::is_at(self.path, &paths::customer_steps(release, customer))
    }

    /// Whether the address is that of a page for paper. Tracked.
    pub fn is_print(self) -> bool {
        self.query.with(|it| it.get_str("view") == Some("print"))
    }

    /// Whether the address is that of a customer's steps, though the list may have been rendered again. Beside another's steps, or
    /// on paper, nothing is asked. Tracked.
    pub fn is_here(self, ids: (ReleaseId, CustomerId)) -> bool {
        self.is_of(ids) && !self.is_print()
    }

    /// The step that the address names, read without subscribing.
    pub fn named_step(self, ids: (ReleaseId, CustomerId)) -> Option<StepId> {
        untrack(|| {
            let named = self.query.with(|it| it.get("step"))?;
            let named = named.parse::<StepId>().ok()?;
            self.is_here(ids).then_some(named)
        })
    }

    /// Whether the address leaves the step to the page. Tracked.
    fn is_plain(self, ids: (ReleaseId, CustomerId)) -> bool {
        let is_unset =
            |it: &ParamsMap| it.get_str("step").is_none() && it.get_str("view").is_none();
        self.is_of(ids) && self.query.with(is_unset)
    }

    /// The open step, if it is in the list. Tracked; at the plain address what others do to the steps makes no difference. On the way
    /// to the checklist the step that was open `before` stays open until the page is gone.
    pub fn open_step(
        self,
        ids: (ReleaseId, CustomerId),
        rows: RwSignal<Vec<WorkRow>>,
        before: Option<StepId>,
    ) -> Option<StepId> {
        if self.is_of(ids) && !self.is_here(ids) {
            return before;
        }
        if self.is_plain(ids) {
            return rows.with_untracked(|rows| next_to_do(rows, None));
        }
        let asked = self.query.with(|it| it.get("step"))?;
        let asked = asked.parse::<StepId>().ok()?;
        let is_listed = rows.with(|rows| rows.iter().any(|it| it.id == asked));
        (is_listed && self.is_of(ids)).then_some(asked)
    }

    /// Whether the address names a step that is not in the list. Tracked.
    pub fn leads_nowhere(
        self,
        ids: (ReleaseId, CustomerId),
        open_step: Memo<Option<StepId>>,
    ) -> bool {
        let is_named = self.query.with(|it| it.get_str("step").is_some());
        is_named && self.is_here(ids) && open_step.get().is_none()
    }

    /// Has the address name the step that the plain one has opened. `open` navigates to a step, or to the list.
    pub fn name_step(
        self,
        ids: (ReleaseId, CustomerId),
        open_step: Memo<Option<StepId>>,
        open: Callback<Option<StepId>>,
    ) {
        follow(move |_| {
            if self.is_plain(ids) {
                // The router itself writes the address of a page that was just opened a moment later.
                dom::after(0, move || {
                    // The page may be gone by now.
                    let step = open_step.try_get_untracked();
                    if let Some(step) = step.filter(|_| untrack(|| self.is_plain(ids))) {
                        let _ = open.try_run(step);
                    }
                });
            }
        });
    }
}
