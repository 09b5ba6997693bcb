//! Comparing texts line by line.
use crate::domain::{
    diff::{self, DiffRow},
    field_error::FieldError,
    text::CONTENT_MAX_BYTES,
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use crate::store::{Store, engine::compute::compute, error::StoreError};

impl Store {
    /// What is different between two texts, each at most as long as a step's text may be.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn compare_texts(
        &self,
        before: String,
        after: String,
    ) -> Result<Vec<DiffRow>, StoreError> {
        let long = before.len().max(after.len());
        if long > CONTENT_MAX_BYTES {
            let max = CONTENT_MAX_BYTES;
            let problem = FieldError::TooManyBytes { max, long };
            return Err(ValidationErrors::one(Field::Content, problem).into());
        }
        compute(move || diff::compare(&before, &after)).await
    }
}
