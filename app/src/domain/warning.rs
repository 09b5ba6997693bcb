//! Warnings about a step's text or its values (R83, R84). They block nothing; `/detail`, dry runs and the answers to template
//! writes list them.
use serde::{Deserialize, Serialize};

words! {
    /// What a warning is about. `unquoted`: a value has characters that the shell acts on. `near-miss`: a text looks like a
    /// variable, but is none. `ambiguous-quote`: a value with a backslash is no literal in sql. `invisible`: a character cannot
    /// be seen, or looks like another. `changed`: a value changed after the release was activated. `line-breaks` and
    /// `byte-order-mark`: the text was changed as it came in, or the line breaks of a value are others when it is copied.
    /// `not-taken`: something in a pasted text is left out.
    WarningKind {
        Unquoted = "unquoted", NearMiss = "near-miss", AmbiguousQuote = "ambiguous-quote", Invisible = "invisible",
        Changed = "changed", LineBreaks = "line-breaks", ByteOrderMark = "byte-order-mark",
        NotTaken = "not-taken",
    }
}

/// A warning. `name` is the variable's or the character's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    pub kind: WarningKind,
    pub name: String,
    pub message: String,
}

impl Warning {
    /// A warning about the variable or the character `name`.
    pub fn new(kind: WarningKind, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            message: message.into(),
        }
    }

    /// A sentence by itself. A message about a value continues the variable's name: "contains &: | quote?".
    pub fn text(&self) -> String {
        if self.message.starts_with("contains ") {
            [&self.name, " ", &self.message].concat()
        } else {
            self.message.clone()
        }
    }
}
