//! The domain model and its rules, as pure functions: what clusters, customers, releases, templates and steps are,
//! and which changes of them are allowed.
//!
//! A **customer** is one namespace of a **cluster**. A **release** has **template** steps in two categories (deploy,
//! then verify), each a bash, sql or plain text. Activating a release copies its templates to the chosen customers;
//! such a copy is a **step**, a cell of the matrix. A step without a template is **custom**: it belongs to one
//! customer alone. The text of a copy can be overridden for one customer. A step is pending, in progress, done,
//! failed, skipped or reverted. Every change is an **event**; the events of one change form a **batch**.
//!
//! Nothing here knows pages, the database, HTTP or the clock: the current time is always an argument.

#[macro_use]
pub mod vocabulary;

/// Author and time of a change.
pub mod actor_stamp;
/// JSON in its canonical form (RFC 8785), to be hashed.
pub mod canonical_json;
pub mod cell_changes;
/// Findings of the integrity check.
pub mod check_finding;
pub mod cluster;
/// The texts to copy, with the header that says whom they are for.
pub mod copy;
/// The header line of a copied text.
pub mod copy_header;
pub mod customer;
/// A customer's checklist, printed or as Markdown.
pub mod customer_checklist;
pub mod customer_import;
pub mod customer_import_parser;
/// A customer's work list and the step panel.
pub mod customer_work;
/// File contents as text.
pub mod decode;
/// Line diff of two texts.
pub mod diff;
/// The audit trail.
pub mod event;
/// Validation errors of one field.
pub mod field_error;
/// Text normalized for filters.
pub mod fold;
/// What is hashed of an event, and heads of the history.
pub mod history_chain;
/// Walk along the history that finds its first break.
pub mod history_walk;
/// Typed ids.
pub mod id;
/// Characters that are invisible, or look like others.
pub mod invisible;
/// The matrix: steps as rows, customers as columns.
pub mod matrix;
/// Filter of the matrix.
pub mod matrix_filter;
/// Wire format of the matrix.
pub mod matrix_wire;
/// Variables of a cluster, customer or release.
pub mod metadata;
/// Line breaks and byte order marks of incoming texts.
pub mod normalize;
/// Order of steps in lists.
pub mod order;
/// Counts by state and the percentage finished.
pub mod progress;
/// Quoting of values for bash and sql.
pub mod quote;
/// Values of variables in records, as events store them.
pub mod release;
/// A release as a flat table, for exports and reports.
pub mod release_sheet;
/// Business rules that refuse a change.
pub mod rule_violation;
/// Who set a cell's state, when and why.
pub mod status_info;
/// A customer's step and its transitions.
pub mod step;
/// View models of several pages.
pub mod summary;
pub mod template;
/// Template steps from and to Markdown.
pub mod template_markdown;
/// Validated text types.
pub mod text;
/// What changed in a step's text.
pub mod text_change;
/// Serialization of times.
pub mod time_serde;
/// Export format of the whole database.
pub mod transfer;
/// What an undo does, and what it says and asks.
pub mod undo;
/// JSON whose objects have no member twice.
pub mod unique_members;
/// All validation errors of a form.
pub mod validation_errors;
/// `{{variables}}` in a step's text.
pub mod variables;
/// Integers as compact text.
pub mod varint_text;
/// Warnings about a step's text or its values.
pub mod warning;
