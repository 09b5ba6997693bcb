//! The product, pure: what a cluster, customer, release, template and step are and what may be done to them.
//!
//! A **customer** lives in a namespace of a **cluster**. A **release** has **template** steps in two categories
//! (deploy, then verify), each a piece of bash, sql or text. Activating the release copies the templates to the
//! chosen customers; such a copy is a **step**, a cell of the matrix. A step's **source** is its template, or the
//! customer alone (custom); its text may be overridden for one customer. It is pending, in progress, done, failed,
//! skipped or reverted. What happened is an **event**; events that happened together are a **batch**.
//!
//! Nothing here knows of the page, the database, HTTP or the clock: `now` is always an argument.

/// A closed list of words: the same word in the program, the database and JSON.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every one of them, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

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
            type Err = $crate::domain::rule_violation::FieldError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|it| it.as_str() == text)
                    .ok_or_else(|| $crate::domain::rule_violation::FieldError::NotOneOf {
                        words: Self::ALL.iter().map(|it| it.as_str().to_owned()).collect(),
                    })
            }
        }
    };
}

/// Who did it, and when.
pub mod actor_stamp;
/// JSON that is the same text for everybody, to be hashed.
pub mod canonical_json;
/// What a check of the database found.
pub mod check_finding;
pub mod cluster;
/// The text to copy, and whom it is for.
pub mod copy;
pub mod customer;
/// One customer's steps on paper.
pub mod customer_checklist;
/// Many customers at once, from text.
pub mod customer_import;
/// What pasted lines say.
pub mod customer_import_parser;
/// One customer's working list, and a step on the desk.
pub mod customer_work;
/// What is different between two texts.
pub mod diff;
/// The history.
pub mod event;
/// Each event's hash covers the event and the hash before it.
pub mod history_chain;
/// Whether the history is still the one that was written.
pub mod history_walk;
/// Ids of every noun.
pub mod id;
/// The grid: steps down, customers across.
pub mod matrix;
/// What a person wants to see of the matrix.
pub mod matrix_filter;
/// The grid as it travels.
pub mod matrix_wire;
/// Positions in a list, and how a customer's list follows the template's.
pub mod order;
/// Counts, percent and the state that most needs attention.
pub mod progress;
/// Values as one word of a language.
pub mod quote;
pub mod release;
/// A release as one sheet, for tables and reports.
pub mod release_sheet;
/// Every "no" of the product, worded.
pub mod rule_violation;
/// Who set a cell's state, and when.
pub mod status_info;
/// A customer's step and its life.
pub mod step;
/// Figures and lists that the dashboard shows.
pub mod summary;
pub mod template;
/// Steps from and to Markdown.
pub mod template_markdown;
/// Names, namespaces, texts and variables: parsed once, trusted ever after.
pub mod text;
/// How times travel.
pub mod time_serde;
/// The whole database as one JSON text.
pub mod transfer;
/// `{{variables}}` in a step's text.
pub mod variables;
/// Lists of whole numbers as short text.
pub mod varint_text;
