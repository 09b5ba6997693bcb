//! Which clusters customers were in, as far as they have moved, for a caller with a scope (R22): who sees a customer may not see the
//! cluster that it was in before. Values in changes of texts may be that cluster's, so that they are replaced.
use super::{
    event::{Entity, Event},
    id::{ClusterId, CustomerId},
    text_change::{TextChange, TextChangeKind},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Shown instead of a value that may belong to a cluster out of the caller's scope.
pub const HIDDEN_CLUSTER: &str = "a cluster you cannot see";

/// A customer's move to another cluster.
#[derive(Clone, Copy, Debug)]
pub struct ClusterMove {
    pub at: DateTime<Utc>,
    pub from: ClusterId,
    pub to: ClusterId,
}

/// The moves of customers, and the clusters that the caller sees. The default hides nothing, as for a caller without a scope.
#[derive(Clone, Debug, Default)]
pub struct PastClusters {
    visible: HashSet<ClusterId>,
    /// Oldest first.
    moves: HashMap<CustomerId, Vec<ClusterMove>>,
}

impl PastClusters {
    /// Of these moves, each customer's oldest first.
    pub fn new(visible: HashSet<ClusterId>, moves: HashMap<CustomerId, Vec<ClusterMove>>) -> Self {
        Self { visible, moves }
    }

    /// Whether the customer's cluster just before, and just after, this time is hidden. By milliseconds: the matrix keeps no more.
    fn is_hidden(&self, customer: CustomerId, at_millis: i64) -> (bool, bool) {
        let Some(moves) = self.moves.get(&customer) else {
            return (false, false);
        };
        let hidden_after = |is_earlier: &dyn Fn(i64) -> bool| {
            let last = moves
                .iter()
                .rfind(|it| is_earlier(it.at.timestamp_millis()));
            let cluster = last.map(|it| it.to).or(moves.first().map(|it| it.from));
            cluster.is_some_and(|it| !self.visible.contains(&it))
        };
        (
            hidden_after(&|it| it < at_millis),
            hidden_after(&|it| it <= at_millis),
        )
    }

    /// Replaces the values that this customer may have inherited from a hidden cluster. The history does not store whether a value of
    /// `var.*` was the customer's own or its cluster's, so all of them are replaced.
    pub fn hide(&self, customer: CustomerId, changes: &mut [TextChange]) {
        for change in changes {
            let is_of_cluster =
                change.name.starts_with("cluster.") || change.name.starts_with("var.");
            if change.kind != TextChangeKind::Variable || !is_of_cluster {
                continue;
            }
            let (before, after) = self.is_hidden(customer, change.at.timestamp_millis());
            for (value, is_hidden) in [(&mut change.from, before), (&mut change.to, after)] {
                if is_hidden && value.is_some() {
                    *value = Some(HIDDEN_CLUSTER.to_owned());
                }
            }
        }
    }

    /// The same for the changes of the text that are stored in an event of a step.
    pub fn hide_in(&self, event: &mut Event) {
        let (Some(customer), Some(kept)) = (event.customer_id, kept_changes(event)) else {
            return;
        };
        let mut changes = kept.clone();
        self.hide(customer, &mut changes);
        if changes == kept {
            return;
        }
        let json = serde_json::to_value(changes).unwrap_or(Value::Null);
        if let Some(Value::Object(after)) = &mut event.after {
            after.insert("changes".to_owned(), json);
        }
    }

    /// The lines of a card of the matrix (R81), each `HOST changed`, the time between two signs, and the values: without the values
    /// where one may be of a hidden cluster. None if all stay.
    pub fn hidden_lines(&self, customer: CustomerId, lines: &str) -> Option<String> {
        if !self.moves.contains_key(&customer) {
            return None;
        }
        let hidden = lines.lines().map(|line| {
            let mut parts = line.split('\u{1f}');
            let (Some(name), Some(at)) = (parts.next(), parts.next()) else {
                return line.to_owned();
            };
            let (before, after) = at
                .parse()
                .map_or((true, true), |it| self.is_hidden(customer, it));
            if before || after {
                format!("{name}\u{1f}{at}\u{1f}: {HIDDEN_CLUSTER}")
            } else {
                line.to_owned()
            }
        });
        Some(hidden.collect::<Vec<_>>().join("\n"))
    }
}

/// The changes of the text that an event of a step keeps; none if it keeps none.
fn kept_changes(event: &Event) -> Option<Vec<TextChange>> {
    if event.entity != Entity::Step {
        return None;
    }
    let changes = event.after.as_ref()?.get("changes")?;
    let changes = Vec::<TextChange>::deserialize(changes).ok()?;
    (!changes.is_empty()).then_some(changes)
}

/// The customer of an event that keeps changes of a text.
pub fn customer_with_changes(event: &Event) -> Option<CustomerId> {
    kept_changes(event).and(event.customer_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: CustomerId = CustomerId(1);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Cluster 1 is visible, 2 is not: Acme went from 2 to 1 at 10, and back at 20, and to 1 at 30.
    fn past() -> PastClusters {
        let moved = |at_second, from, to| ClusterMove {
            at: at(at_second),
            from: ClusterId(from),
            to: ClusterId(to),
        };
        let moves = vec![moved(10, 2, 1), moved(20, 1, 2), moved(30, 2, 1)];
        PastClusters::new([ClusterId(1)].into(), [(ACME, moves)].into())
    }

    fn change(name: &str, seconds: i64) -> TextChange {
        TextChange {
            kind: TextChangeKind::Variable,
            name: name.to_owned(),
            by: "Ana".to_owned(),
            at: at(seconds),
            from: Some("old".to_owned()),
            to: Some("new".to_owned()),
        }
    }

    fn hidden(customer: CustomerId, change: TextChange) -> (bool, bool) {
        let mut changes = [change];
        past().hide(customer, &mut changes);
        let [TextChange { from, to, .. }] = changes;
        let is_hidden = |it: Option<String>| it.as_deref() == Some(HIDDEN_CLUSTER);
        (is_hidden(from), is_hidden(to))
    }

    #[test]
    fn a_value_of_a_hidden_cluster_is_replaced_on_its_side_of_a_move() {
        for name in ["cluster.name", "cluster.kubeconfig", "var.HOST"] {
            assert_eq!(hidden(ACME, change(name, 5)), (true, true), "{name}");
            assert_eq!(hidden(ACME, change(name, 10)), (true, false), "{name}");
            assert_eq!(hidden(ACME, change(name, 15)), (false, false), "{name}");
            assert_eq!(hidden(ACME, change(name, 20)), (false, true), "{name}");
            assert_eq!(hidden(ACME, change(name, 30)), (true, false), "{name}");
            assert_eq!(hidden(ACME, change(name, 40)), (false, false), "{name}");
        }
        assert_eq!(hidden(ACME, change("customer.name", 10)), (false, false));
        let of_another = change("cluster.name", 10);
        assert_eq!(hidden(CustomerId(2), of_another), (false, false));
    }

    #[test]
    fn no_value_stays_none_and_a_template_s_text_is_no_cluster_s() {
        let mut changes = [
            TextChange {
                from: None,
                ..change("var.HOST", 10)
            },
            TextChange {
                kind: TextChangeKind::Template,
                ..change("cluster.name", 10)
            },
        ];
        let expected = changes.clone();
        past().hide(ACME, &mut changes);
        assert_eq!(changes, expected);
    }

    #[test]
    fn a_line_of_a_card_loses_its_values() {
        let lines = "HOST changed \u{1f}10000\u{1f} by Ana: old -> new\nPORT changed \u{1f}40000\u{1f} by Ana: 1 -> 2";
        let cut = format!(
            "HOST changed \u{1f}10000\u{1f}: {HIDDEN_CLUSTER}\nPORT changed \u{1f}40000\u{1f} by Ana: 1 -> 2"
        );
        assert_eq!(past().hidden_lines(ACME, lines), Some(cut));
        assert_eq!(past().hidden_lines(CustomerId(2), lines), None);
    }
}
