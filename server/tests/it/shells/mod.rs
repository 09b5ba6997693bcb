//! Copied bash texts in the shells that people paste them into (R82): bash, zsh, dash, ksh and fish, all of which must be
//! installed, with strace and script.
mod forms;
mod harness;
mod headers;
mod values;
