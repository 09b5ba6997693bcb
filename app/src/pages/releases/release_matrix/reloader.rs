//! Reads the matrix page's data from the server again and puts it in place: scroll position, selection and filter stay. An
//! answer that may be older than a change of this page is dropped, and asked for again once all changes are answered.
use crate::{
    api::releases::{read_marks, read_matrix},
    browser::reconnection::when_back,
    components::{matrix::state::MatrixState, ui::toast::Toasts},
    domain::{grid_difference::changed_steps, id::ReleaseId, matrix::Grid},
    pages::releases::undo_stack::UndoPage,
};
use leptos::prelude::*;

/// How often the grid is read for one request: cells can move between the answers with the grid and with its status
/// information.
const READS_MAX: usize = 3;

/// Said when others have removed the cell that had the focus.
fn focus_moved(by: Option<String>) -> String {
    let by = by.as_deref().unwrap_or("Someone");
    format!("{by} removed this cell. You are on the nearest one.")
}

/// The changes of this page, and whether one of them keeps the grid from being read.
#[derive(Clone, Copy, Default)]
struct ChangeCount {
    n_begun: u32,
    n_pending: u32,
    /// What is to be read once nothing is pending: the whole grid, or only its status information.
    wanted: Option<bool>,
    /// Whether the grid is read because others have changed something, whose cells are outlined then.
    is_by_others: bool,
}

/// Reads the grid and the open step again.
#[derive(Clone, Copy)]
pub struct MatrixReloader {
    pub release: ReleaseId,
    state: MatrixState,
    /// A counter: the step panel reads its step again whenever it is raised, but not under an open dialog.
    pub panel_version: RwSignal<u32>,
    /// The same, also under an open dialog: somebody else has changed what is edited there.
    pub forced_panel_version: RwSignal<u32>,
    changes: StoredValue<ChangeCount>,
    /// Who made the change by others that was heard last, if it was one person.
    pub changed_by: StoredValue<Option<String>>,
    toasts: Toasts,
}

impl MatrixReloader {
    /// A reloader of one release's page.
    pub fn new(release: ReleaseId, state: MatrixState) -> Self {
        Self {
            release,
            state,
            panel_version: RwSignal::new(0),
            forced_panel_version: RwSignal::new(0),
            changes: StoredValue::new(ChangeCount::default()),
            changed_by: StoredValue::new(None),
            toasts: Toasts::from_context(),
        }
    }

    /// A change is sent. Answers how many were, so far.
    pub fn begin_change(self) -> u32 {
        let count = self.changes.try_update_value(|it| {
            it.n_begun += 1;
            it.n_pending += 1;
            it.n_begun
        });
        count.unwrap_or_default()
    }

    /// A change has its answer. True if it was the last one that is pending; the page may be gone by now.
    pub fn end_change(self) -> bool {
        let n_left = self.changes.try_update_value(|it| {
            it.n_pending -= 1;
            it.n_pending
        });
        n_left == Some(0)
    }

    /// How many changes were sent so far.
    pub fn n_changes(self) -> u32 {
        self.changes.get_value().n_begun
    }

    /// The same; none once the page is gone.
    pub fn n_begun(self) -> Option<u32> {
        self.changes.try_get_value().map(|it| it.n_begun)
    }

    /// Whether this page has sent no change since then, and none is pending. False once the page is gone.
    pub fn is_unchanged_since(self, n_begun: u32) -> bool {
        let changes = self.changes.try_get_value();
        changes.is_some_and(|it| it.n_pending == 0 && it.n_begun == n_begun)
    }

    /// A change that was sent elsewhere, as by the panel, has its answer: what is being read may be older than it.
    pub fn note_change(self) {
        self.begin_change();
        if self.end_change() {
            self.read_wanted();
        }
    }

    /// Reads what had to wait for changes.
    pub fn read_wanted(self) {
        let wanted = self.changes.try_update_value(|it| it.wanted.take());
        if let Some(reads_grid) = wanted.flatten() {
            self.read(reads_grid);
        }
    }

    /// Who changed each cell, and when: the page brings this for its first window only.
    pub fn load_status_info(self) {
        self.read(false);
    }

    /// Reads the grid and who changed its cells.
    pub fn reload_grid(self) {
        self.read(true);
    }

    /// The same after others have changed something.
    pub fn reload_by_others(self) {
        let _ = self.changes.try_update_value(|it| it.is_by_others = true);
        self.reload_grid();
    }

    /// Whether an answer may be taken: no change was sent after `n_begun`, and none is pending. If not, it is read again
    /// later.
    fn is_current(self, n_begun: Option<u32>, reads_grid: bool) -> bool {
        let is_current = self.changes.try_update_value(|it| {
            let is_current = it.n_pending == 0 && n_begun.is_none_or(|n| n == it.n_begun);
            if !is_current {
                it.wanted = Some(reads_grid || it.wanted == Some(true));
            }
            is_current
        });
        is_current == Some(true)
    }

    /// What others changed is heard once: it is read later if there was no connection.
    fn read_when_back(self, reads_grid: bool) {
        when_back(move || self.read(reads_grid));
    }

    fn read(self, mut reads_grid: bool) {
        leptos::task::spawn_local(async move {
            for _ in 0..READS_MAX {
                if !self.is_current(None, reads_grid) {
                    return;
                }
                let n_begun = Some(self.n_changes());
                if reads_grid {
                    let Ok(matrix) = read_matrix(self.release, 0, 0).await else {
                        return self.read_when_back(true);
                    };
                    if !self.is_current(n_begun, true) {
                        break;
                    }
                    self.take_grid(Grid::from(matrix));
                }
                let Ok(info) = read_marks(self.release).await else {
                    return self.read_when_back(false);
                };
                if !self.is_current(n_begun, reads_grid) {
                    break;
                }
                if self.state.set_status_info(&info) {
                    return;
                }
                // Steps or customers came or went since the grid was read.
                reads_grid = true;
            }
            // A change came between. It may be answered already; else its end reads again.
            if self
                .changes
                .try_get_value()
                .is_some_and(|it| it.n_pending == 0)
            {
                self.read_wanted();
            }
        });
    }

    fn take_grid(self, grid: Grid) {
        let is_by_others = self.changes.get_value().is_by_others;
        self.changes.update_value(|it| it.is_by_others = false);
        let changed = is_by_others.then(|| {
            let old = self.state.grid;
            old.with_untracked(|old| changed_steps(old, &grid))
        });
        let lost_focus = self.state.replace_grid(grid);
        self.state.mark_changed(changed.unwrap_or_default());
        if lost_focus && is_by_others {
            let text = focus_moved(self.changed_by.get_value());
            self.toasts.show(text, None);
        }
    }

    /// Reads the open step.
    pub fn reload_panel(self) {
        let _ = self.panel_version.try_update(|it| *it += 1);
    }

    /// Reads the open step, also under an open dialog.
    pub fn force_panel(self) {
        let _ = self.forced_panel_version.try_update(|it| *it += 1);
    }

    /// Reads the grid and the open step.
    pub fn reload_all(self) {
        self.reload_grid();
        self.reload_panel();
    }
}

impl UndoPage for MatrixReloader {
    fn begin(self) {
        self.begin_change();
    }

    fn end(self) -> bool {
        self.end_change()
    }

    fn settle(self) {
        self.read_wanted();
    }

    fn reload(self) {
        self.reload_all();
    }
}
