//! The domain model and its rules, as pure functions: what clusters, customers, releases, templates and steps are,
//! and which changes of them are allowed.
//!
//! A **customer** is one namespace of a **cluster**. A **release** has **template** steps in two categories (deploy,
//! then verify), each a bash, sql or plain text. Activating a release copies its templates to the chosen customers;
//! such a copy is a **step**, a cell of the matrix. A step without a template is **custom**: it belongs to one
//! customer alone. The text of a copy can be overridden for one customer. A step is pending, in progress, done,
//! failed, skipped or reverted. Every change is an **event**; the events of one change form a **batch**.
//!
//! A request has a **caller**: a **user** by a session, a token or a proxy, or in `open` mode just a name. Its **role** says
//! what it may do, its **scope** which customers exist for it.
//!
//! Nothing here knows pages, the database, HTTP or the clock: the current time is always an argument.

#[macro_use]
pub mod vocabulary;

/// One's own account, as its page shows it.
pub mod account;
/// The history by day, and what is read as one line of it.
pub mod activity_days;
/// Author and time of a change.
pub mod actor_stamp;
/// What needs attention first, and how long a step usually takes.
pub mod attention;
/// Base64, for bytes that are no text.
pub mod base64;
/// The caller, with its rights.
pub mod caller;
/// JSON in its canonical form (RFC 8785), to be hashed.
pub mod canonical_json;
pub mod cell_changes;
/// Findings of the integrity check.
pub mod check_finding;
/// What CI says of a step.
pub mod ci_report;
/// Where a request comes from.
pub mod client;
pub mod cluster;
/// Committed changes, as the stream tells them.
pub mod committed;
/// The texts to copy, with the header that says whom they are for.
pub mod copy;
/// The header line of a copied text.
pub mod copy_header;
/// Checksum of a token.
pub mod crc32;
pub mod customer;
/// A customer's checklist, printed or as Markdown.
pub mod customer_checklist;
pub mod customer_import;
pub mod customer_import_parser;
/// Which version each customer is on.
pub mod customer_version;
/// A customer's work list and the step panel.
pub mod customer_work;
/// File contents as text.
pub mod decode;
/// Line diff of two texts.
pub mod diff;
/// Numbers with separators.
pub mod digit_groups;
/// The audit trail.
pub mod event;
/// What a scope leaves of an event.
pub mod event_trim;
/// Evidence of a step: outputs, links, files.
pub mod evidence;
/// Validation errors of one field.
pub mod field_error;
/// A field of an event's row as a text.
pub mod field_text;
/// Text normalized for filters.
pub mod fold;
/// What others changed, as a page hears it.
pub mod foreign_change;
/// What differs between two readings of a matrix.
pub mod grid_difference;
/// What is hashed of an event, and heads of the history.
pub mod history_chain;
/// Walk along the history that finds its first break.
pub mod history_walk;
/// Messages to hooks.
pub mod hook_message;
/// Typed ids.
pub mod id;
/// Addresses that CI reports to.
pub mod incoming_hook;
/// Characters that are invisible, or look like others.
pub mod invisible;
/// The job at Jenkins that carries out a template step.
pub mod jenkins;
/// Upper and lower case.
pub mod letter_case;
/// What people sign in by.
pub mod login;
/// Throttle of failed logins.
pub mod login_throttle;
/// The matrix: steps as rows, customers as columns.
pub mod matrix;
/// Filter of the matrix.
pub mod matrix_filter;
/// What the columns of the matrix are sorted and merged by.
pub mod matrix_order;
/// The part of the matrix within a scope.
pub mod matrix_scope;
/// Wire format of the matrix.
pub mod matrix_wire;
/// Merge of two edits of one record.
pub mod merge;
/// Variables of a cluster, customer or release.
pub mod metadata;
/// A new release with its steps and customers.
pub mod new_release;
/// Line breaks and byte order marks of incoming texts.
pub mod normalize;
/// Roles by the groups of a provider's account.
pub mod oidc_roles;
/// Order of steps in lists.
pub mod order;
/// The changes of a tab, for its Undo and Redo.
pub mod own_changes;
/// Numbers of steps in a matrix, where a customer counts otherwise than the template.
pub mod own_numbers;
/// What a password must be like.
pub mod password;
/// Clusters that customers were in, and which of their values a caller with a scope is not told.
pub mod past_clusters;
/// Roles and the table of rights.
pub mod permission;
/// Counts with their nouns.
pub mod plural;
/// Counts by state and the percentage finished.
pub mod progress;
/// An account at a provider.
pub mod provider_account;
/// Quoting of values for bash and sql.
pub mod quote;
/// Import from Rancher: what it has, and what becomes of that here.
pub mod rancher;
/// Releases and their lifecycle.
pub mod release;
/// A release as a flat table, for exports and reports.
pub mod release_sheet;
/// Business rules that refuse a change.
pub mod rule_violation;
/// Runs of steps: what is asked for, what their ends mean, what is kept of their output.
pub mod run;
/// What the history keeps of a run.
pub mod run_digest;
/// The order in which queued runs begin.
pub mod run_queue;
#[cfg(test)]
mod run_tests;
/// Runners, their tokens, and what they fetch.
pub mod runner;
/// Saved views of the matrix.
pub mod saved_view;
/// The customers that a caller sees.
pub mod scope;
/// Search over everything.
pub mod search;
/// How long a session lives.
pub mod session;
/// The one-time code of the first admin.
pub mod setup_code;
/// Names as a command line writes them.
pub mod slug;
/// Who set a cell's state, when and why.
pub mod status_info;
/// The state of a release as a text for a chat or a mail.
pub mod status_summary;
/// A customer's step and its transitions.
pub mod step;
/// Evidence and runs of a step as lists of Markdown.
pub mod step_proofs;
/// View models of several pages.
pub mod summary;
/// Template steps, and how their changes reach the copies.
pub mod template;
/// Template steps from and to Markdown.
pub mod template_markdown;
/// Validated text types.
pub mod text;
/// What changed in a step's text.
pub mod text_change;
/// Serialization of times.
pub mod time_serde;
/// API tokens.
pub mod token;
/// Export format of the whole database.
pub mod transfer;
/// What an undo does, and what it says and asks.
pub mod undo;
/// Which batches of the history are undone as it stands.
pub mod undone_batches;
/// JSON whose objects have no member twice.
pub mod unique_members;
/// Users.
pub mod user;
/// Browsers in words.
pub mod user_agent;
/// All validation errors of a form.
pub mod validation_errors;
/// Values that are set where they are missing.
pub mod value_edit;
/// `{{variables}}` in a step's text.
pub mod variables;
/// Integers as compact text.
pub mod varint_text;
/// By what way a change was made.
pub mod via;
/// Warnings about a step's text or its values.
pub mod warning;
/// Webhooks and their deliveries.
pub mod webhook;
