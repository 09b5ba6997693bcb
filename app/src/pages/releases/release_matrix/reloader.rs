//! Reads the matrix page's data from the server again and puts it in place: scroll position, selection and filter stay.
use crate::{
    api::releases::{read_marks, read_matrix},
    components::matrix::state::MatrixState,
    domain::{id::ReleaseId, matrix::Grid},
};
use leptos::prelude::*;

/// Reads the grid and the open step again.
#[derive(Clone, Copy)]
pub struct MatrixReloader {
    pub release: ReleaseId,
    state: MatrixState,
    /// A counter: the step panel reads its step again whenever it is raised.
    pub panel_version: RwSignal<u32>,
}

impl MatrixReloader {
    /// A reloader of one release's page.
    pub fn new(release: ReleaseId, state: MatrixState) -> Self {
        Self {
            release,
            state,
            panel_version: RwSignal::new(0),
        }
    }

    /// Who changed each cell, and when: the page brings this for its first window only.
    pub async fn load_status_info(self) {
        if let Ok(status_info) = read_marks(self.release).await {
            self.state.set_status_info(&status_info);
        }
    }

    /// Reads the grid and who changed its cells.
    pub fn reload_grid(self) {
        leptos::task::spawn_local(async move {
            if let Ok(matrix) = read_matrix(self.release, 0, 0).await {
                self.state.replace_grid(Grid::from(matrix));
                self.load_status_info().await;
            }
        });
    }

    /// Reads the open step.
    pub fn reload_panel(self) {
        self.panel_version.update(|it| *it += 1);
    }

    /// Reads the grid and the open step.
    pub fn reload_all(self) {
        self.reload_grid();
        self.reload_panel();
    }
}
