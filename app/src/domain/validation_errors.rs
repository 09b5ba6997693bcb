//! Validation errors of a whole form or JSON body, collected so that all of them are reported at once.
use super::{field_error::FieldError, vocabulary::Field};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidField {
    pub field: Field,
    pub problem: FieldError,
}

impl InvalidField {
    /// The sentence at the field: "Enter a name".
    pub fn message(&self) -> String {
        if self.problem != FieldError::Missing {
            return self.problem.to_string();
        }
        let missing = match self.field {
            Field::Name => "Enter a name",
            Field::Namespace => "Enter a namespace",
            Field::Reason => "Enter a reason",
            Field::Content => "Enter the content",
            Field::Login => "Enter a login",
            Field::Password => "Enter a password",
            Field::Cluster => "Choose a cluster",
            Field::From => "Choose a release",
            Field::Target => "Enter a URL or an address",
            _ => return self.problem.to_string(),
        };
        missing.to_owned()
    }

    /// The field and its sentence, for a list of what is wrong: "Name: Enter a name".
    pub fn labelled(&self) -> String {
        let (first, rest) = self.field.as_str().split_at(1);
        format!("{}{rest}: {}", first.to_ascii_uppercase(), self.message())
    }
}

/// The wrong fields; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct ValidationErrors(pub Vec<InvalidField>);

impl ValidationErrors {
    /// A single wrong field.
    pub fn one(field: Field, problem: FieldError) -> Self {
        Self(vec![InvalidField { field, problem }])
    }

    /// What is wrong, each with its field: "Name: Enter a name; Content: Enter the content".
    pub fn labelled(&self) -> String {
        let all: Vec<String> = self.0.iter().map(InvalidField::labelled).collect();
        all.join("; ")
    }

    /// The error of this field, if it is wrong.
    pub fn error_for(&self, field: Field) -> Option<&FieldError> {
        self.0
            .iter()
            .find(|it| it.field == field)
            .map(|it| &it.problem)
    }
}

impl fmt::Display for ValidationErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, it) in self.0.iter().enumerate() {
            write!(
                f,
                "{}{}: {}",
                if i == 0 { "" } else { "; " },
                it.field,
                it.message()
            )?;
        }
        Ok(())
    }
}

/// Collects the errors while the fields of a form are parsed.
#[derive(Default)]
pub struct ErrorCollector(Vec<InvalidField>);

impl ErrorCollector {
    /// The parsed value; if it is wrong, records the error and answers none.
    pub fn check<T>(&mut self, field: Field, parsed: Result<T, FieldError>) -> Option<T> {
        parsed
            .map_err(|problem| self.0.push(InvalidField { field, problem }))
            .ok()
    }

    /// The same for a part of the form that has several fields.
    pub fn check_all<T>(&mut self, parsed: Result<T, ValidationErrors>) -> Option<T> {
        parsed.map_err(|it| self.0.extend(it.0)).ok()
    }

    /// The parsed form, or all recorded errors. `whole` must be none if any field was wrong.
    pub fn finish<T>(self, whole: Option<T>) -> Result<T, ValidationErrors> {
        whole.ok_or(ValidationErrors(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_reported_at_once() {
        let mut errors = ErrorCollector::default();
        let name = errors.check::<()>(Field::Name, Err(FieldError::Missing));
        let kind = errors.check::<()>(Field::Type, Err(FieldError::EmptyList));
        let invalid = errors.finish(name.zip(kind)).unwrap_err();
        assert_eq!(invalid.error_for(Field::Name), Some(&FieldError::Missing));
        assert_eq!(
            invalid.to_string(),
            "name: Enter a name; type: Choose at least one"
        );
    }
}
