//! Closures of views as boxed types. leptos compiles an event handler, and a value that changes, once for each type of closure, about a
//! kilobyte of WASM each; boxed, all those with the same argument or result are one type.

/// An event handler.
pub fn handler<Event>(call: impl FnMut(Event) + 'static) -> Box<dyn FnMut(Event)> {
    Box::new(call)
}

/// An attribute or a part of a view that changes with the signals that it reads.
pub fn dynamic<Value>(
    value: impl FnMut() -> Value + Send + 'static,
) -> Box<dyn FnMut() -> Value + Send> {
    Box::new(value)
}
