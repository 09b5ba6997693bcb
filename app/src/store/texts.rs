//! Table `texts`: each text once, by its SHA-256. Template steps, their copies and events point to it by id; a text that
//! nothing points to any more goes within the change that let go of it.
use super::{
    engine::{Engine, IDS_PER_STATEMENT_MAX},
    entity::{text, text_key},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QuerySelect,
    sea_query::{Expr, OnConflict},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};
use text::Column;

/// Texts written or read by one statement.
const TEXTS_PER_STATEMENT_MAX: usize = 1_000;

/// Letters and signs of steps' texts, the rarer first. All others are rarer than these.
const FREQUENT_LETTERS: &str = "gfhdmcup-nrisolate ";
/// The shortest part of a text that is looked for first: shorter ones are in most texts.
const PART_MIN_BYTES: usize = 3;

/// Texts that neither the history nor a step has. An index has those that the history has not: they are few.
const UNUSED: &str = "DELETE FROM texts WHERE NOT in_history \
     AND NOT EXISTS (SELECT 1 FROM customer_steps WHERE customer_steps.text_id = texts.id) \
     AND NOT EXISTS (SELECT 1 FROM step_templates WHERE step_templates.text_id = texts.id)";

/// The ids of saved texts.
#[derive(Debug, Default)]
pub struct TextIds(HashMap<[u8; 32], i64>);

impl TextIds {
    /// The id of a text; none if it was not among those that were saved.
    pub fn of(&self, body: &str) -> Option<i64> {
        self.0.get(&text_key(body)).copied()
    }

    /// Adds a text by its key, as it is stored.
    pub fn add(&mut self, key: &[u8], id: i64) {
        if let Ok(key) = <[u8; 32]>::try_from(key) {
            self.0.insert(key, id);
        }
    }
}

/// Saves texts that are not there yet. Those that an event has are kept for ever. They are written in the order of their
/// keys, so that two writers never wait for each other.
pub async fn save(
    tx: &DatabaseTransaction,
    bodies: &[&str],
    is_of_history: bool,
) -> Result<TextIds, DbErr> {
    let bodies: BTreeMap<[u8; 32], &str> = bodies.iter().map(|it| (text_key(it), *it)).collect();
    let bodies: Vec<([u8; 32], &str)> = bodies.into_iter().collect();
    let mut ids = TextIds::default();
    for part in bodies.chunks(TEXTS_PER_STATEMENT_MAX) {
        let rows = part.iter().map(|(key, body)| text::ActiveModel {
            id: NotSet,
            key: Set(key.to_vec()),
            body: Set((*body).to_owned()),
            in_history: Set(is_of_history),
        });
        text::Entity::insert_many(rows)
            .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        let found: Vec<(i64, Vec<u8>, bool)> = text::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Key, Column::InHistory])
            .filter(Column::Key.is_in(part.iter().map(|it| it.0.to_vec())))
            .into_tuple()
            .all(tx)
            .await?;
        let mut newly_in_history = Vec::new();
        for (id, key, in_history) in found {
            ids.add(&key, id);
            if is_of_history && !in_history {
                newly_in_history.push(id);
            }
        }
        if !newly_in_history.is_empty() {
            text::Entity::update_many()
                .col_expr(Column::InHistory, Expr::val(true))
                .filter(Column::Id.is_in(newly_in_history))
                .exec(tx)
                .await?;
        }
    }
    Ok(ids)
}

/// Texts by their ids; those that are not there are left out.
pub async fn bodies(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, DbErr> {
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut bodies = HashMap::with_capacity(ids.len());
    for part in ids.chunks(TEXTS_PER_STATEMENT_MAX) {
        let found: Vec<(i64, String)> = text::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Body])
            .filter(Column::Id.is_in(part.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        bodies.extend(found);
    }
    Ok(bodies)
}

/// Which of these texts have all of the others in them, as `Engine::contains` compares.
pub async fn with_text(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
    sought: &[String],
) -> Result<HashSet<i64>, DbErr> {
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut found = HashSet::new();
    for part in ids.chunks(IDS_PER_STATEMENT_MAX) {
        let of_part: Vec<i64> = text::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(part.iter().copied()))
            .filter(has_texts(db, sought))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(of_part);
    }
    Ok(found)
}

/// The condition of a text that has all of the others in it.
pub fn has_texts(db: &impl ConnectionTrait, sought: &[String]) -> Condition {
    let engine = Engine::of(db);
    let has = |it: &str| engine.contains(Column::Body.into_expr(), it);
    rarest_first(sought)
        .into_iter()
        .map(has)
        .fold(Condition::all(), Condition::add)
}

/// Deletes the texts that nothing points to any more, and what is known of the variables in them.
pub async fn delete_unused(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    tx.execute_unprepared(UNUSED).await?;
    Ok(())
}

/// What is sought, the rarest first, and before it what it ends with from its rarest letter on. A database goes through a text from one
/// first letter of what is sought to the next, and looks for the others only in the texts that have it: so it stops least.
fn rarest_first(sought: &[String]) -> Vec<&str> {
    let mut all: Vec<&str> = sought.iter().map(String::as_str).collect();
    all.sort_by_key(|it| (from_rarest_letter(it).0, Reverse(it.len())));
    if let Some(rarest) = all.first().copied() {
        all.insert(0, from_rarest_letter(rarest).1);
    }
    all.dedup();
    all
}

/// How frequent the rarest letter of a text is, and the part of the text from there on. Only A to Z and signs count, which the databases
/// find faster than other letters.
fn from_rarest_letter(text: &str) -> (usize, &str) {
    let frequency = |letter: char| {
        let place = FREQUENT_LETTERS.find(letter.to_ascii_lowercase());
        place.map_or(0, |it| it + 1)
    };
    text.char_indices()
        .filter(|(at, letter)| letter.is_ascii() && text.len() - at >= PART_MIN_BYTES)
        .map(|(at, letter)| (frequency(letter), &text[at..]))
        .min_by_key(|it| it.0)
        .unwrap_or((usize::MAX, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sought_is_looked_for_from_its_rarest_letter_on() {
        for (text, part) in [
            ("set thistle", "histle"),
            ("Ledger upgrade", "ger upgrade"),
            ("kubectl apply", "kubectl apply"),
            ("100%", "100%"),
            ("Ärger", "ger"),
            ("of", "of"),
        ] {
            assert_eq!(from_rarest_letter(text).1, part);
        }
    }

    #[test]
    fn the_word_with_the_rarest_letter_is_looked_for_first() {
        let order = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
            rarest_first(&words).join("|")
        };
        assert_eq!(order(&["no", "such", "words"]), "words|such|no");
        assert_eq!(order(&["thistle", "set"]), "histle|thistle|set");
        assert_eq!(order(&["key", "kubectl"]), "kubectl|key");
    }
}
