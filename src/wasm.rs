//! The bindings: no logic, and the one place that knows `JsValue`.
