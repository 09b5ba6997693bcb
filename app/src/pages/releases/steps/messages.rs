//! Sentences that say what a change of the template does to the customers' copies in an active release. They are shown
//! before the change is made.
use crate::{
    components::ui::notice::sentence,
    domain::{
        digit_groups::grouped_count,
        plural::{pending_copies, pluralize},
        template::{ReorderImpact, TemplateImpact},
        vocabulary::Field,
    },
    error::AppError,
};

/// Appends how many copies stay as they are, and why: "8 keep their text (1 overridden, 1 started, 6 done)."
fn with_reasons(impact: TemplateImpact, changes: String, keep: &str) -> String {
    let keeps = impact.keeps;
    if keeps.total() == 0 {
        return changes + ".";
    }
    let reasons: Vec<String> = [
        (keeps.overridden, "overridden"),
        (keeps.started, "started"),
        (keeps.executed, "done"),
    ]
    .into_iter()
    .filter(|it| it.0 > 0)
    .map(|(n, word)| format!("{} {word}", grouped_count(n)))
    .collect();
    format!(
        "{changes}; {} {keep} ({}).",
        grouped_count(keeps.total()),
        reasons.join(", ")
    )
}

/// "Will change 10 pending copies; 8 keep their text (1 overridden, 1 started, 6 done)."
pub fn saving(impact: TemplateImpact) -> String {
    let changes = format!("Will change {}", pending_copies(impact.changes));
    let keep = if impact.keeps.total() == 1 {
        "keeps its text"
    } else {
        "keep their text"
    };
    with_reasons(impact, changes, keep)
}

/// "Deleting removes 2 pending copies; 1 stays as a custom step (1 overridden)."
pub fn deleting(impact: TemplateImpact) -> String {
    let changes = format!("Deleting removes {}", pending_copies(impact.changes));
    let keep = if impact.keeps.total() == 1 {
        "stays as a custom step"
    } else {
        "stay as custom steps"
    };
    with_reasons(impact, changes, keep)
}

/// "It becomes the last step of Verify. All copies move too."
pub fn moving(impact: TemplateImpact, to: &str) -> String {
    let n = impact.changes + impact.keeps.total();
    let along = if n == 0 {
        "No customer has a copy"
    } else {
        "All copies move too"
    };
    format!("It becomes the last step of {to}. {along}.")
}

/// "Adds this step to 3 customers."
pub fn adding(what: &str, members: u32) -> String {
    format!("Adds {what} to {}.", pluralize(members, "customer"))
}

/// "12 steps × 3 customers: 36 pending copies."
pub fn importing(steps: u32, members: u32) -> String {
    format!(
        "{} × {}: {}.",
        pluralize(steps, "step"),
        pluralize(members, "customer"),
        pending_copies(steps.saturating_mul(members))
    )
}

/// "Reordering applies to 2 customers. 1 customer keeps its custom order."
pub fn reordering(impact: ReorderImpact) -> String {
    let reaches = format!(
        "Reordering applies to {}.",
        pluralize(impact.follows, "customer")
    );
    match impact.left_alone {
        0 => reaches,
        1 => format!("{reaches} 1 customer keeps its custom order."),
        n => format!(
            "{reaches} {} keep their custom order.",
            pluralize(n, "customer")
        ),
    }
}

/// "Moved Upgrade; 1 customer keeps its custom order".
pub fn moved(name: &str, left_alone: u32) -> String {
    match left_alone {
        0 => format!("Moved {name}"),
        1 => format!("Moved {name}; 1 customer keeps its custom order"),
        n => format!(
            "Moved {name}; {} keep their custom order",
            pluralize(n, "customer")
        ),
    }
}

/// Why a change of a list was refused.
pub fn refused(error: &AppError) -> String {
    if error.message_for(Field::Position).is_some() {
        return "Someone has moved or deleted the neighboring step since then. This is the current list: move the step again."
            .to_owned();
    }
    sentence(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        field_error::FieldError, rule_violation::RuleViolation, template::KeptCopies,
        validation_errors::ValidationErrors,
    };

    fn impact(changes: u32, overridden: u32, executed: u32) -> TemplateImpact {
        let keeps = KeptCopies {
            overridden,
            started: 0,
            executed,
        };
        TemplateImpact { changes, keeps }
    }

    #[test]
    fn the_impact_on_copies_is_said_with_its_reasons() {
        assert_eq!(
            saving(impact(10, 1, 6)),
            "Will change 10 pending copies; 7 keep their text (1 overridden, 6 done)."
        );
        assert_eq!(saving(impact(1, 0, 0)), "Will change 1 pending copy.");
        assert_eq!(
            saving(impact(0, 0, 1_200)),
            "Will change 0 pending copies; 1,200 keep their text (1,200 done)."
        );
        assert_eq!(
            deleting(impact(2, 1, 0)),
            "Deleting removes 2 pending copies; 1 stays as a custom step (1 overridden)."
        );
        assert_eq!(
            moving(impact(2, 1, 0), "Verify"),
            "It becomes the last step of Verify. All copies move too."
        );
    }

    #[test]
    fn numbers_have_their_singular_and_plural() {
        assert_eq!(adding("this step", 3), "Adds this step to 3 customers.");
        assert_eq!(
            importing(12, 3),
            "12 steps × 3 customers: 36 pending copies."
        );
        assert_eq!(importing(1, 1), "1 step × 1 customer: 1 pending copy.");
        let order = |follows, left_alone| {
            reordering(ReorderImpact {
                follows,
                left_alone,
            })
        };
        assert_eq!(order(1, 0), "Reordering applies to 1 customer.");
        assert_eq!(
            order(2, 1),
            "Reordering applies to 2 customers. 1 customer keeps its custom order."
        );
        assert_eq!(moved("Upgrade", 0), "Moved Upgrade");
        assert_eq!(
            moved("Upgrade", 1_000),
            "Moved Upgrade; 1,000 customers keep their custom order"
        );
    }

    #[test]
    fn a_neighbor_that_is_gone_is_reported_as_a_changed_list() {
        let noun = "template step".to_owned();
        let gone = ValidationErrors::one(Field::Position, FieldError::NoSuchRow { noun, id: 5 });
        assert!(refused(&gone.into()).starts_with("Someone has moved or deleted"));
        assert_eq!(
            refused(&RuleViolation::Archived.into()),
            "The release is archived and read-only: restore it first."
        );
    }
}
