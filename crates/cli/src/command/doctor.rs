//! `outrigger doctor`

use serde::Serialize;

use crate::check::{self, Finding, Level};
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::style::{self, paint};
use crate::text;

#[derive(Serialize)]
struct Diagnosis {
    findings: Vec<Finding>,
}

impl View for Diagnosis {
    fn human(&self) -> String {
        let lines: Vec<String> = self.findings.iter().map(line).collect();
        lines.join("\n")
    }
}

/// Looks at everything, changes nothing.
pub(crate) async fn run(context: &Context<'_>) -> Result<ExitCode, Error> {
    let findings = check::all(context).await;
    let code = exit(&findings);
    context.output.show(&Diagnosis { findings })?;
    Ok(code)
}

fn exit(findings: &[Finding]) -> ExitCode {
    match findings.iter().map(|finding| finding.level).max() {
        Some(Level::Broken) => ExitCode::Failed,
        Some(Level::NeedsYou) => ExitCode::NeedsYou,
        _ => ExitCode::Done,
    }
}

fn line(finding: &Finding) -> String {
    let mark = match finding.level {
        Level::Well => paint(style::GOOD, '✓'),
        Level::Note => paint(style::WAITING, '·'),
        Level::NeedsYou => paint(style::WAITING, '!'),
        Level::Broken => paint(style::BAD, '✗'),
    };
    let said = text::one_line(&finding.said);
    let line = format!("{mark} {:<9} {said}", finding.about);
    match &finding.advice {
        Some(advice) => format!("{line}\n            {}", paint(style::DIM, advice)),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_finding_decides() {
        let check = |levels: &[Level], expected| {
            let findings: Vec<Finding> = levels
                .iter()
                .map(|level| Finding::new(*level, "x", "x"))
                .collect();
            assert_eq!(exit(&findings), expected);
        };
        check(&[Level::Well, Level::Note], ExitCode::Done);
        check(&[Level::NeedsYou, Level::Well], ExitCode::NeedsYou);
        check(&[Level::NeedsYou, Level::Broken, Level::Well], ExitCode::Failed);
    }
}
