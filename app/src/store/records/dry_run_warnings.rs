//! Warnings of a dry run (R83, R84): what the values of the chosen customers bring to the texts of a release's steps.
use crate::{
    domain::{
        cluster::Cluster, customer::Customer, release::Release, variables::VariableScope,
        warning::Warning,
    },
    highlight::{ValueChecks, text_warnings},
    store::text_variables::TemplateText,
};

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
        let (step, n) = (self.step, self.customers.len());
        let named = self.customers[..n.min(NAMED_MAX)].join(", ");
        let whom = match n.saturating_sub(NAMED_MAX) {
            _ if n == 0 => String::new(),
            0 => format!("; {named}"),
            1 => format!("; {named} and 1 other"),
            more => format!("; {named} and {more} others"),
        };
        let message = format!("{} ({step}{whom})", self.warning.message);
        Warning::new(self.warning.kind, self.warning.name, message)
    }
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
