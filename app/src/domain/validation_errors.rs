//! Wrong fields of a form or a JSON body, collected so that all of them are reported at once.
use super::{field_error::FieldError, vocabulary::Field};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A problem and the field where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidField {
    pub field: Field,
    pub problem: FieldError,
}

/// Fields that are wrong; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct ValidationErrors(pub Vec<InvalidField>);

impl ValidationErrors {
    pub fn one(field: Field, problem: FieldError) -> Self {
        Self(vec![InvalidField { field, problem }])
    }

    /// The problem at this field, if there is one.
    pub fn at(&self, field: Field) -> Option<&FieldError> {
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
                it.problem
            )?;
        }
        Ok(())
    }
}

/// Gathers the problems of a form, so that all of them are shown at once.
#[derive(Default)]
pub struct ErrorCollector(Vec<InvalidField>);

impl ErrorCollector {
    /// The parsed value; or none, and its problem is kept.
    pub fn take<T>(&mut self, field: Field, parsed: Result<T, FieldError>) -> Option<T> {
        parsed
            .map_err(|problem| self.0.push(InvalidField { field, problem }))
            .ok()
    }

    /// The whole, if every field was right.
    pub fn finish<T>(self, whole: Option<T>) -> Result<T, ValidationErrors> {
        whole.ok_or(ValidationErrors(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_reported_at_once() {
        let mut problems = ErrorCollector::default();
        let name = problems.take::<()>(Field::Name, Err(FieldError::Missing));
        let kind = problems.take::<()>(Field::Type, Err(FieldError::EmptyList));
        let invalid = problems.finish(name.zip(kind)).unwrap_err();
        assert_eq!(invalid.at(Field::Name), Some(&FieldError::Missing));
        assert_eq!(
            invalid.to_string(),
            "name: fill this in; type: choose at least one"
        );
    }
}
