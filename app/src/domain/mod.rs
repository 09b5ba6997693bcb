//! The product, pure: what a cluster, customer, release, template and step are and what may be done to them.
//!
//! A **customer** lives in a namespace of a **cluster**. A **release** has **template** steps in two categories
//! (deploy, then verify), each a piece of bash, sql or text. Activating the release copies the templates to the
//! chosen customers; such a copy is a **step**, a cell of the matrix. A step's **source** is its template, or the
//! customer alone (custom); its text may be overridden for one customer. It is pending, in progress, done, failed,
//! skipped or reverted. What happened is an **event**; events that happened together are a **batch**.
//!
//! Nothing here knows of the page, the database, HTTP or the clock: `now` is always an argument.

#[macro_use]
pub mod vocabulary;

/// Who did it, and when.
pub mod actor_stamp;
/// What a check of the database found.
pub mod check_finding;
pub mod cluster;
/// The texts to copy, with the header that says whom they are for.
pub mod copy;
pub mod customer;
/// One customer's steps on paper.
pub mod customer_checklist;
/// Many customers at once, from text.
pub mod customer_import;
/// What pasted lines say.
pub mod customer_import_parser;
/// One customer's working list, and a step on the desk.
pub mod customer_work;
/// Uploaded files as text.
pub mod decode;
/// What is different between two texts.
pub mod diff;
/// The history.
pub mod event;
/// What is wrong with one field, worded.
pub mod field_error;
/// Text in the form in which filters compare it.
pub mod fold;
/// Ids of every noun.
pub mod id;
/// Characters that are invisible, or look like others.
pub mod invisible;
/// The grid: steps down, customers across.
pub mod matrix;
/// What a person wants to see of the matrix.
pub mod matrix_filter;
/// The grid as it travels.
pub mod matrix_wire;
/// Line breaks and byte order marks of texts that come in.
pub mod normalize;
/// Positions in a list, and how a customer's list follows the template's.
pub mod order;
/// Counts, percent and the state that most needs attention.
pub mod progress;
/// Values as one word of a language.
pub mod quote;
pub mod release;
/// A release as one sheet, for tables and reports.
pub mod release_sheet;
/// Every "no" of the product, worded.
pub mod rule_violation;
/// Who set a cell's state, and when.
pub mod status_info;
/// A customer's step and its life.
pub mod step;
/// Figures and lists that the dashboard shows.
pub mod summary;
pub mod template;
/// Steps from and to Markdown.
pub mod template_markdown;
/// Names, namespaces, texts and variables: parsed once, trusted ever after.
pub mod text;
/// How times travel.
pub mod time_serde;
/// The whole database as one JSON text.
pub mod transfer;
/// Wrong fields, all at once.
pub mod validation_errors;
/// `{{variables}}` in a step's text.
pub mod variables;
/// Lists of whole numbers as short text.
pub mod varint_text;
/// Warnings about a step's text or its values.
pub mod warning;
