//! What the person at the page may do: pages leave out what a role can never do. The server refuses it all the same.
use crate::domain::permission::{Permission, Role};
use leptos::prelude::*;

/// The role of who looks at the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnRights(pub Role);

impl OwnRights {
    /// Those of the present page. Without any it is the lowest role's.
    pub fn from_context() -> Self {
        use_context().unwrap_or(Self(Role::Viewer))
    }

    /// Whether the role allows it.
    pub fn may(self, permission: Permission) -> bool {
        self.0.may(permission)
    }
}

/// Its children, if the role allows it.
#[component]
pub fn Allowed(permission: Permission, children: Children) -> impl IntoView {
    OwnRights::from_context().may(permission).then(children)
}
