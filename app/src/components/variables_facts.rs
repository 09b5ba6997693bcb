//! Variables of a record as facts of its page: key, value and origin.
use super::variables_editor::InheritedVariable;
use crate::domain::metadata::Metadata;
use leptos::prelude::*;

/// Key, value and origin of each variable, own and inherited, by key.
fn fact_rows(own: &Metadata, inherited: &[InheritedVariable]) -> Vec<(String, String, String)> {
    let of_own = own.0.iter().map(|(key, value)| {
        let replaced = inherited.iter().find(|it| it.key == *key);
        let origin = replaced.map_or_else(String::new, |it| format!("overrides {}", it.from));
        (key.clone(), value.to_string(), origin)
    });
    let others = inherited.iter().filter(|it| !own.0.contains_key(&it.key));
    let others = others.map(|it| {
        let origin = format!("from {}", it.from);
        (it.key.clone(), it.value.clone(), origin)
    });
    let mut lines: Vec<_> = of_own.chain(others).collect();
    lines.sort();
    lines
}

/// The variables as a fact of a definition list; nothing if there are none.
pub fn variables_facts(own: &Metadata, inherited: &[InheritedVariable]) -> impl IntoView + use<> {
    let lines = fact_rows(own, inherited);
    (!lines.is_empty()).then(|| {
        let rows = lines
            .into_iter()
            .map(|(key, value, origin)| {
                view! {
                    <dt class="mono">{key}</dt>
                    <dd class="mono">{value}</dd>
                    <dd>{origin}</dd>
                }
            })
            .collect_view();
        view! {
            <div>
                <dt>"Variables"</dt>
                <dd>
                    <dl class="origins">{rows}</dl>
                </dd>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metadata::Value;

    #[test]
    fn each_value_names_its_origin() {
        let own = Metadata([("HOST".to_owned(), Value::Text("a".into()))].into());
        let from = |key: &str| InheritedVariable {
            key: key.into(),
            value: "b".into(),
            from: "eu".into(),
        };
        let line = |key: &str, value: &str, origin: &str| {
            (key.to_owned(), value.to_owned(), origin.to_owned())
        };
        assert_eq!(
            fact_rows(&own, &[from("ZONE"), from("HOST")]),
            [
                line("HOST", "a", "overrides eu"),
                line("ZONE", "b", "from eu")
            ]
        );
    }
}
