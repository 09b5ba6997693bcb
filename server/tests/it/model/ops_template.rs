//! Random operations on the template.
use super::{
    ModelTemplate, ModelText,
    drive::{CATEGORIES, ModelRun, template_draft},
    yes,
};
use app::domain::{
    id::TemplateId, order::Position, template::TemplateDraft, template_markdown::to_markdown,
};

impl ModelRun {
    pub async fn template_op(&mut self, op: &'static str) {
        let (store, stamp) = (self.app.store.clone(), self.app.ana());
        let mut next = self.model.clone();
        let id = self.any_template();
        let category = self.dice.below(2);
        let ids = |category: usize| -> Vec<i64> {
            let list = self.model.templates[category].iter();
            list.map(|it| it.id).collect()
        };
        let list = ids(category);
        self.trace
            .push(format!("  template {id}, category {category}"));
        let (expected, got) = match op {
            "add template" => {
                let text = self.any_text();
                let at = self.dice.below(list.len() + 1);
                let place = list
                    .get(at)
                    .map_or(Position::Last, |it| Position::Before(TemplateId(*it)));
                let draft = template_draft(&text, category);
                let got = store.add_template(self.release, draft, place, stamp).await;
                let id = got.as_ref().map_or(0, |it| it.row.id.0);
                (
                    next.add_template(category, at, ModelTemplate { id, text }),
                    got.map(|it| it.batch_id),
                )
            }
            "duplicate template" => {
                let got = store.duplicate_template(TemplateId(id), stamp).await;
                let new = got.as_ref().map_or(0, |it| it.row.id.0);
                let expected = match next.place_of(id) {
                    Some((category, at)) => {
                        let text = next.templates[category][at].text.clone();
                        next.add_template(category, at + 1, ModelTemplate { id: new, text })
                    }
                    None => yes(false),
                };
                (expected, got.map(|it| it.batch_id))
            }
            "edit template" => {
                let text = self.any_text();
                let version = self.template_versions.get(&id).copied().unwrap_or_default();
                let category = next.place_of(id).map_or(0, |it| it.0);
                let draft = template_draft(&text, category);
                let got = store
                    .update_template(TemplateId(id), draft, version, stamp)
                    .await;
                (next.edit_template(id, &text), got.map(|it| it.batch_id))
            }
            "delete template" => {
                let got = store.delete_template(TemplateId(id), None, stamp).await;
                (next.delete_template(id), got.map(|it| it.batch_id))
            }
            "move template" => {
                let to = CATEGORIES[category];
                let got = store.move_template(TemplateId(id), to, stamp).await;
                (next.move_template(id, category), got.map(|it| it.batch_id))
            }
            _ => {
                let mut ordered = self.dice.shuffled(list);
                if self.dice.one_in(8) {
                    ordered.pop();
                }
                self.trace.push(format!("  {ordered:?}"));
                let ids = ordered.iter().map(|it| TemplateId(*it)).collect();
                let got = store
                    .reorder_templates(self.release, None, CATEGORIES[category], ids, stamp)
                    .await;
                (
                    next.reorder_templates(category, &ordered),
                    got.map(|it| it.batch_id),
                )
            }
        };
        self.settle(op, expected, next, got, false).await;
    }

    /// Imports up to three steps from a runbook: each is the last of its category.
    pub async fn import_runbook(&mut self) {
        let (store, stamp) = (self.app.store.clone(), self.app.ana());
        let n = 1 + self.dice.below(3);
        let mut steps: Vec<(usize, ModelText)> = Vec::new();
        for _ in 0..n {
            steps.push((self.dice.below(2), self.any_text()));
        }
        steps.sort_by_key(|it| it.0);
        self.trace.push(format!("  {steps:?}"));
        let drafts: Vec<TemplateDraft> = steps
            .iter()
            .map(|(category, text)| template_draft(text, *category))
            .collect();
        let runbook = to_markdown(&drafts);
        let got = store.import_runbook(self.release, runbook, Vec::new(), stamp);
        let got = got.await;
        let present = store.release(self.release).await.unwrap().templates;
        let mut next = self.model.clone();
        let mut expected = Ok(());
        for (category, text) in steps {
            let at = next.templates[category].len();
            let mut of = present
                .iter()
                .filter(|it| it.category == CATEGORIES[category]);
            let id = of.nth(at).map_or(0, |it| it.id.0);
            let added = next.add_template(category, at, ModelTemplate { id, text });
            expected = expected.and(added);
        }
        let got = got.map(|it| it.batch_id);
        self.settle("import", expected, next, got, false).await;
    }
}
