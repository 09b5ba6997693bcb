//! Missing values on the dashboard: the table with its requests, and the dialog with all customers of a release by its variables.
use super::{SerialRequest, value_requests::send_values};
use crate::{
    api::values::read_missing_values,
    browser::{dom, form_focus, unsaved_guard},
    components::{
        missing_values::MissingValues,
        ui::{dialog::Dialog, notice::Failure, toast::Toasts},
        value_field::ValueDrafts,
        values_grid::ValuesGrid,
    },
    domain::{
        id::ReleaseId,
        summary::MissingValue,
        value_edit::{MissingTable, ValueEdit},
    },
};
use leptos::prelude::*;

/// The form with all values of a release.
const VALUES_FORM: &str = "dialog[open] .values-grid";

/// What the page keeps while its data is read again: what is typed, and the open dialog.
#[derive(Clone, Copy)]
pub struct MissingRequests {
    /// Of the table, and of the dialog.
    drafts: StoredValue<(ValueDrafts, ValueDrafts)>,
    /// The release whose customers are in the dialog.
    release: RwSignal<Option<ReleaseId>>,
    table: RwSignal<Option<MissingTable>>,
    reading: SerialRequest,
    refetch: Callback<()>,
    toasts: Toasts,
}

impl MissingRequests {
    /// Nothing is typed yet. `refetch` reads the page's data again.
    pub fn new(refetch: Callback<()>) -> Self {
        let drafts = (ValueDrafts::default(), ValueDrafts::default());
        let (inline, dialog) = drafts.clone();
        unsaved_guard::guard(Signal::derive(move || {
            inline.is_dirty() || dialog.is_dirty()
        }));
        let toasts = Toasts::from_context();
        toasts.refresh_with(refetch);
        Self {
            drafts: StoredValue::new(drafts),
            release: RwSignal::new(None),
            table: RwSignal::new(None),
            reading: SerialRequest::new(),
            refetch,
            toasts,
        }
    }

    fn open(self, release: ReleaseId) {
        if self.release.get_untracked() != Some(release) {
            self.table.set(None);
        }
        self.release.set(Some(release));
        self.read(move || dom::focus(&format!("{VALUES_FORM} input")));
    }

    /// Reads the values of the open release, and does what follows once they are shown.
    fn read(self, then: impl FnOnce() + 'static) {
        if let Some(release) = self.release.get_untracked() {
            let table = self.table;
            self.reading.run(read_missing_values(release), move |it| {
                table.set(Some(it));
                dom::after_paint(then);
            });
        }
    }

    fn save(self, drafts: ValueDrafts, edits: Vec<ValueEdit>) {
        let place = form_focus::place_in(VALUES_FORM);
        send_values(drafts, edits, move |saved| {
            // The page may be gone by now.
            if self.refetch.try_run(()).is_none() {
                return;
            }
            let in_dialog = "dialog[open] .dialog__body [role=status]";
            self.read(move || form_focus::put_back(VALUES_FORM, place.as_ref(), in_dialog));
            if let Some((message, batch)) = saved {
                self.toasts.show(message, batch);
            }
            // The row that had the focus may be gone: then the section has it.
            dom::after_paint(|| {
                if dom::nothing_is_focused() {
                    dom::focus_in_place("#missing");
                }
            });
        });
    }

    /// The table of the section.
    pub fn section(self, missing: Vec<MissingValue>) -> impl IntoView {
        let drafts = self.drafts.with_value(|it| it.0.clone());
        let of_table = drafts.clone();
        let on_save = Callback::new(move |edits| self.save(of_table.clone(), edits));
        let on_open = Callback::new(move |release| self.open(release));
        view! { <MissingValues missing=missing drafts=drafts on_save=on_save on_open=on_open/> }
    }

    /// The dialog of a release; nothing while it is closed.
    pub fn dialog(self) -> impl IntoView {
        move || {
            self.release.get()?;
            let open = RwSignal::new(true);
            Effect::new(move |_| {
                if !open.get() {
                    self.release.set(None);
                }
            });
            let body = move || {
                let table = self.table.get()?;
                let drafts = self.drafts.with_value(|it| it.1.clone());
                let of_grid = drafts.clone();
                let on_save = Callback::new(move |edits| self.save(of_grid.clone(), edits));
                Some(if table.customers.is_empty() {
                    view! { <p role="status">"All values are set."</p> }.into_any()
                } else {
                    view! { <ValuesGrid table=table drafts=drafts on_save=on_save/> }.into_any()
                })
            };
            Some(view! {
                <Dialog open=open title="Missing values" wide=true>
                    <div class="dialog__body stack" aria-live="polite">
                        <Failure error=self.reading.error/>
                        {body}
                    </div>
                    <div class="dialog__foot">
                        <button class="button push" type="button" on:click=move |_| open.set(false)>"Close"</button>
                    </div>
                </Dialog>
            })
        }
    }
}
