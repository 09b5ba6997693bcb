//! Closed lists of words (states, actions, types, field names), each spelled the same in Rust, in the database and in
//! JSON. This is the lowest module of the domain besides `field_error`: errors and records both use it.

/// Defines an enum whose variants are spelled the same in the database and in JSON.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            /// All variants in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in the database and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::field_error::FieldError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|it| it.as_str() == text)
                    .ok_or_else(|| $crate::domain::field_error::FieldError::NotOneOf {
                        words: Self::ALL.iter().map(|it| it.as_str().to_owned()).collect(),
                    })
            }
        }
    };
}

words! {
    /// The kinds of rows in "… not found".
    Noun {
        Cluster = "cluster", Customer = "customer", Release = "release", Template = "template step",
        Step = "step", Batch = "change", User = "user", Session = "session", Token = "token",
        View = "view",
        IncomingHook = "hook", Evidence = "evidence",
        Webhook = "webhook", Delivery = "delivery",
        Run = "run", Runner = "runner",
    }
}

impl Noun {
    /// The word at the start of a sentence.
    pub fn capitalized(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::Customer => "Customer",
            Self::Release => "Release",
            Self::Template => "Template step",
            Self::Step => "Step",
            Self::Batch => "Change",
            Self::User => "User",
            Self::Session => "Session",
            Self::Token => "Token",
            Self::View => "View",
            Self::IncomingHook => "Hook",
            Self::Evidence => "Evidence",
            Self::Webhook => "Webhook",
            Self::Delivery => "Delivery",
            Self::Run => "Run",
            Self::Runner => "Runner",
        }
    }
}

words! {
    /// A field of a form or JSON body, by its JSON name.
    Field {
        Name = "name", Namespace = "namespace", Cluster = "clusterId", KubeconfigPath = "kubeconfigPath",
        Context = "context",
        Description = "description", Variables = "metadata", Type = "type", VersionNumber = "versionNumber",
        ReleaseDate = "releaseDate", Category = "category", Content = "content", Reason = "reason",
        Notes = "notes", Customers = "customerIds", OrderedIds = "orderedIds", Position = "insertAfter",
        Ids = "ids", Actor = "X-Rollcall-User", Limit = "limit", Cursor = "cursor", Text = "text", From = "from",
        Markdown = "markdown", Edits = "edits", TextSha256 = "textSha256", Login = "login", Email = "email",
        Role = "role", Scope = "scope", Password = "password", Current = "current", ExpiresInDays = "expiresInDays",
        Code = "code", Address = "address", Release = "releaseId",
        Template = "templateId", Customer = "customer", Step = "step", Status = "status", Url = "url",
        Output = "output", MessageId = "id", Kind = "kind", Build = "build",
        Target = "target", Events = "events", Clusters = "clusterIds",
        ClusterNames = "clusters", Label = "label", Namespaces = "namespaces",
        MaxParallel = "maxParallel", TimeoutSeconds = "timeoutSeconds", Lease = "lease", Jenkins = "jenkins",
    }
}

words! {
    /// The state of a step.
    StepStatus {
        Pending = "pending", InProgress = "in_progress", Done = "done", Failed = "failed", Skipped = "skipped",
        Reverted = "reverted",
    }
}

impl StepStatus {
    /// The order in which states need attention, most urgent first (R7).
    pub const BY_ATTENTION: [Self; 6] = [
        Self::Failed,
        Self::InProgress,
        Self::Reverted,
        Self::Pending,
        Self::Done,
        Self::Skipped,
    ];

    /// Whether work is left: all states but done and skipped.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Skipped)
    }

    /// The label on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "In progress",
            Self::Done => "Done",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Reverted => "Reverted",
        }
    }

    /// The state within a sentence: "in progress by Ana 14:02".
    pub fn in_sentence(self) -> &'static str {
        if self == Self::InProgress {
            "in progress"
        } else {
            self.as_str()
        }
    }
}

words! {
    /// A transition of a step's state.
    StepAction {
        Start = "start", Done = "done", Fail = "fail", Skip = "skip", Revert = "revert", Reopen = "reopen",
    }
}

impl StepAction {
    /// The state that it leads to.
    pub fn target(self) -> StepStatus {
        match self {
            Self::Start => StepStatus::InProgress,
            Self::Done => StepStatus::Done,
            Self::Fail => StepStatus::Failed,
            Self::Skip => StepStatus::Skipped,
            Self::Revert => StepStatus::Reverted,
            Self::Reopen => StepStatus::Pending,
        }
    }

    /// The participle in "cannot be skipped" or "marked done".
    pub fn past_tense(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Done => "marked done",
            Self::Fail => "marked failed",
            Self::Skip => "skipped",
            Self::Revert => "reverted",
            Self::Reopen => "reopened",
        }
    }

    /// Whether it keeps the text that the person was shown (R81).
    pub fn proves_text(self) -> bool {
        matches!(self, Self::Start | Self::Done)
    }

    /// The label of its button.
    pub fn label(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Done => "Mark done",
            Self::Fail => "Fail…",
            Self::Skip => "Skip…",
            Self::Revert => "Revert…",
            Self::Reopen => "Reopen",
        }
    }

    /// Whether a reason is required.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Fail | Self::Skip)
    }

    /// Whether a reason is asked for.
    pub fn accepts_reason(self) -> bool {
        matches!(self, Self::Fail | Self::Skip | Self::Revert)
    }

    /// The table of transitions (R2).
    pub fn allows(self, from: StepStatus) -> bool {
        use StepStatus as S;
        match self {
            Self::Start => matches!(from, S::Pending | S::Failed | S::Reverted),
            Self::Done | Self::Skip => {
                matches!(from, S::Pending | S::InProgress | S::Failed | S::Reverted)
            }
            Self::Fail => matches!(from, S::Pending | S::InProgress),
            Self::Revert => matches!(from, S::Done | S::Failed),
            Self::Reopen => from != S::Pending,
        }
    }
}

words! {
    /// The two phases of a release: deploy, then verify.
    Category { Deploy = "deploy", Verify = "verify" }
}

words! {
    /// The language of a step's text.
    StepType { Bash = "bash", Sql = "sql", Text = "text" }
}

impl Category {
    /// The other category.
    pub fn other(self) -> Self {
        match self {
            Self::Deploy => Self::Verify,
            Self::Verify => Self::Deploy,
        }
    }

    /// The label on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Deploy => "Deploy",
            Self::Verify => "Verify",
        }
    }
}

words! {
    /// The purpose of a release.
    ReleaseType { Onboarding = "onboarding", Release = "release", Hotfix = "hotfix" }
}

words! {
    /// The state of a release in its lifecycle.
    ReleaseStatus { Draft = "draft", Active = "active", Archived = "archived" }
}

impl ReleaseType {
    /// The label on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Onboarding => "Onboarding",
            Self::Release => "Release",
            Self::Hotfix => "Hotfix",
        }
    }
}

impl ReleaseStatus {
    /// The label on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Active => "Active",
            Self::Archived => "Archived",
        }
    }
}
