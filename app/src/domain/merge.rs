//! Merge of two edits of one record, field by field (R102): what only one side changed is taken from that side, and only fields
//! that both changed differently are left to the person.
use super::{
    cluster::ClusterDraft,
    customer::CustomerDraft,
    id::{ClusterId, ReleaseId},
    jenkins::JenkinsJob,
    metadata::{Metadata, Value},
    release::ReleaseDraft,
    scope::ScopeIds,
    template::TemplateDraft,
    user::UserDraft,
    webhook::WebhookDraft,
};
use std::collections::BTreeSet;

/// Which side a field is taken from that both sides changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeSide {
    /// What this person has typed.
    Mine,
    /// What somebody else has saved since.
    Theirs,
}

/// A field, or a draft that is merged by its fields.
pub trait Merge: Sized {
    /// `before` is what both sides began with.
    fn merged(before: &Self, theirs: &Self, mine: &Self, side: MergeSide) -> Self;
}

/// Whether both sides have changed a field, in different ways.
pub fn has_conflict<T: Merge + PartialEq>(before: &T, theirs: &T, mine: &T) -> bool {
    let merged = |side| T::merged(before, theirs, mine, side);
    merged(MergeSide::Mine) != merged(MergeSide::Theirs)
}

/// A field that is merged as a whole.
fn whole<T: Clone + PartialEq>(before: &T, theirs: &T, mine: &T, side: MergeSide) -> T {
    let takes_theirs = mine == before || (theirs != before && side == MergeSide::Theirs);
    let chosen = if takes_theirs { theirs } else { mine };
    chosen.clone()
}

macro_rules! merged_as_a_whole {
    ($($field:ty),* $(,)?) => {$(
        impl Merge for $field {
            fn merged(before: &Self, theirs: &Self, mine: &Self, side: MergeSide) -> Self {
                whole(before, theirs, mine, side)
            }
        }
    )*};
}

merged_as_a_whole!(
    String,
    Option<String>,
    Option<Value>,
    Option<ClusterId>,
    Option<ScopeIds>,
    Option<ReleaseId>,
    Option<JenkinsJob>,
    Option<BTreeSet<ClusterId>>,
    Vec<String>,
    bool
);

/// Each variable is a field of its own.
impl Merge for Metadata {
    fn merged(before: &Self, theirs: &Self, mine: &Self, side: MergeSide) -> Self {
        let keys = [before, theirs, mine].into_iter();
        let keys: BTreeSet<&String> = keys.flat_map(|it| it.0.keys()).collect();
        let merged = keys.into_iter().filter_map(|key| {
            let of = |it: &Self| it.0.get(key).cloned();
            let value = Merge::merged(&of(before), &of(theirs), &of(mine), side)?;
            Some((key.clone(), value))
        });
        Self(merged.collect())
    }
}

macro_rules! merged_by_fields {
    ($($draft:ident { $($field:ident),* })*) => {$(
        impl Merge for $draft {
            fn merged(before: &Self, theirs: &Self, mine: &Self, side: MergeSide) -> Self {
                Self {
                    $($field: Merge::merged(&before.$field, &theirs.$field, &mine.$field, side),)*
                }
            }
        }
    )*};
}

merged_by_fields! {
    ClusterDraft { name, kubeconfig_path, context, max_parallel, description, metadata }
    CustomerDraft { name, cluster_id, namespace, description, metadata }
    ReleaseDraft { name, kind, version_number, release_date, description, metadata }
    TemplateDraft { name, category, kind, content, description, jenkins }
    UserDraft { login, name, email, role, scope, password }
    WebhookDraft { name, kind, target, events, release_id, cluster_ids, is_active }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str, description: &str, variables: &str) -> CustomerDraft {
        CustomerDraft {
            name: name.into(),
            description: description.into(),
            metadata: Metadata::from_lines(variables, &Metadata::default()),
            ..CustomerDraft::default()
        }
    }

    #[test]
    fn what_only_one_side_changed_is_no_conflict() {
        let before = customer("Acme", "", "HOST=a\nZONE=b");
        let theirs = customer("Acme", "theirs", "HOST=a\nZONE=c");
        let mine = customer("Mine", "", "HOST=x\nZONE=b\nPORT=1");
        assert!(!has_conflict(&before, &theirs, &mine));
        let merged = Merge::merged(&before, &theirs, &mine, MergeSide::Mine);
        assert_eq!(merged, customer("Mine", "theirs", "HOST=x\nPORT=1\nZONE=c"));
    }

    #[test]
    fn only_the_fields_that_both_changed_are_taken_from_the_chosen_side() {
        let before = customer("Acme", "", "HOST=a");
        let theirs = customer("Theirs", "theirs", "HOST=b");
        let mine = customer("Mine", "", "HOST=c");
        assert!(has_conflict(&before, &theirs, &mine));
        let merged = |side| Merge::merged(&before, &theirs, &mine, side);
        let kept = customer("Mine", "theirs", "HOST=c");
        assert_eq!(merged(MergeSide::Mine), kept);
        let taken = customer("Theirs", "theirs", "HOST=b");
        assert_eq!(merged(MergeSide::Theirs), taken);
    }

    #[test]
    fn the_same_change_of_both_sides_is_no_conflict_and_a_removed_variable_stays_removed() {
        let before = customer("Acme", "", "HOST=a\nZONE=b");
        let both = customer("Acme", "same", "HOST=a");
        assert!(!has_conflict(&before, &both, &both));
        let merged = Merge::merged(&before, &both, &before, MergeSide::Mine);
        assert_eq!(merged, both);
        // One side removed what the other changed.
        let mine = customer("Acme", "", "HOST=a\nZONE=c");
        assert!(has_conflict(&before, &both, &mine));
    }
}
