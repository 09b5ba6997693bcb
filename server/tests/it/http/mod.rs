//! Tests of HTTP through the whole router: pages, forms, server functions, REST, downloads, and the middleware.
mod checklist_download;
mod downloads;
mod forms;
mod guard;
mod lists;
mod metrics;
mod openapi;
mod page_cache;
mod pages;
mod rest;
mod rest_keys;
mod rest_releases;
mod rest_steps;
mod rest_templates;
mod rest_work;
mod rpc;
mod transfer;
