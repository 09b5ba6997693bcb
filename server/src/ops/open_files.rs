//! How many files and connections the process may have open: as many as the system lets it. By default that is often 1,024, which a
//! thousand open streams would use up.
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to the highest that needs no rights.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit of open files stays {:?}", limit.current);
    }
}
