//! Health checks for load balancers and supervisors: `GET /healthz` (liveness) and `GET /readyz` (readiness).
use app::store::{Database, error::chain};
use axum::{extract::State, http::StatusCode};

/// Liveness: the program answers.
pub async fn live() -> &'static str {
    "ok"
}

/// Readiness: the database answers too; 503 otherwise.
pub async fn ready(State(database): State<Database>) -> (StatusCode, &'static str) {
    match database.ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::error!(error = %chain(&error), "the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
        }
    }
}
