//! `Inquiry`: what a schema says of the migrations, replay by replay.

use super::message::{Answer, given, text};
use crate::evidence::{self, Asked, Came};
use counterfoil::Error;
use counterfoil::convention::{self, Convention};
use serde::Deserialize;

/// The files, and what is asked of them.
#[derive(Deserialize)]
struct Request {
    files: Vec<(String, String)>,
    convention: Option<String>,
    #[serde(flatten)]
    asked: Asked,
}

/// An inquiry.
pub struct Inquiry(evidence::Inquiry);

impl Inquiry {
    /// `{ files, convention?, live, told, open, half?, ledgers }`, where `live` is rows of the query.
    ///
    /// # Errors
    ///
    /// `invalid-input` if what comes in has another form; what is wrong with the files.
    pub fn new(json: &str) -> Result<Self, Error> {
        let Request { files, convention, asked } = given(json, "what is asked of the schema")?;
        let convention = convention.map(|name| name.parse::<Convention>()).transpose()?;
        let catalog = convention::read(&files, convention)?;
        evidence::Inquiry::new(&catalog, asked).map(Inquiry)
    }

    /// What came of the last replay in, `null` at first; the next [`Turn`](evidence::Turn) out.
    ///
    /// # Errors
    ///
    /// `invalid-input` if what comes in has another form.
    pub fn next(&mut self, json: &str) -> Answer {
        let came: Option<Came> = given(json, "what came of the replay")?;
        text(&self.0.next(came.unwrap_or_default())?)
    }
}
