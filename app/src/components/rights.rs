//! The rights of the signed-in user as pages see them: they leave out what the role can never do. Nothing relies on that, since
//! the server checks every request.
use crate::domain::permission::{Permission, Role};
use leptos::prelude::*;

/// The role of the signed-in user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnRights(pub Role);

impl OwnRights {
    /// The rights that the layout provides as context; those of the lowest role if there is no layout.
    pub fn from_context() -> Self {
        use_context().unwrap_or(Self(Role::Viewer))
    }

    /// Whether the role allows it.
    pub fn may(self, permission: Permission) -> bool {
        self.0.may(permission)
    }

    /// Why no step can be changed, where none can: the role is named first, since it is the reason in every release.
    pub fn why_read_only(self) -> &'static str {
        if self.may(Permission::ActOnSteps) {
            "The release is not active"
        } else {
            "You need the Operator role to change steps"
        }
    }
}

/// Its children, if the role allows it.
#[component]
pub fn Allowed(permission: Permission, children: Children) -> impl IntoView {
    OwnRights::from_context().may(permission).then(children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_role_the_role_is_the_reason_and_not_the_release() {
        let viewer = OwnRights(Role::Viewer).why_read_only();
        assert_eq!(viewer, "You need the Operator role to change steps");
        for role in [Role::Operator, Role::Manager, Role::Admin] {
            assert_eq!(OwnRights(role).why_read_only(), "The release is not active");
        }
    }
}
