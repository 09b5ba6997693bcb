//! Warnings of a dry run: what the values of the chosen customers bring to the texts of a release's steps (R83, R84), and which
//! of these changed after the release was activated (R81).
use super::value_changes::{ValueChanges, value_line};
use crate::{
    domain::{
        cluster::Cluster,
        customer::Customer,
        release::Release,
        text_change::TextChange,
        variables::VariableScope,
        warning::{Warning, WarningKind},
    },
    highlight::{ValueChecks, text_warnings},
    store::text_variables::TemplateText,
};
use std::collections::BTreeSet;

/// At most this many warnings are listed, and this many customers named in each.
const WARNINGS_MAX: usize = 100;
const NAMED_MAX: usize = 3;

/// A warning about one step, and the customers that it concerns; none for a warning about the text itself.
struct Found<'a> {
    step: &'a str,
    warning: Warning,
    customers: Vec<&'a str>,
}

impl Found<'_> {
    /// "contains &: | quote? (Greet; Smith & Sons, Bon app' and 2 others)".
    fn finish(self) -> Warning {
        let step = self.step;
        let whom = if self.customers.is_empty() {
            String::new()
        } else {
            format!("; {}", named(&self.customers))
        };
        let message = format!("{} ({step}{whom})", self.warning.message);
        Warning::new(self.warning.kind, self.warning.name, message)
    }
}

/// "Acme, Globex, Initech and 2 others"
fn named(customers: &[&str]) -> String {
    let first = customers[..customers.len().min(NAMED_MAX)].join(", ");
    match customers.len().saturating_sub(NAMED_MAX) {
        0 => first,
        1 => format!("{first} and 1 other"),
        more => format!("{first} and {more} others"),
    }
}

/// The values that changed, of the variables in `used`: each change once, with the customers that it concerns; at most 100.
/// Values that are missing now are left out: the dry run lists them with who removed them.
pub fn changed_value_warnings(
    changes: &ValueChanges,
    customers: &[(Customer, Cluster)],
    used: &BTreeSet<&str>,
) -> Vec<Warning> {
    let mut found: Vec<(&TextChange, Vec<&str>)> = Vec::new();
    for (customer, _) in customers {
        for name in used {
            let change = changes.get(&(customer.id, (*name).to_owned()));
            let Some(change) = change.filter(|it| it.to.is_some()) else {
                continue;
            };
            let known = found.iter().position(|it| it.0 == change);
            if let Some(at) = known {
                found[at].1.push(customer.name.as_str());
            } else if found.len() < WARNINGS_MAX {
                found.push((change, vec![customer.name.as_str()]));
            }
        }
    }
    let warnings = found.into_iter().map(|(change, customers)| {
        let name = change.name.strip_prefix("var.").unwrap_or(&change.name);
        let (at, by) = (change.at.format("%Y-%m-%d %H:%M UTC"), &change.by);
        let from = value_line(change.from.as_deref());
        let to = value_line(change.to.as_deref());
        let whom = named(&customers);
        let message = format!("{name} changed {at} by {by}: {from} -> {to} ({whom})");
        Warning::new(WarningKind::Changed, change.name.clone(), message)
    });
    warnings.collect()
}

/// Each warning once for each step, in the order of the steps; at most 100.
pub fn dry_run_warnings(
    texts: &[TemplateText],
    customers: &[(Customer, Cluster)],
    release: &Release,
) -> Vec<Warning> {
    let mut found: Vec<Found<'_>> = Vec::new();
    for TemplateText {
        name: step,
        kind,
        content,
        ..
    } in texts
    {
        let first = found.len();
        for warning in text_warnings(content, *kind) {
            let customers = Vec::new();
            found.push(Found {
                step,
                warning,
                customers,
            });
        }
        let checks = ValueChecks::of(content, *kind);
        for (customer, cluster) in customers {
            let scope = VariableScope {
                customer,
                cluster,
                release,
            };
            for warning in checks.warnings(scope) {
                let known = found[first..].iter().position(|it| it.warning == warning);
                if let Some(at) = known {
                    found[first + at].customers.push(&customer.name);
                } else if found.len() < WARNINGS_MAX {
                    found.push(Found {
                        step,
                        warning,
                        customers: vec![&customer.name],
                    });
                }
            }
        }
        if found.len() >= WARNINGS_MAX {
            break;
        }
    }
    found.truncate(WARNINGS_MAX);
    found.into_iter().map(Found::finish).collect()
}
