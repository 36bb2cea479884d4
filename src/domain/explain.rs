//! How an error explains itself: what happened, where, and what to do next.

/// The two lines below an error's own message.
///
/// `Display` of the error says *what* happened in one lower-case fragment; these methods add the rest, so
/// that every stage's errors look the same on the screen without knowing how they are printed.
pub trait Explain: std::error::Error {
    /// Where it happened: a file, a key of Cargo.toml, a binary, a layer.
    fn place(&self) -> Option<String> {
        None
    }

    /// What the user can do next, as an imperative sentence without a final dot.
    fn help(&self) -> Option<String> {
        None
    }
}
