//! Logs go to standard error; `CASELLA_LOG` chooses what is logged (tracing's filter syntax).

use super::LogFormat;
use tracing_subscriber::EnvFilter;

/// What is logged unless `CASELLA_LOG` says otherwise.
const USUAL: &str = "warn,casella=info,casella_index=info";

/// Starts logging for the process; a second call changes nothing.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("CASELLA_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let started = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            builder.with_ansi(colours).try_init()
        }
    };
    if let Err(error) = started {
        tracing::debug!(%error, "logging had started already");
    }
}
