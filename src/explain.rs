//! Renders plans for people: text, JSON, Mermaid.
