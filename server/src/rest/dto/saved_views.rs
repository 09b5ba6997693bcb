//! DTO of a saved view of the matrix.
use app::domain::saved_view;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A view of the matrix under a name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    pub id: i64,
    pub name: String,
    /// A query of the matrix, such as `?status=failed`, or a path of this site with one.
    pub address: String,
    /// Null is every release.
    pub release_id: Option<i64>,
    /// For everybody; else for the person who saved it.
    pub for_all: bool,
    /// Who saved it, by the name of that time.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

impl From<saved_view::SavedView> for SavedView {
    fn from(row: saved_view::SavedView) -> Self {
        let saved_view::SavedView {
            id,
            name,
            address,
            release_id,
            for_all,
            created_by,
            created_at,
        } = row;
        Self {
            id: id.0,
            name,
            address,
            release_id: release_id.map(|it| it.0),
            for_all,
            created_by,
            created_at,
        }
    }
}
