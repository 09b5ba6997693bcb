//! Export formats: CSV tables and JSON lines, a Markdown report, and the header that makes a browser save a response as a
//! file; and Markdown of ours as HTML.
pub mod attachment;
pub mod csv_tables;
pub mod markdown_html;
pub mod markdown_report;
