//! The job at Jenkins that carries out a template step (R64): its path, and the parameters that it gets, whose values have variables
//! as texts have them.
use super::{
    field_error::FieldError,
    rule_violation::RuleViolation,
    text::{NAME_MAX_CHARS, check_one_line},
    variables::{self, ResolvedText, VariableScope},
    vocabulary::StepType,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Characters of a job's path.
pub const JOB_MAX_CHARS: usize = 500;
/// Parameters of a job.
pub const JENKINS_PARAMETERS_MAX: usize = 50;
/// Characters of a parameter's value, before its variables are resolved.
pub const PARAMETER_MAX_CHARS: usize = 4_000;
/// The name that the history and lists have for who carries out a run there.
pub const JENKINS: &str = "Jenkins";

/// A job, and what it is given. In a draft it is unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JenkinsJob {
    /// With the folders that it is in: `folder/deploy`.
    pub job: String,
    /// By name.
    pub parameters: BTreeMap<String, String>,
}

impl JenkinsJob {
    /// The job as it is kept: its path without blanks and slashes around it. Errors: no path, or none of a job; too many parameters; a
    /// name or a value that is none.
    pub fn parse(self) -> Result<Self, FieldError> {
        let Self { job, parameters } = self;
        let job = job.trim().trim_matches('/').to_owned();
        check_one_line(&job)?;
        let long = job.chars().count();
        if long > JOB_MAX_CHARS {
            let max = JOB_MAX_CHARS;
            return Err(FieldError::TooLong { max, long });
        }
        // An address is no path: its host would become a folder.
        let is_part = |it: &str| !matches!(it.trim(), "" | "." | "..");
        if job.contains("://") || !job.split('/').all(is_part) {
            return Err(FieldError::NotAJob);
        }
        let parameters: BTreeMap<String, String> = parameters
            .into_iter()
            .map(|(name, value)| (name, value.trim().to_owned()))
            .collect();
        let long = parameters.len();
        if long > JENKINS_PARAMETERS_MAX {
            let max = JENKINS_PARAMETERS_MAX;
            return Err(FieldError::TooMany { max, long });
        }
        for (name, value) in &parameters {
            if !is_parameter_name(name) {
                return Err(FieldError::NotAParameter { name: name.clone() });
            }
            check_one_line(value)?;
            let long = value.chars().count();
            if long > PARAMETER_MAX_CHARS {
                let max = PARAMETER_MAX_CHARS;
                return Err(FieldError::TooLong { max, long });
            }
        }
        Ok(Self { job, parameters })
    }

    /// What a form says: a path, and a line `NAME=value` for each parameter. None if nothing is typed.
    pub fn from_form(job: &str, lines: &str) -> Option<Self> {
        // A text area ends lines with CR LF.
        let lines = lines.split(['\n', '\r']).map(str::trim);
        let parameters: BTreeMap<String, String> = lines
            .filter(|it| !it.is_empty())
            .map(|line| {
                let (name, value) = line.split_once('=').unwrap_or((line, ""));
                (name.trim().to_owned(), value.trim().to_owned())
            })
            .collect();
        let is_typed = !job.trim().is_empty() || !parameters.is_empty();
        is_typed.then(|| Self {
            job: job.to_owned(),
            parameters,
        })
    }

    /// The parameters as a form shows them, a line each.
    pub fn lines(&self) -> String {
        let lines = self.parameters.iter();
        let lines: Vec<String> = lines
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        lines.concat()
    }

    /// How its values use their variables, as `variables::uses` says of a text; each way once.
    pub fn uses(&self) -> Vec<String> {
        let mut uses: Vec<String> = Vec::new();
        for used in self.parameters.values().flat_map(|it| variables::uses(it)) {
            if !uses.contains(&used) {
                uses.push(used);
            }
        }
        uses
    }

    /// The job with the variables of its values resolved, as those of a text step are. Errors: the names of all that are not set.
    pub fn resolved(&self, scope: VariableScope<'_>) -> Result<Self, RuleViolation> {
        let (mut parameters, mut all) = (BTreeMap::new(), ResolvedText::default());
        for (name, value) in &self.parameters {
            let value = variables::resolve(value, StepType::Text, scope);
            parameters.insert(name.clone(), value.text());
            all.spans.extend(value.spans);
        }
        all.must_be_complete(false)?;
        Ok(Self {
            job: self.job.clone(),
            parameters,
        })
    }
}

/// Whether this is the name of a parameter, as a form's line and an environment bear it.
fn is_parameter_name(name: &str) -> bool {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.');
    (1..=NAME_MAX_CHARS).contains(&name.len()) && name.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(path: &str, parameters: &[(&str, &str)]) -> JenkinsJob {
        let parameters = parameters.iter();
        JenkinsJob {
            job: path.to_owned(),
            parameters: parameters
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn a_job_is_a_path_of_folders_and_a_name() {
        for path in ["deploy", "folder/deploy", " /Team A/sub/deploy eu/ "] {
            let kept = job(path, &[]).parse().unwrap();
            assert_eq!(kept.job, path.trim().trim_matches('/'));
        }
        for path in ["a//b", "a/../b", "./a", "https://ci.example.com/job/a"] {
            assert_eq!(job(path, &[]).parse(), Err(FieldError::NotAJob), "{path}");
        }
        assert!(job("a\u{7}", &[]).parse().is_err());
        assert!(job(&"a".repeat(JOB_MAX_CHARS + 1), &[]).parse().is_err());
        // No job is `null` or a missing member, never an empty name.
        for path in ["", " ", "/"] {
            assert_eq!(job(path, &[]).parse(), Err(FieldError::NotAJob), "{path}");
            let given = job(path, &[("A", "")]);
            assert_eq!(given.parse(), Err(FieldError::NotAJob), "{path}");
        }
    }

    #[test]
    fn parameters_have_limits() {
        let with = |name: &str, value: &str| job("deploy", &[(name, value)]).parse();
        assert!(with("NAME_1.a-b", "{{customer.namespace}}, and = more").is_ok());
        for name in ["", "a b", "a=b", "ä", &"A".repeat(NAME_MAX_CHARS + 1)] {
            let wrong = FieldError::NotAParameter { name: name.into() };
            assert_eq!(with(name, ""), Err(wrong));
        }
        assert!(with("A", "two\nlines").is_err());
        assert!(with("A", &"x".repeat(PARAMETER_MAX_CHARS + 1)).is_err());
        let names: Vec<String> = (0..=JENKINS_PARAMETERS_MAX)
            .map(|n| format!("A{n}"))
            .collect();
        let many: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), "")).collect();
        assert!(job("deploy", &many).parse().is_err());
        assert!(job("deploy", &many[1..]).parse().is_ok());
    }

    #[test]
    fn a_job_uses_the_variables_of_all_its_values() {
        let values = [
            ("A", "{{var.ZONE}}-{{customer.namespace}}"),
            ("B", "{{var.ZONE}}"),
            ("C", "x"),
        ];
        assert_eq!(job("a", &values).uses(), ["var.ZONE", "customer.namespace"]);
        assert!(JenkinsJob::default().uses().is_empty());
    }

    #[test]
    fn what_a_form_shows_is_what_it_says() {
        let kept = job("a/b", &[("A", "x=y {{var.z}}"), ("EMPTY", "")]);
        assert_eq!(kept.lines(), "A=x=y {{var.z}}\nEMPTY=\n");
        let sent = kept.lines().replace('\n', "\r\n");
        assert_eq!(JenkinsJob::from_form("a/b", &sent), Some(kept));
        assert_eq!(JenkinsJob::from_form(" ", "\r\n"), None);
    }
}
