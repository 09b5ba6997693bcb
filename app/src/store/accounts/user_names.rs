//! Uniqueness of user names, because the history is read by name: users cannot rename themselves to the name of another active user, or to
//! one that looks the same, and a new user from a provider gets its login added. Admins may give two users the same name.
use crate::domain::{
    field_error::FieldError, fold::lowercase, id::UserId, login::Login, text::Name, user::User,
    validation_errors::ValidationErrors, vocabulary::Field,
};
use crate::store::{entity::user, error::StoreError};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use unicode_normalization::UnicodeNormalization;

/// The form in which names are compared: NFKC, each run of blanks as one, lower case. Pages show no difference between these; accents
/// are visible and stay.
fn compared(name: &str) -> String {
    let plain: String = name.nfkc().collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    lowercase(&words.join(" "))
}

/// The names of all active users but this one, as they are compared.
async fn names_of_others(
    tx: &DatabaseTransaction,
    except: Option<UserId>,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(i64, String)> = user::Entity::find()
        .select_only()
        .columns([user::Column::Id, user::Column::Name])
        .filter(user::Column::IsActive.eq(true))
        .into_tuple()
        .all(tx)
        .await?;
    let others = rows.into_iter().filter(|it| except != Some(UserId(it.0)));
    // Not in the query: the two engines do not agree about letters that are no ASCII.
    Ok(others.map(|it| compared(&it.1)).collect())
}

/// Refuses a name that another active user has. `before` is the user as stored, who may keep the name.
pub(super) async fn must_have_free_name(
    tx: &DatabaseTransaction,
    name: &Name,
    before: &User,
) -> Result<(), StoreError> {
    if before.name == name.as_str() {
        return Ok(());
    }
    let others = names_of_others(tx, Some(before.id)).await?;
    if others.contains(&compared(name.as_str())) {
        return Err(ValidationErrors::one(Field::Name, FieldError::NameTaken).into());
    }
    Ok(())
}

/// The name of a new user that comes from a provider: with the login behind it if another has the name, or the login alone where both
/// together are too long. A login is nobody else's.
pub(super) async fn told_apart(
    tx: &DatabaseTransaction,
    name: String,
    login: &Login,
) -> Result<String, StoreError> {
    let others = names_of_others(tx, None).await?;
    if !others.contains(&compared(&name)) {
        return Ok(name);
    }
    let with_login = Name::parse(&format!("{name} ({})", login.as_str()));
    Ok(with_login.map_or_else(|_| login.as_str().to_owned(), Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_compared_as_one() {
        for same in [
            "ANA ferreira",
            "Ana\u{a0}Ferreira",
            "Ana  Ferreira",
            "Ana\u{2009}Ferreira",
            "\u{ff21}na Ferreira",
        ] {
            assert_eq!(compared(same), compared("Ana Ferreira"), "{same}");
        }
        for other in ["AnaFerreira", "An\u{e1} Ferreira", "Ana Ferreiro"] {
            assert_ne!(compared(other), compared("Ana Ferreira"), "{other}");
        }
    }
}
