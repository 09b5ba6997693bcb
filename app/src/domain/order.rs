//! Order of steps: positions in a list are 0..n without gaps; a customer's list follows the template's order unless
//! it was reordered for that customer (R11, R12).
use super::field_error::FieldError;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Where to insert a step within its category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position<Id> {
    Before(Id),
    After(Id),
    #[default]
    Last,
}

impl<Id> Position<Id> {
    /// The same position, with an id of another type.
    pub fn map<Other>(self, convert: impl FnOnce(Id) -> Other) -> Position<Other> {
        match self {
            Self::Before(id) => Position::Before(convert(id)),
            Self::After(id) => Position::After(convert(id)),
            Self::Last => Position::Last,
        }
    }
}

/// Checks that `wanted` lists every id of `present` exactly once.
pub fn permutation<Id: Copy + Eq + std::hash::Hash + std::fmt::Display>(
    present: &[Id],
    wanted: &[Id],
) -> Result<(), FieldError> {
    let wrong = |detail: String| Err(FieldError::NotAPermutation { detail });
    let known: HashSet<Id> = present.iter().copied().collect();
    let mut seen = HashSet::new();
    for id in wanted {
        if !known.contains(id) {
            return wrong(format!("{id} is not in it"));
        }
        if !seen.insert(*id) {
            return wrong(format!("{id} is named twice"));
        }
    }
    match present.iter().find(|id| !seen.contains(id)) {
        Some(id) => wrong(format!("{id} is missing")),
        None => Ok(()),
    }
}

/// Moves or inserts `id` at a position of the list; none if the neighbour is not in the list.
pub fn insert_at<Id: Copy + Eq>(list: &[Id], id: Id, position: Position<Id>) -> Option<Vec<Id>> {
    let mut list: Vec<Id> = list.iter().copied().filter(|it| *it != id).collect();
    let at = match position {
        Position::Last => list.len(),
        Position::Before(neighbour) => list.iter().position(|it| *it == neighbour)?,
        Position::After(neighbour) => list.iter().position(|it| *it == neighbour)? + 1,
    };
    list.insert(at, id);
    Some(list)
}

/// A step of a customer's list: a copy of a template, or a custom step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderedStep<Id, Template> {
    pub id: Id,
    pub template: Option<Template>,
}

/// Whether the customer's copies are in the template's order. If not, the list was reordered for this customer, and
/// later changes of the template's order do not touch it.
pub fn follows<Id, Template: Copy + Eq>(
    list: &[OrderedStep<Id, Template>],
    templates: &[Template],
) -> bool {
    let copies: Vec<Template> = list.iter().filter_map(|it| it.template).collect();
    let known: Vec<Template> = templates
        .iter()
        .copied()
        .filter(|it| copies.contains(it))
        .collect();
    copies == known
}

/// The customer's list in the template's order. A custom step stays directly after the step that it followed; custom
/// steps at the start stay at the start.
pub fn reordered_to_template<Id: Copy, Template: Copy + Eq>(
    list: &[OrderedStep<Id, Template>],
    templates: &[Template],
) -> Vec<Id> {
    let mut head = Vec::new();
    let mut groups: Vec<(Template, Vec<Id>)> = Vec::new();
    for entry in list {
        match (entry.template, groups.last_mut()) {
            (Some(template), _) => groups.push((template, vec![entry.id])),
            (None, Some((_, group))) => group.push(entry.id),
            (None, None) => head.push(entry.id),
        }
    }
    let rank = |template: &Template| {
        templates
            .iter()
            .position(|it| it == template)
            .unwrap_or(templates.len())
    };
    groups.sort_by_key(|(template, _)| rank(template));
    head.extend(groups.into_iter().flat_map(|(_, group)| group));
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(text: &str) -> Vec<OrderedStep<char, char>> {
        // Capital letters are copies of the template with that name; small letters are custom steps.
        text.chars()
            .map(|id| OrderedStep {
                id,
                template: id.is_uppercase().then_some(id),
            })
            .collect()
    }

    fn templates(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn a_missing_foreign_or_double_id_is_refused() {
        let detail = |wanted: &[i64]| permutation(&[1, 2, 3], wanted).map_err(|it| it.to_string());
        assert_eq!(detail(&[3, 1, 2]), Ok(()));
        for (wanted, why) in [
            (vec![1, 2], "3 is missing"),
            (vec![1, 2, 3, 9], "9 is not"),
            (vec![1, 1, 2], "twice"),
        ] {
            assert!(detail(&wanted).unwrap_err().contains(why));
        }
    }

    #[test]
    fn a_step_is_put_before_behind_or_last() {
        assert_eq!(
            insert_at(&[1, 2, 3], 9, Position::Before(1)),
            Some(vec![9, 1, 2, 3])
        );
        assert_eq!(
            insert_at(&[1, 2, 3], 1, Position::After(2)),
            Some(vec![2, 1, 3])
        );
        assert_eq!(
            insert_at(&[1, 2, 3], 1, Position::Last),
            Some(vec![2, 3, 1])
        );
        assert_eq!(insert_at(&[1, 2, 3], 1, Position::After(7)), None);
    }

    #[test]
    fn a_custom_step_keeps_its_place_behind_the_step_that_it_stood_behind() {
        let moved = reordered_to_template(&list("aABbcC"), &templates("CAB"));
        assert_eq!(moved.iter().collect::<String>(), "aCABbc");
    }

    #[test]
    fn a_list_that_was_reordered_for_itself_does_not_follow() {
        assert!(follows(&list("AaBC"), &templates("ABC")));
        assert!(!follows(&list("BAC"), &templates("ABC")));
        assert!(follows(&list("AC"), &templates("ABC")));
    }

    proptest! {
        #[test]
        fn following_there_and_back_restores_every_place(
            text in "[a-f]{0,4}".prop_map(|it| format!("ABCDEF{it}")).prop_shuffle_chars(),
            order in Just(templates("ABCDEF")).prop_shuffle(),
        ) {
            let mut seen = HashSet::new();
            let before: Vec<_> = list(&text).into_iter().filter(|it| seen.insert(it.id)).collect();
            let present: Vec<char> = before.iter().filter_map(|it| it.template).collect();
            let by_id = |ids: Vec<char>| ids.into_iter().map(|id| before.iter().find(|it| it.id == id).copied().unwrap()).collect::<Vec<_>>();
            let there = by_id(reordered_to_template(&before, &order));
            prop_assert!(follows(&there, &order));
            prop_assert_eq!(by_id(reordered_to_template(&there, &present)), before.clone());
        }
    }

    trait ShuffleChars {
        fn prop_shuffle_chars(self) -> BoxedStrategy<String>;
    }

    impl<S: Strategy<Value = String> + 'static> ShuffleChars for S {
        fn prop_shuffle_chars(self) -> BoxedStrategy<String> {
            self.prop_flat_map(|text| {
                Just(text.chars().collect::<Vec<_>>())
                    .prop_shuffle()
                    .prop_map(|it| it.into_iter().collect())
            })
            .boxed()
        }
    }
}
