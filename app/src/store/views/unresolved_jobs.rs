//! Variables without a value that the parameters of jobs at Jenkins use (R64). A run of such a step is refused for them as for those
//! of its text; the text itself can be copied, and its step marked done.
use crate::domain::{
    id::{CustomerId, TemplateId},
    matrix::MatrixColumn,
    release::Release,
    vocabulary::StepType,
};
use crate::store::{error::StoreError, runs::jenkins_jobs, text_variables::UnresolvedByCustomer};
use sea_orm::ConnectionTrait;
use std::{collections::HashMap, sync::Arc};

/// Names of unresolved variables, joined by commas, by customer and template step.
#[derive(Clone, Debug, Default)]
pub struct UnresolvedJobs {
    uses: HashMap<i64, Vec<String>>,
    names: HashMap<(i64, i64), Arc<str>>,
}

impl UnresolvedJobs {
    /// Those of a release's jobs for its customers.
    pub async fn load(
        db: &impl ConnectionTrait,
        release: &Release,
        columns: &[MatrixColumn],
    ) -> Result<Self, StoreError> {
        let uses = jenkins_jobs::uses_of_release(db, release.id).await?;
        let customers: Vec<CustomerId> = columns.iter().map(|it| it.id).collect();
        let missing =
            UnresolvedByCustomer::of(db, release, &customers, uses.values().flatten()).await?;
        let mut names = HashMap::new();
        for customer in customers.iter().filter(|it| missing.is_any(**it)) {
            for (template, uses) in &uses {
                let of_job = missing.among(*customer, uses, StepType::Text);
                if !of_job.is_empty() {
                    names.insert((customer.0, *template), of_job.join(", ").into());
                }
            }
        }
        Ok(Self { uses, names })
    }

    /// How each job uses its variables, by its template step.
    pub fn uses(&self) -> &HashMap<i64, Vec<String>> {
        &self.uses
    }

    /// Whether nothing is missing for any job.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names that are missing in a step's text, with those that only its job lacks.
    pub fn with(
        &self,
        customer: i64,
        template: Option<TemplateId>,
        of_text: Option<&Arc<str>>,
    ) -> Option<Arc<str>> {
        let of_job = template.and_then(|it| self.names.get(&(customer, it.0)));
        let (Some(of_text), Some(of_job)) = (of_text, of_job) else {
            return of_text.or(of_job).cloned();
        };
        let mut names: Vec<&str> = of_text.split(", ").collect();
        for name in of_job.split(", ") {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Some(names.join(", ").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_text_and_job_lack_is_named_once() {
        let jobs = UnresolvedJobs {
            uses: HashMap::new(),
            names: [((1, 7), Arc::from("var.A, var.B"))].into(),
        };
        let text: Arc<str> = "var.B, var.C".into();
        let names = |customer, template: Option<i64>, text: Option<&Arc<str>>| {
            jobs.with(customer, template.map(TemplateId), text)
        };
        assert_eq!(
            names(1, Some(7), Some(&text)).as_deref(),
            Some("var.B, var.C, var.A")
        );
        assert_eq!(names(1, Some(7), None).as_deref(), Some("var.A, var.B"));
        assert_eq!(names(2, Some(7), Some(&text)), Some(text.clone()));
        assert_eq!(names(1, None, Some(&text)), Some(text));
        assert_eq!(names(1, None, None), None);
    }
}
