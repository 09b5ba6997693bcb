//! Formats that data leaves in: CSV and JSON lines, a Markdown report, a page for paper.
pub mod csv_tables;
pub mod markdown_report;
pub mod print_page;
