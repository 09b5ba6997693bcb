//! Positions in a list of steps. A body names one by a neighbor, in `insertBefore` or `insertAfter`.
use super::problem::Problem;
use app::{
    domain::{
        field_error::FieldError, order::Position, validation_errors::ValidationErrors,
        vocabulary::Field,
    },
    store::error::StoreError,
};

/// The position that a body names by one neighbor; without one it is the last. Two neighbors are a wrong field.
pub fn position<T>(before: Option<T>, after: Option<T>) -> Result<Position<T>, Problem> {
    match (before, after) {
        (None, None) => Ok(Position::Last),
        (Some(id), None) => Ok(Position::Before(id)),
        (None, Some(id)) => Ok(Position::After(id)),
        (Some(_), Some(_)) => {
            let error = ValidationErrors::one(Field::Position, FieldError::TwoNeighbours);
            Err(StoreError::from(error).into())
        }
    }
}

/// 422 at the field if the neighbor, which `read` reads, does not exist. The store refuses one of another list (409).
pub async fn require_neighbor<Id: Copy, Row, Reading>(
    position: Position<Id>,
    number: impl FnOnce(Id) -> i64,
    read: impl FnOnce(Id) -> Reading,
) -> Result<(), Problem>
where
    Reading: Future<Output = Result<Row, StoreError>>,
{
    let (field, id) = match position {
        Position::Last => return Ok(()),
        Position::Before(id) => ("insertBefore", id),
        Position::After(id) => ("insertAfter", id),
    };
    match read(id).await {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound(noun)) => Err(Problem::no_such_row(field, noun, number(id))),
        Err(error) => Err(error.into()),
    }
}
