//! Roles, and the one table of what each may do (R22). The store asks it where a change begins, HTTP asks it before a handler
//! runs, and pages ask it to leave out what a person can never do. Nothing else decides by role.
use super::id::{
    BatchId, ClusterId, CustomerId, ReleaseId, RunId, SessionId, StepId, TemplateId, TokenId,
    UserId, ViewId,
};

words! {
    /// A set of permissions. Each role includes those of the one before it.
    Role { Viewer = "viewer", Operator = "operator", Manager = "manager", Admin = "admin" }
}

words! {
    /// Something that needs a role, in the order of the roles.
    Permission {
        Read = "read",

        ActOnSteps = "act_on_steps", Note = "note", Override = "override", CustomSteps = "custom_steps",
        CustomerOrder = "customer_order", UndoWork = "undo_work", ShareViews = "share_views",

        Clusters = "clusters", Customers = "customers", Releases = "releases", Templates = "templates",
        PreviewTemplates = "preview_templates", Activation = "activation", Members = "members", Archive = "archive",
        Clone = "clone", Promote = "promote", Import = "import", UndoPlan = "undo_plan",
        IncomingHooks = "incoming_hooks", DeleteEvidence = "delete_evidence", RunOwnTexts = "run_own_texts",

        Users = "users", Tokens = "tokens", Sessions = "sessions", ReadAccounts = "read_accounts",
        Transfer = "transfer", Settings = "settings", Webhooks = "webhooks", Runners = "runners",
    }
}

impl Permission {
    /// The lowest role that has it.
    pub const fn role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::ActOnSteps
            | Self::Note
            | Self::Override
            | Self::CustomSteps
            | Self::CustomerOrder
            | Self::UndoWork
            | Self::ShareViews => Role::Operator,
            Self::Clusters
            | Self::Customers
            | Self::Releases
            | Self::Templates
            | Self::PreviewTemplates
            | Self::Activation
            | Self::Members
            | Self::Archive
            | Self::Clone
            | Self::Promote
            | Self::Import
            | Self::UndoPlan
            | Self::IncomingHooks
            | Self::DeleteEvidence
            | Self::RunOwnTexts => Role::Manager,
            Self::Users
            | Self::Tokens
            | Self::Sessions
            | Self::ReadAccounts
            | Self::Transfer
            | Self::Settings
            | Self::Webhooks
            | Self::Runners => Role::Admin,
        }
    }

    /// This permission, asked for about one row.
    pub fn on(self, subject: impl Into<Subject>) -> Need {
        Need {
            permission: self,
            subject: subject.into(),
        }
    }

    /// This permission, asked for about no row in particular: to create one, or for rows that the body names.
    pub fn on_anything(self) -> Need {
        Need {
            permission: self,
            subject: Subject::Anything,
        }
    }
}

impl Role {
    /// Whether this role has the permission.
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.role()
    }

    /// Whether users of this role can be limited to some customers. Managers and admins plan for all, so they see all.
    pub fn may_have_scope(self) -> bool {
        self < Role::Manager
    }

    /// The name on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Operator => "Operator",
            Self::Manager => "Manager",
            Self::Admin => "Admin",
        }
    }

    /// What the role may do, on one line.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Viewer => "Sees releases, customers and their history",
            Self::Operator => {
                "Works on steps: marks, notes, overrides, custom steps, and undo of these"
            }
            Self::Manager => "Plans: clusters, customers, releases, templates, activation, imports",
            Self::Admin => "Manages people, tokens, the whole export and settings",
        }
    }
}

/// The row that a permission is asked for about. What is out of the caller's scope does not exist for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// No row in particular.
    Anything,
    Cluster(ClusterId),
    Customer(CustomerId),
    Release(ReleaseId),
    Template(TemplateId),
    Step(StepId),
    /// A customer of a release.
    Member(ReleaseId, CustomerId),
    /// A change, by its events.
    Batch(BatchId),
    Run(RunId),
    User(UserId),
    Session(SessionId),
    Token(TokenId),
    View(ViewId),
}

macro_rules! subjects {
    ($($variant:ident($id:ty)),+ $(,)?) => {$(
        impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self::$variant(id)
            }
        }
    )+};
}

subjects! {
    Cluster(ClusterId), Customer(CustomerId), Release(ReleaseId), Template(TemplateId), Step(StepId), Batch(BatchId),
    Run(RunId), User(UserId), Session(SessionId), Token(TokenId), View(ViewId),
}

impl From<(ReleaseId, CustomerId)> for Subject {
    fn from((release, customer): (ReleaseId, CustomerId)) -> Self {
        Self::Member(release, customer)
    }
}

/// A permission together with the row that it is asked for about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub permission: Permission,
    pub subject: Subject,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Permission as May;

    /// What each role may do beyond the one before it: the table of R22, word for word.
    const TABLE: [(Role, &[Permission]); 4] = [
        (Role::Viewer, &[May::Read]),
        (
            Role::Operator,
            &[
                May::ActOnSteps,
                May::Note,
                May::Override,
                May::CustomSteps,
                May::CustomerOrder,
                May::UndoWork,
                May::ShareViews,
            ],
        ),
        (
            Role::Manager,
            &[
                May::Clusters,
                May::Customers,
                May::Releases,
                May::Templates,
                May::PreviewTemplates,
                May::Activation,
                May::Members,
                May::Archive,
                May::Clone,
                May::Promote,
                May::Import,
                May::UndoPlan,
                May::IncomingHooks,
                May::DeleteEvidence,
                May::RunOwnTexts,
            ],
        ),
        (
            Role::Admin,
            &[
                May::Users,
                May::Tokens,
                May::Sessions,
                May::ReadAccounts,
                May::Transfer,
                May::Settings,
                May::Webhooks,
                May::Runners,
            ],
        ),
    ];

    #[test]
    fn each_role_may_do_what_its_row_says_and_all_of_the_rows_before() {
        for (index, (role, _)) in TABLE.iter().enumerate() {
            for (row, (_, permissions)) in TABLE.iter().enumerate() {
                for permission in *permissions {
                    assert_eq!(role.may(*permission), row <= index, "{role}: {permission}");
                }
            }
        }
        let listed: usize = TABLE.iter().map(|it| it.1.len()).sum();
        assert_eq!(listed, Permission::ALL.len());
    }

    #[test]
    fn only_viewers_and_operators_can_be_limited_to_customers() {
        let limited: Vec<Role> = Role::ALL
            .iter()
            .copied()
            .filter(|it| it.may_have_scope())
            .collect();
        assert_eq!(limited, [Role::Viewer, Role::Operator]);
    }

    #[test]
    fn a_role_is_written_as_one_word() {
        assert_eq!("operator".parse(), Ok(Role::Operator));
        assert!("Operator".parse::<Role>().is_err() && "root".parse::<Role>().is_err());
    }
}
